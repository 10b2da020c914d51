package reclaim_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// procedure is a case in the making: a line is a day, what was done, and what it says.
// Whatever is not said is said properly.
type procedure struct {
	t     *testing.T
	c     reclaim.Case
	terms reclaim.Terms
	said  strings.Builder
	n     int
}

func TestCases(t *testing.T) {
	tell(t, "testdata/cases.txt", &procedure{t: t, terms: reclaim.DefaultTerms(metering.Calendar{}, aqtobe)})
}

func (p *procedure) answer() string {
	defer p.said.Reset()
	return p.said.String()
}

func (p *procedure) command(words []string) {
	switch words[0] {
	case "case":
		p.c, p.n = reclaim.Case{}, 0
		return
	case "terms": // of working days
		p.terms.Notice.Working, p.terms.Plan.Working, p.terms.Sanction.Working = true, true, true
		p.terms.Calendar = metering.Calendar{Holidays: words[1:]}
		return
	case "show":
		p.show()
		return
	case "possible":
		at := (&story{t: p.t}).moment(words[1])
		fmt.Fprintf(&p.said, "possible: %v\n", p.c.Possible(at, p.terms))
		return
	}
	c, err := p.c.Apply(p.event(words), p.terms)
	if err != nil {
		fmt.Fprintf(&p.said, "%v\n", err)
		var r *reclaim.Refusal
		if !errors.As(err, &r) {
			p.t.Errorf("%v is no refusal", err)
		}
	}
	p.c = c
}

func (p *procedure) event(words []string) reclaim.Event {
	s := &story{t: p.t}
	p.n++
	e := reclaim.Event{
		At: s.moment(words[0]), Kind: reclaim.Kind(words[1]), By: "commission", Document: fmt.Sprintf("doc-%d", p.n), Basis: "contract 5.4",
		Evidence: sha256.Sum256([]byte(words[0])), Measures: []reclaim.Measure{reclaim.ReservationFee}, Remains: p.c.Allowed - p.c.Volume, Months: 3,
		Plan: &reclaim.Plan{Term: reclaim.Term{Days: 90, Working: p.terms.Plan.Working}, Milestones: []reclaim.Milestone{{What: "order", Days: 30}, {What: "delivery", Days: 60}, {What: "start", Days: 90}}},
	}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "volume":
			e.Volume = s.kW(value)
		case "of":
			e.Allowed = s.kW(value)
		case "remains":
			e.Remains = s.kW(value)
		case "milestone":
			e.Milestone = s.number(value)
		case "cause":
			e.Cause = reclaim.Cause(value)
		case "outcome":
			e.Outcome = reclaim.Outcome(value)
		case "months":
			e.Months = s.number(value)
		case "basis":
			e.Basis = value
		case "by":
			e.By = value
		case "plan":
			e.Plan = nil
		case "measures":
			e.Measures = nil
		default:
			p.t.Fatalf("unknown word %q", word)
		}
	}
	return e
}

func (p *procedure) show() {
	c := p.c
	fmt.Fprintf(&p.said, "%s: %v of %v", c.Stage, c.Volume, c.Allowed)
	if end, ok := c.Deadline(p.terms); ok {
		fmt.Fprintf(&p.said, ", until %s", end.In(aqtobe).Format("2006-01-02 15:04"))
	}
	if power, until, ok := c.FirstRefusal(p.terms); ok {
		fmt.Fprintf(&p.said, ", first refusal on %v until %s", power, until.In(aqtobe).Format(time.DateOnly))
	}
	if lacks := c.Lacks(); len(lacks) > 0 {
		fmt.Fprintf(&p.said, ", lacks %v", lacks)
	}
	if c.Why != "" && c.Stage == reclaim.Closed {
		fmt.Fprintf(&p.said, ", %s", c.Why)
	}
	if i := slices.IndexFunc(c.Pauses, func(p reclaim.Pause) bool { return p.To.IsZero() }); i >= 0 {
		fmt.Fprintf(&p.said, ", clocks stand still for %s", c.Pauses[i].Cause)
	}
	p.said.WriteString("\n")
}

// New technical conditions are issued in working days: holidays and weekends do not
// count.
func TestTermsOfIssue(t *testing.T) {
	calendar := metering.Calendar{Holidays: []string{"2026-03-23", "2026-03-24"}, Workdays: []string{"2026-03-21"}}
	friday := time.Date(2026, 3, 20, 15, 0, 0, 0, aqtobe)
	for _, c := range []struct {
		power metering.Power
		want  string
	}{
		{200 * kW, "2026-03-31"}, // Sat 21 is worked; Wed 25, Thu 26, Fri 27 make four, Mon 30 is the fifth
		{201 * kW, "2026-04-07"}, {1000 * kW, "2026-04-07"}, {1001 * kW, "2026-04-14"},
	} {
		end, ok := reclaim.IssueTerm(c.power).Deadline(friday, nil, calendar, aqtobe)
		if got := end.In(aqtobe).Format(time.DateOnly); !ok || got != c.want {
			t.Errorf("%v asked on %s: until %s, want %s", c.power, friday.Format(time.DateOnly), got, c.want)
		}
	}
}

func TestAnswersToExceeding(t *testing.T) {
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		served []time.Time
		at     time.Time
		want   reclaim.Answer
	}{
		{nil, day(2026, 7, 1), reclaim.WriteNotice},
		{[]time.Time{day(2025, 7, 2)}, day(2026, 7, 1), reclaim.WriteWarn},
		{[]time.Time{day(2025, 7, 1)}, day(2026, 7, 1), reclaim.WriteNotice},
		{[]time.Time{day(2025, 9, 1), day(2026, 2, 1)}, day(2026, 7, 1), reclaim.SuspendNon},
		{[]time.Time{day(2026, 7, 2)}, day(2026, 7, 1), reclaim.WriteNotice},
	} {
		if got := reclaim.AnswerTo(c.served, c.at); got != c.want {
			t.Errorf("after %v: %s, want %s", c.served, got, c.want)
		}
	}
}
