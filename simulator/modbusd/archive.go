package modbusd

import (
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/simulator"
)

// archive is a meter's memory of its counters at the ends of past intervals: a
// ring that begins at record 0 when the world does.
type archive struct {
	layout  *regmap.Archive
	segment segment
	written int // records so far
	latest  time.Time
}

func newArchive(layout *regmap.Archive) *archive {
	words := make([]uint16, layout.Records*layout.Words)
	return &archive{layout: layout, segment: segment{layout.Function, int(layout.Address), words}}
}

// newest is the index of the record that was written last; false if there is none.
func (a *archive) newest() (int, bool) {
	return (a.written - 1 + a.layout.Records) % a.layout.Records, a.written > 0
}

// due reports whether an interval ends at this time that has no record yet.
func (a *archive) due(at time.Time) bool {
	return at.Equal(at.Truncate(a.layout.Period)) && at.After(a.latest)
}

// remember keeps the counters of a snapshot, if an interval ends at it. A meter
// that stands nowhere keeps nothing.
func (d *device) remember(s *simulator.Snapshot) {
	measure, install, ok := s.Meter(d.meter.ID)
	if !ok || d.archive == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.archive.due(s.At) {
		return
	}
	a := d.archive
	from := a.written % a.layout.Records * a.layout.Words
	record := a.segment.words[from : from+a.layout.Words]
	t := &a.layout.Time
	regmap.EncodeClock(t, s.At, record[t.Address:int(t.Address)+t.Words()])
	for i := range a.layout.Registers {
		r := &a.layout.Registers[i]
		field{r, record[r.Address : int(r.Address)+r.Words()]}.show(&measure, install, exponents{})
	}
	a.written++
	a.latest = s.At
}

// remember has the meters that have an archive keep what they show at every
// quarter of an hour from where the world stands until the end, which is one.
func (s *Server) remember(end time.Time) {
	if len(s.archives) == 0 {
		return
	}
	q := metering.PeriodStart(s.world.Now())
	if q.Before(s.world.Now()) {
		q = q.Add(metering.BasePeriod)
	}
	for ; !q.After(end); q = q.Add(metering.BasePeriod) {
		s.world.StepTo(q)
		snapshot := s.world.Snapshot()
		for _, d := range s.archives {
			d.remember(snapshot)
		}
	}
}
