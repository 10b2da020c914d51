package collector

import (
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// harvest is what the reads since the last sealing gave, of one class.
type harvest struct {
	snapshots []metering.Snapshot
	readings  []metering.Reading // one slab for the snapshots' readings
	since     time.Time
	// The next ones will be about as long as the last. They are made when something
	// comes: a line that waits holds nothing.
	nextSnapshots, nextReadings int
}

// slab is where the next readings go.
func (h *harvest) slab() []metering.Reading {
	if h.readings == nil && h.nextReadings > 0 {
		h.readings = make([]metering.Reading, 0, h.nextReadings)
	}
	return h.readings
}

// A batch is sealed at this size at the latest; it stays far below what the wire
// allows.
const (
	maxSnapshots = 128
	maxReadings  = 4096
)

// harvestOf is where the answers of a class go: counters and events are billing,
// the rest is telemetry.
func (l *line) harvestOf(billing bool) *harvest {
	if billing {
		return &l.bill
	}
	return &l.tele
}

// put adds a snapshot to the batch of its class.
func (l *line) put(s metering.Snapshot, billing bool) {
	h := l.harvestOf(billing)
	if len(h.snapshots) == 0 {
		h.since = l.clock.Now()
		h.snapshots = make([]metering.Snapshot, 0, max(1, h.nextSnapshots))
	}
	h.snapshots = append(h.snapshots, s)
	if len(h.snapshots) >= maxSnapshots || len(h.readings) >= maxReadings {
		l.seal()
	}
}

// sealOld seals what has waited long enough while more is being read.
func (l *line) sealOld(now time.Time) {
	for _, h := range []*harvest{&l.bill, &l.tele} {
		if len(h.snapshots) > 0 && now.Sub(h.since) >= l.c.cfg.SealAfter {
			l.seal()
			return
		}
	}
}

// seal hands everything read so far to the sink, one batch per class.
func (l *line) seal() {
	l.sealOne(&l.bill, wire.Billing)
	l.sealOne(&l.tele, wire.Telemetry)
}

func (l *line) sealOne(h *harvest, class wire.Class) {
	if len(h.snapshots) == 0 {
		h.readings = h.readings[:0]
		return
	}
	now := l.clock.Now()
	l.c.cfg.Sink(wire.Batch{
		Site: l.c.cfg.Site, ID: metering.BatchID{Collector: l.c.cfg.Name}, Line: l.id,
		Sealed: now.Truncate(time.Millisecond), Mono: now.Sub(l.c.started), Boot: l.c.boot,
		Class: class, Snapshots: h.snapshots,
	})
	h.nextSnapshots, h.nextReadings = len(h.snapshots), len(h.readings)
	h.snapshots, h.readings = nil, nil // the batch keeps them
}
