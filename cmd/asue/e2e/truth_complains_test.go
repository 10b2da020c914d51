package e2e

import (
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/wire"
)

// A ledger without a fault passes the checker, and one with any fault does not.
func TestTruthCheckerComplains(t *testing.T) {
	lib := models(t)
	plant := zone(t, lib)
	tr := trial{
		site: plant, library: lib, age: 80 * time.Millisecond,
		from: begin.Add(10 * time.Minute), to: begin.Add(40 * time.Minute),
	}
	tr.world = worldMaker(t, plant, 7)
	batches, clean := flawless(t, tr)

	f := func(complaint string, spoil func(*evidence)) {
		t.Helper()
		e := evidence{
			intervals: slices.Clone(clean), history: map[intervalKey][]metering.Interval{}, batches: slices.Clone(batches),
			marks: []metering.Mark{{Collector: "c", Epoch: 1, Contiguous: uint64(len(batches)), Highest: uint64(len(batches))}},
		}
		for _, i := range clean {
			e.history[keyOf(i)] = []metering.Interval{i}
		}
		spoil(&e)
		v := &verdict{}
		judge(v, tr, e)
		switch {
		case complaint == "" && len(v.complaints) > 0:
			t.Errorf("a ledger without a fault: %s", report(v.complaints))
		case complaint == "" && (v.intervals < 100 || v.narrow != v.intervals || v.readings == 0):
			t.Errorf("almost nothing was checked: %+v", v)
		case complaint != "" && !slices.ContainsFunc(v.complaints, func(c string) bool { return strings.Contains(c, complaint) }):
			t.Errorf("no complaint about %q, but %s", complaint, report(v.complaints))
		}
	}
	change := func(e *evidence, at int, how func(*metering.Interval)) {
		i := &e.intervals[at]
		how(i)
		e.history[keyOf(*i)] = []metering.Interval{*i}
	}
	// A register of 6 kWh a count: the stamps' precision does not hide a count.
	coarse := slices.IndexFunc(clean, func(i metering.Interval) bool { return i.Point == "p-ceramics-2" })
	first := clean[coarse]
	quantum := metering.Energy(tr.quantum(first))

	f("", func(*evidence) {})
	f("the readings make", func(e *evidence) { change(e, coarse, func(i *metering.Interval) { i.Energy += quantum }) })
	f("off by", func(e *evidence) { change(e, coarse, func(i *metering.Interval) { i.Energy += 3 * quantum }) })
	f("sum up to", func(e *evidence) { change(e, coarse, func(i *metering.Interval) { i.Energy -= 3 * quantum }) })
	f("the interval is missing", func(e *evidence) { e.intervals = slices.Delete(e.intervals, coarse, coarse+1) })
	f("two current versions", func(e *evidence) { e.intervals = append(e.intervals, first) })
	f("no reason", func(e *evidence) { change(e, coarse, func(i *metering.Interval) { *i = null(*i, "") }) })
	f("there are readings, but no energy", func(e *evidence) { change(e, coarse, func(i *metering.Interval) { *i = null(*i, "the dog ate it") }) })
	f("no reason", func(e *evidence) {
		change(e, coarse, func(i *metering.Interval) { i.Flags |= metering.FlagLate; i.Reason = "" })
	})
	f("energy 1 Wh without a grade", func(e *evidence) {
		change(e, coarse, func(i *metering.Interval) { *i = null(*i, "the dog ate it"); i.Energy = 1 })
	})
	f("flags [interp_wide", func(e *evidence) {
		change(e, coarse, func(i *metering.Interval) { i.Flags |= metering.FlagInterpWide; i.Reason = "wide" })
	})
	f("grade E by method", func(e *evidence) {
		change(e, coarse, func(i *metering.Interval) { i.Grade = metering.Estimated; i.Reason = "guessed" })
	})
	f("stands at place", func(e *evidence) { change(e, coarse, func(i *metering.Interval) { i.Version = 2 }) })
	f("says the same", func(e *evidence) {
		again := first
		again.Version = 2
		e.intervals[coarse], e.history[keyOf(first)] = again, []metering.Interval{first, again}
	})
	f("is missing", func(e *evidence) { e.batches = slices.Delete(e.batches, 5, 6) })
	f("twice", func(e *evidence) { e.batches = append(e.batches, e.batches[5]) })
	f("has lost batches", func(e *evidence) { e.batches[5].Lost = []metering.Range{{From: 1, To: 2}} })
	f("one epoch", func(e *evidence) { e.batches[5].ID.Epoch = 2 })
	f("", func(e *evidence) { // it is still with the collector
		last := len(e.batches) - 1
		e.batches = slices.Delete(e.batches, last-1, last)
		e.waiting = map[uint64]bool{uint64(last): true}
		e.marks[0] = metering.Mark{
			Contiguous: uint64(last - 1), Highest: uint64(last + 1),
			Missing: []metering.Range{{From: uint64(last), To: uint64(last)}},
		}
	})
	f("holes", func(e *evidence) { e.marks[0].Contiguous-- })
	f("shows", func(e *evidence) {
		reading(e, "m-ceramics-2").Count.Raw++
	})
	f("not the model's", func(e *evidence) {
		reading(e, "m-ceramics-2").Count.Step *= 10
	})
	f("quarantine", func(e *evidence) { e.poison = []metering.Poison{{Reason: "not a batch"}} })
	// Readings of a minute around a boundary are gone: the strict bound does not
	// hold, the interval's own uncertainty must.
	f("its uncertainty allows", func(e *evidence) {
		hole := first.End()
		for n := range e.batches {
			b := &e.batches[n]
			b.Snapshots = slices.DeleteFunc(slices.Clone(b.Snapshots), func(s metering.Snapshot) bool { return s.At.Sub(hole).Abs() < time.Minute })
		}
		change(e, coarse, func(i *metering.Interval) { i.Energy += 1000 * quantum })
	})
}

// reading is the first one of a meter in the sixth batch, to be spoiled.
func reading(e *evidence, meter metering.MeterID) *metering.Reading {
	b := &e.batches[5]
	b.Snapshots = slices.Clone(b.Snapshots)
	s := &b.Snapshots[slices.IndexFunc(b.Snapshots, func(s metering.Snapshot) bool { return s.Meter == meter })]
	s.Readings = slices.Clone(s.Readings)
	return &s.Readings[0]
}

func null(i metering.Interval, reason string) metering.Interval {
	i.Grade, i.Method, i.Energy, i.Uncertainty, i.Flags, i.Reason = metering.Null, metering.MethodNone, 0, 0, 0, reason
	return i
}

// quantum is a count in whole units, rounded up.
func (t trial) quantum(i metering.Interval) int64 {
	for _, d := range t.dials(&verdict{}) {
		if d.install.Point == i.Point && d.channel == i.Channel {
			q := new(big.Rat).Quo(d.quantum(), big.NewRat(1000, 1))
			return max(1, new(big.Int).Div(q.Num(), q.Denom()).Int64())
		}
	}
	return 0
}

// flawless is what a collector that is never disturbed reads from the zone every
// ten seconds, and the intervals of that.
func flawless(t *testing.T, tr trial) ([]wire.Batch, []metering.Interval) {
	t.Helper()
	world := tr.world()
	dials := tr.dials(&verdict{})
	spans := map[register][]metering.RegisterSpan{}
	var batches []wire.Batch
	for at := begin; at.Before(tr.to.Add(time.Minute)); at = at.Add(10 * time.Second) {
		read := at.Add(3 * time.Second)
		world.StepTo(read)
		b := wire.Batch{Site: tr.site.ID, ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: uint64(len(batches) + 1)}}
		for _, m := range tr.site.Meters {
			s := metering.Snapshot{Meter: m.ID, At: read, Took: 20 * time.Millisecond}
			for _, ch := range metering.Channels() {
				d, ok := dials[register{m.ID, ch.Quantity()}]
				if !ok {
					continue
				}
				raw := new(big.Rat).Quo(whole(world.Truth(d.install.Point, ch)), d.milli(1))
				count := metering.Count{
					Raw:  new(big.Int).Div(raw.Num(), raw.Denom()).Int64(),
					Step: d.facts.Step, Secondary: d.facts.Secondary,
				}
				s.Readings = append(s.Readings, metering.Reading{Quantity: d.quantity, Count: count})
				span := metering.SpanOf(m.ID, d.quantity, metering.RegisterReading{At: read, Took: s.Took, Count: count})
				have := spans[d.register]
				if n := len(have); n > 0 && have[n-1].Start.Equal(span.Start) {
					have[n-1] = have[n-1].Merge(span)
				} else {
					spans[d.register] = append(have, span)
				}
			}
			b.Snapshots = append(b.Snapshots, s)
		}
		batches = append(batches, b)
	}
	var intervals []metering.Interval
	for _, m := range tr.site.Meters {
		for _, ch := range metering.Channels() {
			d, ok := dials[register{m.ID, ch.Quantity()}]
			if !ok {
				continue
			}
			chain := vee.Chain{Point: d.install.Point, Channel: ch, Links: []vee.Link{
				{Install: d.install, Modulus: d.facts.Modulus, Spans: spans[d.register]},
			}}
			for _, i := range chain.Derive(tr.from, tr.to, time.Time{}).Intervals {
				i.Version = 1
				intervals = append(intervals, i)
			}
		}
	}
	return batches, intervals
}
