package dispatcher_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
	"asue/metering/alarm"
)

// alarmed is a stage whose zone has a book of alarms.
func alarmed(t *testing.T) (*stage, *fakezone.Alarms) {
	t.Helper()
	people, err := fakezone.NewPeople(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := fakezone.NewAlarms(people, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return newStage(t, func(c *dispatcher.Config) { c.Alarms = alarms }), alarms
}

// TestStreamTellsOfAlarms holds that whoever follows the stream knows at every second how
// many alarms there are and which version of the list, and is told nothing while nothing
// changes.
func TestStreamTellsOfAlarms(t *testing.T) {
	s, alarms := alarmed(t)
	s.Publish()
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	live := connect(t, web.URL, "")
	var first dispatcher.Snapshot
	if err := json.Unmarshal([]byte(live.next().data), &first); err != nil {
		t.Fatal(err)
	}
	if a := first.Alarms; a == nil || a.Unacked[alarm.Low] != 2 || a.Active[alarm.Low] != 2 || a.HornS != 0 {
		t.Fatalf("the first snapshot says %+v", first.Alarms)
	}
	held := first.Alarms
	second := func(what string, told bool) {
		t.Helper()
		s.pass(time.Second)
		alarms.Tick(s.time())
		s.Publish()
		var d struct{ Alarms *dispatcher.AlarmSummary }
		if err := json.Unmarshal([]byte(live.next().data), &d); err != nil {
			t.Fatal(err)
		}
		if (d.Alarms != nil) != told {
			t.Errorf("%s: told %v, want %v", what, d.Alarms, told)
		}
		if d.Alarms != nil {
			held = d.Alarms
		}
		want := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Alarms
		board := get[dispatcher.AlarmBoard](t, s, "/api/v1/alarms", 200)
		if mustJSON(t, held) != mustJSON(t, want) || held.Version != board.Version {
			t.Errorf("%s: who follows holds %s, the snapshot says %s, the list is of version %d", what, mustJSON(t, held), mustJSON(t, want), board.Version)
		}
	}
	act := func(a dispatcher.AlarmAct) {
		t.Helper()
		if err := alarms.Act(t.Context(), metering.Account{Name: "dispatcher-1", Role: metering.RoleDispatcher}, a); err != nil {
			t.Fatal(err)
		}
	}
	second("nothing has changed", false)
	alarms.Say("source-lost", "zone", true, s.time())
	second("a high one begins", true)
	if held.HornS != 5 || held.Unacked[alarm.High] != 1 {
		t.Errorf("the horn every %v s, %d unacknowledged; want every 5 s, 1", held.HornS, held.Unacked[alarm.High])
	}
	second("it stands", false)
	alarms.Say("breaker-open", "q-1", true, s.time())
	second("what it explains is hidden", true)
	if held.Hidden != 1 || held.Unacked[alarm.Medium] != 0 {
		t.Errorf("explained and announced: %+v", held)
	}
	act(dispatcher.AlarmAct{Act: "acknowledge", Alarm: "source-lost/zone"})
	second("acknowledged", true)
	if held.HornS != 0 || held.Active[alarm.High] != 1 || held.Unacked[alarm.High] != 0 {
		t.Errorf("acknowledged while it is so: %+v", held)
	}
	act(dispatcher.AlarmAct{Act: "comment", Alarm: "source-lost/zone", Why: "звоним"})
	second("a comment is another version of the list", true)
	alarms.Say("source-lost", "zone", false, s.time())
	second("over", true)
	if held.Active[alarm.High] != 0 {
		t.Errorf("over: %+v", held)
	}
}

// TestNoAlarmsKept holds that a process without a book says so, and that its stream does
// not pretend that there were none.
func TestNoAlarmsKept(t *testing.T) {
	s := newStage(t, nil)
	s.Publish()
	if a := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Alarms; a != nil {
		t.Errorf("without a book the snapshot says %+v", a)
	}
	get[map[string]any](t, s, "/api/v1/alarms", 503)
}

// TestKindsInEveryLanguage holds that a dispatcher finds what to do in his own language.
func TestKindsInEveryLanguage(t *testing.T) {
	s, _ := alarmed(t)
	type kinds struct{ Kinds []dispatcher.AlarmKind }
	seen := map[string]bool{}
	for _, lang := range []string{"ru", "kk", "en"} {
		list := get[kinds](t, s, "/api/v1/alarms/kinds?lang="+lang, 200).Kinds
		if len(list) == 0 || len(list) > alarm.MostKinds {
			t.Fatalf("%d kinds in %s", len(list), lang)
		}
		for _, k := range list {
			if k.Title == "" || k.Cause == "" || k.Consequence == "" || k.Action == "" || k.RespondS <= 0 {
				t.Errorf("%s in %s is not whole: %+v", k.Kind, lang, k)
			}
			if seen[k.Action] {
				t.Errorf("%s in %s says what another says, or another language: %s", k.Kind, lang, k.Action)
			}
			seen[k.Action] = true
		}
	}
	get[map[string]any](t, s, "/api/v1/alarms/kinds?lang=de", 422)
}

// TestActsAreNamed holds that only a person does something with an alarm, that it stands
// under the person's name, and that a refusal says why.
func TestActsAreNamed(t *testing.T) {
	people, err := fakezone.NewPeople(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := fakezone.NewAlarms(people, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(c *dispatcher.Config) { c.Alarms = alarms })
	b := o.as(t, "dispatcher")
	act := func(want int, body map[string]any) map[string]any {
		t.Helper()
		return b.ask("POST", "/api/v1/alarms/acts", body, want)
	}
	act(404, map[string]any{"act": "acknowledge", "alarm": "source-lost/zone"})
	act(422, map[string]any{"act": "shelve", "alarm": "meter-silent/m-p-r-09", "until": noon.Add(time.Hour)})
	act(422, map[string]any{"act": "shelve", "alarm": "meter-silent/m-p-r-09", "until": noon.Add(9 * time.Hour), "why": "x"})
	act(422, map[string]any{"act": "dance"})
	act(200, map[string]any{"act": "acknowledge", "alarm": "meter-silent/m-p-r-09"})
	board := alarms.Board()
	for _, a := range board.Alarms {
		if a.ID == "meter-silent/m-p-r-09" && (a.Acked == nil || a.Acked.By != "dispatcher" || a.State != alarm.Acknowledged) {
			t.Errorf("acknowledged by %+v: %s", a.Acked, a.State)
		}
	}
	if f := b.ask("GET", "/api/v1/alarms/figures?days=1", nil, 200); f["announced"] == nil {
		t.Errorf("figures: %v", f)
	}
}
