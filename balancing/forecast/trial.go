package forecast

import (
	"math"
	"slices"
	"time"

	"asue/metering"
)

// reach is how far ahead forecasts of one group look, in blocks, both ends
// included.
type reach struct{ from, to int }

// reachesOf are one block, two, up to 2 h, 6 h, a day, and up to the horizon.
func reachesOf(block, horizon time.Duration) []reach {
	most := blocksOf(horizon, block)
	var list []reach
	from := 1
	for _, to := range []int{1, 2, blocksOf(2*time.Hour, block), blocksOf(6*time.Hour, block), blocksOf(24*time.Hour, block), most} {
		if to = min(to, most); to >= from {
			list = append(list, reach{from, to})
			from = to + 1
		}
	}
	return list
}

// at is how far the trial forecast of an origin looks ahead: every distance has
// its turn.
func (r reach) at(origin, slots int) int {
	return r.from + (origin*37+origin/slots)%(r.to-r.from+1)
}

// lag is after how many days all forecasts of a day have come to their time.
func (r reach) lag(slots int) int { return (r.to + slots - 1) / slots }

// class is the part of the day in whose likeness errors are: the same load errs
// otherwise at night, by day, and while works begin and end.
type class uint8

const (
	night class = iota
	daytime
	peak
	restDay
	classes
)

// classOf is that of a slot of a day. The hours are the project's own choice.
func classOf(kind metering.DayKind, slot, slots int) class {
	if kind == metering.Sunday || kind == metering.Holiday {
		return restDay
	}
	switch hour := slot * 24 / slots; {
	case hour < 6 || hour >= 22:
		return night
	case hour < 10 || hour >= 17:
		return peak
	}
	return daytime
}

// trial is what all methods would have forecast in the last weeks, from what was
// known then. Of every block and reach one forecast is tried.
type trial struct {
	*model
	scratch *scratch
	reaches []reach
	from    int // day of the first origin
	tried   []int
	// miss is truth less forecast by method, reach and origin; NaN where one of them
	// is missing.
	miss [methods][][]float64
	// classes of the blocks that were aimed at, by reach and origin.
	classes [][]class
	// morrow are forecasts made at midnight for the day, from the day judged on.
	judged int
	morrow [methods][]float64
}

// try lets the methods forecast again. What depends on later days is only: φ, the
// smoothing's constants, and (before the judged days) the slope of temperature.
func (m *model) try(reaches []reach, scratch *scratch) *trial {
	t := &trial{model: m, scratch: scratch, reaches: reaches, tried: []int{naive, profile, seasonal, mean}}
	t.from = max(7, m.today-bandDays-judgeDays-m.ahead)
	t.judged = max(t.from, m.today-judgeDays)
	if m.warmth != nil {
		t.tried = append(t.tried, weather)
		m.slope = fitSlope(m.like, t.judged-bandDays, t.judged)
	}
	n := max(0, m.today-t.from) * m.slots
	room := slices.Grow(scratch.room[:0], len(t.tried)*len(reaches)*n)
	room = room[:cap(room)]
	scratch.room = room
	for g, r := range reaches {
		for _, method := range t.tried {
			t.miss[method], room = append(t.miss[method], room[:n:n]), room[n:]
		}
		t.classes = append(t.classes, make([]class, n))
		for i := range t.classes[g] {
			at := t.from*m.slots + i
			at += r.at(at, m.slots)
			t.classes[g][i] = classOf(m.kind[at/m.slots], at%m.slots, m.slots)
		}
	}
	s := m.smooth.clone() // as it began
	for d := range m.today {
		if d >= t.judged {
			t.dawn(d, s)
		}
		for slot, y := range m.row(m.y, d) {
			s.take(y, slot, m.wd[d])
			if d >= t.from {
				t.origin(d*m.slots+slot, s)
			}
		}
	}
	m.smooth = s
	if m.warmth != nil {
		m.slope = fitSlope(m.like, m.today-bandDays-judgeDays, m.today)
	}
	return t
}

func (t *trial) origin(o int, s *smoother) {
	for g, r := range t.reaches {
		at := o + r.at(o, t.slots)
		i := o - t.from*t.slots
		if at >= t.today*t.slots || !known(t.y[at]) {
			for _, method := range t.tried {
				t.miss[method][g][i] = math.NaN()
			}
			continue
		}
		var v [methods]float64
		sum, n := 0.0, 0.0
		for _, method := range t.tried {
			if method == mean {
				continue
			}
			v[method] = t.predict(method, o, at, s)
			if method != weather && known(v[method]) {
				sum += v[method]
				n++
			}
		}
		if v[mean] = sum / n; t.idle(o, at) {
			v[mean] = v[profile]
		}
		for _, method := range t.tried {
			t.miss[method][g][i] = t.y[at] - v[method]
		}
	}
}

// dawn forecasts a day at its beginning.
func (t *trial) dawn(d int, s *smoother) {
	for _, method := range t.tried {
		for slot := range t.slots {
			t.morrow[method] = append(t.morrow[method], t.predict(method, d*t.slots-1, d*t.slots+slot, s))
		}
	}
}
