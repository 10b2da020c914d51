package grafana

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"asue/metering"
)

// lookBack is the range of a board.
const lookBack = 30 * time.Minute

// Every question of every panel has an answer, in the calm or in trouble; a panel that may
// be empty in the calm says why. Marks stand in trouble alone; no rule cries in the calm,
// each does in trouble.
func TestEveryQuestionHasItsAnswer(t *testing.T) {
	list := scenes()
	stages := map[Language]stage{PromQL: promStage(t, list), InfluxQL: influxStage(t, list)}
	for l, ask := range stages {
		questions := 0
		for _, b := range madeBoards(t, l) {
			for _, p := range b.Panels {
				questions += len(p.Targets)
				checkAnswers(t, ask, b, p, list)
			}
		}
		t.Logf("%s: %d questions of panels", l, questions)
		for _, s := range list {
			checkMarksAndRules(t, ask, l, s)
		}
	}
	for _, s := range list {
		checkRuleFiles(t, stages[PromQL], s)
	}
	checkFigures(t, stages[PromQL], list[1].end)
	checkAgreement(t, stages, list[1].end)
}

// checkAnswers asks all questions of a panel in all scenes. Of the many questions about
// qualities some have no answer: no scene has meters of each.
func checkAnswers(t *testing.T, ask stage, b made, p madePanel, list []scene) {
	t.Helper()
	answered, calm := 0, false
	for _, target := range p.Targets {
		some := false
		for _, s := range list {
			if len(ask(t, target.text(), s.end.Add(-lookBack), s.end, stepOf(t, p))) > 0 {
				some, calm = true, calm || !s.trouble
			}
		}
		if some {
			answered++
		} else if len(p.Targets) < int(metering.Misconfigured) {
			t.Errorf("%s: %q shows nothing: %s", b.UID, p.Title, target.text())
		}
	}
	if len(p.Targets) > 0 && (answered == 0 || !calm && p.FieldConfig.Defaults.NoValue == "") {
		t.Errorf("%s: %q is empty in the calm and does not say why", b.UID, p.Title)
	}
}

func checkMarksAndRules(t *testing.T, ask stage, l Language, s scene) {
	t.Helper()
	for _, b := range madeBoards(t, l) {
		for _, a := range b.Annotations.List {
			if n := len(ask(t, a.Expr+a.Query, s.end.Add(-lookBack), s.end, time.Minute)); (n > 0) != s.trouble {
				t.Errorf("%s, %s: %q marks %d series: %s%s", b.UID, s.name, a.Name, n, a.Expr, a.Query)
			}
		}
	}
	for _, g := range Groups() {
		for _, r := range g.Rules {
			if got := cries(t, ask, l, r, s); got != s.trouble {
				t.Errorf("%s, %s: rule %s cries: %v: %v", l, s.name, r.UID, got, r.question(l))
			}
		}
	}
}

// stepOf is the width of a step; 0 for a panel of now.
func stepOf(t *testing.T, p madePanel) time.Duration {
	t.Helper()
	switch {
	case p.Type != "timeseries":
		return 0
	case p.Interval == "":
		return sceneStep
	}
	d, err := time.ParseDuration(p.Interval)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// cries does what Grafana does with a rule: the last value of each series is compared.
func cries(t *testing.T, ask stage, l Language, r Rule, s scene) bool {
	t.Helper()
	question, _ := r.question(l)["expr"].(string)
	if l == InfluxQL {
		question, _ = r.question(l)["query"].(string)
	}
	answers := ask(t, question, s.end.Add(-r.Ask.window()), s.end, 0)
	for _, values := range answers {
		last := values[len(values)-1]
		if r.When.Op == ">" && last > r.When.Value || r.When.Op == "<" && last < r.When.Value {
			return true
		}
	}
	return len(answers) == 0 && r.Missed
}

// checkRuleFiles asks what Prometheus or vmalert would.
func checkRuleFiles(t *testing.T, ask stage, s scene) {
	t.Helper()
	for _, f := range rendered(t) {
		if !strings.HasPrefix(f.Name, "prometheus/") {
			continue
		}
		var file promFile
		if err := yaml.Unmarshal(f.Text, &file); err != nil {
			t.Fatal(err)
		}
		for _, g := range file.Groups {
			for _, r := range g.Rules {
				want := s.trouble
				switch {
				case r.Alert == "AsueSilent": // nobody answers then: AsueSilentMissed
					want = false
				case strings.HasSuffix(r.Alert, "Missed"):
					want = r.Alert == "AsueSilentMissed" && s.trouble
				}
				if n := len(ask(t, r.Expr, s.end, s.end, 0)); (n > 0) != want {
					t.Errorf("%s, %s: alert %s holds for %d series: %s", f.Name, s.name, r.Alert, n, r.Expr)
				}
			}
		}
	}
}

// checkFigures looks at a few panels of the scene in trouble with a pencil.
func checkFigures(t *testing.T, ask stage, end time.Time) {
	t.Helper()
	questions := map[string]madeTarget{}
	for _, b := range madeBoards(t, PromQL) {
		for _, p := range b.Panels {
			if len(p.Targets) > 0 {
				questions[b.UID+" "+p.Title] = p.Targets[0]
			}
		}
	}
	f := func(title string, want ...float64) {
		t.Helper()
		var got []float64
		for _, values := range ask(t, questions[title].text(), end, end, 0) {
			got = append(got, values[0])
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", title, d)
		}
	}
	f("asue-zone Запас", -3.3e6)                              // 29.7 MW less 33
	f("asue-zone Мощность резидентов", 6e6)                   // r1 is not chosen
	f("asue-zone Самые нагруженные", 3e6, 6e6)                // r1's check meter is not counted
	f("asue-zone Ближе всех к разрешённой мощности", 50, 150) // 3 of 6 MW, 6 of 4 MW
	f("asue-zone Загрузка линий и трансформаторов", 27, 123)  //
	f("asue-resident Коэффициент мощности", 1)                // r2 draws no reactive power
	f("asue-resident Загрузка разрешённой мощности", 150)     //
	f("asue-quality Приборы учёта", 4)                        // all were heard within a day
	f("asue-quality Не исправны", 1)                          // m2
	f("asue-system Среднее время ответа", 0.2)                // 3 s of 15 answers
	f("asue-system Загрузка самой занятой линии", 0.97)       //
}

// checkAgreement holds the panels of now against each other: both languages say the same,
// but for how much counters grew, of which a store that has only samples can say no more
// than the difference of the first and the last.
func checkAgreement(t *testing.T, stages map[Language]stage, end time.Time) {
	t.Helper()
	figures := func(l Language) map[string][]float64 {
		all := map[string][]float64{}
		for _, b := range madeBoards(t, l) {
			for _, p := range b.Panels {
				if p.Type == "timeseries" {
					continue
				}
				key := strings.TrimPrefix(strings.TrimPrefix(b.UID, "asue-"), "influxdb-") + " " + p.Title
				for _, target := range p.Targets {
					for _, values := range stages[l](t, target.text(), end, end, 0) {
						all[key] = append(all[key], values...)
					}
				}
				slices.Sort(all[key])
			}
		}
		return all
	}
	if d := cmp.Diff(figures(PromQL), figures(InfluxQL), cmpopts.EquateApprox(0.01, 0)); d != "" {
		t.Errorf("the languages do not agree (-PromQL +InfluxQL):\n%s", d)
	}
}
