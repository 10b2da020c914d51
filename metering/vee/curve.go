package vee

import (
	"fmt"
	"time"

	"asue/metering"
)

// curve is a register over time: its readings in ascending order, with what
// happens between neighbours worked out.
type curve struct {
	points []point
	// broken are the places where the register cannot be followed, by the number
	// of breaks before them.
	broken []string
}

type point struct {
	ms      int64 // Unix milliseconds
	took    time.Duration
	raw     uint64
	step    uint64
	second  bool // counts at the secondary side
	wraps   int  // rollovers since the first point
	breaks  int  // breaks since the first point
	fromLow uint64
}

func (p point) at() time.Time { return time.UnixMilli(p.ms).UTC() }

// follow joins the spans' readings to a curve. Spans are ascending and disjoint;
// of two readings of the same millisecond the first in the order of
// RegisterReading.Compare counts.
func (r Register) follow(spans []metering.RegisterSpan) curve {
	c := curve{points: make([]point, 0, 2*len(spans))}
	for _, s := range spans {
		for _, reading := range s.Readings {
			r.append(&c, reading)
		}
	}
	return c
}

func (r Register) append(c *curve, reading metering.RegisterReading) {
	p := point{
		ms: reading.At.UnixMilli(), took: reading.Took,
		raw: uint64(reading.Count.Raw), step: uint64(reading.Count.Step), second: reading.Count.Secondary,
	}
	if len(c.points) > 0 {
		last := c.points[len(c.points)-1]
		if p.ms <= last.ms {
			return
		}
		p.wraps, p.breaks = last.wraps, last.breaks
		if reason := r.step(last, &p); reason != "" {
			c.broken = append(c.broken, reason)
			p.breaks++
		}
	}
	c.points = append(c.points, p)
}

// step works out how the register got from a to b: b.fromLow counts on, with a
// rollover or without, or the reason why it cannot be followed.
func (r Register) step(a point, b *point) (reason string) {
	where := func() string { return fmt.Sprintf("between %s and %s", stamp(a.at()), stamp(b.at())) }
	switch {
	case a.step != b.step || a.second != b.second:
		return fmt.Sprintf("the register's scale changed %s: %d and then %d thousandths of a %s per count",
			where(), a.step, b.step, r.Channel.Unit())
	case b.raw >= a.raw:
		b.fromLow = b.raw - a.raw
		return ""
	}
	if delta, ok := r.rollover(a, *b); ok {
		b.fromLow = delta
		b.wraps++
		return ""
	}
	return fmt.Sprintf("the register went back from %d to %d counts %s", a.raw, b.raw, where())
}

// rollover reports the counts from a to b if the register may have passed its
// modulus on the way: the energy fits what the point can carry in the time, and
// so does the way from a to the top.
func (r Register) rollover(a, b point) (delta uint64, ok bool) {
	m := uint64(r.Modulus)
	if r.Modulus <= 0 || r.MaxPower <= 0 || a.raw >= m || b.raw >= m {
		return 0, false
	}
	delta = b.raw + (m - a.raw)
	in, found := r.installAt(a.at())
	if !found {
		return 0, false
	}
	f, ok := factorOf(metering.Count{Secondary: a.second}, in)
	if !ok {
		return 0, false
	}
	units, okUnits := f.ceil(delta, a.step)
	quantum, okQuantum := f.quantum(a.step)
	return delta, okUnits && okQuantum && units <= r.capacity(b.ms-a.ms, quantum)
}

// capacity is what the point can carry in some milliseconds, with 5 % to spare
// and one step of the register.
func (r Register) capacity(ms, quantum int64) int64 {
	hour := time.Hour.Milliseconds()
	perHour := int64(r.MaxPower) + int64(r.MaxPower)/20
	return share(perHour, ms%hour, hour) + ms/hour*perHour + quantum
}

// quantum is one count of the register in whole units at the point, rounded up,
// at least 1; false if it is absurdly large (2^40 units).
func (f factor) quantum(step uint64) (int64, bool) {
	q, ok := f.ceil(1, step)
	return max(q, 1), ok && q < 1<<40
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
