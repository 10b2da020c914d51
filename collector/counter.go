package collector

import (
	"fmt"
	"time"

	"asue/metering"
)

// counter follows one cumulative register: what it can be next follows from what
// it was. Times are the collector's, since its start.
type counter struct {
	quantity  metering.Quantity
	known     bool
	exchanged bool // another meter has answered since it was known
	doubted   bool // it has shown a state that cannot follow
	seen      int8 // times that this was confirmed; confirmations make it believed

	modulus int64   // counts; 0 if it never starts anew, or nobody knows
	perHour float64 // most counts in an hour; 0 if nobody knows
	step    int64   // thousandths of the base unit in a count

	raw      int64 // the last state that was believed
	at       time.Duration
	doubtful int64 // the last one that was not
	doubtAt  time.Duration
}

// scale goes over to counts of another size: meters with scale factors change it
// when a register has grown.
func (c *counter) scale(step int64) {
	if c.step == step || c.step == 0 {
		c.step = step
		return
	}
	factor := float64(c.step) / float64(step)
	c.raw, c.doubtful = int64(float64(c.raw)*factor), int64(float64(c.doubtful)*factor)
	c.perHour *= factor
	c.step = step
}

// confirmations are how many further readings make a doubtful state believed.
const confirmations = 2

// take judges a state of the register. again says that it is to be read anew at
// once.
func (c *counter) take(raw int64, at time.Duration) (q metering.Quality, why string, again bool) {
	if c.exchanged {
		why := fmt.Sprintf("the meter was exchanged: the counter stands at %d, the old one stood at %d", raw, c.raw)
		c.believe(raw, at)
		return metering.SteppedBack, why, false
	}
	if !c.known {
		c.believe(raw, at)
		return metering.Good, "", false
	}
	q, why = c.follows(c.raw, c.at, raw, at)
	if q == metering.Good {
		c.believe(raw, at)
		return q, "", false
	}
	if c.doubted {
		if q, _ := c.follows(c.doubtful, c.doubtAt, raw, at); q == metering.Good {
			c.seen++
		} else {
			c.seen = 0
		}
	}
	c.doubted, c.doubtful, c.doubtAt = true, raw, at
	if c.seen >= confirmations {
		why := fmt.Sprintf("%s; read %d times, it is taken as it is", why, confirmations+1)
		c.believe(raw, at)
		return q, why, false
	}
	return q, why, true
}

func (c *counter) believe(raw int64, at time.Duration) {
	c.known, c.raw, c.at = true, raw, at
	c.exchanged, c.doubted, c.doubtful, c.doubtAt, c.seen = false, false, 0, 0, 0
}

// follows reports whether a register can show one state after another.
func (c *counter) follows(before int64, then time.Duration, now int64, at time.Duration) (metering.Quality, string) {
	most := c.most(at - then)
	if grown := now - before; grown >= 0 {
		if most > 0 && grown > most {
			return metering.OutOfRange, fmt.Sprintf("counter went from %d to %d in %v: %d counts, at most %d can be", before, now, (at - then).Round(time.Second), grown, most)
		}
		return metering.Good, ""
	}
	if c.modulus > 0 {
		around := c.modulus - before + now
		if most > 0 && around <= most || most == 0 && before >= c.modulus-c.modulus/10 && now < c.modulus/10 {
			return metering.Good, ""
		}
	}
	return metering.SteppedBack, fmt.Sprintf("counter went back from %d to %d", before, now)
}

// most is how many counts can come in a time; 0 if nobody knows. Registers show
// their state with some delay, hence the minute and the two counts.
func (c *counter) most(d time.Duration) int64 {
	if c.perHour <= 0 {
		return 0
	}
	return int64(c.perHour*max(d+time.Minute, time.Minute).Hours()) + 2
}

// watch holds the counters of a block against what they were, marks those that
// cannot be, and keeps the books of energy and power.
func (m *meter) watch(at time.Time, readings []metering.Reading) {
	again, counters := false, false
	for i := range readings {
		r := &readings[i]
		if r.Count.Step == 0 {
			if r.Quantity == metering.ActivePower {
				m.books.power(*r, m.line.c.since(at))
			}
			continue
		}
		if !r.Quality.HasValue() {
			continue
		}
		counters = true
		c := m.counterOf(r)
		c.scale(r.Count.Step)
		q, why, doubtful := c.take(r.Count.Raw, m.line.c.since(at))
		again = again || doubtful
		if q != metering.Good {
			r.Quality, r.Reason = q, why
			m.stats.implausible.Add(1)
			m.line.log().Warn("collector: a counter cannot be as it reads", "meter", m.cfg.ID, "quantity", r.Quantity.String(), "reason", why)
		}
		if r.Quantity == metering.ActiveImport {
			m.balance(*r, at)
		}
	}
	if counters {
		m.missed.read(at)
	}
	if again {
		m.readAgain(at)
	}
}

// counterOf finds the counter of a reading, which stands there until the next one
// is looked for. A meter has few.
func (m *meter) counterOf(r *metering.Reading) *counter {
	for i := range m.counters {
		if c := &m.counters[i]; c.quantity == r.Quantity {
			return c
		}
	}
	m.counters = append(m.counters, counter{quantity: r.Quantity, modulus: m.cfg.Device.Modulus(r.Quantity), perHour: m.perHour(r.Count)})
	return &m.counters[len(m.counters)-1]
}

// perHour is how many counts the transformers can carry in an hour, with a fifth
// to spare.
func (m *meter) perHour(c metering.Count) float64 {
	if m.cfg.MaxPower <= 0 {
		return 0
	}
	perHour := 1.2 * float64(m.cfg.MaxPower) * 1000 / float64(c.Step)
	if c.Secondary {
		cn, cd := m.cfg.CT.Factor()
		vn, vd := m.cfg.VT.Factor()
		perHour *= float64(cd) * float64(vd) / (float64(cn) * float64(vn))
	}
	return perHour
}

// readAgain brings the counters' next turn forward.
func (m *meter) readAgain(at time.Time) {
	for i := range m.tasks {
		if t := &m.tasks[i]; t.kind == energy {
			m.line.soon(t, momentOf(at.Add(time.Second)))
		}
	}
}
