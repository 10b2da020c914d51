package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/vee/rules"
)

// Whatever the shape: over every gap whose energy the registers know, the
// intervals add up to the truth, to the watt-hour, and each lies within its
// uncertainty of it and within what the point can carry.
func TestBoundedGapsAreExact(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTruth(rt)
		lo, hi := tr.slots()
		out := rules.Assess(tr.caseOf(lo, hi)).Intervals
		var sum, want metering.Energy
		clean := false // since the last interval that no gap touches, all were scaled
		for i, iv := range out {
			slot := lo + i
			_, touched := tr.partial(slot)
			truth := tr.sum(slot*perSlot, (slot+1)*perSlot)
			if iv.Grade == metering.Null || !tr.scaled(slot) {
				clean = false
				continue
			}
			if iv.Energy < 0 || iv.Energy > maxMinute*metering.Energy(perSlot) {
				rt.Fatalf("%+v is beyond what the point can carry", iv)
			}
			if diff := iv.Energy - truth; max(diff, -diff) > iv.Uncertainty {
				rt.Fatalf("%+v: the truth is %d", iv, truth)
			}
			// A run of gaps that began and ended inside has no energy error.
			if touched {
				sum, want = sum+iv.Energy, want+truth
				continue
			}
			if clean && sum != want {
				rt.Fatalf("before %v: %d, the truth is %d", iv.Start, sum, want)
			}
			sum, want, clean = 0, 0, true
		}
	})
}

// scaled reports whether all gaps of a slot have a known energy and begin in the
// range.
func (tr truth) scaled(slot int) bool {
	first, _ := tr.slots()
	for _, g := range tr.gaps {
		if g.lo < (slot+1)*perSlot && g.hi > slot*perSlot && (!g.bounded || g.lo < first*perSlot) {
			return false
		}
	}
	return true
}

// Two hours without readings, scaled to the register: no energy error, and every
// interval of them says what it is.
func TestTwoHourGapHasNoEnergyError(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTruth(rt)
		lo, hi := tr.slots()
		start := lo*perSlot + rapid.IntRange(0, 1000).Draw(rt, "start")
		tr.gaps = []hidden{{start, start + 120, true}}
		var got metering.Energy
		n := 0
		for i, iv := range rules.Assess(tr.caseOf(lo, hi)).Intervals {
			if _, touched := tr.partial(lo + i); touched {
				p, _ := tr.partial(lo + i)
				got += iv.Energy - p.Known
				n++
				if iv.Grade != metering.Substitute || iv.Method != metering.MethodScaled || iv.Flags&metering.FlagGap == 0 {
					rt.Fatalf("%+v", iv)
				}
			}
		}
		if want := tr.sum(start, start+120); got != want || n < 8 || n > 9 {
			rt.Fatalf("%d intervals hold %d, the register says %d", n, got, want)
		}
	})
}

// An interval that is not measured says how, why and with which flags; what could
// not be estimated too.
func TestEveryEstimateSaysWhatItIs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTruth(rt)
		c := tr.caseOf(tr.slots())
		spoil(rt, &c)
		result := rules.Assess(c)
		if len(result.Intervals) != caseDays*daySlots {
			rt.Fatalf("%d intervals", len(result.Intervals))
		}
		for i, iv := range result.Intervals {
			if !iv.Start.Equal(c.From.Add(time.Duration(i)*metering.BasePeriod)) || iv.Point != "p" || iv.Channel != c.Channel {
				rt.Fatalf("%+v", iv)
			}
			switch {
			case iv.Grade == metering.Actual && !iv.Method.Estimates():
			case iv.Grade == metering.Null && (iv.Method != metering.MethodNone || iv.Energy != 0 || iv.Reason == ""):
				rt.Fatalf("%+v", iv)
			case iv.Grade != metering.Null && (!iv.Method.Estimates() || iv.Flags == 0 || iv.Reason == "" || iv.Energy < 0):
				rt.Fatalf("%+v", iv)
			}
		}
		for _, f := range result.Findings {
			if f.Rule == "" || f.Severity == 0 || f.Text == "" || f.From.Before(c.From) || f.To.After(c.To) || !f.To.After(f.From) {
				rt.Fatalf("%+v", f)
			}
		}
	})
}

// spoil makes a case worse: intervals that are missing, beyond the limit, frozen,
// in outages, set by a person, estimated earlier.
func spoil(rt *rapid.T, c *rules.Case) {
	list := c.Derivation.Intervals
	for range rapid.IntRange(0, 20).Draw(rt, "spoilt") {
		i := rapid.IntRange(0, len(list)-1).Draw(rt, "which")
		iv := &list[i]
		switch rapid.IntRange(0, 5).Draw(rt, "how") {
		case 0:
			if iv.Grade == metering.Actual {
				iv.Energy = maxMinute * 60
			}
		case 1:
			if iv.Grade == metering.Actual {
				iv.Energy = -50
			}
		case 2:
			w := metering.Witness{Meter: "m", Start: iv.Start}
			w.Signs[metering.SignNoVoltage] = 1
			c.Witnesses = []metering.Witness{w}
		case 3:
			act := *iv
			act.Energy, act.Grade, act.Method, act.Flags, act.Reason = 77, metering.Substitute, metering.MethodAgreed, metering.FlagManual, "act"
			c.Current = []metering.Interval{act}
		case 4:
			c.Point.Disconnected = []metering.Period{{From: iv.Start, To: iv.Start.Add(3 * metering.BasePeriod)}}
		case 5:
			c.Identity = []rules.Mismatch{{From: iv.Start, To: iv.End(), Meter: "m", What: "serial", Expected: "1", Found: "2"}}
		}
	}
	if rapid.Bool().Draw(rt, "some left out") {
		n := rapid.IntRange(1, len(list)).Draw(rt, "from")
		c.Derivation.Intervals = append(list[:n-1:n-1], list[min(n+5, len(list)):]...)
	}
}

// The outcome put in as what stands gives the outcome.
func TestAssessingAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTruth(rt)
		c := tr.caseOf(tr.slots())
		spoil(rt, &c)
		first := rules.Assess(c)
		c.Current = first.Intervals
		if diff := cmp.Diff(first, rules.Assess(c)); diff != "" {
			rt.Fatalf("-first +again:\n%s", diff)
		}
	})
}

// The days of a range may be assessed in one case or each in its own, in any
// order: what one case writes is what the next one finds around it.
func TestOrderOfCasesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTruth(rt)
		lo, hi := tr.slots()
		whole := rules.Assess(tr.caseOf(lo, hi)).Intervals
		first, second := tr.caseOf(lo, lo+daySlots), tr.caseOf(lo+daySlots, hi)
		var a, b []metering.Interval
		if rapid.Bool().Draw(rt, "forward") {
			a = rules.Assess(first).Intervals
			copy(second.Before[len(second.Before)-daySlots:], a)
			b = rules.Assess(second).Intervals
		} else {
			b = rules.Assess(second).Intervals
			copy(first.After, b)
			a = rules.Assess(first).Intervals
		}
		if diff := cmp.Diff(whole, append(a, b...)); diff != "" {
			rt.Fatalf("-at once +a day at a time:\n%s", diff)
		}
	})
}

// What was estimated earlier shapes nothing: its energy may be anything.
func TestEstimatesAreNoHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTruth(rt)
		lo, hi := tr.slots()
		c, d := tr.caseOf(lo, hi), tr.caseOf(lo, hi)
		for i := range c.Before {
			if i%7 != 0 && c.Before[i].Grade == metering.Actual {
				continue
			}
			for _, iv := range []*metering.Interval{&c.Before[i], &d.Before[i]} {
				iv.Grade, iv.Method, iv.Flags = metering.Estimated, metering.MethodLikeDay, metering.FlagGap
				iv.Energy = metering.Energy(rapid.IntRange(0, 1000).Draw(rt, "estimate"))
			}
		}
		got, want := rules.Assess(c).Intervals, rules.Assess(d).Intervals
		if diff := cmp.Diff(got, want); diff != "" {
			rt.Fatalf("other estimates before give other estimates now:\n%s", diff)
		}
	})
}
