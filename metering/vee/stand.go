package vee

import (
	"cmp"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// stand is a meter's stay at the point: links that touch and name one meter.
type stand struct {
	links    []Link
	from, to int64 // Unix ms, both inclusive: a reading at the change itself counts
}

// sample is a reading in the form that is worked on.
type sample struct {
	ms     int64 // Unix milliseconds
	raw    uint64
	step   uint64
	took   time.Duration
	second bool // counts at the secondary side
}

func (x sample) at() time.Time { return time.UnixMilli(x.ms).UTC() }

func (x sample) reading() metering.RegisterReading {
	return metering.RegisterReading{At: x.at(), Took: x.took, Count: metering.Count{
		Raw: int64(x.raw), Step: int64(x.step), Secondary: x.second,
	}}
}

// stands groups links: another meter, or the same one after a time elsewhere,
// begins a new stand.
func stands(links []Link) []stand {
	var list []stand
	for i, l := range links {
		from, to := int64(math.MinInt64), int64(math.MaxInt64)
		if !l.Install.From.IsZero() {
			from = l.Install.From.UnixMilli()
		}
		if !l.Install.To.IsZero() {
			to = l.Install.To.UnixMilli()
		}
		if i > 0 {
			if last := &list[len(list)-1]; last.meter() == l.Install.Meter && last.to == from {
				last.links, last.to = append(last.links, l), to
				continue
			}
		}
		list = append(list, stand{links: links[i : i+1 : i+1], from: from, to: to})
	}
	return list
}

func (s *stand) meter() metering.MeterID { return s.links[0].Install.Meter }

// link is which of the stand's links holds at a moment.
func (s *stand) link(ms int64) int {
	for i := len(s.links) - 1; i > 0; i-- {
		if s.links[i].Install.From.UnixMilli() <= ms {
			return i
		}
	}
	return 0
}

// samples are the stand's readings in ascending order, without doubles.
func (s *stand) samples() []sample {
	spans := s.links[0].Spans
	if len(s.links) > 1 || !ascending(spans) {
		spans = s.merged()
	}
	n := 0
	for i := range spans {
		n += len(spans[i].Readings)
	}
	list := make([]sample, 0, n)
	for i := range spans {
		for j := range spans[i].Readings {
			r := &spans[i].Readings[j]
			ms := r.At.UnixMilli()
			if ms < s.from || ms > s.to || r.Count.Raw < 0 || r.Count.Step <= 0 {
				continue
			}
			list = append(list, sample{
				ms: ms, raw: uint64(r.Count.Raw), step: uint64(r.Count.Step), took: r.Took, second: r.Count.Secondary,
			})
		}
	}
	return list
}

func ascending(spans []metering.RegisterSpan) bool {
	for i := 1; i < len(spans); i++ {
		if !spans[i-1].Start.Before(spans[i].Start) {
			return false
		}
	}
	return true
}

// merged joins the spans of all links, each period once.
func (s *stand) merged() []metering.RegisterSpan {
	var all []metering.RegisterSpan
	for _, l := range s.links {
		all = append(all, l.Spans...)
	}
	slices.SortStableFunc(all, func(a, b metering.RegisterSpan) int { return a.Start.Compare(b.Start) })
	list := all[:0]
	for _, sp := range all {
		if n := len(list); n > 0 && list[n-1].Start.Equal(sp.Start) {
			list[n-1] = list[n-1].Merge(sp)
			continue
		}
		list = append(list, sp)
	}
	return list
}

// witnesses are those of all links, each period once, ascending.
func (s *stand) witnesses() []metering.Witness {
	if len(s.links) == 1 {
		return s.links[0].Witnesses
	}
	var all []metering.Witness
	for _, l := range s.links {
		all = append(all, l.Witnesses...)
	}
	slices.SortStableFunc(all, func(a, b metering.Witness) int { return a.Start.Compare(b.Start) })
	list := all[:0]
	for _, w := range all {
		if n := len(list); n > 0 && list[n-1].Start.Equal(w.Start) {
			list[n-1] = list[n-1].Merge(w)
			continue
		}
		list = append(list, w)
	}
	return list
}

// maxPower is the greatest of the stand's limits; 0 if one is unknown.
func (s *stand) maxPower() metering.Power {
	var most metering.Power
	for _, l := range s.links {
		if l.MaxPower <= 0 {
			return 0
		}
		most = max(most, l.MaxPower)
	}
	return most
}

func (s *stand) modulus() uint64 {
	return uint64(max(0, slices.MaxFunc(s.links, func(a, b Link) int { return cmp.Compare(a.Modulus, b.Modulus) }).Modulus))
}
