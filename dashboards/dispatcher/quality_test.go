package dispatcher_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// A night of which an hour was lost, estimated and at last agreed: each question
// gets what was known then.
func TestIntervalsTellTheirQualityAndTheirPast(t *testing.T) {
	b := &books{}
	b.fill("p-r-01", metering.ChannelActiveImport, midnight, 8, 1000)
	bad := midnight.Add(4 * metering.BasePeriod)
	b.intervals[4].Grade, b.intervals[4].Energy, b.intervals[4].Method = metering.Null, 0, metering.MethodNone
	b.intervals[4].Flags, b.intervals[4].Reason = metering.FlagGap, "no reading for 20m"
	estimated, agreed := bad.Add(2*time.Hour), bad.Add(30*time.Hour)
	b.revise("p-r-01", bad, estimated, func(i *metering.Interval) {
		i.Grade, i.Method, i.Energy, i.Uncertainty, i.Reason = metering.Substitute, metering.MethodScaled, 940, 200, "spread by the registers"
	})
	b.revise("p-r-01", bad, agreed, func(i *metering.Interval) {
		i.Grade, i.Method, i.Energy, i.Reason, i.Flags = metering.FinalGrade, metering.MethodAgreed, 951, "act 17", metering.FlagManual
	})
	after := b.intervals[len(b.intervals)-1]
	b.acts = []metering.Act{{ID: "17", Author: "А. Сериков", Reason: "act 17", Document: "№ 17", At: agreed, Changes: []metering.ActChange{{After: after}}}}
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	const base = "/api/v1/intervals?point=p-r-01&from=2026-11-20T00:00:00%2B05:00&to=2026-11-20T02:00:00%2B05:00"
	entry := func(query string) dispatcher.IntervalEntry {
		t.Helper()
		return get[dispatcher.IntervalList](t, s, base+query, 200).Intervals[4]
	}
	if e := entry(""); e.Grade != "F" || *e.EnergyWh != 951 || e.Method != "agreed" || e.Flags[0] != "manual" || e.Version != 3 || !e.RecordedAt.Equal(agreed) {
		t.Errorf("now: %s", mustJSON(t, e))
	}
	if e := entry("&as_of=" + bad.Add(3*time.Hour).Format(time.RFC3339)); e.Grade != "S" || *e.EnergyWh != 940 || e.Uncertainty != 200 || e.Reason != "spread by the registers" {
		t.Errorf("an hour after the estimate: %s", mustJSON(t, e))
	}
	if e := entry("&as_of=" + bad.Add(time.Hour).Format(time.RFC3339)); e.Grade != "N" || e.EnergyWh != nil || e.Method != "none" {
		t.Errorf("before the estimate: %s", mustJSON(t, e))
	}
	h := get[dispatcher.IntervalHistory](t, s, "/api/v1/intervals/p-r-01/A+/"+bad.Format(time.RFC3339)+"/history", 200)
	if len(h.Versions) != 3 || h.Versions[0].Authority != "registers" || h.Versions[1].Authority != "rules" || h.Versions[2].Authority != "person" {
		t.Fatalf("history: %s", mustJSON(t, h))
	}
	if h.Versions[1].Act != nil || h.Versions[2].Act == nil || h.Versions[2].Act.Author != "А. Сериков" {
		t.Errorf("acts: %s", mustJSON(t, h))
	}
}

func TestHistoryOfWhatIsNotThere(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = &books{} })
	f := func(path string, status int, want ...string) {
		t.Helper()
		w := ask(s, http.MethodGet, "/api/v1/intervals/"+path+"/history", "")
		if w.Code != status {
			t.Errorf("%s answers %d, want %d: %s", path, w.Code, status, w.Body)
		}
		for _, part := range want {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %s does not say %q", path, w.Body, part)
			}
		}
	}
	f("p-r-01/A+/2026-11-20T00:00:00Z", 404, "no interval of p-r-01 A+")
	f("nobody/B9/2026-11-20T00:07:00Z", 422, "path.point", "path.channel", "path.start", "2026-11-20T00:00:00Z")
}

// A resident's profile is the sum of its points, and is known only where all are.
func TestResidentIsTheSumOfItsPoints(t *testing.T) {
	b := &books{}
	b.fill("p-r-04", metering.ChannelActiveImport, midnight, 8, 1000)
	b.fill("p2-r-04", metering.ChannelActiveImport, midnight, 8, 70)
	b.intervals[3].Grade, b.intervals[3].Method, b.intervals[3].Reason = metering.Estimated, metering.MethodLinear, "a line"
	b.intervals[10].Grade, b.intervals[10].Reason = metering.Null, "silent"
	b.intervals = append(b.intervals[:13], b.intervals[14:]...)
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	list := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?resident=r-04&from=2026-11-20&to=2026-11-21", 200)
	if len(list.Intervals) != 8 || len(list.Points) != 2 || list.Unit != "Wh" || len(list.Declared) != 1 {
		t.Fatalf("resident: %s", mustJSON(t, list))
	}
	e := list.Intervals
	if *e[0].EnergyWh != 1070 || e[0].Grade != "A" || e[0].Uncertainty != 4 || e[0].Version != 0 {
		t.Errorf("a plain quarter: %s", mustJSON(t, e[0]))
	}
	if e[3].Grade != "E" || *e[3].EnergyWh != 1070 || e[3].Method != "virtual" || e[3].Reason != "p-r-04: a line" {
		t.Errorf("a quarter with an estimate: %s", mustJSON(t, e[3]))
	}
	if e[2].Grade != "N" || e[2].EnergyWh != nil || e[2].Reason != "p2-r-04: silent" {
		t.Errorf("a quarter in which one point is silent: %s", mustJSON(t, e[2]))
	}
	if e[5].Grade != "N" || !strings.Contains(e[5].Reason, "p2-r-04") {
		t.Errorf("a quarter in which one point is absent: %s", mustJSON(t, e[5]))
	}
	day := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?resident=r-04&from=2026-11-20&to=2026-11-21&step=60m", 200).Intervals
	if len(day) != 2 || day[0].Worst != "N" || day[0].Known != 3 || *day[0].KnownPart != 3210 || day[0].Parts[0].Count != 2 || day[0].Parts[1].Grade != "E" {
		t.Errorf("hours: %s", mustJSON(t, day))
	}
}

// A day that is running lacks only what has ended.
func TestRunningDayIsNotIncomplete(t *testing.T) {
	b := &books{}
	b.fill("p-r-01", metering.ChannelActiveImport, midnight.AddDate(0, 0, 1), 48, 1000) // up to noon
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	day := func() dispatcher.IntervalEntry {
		return get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=p-r-01&from=2026-11-21&to=2026-11-22&step=day", 200).Intervals[0]
	}
	if e := day(); e.Missing != 0 || e.Worst != "A" || e.Known != 48 || e.Expected != 96 || e.EnergyWh != nil || *e.KnownPart != 48_000 {
		t.Errorf("at noon: %s", mustJSON(t, e))
	}
	s.pass(time.Hour)
	if e := day(); e.Missing != 4 || e.Worst != "N" {
		t.Errorf("an hour later, nothing having come: %s", mustJSON(t, e))
	}
}

func TestDeclaredPowerStepsWithTheConditions(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) {
		c.Ledger = &books{}
		c.Site.Conditions = append(c.Site.Conditions, metering.Condition{ID: "more", Resident: "r-01", Power: 500_000, From: midnight.Add(6 * time.Hour)})
	})
	list := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=p-r-01&from=2026-11-20&to=2026-11-21", 200)
	if d := list.Declared; len(d) != 2 || !d[1].From.Equal(midnight.Add(6*time.Hour)) || d[1].PowerW-d[0].PowerW != 500_000 {
		t.Errorf("declared %s", mustJSON(t, list.Declared))
	}
	in := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=in-1&from=2026-11-20&to=2026-11-21", 200)
	if len(in.Declared) != 1 || in.Declared[0].PowerW != 29_700_000 {
		t.Errorf("input: %s", mustJSON(t, in.Declared))
	}
	apart := newStage(t, func(c *dispatcher.Config) {
		c.Ledger = &books{}
		c.Site.Topology.Nodes = append(c.Site.Topology.Nodes, metering.Node{ID: "reserve", Kind: metering.NodeSource})
		c.Site.Sources = append(c.Site.Sources, metering.Source{ID: "akzhar", Node: "reserve"})
		c.Site.Points = append(c.Site.Points, metering.Point{ID: "in-2", Node: "reserve", Role: metering.RoleInput})
	})
	if r := get[dispatcher.IntervalList](t, apart, "/api/v1/intervals?point=in-2&from=2026-11-20&to=2026-11-21", 200); r.Declared != nil {
		t.Errorf("an input of a line without a contract has a declared power: %s", mustJSON(t, r.Declared))
	}
	if r := get[dispatcher.IntervalList](t, s, "/api/v1/intervals?point=p-r-01&channel=R%2B&from=2026-11-20&to=2026-11-21", 200); r.Declared != nil {
		t.Error("reactive energy has a declared power")
	}
}

// Gas is litres, and never watts.
func TestGasHasNoWatts(t *testing.T) {
	b := &books{}
	b.fill("gas-1", metering.ChannelGas, midnight, 4, 250_000)
	s := newStage(t, func(c *dispatcher.Config) {
		c.Ledger = b
		c.Site.Points = append(c.Site.Points, metering.Point{ID: "gas-1", Medium: metering.Gas, Role: metering.RoleResident, Resident: "r-01"})
	})
	w := ask(s, http.MethodGet, "/api/v1/intervals?point=gas-1&from=2026-11-20&to=2026-11-21&step=60m", "")
	if body := w.Body.String(); w.Code != 200 || strings.Contains(body, "_w\"") || strings.Contains(body, "_wh\"") ||
		!strings.Contains(body, `"volume_l":1000000`) || !strings.Contains(body, `"mean_l_per_h":1000000`) || !strings.Contains(body, `"unit":"L"`) {
		t.Errorf("gas: %d %s", w.Code, body)
	}
}

func TestIntervalsAsATable(t *testing.T) {
	b := &books{}
	b.fill("p-r-01", metering.ChannelActiveImport, midnight, 2, 1000)
	b.intervals[1].Grade, b.intervals[1].Reason = metering.Null, "=cmd|' /C calc'!A0"
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	const path = "/api/v1/intervals.csv?point=p-r-01&from=2026-11-20&to=2026-11-21"
	w := ask(s, http.MethodGet, path, "")
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 3 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Fatalf("table: %v %v %v", err, rows, w.Header())
	}
	if rows[1][0] != "2026-11-19T19:00:00Z" || rows[1][1] != "2026-11-20 00:00" || rows[1][6] != "1000" || rows[1][8] != "A" {
		t.Errorf("row %v", rows[1])
	}
	if rows[2][6] != "" || rows[2][8] != "N" || !strings.HasPrefix(rows[2][16], "'=") {
		t.Errorf("row without energy %v", rows[2])
	}
	excel := ask(s, http.MethodGet, path+"&style=excel", "")
	if body := excel.Body.String(); !strings.HasPrefix(body, "\ufeffstart_utc;start_local;") || !strings.Contains(body, "\r\n") {
		t.Errorf("for Excel: %.60q", body)
	}
	if w := ask(s, http.MethodGet, path+"&style=pdf&point=nobody", ""); w.Code != 422 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("a wrong style answers %d %s", w.Code, w.Body)
	}
}

func TestIntervalQuestionsAreEitherOr(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = &books{} })
	f := func(query, want string) {
		t.Helper()
		w := ask(s, http.MethodGet, "/api/v1/intervals?from=2026-11-20&to=2026-11-21&"+query, "")
		if w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	f("", "say which point")
	f("point=in-1&resident=r-01", "not for both")
	f("point=in-1&as_of=2026-11-20&settlement=2026-10", "not for both")
	f("resident=r-01&channel=gas", "no billing point with this channel")
	f("resident=nobody", "no such resident")
	if w := ask(s, http.MethodGet, "/api/v1/intervals?point=in-1&from=2026-11-20&to=2026-11-21&settlement=1999-01", ""); w.Code != 404 {
		t.Errorf("an unknown settlement answers %d %s", w.Code, w.Body)
	}
}
