package exchange

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// countMissing looks at every local day between the first and the last interval
// of each channel.
func (s *settler) countMissing() {
	for _, out := range s.f.series {
		i := 0
		for i < len(out.entries) {
			from, to := vee.Day.Bounds(time.Unix(out.entries[i].start, 0), s.c.o.Zone)
			// days without anything between this one and the one before
			if i > 0 {
				s.emptyDays(out, time.Unix(out.entries[i-1].start, 0), from)
			}
			want, got := int(to.Sub(from)/metering.BasePeriod), 0
			for ; i < len(out.entries) && out.entries[i].start < to.Unix(); i++ {
				got += int(out.entries[i].parts)
			}
			s.missing(out, from, want, got)
		}
	}
	slices.SortStableFunc(s.f.Missing, func(a, b MissingDay) int {
		return cmp.Or(cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Day, b.Day))
	})
}

func (s *settler) emptyDays(out *settled, after, before time.Time) {
	_, day := vee.Day.Bounds(after, s.c.o.Zone)
	for n := 0; day.Before(before) && n < 20_000; n++ {
		_, next := vee.Day.Bounds(day, s.c.o.Zone)
		s.missing(out, day, int(next.Sub(day)/metering.BasePeriod), 0)
		day = next
	}
}

func (s *settler) missing(out *settled, day time.Time, want, got int) {
	if got >= want {
		return
	}
	s.f.MissingDays++
	s.f.MissingIntervals += want - got
	if len(s.f.Missing) < MostMissing {
		s.f.Missing = append(s.f.Missing, MissingDay{Point: out.point, Channel: out.channel, Day: day.In(s.c.o.Zone).Format(time.DateOnly), Want: want, Got: got})
	}
}
