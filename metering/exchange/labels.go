package exchange

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// findLength finds how long intervals are of which the file gives a label only:
// what most neighbours lie apart.
func (s *settler) findLength() bool {
	distances := map[int64]int{}
	labels := 0
	for _, in := range s.c.list {
		times := make([]int64, 0, len(in.data))
		for _, d := range in.data {
			if d.flags&hasEnd == 0 {
				times = append(times, d.at)
			}
		}
		labels += len(times)
		slices.Sort(times)
		for i := 1; i < len(times); i++ {
			if times[i] != times[i-1] {
				distances[times[i]-times[i-1]]++
			}
		}
	}
	if labels == 0 {
		return true
	}
	if s.c.o.Length > 0 {
		s.length = int64(s.c.o.Length / time.Second)
		return true
	}
	for d, n := range distances {
		if n > distances[s.length] || (n == distances[s.length] && d < s.length) {
			s.length = d
		}
	}
	switch s.length {
	case quarter, 2 * quarter, 4 * quarter:
		s.c.notes.say("intervals of %s", lengthText(s.length))
		return true
	case 0:
		s.c.faults.add(Fault{Code: "no-length", What: "one label does not tell how long an interval is", Remedy: "give start and end of each interval, or say --length"})
	default:
		s.c.faults.add(Fault{Code: "bad-length", What: fmt.Sprintf("labels lie %s apart", lengthText(s.length)), Remedy: "bring intervals of 15, 30 or 60 min"})
	}
	return false
}

// findLabel finds out whether labels name starts or ends. "24:00" is an end.
// Whole days suggest one or the other (00:00 to 23:45, or 00:15 to 00:00), but a
// list of ends that was cut by its dates looks like one of starts: that is told
// and not relied on.
func (s *settler) findLabel() bool {
	c := s.c
	if s.length == 0 || c.label != LabelUnknown {
		return true
	}
	hint := ""
	for _, in := range c.list {
		first, last := int64(math.MaxInt64), int64(math.MinInt64)
		for _, d := range in.data {
			switch {
			case d.flags&hasEnd != 0:
				continue
			case d.flags&midnight24 != 0:
				c.label = LabelEnd
				c.notes.say("labels name the end of intervals: 24:00 is one")
				return true
			}
			wall := d.at
			if d.flags&fixedAt != 0 {
				wall += int64(offsetAt(d.at, c.o.Zone))
			}
			first, last = min(first, wall), max(last, wall)
		}
		switch {
		case first%daySeconds == 0 && last%daySeconds == daySeconds-s.length:
			hint = " (the file's days run as those of starts usually do)"
		case first%daySeconds == s.length && last%daySeconds == 0:
			hint = " (the file's days run as those of ends usually do)"
		}
	}
	c.faults.add(Fault{Code: "bad-label", What: "nothing tells whether the times name the start or the end of intervals" + hint,
		Remedy: "say --label start or --label end, or head the column so"})
	return false
}
