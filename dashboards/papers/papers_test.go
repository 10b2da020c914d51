package papers_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"asue/balancing/reclaim"
	"asue/dashboards/papers"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// every is one of each document.
func every(t testing.TB) map[string]papers.Document {
	y := yearOf(t)
	all := steps(t, y)
	return map[string]papers.Document{
		"notice":   papers.Paper{Kind: papers.Notice, Case: caseAfter(t, y, all[:2])},
		"warning":  papers.Paper{Kind: papers.Warning, Case: caseAfter(t, y, all[:4])},
		"sanction": papers.Paper{Kind: papers.Sanction, Case: caseAfter(t, y, all[:7])},
		"act":      papers.Paper{Kind: papers.Act, Case: caseAfter(t, y, all)},
		"draft":    papers.Paper{Kind: papers.Warning, Case: caseAfter(t, y, all[:3])},
		"evidence": papers.Paper{Kind: papers.Evidence, Case: caseAfter(t, y, all[:1])},
		"season":   season(t, y),
	}
}

func html(t testing.TB, d papers.Document, lang papers.Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := papers.HTML(&b, d, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every paper in every language stays what it is, letter for letter.
func TestPapers(t *testing.T) {
	for name, d := range every(t) {
		for _, lang := range papers.Langs() {
			t.Run(fmt.Sprintf("%s.%s", name, lang), func(t *testing.T) {
				golden(t, fmt.Sprintf("testdata/%s.%s.html", name, lang), html(t, d, lang))
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// A paper is a draft until its step is on record; then it bears the step's document.
func TestDraftUntilRecorded(t *testing.T) {
	y := yearOf(t)
	all := steps(t, y)
	c := caseAfter(t, y, all[:3])
	prepared := all[3]
	prepared.Document = "Исх. № 131"
	c.Prepared = &prepared
	draft := html(t, papers.Paper{Kind: papers.Warning, Case: c}, papers.Russian)
	if !strings.Contains(draft, "ПРОЕКТ") || !strings.Contains(draft, "Ввод второй печи обжига") || strings.Contains(draft, "Внесено в журнал") {
		t.Error("a warning that is being prepared is a draft with its plan, and not on record")
	}
	if strings.Contains(draft, "04.08.2026") || strings.Contains(draft, "03.10.2026") {
		t.Error("a draft says its day, or the end of a term: both depend on the day on which it is signed")
	}
	if rec := html(t, papers.Paper{Kind: papers.Warning, Case: caseAfter(t, y, all[:4])}, papers.Russian); strings.Contains(rec, "ПРОЕКТ") || !strings.Contains(rec, "Внесено в журнал") {
		t.Error("a warning that is on record is no draft")
	}
}

// The last day of a term is that of the procedure: 30 days after the day of the notice.
func TestTermsOnPaper(t *testing.T) {
	y := yearOf(t)
	all := steps(t, y)
	c := caseAfter(t, y, all[:2])
	end, ok := c.State.Deadline(c.Terms)
	if !ok {
		t.Fatal("a notice has a term")
	}
	want := "по " + end.Add(-1).In(zone(t)).Format("02.01.2006") + " включительно"
	if paper := html(t, papers.Paper{Kind: papers.Notice, Case: c}, papers.Russian); strings.Count(paper, want) != 2 {
		t.Errorf("%q stands %d times in the notice, want 2", want, strings.Count(paper, want))
	}
}

// Who returned of its own accord reads until when it has the right of first refusal.
func TestVoluntaryReturn(t *testing.T) {
	y := yearOf(t)
	all := steps(t, y)
	loc := zone(t)
	at := all[1].At
	add := func(list []papers.Step, e reclaim.Event) []papers.Step {
		e.At, e.By, e.Document = at, "Сейтова А.", "Вх. № 90"
		return append(list, papers.Step{Event: e, Approver: "Оспанов Б."})
	}
	list := add(all[:2:2], reclaim.Event{Kind: reclaim.Offer, Volume: 700 * kW})
	offered := html(t, papers.Paper{Kind: papers.Act, Case: caseAfter(t, y, list)}, papers.Russian)
	for _, want := range []string{"добровольному предложению", "в течение 24 месяцев", "700 кВт (документ: Вх.", "2\u00a0300"} {
		if !strings.Contains(strings.ReplaceAll(offered, "700\u00a0кВт", "700 кВт"), want) {
			t.Errorf("the act of an offer does not say %q", want)
		}
	}
	for _, k := range []reclaim.Kind{reclaim.InRegister, reclaim.InContract, reclaim.InLimit} {
		list = add(list, reclaim.Event{Kind: k, Remains: 2300 * kW})
	}
	returned := html(t, papers.Paper{Kind: papers.Act, Case: caseAfter(t, y, list)}, papers.Russian)
	until := "по " + at.AddDate(0, 24, 0).In(loc).Format("02.01.2006") + " включительно"
	if !strings.Contains(returned, until) || strings.Contains(returned, "ещё не изменено") || !strings.Contains(returned, "Возврат завершён ") {
		t.Errorf("the act of a completed return says all three papers and the right %q", until)
	}
}

// What does not hold together is refused.
func TestRefusals(t *testing.T) {
	y := yearOf(t)
	c := caseAfter(t, y, steps(t, y)[:2])
	changed, nowhere := c, c
	changed.Evidence = strings.Replace(c.Evidence, "1950000", "1960000", 1)
	nowhere.Zone.Location = nil
	f := func(d papers.Document, lang papers.Lang, want string) {
		t.Helper()
		for _, write := range []func() error{
			func() error { return papers.HTML(&bytes.Buffer{}, d, lang) }, func() error { return papers.XLSX(&bytes.Buffer{}, d, lang) },
		} {
			if err := write(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want …%s…", err, want)
			}
		}
	}
	f(papers.Paper{Kind: papers.Notice, Case: changed}, papers.Russian, "SHA-256")
	f(papers.Paper{Kind: papers.Notice, Case: nowhere}, papers.Russian, "no time zone")
	f(papers.Paper{Kind: "letter", Case: c}, papers.Russian, `paper "letter"`)
	f(papers.Paper{Kind: papers.Notice, Case: c}, "de", `language "de"`)
	f(papers.Season{Zone: c.Zone}, papers.Russian, "is no time")
}

// The papers that a case offers follow the ladder.
func TestPapersOfACase(t *testing.T) {
	y := yearOf(t)
	all := steps(t, y)
	f := func(steps int, want ...papers.Kind) {
		t.Helper()
		if diff := cmp.Diff(want, caseAfter(t, y, all[:steps]).Papers()); diff != "" {
			t.Errorf("after %d steps (-want +got):\n%s", steps, diff)
		}
	}
	f(1, papers.Notice, papers.Evidence)
	f(2, papers.Notice, papers.Warning, papers.Evidence)
	f(4, papers.Notice, papers.Warning, papers.Sanction, papers.Evidence)
	f(7, papers.Kinds()...)
	f(9, papers.Kinds()...)
}

// A plan that was met in full leads to no sanction.
func TestNoSanctionAfterAPlanThatWasKept(t *testing.T) {
	y := yearOf(t)
	all := steps(t, y)[:4]
	for i := range 2 {
		met := papers.Step{Event: reclaim.Event{Kind: reclaim.Met, Milestone: i, At: all[3].At.AddDate(0, 0, 10+i), By: "Сейтова А.", Document: "Акт осмотра"}}
		all = append(all, met)
	}
	if diff := cmp.Diff([]papers.Kind{papers.Notice, papers.Warning, papers.Evidence}, caseAfter(t, y, all).Papers()); diff != "" {
		t.Errorf("papers (-want +got):\n%s", diff)
	}
}

// Zone and place are read off a site; a demo's mark is not said twice.
func TestZoneAndPlaceOfASite(t *testing.T) {
	site := &metering.Site{Name: "ИЗ «Актобе» (ДЕМО — данные вымышлены)", Location: zone(t)}
	if got := papers.ZoneOf(site, true); got.Name != "ИЗ «Актобе»" || !got.Demo || got.Location != site.Location {
		t.Errorf("%+v", got)
	}
	if got := papers.ZoneOf(site, false); got.Name != site.Name || got.Demo {
		t.Errorf("%+v", got)
	}
	topology := metering.Topology{Nodes: []metering.Node{
		{ID: "kar", Name: "ВЛ-110 «Каратагай»", Kind: metering.NodeSource, VoltageKV: 110},
		{ID: "s10-1", Name: "1 секция 10 кВ", Kind: metering.NodeSection, Parent: "kar", VoltageKV: 10},
		{ID: "f-101", Name: "Ф-10-101 Химия-1", Kind: metering.NodeFeeder, Parent: "s10-1", VoltageKV: 10}}}
	want := papers.Place{Name: "Ф-10-101 Химия-1", Path: []string{"ВЛ-110 «Каратагай»", "1 секция 10 кВ"}, VoltageKV: 10}
	if diff := cmp.Diff(want, papers.PlaceOf(topology, "f-101")); diff != "" {
		t.Errorf("place (-want +got):\n%s", diff)
	}
}
