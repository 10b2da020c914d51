package reclaim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/demand"
)

// topBlocks is how many of the zone's highest blocks are looked at.
const topBlocks = 50

// Together is how the uses of several subjects come together at the zone's peak.
type Together struct {
	// Peak is the start of the zone's highest block, and AtPeak its power; nil if no
	// block of the zone is known.
	Peak   *time.Time     `json:"peak"`
	AtPeak metering.Power `json:"at_peak_w"`
	// Top is the zone's mean over its 50 highest blocks.
	Top metering.Power `json:"top_w"`
	// Known of all Blocks have a power of the zone.
	Known  int `json:"known"`
	Blocks int `json:"blocks"`
	// SumOfMaxima is what the members' own maxima come to.
	SumOfMaxima metering.Power `json:"sum_of_maxima_w"`
	Members     []Member       `json:"members"` // in the order of the records
}

// Member is one subject's part in the zone's peak.
type Member struct {
	Resident metering.ResidentID `json:"resident"`
	Max      metering.Power      `json:"max_w"`
	// AtPeak is what it drew in the zone's highest block; nil if that is not valid.
	AtPeak *metering.Power `json:"at_peak_w"`
	// Top is its mean over the zone's 50 highest blocks, TopBlocks of which are valid.
	Top       metering.Power `json:"top_w"`
	TopBlocks int            `json:"top_blocks"`
}

// Coincidence is the zone's maximum by the sum of the maxima, 0..1; 0 without any.
func (t Together) Coincidence() float64 {
	if t.SumOfMaxima <= 0 || t.Peak == nil {
		return 0
	}
	return float64(t.AtPeak) / float64(t.SumOfMaxima)
}

// Diversity is the inverse of the coincidence; 0 without any.
func (t Together) Diversity() float64 {
	if c := t.Coincidence(); c > 0 {
		return 1 / c
	}
	return 0
}

// Responsibility is the member's power at the zone's peak by its own maximum, 0..1;
// false if one of them is not known.
func (m Member) Responsibility() (float64, bool) {
	if m.AtPeak == nil || m.Max <= 0 {
		return 0, false
	}
	return float64(*m.AtPeak) / float64(m.Max), true
}

// Together finds it. Zone is what came in at the inputs; nil: the sum of the records,
// in blocks in which each has an energy. Subjects and records go in pairs.
func (y *Year) Together(zone *demand.Load, subjects []Subject, records []Record) (Together, error) {
	if len(subjects) != len(records) {
		return Together{}, fmt.Errorf("%d subjects with %d records: they go in pairs", len(subjects), len(records))
	}
	t := Together{Blocks: len(y.blocks)}
	traces := make([]*trace, len(records))
	for i, r := range records {
		var err error
		if traces[i], err = y.trace(subjects[i], r); err != nil {
			return Together{}, err
		}
	}
	total, err := y.total(zone, traces)
	if err != nil {
		return Together{}, err
	}
	var order []int // blocks of the zone, the highest first, the earliest of equals
	for b := range y.blocks {
		if total.known[b] {
			order = append(order, b)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(total.power[b], total.power[a]) })
	t.Known = len(order)
	if len(order) > 0 {
		at := y.start(y.blocks[order[0]].First)
		t.Peak, t.AtPeak = &at, total.power[order[0]]
	}
	order = order[:min(len(order), topBlocks)]
	for _, b := range order {
		t.Top += total.power[b] / metering.Power(len(order))
	}
	for i, tr := range traces {
		m := tr.member(order)
		m.Resident = subjects[i].Resident
		t.SumOfMaxima += m.Max
		t.Members = append(t.Members, m)
	}
	return t, nil
}

// total is the zone by blocks.
func (y *Year) total(zone *demand.Load, traces []*trace) (*trace, error) {
	if zone != nil {
		return y.trace(Subject{Resident: "zone"}, Record{Load: *zone})
	}
	sum := &trace{power: make([]metering.Power, len(y.blocks)), known: make([]bool, len(y.blocks))}
	for b := range y.blocks {
		sum.known[b] = len(traces) > 0
		for _, t := range traces {
			sum.known[b] = sum.known[b] && t.known[b]
			sum.power[b] += t.power[b]
		}
	}
	return sum, nil
}

// member is one trace's part in the zone's highest blocks.
func (t *trace) member(highest []int) Member {
	var m Member
	for b := t.first; b < len(t.power); b++ {
		if t.state[b] == valid {
			m.Max = max(m.Max, t.power[b])
		}
	}
	var sum metering.Power
	for i, b := range highest {
		if b < t.first || t.state[b] != valid {
			continue
		}
		if p := t.power[b]; i == 0 {
			m.AtPeak = &p
		}
		sum += t.power[b]
		m.TopBlocks++
	}
	if m.TopBlocks > 0 {
		m.Top = sum / metering.Power(m.TopBlocks)
	}
	return m
}
