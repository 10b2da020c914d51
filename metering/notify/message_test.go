package notify_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/notify"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/messages.txt anew")

// TestMessages holds what people read, in three languages, to a file that they can read.
func TestMessages(t *testing.T) {
	at := evening
	resident := alarm.Alarm{ID: "conditions-exceeded/ceramics-1", Kind: "conditions-exceeded", Subject: "ceramics-1", Priority: alarm.Low, Active: true, Times: 3,
		Args: map[string]any{"resident": "Керамика-1", "power_w": 2_100_000}}
	zone := alarm.Alarm{ID: "source-lost/zone", Kind: "source-lost", Subject: "zone", Priority: alarm.High, Times: 1}
	line := alarm.Alarm{ID: "line-silent/line/gw-1", Kind: "line-silent", Subject: "line/gw-1", Priority: alarm.Medium, Active: true, Times: 1, Members: 12}
	meter := alarm.Alarm{ID: "meter-silent/M-7", Kind: "meter-silent", Subject: "M-7", Priority: alarm.Low, Active: true, Times: 1, Args: map[string]any{"meter": "M-7", "point": "F-1"}}
	events := []notify.Event{
		{What: notify.Raised, Alarm: resident, At: at, Announced: at, Respond: time.Hour},
		{What: notify.Escalated, Alarm: zone, At: at.Add(2 * time.Minute), Announced: at, Respond: 2 * time.Minute},
		{What: notify.Returned, Alarm: line, At: at.Add(90 * time.Second), Announced: at, Respond: time.Hour},
		{What: notify.Raised, Alarm: meter, At: at, Announced: at, Respond: 4 * time.Hour},
		{What: notify.Test, At: at},
	}
	var b strings.Builder
	for _, lang := range notify.Langs() {
		for i, e := range events {
			m := notify.Write(e, notify.Place{Site: site(), Kinds: catalogue.BuiltIn(), Demo: i == 0}, lang)
			fmt.Fprintf(&b, "%s %s\n%s\n", lang, m.Key, m.Subject)
			for _, l := range m.Text {
				fmt.Fprintf(&b, "  %s\n", strings.TrimPrefix(l.Name+": "+l.Text, ": "))
			}
			b.WriteString("\n")
		}
	}
	const file = "testdata/messages.txt"
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got); renew with -rewrite and read it:\n%s", diff)
	}
}

// TestMessageForPrograms holds the names of the JSON that webhooks get.
func TestMessageForPrograms(t *testing.T) {
	a := alarm.Alarm{ID: "limit/zone", Kind: "limit", Subject: "zone", Priority: alarm.High, Active: true, Times: 1, Args: map[string]any{"limit_w": 29_700_000}}
	m := notify.Write(notify.Event{What: notify.Raised, Alarm: a, At: evening, Announced: evening, Respond: 2 * time.Minute}, notify.Place{Site: site(), Kinds: kinds()}, "en")
	got, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":1,"key":"limit/zone@2026-11-30T13:00:00.000Z/raised","event":"raised","at":"2026-11-30T13:00:00Z","site":{"id":"aktobe","name":"Актобе"},` +
		`"alarm":{"id":"limit/zone","kind":"limit","subject":"zone","priority":"high","active":true,"announced":"2026-11-30T13:00:00Z","respond_by":"2026-11-30T13:02:00Z","times":1,"args":{"limit_w":29700000}},` +
		`"language":"en","subject":"▲E Актобе: title en","title":"title en","text":[{"name":"Alarm","text":"title en"},{"name":"Since","text":"30.11.2026 18:00:00"},{"name":"Respond within","text":"2 min"},` +
		`{"name":"Cause","text":"meter no data is dark"},{"name":"Consequence","text":"nobody sees no data"},{"name":"What to do","text":"ring the fitter"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if m := notify.Write(notify.Event{What: notify.Test, At: evening}, notify.Place{Site: site()}, "xx"); m.Language != notify.Russian || m.Alarm != nil {
		t.Errorf("a test in an unknown language: %+v", m)
	}
}
