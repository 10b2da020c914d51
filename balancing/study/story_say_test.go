package study_test

import (
	"fmt"
	"strings"

	"asue/balancing/study"
	"asue/metering"
)

// What a story says, in the words and digits of a dispatcher.

func (s *story) state(n metering.NetworkState) {
	s.say("%s: load %.1f MW, losses %.3f MW (iron %.3f), unserved %.1f MW", n.Supposed, n.LoadMW, n.LossMW, n.NoLoadMW, n.UnservedMW)
	for _, src := range n.Sources {
		if src.Feeding {
			s.say("  source %s gives %.1f%+.1fj, metered %.2f MW", src.Source, src.MW, src.Mvar, src.MeteredMW)
		}
	}
	for _, l := range n.Lines {
		if l.Live {
			s.say("  line %s %.0f A of %.0f (%.1f %%)", l.ID, l.Amperes, l.RatingA, l.LoadingPct)
		}
	}
	for _, t := range n.Transformers {
		if t.Live {
			s.say("  transformer %s %.1f %% of %.0f, tap %+d", t.Node, t.LoadingPct, t.PermitPct, t.Position)
		}
	}
	for _, b := range n.Buses {
		if b.Live {
			s.say("  %-8s %7.2f kV  island %d", b.Node, b.KV, b.Island)
		} else {
			s.say("  %-8s dark", b.Node)
		}
	}
	for _, v := range n.Violations {
		s.say("  %s", violation(v))
	}
	for _, a := range n.Assumed {
		if a.Field == "angle" || a.Field == "available" || a.Field == "recovery" || a.Field == "tap" && strings.Contains(a.Value, "hunts") {
			s.say("  assumed: %s %s: %s", a.Element, a.Field, a.Value)
		}
	}
	if n.Problem != "" {
		s.say("  problem: %s", n.Problem)
	}
}

func violation(v metering.Violation) string {
	return fmt.Sprintf("%s %s: %.4g of %.4g %s", v.Kind, v.Element, v.Value, v.Limit, v.Unit)
}

func (s *story) contingency(c study.Contingency) {
	stage := func(name string, st study.Stage) {
		text := fmt.Sprintf("%-7s %s", name, st.Ending)
		if rest := brief(st.State); rest != "" {
			text += ": " + rest
		}
		s.say("%s", text)
		if d := st.Diverged; d != nil {
			s.say("        island %d, worst bus %s, %d iterations, carried %.0f %%", d.Island, d.WorstBus, d.Iterations, d.CarriedPct)
		}
	}
	stage("before", c.Before)
	s.moves(c.Timeline)
	stage("after", c.After)
	stage("later", c.Later)
	s.dark(c.Dark)
}

func (s *story) moves(list []metering.Move) {
	for _, m := range list {
		verb := "opens"
		if m.Close {
			verb = "closes"
		}
		s.say("%6.1f s %s %s (%s)", m.AfterS, m.Switch, verb, m.Why)
	}
}

func (s *story) dark(list []metering.Dark) {
	for _, d := range list {
		name := string(d.Resident)
		if name == "" {
			name = "nobody's"
		}
		s.say("dark: category %d %s %.2f MW", d.Category, name, d.MW)
	}
}

// brief is what matters of a state in one line: its worst loadings and what is wrong.
func brief(n metering.NetworkState) string {
	var parts []string
	line, tr := 0.0, 0.0
	for _, l := range n.Lines {
		line = max(line, l.LoadingPct)
	}
	for _, t := range n.Transformers {
		tr = max(tr, t.LoadingPct)
	}
	if n.LoadMW > 0 {
		parts = append(parts, fmt.Sprintf("line %.1f %%, T %.1f %%", line, tr))
	}
	if n.UnservedMW > 0 {
		parts = append(parts, fmt.Sprintf("unserved %.1f MW", n.UnservedMW))
	}
	for _, v := range n.Violations {
		parts = append(parts, violation(v))
	}
	return strings.Join(parts, "; ")
}

func (s *story) readiness(r metering.Readiness) {
	or := func(text, without string) string {
		if text == "" {
			return without
		}
		return text
	}
	s.say("%s: lost %s at %.2f MW; %s → %s → %s; backup %s", r.Light, or(r.Lost, "nothing"), r.LoadMW, r.Before, r.After, r.Later, or(strings.Join(r.Backup, ", "), "none"))
	s.say("limit %.1f MW (%s, then %s), to be taken off %.1f MW", r.LimitMW, r.Binds, or(r.Next, "nothing"), r.ShedMW)
	s.say("armour %.1f MW technological, %.1f MW emergency; overload stood %.0f min", r.TechnologicalMW, r.EmergencyMW, r.Minutes)
	s.moves(r.Timeline)
	s.dark(r.Dark)
}
