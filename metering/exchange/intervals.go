package exchange

import (
	"fmt"
	"sort"
	"time"

	"asue/metering"
)

func (f *File) placeOf(e entry) Place {
	p := Place{Row: int(e.row), Column: columnName(int(e.col))}
	if f.Kind == "80020" {
		p.Column = ""
	}
	if int(e.sheet) < len(f.sheets) {
		p.Sheet = f.sheets[e.sheet]
	}
	return p
}

// between gives the quarters of an hour that start in [from, to); false when the
// taker has had enough.
func (s *settled) between(f *File, from, to int64, yield func(Place, metering.Interval) bool) bool {
	first := sort.Search(len(s.entries), func(i int) bool { return s.entries[i].end() > from })
	for _, e := range s.entries[first:] {
		if e.start >= to {
			break
		}
		for k := range int64(e.parts) {
			start := e.start + k*quarter
			if start < from || start >= to {
				continue
			}
			if !yield(f.placeOf(e), s.interval(f, e, k)) {
				return false
			}
		}
	}
	return true
}

// interval is the k-th quarter of an entry. The parts of a longer one differ by
// one unit at most and add up to it exactly; that a quarter's true energy is
// anything between nothing and all of it is what the uncertainty says.
func (s *settled) interval(f *File, e entry, k int64) metering.Interval {
	iv := metering.Interval{
		Point: s.point, Channel: s.channel, Start: time.Unix(e.start+k*quarter, 0).UTC(),
		Energy: e.energy, Uncertainty: s.uncertainty, Grade: e.grade, Method: metering.MethodImported, Reason: f.reason,
	}
	if n := int64(e.parts); n > 1 {
		all := int64(e.energy)
		iv.Energy = metering.Energy(part(all, k+1, n) - part(all, k, n))
		iv.Uncertainty = e.energy + s.uncertainty
		if iv.Grade == metering.Actual || iv.Grade == metering.FinalGrade {
			iv.Grade = metering.Substitute
		}
		iv.Reason += fmt.Sprintf(", an interval of %s spread evenly", lengthText(n*quarter))
	}
	return iv
}

// part is floor(all·k/n) without an overflow.
func part(all, k, n int64) int64 { return all/n*k + all%n*k/n }

// origin is what every interval of the file says of where it comes from.
func (f *File) origin() string {
	if f.Kind == "80020" && f.Message != nil {
		return fmt.Sprintf("imported from %s, message %d of %s", cut(f.Name, 120), f.Message.Number, cut(f.Message.SenderINN, 20))
	}
	return "imported from " + cut(f.Name, 120)
}
