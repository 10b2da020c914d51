package rules

import (
	"strings"
	"time"

	"asue/metering"
)

// standing is on whose word a slot's energy stands while a case is assessed.
type standing uint8

const (
	measured   standing = iota // the registers', or a file's
	missing                    // there is no interval, or one without energy
	doubted                    // a rule has taken the energy out
	terminated                 // nothing can be said: neither judged nor estimated
	estimated                  // filled by estimation
	personal                   // a person's: left alone
)

// look is a case being assessed: the intervals as they stand so far, one for each
// slot, and what was found.
type look struct {
	c     *Case
	iv    []metering.Interval
	on    []standing
	sets  []set
	days  []day
	found []metering.Finding
	// the rule at work and what it works by
	rule *entry
	set  *set

	heard         heard
	before, after series
	siblings      []series
	check         series
	totals        []scaledTotal
	ratios        map[int]ratio // of main and check meter, by the first slot of a local day
}

// day is a local day that touches the range: slots [lo, hi), which may lie outside
// of it.
type day struct {
	start, end time.Time
	lo, hi     int
	kind       metering.DayKind // once it was asked for
}

func lookAt(c *Case) *look {
	n := c.slots()
	l := &look{
		c: c, iv: make([]metering.Interval, n), on: make([]standing, n), sets: setsOf(c, n),
		before: seriesOf(c.Before, c.From), after: seriesOf(c.After, c.From), check: seriesOf(c.Check, c.From),
	}
	for _, s := range c.Siblings {
		l.siblings = append(l.siblings, seriesOf(s.Intervals, c.From))
	}
	for t := c.From; t.Before(c.To); {
		start, end := metering.LocalDay(t, c.zone())
		l.days = append(l.days, day{start: start, end: end, lo: slotOf(c.From, start), hi: slotOf(c.From, end)})
		t = end
	}
	l.lay()
	l.hear()
	return l
}

// lay puts down what stands at each slot before any rule has spoken: a person's
// word, the registers', a file's.
func (l *look) lay() {
	derived, before, current := seriesOf(l.c.Derivation.Intervals, l.c.From), seriesOf(l.c.Measured, l.c.From), seriesOf(l.c.Current, l.c.From)
	for i := range l.iv {
		now, d := current.at(i), derived.at(i)
		if now != nil && now.Authority() == metering.ByPerson {
			l.iv[i], l.on[i] = *now, personal
			continue
		}
		if d != nil && d.Grade != metering.Null {
			l.iv[i] = *d
			continue
		}
		m := before.at(i)
		if m == nil && now != nil && now.Authority() == metering.ByRegisters {
			m = now
		}
		if m != nil && d != nil && (m.Method == metering.MethodRegister || m.Method == metering.MethodAnchored) {
			m = nil // the registers say something else by now
		}
		switch {
		case m != nil && m.Grade != metering.Null:
			l.iv[i] = bare(*m)
			continue
		case d != nil:
			l.iv[i] = *d
		default:
			l.iv[i] = metering.Interval{Point: l.c.Point.ID, Channel: l.c.Channel, Start: l.c.slot(i), Grade: metering.Null, Reason: "there is no interval"}
		}
		l.on[i] = missing
	}
}

// ours begins what rules add to a reason, so that it can be taken off again when
// the interval is judged anew.
const ours = metering.RulesRemark

// judged are the flags that rules alone set.
const judged = metering.FlagSpike | metering.FlagLimit | metering.FlagReactive | metering.FlagSumCheck |
	metering.FlagSibling | metering.FlagCheckDiff | metering.FlagUnverified | metering.FlagPeakConfirmed

// bare is an interval without what rules have remarked on it earlier.
func bare(iv metering.Interval) metering.Interval {
	if i := strings.Index(iv.Reason, ours); i >= 0 {
		iv.Reason = strings.TrimSuffix(iv.Reason[:i], "; ")
	}
	iv.Flags &^= judged
	return iv
}

// mark sets a flag and says why, unless a person has set the interval.
func (l *look) mark(i int, f metering.Flags, text string) {
	if l.on[i] == personal {
		return
	}
	iv := &l.iv[i]
	iv.Flags |= f
	switch {
	case strings.Contains(iv.Reason, ours):
		if !strings.Contains(iv.Reason, text) {
			iv.Reason += "; " + text
		}
	case iv.Reason == "":
		iv.Reason = ours + text
	default:
		iv.Reason += "; " + ours + text
	}
}

// doubt takes an interval's energy out, keeping it in the reason.
func (l *look) doubt(i int, f metering.Flags, text string) {
	if l.on[i] == personal || l.on[i] == terminated {
		return
	}
	l.mark(i, f, text)
	l.on[i] = doubted
}

// known reports whether a slot has an energy that rules may judge.
func (l *look) known(i int) bool {
	switch l.on[i] {
	case measured, estimated:
		return true
	case personal:
		return l.iv[i].Grade != metering.Null
	}
	return false
}

// stands is the interval at any slot with an energy that rules may judge, in the
// range or outside of it; nil if there is none.
func (l *look) stands(i int) *metering.Interval {
	var iv *metering.Interval
	switch {
	case i < 0:
		iv = l.before.at(i)
	case i < len(l.iv):
		if l.known(i) {
			return &l.iv[i]
		}
		return nil
	default:
		iv = l.after.at(i)
	}
	if iv == nil || iv.Grade == metering.Null {
		return nil
	}
	return iv
}

// history is the energy at any slot that may shape or estimate another: grade A
// or F, neither doubted nor in an outage.
func (l *look) history(i int) (metering.Energy, bool) {
	iv := l.stands(i)
	if iv == nil || iv.Flags&metering.FlagOutage != 0 || iv.Energy > plausible || iv.Energy < -plausible || (iv.Grade != metering.Actual && iv.Grade != metering.FinalGrade) {
		return 0, false
	}
	return iv.Energy, true
}
