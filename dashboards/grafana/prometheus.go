package grafana

import (
	"strings"

	"github.com/goccy/go-yaml"
)

// The form of a rule file of Prometheus and vmalert.
type (
	promFile struct {
		Groups []promGroup `yaml:"groups"`
	}
	promGroup struct {
		Name     string     `yaml:"name"`
		Interval string     `yaml:"interval"`
		Rules    []promRule `yaml:"rules"`
	}
	promRule struct {
		Alert       string            `yaml:"alert"`
		Expr        string            `yaml:"expr"`
		For         string            `yaml:"for,omitempty"`
		Labels      map[string]string `yaml:"labels"`
		Annotations map[string]string `yaml:"annotations"`
	}
)

// promRules are the rule files: what Prometheus can ask, because it collects the figures
// of the processes itself, and what needs the series store.
func promRules() ([]File, error) {
	files := []struct {
		name string
		from Source
	}{{"prometheus/asue-figures.rules.yaml", Figures}, {"prometheus/asue-samples.rules.yaml", Samples}}
	var made []File
	for _, f := range files {
		var file promFile
		for _, g := range Groups() {
			if g.From == f.from {
				file.Groups = append(file.Groups, g.prometheus())
			}
		}
		text, err := yaml.Marshal(file)
		if err != nil {
			return nil, err
		}
		made = append(made, File{f.name, append([]byte(fileHead), text...)})
	}
	return made, nil
}

func (g Group) prometheus() promGroup {
	made := promGroup{Name: g.Name, Interval: span(g.Every)}
	for _, r := range g.Rules {
		rule := promRule{
			Alert: r.Name, Expr: promNow(r.Ask) + " " + r.When.prom(),
			Labels:      map[string]string{"system": "asue", "priority": r.Priority},
			Annotations: map[string]string{"summary": templated(r.Title), "description": r.Todo, "meaning": r.Why},
		}
		if r.For > 0 {
			rule.For = span(r.For)
		}
		made.Rules = append(made.Rules, rule)
		if r.Missed {
			// A question that has no answer passes no test: that it has none is a rule of its own.
			rule.Alert, rule.Expr = r.Name+"Missed", r.missed()
			rule.Annotations = map[string]string{"summary": plain(r.Title) + ": нет данных", "description": r.Todo, "meaning": "There is no answer at all. " + r.Why}
			made.Rules = append(made.Rules, rule)
		}
	}
	return made
}

// missed holds while one of the fields has no sample.
func (r Rule) missed() string {
	var parts []string
	for _, v := range r.Ask.Values {
		parts = append(parts, "absent_over_time("+promMetric(r.Ask.From, v.Field)+promLabels(r.Ask.Where)+"["+span(r.Ask.window())+"])")
	}
	return strings.Join(parts, " or ")
}
