package reclaim

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// act is what an event does.
type act struct {
	stages []Stage
	// waits: not while clocks stand still.
	waits bool
	// do changes the case, or says why not and what instead.
	do func(c *Case, e Event, t Terms) (why, remedy string)
}

// acts are all of them: which stage permits what is read here.
var acts = map[Kind]act{
	Open:       {[]Stage{NoCase}, true, take},
	ReopenCase: {[]Stage{Closed}, true, take},
	Notice:     {[]Stage{Found}, true, to(Noticed)},
	Explain:    {[]Stage{Noticed, Warned, Sanctioned}, false, func(c *Case, _ Event, _ Terms) (string, string) { c.Explained = true; return "", "" }},
	Warning:    {[]Stage{Noticed}, true, warn},
	Met:        {[]Stage{Warned}, false, mark(IsMet)},
	Missed:     {[]Stage{Warned}, true, mark(IsMissed)},
	Sanction:   {[]Stage{Warned}, true, sanction},
	Terminate:  {[]Stage{Sanctioned}, true, terminate},
	Offer:      {[]Stage{Found, Noticed, Warned, Sanctioned}, false, offer},
	InRegister: {[]Stage{Returning}, true, complete},
	InContract: {[]Stage{Returning}, true, complete},
	InLimit:    {[]Stage{Returning}, true, complete},
	Suspend:    {[]Stage{Found, Noticed, Warned, Sanctioned, Returning}, false, suspend},
	Resume:     {[]Stage{Found, Noticed, Warned, Sanctioned, Returning}, false, resume},
	Dispute:    {[]Stage{Noticed, Warned, Sanctioned, Returning}, false, dispute},
	Settle:     {[]Stage{Noticed, Warned, Sanctioned, Returning}, false, settle},
	Recovered:  {[]Stage{Found, Noticed, Warned, Sanctioned}, false, recovered},
	CloseCase:  {[]Stage{Found, Noticed, Warned, Sanctioned, Returning}, false, closeCase},
}

func (c *Case) enter(s Stage, at time.Time) { c.Stage, c.Since = s, at }

func to(s Stage) func(*Case, Event, Terms) (string, string) {
	return func(c *Case, e Event, _ Terms) (string, string) {
		c.enter(s, e.At)
		return "", ""
	}
}

// take takes a finding up, for the first time or anew.
func take(c *Case, e Event, _ Terms) (string, string) {
	switch {
	case e.Evidence == Hash{}:
		return "a case rests on the evidence of a finding", "give its hash"
	case e.Evidence == c.Evidence:
		return "it was closed on the same evidence", "find anew"
	case e.Volume <= 0 || e.Allowed <= 0 || e.Volume > e.Allowed:
		return fmt.Sprintf("a volume of %v of a ТУ of %v cannot be returned", e.Volume, e.Allowed), ""
	}
	*c = Case{Round: c.Round + 1, Last: e.At, Evidence: e.Evidence, Volume: e.Volume, Allowed: e.Allowed}
	c.enter(Found, e.At)
	return "", ""
}

// over says why a step has to wait for the end of the present term; empty if it need
// not.
func (c *Case) over(e Event, t Terms) string {
	end, ok := c.Deadline(t)
	if !ok || e.At.Before(end) {
		return fmt.Sprintf("the term lasts until %s", minute(end))
	}
	return ""
}

func warn(c *Case, e Event, t Terms) (string, string) {
	if why := c.over(e, t); why != "" {
		return why, "the resident may explain itself until then"
	}
	if why := e.Plan.fault(t); why != "" {
		return why, ""
	}
	c.Plan = &Plan{Term: e.Plan.Term, Milestones: slices.Clone(e.Plan.Milestones)}
	c.Progress = slices.Repeat([]Status{StillOpen}, len(e.Plan.Milestones))
	c.enter(Warned, e.At)
	return "", ""
}

// fault says what is wrong with a plan.
func (p *Plan) fault(t Terms) string {
	if p == nil || len(p.Milestones) == 0 {
		return "a warning comes with a corrective plan that has milestones"
	}
	if p.Term.Days < 1 || p.Term.Days > t.Plan.Days || p.Term.Working != t.Plan.Working {
		return fmt.Sprintf("a plan of %d days: want 1 to %d", p.Term.Days, t.Plan.Days)
	}
	for i, m := range p.Milestones {
		if m.What == "" || m.Days < 1 || m.Days > p.Term.Days {
			return fmt.Sprintf("milestone %d: say what it is, due within the %d days of the plan", i+1, p.Term.Days)
		}
	}
	return ""
}

func mark(s Status) func(*Case, Event, Terms) (string, string) {
	return func(c *Case, e Event, t Terms) (string, string) {
		if e.Milestone < 0 || e.Milestone >= len(c.Progress) {
			return fmt.Sprintf("the plan has no milestone %d", e.Milestone), ""
		}
		if c.Progress[e.Milestone] != StillOpen {
			return fmt.Sprintf("milestone %d is %s already", e.Milestone, c.Progress[e.Milestone]), ""
		}
		if due, ok := c.MilestoneDeadline(e.Milestone, t); s == IsMissed && (!ok || e.At.Before(due)) {
			return fmt.Sprintf("milestone %d is due until %s", e.Milestone, minute(due)), ""
		}
		c.Progress[e.Milestone] = s
		return "", ""
	}
}

func (c *Case) milestones(s Status) (n int) {
	for _, p := range c.Progress {
		if p == s {
			n++
		}
	}
	return n
}

func sanction(c *Case, e Event, t Terms) (string, string) {
	if c.milestones(IsMet) == len(c.Progress) {
		return "all milestones of the plan were met", "close the case"
	}
	if c.milestones(IsMissed) < t.Missed {
		if why := c.over(e, t); why != "" {
			return why, fmt.Sprintf("or until %d milestones have been missed", t.Missed)
		}
	}
	if len(e.Measures) == 0 {
		return "a sanction says what it takes away", ""
	}
	for _, m := range e.Measures {
		if m != ReservationFee && m != LowerRating && m != NonFirm {
			return fmt.Sprintf("there is no measure %q", m), ""
		}
	}
	c.Measures = slices.Clone(e.Measures)
	c.enter(Sanctioned, e.At)
	return "", ""
}

func terminate(c *Case, e Event, t Terms) (string, string) {
	if why := c.over(e, t); why != "" {
		return why, ""
	}
	c.enter(Returning, e.At)
	return "", ""
}

func offer(c *Case, e Event, _ Terms) (string, string) {
	if c.disputed() {
		return "a dispute is open", "settle it first"
	}
	if e.Volume <= 0 || e.Volume > c.Allowed {
		return fmt.Sprintf("an offer of %v of a ТУ of %v", e.Volume, c.Allowed), ""
	}
	c.Volume, c.Voluntary = e.Volume, true
	c.goOn(e.At)
	c.enter(Returning, e.At)
	return "", ""
}

// complete takes one of the three papers that a return needs: what is changed in the
// register alone leaves relay and meter as they were.
func complete(c *Case, e Event, _ Terms) (string, string) {
	if doc, twice := c.Done[e.Kind]; twice {
		return fmt.Sprintf("%s is on record already, by %s", e.Kind, doc), ""
	}
	if left := c.Allowed - c.Volume; e.Remains != left {
		return fmt.Sprintf("%v remain by %s, but %v of %v are to be returned", e.Remains, e.Document, c.Volume, c.Allowed), fmt.Sprintf("%v have to remain", left)
	}
	c.Done[e.Kind] = e.Document
	if len(c.Done) == len(returnPapers) {
		c.enter(Returned, e.At)
	}
	return "", ""
}

// returnPapers are what has to be changed before a return is complete.
var returnPapers = [...]Kind{InRegister, InContract, InLimit}

// Lacks lists what a return still needs; empty at other stages.
func (c Case) Lacks() []Kind {
	var list []Kind
	for _, k := range returnPapers {
		if _, done := c.Done[k]; c.Stage == Returning && !done {
			list = append(list, k)
		}
	}
	return list
}

func recovered(c *Case, e Event, t Terms) (string, string) {
	if e.Months < t.Recovered {
		return fmt.Sprintf("%d months of good use in a row: want %d", e.Months, t.Recovered), ""
	}
	c.close(e, "use recovered")
	return "", ""
}

func closeCase(c *Case, e Event, _ Terms) (string, string) {
	if len(c.Done) > 0 {
		return "the return has begun", "complete it; what was returned wrongly is given back by a new allotment"
	}
	c.close(e, "closed by decision")
	return "", ""
}

// close ends a case, and all pauses that last.
func (c *Case) close(e Event, why string) {
	c.Why = why + " (" + e.Document + ")"
	c.enter(Closed, e.At)
	c.goOn(e.At)
}

// plausible is an event that says everything as it should be said.
func (c Case) plausible(k Kind, at time.Time, t Terms) Event {
	e := Event{Kind: k, At: at, By: "-", Document: "-", Basis: "-", Evidence: Hash{^c.Evidence[0], 1}, Volume: metering.Watt, Allowed: metering.Watt,
		Plan:     &Plan{Term: Term{t.Plan.Days, t.Plan.Working}, Milestones: []Milestone{{"-", t.Plan.Days}}},
		Measures: []Measure{ReservationFee}, Remains: c.Allowed - c.Volume, Outcome: Dismissed, Months: t.Recovered, Cause: ForceMajeure}
	if k == Suspend && c.pausedFor(ForceMajeure) >= 0 || k == Resume && c.pausedFor(ForceMajeure) < 0 {
		e.Cause = ByZone
	}
	for n, s := range c.Progress {
		if due, ok := c.MilestoneDeadline(n, t); s == StillOpen && (k == Met || (ok && !at.Before(due))) {
			e.Milestone = n
			break
		}
	}
	return e
}
