package grafana

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// made is what the tests read of a board, as Grafana does.
type made struct {
	UID, Title, Description string
	SchemaVersion           int `json:"schemaVersion"`
	Tags                    []string
	Links                   []struct{ Tags []string }
	Templating              struct {
		List []struct {
			Name, Type string
			Query      any
			Datasource struct{ Type, UID string }
		}
	}
	Annotations struct {
		List []struct {
			Name, Expr, Query string
			Datasource        struct{ Type, UID string }
		}
	}
	Panels []madePanel
}

type madePanel struct {
	ID              int
	Type, Title     string
	Description     string
	Interval        string
	GridPos         struct{ X, Y, W, H int }
	Datasource      struct{ Type, UID string }
	Targets         []madeTarget
	FieldConfig     struct{ Defaults madeField }
	Transformations []struct{ ID string }
	Options         map[string]any
}

type madeField struct {
	Unit, NoValue string
	Thresholds    struct {
		Steps []struct {
			Color string
			Value *float64
		}
	}
}

type madeTarget struct {
	RefID, Expr, Query, LegendFormat, Alias, ResultFormat string
	Instant, Range, RawQuery                              bool
	Datasource                                            struct{ Type, UID string }
}

// text is the question, in either language.
func (t madeTarget) text() string { return t.Expr + t.Query }

func madeBoards(t *testing.T, l Language) []made {
	t.Helper()
	var all []made
	for _, f := range rendered(t) {
		if !strings.HasPrefix(f.Name, "boards/"+string(l)+"/") {
			continue
		}
		var b made
		if err := json.Unmarshal(f.Text, &b); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		all = append(all, b)
	}
	return all
}

// units of Grafana that the boards use.
var units = []string{"watt", "watth", "voltampreact", "volt", "kvolt", "amp", "percent", "percentunit", "litre", "s", "bytes", "cps", "none", "dateTimeFromNow"}

// There are four boards in each language, and Grafana can tell them apart.
func TestFourBoardsInEachLanguage(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range Languages() {
		boards := madeBoards(t, l)
		if len(boards) != 4 {
			t.Errorf("%d boards in %s", len(boards), l)
		}
		for _, b := range boards {
			for _, name := range []string{b.UID, b.Title} {
				if name == "" || seen[name] {
					t.Errorf("%q is missing or taken", name)
				}
				seen[name] = true
			}
			if len(b.UID) > 40 || b.SchemaVersion < 36 || len(b.Links) != 1 || !slices.Equal(b.Tags, b.Links[0].Tags) {
				t.Errorf("%s: schema %d, tags %v, links %v", b.UID, b.SchemaVersion, b.Tags, b.Links)
			}
			if !cyrillic(b.Title) || cyrillic(b.Description) || b.Description == "" {
				t.Errorf("%s: title %q, description %q; want Russian and English", b.UID, b.Title, b.Description)
			}
		}
	}
}

// A board asks only sources that are chosen at its top, and its panels lie beside each
// other: Grafana would move those that overlap.
func TestBoardsAreWellFormed(t *testing.T) {
	for _, l := range Languages() {
		for _, b := range madeBoards(t, l) {
			choices := map[string]bool{}
			for _, v := range b.Templating.List {
				if v.Type == "datasource" {
					if v.Query != string(l) {
						t.Errorf("%s: variable %s offers %v", b.UID, v.Name, v.Query)
					}
					choices["${"+v.Name+"}"] = true
				}
			}
			ok := func(where string, source struct{ Type, UID string }) {
				if source.Type != string(l) || !choices[source.UID] {
					t.Errorf("%s: %s asks %+v, choices are %v", b.UID, where, source, slices.Sorted(maps.Keys(choices)))
				}
			}
			for _, v := range b.Templating.List {
				if v.Type == "query" {
					ok(v.Name, v.Datasource)
				}
			}
			for _, a := range b.Annotations.List {
				ok(a.Name, a.Datasource)
				if (l == PromQL) != (a.Expr != "") || (l == InfluxQL) != (a.Query != "") {
					t.Errorf("%s: %s asks %q, %q", b.UID, a.Name, a.Expr, a.Query)
				}
			}
			taken := map[[2]int]string{}
			ids := map[int]bool{}
			for _, p := range b.Panels {
				if p.ID == 0 || ids[p.ID] || !cyrillic(p.Title) {
					t.Errorf("%s: panel %q has the id %d", b.UID, p.Title, p.ID)
				}
				ids[p.ID] = true
				place(t, b.UID, p, taken)
				if p.Type == "row" {
					continue
				}
				checkPanel(t, l, b.UID, p)
				ok(p.Title, p.Datasource)
				for _, target := range p.Targets {
					ok(p.Title, target.Datasource)
				}
			}
		}
	}
}

func place(t *testing.T, board string, p madePanel, taken map[[2]int]string) {
	t.Helper()
	if p.GridPos.W < 1 || p.GridPos.H < 1 || p.GridPos.X < 0 || p.GridPos.X+p.GridPos.W > columns {
		t.Errorf("%s: panel %q lies at %+v", board, p.Title, p.GridPos)
	}
	for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
		for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
			if other, is := taken[[2]int{x, y}]; is {
				t.Fatalf("%s: panels %q and %q lie upon each other", board, p.Title, other)
			}
			taken[[2]int{x, y}] = p.Title
		}
	}
}

func checkPanel(t *testing.T, l Language, board string, p madePanel) {
	t.Helper()
	if !slices.Contains([]string{"stat", "gauge", "bargauge", "table", "timeseries"}, p.Type) {
		t.Errorf("%s: panel %q is a %q", board, p.Title, p.Type)
	}
	if !slices.Contains(units, p.FieldConfig.Defaults.Unit) || cyrillic(p.Description) || len(p.Description) < 10 {
		t.Errorf("%s: panel %q has the unit %q and says %q", board, p.Title, p.FieldConfig.Defaults.Unit, p.Description)
	}
	refs := map[string]bool{}
	for _, target := range p.Targets {
		if target.RefID == "" || refs[target.RefID] || target.text() == "" {
			t.Errorf("%s: panel %q: %+v", board, p.Title, target)
		}
		refs[target.RefID] = true
		if l == PromQL && target.Instant == target.Range || l == InfluxQL && !target.RawQuery {
			t.Errorf("%s: panel %q asks neither about now nor over time: %+v", board, p.Title, target)
		}
	}
	if len(refs) == 0 {
		t.Errorf("%s: panel %q asks nothing", board, p.Title)
	}
	steps := p.FieldConfig.Defaults.Thresholds.Steps
	for i, s := range steps {
		if (i == 0) != (s.Value == nil) || i > 1 && *s.Value <= *steps[i-1].Value || !strings.HasPrefix(s.Color, "#") {
			t.Errorf("%s: panel %q: thresholds %s", board, p.Title, fmt.Sprint(steps))
		}
	}
}

// The board of InfluxDB lacks only what InfluxQL has no words for, and the description
// says why.
func TestWhatInfluxQLCannotAsk(t *testing.T) {
	for _, b := range Boards() {
		for _, r := range b.Rows {
			for _, p := range r.Panels {
				for _, line := range p.Lines {
					if (line.Ask.PromQL != "") != (line.Ask.Why != "") {
						t.Errorf("%s: %s: %q, why %q", b.UID, p.Title, line.Ask.PromQL, line.Ask.Why)
					}
				}
			}
		}
	}
	for i, b := range madeBoards(t, InfluxQL) {
		if full := madeBoards(t, PromQL)[i]; len(b.Panels) < len(full.Panels)-1 {
			t.Errorf("%s has %d panels of %d", b.UID, len(b.Panels), len(full.Panels))
		}
	}
}

// Power that is bounded shows its bound, and shares of a limit turn red at the limit.
func TestThresholdsStandAtTheLimit(t *testing.T) {
	want := map[string]string{"Зона": "Мощность зоны и предел", "Резидент": "Мощность и разрешённая мощность"}
	for _, b := range Boards() {
		for _, r := range b.Rows {
			for _, p := range r.Panels {
				if p.Title == want[b.Title] && (p.Limit == "" || !slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Name == p.Limit })) {
					t.Errorf("%s: %s draws no limit", b.Title, p.Title)
				}
				if p.Look == lookDial && !slices.Contains(p.Thresholds, Threshold{100, red}) {
					t.Errorf("%s: %s: thresholds %v", b.Title, p.Title, p.Thresholds)
				}
			}
		}
	}
}
