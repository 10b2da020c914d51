package grafana

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// Folder is Grafana's folder of boards and rules.
const Folder = "АСУЭ"

// SourceUID is the uid that deploy/grafana gives a data source. Rules name it, because a
// rule has no variables; boards do not.
func SourceUID(l Language, from Source) string {
	switch {
	case l == InfluxQL && from == Figures:
		return "asue-influxdb-metrics"
	case l == InfluxQL:
		return "asue-influxdb"
	case from == Figures:
		return "asue-metrics"
	}
	return "asue"
}

// The form of Grafana's provisioning files for alert rules, version 1.
type (
	alertFile struct {
		APIVersion int          `yaml:"apiVersion"`
		Groups     []alertGroup `yaml:"groups"`
	}
	alertGroup struct {
		OrgID    int         `yaml:"orgId"`
		Name     string      `yaml:"name"`
		Folder   string      `yaml:"folder"`
		Interval string      `yaml:"interval"`
		Rules    []alertRule `yaml:"rules"`
	}
	alertRule struct {
		UID          string            `yaml:"uid"`
		Title        string            `yaml:"title"`
		Condition    string            `yaml:"condition"`
		Data         []alertQuery      `yaml:"data"`
		NoDataState  string            `yaml:"noDataState"`
		ExecErrState string            `yaml:"execErrState"`
		For          string            `yaml:"for"`
		Annotations  map[string]string `yaml:"annotations"`
		Labels       map[string]string `yaml:"labels"`
		IsPaused     bool              `yaml:"isPaused"`
	}
	alertQuery struct {
		RefID             string         `yaml:"refId"`
		RelativeTimeRange alertRange     `yaml:"relativeTimeRange"`
		DatasourceUID     string         `yaml:"datasourceUid"`
		Model             map[string]any `yaml:"model"`
	}
	alertRange struct {
		From int `yaml:"from"` // seconds ago
		To   int `yaml:"to"`
	}
)

// alerting is the provisioning file of all rules in a language.
func alerting(l Language) ([]byte, error) {
	file := alertFile{APIVersion: 1}
	for _, g := range Groups() {
		made := alertGroup{OrgID: 1, Name: g.Name, Folder: Folder, Interval: span(g.Every)}
		if l == InfluxQL {
			made.Name = strings.Replace(made.Name, "asue-", "asue-influxdb-", 1)
		}
		for _, r := range g.Rules {
			rule, err := r.alert(l)
			if err != nil {
				return nil, err
			}
			made.Rules = append(made.Rules, rule)
		}
		file.Groups = append(file.Groups, made)
	}
	text, err := yaml.Marshal(file)
	return append([]byte(fileHead), text...), err
}

const fileHead = "# Made from dashboards/grafana by `make grafana`; do not edit.\n"

// alert asks (A), takes the last answer of each series (B) and compares it (C).
func (r Rule) alert(l Language) (alertRule, error) {
	operator, ok := map[string]string{">": "gt", "<": "lt"}[r.When.Op]
	if !ok {
		return alertRule{}, fmt.Errorf("rule %s: Grafana has no threshold %q, only > and <", r.UID, r.When.Op)
	}
	uid, title, noData := r.UID, plain(r.Title), "OK"
	if l == InfluxQL {
		uid, title = strings.Replace(uid, "asue-", "asue-influxdb-", 1), title+" (InfluxDB)"
	}
	if r.Missed {
		noData = "Alerting"
	}
	back := int(r.Ask.window().Seconds())
	expression := func(ref, kind string, more map[string]any) alertQuery {
		model := map[string]any{"refId": ref, "type": kind, "datasource": map[string]string{"type": "__expr__", "uid": "__expr__"}}
		for k, v := range more {
			model[k] = v
		}
		return alertQuery{RefID: ref, RelativeTimeRange: alertRange{back, 0}, DatasourceUID: "__expr__", Model: model}
	}
	return alertRule{
		UID: uid, Title: title, Condition: "C", NoDataState: noData, ExecErrState: "Error", For: span(r.For),
		Annotations: map[string]string{"summary": templated(r.Title), "description": r.Todo, "meaning": r.Why},
		Labels:      map[string]string{"system": "asue", "priority": r.Priority},
		Data: []alertQuery{
			{RefID: "A", RelativeTimeRange: alertRange{back, 0}, DatasourceUID: SourceUID(l, r.Ask.From), Model: r.question(l)},
			expression("B", "reduce", map[string]any{"expression": "A", "reducer": "last", "settings": map[string]string{"mode": "dropNN"}}),
			expression("C", "threshold", map[string]any{"expression": "B", "conditions": []map[string]any{
				{"evaluator": map[string]any{"type": operator, "params": []float64{r.When.Value}}}}}),
		},
	}, nil
}

func (r Rule) question(l Language) map[string]any {
	if l == InfluxQL {
		return map[string]any{"refId": "A", "query": influxRule(r.Ask), "rawQuery": true, "resultFormat": "time_series", "intervalMs": 15000, "maxDataPoints": 43200}
	}
	return map[string]any{"refId": "A", "expr": promNow(r.Ask), "instant": true, "range": false, "intervalMs": 15000, "maxDataPoints": 43200}
}

// plain is a title without a label's value: the rule's own, which is the same for all
// that it finds.
func plain(title string) string {
	for {
		before, rest, found := strings.Cut(title, "{")
		if !found {
			break
		}
		_, after, _ := strings.Cut(rest, "}")
		title = strings.Trim(strings.TrimRight(before, " ")+after, ": ")
	}
	first, size := utf8.DecodeRuneInString(title)
	return string(unicode.ToUpper(first)) + title[size:]
}

// templated is a title with the label's value. The template has no dollar sign, which a
// provisioning file would take for a variable of the environment.
func templated(title string) string {
	return strings.NewReplacer("{", "{{ .Labels.", "}", " }}").Replace(title)
}
