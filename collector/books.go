package collector

import (
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// books hold a meter's energy register against the integral of its power, a quarter
// of an hour or more at a time. The two come from different registers with
// different scales and word orders: a wrong map, a swapped pair of transformers or
// a frozen register shows here, and nowhere else.
//
// They never change a value: energy is the register's.
type books struct {
	every  time.Duration // longest pause between two powers that still counts as covered
	power0 sample
	opened sample  // the energy register when the page was opened, Wh
	sum    float64 // integral of power drawn since, Wh
	worst  float64 // greatest power seen, W
	dark   time.Duration
	wrong  int // pages in a row that do not add up
	told   bool
}

type sample struct {
	at    time.Duration // since the collector's start
	value float64
	set   bool
}

// A page is closed after pageLength; three in a row that differ by more than
// pageTolerance are told.
const (
	pageLength    = 15 * time.Minute
	pageTolerance = 0.05
	pagesToTell   = 3
)

func newBooks(cfg MeterConfig) books { return books{every: 5 * cfg.Fast} }

// interrupt closes the page unread: something was not seen.
func (b *books) interrupt() {
	b.power0, b.opened, b.sum, b.worst, b.dark = sample{}, sample{}, 0, 0, 0
}

// power takes a reading of the active power.
func (b *books) power(r metering.Reading, at time.Duration) {
	if !r.Usable() {
		b.power0 = sample{}
		return
	}
	p := max(r.Value, 0)
	if b.power0.set && b.opened.set {
		since := at - b.power0.at
		if since > b.every || since < 0 {
			b.dark += since.Abs()
		}
		b.sum += (p + b.power0.value) / 2 * since.Hours()
	}
	b.worst = max(b.worst, p)
	b.power0 = sample{at, p, true}
}

// energy takes a reading of the imported energy. It returns both figures when a
// page is full, in Wh; false when there is nothing to compare.
func (b *books) energy(r metering.Reading, at time.Duration) (register, integral float64, whole bool) {
	if !r.Usable() || !b.power0.set {
		b.interrupt()
		return 0, 0, false
	}
	if !b.opened.set {
		b.interrupt()
		b.opened = sample{at, r.Value, true}
		return 0, 0, false
	}
	if at-b.opened.at < pageLength {
		return 0, 0, false
	}
	register, integral = r.Value-b.opened.value, b.sum
	whole = b.dark < pageLength/20
	last := b.power0
	b.interrupt()
	b.power0, b.opened = last, sample{at, r.Value, true}
	return register, integral, whole
}

// agree reports whether a page adds up: within the tolerance, two counts, and what
// the greatest power draws in ten seconds, by which the two may be apart.
func agree(register, integral, count, power float64) bool {
	allowed := pageTolerance*math.Max(math.Abs(register), math.Abs(integral)) + 2*count + power*10/3600
	return math.Abs(register-integral) <= allowed
}

// balance enters the energy register into the books.
func (m *meter) balance(r metering.Reading, at time.Time) {
	b := &m.books
	worst := b.worst
	register, integral, whole := b.energy(r, m.line.c.since(at))
	if !whole {
		return
	}
	count := float64(r.Count.Step) / 1000
	if r.Count.Secondary {
		cn, cd := m.cfg.CT.Factor()
		vn, vd := m.cfg.VT.Factor()
		count *= float64(cn) * float64(vn) / (float64(cd) * float64(vd))
	}
	if agree(register, integral, count, worst) {
		if b.told {
			m.line.log().Info("collector: energy and power of the meter agree again", "meter", m.cfg.ID)
		}
		b.wrong, b.told = 0, false
		m.stats.disagrees.Store(nil)
		return
	}
	if b.wrong++; b.wrong < pagesToTell {
		return
	}
	why := fmt.Sprintf("in %v the energy register has counted %.4g kWh, and the power adds up to %.4g kWh", pageLength, register/1000, integral/1000)
	m.stats.disagrees.Store(&why)
	if !b.told {
		b.told = true
		m.line.log().Error("collector: energy and power of the meter disagree; look at scale, word order, transformers and direction", "meter", m.cfg.ID, "reason", why)
	}
}
