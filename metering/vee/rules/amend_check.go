package rules

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"asue/metering"
)

// check counts the base periods of a change, 0 if it is not worth looking
// further, and lists what is wrong with it.
func (c Change) check() (int, []error) {
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(c.ID == "", "the act has no id")
	fault(strings.TrimSpace(c.Author) == "", "the act has no author")
	fault(strings.TrimSpace(c.Reason) == "", "the act gives no reason")
	fault(c.Point == "", "the act names no point")
	fault(c.Channel.Unit() == "", "%v is not a channel", c.Channel)
	aligned := c.From.Equal(metering.PeriodStart(c.From)) && c.To.Equal(metering.PeriodStart(c.To))
	fault(!aligned, "%s – %s are not whole quarters of an hour", stamp(c.From), stamp(c.To))
	fault(!c.To.After(c.From), "the end %s is not after the beginning %s", stamp(c.To), stamp(c.From))
	n := 0
	if aligned && c.To.After(c.From) {
		n = int(c.To.Sub(c.From) / metering.BasePeriod)
	}
	if n > maxAct {
		faults = append(faults, fmt.Errorf("%d intervals are too many for one act: at most %d", n, maxAct))
		n = 0
	}
	deeds := c.checkDeed(n)
	if len(deeds) > 0 {
		n = 0
	}
	return n, append(faults, deeds...)
}

func (c Change) checkDeed(n int) []error {
	switch c.Deed {
	case SetValues:
		return c.checkValues(n)
	case SetTotal:
		if c.Total < 0 {
			return []error{fmt.Errorf("a total of %d %s is negative", c.Total, c.Channel.Unit())}
		}
	case Scale:
		if c.Factor.Num <= 0 || c.Factor.Den <= 0 {
			return []error{fmt.Errorf("a factor of %d/%d is not positive", c.Factor.Num, c.Factor.Den)}
		}
	case Zero, CopyCheck, Finalise:
	default:
		return []error{fmt.Errorf("unknown deed %q: use %s, %s, %s, %s, %s or %s", c.Deed, SetValues, SetTotal, Scale, Zero, CopyCheck, Finalise)}
	}
	return nil
}

func (c Change) checkValues(n int) []error {
	var faults []error
	if n > 0 && len(c.Values) != n {
		faults = append(faults, fmt.Errorf("%d values are given for %d intervals", len(c.Values), n))
	}
	var negative places
	for i, v := range c.Values {
		if v < 0 {
			negative.add(c.From.Add(time.Duration(i) * metering.BasePeriod))
		}
	}
	if negative.n > 0 {
		faults = append(faults, errors.New("negative values at: "+negative.String()))
	}
	return faults
}

// shares is an agreed total shared out by the energies that stand there if all
// are known, else flat.
func (c Change) shares(now *series, n int) []metering.Energy {
	if c.Deed != SetTotal {
		return nil
	}
	weights, flat := make([]int64, n), make([]int64, n)
	known := true
	for i := range n {
		flat[i] = 1
		iv := now.at(i)
		if known = known && hasEnergy(iv) && iv.Energy >= 0 && iv.Energy <= plausible; known {
			weights[i] = int64(iv.Energy)
		}
	}
	if !known || sumOf(weights) == 0 {
		weights = flat
	}
	list := make([]metering.Energy, n)
	for i, share := range apportion(int64(c.Total), weights) {
		list[i] = metering.Energy(share)
	}
	return list
}

// scaleBy is e·num/den rounded to the nearest unit, halves away from zero; false if
// it does not fit.
func scaleBy(e metering.Energy, num, den int64) (metering.Energy, bool) {
	two := big.NewInt(2)
	d := big.NewInt(den)
	v := new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(num))
	v.Mul(v, two).Add(v, new(big.Int).Mul(d, big.NewInt(int64(sign(e))))).Quo(v, d.Mul(d, two))
	return metering.Energy(v.Int64()), v.IsInt64()
}

func sign(e metering.Energy) int {
	if e < 0 {
		return -1
	}
	return 1
}

// places are the first few of many moments, for a message.
type places struct {
	n     int
	first []string
}

func (p *places) add(t time.Time) {
	if p.n++; len(p.first) < 5 {
		p.first = append(p.first, stamp(t))
	}
}

func (p places) String() string {
	text := strings.Join(p.first, ", ")
	if more := p.n - len(p.first); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
