package rehearsal

import (
	"time"

	"asue/metering"
	"asue/metering/wire"
	"asue/simulator"
)

// meters is the collector: it reads all meters and publishes what they say as batches.
type meters struct {
	*zone
	poll time.Duration
	seq  uint64
	list []metering.Install
	ways map[metering.MeterID]*ailing
}

// ailing is what is wrong with one meter, until when.
type ailing struct {
	silent, stuck, lies, late time.Time
	held                      *simulator.Measure // what a stuck meter shows
}

func newMeters(z *zone, poll time.Duration) *meters {
	m := &meters{zone: z, poll: poll, ways: map[metering.MeterID]*ailing{}}
	for _, in := range z.site.Installs {
		if p, ok := z.site.Point(in.Point); ok && p.MediumOf() == metering.Electricity && in.At(z.now) {
			m.list = append(m.list, in)
			m.ways[in.Meter] = &ailing{}
		}
	}
	return m
}

func (m *meters) begin() { m.every(m.between(0, m.poll), m.poll, m.read) }

// read asks all meters once; those that are late are published a while later, with
// the time at which they were read.
func (m *meters) read() {
	m.world.StepTo(m.now)
	snap := m.world.Snapshot()
	var prompt, late []metering.Snapshot
	for _, in := range m.list {
		s := m.snapshot(snap, in)
		if m.now.Before(m.ways[in.Meter].late) {
			late = append(late, s)
			continue
		}
		prompt = append(prompt, s)
	}
	m.publish(prompt)
	if len(late) > 0 {
		m.after(m.between(5*time.Second, 40*time.Second), func() { m.publish(late) })
	}
}

func (m *meters) publish(list []metering.Snapshot) {
	if len(list) == 0 {
		return
	}
	m.seq++
	payload, err := wire.EncodeBatch(wire.Batch{
		Site: m.site.ID, ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: m.seq}, Line: "*", Sealed: m.now, Boot: 1, Class: wire.Telemetry, Snapshots: list,
	})
	if err != nil {
		panic(err)
	}
	for _, d := range m.desks {
		m.net.send("meters>"+d.name, payload, false, d.hearBatch)
	}
}

func (m *meters) snapshot(snap *simulator.Snapshot, in metering.Install) metering.Snapshot {
	way := m.ways[in.Meter]
	s := metering.Snapshot{Meter: in.Meter, Model: "rehearsal", At: m.now.Truncate(time.Millisecond), Took: 20 * time.Millisecond, Mono: m.now.Sub(m.start)}
	if m.now.Before(way.silent) {
		s.Quality, s.Reason = metering.CommFail, "no answer"
		return s
	}
	v, _ := snap.Point(in.Point)
	if m.now.Before(way.stuck) {
		if way.held == nil {
			way.held = &v
		}
		v = *way.held
	} else {
		way.held = nil
	}
	p, q := v.P, v.Q
	if m.now.Before(way.lies) {
		p, q = p/2, q/2
	}
	volts, _, _ := v.Value(metering.VoltageLL)
	s.Readings = []metering.Reading{
		{Quantity: metering.ActivePower, Value: p},
		{Quantity: metering.ReactivePower, Value: q},
		{Quantity: metering.VoltageLL, Value: volts},
		{Quantity: metering.ActiveImport, Value: float64(v.Active) / 1000, Count: metering.Count{Raw: v.Active / 1000, Step: 1000}},
	}
	return s
}
