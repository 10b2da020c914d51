package metering

import (
	"cmp"
	"slices"
	"time"
)

// Compare orders readings of one register by time; readings of the same
// millisecond by what they say, so that the order does not depend on which one
// arrived first. It is 0 only for equal readings.
func (r RegisterReading) Compare(o RegisterReading) int {
	return cmp.Or(
		r.At.Compare(o.At),
		cmp.Compare(r.Count.Raw, o.Count.Raw),
		cmp.Compare(r.Count.Step, o.Count.Step),
		compareBool(r.Count.Secondary, o.Count.Secondary),
		cmp.Compare(r.Took, o.Took),
	)
}

// RegisterSpan is what is kept of one register's readings of one base period:
// enough to interpolate at the period's boundaries, to tell a wrong reading
// beside a boundary from a right one, and to find the steps of a coarse register.
//
// Of all readings that ever came it holds the first two and the last two and, as
// long as the register has shown at most SpanContents different contents, the
// first and the last reading of each content. Merge is therefore the same in any
// order and with any repetition.
type RegisterSpan struct {
	Meter    MeterID
	Quantity Quantity
	Start    time.Time // of the base period
	// Readings are ascending by Compare, at least one, without doubles. They
	// belong to the span: do not change them.
	Readings []RegisterReading
	// Many is set when more than SpanContents different contents have come.
	Many bool
}

// SpanContents is how many different contents of a register a span keeps apart.
const SpanContents = 12

// spanEdge is how many readings are kept at each end of a period.
const spanEdge = 2

// SpanOf is the span that holds a single reading.
func SpanOf(meter MeterID, q Quantity, r RegisterReading) RegisterSpan {
	return RegisterSpan{Meter: meter, Quantity: q, Start: PeriodStart(r.At), Readings: []RegisterReading{r}}
}

// First is the earliest reading of the period.
func (s RegisterSpan) First() RegisterReading { return s.Readings[0] }

// Last is the latest reading of the period.
func (s RegisterSpan) Last() RegisterReading { return s.Readings[len(s.Readings)-1] }

// End is the exclusive end of the span's base period.
func (s RegisterSpan) End() time.Time { return s.Start.Add(BasePeriod) }

// SameAs reports whether two spans hold the same.
func (s RegisterSpan) SameAs(o RegisterSpan) bool {
	return s.Meter == o.Meter && s.Quantity == o.Quantity && s.Start.Equal(o.Start) && s.Many == o.Many &&
		slices.EqualFunc(s.Readings, o.Readings, func(a, b RegisterReading) bool { return a.Compare(b) == 0 })
}

// Merge joins two spans of the same register and period.
func (s RegisterSpan) Merge(o RegisterSpan) RegisterSpan {
	all := make([]RegisterReading, 0, len(s.Readings)+len(o.Readings))
	all = append(append(all, s.Readings...), o.Readings...)
	slices.SortFunc(all, RegisterReading.Compare)
	all = slices.CompactFunc(all, func(a, b RegisterReading) bool { return a.Compare(b) == 0 })
	s.Many = s.Many || o.Many
	s.Readings = all
	s.thin()
	return s
}

// thin drops the readings that the span does not keep.
func (s *RegisterSpan) thin() {
	n := len(s.Readings)
	if n <= 2*spanEdge && !s.Many {
		return
	}
	var known [SpanContents]contentSeen
	contents := known[:0]
	for i, r := range s.Readings {
		if s.Many {
			break
		}
		at := slices.IndexFunc(contents, func(c contentSeen) bool { return c.count == r.Count })
		switch {
		case at >= 0:
			contents[at].last = i
		case len(contents) == SpanContents:
			s.Many = true
		default:
			contents = append(contents, contentSeen{r.Count, i, i})
		}
	}
	kept := s.Readings[:0]
	for i, r := range s.Readings {
		edge := i < spanEdge || i >= n-spanEdge
		step := !s.Many && slices.ContainsFunc(contents, func(c contentSeen) bool { return c.first == i || c.last == i })
		if edge || step {
			kept = append(kept, r)
		}
	}
	s.Readings = kept
}

// contentSeen is where one content of a register was read first and last.
type contentSeen struct {
	count       Count
	first, last int
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
