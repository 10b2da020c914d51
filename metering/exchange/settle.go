package exchange

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// settled is what a file says of one channel of one point, ascending by start,
// without overlap.
type settled struct {
	point       metering.PointID
	channel     metering.Channel
	entries     []entry
	uncertainty metering.Energy // one unit of the last place of its finest value
}

// entry is one interval of a file.
type entry struct {
	start  int64 // Unix seconds
	energy metering.Energy
	row    int32
	col    int16
	sheet  int16
	parts  uint8 // quarters of an hour
	grade  metering.Grade
}

const quarter = int64(metering.BasePeriod / time.Second)

func (e entry) end() int64 { return e.start + int64(e.parts)*quarter }

// settler turns what was collected into intervals.
type settler struct {
	f       *File
	c       *collector
	length  int64 // of intervals that have a label only
	longest int64 // of all
	coarse  int   // intervals of more than a quarter of an hour
	doubles int   // values that stand in the file twice and say the same
	rounded int   // energies that are no whole units
}

// settle finds the lengths and the labels, and places every value. It leaves no
// series behind if anything is wrong.
func (f *File) settle(c *collector) {
	s := &settler{f: f, c: c}
	if !s.findLength() || !s.findLabel() {
		f.Faults.sort(c.sheets)
		return
	}
	for _, in := range c.list {
		s.place(in)
	}
	if s.coarse > 0 && !c.o.Spread {
		c.faults.add(Fault{Code: "needs-spread", What: fmt.Sprintf("%d intervals are longer than 15 min, the longest %s: how the energy was shared out inside them is not known", s.coarse, lengthText(s.longest)),
			Remedy: "bring intervals of 15 min, or say --spread to share it out evenly, graded substitute"})
	}
	if c.n == 0 && c.faults.Len() == 0 {
		c.faults.add(Fault{Code: "no-values", What: "there is no value in the file", Remedy: "check whether the right file was given"})
	}
	if c.faults.Len() > 0 {
		f.series = nil
		f.Faults.sort(c.sheets)
		return
	}
	if s.coarse > 0 {
		c.notes.say("%d intervals of up to %s are spread evenly over quarters of an hour, graded substitute", s.coarse, lengthText(s.longest))
	}
	if s.doubles > 0 {
		c.notes.say("%d values stand in the file twice and say the same", s.doubles)
	}
	if s.rounded > 0 {
		c.notes.say("%d energies were rounded to whole Wh, varh or L", s.rounded)
	}
	s.countMissing()
}

// place resolves the values of one channel.
func (s *settler) place(in *series) {
	out := &settled{point: in.point, channel: in.channel, entries: make([]entry, 0, len(in.data))}
	if descends(in.data) {
		slices.Reverse(in.data)
	}
	last, power := int64(math.MinInt64), false
	for i := range in.data {
		d := &in.data[i]
		power = power || d.flags&meanPower != 0
		if e, ok := s.entry(in, d, last); ok {
			last = e.start
			out.entries = append(out.entries, e)
		}
	}
	in.data = nil
	slices.SortStableFunc(out.entries, func(a, b entry) int { return cmp.Compare(a.start, b.start) })
	s.distinct(out)
	resolution := in.resolution
	if power {
		resolution = resolution * quarter / 3600
	}
	out.uncertainty = max(1, metering.Energy((resolution+999)/1000))
	if len(out.entries) > 0 {
		s.f.series = append(s.f.series, out)
	}
}

// descends reports whether a file has its newest values first.
func descends(data []datum) bool {
	up, down := 0, 0
	for i := 1; i < len(data); i++ {
		switch {
		case data[i].at > data[i-1].at:
			up++
		case data[i].at < data[i-1].at:
			down++
		}
	}
	return down > up
}

// entry makes an interval of a value. last is the start of the one before it in
// the file, which tells the two hours apart that the clock shows twice when it is
// put back.
func (s *settler) entry(in *series, d *datum, last int64) (entry, bool) {
	start, end, ok := s.bounds(in, d, last)
	if !ok {
		return entry{}, false
	}
	length := end - start
	switch {
	case length != quarter && length != 2*quarter && length != 4*quarter:
		s.fault(in, d, "bad-length", fmt.Sprintf("begins an interval of %s", lengthText(length)), "bring intervals of 15, 30 or 60 min")
		return entry{}, false
	case (start+int64(offsetAt(start, s.c.o.Zone)))%length != 0 || start%quarter != 0:
		s.fault(in, d, "misaligned", fmt.Sprintf("is no boundary of intervals of %s", lengthText(length)), "intervals begin at whole quarters, halves or hours")
		return entry{}, false
	}
	if length > quarter {
		s.coarse++
		s.longest = max(s.longest, length)
	}
	milli, exact := d.milli, true
	if d.flags&meanPower != 0 {
		milli, exact = halfUp(milli, 3600/length)
	}
	units, whole := halfUp(milli, 1000)
	if !exact || !whole {
		s.rounded++
	}
	return entry{start: start, energy: metering.Energy(units), row: d.row, col: d.col, sheet: d.sheet, parts: uint8(length / quarter), grade: d.grade}, true
}

// halfUp divides what is not negative, rounded to the nearest.
func halfUp(v, by int64) (int64, bool) { return (v + by/2) / by, v%by == 0 }

// bounds finds start and end of a value's interval in UTC.
func (s *settler) bounds(in *series, d *datum, last int64) (start, end int64, ok bool) {
	zone := s.c.o.Zone
	candidates := func(at int64, fixed, end bool) []int64 {
		if fixed {
			return []int64{at}
		}
		return moments(at, zone, end)
	}
	ends := s.c.label == LabelEnd && d.flags&hasEnd == 0
	found := candidates(d.at, d.flags&fixedAt != 0, ends)
	if len(found) == 0 {
		s.fault(in, d, "no-such-time", fmt.Sprintf("does not exist in %v: the clock was put forward over it", zone), "correct the time, or write it with its offset, like +05:00")
		return 0, 0, false
	}
	if ends {
		for i := range found {
			found[i] -= s.length
		}
	}
	start = found[len(found)-1]
	for _, t := range found {
		if t > last {
			start = t
			break
		}
	}
	if d.flags&hasEnd == 0 {
		return start, start + s.length, true
	}
	for _, t := range candidates(d.to, d.flags&fixedTo != 0, true) {
		if t > start {
			return start, t, true
		}
	}
	s.fault(in, d, "bad-time", fmt.Sprintf("is not before the end, %s", wallText(d.to)), "correct start and end")
	return 0, 0, false
}

func (s *settler) fault(in *series, d *datum, code, what, remedy string) {
	f := Fault{Row: int(d.row), Column: columnName(int(d.col)), Value: wallText(d.at), Code: code, What: what, Remedy: remedy}
	if int(d.sheet) < len(s.c.sheets) {
		f.Sheet = s.c.sheets[d.sheet]
	}
	if s.f.Kind == "80020" {
		f.Column = fmt.Sprintf("point %s channel %v", in.point, in.channel)
	}
	s.c.faults.add(f)
}

// distinct drops values that repeat their neighbour, and tells those that
// contradict or overlap it.
func (s *settler) distinct(out *settled) {
	kept := out.entries[:0]
	for _, e := range out.entries {
		if n := len(kept); n > 0 {
			before := kept[n-1]
			same := before.start == e.start && before.parts == e.parts
			if same && before.energy == e.energy && before.grade == e.grade {
				s.doubles++
				continue
			}
			if same || e.start < before.end() {
				code, what := "overlap", "overlaps the interval of"
				if same {
					code, what = "duplicate", "has another value than"
				}
				s.c.faults.add(Fault{Sheet: s.c.sheets[e.sheet], Row: int(e.row), Column: columnName(int(e.col)), Value: s.local(e.start), Code: code,
					What:   fmt.Sprintf("point %s channel %v %s %v", out.point, out.channel, what, s.f.placeOf(before)),
					Remedy: "leave one of them"})
				continue
			}
		}
		kept = append(kept, e)
	}
	out.entries = kept
}

func (s *settler) local(start int64) string {
	return time.Unix(start, 0).In(s.c.o.Zone).Format("02.01.2006 15:04")
}
