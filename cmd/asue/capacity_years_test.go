package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// Two offices over one ledger: each decides on the last deed, whoever wrote it, and of
// two who sign the same draft one is heard.
func TestTwoOfficesOverOneLedger(t *testing.T) {
	process := zoneInUse(t)
	here, there := newOfficeStage(t, process), newOfficeStage(t, process)
	id := here.do(ahmetova, map[string]any{"kind": "case.open", "document": "№ 1", "evidence": here.row("idle").Evidence}).Case
	notice := map[string]any{"kind": "case.step", "case": id, "document": "№ 2", "legal_basis": "п. 4.2", "event": map[string]any{"kind": "notice"}}
	draft := there.do(ahmetova, notice).Draft // there hears of the case with its first question
	var wg sync.WaitGroup
	var mu sync.Mutex
	signed := 0
	for i, s := range []*officeStage{here, there, here, there} {
		who := dispatcher.CapacityPerson{Account: []string{"bekov", "dosova"}[i/2], Role: "engineer"}
		wg.Go(func() {
			_, err := s.Sign(context.Background(), who, draft)
			mu.Lock()
			defer mu.Unlock()
			var refusal *dispatcher.CapacityRefusal
			switch {
			case err == nil:
				signed++
			case errors.Is(err, dispatcher.ErrUnknown), errors.As(err, &refusal):
			default:
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if signed != 1 {
		t.Errorf("%d signatures were heard", signed)
	}
	if a, b := here.theCase(id), there.theCase(id); a.Stage != "NOTICE" || b.Stage != "NOTICE" || len(a.Events) != 2 {
		t.Errorf("%+v\n%+v", a, b)
	}
}

// overtaken is a ledger in which somebody else is always faster.
type overtaken struct{ metering.Ledger }

func (overtaken) RecordDeeds(context.Context, uint64, []metering.Deed, metering.AuditRecord) ([]metering.Deed, error) {
	return nil, metering.ErrConflict
}

func TestSomebodyElseIsFaster(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	s.ledger = overtaken{s.ledger}
	_, err := s.try(ahmetova, map[string]any{"kind": "application.enter", "document": "вх. 1", "newcomer": map[string]any{"name": "X", "node": "s-2", "power_w": 100_000, "profile": "flat"}})
	if refusal := refusedFor(t, err, "at the same moment"); !refusal.Conflict {
		t.Errorf("%+v", refusal)
	}
}

// A case is opened on what the ledger bears out, and on nothing else.
func TestEvidenceOfACase(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	found := s.row("underused")
	open := func(evidence string) error {
		_, err := s.try(ahmetova, map[string]any{"kind": "case.open", "document": "№ 1", "evidence": evidence})
		return err
	}
	refusedFor(t, open(""), "name the finding by its SHA-256")
	refusedFor(t, open(strings.Repeat("0", 64)), "no finding of today")
	refusedFor(t, open(s.row("badly-metered").Evidence), "class INSUFFICIENT")
	y, err := s.asked(t.Context(), usedTo, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := y.list[y.find("underused", "f-underused")].evidence.Text
	forged := strings.Replace(text, "allowed 2000000", "allowed 2000001", 1)
	if forged == text {
		t.Fatal("nothing was forged")
	}
	refusedFor(t, open(forged), "is not what was found then")

	// Another version of an interval since it was shown: the finding is another one.
	decided(t, s.process, s.clock, "p-underused", usedFrom.Add(1000*time.Hour), 170_000, "fuse")
	if refusal := refusedFor(t, open(found.Evidence), "look at the finding again"); !refusal.Conflict {
		t.Errorf("%+v", refusal)
	}
	s.again()
	now := s.row("underused")
	if now.Evidence == found.Evidence {
		t.Fatal("the year was not judged again")
	}
	if err := open(now.Evidence); err != nil {
		t.Error(err)
	}
}

// What the page has shown opens a case after a start too, when no year is kept yet.
func TestCaseAfterAStart(t *testing.T) {
	process := zoneInUse(t)
	found := newOfficeStage(t, process).row("overreserved")
	s := newOfficeStage(t, process)
	s.clock = usedTo.Add(time.Hour)
	if done := s.do(ahmetova, map[string]any{"kind": "case.open", "document": "№ 1", "evidence": found.Evidence}); done.Case == "" {
		t.Errorf("%+v", done)
	}
}

// What misspells a field, or is written by the office alone, is no action.
func TestActionsThatAreNone(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	f := func(raw, want string) {
		t.Helper()
		_, err := s.Do(t.Context(), ahmetova, []byte(raw))
		refusedFor(t, err, want)
	}
	f(`{"kind":"case.step","doc":"x"}`, "unknown field")
	f(`{"kind":"case.step"} {}`, "something follows")
	f(`[]`, "cannot be read")
	f(`{"kind":"draft","document":"x"}`, "draft is no action")
	f(`{"kind":"draft.drop","document":"x"}`, "draft.drop is no action")
	f(`{"kind":"case.close","document":"x"}`, "is no action")
	if _, err := s.Drop(t.Context(), ahmetova, "D-1", "x"); !errors.Is(err, dispatcher.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := s.Case(t.Context(), "ТУ-1"); !errors.Is(err, dispatcher.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := s.Use(t.Context(), "idle", "f-young", usedTo); !errors.Is(err, dispatcher.ErrUnknown) {
		t.Errorf("%v", err)
	}
	if _, err := s.Paper(t.Context(), nil, "ТУ-1", "act", "html", "ru"); !errors.Is(err, dispatcher.ErrUnknown) {
		t.Errorf("%v", err)
	}
}

// Where a balancer should report, its silence is not consent; where there is none, the
// paper stands.
func TestSilenceOfTheBalancer(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	id := s.do(ahmetova, map[string]any{"kind": "case.open", "document": "№ 1", "evidence": s.row("idle").Evidence}).Case
	step := func(kind string, more map[string]any) map[string]any {
		event := map[string]any{"kind": kind}
		for k, v := range more {
			event[k] = v
		}
		return map[string]any{"kind": "case.step", "case": id, "document": "№ " + kind, "legal_basis": "п. 4.2", "event": event}
	}
	s.both(step("offer", map[string]any{"volume_w": 1_950_000}))
	s.both(step("register", nil))
	s.both(step("contract", map[string]any{"remains_w": 50_000}))
	limit := step("limit", map[string]any{"remains_w": 50_000})
	s.balanced = true
	_, err := s.try(ahmetova, limit)
	refusedFor(t, err, "has not reported yet")
	s.hear(wire.Control{At: s.clock}) // it watches only
	_, err = s.try(ahmetova, limit)
	refusedFor(t, err, "has not reported yet")
	s.balanced = false
	s.both(limit)
	if c := s.theCase(id); c.Stage != "RETURNED" {
		t.Errorf("%+v", c)
	}
}

// A year is judged once for all who ask, and again when the ledger has taken in something
// of it or the register says something else.
func TestYearsAreJudgedOnce(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	ask := func() *judgedYear {
		t.Helper()
		y, err := s.asked(t.Context(), usedTo, nil)
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	var first, second *judgedYear
	var wg sync.WaitGroup
	heard := 0.0
	wg.Go(func() { first = ask() })
	wg.Go(func() {
		var err error
		if second, err = s.asked(t.Context(), usedTo, func(part float64) { heard = max(heard, part) }); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	if first != second || ask() != first {
		t.Error("a year was judged twice")
	}
	interval := func(ch metering.Channel, start time.Time) []metering.Interval {
		return []metering.Interval{{Point: "p-idle", Channel: ch, Start: start}}
	}
	s.recordedIntervals(interval(metering.ChannelReactiveImport, usedFrom))
	s.recordedIntervals(interval(metering.ChannelActiveImport, usedTo))
	if ask() != first {
		t.Error("what is not of the year made it anew")
	}
	s.recordedIntervals(interval(metering.ChannelActiveImport, usedTo.Add(-time.Hour)))
	next := ask()
	if next == first {
		t.Error("the year is as it was before the ledger was written")
	}
	s.both(map[string]any{"kind": "register.act", "document": "ТУ 42", "legal_basis": "x", "acts": []map[string]any{
		{"kind": "commission", "resident": "young", "from": "2026-02-10T00:00:00+05:00", "document": "акт", "legal_basis": "x"}}})
	if ask() == next {
		t.Error("the year is as it was before the register's act")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.asked(ctx, usedTo.AddDate(0, 0, -1), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := s.asked(t.Context(), s.clock.AddDate(0, 0, 2), nil); err == nil {
		t.Error("a year that has not ended was judged")
	}
}

// What an answer to a newcomer says beside what `asue hosting` does; what is reserved for
// another one is taken off.
func TestNewcomerAndReservations(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	ask := func(mw int64) dispatcher.HostingView {
		t.Helper()
		last := -1.0
		v, err := s.Hosting(t.Context(), dispatcher.HostingQuestion{Node: "s-2", PowerW: mw * 1_000_000, Profile: "continuous", AsOf: usedTo}, func(part float64) {
			if part < last {
				t.Errorf("progress goes back from %v to %v", last, part)
			}
			last = part
		})
		if err != nil {
			t.Fatal(err)
		}
		if last != 1 {
			t.Errorf("progress ends at %v", last)
		}
		return v
	}
	before := ask(1)
	if before.Verdict != "firm" || !before.Sufficient || before.PoolW != 0 || len(before.Risks) == 0 || before.Risks[0].Name != "Section 2" || before.AsOf.IsZero() {
		t.Errorf("%+v", before)
	}
	s.both(map[string]any{"kind": "pool.ceiling", "document": "решение 3", "legal_basis": "устав", "node": "src", "ceiling": map[string]any{"limit_w": 24_000_000}})
	s.both(map[string]any{"kind": "pool.post", "document": "решение 4", "legal_basis": "устав", "entries": []map[string]any{
		{"from": map[string]any{"kind": "GRID"}, "to": map[string]any{"kind": "SUPPLY", "node": "src"}, "power_w": 3_000_000, "valid": map[string]any{}},
		{"from": map[string]any{"kind": "SUPPLY", "node": "src"}, "to": map[string]any{"kind": "POOL", "node": "src"}, "power_w": 3_000_000, "valid": map[string]any{}},
	}})
	id := s.do(ahmetova, map[string]any{"kind": "application.enter", "document": "вх. 1", "newcomer": map[string]any{"name": "Новичок", "node": "s-2", "power_w": 2_000_000, "profile": "continuous"}}).Application
	s.both(map[string]any{"kind": "application.reserve", "document": "№ 5", "legal_basis": "положение", "application": id})
	after := ask(1)
	if after.PoolW != 1_000_000 || after.FirmNowW >= before.FirmNowW || !strings.Contains(strings.Join(after.Notes, "\n"), "2 MW reserved for Новичок") {
		t.Errorf("before %d W, after %d W, pool %d W, %q", before.FirmNowW, after.FirmNowW, after.PoolW, after.Notes)
	}
	if much := ask(12); much.Verdict == "firm" || much.Binding == nil || len(much.Unlock) == 0 || !much.Scheme {
		t.Errorf("%+v", much)
	}
	_, err := s.Hosting(t.Context(), dispatcher.HostingQuestion{Node: "s-2", PowerW: 1, Profile: "unheard-of", AsOf: usedTo}, nil)
	refusedFor(t, err, "use one of")
	_, err = s.Hosting(t.Context(), dispatcher.HostingQuestion{Node: "nowhere", PowerW: 1000, Profile: "flat", AsOf: usedTo}, nil)
	refusedFor(t, err, "nowhere")
}

// What is drawn of a finding is the finding's own.
func TestUseIsShown(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	v, err := s.Use(t.Context(), "overreserved", "f-overreserved", usedTo)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.CurveW) != 101 || v.CurveW[0] != 1_950_000 || len(v.Days) != 365 || v.Days[0].Day != "2025-07-01" || *v.Days[0].W != 1_950_000 ||
		len(v.Months) != 12 || v.Months[0].Month != "2025-07" || v.Months[0].Coverage != 1 || *v.NeedW != 1_950_000 || *v.RetainW != 2_242_500 {
		t.Errorf("%+v", v)
	}
	if len(v.Arithmetic) == 0 || v.Arithmetic[0].Name != "allowed" || v.Arithmetic[0].W != 3_000_000 {
		t.Errorf("%+v", v.Arithmetic)
	}
	figures := map[string]float64{}
	for _, f := range v.Figures {
		figures[f.Name] = f.Value
	}
	if figures["responsibility"] != 1 || figures["coincidence"] <= 0 || figures["coincidence"] > 1.05 || figures["p995_w"] != 1_950_000 {
		t.Errorf("%v", figures)
	}
	curtailed, err := s.Use(t.Context(), "curtailed", "f-curtailed", usedTo)
	if err != nil || curtailed.Class != "INSUFFICIENT" || curtailed.NeedW != nil || curtailed.Curtailed <= 0 {
		t.Errorf("%+v, %v", curtailed.ConditionRow, err)
	}
}

// Papers come out of a case and a year in each language; what is not signed yet is
// printed too.
func TestPapersOfACase(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	id := s.do(ahmetova, map[string]any{"kind": "case.open", "document": "№ 1", "evidence": s.row("idle").Evidence}).Case
	s.do(ahmetova, map[string]any{"kind": "case.step", "case": id, "document": "№ 2/ПРОЕКТ", "legal_basis": "п. 4.2", "event": map[string]any{"kind": "notice"}})
	f := func(paper, format, lang, name, want string) {
		t.Helper()
		var out strings.Builder
		got, err := s.Paper(t.Context(), &out, id, paper, format, lang)
		if err != nil || got != name || !strings.Contains(out.String(), want) {
			t.Errorf("%s %s %s: %q, %v: %.300s", paper, format, lang, got, err, out.String())
		}
	}
	f("notice", "html", "ru", id+".notice.ru.html", "2/ПРОЕКТ") // beside a space that does not break
	f("notice", "html", "kk", id+".notice.kk.html", "қ")
	f("evidence", "html", "ru", id+".evidence.ru.html", "<svg")
	f("evidence", "txt", "ru", id+".evidence", "asue reclaim evidence 1\n")
	f("evidence", "xlsx", "en", id+".evidence.en.xlsx", "PK")
	var out strings.Builder
	if _, err := s.Paper(t.Context(), &out, id, "letter", "html", "ru"); err == nil {
		t.Error("a paper that is none was written")
	}
	for _, format := range []string{"html", "xlsx"} {
		out.Reset()
		name, err := s.Season(t.Context(), &out, usedTo, format, "ru")
		if err != nil || name != "season.2026-06-30.ru."+format || out.Len() < 1000 {
			t.Errorf("%q, %v, %d bytes", name, err, out.Len())
		}
	}
}
