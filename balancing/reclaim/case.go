package reclaim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Stage is how far a case has come.
type Stage string

// Stages of a case, the ladder first.
const (
	NoCase     Stage = ""
	Found      Stage = "FINDING"
	Noticed    Stage = "NOTICE"
	Warned     Stage = "WARNING"
	Sanctioned Stage = "SANCTION"
	Returning  Stage = "RETURN" // decided or offered; papers and limits are being changed
	Returned   Stage = "RETURNED"
	Closed     Stage = "CLOSED"
)

// Terms are the terms of the procedure.
type Terms struct {
	Notice   Term `json:"notice"`   // to explain
	Plan     Term `json:"plan"`     // the longest a corrective plan may run
	Sanction Term `json:"sanction"` // before the return may be decided
	// Missed milestones permit the next stage at once.
	Missed int `json:"missed"`
	// Recovered is how many months in a row of good use close a case.
	Recovered int `json:"recovered_months"`
	// Refusal is for how many months who returns of its own accord has the right of
	// first refusal on the same power.
	Refusal  int               `json:"refusal_months"`
	Calendar metering.Calendar `json:"-"`
	Location *time.Location    `json:"-"`
}

// DefaultTerms are the usual terms in a zone.
func DefaultTerms(calendar metering.Calendar, loc *time.Location) Terms {
	return Terms{Notice: Term{Days: 30}, Plan: Term{Days: 90}, Sanction: Term{Days: 90}, Missed: 2, Recovered: 3, Refusal: 24,
		Calendar: calendar, Location: loc}
}

// Case is the state of a case: what follows from its events. Values of it are never
// changed, they give new ones.
type Case struct {
	Stage Stage `json:"stage"`
	// Round counts how often it was taken up.
	Round int `json:"round"`
	// Since is when the stage began, Last when the last event was.
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
	// Evidence is the finding that it rests on, Volume what is to be returned of
	// Allowed.
	Evidence Hash           `json:"evidence,omitzero"`
	Volume   metering.Power `json:"volume_w"`
	Allowed  metering.Power `json:"allowed_w"`
	// Voluntary is set when the resident returns of its own accord.
	Voluntary bool `json:"voluntary"`
	// Explained is set when the resident has explained itself.
	Explained bool      `json:"explained"`
	Plan      *Plan     `json:"plan,omitempty"`
	Progress  []Status  `json:"progress,omitempty"` // of the plan's milestones
	Measures  []Measure `json:"measures,omitempty"`
	Pauses    []Pause   `json:"pauses,omitempty"`
	// Done are the papers of the return: by InRegister, InContract and InLimit.
	Done map[Kind]string `json:"done,omitempty"`
	// Why says why a case was closed.
	Why string `json:"why,omitempty"`
}

// Status is what has become of a milestone.
type Status string

// Statuses of a milestone.
const (
	StillOpen Status = "open"
	IsMet     Status = "met"
	IsMissed  Status = "missed"
)

// Replay finds the state that follows from events in their order. It fails at the
// first one that is impossible, with a *Refusal.
func Replay(events []Event, terms Terms) (Case, error) {
	var c Case
	for i, e := range events {
		next, err := c.Apply(e, terms)
		if err != nil {
			return c, fmt.Errorf("event %d: %w", i+1, err)
		}
		c = next
	}
	return c, nil
}

// Refusal says why something cannot be done in a case, and what can.
type Refusal struct {
	Kind   Kind
	Stage  Stage
	Why    string
	Remedy string
}

// Error is the refusal in words.
func (r *Refusal) Error() string {
	stage := "before any finding"
	if r.Stage != NoCase {
		stage = "at " + string(r.Stage)
	}
	text := fmt.Sprintf("%s %s: %s", r.Kind, stage, r.Why)
	if r.Remedy != "" {
		text += ": " + r.Remedy
	}
	return text
}

// Apply finds the state after an event. It fails with a *Refusal where the event is
// impossible; the case is then as it was.
func (c Case) Apply(e Event, terms Terms) (Case, error) {
	refuse := func(remedy, why string, args ...any) (Case, error) {
		return c, &Refusal{Kind: e.Kind, Stage: c.Stage, Why: fmt.Sprintf(why, args...), Remedy: remedy}
	}
	act, ok := acts[e.Kind]
	switch {
	case !ok:
		return refuse("use one of "+kindList(), "there is no such event")
	case e.At.IsZero() || e.By == "" || e.Document == "":
		return refuse("", "an event has a time, an author and a document")
	case e.At.Before(c.Last):
		return refuse("", "at %s, before the last event at %s", minute(e.At), minute(c.Last))
	case e.Kind.against() && e.Basis == "":
		return refuse("name the clause of the contract or the law", "a step against a resident needs its legal basis")
	case !slices.Contains(act.stages, c.Stage):
		return refuse("possible at "+stageList(act.stages), "impossible there")
	case act.waits && c.paused() != nil:
		p := c.paused()
		return refuse("resume or settle first", "clocks stand still since %s for %s", minute(p.From), p.Cause)
	}
	next := c.clone()
	next.Last = e.At
	if why, remedy := act.do(&next, e, terms); why != "" {
		return refuse(remedy, "%s", why)
	}
	return next, nil
}

// Possible lists the kinds of events that could be applied at a time, if all that they
// have to say is right.
func (c Case) Possible(at time.Time, terms Terms) []Kind {
	var list []Kind
	for _, k := range Kinds() {
		e := c.plausible(k, at, terms)
		if _, err := c.Apply(e, terms); err == nil {
			list = append(list, k)
		}
	}
	return list
}

// Deadline is when the term of the present stage ends: that to explain, that of the
// plan, that of the sanction. False where there is none, or where a pause that lasts
// keeps it open.
func (c Case) Deadline(terms Terms) (time.Time, bool) {
	switch c.Stage {
	case Noticed:
		return c.deadline(terms.Notice, terms)
	case Warned:
		return c.deadline(c.Plan.Term, terms)
	case Sanctioned:
		return c.deadline(terms.Sanction, terms)
	}
	return time.Time{}, false
}

// MilestoneDeadline is when a milestone of the plan is due; false if there is no such
// milestone, or while a pause lasts.
func (c Case) MilestoneDeadline(n int, terms Terms) (time.Time, bool) {
	if c.Stage != Warned || n < 0 || n >= len(c.Plan.Milestones) {
		return time.Time{}, false
	}
	return c.deadline(Term{c.Plan.Milestones[n].Days, c.Plan.Term.Working}, terms)
}

// FirstRefusal is the power on which the resident has a right of first refusal and
// until when; false if it has none. It goes to who returned of its own accord.
func (c Case) FirstRefusal(terms Terms) (metering.Power, time.Time, bool) {
	if c.Stage != Returned || !c.Voluntary {
		return 0, time.Time{}, false
	}
	return c.Volume, c.Since.AddDate(0, terms.Refusal, 0), true
}

func (c Case) deadline(t Term, terms Terms) (time.Time, bool) {
	return t.Deadline(c.Since, c.Pauses, terms.Calendar, terms.Location)
}

// paused is a pause that lasts; nil if clocks go.
func (c Case) paused() *Pause {
	i := slices.IndexFunc(c.Pauses, func(p Pause) bool { return p.To.IsZero() })
	if i < 0 {
		return nil
	}
	return &c.Pauses[i]
}

// disputed reports whether a dispute is open.
func (c Case) disputed() bool { return c.pausedFor(ByDispute) >= 0 }

func (c Case) pausedFor(cause Cause) int {
	return slices.IndexFunc(c.Pauses, func(p Pause) bool { return p.Cause == cause && p.To.IsZero() })
}

func (c Case) clone() Case {
	c.Progress, c.Pauses = slices.Clone(c.Progress), slices.Clone(c.Pauses)
	done := make(map[Kind]string, len(c.Done))
	for k, v := range c.Done {
		done[k] = v
	}
	c.Done = done
	return c
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }

func kindList() string {
	var list []string
	for _, k := range Kinds() {
		list = append(list, string(k))
	}
	return strings.Join(list, ", ")
}

func stageList(stages []Stage) string {
	var list []string
	for _, s := range stages {
		if s != NoCase {
			list = append(list, string(s))
		}
	}
	if len(list) == 0 {
		return "the beginning only"
	}
	return strings.Join(list, ", ")
}
