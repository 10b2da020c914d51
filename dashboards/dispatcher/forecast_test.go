package dispatcher_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

func TestForecastIsTold(t *testing.T) {
	s := newStage(t, nil)
	if w := ask(s, http.MethodGet, "/api/v1/forecast", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "heard yet") {
		t.Errorf("before any forecast: %d %s", w.Code, w.Body)
	}
	start, skill, part := noon.Truncate(30*time.Minute), 0.4, int64(90)
	load := func(r metering.ResidentID, mean int64) dispatcher.ForecastLoad {
		l := dispatcher.ForecastLoad{Resident: r, Method: "profile", Skill: &skill}
		for i := range 96 {
			l.Blocks = append(l.Blocks, dispatcher.ForecastBlock{Start: start.Add(time.Duration(i) * 30 * time.Minute), MeanW: mean, LowW: mean - 10, HighW: mean + 20, Q90W: mean + 18})
		}
		return l
	}
	f := &dispatcher.Forecast{At: noon, Block: 30 * time.Minute, Loads: []dispatcher.ForecastLoad{load("", 1000), load("r-01", 100), {Resident: "r-02", Method: "shaped", Reason: "nothing to go by"}}}
	f.Loads[1].Blocks[0].PartW = &part
	s.SetForecast(f)
	s.SetForecast(&dispatcher.Forecast{At: noon.Add(-time.Minute), Block: time.Hour}) // comes late

	zone := get[dispatcher.ForecastView](t, s, "/api/v1/forecast", 200)
	if len(zone.Blocks) != 96 || zone.Blocks[0].MeanW != 1000 || !zone.Blocks[0].Start.Equal(start) || *zone.Skill != 0.4 || zone.Coverage != nil || zone.BlockS != 1800 {
		t.Errorf("zone: %s", mustJSON(t, zone))
	}
	one := get[dispatcher.ForecastView](t, s, "/api/v1/forecast?resident=r-01&hours=2", 200)
	if len(one.Blocks) != 5 || *one.Blocks[0].PartW != 90 || one.Blocks[1].PartW != nil || one.Resident != "r-01" {
		t.Errorf("resident, two hours from %v: %s", noon, mustJSON(t, one))
	}
	if none := get[dispatcher.ForecastView](t, s, "/api/v1/forecast?resident=r-02", 200); none.Reason == "" || none.Blocks == nil || len(none.Blocks) != 0 {
		t.Errorf("nothing to go by: %s", mustJSON(t, none))
	}
	if w := ask(s, http.MethodGet, "/api/v1/forecast?resident=r-03", ""); w.Code != 404 {
		t.Errorf("a resident that is not forecast: %d", w.Code)
	}
	if w := ask(s, http.MethodGet, "/api/v1/forecast?resident=x&hours=0&when=now", ""); w.Code != 422 || !strings.Contains(w.Body.String(), "query.resident") {
		t.Errorf("faults: %d %s", w.Code, w.Body)
	}

	trend := get[dispatcher.Trend](t, s, "/api/v1/trend?hours=24", 200)
	if a := trend.Ahead; a == nil || a.T[0] != trend.To.Unix() || len(a.MeanW) != len(a.T) || a.MeanW[0] != 1000 || a.LowW[1] != 990 || a.T[1] != start.Add(30*time.Minute).Unix() || a.T[len(a.T)-1]-a.T[0] < 24*60*60 {
		t.Errorf("behind the trend to %v: %s", trend.To, mustJSON(t, a))
	}

	s.pass(45 * time.Minute)
	if zone := get[dispatcher.ForecastView](t, s, "/api/v1/forecast", 200); len(zone.Blocks) != 95 || !zone.Blocks[0].Start.Equal(start.Add(30*time.Minute)) {
		t.Errorf("later: %d blocks from %v", len(zone.Blocks), zone.Blocks[0].Start)
	}
	s.pass(48 * time.Hour)
	if w := ask(s, http.MethodGet, "/api/v1/forecast", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "is over") {
		t.Errorf("two days later: %d %s", w.Code, w.Body)
	}
}
