package rules_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// story tells one file: the case as it has been said so far.
type story struct {
	t    *testing.T
	c    rules.Case
	said strings.Builder
}

func (s *story) zone() *time.Location {
	if s.c.Location == nil {
		return time.UTC
	}
	return s.c.Location
}

func (s *story) fail(format string, args ...any) { s.t.Helper(); s.t.Fatalf(format, args...) }

func (s *story) do(line string) {
	s.t.Helper()
	words := strings.Fields(line)
	args := words[1:]
	switch words[0] {
	case "case":
		s.begin(args)
	case "point":
		s.point(args)
	case "declare":
		s.c.Declared = append(s.c.Declared, rules.Declared{Period: s.period(args[1:]), Power: s.power(args[0])})
	case "set":
		s.set(args)
	case "calendar":
		s.c.Calendar = metering.Calendar{Holidays: strings.Split(word(args, "holidays"), ","), Workdays: strings.Split(word(args, "workdays"), ",")}
	case "put":
		s.put(args[0], s.at(args[1]), time.Time{}, args[2:])
	case "fill":
		s.put(args[0], s.at(args[1]), s.at(args[2]), args[3:])
	case "gap":
		s.gap(args)
	case "partial":
		measured, err := time.ParseDuration(word(args, "measured"))
		if err != nil {
			s.fail("%s: %v", line, err)
		}
		s.c.Derivation.Partials = append(s.c.Derivation.Partials, vee.Partial{Start: s.at(args[0]), Known: s.energy(args, "known"), Measured: measured})
	case "event":
		s.c.Derivation.Events = append(s.c.Derivation.Events, vee.Event{Kind: vee.EventKind(args[0]), From: s.at(args[1]), To: s.at(args[2]), Text: strings.Join(args[3:], " ")})
	case "total":
		s.c.Totals = append(s.c.Totals, rules.Total{
			From: s.at(args[0]), To: s.at(args[1]), Energy: s.energy(args, "energy"), Quantum: s.energy(args, "quantum"),
			Source: word(args, "source"), Binding: slices.Contains(args, "binding"),
		})
	case "power":
		s.samples(s.at(args[0]), s.at(args[1]), s.power(args[2]), word(args, "every"))
	case "sign":
		s.sign(s.at(args[0]), s.at(args[1]), args[2], s.number(args[3]))
	case "disconnected":
		s.c.Point.Disconnected = append(s.c.Point.Disconnected, s.period(args))
	case "idle":
		s.c.Idle = append(s.c.Idle, s.period(args))
	case "faulty":
		s.c.Faulty = append(s.c.Faulty, s.period(args))
	case "verified":
		s.c.Verified = append(s.c.Verified, rules.Verified{Part: args[0], To: s.at(args[1])})
	case "identity":
		s.c.Identity = append(s.c.Identity, rules.Mismatch{From: s.at(args[0]), To: s.at(args[1]), Meter: metering.MeterID(args[2]), What: args[3], Expected: args[4], Found: args[5]})
	case "previous":
		s.c.Previous = &rules.Use{Energy: s.energy(args, "energy"), Days: int(s.energy(args, "days"))}
	case "next":
		s.c.Next = &rules.Use{Energy: s.energy(args, "energy"), Days: int(s.energy(args, "days"))}
	case "usage":
		if s.c.Usage == nil {
			s.c.Usage = &rules.Usage{Kinds: map[metering.DayKind]rules.KindUsage{}}
		}
		s.c.Usage.Kinds[metering.DayKind(args[0])] = rules.KindUsage{Days: int(s.energy(args, "days")), Energy: s.energy(args, "energy"), Peaks: s.energy(args, "peaks")}
	case "peak":
		s.c.Peaks = append(s.c.Peaks, rules.Peak{From: s.at(args[0]), To: s.at(args[1]), Power: s.power(args[2])})
	case "estimated-since":
		s.c.EstimatedSince = s.at(args[0])
	case "assess":
		s.assess(args)
	case "apportion":
		s.apportion(args)
	case "accuracy":
		ratio := metering.Ratio{Primary: 100, Secondary: 1}
		percent := rules.ChainAccuracy(metering.Meter{AccuracyClass: args[0]}, metering.Install{CT: ratio, VT: ratio, CTClass: args[1], VTClass: args[2]})
		fmt.Fprintf(&s.said, "%.3f %%\n", percent)
	default:
		s.fail("unknown command %q", line)
	}
}

func (s *story) begin(args []string) {
	s.c = rules.Case{Point: metering.Point{ID: "p"}, Channel: metering.ChannelActiveImport}
	if name := word(args, "zone"); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			s.fail("%v", err)
		}
		s.c.Location = zone
	}
	if name := word(args, "channel"); name != "" {
		ch, ok := metering.ChannelNamed(name)
		if !ok {
			s.fail("no channel %q", name)
		}
		s.c.Channel = ch
	}
	s.c.From, s.c.To = s.at(word(args, "from")), s.at(word(args, "to"))
}

func (s *story) point(args []string) {
	s.c.Point.Class = word(args, "class")
	if p := word(args, "declared"); p != "" {
		s.c.Declared = []rules.Declared{{Power: s.power(p)}}
	}
	if p := word(args, "max"); p != "" {
		s.c.MaxPower = s.power(p)
	}
	s.c.Quantum = s.energy(args, "quantum")
	if v := word(args, "accuracy"); v != "" {
		s.c.Accuracy = s.number(v)
	}
	if v := word(args, "check"); v != "" {
		s.c.CheckAccuracy = s.number(v)
	}
}

func (s *story) set(args []string) {
	r := metering.RuleSet{Name: args[0], Class: word(args, "class"), Values: map[string]float64{}}
	if v := word(args, "from"); v != "" {
		r.From = s.at(v)
	}
	if v := word(args, "to"); v != "" {
		r.To = s.at(v)
	}
	if v := word(args, "off"); v != "" {
		r.Off = strings.Split(v, ",")
	}
	for _, p := range rules.Parameters() {
		if v := word(args, p.Name); v != "" {
			r.Values[p.Name] = s.number(v)
		}
	}
	s.c.Rules = append(s.c.Rules, r)
}

func (s *story) gap(args []string) {
	g := vee.Gap{From: s.at(args[0]), To: s.at(args[1]), Flags: metering.FlagGap, Uncertainty: s.energy(args, "u"), Least: s.energy(args, "least"), Energy: s.energy(args, "energy")}
	g.Bounded = word(args, "energy") != ""
	s.c.Derivation.Gaps = append(s.c.Derivation.Gaps, g)
}

func (s *story) apportion(args []string) {
	var weights []metering.Interval
	now := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	for i, w := range args[2:] {
		weights = append(weights, metering.Interval{Start: now.Add(time.Duration(i) * metering.BasePeriod), Energy: metering.Energy(s.number(w)), Grade: metering.Actual})
	}
	act, err := rules.Amend(weights, rules.Change{
		ID: "1", Author: "a", Reason: "r", Point: "p", Channel: 1, Deed: rules.SetTotal, Total: metering.Energy(s.number(args[0])),
		From: now, To: now.Add(time.Duration(len(weights)) * metering.BasePeriod),
	})
	if err != nil {
		s.fail("%v", err)
	}
	var shares []string
	for _, c := range act.Changes {
		shares = append(shares, strconv.FormatInt(int64(c.After.Energy), 10))
	}
	fmt.Fprintln(&s.said, strings.Join(shares, ", "))
}
