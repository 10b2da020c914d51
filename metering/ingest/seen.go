package ingest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// seen are the newest witnesses of each meter, so that neither a repetition is
// written again nor the ledger asked for what has just come.
type seen map[metering.MeterID]*testimony

// testimony is what was seen of one meter.
type testimony struct {
	list  []metering.Witness // ascending, complete from since on
	since time.Time
}

// Periods of witnesses kept in memory; a coarse register may have to look back a
// day for its last step.
const (
	seenPeriods       = 8
	seenPeriodsCoarse = farSpans + 2
)

// witness is what a snapshot of a batch tells beside its registers.
func (in *Ingest) witness(b wire.Batch, snap metering.Snapshot) (metering.Witness, bool) {
	i, ok := in.cfg.Site.InstallOf(snap.Meter, snap.At)
	if !ok {
		return metering.Witness{}, false
	}
	p := in.place(i)
	p.coarse = in.coarseMeter(snap, i)
	w, says := witnessOf(snap, p)
	if step := in.watch.step(b.Boot, snap); step > 0 {
		w.Signs[metering.SignClockStep] = clip(float64(step.Milliseconds()))
		says = true
	}
	return w, says
}

// place gathers what the site file says about a meter's place.
func (in *Ingest) place(i metering.Install) place {
	p := place{amperes: directAmperes, capacity: in.capacity(i)}
	if i.CT.Primary > 1 {
		p.amperes = float64(i.CT.Primary)
	}
	point, _ := in.cfg.Site.Point(i.Point)
	node, _ := in.cfg.Site.Topology.Node(point.Node)
	p.volts = node.VoltageKV * 1000 / math.Sqrt(3)
	return p
}

// coarseMeter reports whether a meter's registers are coarse: by the counts in
// the snapshot, or else by those it has shown so far.
func (in *Ingest) coarseMeter(snap metering.Snapshot, i metering.Install) bool {
	for _, r := range snap.Readings {
		if _, feeds := metering.ChannelOf(r.Quantity); feeds && r.Count.Step > 0 {
			return in.coarseCount(i, r.Count)
		}
	}
	for _, ch := range metering.Channels() {
		if r, ok := in.registers[registerKey{snap.Meter, ch.Quantity()}]; ok && r.coarse {
			return true
		}
	}
	return false
}

// followWitnesses adds to a commit what witnesses have told that was not known.
func (in *Ingest) followWitnesses(ctx context.Context, list []metering.Witness, t *taking) error {
	for _, w := range list {
		m, err := in.testimony(ctx, w.Meter)
		if err != nil {
			return fmt.Errorf("meter %s: witnesses: %w", w.Meter, err)
		}
		var have []metering.Witness
		if !w.Start.Before(m.since) {
			have = m.list
		}
		if _, news := mergeWitness(have, w); news {
			t.witnesses[w.Meter], _ = mergeWitness(t.witnesses[w.Meter], w)
		}
	}
	for _, meter := range sortedKeys(t.witnesses) {
		t.Witnesses = append(t.Witnesses, t.witnesses[meter]...)
	}
	return nil
}

// testimony finds what was seen of a meter, in the ledger if it is not in memory.
func (in *Ingest) testimony(ctx context.Context, meter metering.MeterID) (*testimony, error) {
	if m, ok := in.seen[meter]; ok {
		return m, nil
	}
	since := metering.PeriodStart(in.cfg.Clock.Now()).Add(-seenPeriodsCoarse * metering.BasePeriod)
	list, err := in.cfg.Ledger.Witnesses(ctx, meter, since, far)
	if err != nil {
		return nil, err
	}
	m := &testimony{list: list, since: since}
	if len(in.seen) >= in.cfg.Limits.Registers {
		clear(in.seen)
	}
	in.seen[meter] = m
	return m, nil
}

// witnesses are those of a meter whose periods start in [from, to), with what the
// transaction brings.
func (in *Ingest) witnesses(ctx context.Context, meter metering.MeterID, from, to time.Time, t *taking) ([]metering.Witness, error) {
	m, err := in.testimony(ctx, meter)
	if err != nil {
		return nil, err
	}
	list := m.list
	if from.Before(m.since) {
		if list, err = in.cfg.Ledger.Witnesses(ctx, meter, from, to); err != nil {
			return nil, err
		}
	}
	for _, w := range t.witnesses[meter] {
		list, _ = mergeWitness(list, w)
	}
	first, _ := slices.BinarySearchFunc(list, from, func(w metering.Witness, t time.Time) int { return w.Start.Compare(t) })
	end, _ := slices.BinarySearchFunc(list, to, func(w metering.Witness, t time.Time) int { return w.Start.Compare(t) })
	return list[first:max(first, end)], nil
}

// keep remembers what was committed.
func (s seen) keep(fresh map[metering.MeterID][]metering.Witness) {
	for meter, list := range fresh {
		m, ok := s[meter]
		if !ok {
			continue // it is read from the ledger when it is needed
		}
		for _, w := range list {
			if !w.Start.Before(m.since) {
				m.list, _ = mergeWitness(m.list, w)
			}
		}
		n := len(m.list)
		if n == 0 {
			continue
		}
		most := seenPeriods
		if dense(m.list[n-1]) {
			most = seenPeriodsCoarse
		}
		if n > most {
			m.list = slices.Clone(m.list[n-most:])
			m.since = m.list[0].Start
		}
	}
}

// dense reports whether a witness keeps more than a sample a minute, as those of
// coarse registers do.
func dense(w metering.Witness) bool {
	return len(w.Powers) > int(metering.BasePeriod/time.Minute)
}
