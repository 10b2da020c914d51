package metering

import (
	"cmp"
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

// SpanOf is the span that holds a single reading.
func SpanOf(meter MeterID, q Quantity, r RegisterReading) RegisterSpan {
	return RegisterSpan{Meter: meter, Quantity: q, Start: PeriodStart(r.At), First: r, Last: r}
}

// End is the exclusive end of the span's base period.
func (s RegisterSpan) End() time.Time { return s.Start.Add(BasePeriod) }

// Merge joins two spans of the same register and period: the earlier First and
// the later Last win. Any order and any repetition of merges gives the same.
func (s RegisterSpan) Merge(o RegisterSpan) RegisterSpan {
	if o.First.Compare(s.First) < 0 {
		s.First = o.First
	}
	if o.Last.Compare(s.Last) > 0 {
		s.Last = o.Last
	}
	return s
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
