package collector

import (
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// harvest is what the reads since the last sealing gave, of one class. A line that
// waits holds none.
type harvest struct {
	*slabs
	since time.Duration // when the first snapshot came, after the collector's start
}

// slab is where the next readings go.
func (h *harvest) slab() []metering.Reading {
	if h.slabs == nil {
		h.slabs = borrowSlabs()
	}
	return h.readings
}

// empty reports whether there is no snapshot to be sealed.
func (h *harvest) empty() bool { return h.slabs == nil || len(h.snapshots) == 0 }

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
	if h.empty() {
		h.since = l.c.since(l.now())
	}
	h.slab() // a snapshot without readings may come first
	h.snapshots = append(h.snapshots, s)
	if len(h.snapshots) >= maxSnapshots || len(h.readings) >= maxReadings {
		l.seal()
	}
}

// sealOld seals what has waited long enough while more is being read.
func (l *line) sealOld(now time.Time) {
	for _, h := range []*harvest{&l.bill, &l.tele} {
		if !h.empty() && l.c.since(now)-h.since >= l.c.cfg.SealAfter {
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
	if !h.empty() {
		now := l.now()
		l.c.cfg.Sink(wire.Batch{
			Site: l.c.cfg.Site, ID: metering.BatchID{Collector: l.c.cfg.Name}, Line: l.id,
			Sealed: now.Truncate(time.Millisecond), Mono: now.Sub(l.c.started), Boot: l.c.boot,
			Class: class, Snapshots: h.snapshots,
		})
	}
	h.giveBack()
	h.slabs = nil
}
