package rules_test

import (
	"strconv"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/vee/rules"
)

// put lays intervals down one after the other from a moment on, repeated up to an
// end if there is one.
func (s *story) put(target string, from, to time.Time, values []string) {
	var each []string
	for _, v := range values {
		v, times, ok := strings.Cut(v, "x")
		n := 1
		if ok {
			n = int(s.number(times))
		}
		for range n {
			each = append(each, v)
		}
	}
	n := len(each)
	if !to.IsZero() {
		n = int(to.Sub(from) / metering.BasePeriod)
	}
	for i := range n {
		s.lay(target, from.Add(time.Duration(i)*metering.BasePeriod), each[i%len(each)])
	}
}

func (s *story) lay(target string, start time.Time, value string) {
	if value == "-" {
		return
	}
	iv := metering.Interval{Point: "p", Channel: s.c.Channel, Start: start, Grade: metering.Actual, Method: metering.MethodRegister}
	value, imported := strings.CutSuffix(value, "@imported")
	if imported {
		iv.Method = metering.MethodImported
	}
	value, manual := strings.CutSuffix(value, "!manual")
	if manual {
		iv.Method, iv.Flags, iv.Reason = metering.MethodAgreed, metering.FlagManual, "act 1"
	}
	value, out := strings.CutSuffix(value, "!outage")
	if out {
		iv.Flags, iv.Reason = metering.FlagOutage, "the point was without voltage"
	}
	if strings.ContainsAny(value[:1], "AFSEN") {
		iv.Grade, value = metering.Grade(value[0]), value[1:]
	}
	switch {
	case iv.Grade == metering.Null:
		iv.Method, iv.Reason = metering.MethodNone, "not known"
	case (iv.Grade == metering.Substitute || iv.Grade == metering.Estimated) && !manual && !imported:
		iv.Method = metering.MethodLikeDay
	}
	if value != "" {
		iv.Energy = metering.Energy(s.number(value))
	}
	s.into(target, iv)
}

func (s *story) into(target string, iv metering.Interval) {
	lists := map[string]*[]metering.Interval{
		"derived": &s.c.Derivation.Intervals, "measured": &s.c.Measured, "current": &s.c.Current,
		"before": &s.c.Before, "after": &s.c.After, "check": &s.c.Check,
	}
	flow := rules.Flow{Start: iv.Start, Energy: iv.Energy, Uncertainty: 10}
	switch target {
	case "nodal":
		s.c.Nodal = append(s.c.Nodal, flow)
	case "other":
		s.c.Other = append(s.c.Other, flow)
	default:
		list, ok := lists[target]
		if !ok {
			list = s.sibling(target)
		}
		*list = append(*list, iv)
	}
}

func (s *story) sibling(name string) *[]metering.Interval {
	ch, ok := metering.ChannelNamed(name)
	if !ok {
		s.fail("no target %q", name)
	}
	for i := range s.c.Siblings {
		if s.c.Siblings[i].Channel == ch {
			return &s.c.Siblings[i].Intervals
		}
	}
	s.c.Siblings = append(s.c.Siblings, rules.Sibling{Channel: ch})
	return &s.c.Siblings[len(s.c.Siblings)-1].Intervals
}

func (s *story) witness(start time.Time) *metering.Witness {
	for i := range s.c.Witnesses {
		if s.c.Witnesses[i].Start.Equal(start) {
			return &s.c.Witnesses[i]
		}
	}
	s.c.Witnesses = append(s.c.Witnesses, metering.Witness{Meter: "m", Start: start})
	return &s.c.Witnesses[len(s.c.Witnesses)-1]
}

func (s *story) samples(from, to time.Time, p metering.Power, every string) {
	step, err := time.ParseDuration(every)
	if err != nil {
		s.fail("every=%s: %v", every, err)
	}
	for t := from; t.Before(to); t = t.Add(step) {
		w := s.witness(metering.PeriodStart(t))
		w.Powers = append(w.Powers, metering.PowerSample{At: t, Power: p})
	}
}

func (s *story) sign(from, to time.Time, name string, v float64) {
	signs := map[string]metering.Sign{
		"phase-sum": metering.SignPhaseSum, "triangle": metering.SignTriangle, "low-phase": metering.SignLowPhase,
		"unbalance": metering.SignUnbalance, "no-voltage": metering.SignNoVoltage,
		"meter-clock": metering.SignMeterClock, "clock-step": metering.SignClockStep,
	}
	sign, ok := signs[name]
	if !ok {
		s.fail("no sign %q", name)
	}
	for t := from; t.Before(to); t = t.Add(metering.BasePeriod) {
		s.witness(t).Signs[sign] = int32(v)
	}
}

func (s *story) period(args []string) metering.Period {
	var p metering.Period
	if len(args) > 0 {
		p.From = s.at(args[0])
	}
	if len(args) > 1 {
		p.To = s.at(args[1])
	}
	return p
}

// at is a local moment.
func (s *story) at(text string) time.Time {
	if len(text) <= len("10:05:00") {
		text = s.c.From.In(s.zone()).Format(time.DateOnly) + "T" + text
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, s.zone()); err == nil {
			return t.UTC()
		}
	}
	s.fail("no time %q", text)
	return time.Time{}
}

func (s *story) power(text string) metering.Power {
	p, err := metering.ParsePower(text)
	if err != nil {
		s.fail("%v", err)
	}
	return p
}

func (s *story) number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		s.fail("%v", err)
	}
	return v
}

func (s *story) energy(args []string, key string) metering.Energy {
	text := word(args, key)
	if text == "" {
		return 0
	}
	return metering.Energy(s.number(text))
}

// word is the value of key=value among words.
func word(args []string, key string) string {
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, key+"="); ok {
			return v
		}
	}
	return ""
}
