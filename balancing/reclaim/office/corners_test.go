package office_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
	"asue/metering/audit"
)

// desk is an office whose deeds are kept in the form in which a ledger keeps them.
type desk struct {
	t     tester
	o     *office.Office
	c     office.Config
	deeds []metering.Deed
	now   time.Time
}

// tester is a test of either kind.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

const mw = metering.Megawatt

// newDesk is a source of 20 MW with two feeders; "works" has the conditions that are
// given, all at feeder a. 5 MW lie in the pool.
func newDesk(t tester, conditions ...metering.Condition) *desk {
	loc := time.FixedZone("Asia/Aqtobe", 5*3600)
	site := &metering.Site{
		ID: "zone", Location: loc,
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "line", Kind: metering.NodeFeeder}, {ID: "a", Parent: "line", Kind: metering.NodeFeeder}, {ID: "b", Parent: "line", Kind: metering.NodeFeeder},
		}},
		Sources:    []metering.Source{{ID: "line", Node: "line", Contract: metering.LimitOf(20 * mw), Available: true}},
		Residents:  []metering.Resident{{ID: "works", Name: "Works-1"}, {ID: "mill", Name: "Mill-1"}},
		Conditions: conditions,
	}
	opened := time.Date(2026, 1, 1, 0, 0, 0, 0, loc)
	d := &desk{t: t, c: office.Config{Site: site, Terms: reclaim.DefaultTerms(metering.Calendar{}, loc), Nodes: office.NodesOf(site), Opened: opened, Policy: hosting.DefaultPolicy()}}
	d.o, d.now = d.open(), opened.AddDate(0, 6, 0)
	d.must(d.two(office.Action{Kind: office.ChangeBooks, Entries: []pool.Entry{{From: pool.Supply("line"), To: pool.Free("line"), Power: 5 * mw}}}))
	return d
}

func (d *desk) open() *office.Office {
	d.t.Helper()
	o, err := office.New(d.c)
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func tu(id string, power metering.Power, from, to time.Time) metering.Condition {
	return metering.Condition{ID: id, Resident: "works", Node: "a", Power: power, Document: "doc of " + id, From: from, To: to}
}

// record does what a ledger does, and replays.
func (d *desk) record(deeds []metering.Deed, err error) error {
	d.t.Helper()
	if err != nil {
		return err
	}
	var last metering.Deed
	if n := len(d.deeds); n > 0 {
		last = d.deeds[n-1]
	}
	kept, err := audit.NextDeeds(last, deeds)
	d.must(err)
	if err := d.o.Replay(kept); err != nil {
		d.t.Fatalf("what was found cannot be replayed: %v", err)
	}
	d.deeds = append(d.deeds, kept...)
	return nil
}

// one does an action for which a person is enough; two has it signed as well.
func (d *desk) one(a office.Action) error {
	d.t.Helper()
	if a.Document == "" {
		a.Document = "paper"
	}
	if a.Basis == "" {
		a.Basis = "contract 5.4"
	}
	deeds, err := d.o.Do(office.Person{Name: "a.omarova"}, d.now, a)
	return d.record(deeds, err)
}

func (d *desk) two(a office.Action) error {
	d.t.Helper()
	waiting := len(d.o.Drafts(d.now))
	if err := d.one(a); err != nil {
		return err
	}
	drafts := d.o.Drafts(d.now)
	if len(drafts) == waiting {
		return nil // one person was enough
	}
	deeds, err := d.o.Sign(office.Person{Name: "b.serik"}, d.now, drafts[len(drafts)-1].ID)
	return d.record(deeds, err)
}

// take opens a case about works at feeder a.
func (d *desk) take(volume metering.Power) string {
	d.t.Helper()
	d.must(d.one(office.Action{Kind: office.OpenCase, Evidence: d.evidence(volume)}))
	return d.o.Cases(d.now)[0].ID
}

func (d *desk) evidence(volume metering.Power) string {
	s := reclaim.Subject{Resident: "works", Node: "a"}
	for _, c := range d.o.Register().Conditions() {
		if c.Resident == "works" && c.At(d.now) {
			s.Conditions = append(s.Conditions, c)
		}
	}
	allowed := s.AllowedAt(d.now.Add(-1))
	f := reclaim.Finding{Subject: s, Class: reclaim.Underused, Rules: reclaim.Default(), Reason: "as drawn",
		Use:    reclaim.Use{Resident: "works", Node: "a", From: d.now.AddDate(-1, 0, 0), To: d.now, Minutes: 30, Allowed: allowed},
		Volume: &reclaim.Volume{Retained: allowed - volume, Returnable: volume}}
	return reclaim.NewEvidence(f, reclaim.Record{}, reclaim.Digest{Count: int(d.now.Unix() % 100_000)}).Text
}

func (d *desk) step(id string, e reclaim.Event) error {
	d.t.Helper()
	return d.two(d.stepOf(id, e))
}

func (d *desk) stepOf(id string, e reclaim.Event) office.Action {
	f, _ := d.o.Case(id, d.now)
	if e.Kind == reclaim.InRegister || e.Kind == reclaim.InContract || e.Kind == reclaim.InLimit {
		e.Remains = f.Case.Allowed - f.Case.Volume
	}
	return office.Action{Kind: office.StepCase, Case: id, Event: &e}
}

func (d *desk) firm(at time.Time) metering.Power { return d.o.Register().Allowed("works", at) }

// books holds the books against the register at every instant at which either changes.
func (d *desk) books(owed metering.Power) {
	d.t.Helper()
	d.booksSince(d.c.Opened, owed)
}

func (d *desk) booksSince(since time.Time, owed metering.Power) {
	d.t.Helper()
	instants := []time.Time{d.c.Opened, d.now}
	for _, c := range d.o.Register().Conditions() {
		instants = append(instants, c.From, c.To)
	}
	for _, a := range d.o.Books().Accounts() {
		for _, l := range d.o.Books().Course(a) {
			instants = append(instants, l.From)
		}
	}
	for _, t := range instants {
		if t.Before(since) {
			continue
		}
		b := d.o.Books()
		got := b.Balance(pool.Firm("works", "a"), t) + b.Balance(pool.Held("works", "a"), t) + b.Balance(pool.Demoted("works", "a"), t)
		if want := d.firm(t); got < want || got > want+owed {
			d.t.Fatalf("at %s the books have %v of the works, the register %v (%v owed)%s", t.Format(time.RFC3339), got, want, owed, d.trace())
		}
	}
}

// trace is what was done, for a failure.
func (d *desk) trace() string {
	var out strings.Builder
	for _, x := range d.deeds {
		if x.Kind != "draft" {
			fmt.Fprintf(&out, "\n%d %s %s %s %.700s", x.Seq, x.At.Format(time.RFC3339Nano), x.Kind, x.Subject, x.Body)
		}
	}
	return out.String()
}

var jan2020 = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// A dispute that was upheld in one round gives nothing back in the next one.
func TestARestorationIsMadeOnce(t *testing.T) {
	d := newDesk(t, tu("tu-1", 3*mw, jan2020, time.Time{}), tu("tu-2", 2*mw, jan2020.AddDate(1, 0, 0), time.Time{}))
	id := d.take(2 * mw) // all of tu-2
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InRegister}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Settle, Outcome: reclaim.Upheld}))
	if got := d.firm(d.now); got != 5*mw {
		t.Fatalf("after the first round the works have %v", got)
	}
	d.now = d.now.AddDate(0, 1, 0)
	if again := d.take(2 * mw); again != id {
		t.Fatalf("case %s was taken up as %s", id, again)
	}
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Notice}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Settle, Outcome: reclaim.Upheld}))
	if got := d.firm(d.now); got != 5*mw {
		t.Errorf("nothing was taken in the second round, and the works have %v instead of 5 MW", got)
	}
	d.books(0)
}

// A condition that ends while a case runs takes nothing more than itself: what is to
// remain remains.
func TestAConditionEndsWhileACaseRuns(t *testing.T) {
	end := time.Date(2026, 7, 20, 0, 0, 0, 0, time.UTC)
	d := newDesk(t, tu("tu-1", 3*mw, jan2020, time.Time{}), tu("tu-2", 2*mw, jan2020.AddDate(-1, 0, 0), end))
	id := d.take(2 * mw) // of 5 MW, so that 3 MW remain
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.now = end.AddDate(0, 0, 3)
	if got := d.firm(d.now); got != 3*mw {
		t.Fatalf("after the end of tu-2 the works have %v", got)
	}
	if err := d.step(id, reclaim.Event{Kind: reclaim.InRegister}); err != nil {
		t.Logf("refused: %v", err)
	}
	if got := d.firm(d.now); got != 3*mw {
		t.Errorf("3 MW have to remain, and %v do", got)
	}
}

// A return that is complete and takes effect later has taken its part: no other case asks
// for kilowatts that are gone by then.
func TestACaseOnARightThatShrinksSoon(t *testing.T) {
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
	id := d.take(2 * mw) // 3 MW are to remain
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	a := d.stepOf(id, reclaim.Event{Kind: reclaim.InRegister})
	a.From = d.now.AddDate(0, 1, 0)
	d.must(d.two(a))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InContract}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InLimit}))
	d.now = d.now.AddDate(0, 0, 1)
	if err := d.one(office.Action{Kind: office.OpenCase, Evidence: d.evidence(2 * mw)}); err != nil {
		t.Logf("refused: %v", err)
		return
	}
	again := d.o.Cases(d.now)[0].ID
	d.must(d.step(again, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.now = d.now.AddDate(0, 2, 0)
	if err := d.step(again, reclaim.Event{Kind: reclaim.InRegister}); err != nil {
		t.Logf("refused: %v", err)
	}
	if got := d.firm(d.now); got != 3*mw {
		t.Errorf("both findings say that 3 MW are needed, and %v are left", got)
	}
}

// What is disputed stays held, whatever changes beside it.
func TestHeldStaysHeld(t *testing.T) {
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
	id := d.take(2 * mw)
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Notice}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
	held := func() metering.Power { return d.o.Books().Balance(pool.Held("works", "a"), d.now) }
	if held() != 2*mw {
		t.Fatalf("%v are held", held())
	}
	d.now = d.now.AddDate(0, 0, 1)
	err := d.two(office.Action{Kind: office.ChangeTerms, Acts: []register.Act{{Kind: register.Change, Condition: "tu-1", Resident: "works",
		Terms: &register.Terms{Node: "a", Firm: 5 * mw, NonFirm: 1 * mw}}}})
	if err != nil {
		t.Logf("refused: %v", err)
	}
	if held() != 2*mw {
		t.Errorf("%v are held after the non-firm power was changed, the dispute is open still", held())
	}
}

// A dispute can be upheld after the condition has come to its end.
func TestADisputeOutlastsACondition(t *testing.T) {
	end := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, end))
	id := d.take(2 * mw)
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InRegister}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
	d.now = end.AddDate(0, 0, 10)
	if err := d.step(id, reclaim.Event{Kind: reclaim.Settle, Outcome: reclaim.Upheld}); err != nil {
		t.Errorf("it cannot be settled: %v", err)
	}
	if got := d.firm(d.now); got != 0 {
		t.Errorf("tu-1 came to its end, and the works have %v", got)
	}
	d.books(2 * mw) // owed until tu-1 came to its end, and of that time it stays so
	d.booksSince(end, 0)
}

// The register's paper comes last, and is dated back: until it was there what it takes
// was owed, from then on books and register say the same.
func TestTheLastPaperIsDatedBack(t *testing.T) {
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
	id := d.take(2 * mw)
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InContract}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InLimit}))
	a := d.stepOf(id, reclaim.Event{Kind: reclaim.InRegister})
	a.From = d.now
	d.now = d.now.AddDate(0, 0, 5)
	d.must(d.two(a))
	d.books(2 * mw)
	d.booksSince(d.now, 0)
}

// A return takes nothing from before it was decided.
func TestAReturnDoesNotReachIntoThePast(t *testing.T) {
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
	id := d.take(2 * mw)
	opened := d.now
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.now = d.now.AddDate(0, 0, 1)
	a := d.stepOf(id, reclaim.Event{Kind: reclaim.InRegister})
	a.From = d.c.Opened
	if err := d.two(a); err != nil {
		t.Logf("refused: %v", err)
	}
	if got := d.firm(opened.AddDate(0, -3, 0)); got != 5*mw {
		t.Errorf("three months before the finding the works had %v by the register, and 5 MW by their paper", got)
	}
}

// It takes from the midnight of the day on which it was decided at the earliest, whenever
// the papers are signed.
func TestAReturnBeginsOnItsDay(t *testing.T) {
	for back, want := range map[time.Duration]bool{0: true, 15 * time.Hour: true, 15*time.Hour + time.Second: false} {
		d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
		id := d.take(2 * mw)
		d.now = d.now.AddDate(0, 0, 3).Add(15 * time.Hour)
		decided := d.now
		d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
		d.now = d.now.AddDate(0, 0, 9)
		a := d.stepOf(id, reclaim.Event{Kind: reclaim.InRegister})
		a.From = decided.Add(-back)
		if err := d.two(a); (err == nil) != want {
			t.Errorf("%v before it was decided: %v", back, err)
		}
	}
}

// What a non-firm change has brought meanwhile is not lost by a restoration.
func TestARestorationKeepsWhatWasChangedMeanwhile(t *testing.T) {
	d := newDesk(t, tu("tu-1", 5*mw, jan2020, time.Time{}))
	id := d.take(2 * mw)
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Offer, Volume: 2 * mw}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.InRegister}))
	d.now = d.now.AddDate(0, 0, 1)
	changed := d.two(office.Action{Kind: office.ChangeTerms, Acts: []register.Act{{Kind: register.Change, Condition: "tu-1", Resident: "works",
		Terms: &register.Terms{Node: "a", Firm: 3 * mw, NonFirm: 1 * mw}}}})
	if changed != nil {
		return // so it cannot be lost
	}
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Dispute}))
	d.must(d.step(id, reclaim.Event{Kind: reclaim.Settle, Outcome: reclaim.Upheld}))
	for _, v := range d.o.Register().At(d.now) {
		if v.Firm != 5*mw || v.NonFirm != 1*mw {
			t.Errorf("%s: %v and %v non-firm, want 5 MW and 1 MW", v.Condition, v.Firm, v.NonFirm)
		}
	}
}
