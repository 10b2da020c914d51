package reclaim_test

import (
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/pool"
	"asue/metering"
)

// A season from paper to real: a resident with 5 MW draws 40 kW. A newcomer asks for
// 3 MW at the same feeder, and paper stands in its way. The case goes its way; what is
// returned comes into the pool; then the newcomer is answered with a reservation, and
// gets its power.
func TestASeason(t *testing.T) {
	s := &story{t: t}
	for _, line := range []string{"year 2026-07-01", "tu 5000", "draw 20", "peaks 40 20"} {
		s.command(strings.Fields(line))
	}
	u, err := s.year.Use(s.subject, s.record, s.set)
	if err != nil {
		t.Fatal(err)
	}
	finding := reclaim.Judge(s.subject, u, s.set)
	if finding.Class != reclaim.Idle || finding.Volume.Returnable != 4950*kW {
		t.Fatalf("%s, %+v", finding.Class, finding.Volume)
	}
	digest, err := reclaim.DigestOf(nil)
	if err != nil {
		t.Fatal(err)
	}
	evidence := reclaim.NewEvidence(finding, s.record, digest)

	// Before: 13.6 MW of rights on a feeder of 9 MW.
	day := s.day("2026-07-10")
	if a := ask(t, s, 13_600*kW, day, finding); a.Verdict != hosting.NonFirm || a.FirmNow != 0 || len(a.Unlock) != 1 ||
		a.Unlock[0].Rule != hosting.ByRatio || !a.Unlock[0].Enough || a.Unlock[0].Candidates[0].Resident != "r" {
		t.Fatalf("before: %s, firm %v, unlock %+v", a.Verdict, a.FirmNow, a.Unlock)
	}

	// The books, as they were when they began.
	books, err := pool.New([]pool.Node{{ID: "f", Ceilings: []pool.Ceiling{{Limit: metering.LimitOf(13_500 * kW), Document: "board-3"}}}})
	if err != nil {
		t.Fatal(err)
	}
	post := func(at time.Time, document string, opening bool, entries ...pool.Entry) {
		t.Helper()
		if _, err := books.Post(pool.Posting{Recorded: at, Author: "engineer", Approver: "director", Basis: "contract 5.4", Document: document, Opening: opening, Entries: entries}); err != nil {
			t.Fatal(err)
		}
	}
	ever := metering.Period{From: day.AddDate(-3, 0, 0)}
	post(day, "inventory", true,
		pool.Entry{From: pool.Grid(), To: pool.Supply("f"), Power: 13_600 * kW, Valid: ever},
		pool.Entry{From: pool.Supply("f"), To: pool.Firm("r", "f"), Power: 5000 * kW, Valid: ever},
		pool.Entry{From: pool.Supply("f"), To: pool.Firm("others", "f"), Power: 8600 * kW, Valid: ever})

	// The case, as the commission carries it.
	terms := reclaim.DefaultTerms(metering.Calendar{}, aqtobe)
	var events []reclaim.Event
	do := func(at string, kind reclaim.Kind, more func(*reclaim.Event)) reclaim.Case {
		t.Helper()
		e := reclaim.Event{Kind: kind, At: s.day(at), By: "commission", Document: "protocol " + at, Basis: "contract 5.4"}
		if more != nil {
			more(&e)
		}
		events = append(events, e)
		c, err := reclaim.Replay(events, terms)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	do("2026-07-10", reclaim.Open, func(e *reclaim.Event) {
		e.Evidence, e.Volume, e.Allowed = evidence.SHA256, finding.Volume.Returnable, u.Allowed
	})
	do("2026-07-12", reclaim.Notice, nil)
	do("2026-08-01", reclaim.Offer, func(e *reclaim.Event) { e.Volume, e.By = 4900*kW, "resident r" })
	left := func(e *reclaim.Event) { e.Remains = 100 * kW }
	do("2026-08-03", reclaim.InRegister, left)
	do("2026-08-05", reclaim.InContract, left)
	c := do("2026-08-20", reclaim.InLimit, left)
	power, until, ok := c.FirstRefusal(terms)
	if c.Stage != reclaim.Returned || !ok || power != 4900*kW || !until.Equal(s.day("2028-08-20")) {
		t.Fatalf("the case: %s, first refusal on %v until %v", c.Stage, power, until)
	}

	// Into the pool, and out of it.
	returned := metering.Period{From: c.Since}
	post(c.Since, "protocol", false, pool.Entry{From: pool.Firm("r", "f"), To: pool.Free("f"), Power: c.Volume, Valid: returned})
	usable, _, err := books.Usable("f", c.Since, time.Time{})
	if err != nil || usable != 4800*kW {
		t.Fatalf("usable at f: %v, %v", usable, err)
	}
	if a := ask(t, s, 8700*kW, c.Since, finding); a.Verdict != hosting.Firm || a.FirmNow < 3000*kW {
		t.Fatalf("after: %s, firm %v, %+v", a.Verdict, a.FirmNow, a.Binding)
	}
	entries, err := books.Reserve("app-1", "f", 3000*kW, c.Since, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	post(c.Since, "offer-1", false, entries...)
	signed := c.Since.AddDate(0, 0, 40)
	if entries, err = books.Allot("app-1", "newcomer", "f", signed); err != nil {
		t.Fatal(err)
	}
	post(signed, "contract-1", false, entries...)
	for account, want := range map[pool.Account]metering.Power{
		pool.Firm("r", "f"): 100 * kW, pool.Firm("newcomer", "f"): 3000 * kW, pool.Free("f"): 1900 * kW, pool.Reserved("app-1", "f"): 0,
	} {
		if got := books.Balance(account, signed.AddDate(1, 0, 0)); got != want {
			t.Errorf("%v has %v, want %v", account, got, want)
		}
	}
}

// ask asks for 3 MW at the feeder of 9 MW, with the demand of the year.
func ask(t *testing.T, s *story, firm metering.Power, at time.Time, f reclaim.Finding) hosting.Answer {
	t.Helper()
	weeks, err := s.year.Weeks(s.subject, s.record)
	if err != nil {
		t.Fatal(err)
	}
	l := hosting.Load{Name: "r", Node: "f"}
	for _, w := range weeks {
		l.Weeks = append(l.Weeks, hosting.Week(w))
	}
	m, err := hosting.New([]hosting.Node{{ID: "f", Limits: []hosting.Step{{Limit: metering.LimitOf(9000 * kW)}}, Firm: firm}}, []hosting.Load{l}, 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	p := hosting.DefaultPolicy()
	p.Years, p.Quarters = 100, 4
	a, err := m.Ask(hosting.Question{Power: 3000 * kW, Node: "f", Profile: hosting.Flat(30 * time.Minute), At: at,
		Candidates: []hosting.Candidate{{Resident: f.Subject.Resident, Node: f.Subject.Node, Power: f.Volume.Returnable}}}, p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
