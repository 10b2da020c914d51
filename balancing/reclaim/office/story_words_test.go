package office_test

import (
	"strconv"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// action is what a line means: whatever it does not say is said properly.
func (s *story) action(verb string, plain []string, said map[string]string) office.Action {
	s.t.Helper()
	a := office.Action{Document: "paper-" + strconv.Itoa(len(s.deeds)+1), Basis: "contract 5.4", Why: said["why"]}
	if v, ok := said["document"]; ok {
		a.Document = v
	}
	if v, ok := said["basis"]; ok {
		a.Basis = v
	}
	if v, ok := said["from"]; ok {
		a.From = s.moment(v)
	}
	if v, ok := said["until"]; ok {
		a.Until = s.moment(v)
	}
	switch verb {
	case "open": // resident@node, volume, class
		a.Kind = office.OpenCase
		resident, node, _ := strings.Cut(plain[0], "@")
		nodes := []metering.NodeID{metering.NodeID(node)}
		if v, ok := said["nodes"]; ok {
			nodes = nil
			for n := range strings.SplitSeq(v, "+") {
				nodes = append(nodes, metering.NodeID(n))
			}
		}
		class := reclaim.Underused
		if v, ok := said["class"]; ok {
			class = reclaim.Class(v)
		}
		to := time.Date(s.now.In(aqtobe).Year(), s.now.In(aqtobe).Month(), 1, 0, 0, 0, 0, aqtobe)
		if v, ok := said["to"]; ok {
			to = s.moment(v)
		}
		a.Evidence = evidence(s.o, metering.ResidentID(resident), metering.NodeID(node), nodes, class, s.kW(said["volume"]), to)
	case "step":
		a.Kind, a.Case = office.StepCase, plain[0]
		a.Event = s.event(plain[0], reclaim.Kind(plain[1]), said)
	case "apply": // name@node
		a.Kind = office.Apply
		name, node, _ := strings.Cut(plain[0], "@")
		a.Newcomer = &office.Application{Name: name, Node: metering.NodeID(node), Power: s.kW(said["kW"]), Resident: metering.ResidentID(said["resident"]),
			Jobs: s.number(said["jobs"]), Investment: s.number(said["invests"]), Ready: s.number(said["ready"]), Profile: "flat"}
		if v, ok := said["non-firm"]; ok {
			a.Newcomer.NonFirm = s.kW(v)
		}
		if v, ok := said["flexible"]; ok {
			a.Newcomer.Flexible = float64(s.number(v)) / 100
		}
	case "refuse", "reserve", "give-back", "allot":
		a.Kind = map[string]office.Kind{"refuse": office.Refuse, "reserve": office.Reserve, "give-back": office.GiveBack, "allot": office.Allot}[verb]
		a.Application = plain[0]
		a.Resident = metering.ResidentID(said["to"])
		if v, ok := said["kW"]; ok {
			a.Terms = &register.Terms{Firm: s.kW(v)}
		}
	case "post": // KIND:node → KIND:node
		a.Kind = office.ChangeBooks
		a.Entries = []pool.Entry{{From: s.account(plain[0]), To: s.account(plain[1]), Power: s.kW(said["kW"])}}
	case "ceiling":
		a.Kind, a.Node = office.SetCeiling, metering.NodeID(plain[0])
		a.Ceiling = &pool.Ceiling{Limit: metering.Unlimited()}
		if v, ok := said["kW"]; ok {
			a.Ceiling.Limit = metering.LimitOf(s.kW(v))
		}
	case "issue", "change", "withdraw": // condition of resident at node
		a.Kind = office.ChangeTerms
		act := register.Act{Kind: register.Kind(verb), Condition: plain[0], Resident: metering.ResidentID(said["of"])}
		if verb != "withdraw" {
			act.Terms = &register.Terms{Node: metering.NodeID(said["at"]), Firm: s.kW(said["kW"])}
			if v, ok := said["non-firm"]; ok {
				act.Terms.NonFirm = s.kW(v)
			}
			act.Terms.Until, a.Until = a.Until, time.Time{}
		}
		a.Acts = []register.Act{act}
	case "armour":
		a.Kind = office.ChangeTerms
		a.Acts = []register.Act{{Kind: register.Armour, Resident: metering.ResidentID(said["of"]), Protected: &register.Protected{Emergency: s.kW(said["kW"])}}}
	default:
		a.Kind = office.Kind(verb)
	}
	return a
}

func (s *story) event(id string, kind reclaim.Kind, said map[string]string) *reclaim.Event {
	s.t.Helper()
	f, _ := s.o.Case(id, s.now)
	e := &reclaim.Event{Kind: kind, Remains: f.Case.Allowed - f.Case.Volume, Months: 3, Measures: []reclaim.Measure{reclaim.ReservationFee},
		Plan: &reclaim.Plan{Term: reclaim.Term{Days: 90}, Milestones: []reclaim.Milestone{{What: "order", Days: 30}, {What: "start", Days: 90}}}}
	for name, value := range said {
		switch name {
		case "volume":
			e.Volume = s.kW(value)
		case "remains":
			e.Remains = s.kW(value)
		case "milestone":
			e.Milestone = s.number(value)
		case "cause":
			e.Cause = reclaim.Cause(value)
		case "outcome":
			e.Outcome = reclaim.Outcome(value)
		case "measures":
			e.Measures = []reclaim.Measure{reclaim.Measure(value)}
		}
	}
	return e
}

func (s *story) account(text string) pool.Account {
	kind, node, _ := strings.Cut(text, ":")
	a := pool.Account{Kind: pool.Kind(kind), Node: metering.NodeID(node)}
	if resident, node, ok := strings.Cut(node, "@"); ok {
		a.Owner, a.Node = resident, metering.NodeID(node)
	}
	return a
}

// moment is a local time, "2026-07-01T12:00", or a day's midnight.
func (s *story) moment(text string) time.Time {
	s.t.Helper()
	layout := time.DateOnly
	if strings.Contains(text, "T") {
		layout = "2006-01-02T15:04"
	}
	t, err := time.ParseInLocation(layout, text, aqtobe)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

func (s *story) kW(text string) metering.Power { return metering.Power(s.number(text)) * kW }

// number is a whole number, 0 if nothing is said.
func (s *story) number(text string) int {
	s.t.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
