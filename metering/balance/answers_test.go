package balance_test

import (
	"strings"

	"asue/metering"
	"asue/metering/balance"
)

func (s *story) ask(w []string) {
	m, e := s.model()
	if m == nil {
		return
	}
	switch w[0] {
	case "subjects":
		for _, sub := range m.Subjects() {
			s.say("%s: in %s; out %s; own needs %s; losses %s%s", sub.ID, joined(sub.In), joined(sub.Out), joined(sub.OwnNeeds), joined(sub.Losses), dark(sub))
		}
	case "compute":
		s.compute(e)
	case "dependents":
		var ids []metering.PointID
		for _, id := range w[1:] {
			ids = append(ids, metering.PointID(id))
		}
		s.say("order %s; dirty %s", joined(m.Virtual()), joined(m.Dependents(ids...)))
	case "shares":
		s.shares(e, metering.NodeID(w[1]))
	case "losses":
		cells, err := e.Losses(metering.NodeID(w[1]))
		s.check(err)
		for i, c := range cells {
			s.say("%s %v ± %v %v", s.clock(i), c.Energy, c.Uncertainty, c.Grade)
		}
	default:
		sub, ok := m.Subject(metering.NodeID(w[1]))
		if !ok {
			s.t.Fatalf("no balance %s", w[1])
		}
		s.balance(w[0], e.Run(sub))
	}
}

func joined[T ~string](list []T) string {
	if len(list) == 0 {
		return "-"
	}
	var words []string
	for _, v := range list {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}

func dark(sub balance.Subject) string {
	if len(sub.Dark) == 0 {
		return ""
	}
	return "; dark " + joined(sub.Dark)
}

func (s *story) clock(slot int) string {
	return s.start.Add(metering.BasePeriod * timeOf(slot)).Format("15:04")
}

func (s *story) balance(what string, r *balance.Run) {
	switch what {
	case "balance":
		s.total(r.Total(s.start, s.start.Add(metering.BasePeriod*timeOf(s.slots))))
	case "slots":
		for i, c := range r.Slots() {
			if !c.Complete {
				s.say("%s incomplete", s.clock(i))
				continue
			}
			s.say("%s in %.1f kWh, imbalance %+.3f kWh = %+.3f %%, permitted %.3f %%, bound %.3f kWh%s",
				s.clock(i), c.In/1000, c.Imbalance/1000, c.Actual, c.Permitted, c.Bound/1000, beyond(c.Beyond))
		}
	case "findings":
		for _, f := range r.Findings() {
			s.say("%s %v %s..%s: %s", f.Rule, f.Severity, f.From.Format("02T15:04"), f.To.Format("02T15:04"), f.Text)
		}
		if s.said.Len() == 0 {
			s.say("nothing")
		}
	case "culprits":
		for _, c := range r.Culprits(0, s.slots, 3) {
			s.say("%s %s %.2f: %s: %s", c.Point, c.Channel, c.Score, c.Evidence[0].Kind, c.Evidence[0].Text)
		}
	default:
		s.t.Fatalf("unknown question %q", what)
	}
}

func beyond(b bool) string {
	if b {
		return ", beyond"
	}
	return ""
}

func (s *story) total(t balance.Result) {
	s.say("in %v, out %v, own needs %v, losses %v", t.In, t.Out, t.OwnNeeds, t.Losses)
	s.say("imbalance %v = %+.3f %%, permitted %.3f %%, bound %v%s", t.Imbalance, t.ActualPercent, t.PermittedPercent, t.Bound, beyond(t.Beyond))
	if t.Reason != "" {
		s.say("not to be trusted: %s", t.Reason)
	}
	for _, m := range t.Missing {
		s.say("missing %s %s in %d intervals from %s", m.Point, m.Channel, m.Intervals, m.First.Format("15:04"))
	}
	for _, r := range t.Remarks {
		s.say("remark: %s", r)
	}
}

func (s *story) compute(e *balance.Evaluation) {
	list, err := e.Compute()
	s.check(err)
	for _, c := range list {
		s.say("%s %v %s %v ± %v (classes %v) %v %v %.0f %% measured %v %q", c.Point, c.Channel, c.Start.Format("15:04"),
			c.Energy, c.Uncertainty, c.ClassError, c.Grade, c.Method, 100*c.ActualShare, c.Flags.Names(), c.Reason)
	}
}

func (s *story) shares(e *balance.Evaluation, node metering.NodeID) {
	list, err := e.Shares(node)
	if err != nil {
		s.say("error: %v", err)
		return
	}
	for i, sh := range list {
		if sh.Grade == metering.Null {
			s.say("%s not known, because of %s", s.clock(i), sh.Missing)
			continue
		}
		var parts []string
		var sum metering.Energy
		for _, r := range sortedKeys(sh.Parts) {
			parts = append(parts, string(r)+" "+sh.Parts[r].String())
			sum += sh.Parts[r]
		}
		s.say("%s %v = %s; adds up to %v", s.clock(i), sh.Total, strings.Join(parts, " + "), sum)
	}
}
