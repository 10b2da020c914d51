package dispatcher_test

import (
	"strings"
	"testing"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
)

// A viewer looks at a report and takes it along; whose name is known leaves a trace.
func TestReports(t *testing.T) {
	o := newOffice(t, func(c *dispatcher.Config) { c.Reports = fakezone.Reports{Zone: fakezone.New(3, 7)} })
	b := o.browser(t)
	b.login("viewer")
	for _, want := range []struct{ query, kind, disposition, text string }{
		{"daily?from=2026-10-05&to=2026-10-06", "text/html; charset=utf-8", "inline", "Суточная ведомость"},
		{"daily?from=2026-10-05&to=2026-10-06&lang=kk&format=csv", "text/csv; charset=utf-8", "attachment", "Есепке алу нүктесі"},
		{"profile?from=2026-10-01&to=2026-11-01&block=60m&lang=en", "text/html; charset=utf-8", "inline", "Load profile, 60 min"},
		{"profile?format=xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment", "PK"},
	} {
		w := b.do("GET", "/api/v1/reports/"+want.query, nil)
		head := w.Header()
		if w.Code != 200 || head.Get("Content-Type") != want.kind || !strings.HasPrefix(head.Get("Content-Disposition"), want.disposition) || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("%s: %d %s %s\n%.300s", want.query, w.Code, head.Get("Content-Type"), head.Get("Content-Disposition"), w.Body)
		}
		if policy := head.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || want.disposition == "inline" && !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: policy %s", want.query, policy)
		}
	}
	if got := o.books.kinds(); got != "login export.report export.report export.report export.report" {
		t.Errorf("in the audit: %s", got)
	}
	for _, wrong := range []string{"weather", "daily?from=2026-10-01&to=2026-11-01", "daily?from=yesterday", "profile?from=2020-01-01&to=2026-01-01", "peaks?format=pdf", "peaks?lang=de", "peaks?block=20m", "peaks?colour=red"} {
		b.ask("GET", "/api/v1/reports/"+wrong, nil, 422)
	}
	get[map[string]any](t, newStage(t, func(*dispatcher.Config) {}), "/api/v1/reports/daily", 503)
}
