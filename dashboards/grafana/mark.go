package grafana

import "time"

// Mark is what is marked on the time axis while a question has an answer.
type Mark struct {
	Title string // Russian
	Ask   Ask
	Color string
	Text  string // {label} stands for a label's value
}

// markStep is how finely marks are looked for.
const markStep = time.Minute

// annotation is the mark as Grafana's two data sources keep it: each has fields of its
// own for the question and for the words.
func (m Mark) annotation(l Language) map[string]any {
	a := map[string]any{"name": m.Title, "enable": true, "hide": false, "iconColor": m.Color, "datasource": reference(l, m.Ask.From)}
	if l == InfluxQL {
		a["query"] = influxQuery(m.Ask, influxRange, "time("+span(markStep)+")")
		a["textColumn"] = "value"
		return a
	}
	a["expr"], a["step"] = prom(m.Ask, span(max(m.Ask.Window, markStep))), span(markStep)
	a["titleFormat"], a["textFormat"], a["useValueForTime"] = m.Title, labels(m.Text), false
	return a
}
