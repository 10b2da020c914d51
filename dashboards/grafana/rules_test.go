package grafana

import (
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// Rules can be told apart, say what to do, and are read by Grafana and Prometheus as
// they were meant.
func TestRulesAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range Groups() {
		for _, r := range g.Rules {
			for _, name := range []string{r.UID, r.Name} {
				if name == "" || seen[name] || len(name) > 30 {
					t.Errorf("%q is missing, taken or too long", name)
				}
				seen[name] = true
			}
			if !cyrillic(r.Title) || !cyrillic(r.Todo) || cyrillic(r.Why) || r.Why == "" {
				t.Errorf("%s: title and what to do are Russian, the meaning is English: %+v", r.UID, r)
			}
			if !slices.Contains([]string{"high", "medium", "low"}, r.Priority) || r.Ask.From != g.From {
				t.Errorf("%s has the priority %q and asks %s in a group of %s", r.UID, r.Priority, r.Ask.From, g.From)
			}
			for _, label := range labelsIn(r.Title) {
				if !slices.Contains(r.Ask.By, label) {
					t.Errorf("%s: the title names %s, the answers have %v", r.UID, label, r.Ask.By)
				}
			}
		}
	}
}

func labelsIn(title string) []string {
	var list []string
	for {
		_, rest, found := strings.Cut(title, "{")
		if !found {
			return list
		}
		label, after, _ := strings.Cut(rest, "}")
		list, title = append(list, label), after
	}
}

// The names of what a panel draws are of labels that its answers have.
func TestLegendsNameLabelsThatStay(t *testing.T) {
	for _, b := range Boards() {
		for _, r := range b.Rows {
			for _, p := range r.Panels {
				for _, line := range p.Lines {
					for _, label := range labelsIn(line.Name) {
						if !slices.Contains(line.Ask.By, label) {
							t.Errorf("%s: %s: the name %q, the labels %v", b.UID, p.Title, line.Name, line.Ask.By)
						}
					}
				}
			}
		}
	}
}

func TestTitlesOfRules(t *testing.T) {
	f := func(title, bare, template string) {
		t.Helper()
		if got := plain(title); got != bare {
			t.Errorf("%q: %q, want %q", title, got, bare)
		}
		if got := templated(title); got != template {
			t.Errorf("%q: %q, want %q", title, got, template)
		}
	}
	f("Мощность зоны выше предела", "Мощность зоны выше предела", "Мощность зоны выше предела")
	f("Прибор {meter}: уход часов", "Прибор: уход часов", "Прибор {{ .Labels.meter }}: уход часов")
	f("{resident} выше разрешённой", "Выше разрешённой", "{{ .Labels.resident }} выше разрешённой")
}

// A provisioning file puts variables of the environment in: no dollar sign may stand
// where it would be taken for one. The sources of the rules are those that this
// repository provides.
func TestAlertingFilesAreReadAsTheyAreMeant(t *testing.T) {
	titles := map[string]bool{} // one folder may have both languages
	for _, l := range Languages() {
		var file alertFile
		for _, f := range rendered(t) {
			if f.Name != "alerting/"+string(l)+".yaml" {
				continue
			}
			if err := yaml.UnmarshalWithOptions(f.Text, &file, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
		}
		if file.APIVersion != 1 || len(file.Groups) != len(Groups()) {
			t.Fatalf("%s: version %d, %d groups", l, file.APIVersion, len(file.Groups))
		}
		provided := providedSources(t, l)
		for _, g := range file.Groups {
			for _, r := range g.Rules {
				if titles[r.Title] {
					t.Errorf("two rules are called %q", r.Title)
				}
				titles[r.Title] = true
				said := r.UID + r.Title + g.Folder + g.Name
				for _, text := range r.Annotations {
					said += text
				}
				if strings.Contains(said, "$") || len(r.UID) > 40 || r.Condition != "C" || len(r.Data) != 3 {
					t.Errorf("%s: %+v", r.UID, r)
				}
				if uid := r.Data[0].DatasourceUID; !slices.Contains(provided, uid) {
					t.Errorf("%s asks %s, provided are %v", r.UID, uid, provided)
				}
			}
		}
	}
}
