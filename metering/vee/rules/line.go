package rules

import (
	"fmt"

	"asue/metering"
)

// line are energies in thousandths of a unit along the line between the whole
// intervals on both sides, at each part's middle: for n whole intervals between W_a
// and W_b the j-th is W_a + (W_b - W_a)·j/(n+1) (E6). If strict, both neighbours
// must be actual; else one is enough, and then the line is level.
func (l *look) line(parts []part, strict bool) ([]int64, string, bool) {
	a, b := parts[0].slot-1, parts[len(parts)-1].slot+1
	wa, okA := l.end(a, strict)
	wb, okB := l.end(b, strict)
	text := fmt.Sprintf("line from %s to %s", l.say(metering.Energy(wa)), l.say(metering.Energy(wb)))
	switch {
	case (strict && !(okA && okB)) || !(okA || okB):
		return nil, "", false
	case !okA:
		wa, text = wb, "level at the interval after it"
	case !okB:
		wb, text = wa, "level at the interval before it"
	}
	milli := make([]int64, len(parts))
	from, width := int64(a)*periodMS+periodMS/2, int64(b-a)*periodMS
	for k, p := range parts {
		x := (p.from+p.to)/2 - from
		y := wa*1000 + mulDiv(max(wb-wa, 0)*1000, x, width) - mulDiv(max(wa-wb, 0)*1000, x, width)
		milli[k] = mulDiv(max(y, 0), p.over(), periodMS)
	}
	return milli, text, true
}

// end is an interval at the end of a line: history, and if strict an actual one.
func (l *look) end(slot int, strict bool) (int64, bool) {
	e, ok := l.history(slot)
	if !ok || e < 0 {
		return 0, false
	}
	return int64(e), !strict || l.stands(slot).Grade == metering.Actual
}

// lineDoubts state how far a line may be off: the difference of its ends, at least
// half the greater. It is no bound: a short stop or a peak inside leaves no trace.
func (l *look) lineDoubts(parts []part) []int64 {
	wa, _ := l.end(parts[0].slot-1, true)
	wb, _ := l.end(parts[len(parts)-1].slot+1, true)
	doubts := make([]int64, len(parts))
	for k, p := range parts {
		doubts[k] = mulDiv(max(abs(wa-wb), (max(wa, wb)+1)/2), p.over(), periodMS) + 1
	}
	return doubts
}
