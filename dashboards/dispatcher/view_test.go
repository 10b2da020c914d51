package dispatcher_test

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

func power(meter metering.MeterID, at time.Time, w float64) metering.Snapshot {
	return metering.Snapshot{Meter: meter, At: at, Readings: []metering.Reading{{Quantity: metering.ActivePower, Value: w}}}
}

func failed(meter metering.MeterID, at time.Time, reason string) metering.Snapshot {
	return metering.Snapshot{Meter: meter, At: at, Quality: metering.CommFail, Reason: reason}
}

// What is not known must be absent from the JSON, with a reason; never 0.
func TestUnknownIsAbsentNotZero(t *testing.T) {
	s := newStage(t, nil)
	o := get[map[string]any](t, s, "/api/v1/overview", 200)
	missing := o["missing"].(map[string]any)
	for _, field := range []string{"power_w", "block_mean_w", "projection_w", "allowable_w", "sliding_allowable_w", "headroom_w"} {
		if v, there := o[field]; there {
			t.Errorf("before the controller spoke %s is %v", field, v)
		}
		if missing[field] == "" || missing[field] == nil {
			t.Errorf("%s is absent without a reason", field)
		}
	}
	if _, there := o["limit_w"]; there || o["limit_kind"] != "not_stated" {
		t.Errorf("an unstated limit is %v, %v", o["limit_w"], o["limit_kind"])
	}
	for _, r := range get[dispatcher.ResidentList](t, s, "/api/v1/residents", 200).Residents {
		if r.PowerW != nil || r.LoadPct != nil || r.Quality == "good" || r.Reason == "" {
			t.Errorf("a resident never heard of is %s", mustJSON(t, r))
		}
	}

	s.SetControl(dispatcher.Control{
		At: s.time(), Power: dispatcher.Known(0), Projection: dispatcher.Unknown("two inputs are stale"), Limit: metering.LimitOf(0),
	})
	o = get[map[string]any](t, s, "/api/v1/overview", 200)
	if v, there := o["power_w"]; !there || v != 0.0 {
		t.Errorf("a power known to be zero is %v", v)
	}
	if v, there := o["limit_w"]; !there || v != 0.0 || o["limit_kind"] != "stated" {
		t.Errorf("a limit of zero is %v, %v", v, o["limit_kind"])
	}
	if got := o["missing"].(map[string]any)["projection_w"]; got != "two inputs are stale" {
		t.Errorf("the projection is missing because of %q", got)
	}
	s.SetControl(dispatcher.Control{At: s.time(), Limit: metering.Unlimited()})
	if o = get[map[string]any](t, s, "/api/v1/overview", 200); o["limit_kind"] != "unlimited" {
		t.Errorf("no limit is %v", o["limit_kind"])
	}
}

func TestNumbersOfASilentControllerAreWithdrawn(t *testing.T) {
	s := newStage(t, nil)
	s.second()
	f := func(after time.Duration, want dispatcher.Freshness, known bool) {
		t.Helper()
		s.pass(after)
		o := get[dispatcher.Overview](t, s, "/api/v1/overview", 200)
		if o.Freshness != want || (o.PowerW != nil) != known || (o.ProjectionW != nil) != known {
			t.Errorf("after %v more: %s", after, mustJSON(t, o))
		}
	}
	f(9*time.Second, dispatcher.Fresh, true)
	f(10*time.Second, dispatcher.Late, true)
	f(50*time.Second, dispatcher.Silent, false)
	older := dispatcher.Control{At: noon, Power: dispatcher.Known(1)}
	s.SetControl(older)
	if o := get[dispatcher.Overview](t, s, "/api/v1/overview", 200); o.PowerW != nil {
		t.Error("an older state replaced a newer one")
	}
}

func TestAgeDecidesWhatIsShown(t *testing.T) {
	s := newStage(t, nil)
	s.Observe([]metering.Snapshot{power("m-p-r-01", noon, 100_000)})
	f := func(age time.Duration, want dispatcher.Freshness, quality string, known bool) {
		t.Helper()
		s.mu.Lock()
		s.now = noon.Add(age)
		s.mu.Unlock()
		p := get[dispatcher.PointDetail](t, s, "/api/v1/points/p-r-01", 200)
		if p.Freshness != want || p.Quality != quality || (p.PowerW != nil) != known {
			t.Errorf("at the age of %v: %s", age, mustJSON(t, p))
		}
	}
	f(0, dispatcher.Fresh, "good", true)
	f(10*time.Second, dispatcher.Fresh, "good", true)
	f(11*time.Second, dispatcher.Late, "stale", true)
	f(60*time.Second, dispatcher.Late, "stale", true)
	f(61*time.Second, dispatcher.Silent, "comm_fail", false)
	f(-3*time.Second, dispatcher.Fresh, "good", true)    // clocks differ a little
	f(-9*time.Second, dispatcher.Suspect, "clock", true) // and this much they must not
}

func TestQualitiesOfAMeter(t *testing.T) {
	s := newStage(t, nil)
	reading := func(q metering.Quality) metering.Snapshot {
		snap := power("m-p-r-01", s.time(), 5000)
		snap.Readings[0].Quality, snap.Readings[0].Reason = q, "said so"
		return snap
	}
	f := func(snap metering.Snapshot, freshness dispatcher.Freshness, quality string, known bool) {
		t.Helper()
		s.pass(time.Second)
		snap.At = s.time()
		s.Observe([]metering.Snapshot{snap})
		p := get[dispatcher.PointDetail](t, s, "/api/v1/points/p-r-01", 200)
		if p.Freshness != freshness || p.Quality != quality || (p.PowerW != nil) != known {
			t.Errorf("%v: %s", snap, mustJSON(t, p))
		}
	}
	f(reading(metering.Good), dispatcher.Fresh, "good", true)
	f(reading(metering.Substituted), dispatcher.Fresh, "substituted", true)
	f(reading(metering.OutOfRange), dispatcher.Suspect, "out_of_range", true)
	f(reading(metering.NotAvailable), dispatcher.Suspect, "not_available", false)
	whole := reading(metering.Good)
	whole.Quality, whole.Reason = metering.WrongMeter, "serial 17 instead of 12"
	f(whole, dispatcher.Suspect, "wrong_meter", true)
	f(reading(metering.Good), dispatcher.Fresh, "good", true)
	f(failed("m-p-r-01", s.time(), "timeout"), dispatcher.Fresh, "good", true) // the last value is a second old

	s.Observe([]metering.Snapshot{power("m-p-r-01", noon.Add(-time.Hour), 1)})
	if p := get[dispatcher.PointDetail](t, s, "/api/v1/points/p-r-01", 200); *p.PowerW != 5000 {
		t.Errorf("an older reading replaced a newer one: %s", mustJSON(t, p))
	}
	s.Observe([]metering.Snapshot{power("nobody", s.time(), 1)}) // must not disturb
	o := get[dispatcher.Overview](t, s, "/api/v1/overview", 200)
	if o.Meters.Total != 10 || o.Meters.Fresh != 1 || o.Meters.Silent != 9 {
		t.Errorf("meters %+v", o.Meters)
	}
}

// Resident 4 of the invented zone has two billing points.
func TestSumWithAMissingPartIsMarked(t *testing.T) {
	s := newStage(t, nil)
	resident := func() dispatcher.Resident {
		t.Helper()
		return get[dispatcher.ResidentList](t, s, "/api/v1/residents", 200).Residents[3]
	}
	s.Observe([]metering.Snapshot{power("m-p-r-04", s.time(), 300_000), power("m-p2-r-04", s.time(), 90_000)})
	if r := resident(); *r.PowerW != 390_000 || r.Partial || r.Quality != "good" || r.LoadPct == nil || math.Abs(*r.LoadPct-20) > 0.01 {
		t.Errorf("both points known: %s", mustJSON(t, r)) // 390 kW of 1,500 kW · 1.3
	}
	s.pass(61 * time.Second)
	s.Observe([]metering.Snapshot{power("m-p-r-04", s.time(), 300_000), failed("m-p2-r-04", s.time(), "unit 9: timeout")})
	r := resident()
	if *r.PowerW != 300_000 || !r.Partial || r.LoadPct != nil || len(r.MissingPoints) != 1 || r.MissingPoints[0] != "p2-r-04" {
		t.Errorf("one point silent: %s", mustJSON(t, r))
	}
	if r.Freshness != dispatcher.Silent || r.Quality != "comm_fail" || r.Reason != "unit 9: timeout" {
		t.Errorf("the worst part does not show: %s", mustJSON(t, r))
	}
	s.pass(61 * time.Second)
	if r := resident(); r.PowerW != nil || r.Partial || len(r.MissingPoints) != 2 {
		t.Errorf("nothing known: %s", mustJSON(t, r))
	}
}

func TestMeterChangeTakesEffectAtItsTime(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) {
		site := c.Site
		at := noon.Add(2 * time.Minute)
		for i, in := range site.Installs {
			if in.Point == "p-r-01" {
				site.Installs[i].To = at
			}
		}
		site.Meters = append(site.Meters, metering.Meter{ID: "new"})
		site.Installs = append(site.Installs, metering.Install{Meter: "new", Point: "p-r-01", From: at})
	})
	s.second()
	if p := get[dispatcher.PointDetail](t, s, "/api/v1/points/p-r-01", 200); p.Meter != "m-p-r-01" {
		t.Errorf("before the change the meter is %s", p.Meter)
	}
	s.pass(3 * time.Minute)
	s.Observe([]metering.Snapshot{power("new", s.time(), 777)})
	s.Publish()
	if p := get[dispatcher.PointDetail](t, s, "/api/v1/points/p-r-01", 200); p.Meter != "new" || p.PowerW == nil || *p.PowerW != 777 {
		t.Errorf("after the change: %s", mustJSON(t, p))
	}
}

func TestCurveOfTheLastHour(t *testing.T) {
	s := newStage(t, nil)
	curve := func() []*int64 {
		t.Helper()
		return get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Residents[0].SparkW
	}
	for i := range 53 { // from 12:00:07 to the end of the minute
		s.pass(time.Second)
		if i%2 == 0 {
			s.Observe([]metering.Snapshot{power("m-p-r-01", s.time(), 100_000)})
		} else {
			s.Observe([]metering.Snapshot{power("m-p-r-01", s.time(), 300_000)})
		}
		s.Publish()
	}
	last := curve()[59]
	if last == nil || *last < 190_000 || *last > 210_000 {
		t.Fatalf("the minute's mean is %v", last)
	}
	s.pass(3 * time.Minute) // nobody looked
	s.Publish()
	c := curve()
	if c[56] == nil || *c[56] != *last || c[58] != nil || c[59] != nil {
		t.Errorf("after a gap the curve ends with %s", mustJSON(t, c[55:]))
	}
	s.pass(90 * time.Minute)
	s.Publish()
	for _, v := range curve() {
		if v != nil {
			t.Fatal("a curve older than an hour is still shown")
		}
	}
}

func TestNotices(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Limits.Notices = 3 })
	s.Notice(dispatcher.Notice{
		ID: "a", At: noon, Kind: "projection_over_limit", Severity: dispatcher.SeverityAlarm, Active: true,
		Args: map[string]any{"projection_w": int64(30_500_000), "limit_w": metering.Power(29_700_000), "allowable_w": 950_000.0},
	})
	list := get[dispatcher.NoticeList](t, s, "/api/v1/notices", 200).Notices
	want := "Прогноз блока 30,50 МВт выше лимита 29,70 МВт. Снизьте нагрузку: до конца блока допустимо 950 кВт."
	if got := strings.ReplaceAll(list[0].Text, "\u00a0", " "); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	s.Notice(dispatcher.Notice{ID: "b", At: noon.Add(time.Minute), Kind: "power_unknown", Severity: dispatcher.SeverityWarning})
	s.Notice(dispatcher.Notice{ID: "c", At: noon.Add(2 * time.Minute), Kind: "made-up", Severity: dispatcher.SeverityInfo, Active: true, Args: map[string]any{"x": 1, "bad": math.NaN()}})
	s.Notice(dispatcher.Notice{ID: "d", At: noon.Add(3 * time.Minute), Kind: "block_over_limit", Severity: dispatcher.SeverityAlarm, Active: true, Args: map[string]any{"start_at": noon.Format(time.RFC3339), "mean_w": 30_000_000, "limit_w": 29_700_000}})
	list = get[dispatcher.NoticeList](t, s, "/api/v1/notices", 200).Notices
	var ids string
	for _, n := range list {
		ids += n.ID
	}
	if ids != "dca" {
		t.Fatalf("kept %q, want the newest first and the one that is over dropped", ids)
	}
	if list[1].Text != "made-up x=1" {
		t.Errorf("a notice of an unknown kind reads %q", list[1].Text)
	}
	if !strings.HasPrefix(list[0].Text, "Блок 12:00 закончился") {
		t.Errorf("the time is not the site's: %q", list[0].Text)
	}
	s.Notice(dispatcher.Notice{ID: "a", At: noon, Kind: "projection_over_limit", Severity: dispatcher.SeverityAlarm})
	if n := get[dispatcher.NoticeList](t, s, "/api/v1/notices?active=true", 200).Notices; len(n) != 2 {
		t.Errorf("%d notices are active, want 2", len(n))
	}
	if text := get[dispatcher.NoticeList](t, s, "/api/v1/notices", 200).Notices[2].Text; strings.Contains(text, "{") {
		t.Errorf("a missing argument shows as %q", text)
	}
}

func TestPointsAreFilteredAndNamed(t *testing.T) {
	s := newStage(t, nil)
	s.second()
	if p := get[dispatcher.PointList](t, s, "/api/v1/points?resident=r-04", 200).Points; len(p) != 2 {
		t.Errorf("resident 4 has %d points", len(p))
	}
	if p := get[dispatcher.PointList](t, s, "/api/v1/points?role=input", 200).Points; len(p) != 1 || p[0].ID != "in-1" {
		t.Errorf("inputs %s", mustJSON(t, p))
	}
	d := get[dispatcher.PointDetail](t, s, "/api/v1/points/p-r-01", 200)
	if len(d.Readings) != 3 || d.Readings[0].Quantity != "p" || d.Readings[2].Unit != "V" {
		t.Errorf("readings %s", mustJSON(t, d.Readings))
	}
	if w := ask(s, http.MethodGet, "/api/v1/points/none", ""); w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("an unknown point answers %d %s", w.Code, w.Body)
	}
}

func TestOpenAPIListsTheStream(t *testing.T) {
	s := newStage(t, nil)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal(ask(s, http.MethodGet, "/api/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %q", doc.OpenAPI)
	}
	if _, ok := doc.Paths["/api/v1/live"]["get"].Responses["200"].Content["text/event-stream"]; !ok {
		t.Error("the live stream is not described")
	}
	for _, r := range s.Routes() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if !strings.HasPrefix(path, "/api/v1/") {
			continue
		}
		if _, ok := doc.Paths[path][strings.ToLower(method)]; !ok {
			t.Errorf("%s is not in the OpenAPI document", r.Pattern)
		}
	}
}
