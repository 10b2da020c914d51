package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee/rules"
)

var ten = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// standing are four intervals from ten o'clock: measured, substituted, estimated
// and not known.
func standing() []metering.Interval {
	list := []metering.Interval{
		{Energy: 100, Uncertainty: 3, Grade: metering.Actual, Method: metering.MethodRegister},
		{Energy: 200, Uncertainty: 9, Grade: metering.Substitute, Method: metering.MethodScaled, Flags: metering.FlagGap, Reason: "gap"},
		{Energy: 300, Grade: metering.Estimated, Method: metering.MethodLikeDay, Reason: "like days"},
		{Grade: metering.Null, Reason: "unknown"},
	}
	for i := range list {
		list[i].Point, list[i].Channel, list[i].Version = "p", metering.ChannelActiveImport, i+1
		list[i].Start = ten.Add(time.Duration(i) * metering.BasePeriod)
	}
	return list
}

func change(deed rules.Deed, from, to int) rules.Change {
	return rules.Change{
		ID: "7", Author: "Aigerim", Reason: "meter was opened", Document: "act 12 of 05.03.2026",
		Point: "p", Channel: metering.ChannelActiveImport, Deed: deed,
		From: ten.Add(time.Duration(from) * metering.BasePeriod), To: ten.Add(time.Duration(to) * metering.BasePeriod),
	}
}

func TestAmend(t *testing.T) {
	cases := []struct {
		name   string
		change rules.Change
		with   func(c *rules.Change)
		want   string // version and energy before > grade, energy, method after
	}{
		{"values", change(rules.SetValues, 0, 3), func(c *rules.Change) { c.Values = []metering.Energy{1, 2, 3} },
			"1 100>S 1 agreed, 2 200>S 2 agreed, 3 300>S 3 agreed"},
		{"nothing stood there", change(rules.SetValues, 4, 5), func(c *rules.Change) { c.Values = []metering.Energy{5} }, "0 0>S 5 agreed"},
		{"total by what stands there", change(rules.SetTotal, 0, 3), func(c *rules.Change) { c.Total = 1201 },
			"1 100>S 200 agreed, 2 200>S 400 agreed, 3 300>S 601 agreed"},
		{"total flat, as one is not known", change(rules.SetTotal, 2, 5), func(c *rules.Change) { c.Total = 10 },
			"3 300>S 4 agreed, 4 0>S 3 agreed, 0 0>S 3 agreed"},
		{"scale", change(rules.Scale, 0, 2), func(c *rules.Change) { c.Factor = metering.Fraction{Num: 3, Den: 2} },
			"1 100>S 150 agreed, 2 200>S 300 agreed"},
		{"scale rounds", change(rules.Scale, 0, 1), func(c *rules.Change) { c.Factor = metering.Fraction{Num: 1, Den: 3} }, "1 100>S 33 agreed"},
		{"zero", change(rules.Zero, 3, 4), func(*rules.Change) {}, "4 0>S 0 zero"},
		{"copy", change(rules.CopyCheck, 0, 1), func(c *rules.Change) { c.Check = []metering.Interval{{Start: ten, Energy: 98, Grade: metering.Actual}} },
			"1 100>S 98 check_meter"},
		{"finalise", change(rules.Finalise, 1, 3), func(*rules.Change) {}, "2 200>F 200 scaled, 3 300>F 300 like_day"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.with(&c.change)
			act, err := rules.Amend(standing(), c.change)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, ch := range act.Changes {
				texts = append(texts, fmt.Sprintf("%d %d>%v %d %v", ch.Before.Version, ch.Before.Energy, ch.After.Grade, ch.After.Energy, ch.After.Method))
				if ch.After.Authority() != metering.ByPerson || !strings.Contains(ch.After.Reason, "act 7 by Aigerim: meter was opened (act 12 of 05.03.2026)") {
					t.Errorf("%+v is not on a person's word", ch.After)
				}
				if !ch.Before.Start.Equal(ch.After.Start) || ch.After.Version != 0 {
					t.Errorf("%+v", ch)
				}
			}
			if got := strings.Join(texts, ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAmendTellsAllFaults(t *testing.T) {
	_, err := rules.Amend(nil, rules.Change{From: ten.Add(time.Minute), To: ten, Deed: "guess", Channel: 99})
	const want = `the act has no id
the act has no author
the act gives no reason
the act names no point
channel(99) is not a channel
2026-03-04T10:01:00Z – 2026-03-04T10:00:00Z are not whole quarters of an hour
the end 2026-03-04T10:00:00Z is not after the beginning 2026-03-04T10:01:00Z
unknown deed "guess": use set-values, set-total, scale, zero, copy-check or finalise`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestAmendRefuses(t *testing.T) {
	cases := []struct {
		change rules.Change
		with   func(c *rules.Change)
		want   string
	}{
		{change(rules.SetValues, 0, 3), func(c *rules.Change) { c.Values = []metering.Energy{1, -2} },
			"2 values are given for 3 intervals\nnegative values at: 2026-03-04T10:15:00Z"},
		{change(rules.SetTotal, 0, 3), func(c *rules.Change) { c.Total = -1 }, "a total of -1 Wh is negative"},
		{change(rules.Scale, 0, 3), func(*rules.Change) {}, "a factor of 0/0 is not positive"},
		{change(rules.Scale, 2, 5), func(c *rules.Change) { c.Factor = metering.Fraction{Num: 1, Den: 1} },
			"there is no energy to scale, or none that fits, at: 2026-03-04T10:45:00Z, 2026-03-04T11:00:00Z"},
		{change(rules.Scale, 0, 1), func(c *rules.Change) { c.Factor = metering.Fraction{Num: 1 << 62, Den: 1} },
			"there is no energy to scale, or none that fits, at: 2026-03-04T10:00:00Z"},
		{change(rules.CopyCheck, 0, 8), func(*rules.Change) {},
			"the check meter has no energy at: 2026-03-04T10:00:00Z, 2026-03-04T10:15:00Z, 2026-03-04T10:30:00Z, 2026-03-04T10:45:00Z, 2026-03-04T11:00:00Z and 3 more"},
		{change(rules.Finalise, 0, 2), func(*rules.Change) {}, "there is no substitute or estimate to make final at: 2026-03-04T10:00:00Z"},
		{change(rules.Zero, 0, 366*96+1), func(*rules.Change) {}, "35137 intervals are too many for one act: at most 35136"},
	}
	for _, c := range cases {
		c.with(&c.change)
		if _, err := rules.Amend(standing(), c.change); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v\nwant %s", c.change.Deed, err, c.want)
		}
	}
}
