package dispatcher_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
)

func withSystem(c *dispatcher.Config) {
	zone := fakezone.New(6, 10)
	c.System = fakezone.System{Zone: zone, Now: c.Now}
}

// Whoever may look sees how the program stands; the address of a line is the engineer's.
func TestSystemForWhoeverLooks(t *testing.T) {
	o := newOffice(t, withSystem)
	viewer := o.as(t, "viewer")
	status := viewer.ask("GET", "/api/v1/system", nil, 200)
	if status["version"] != "dev" || status["time_zone"] != "Asia/Aqtobe" || len(status["stores"].([]any)) != 4 || len(status["processes"].([]any)) != 2 {
		t.Errorf("%v", status)
	}
	if text := mustText(t, status); strings.Contains(text, "/var/backups") {
		t.Errorf("a viewer is told where backups lie: %s", text)
	}
	url := func(b *browser) any {
		lines := b.ask("GET", "/api/v1/system/lines", nil, 200)["lines"].([]any)
		if len(lines) != 1 {
			t.Fatalf("%v", lines)
		}
		l := lines[0].(map[string]any)
		if l["polled"] != true || l["load_pct"] != 37.5 || l["meters"] != 10.0 {
			t.Errorf("line %v", l)
		}
		return l["url"]
	}
	if got := url(viewer); got != nil {
		t.Errorf("a viewer is told the address %v", got)
	}
	if got := url(o.as(t, "engineer")); got != "tcp://10.0.0.5:502" {
		t.Errorf("an engineer is told the address %v", got)
	}
}

// A meter is told with its age and quality, and with what its line knows.
func TestSystemMeters(t *testing.T) {
	s := newStage(t, withSystem)
	s.Observe([]metering.Snapshot{power("m-in-1", noon, 100_000)})
	s.pass(20 * time.Second)
	list := get[dispatcher.SystemMeterList](t, s, "/api/v1/system/meters", 200).Meters
	if len(list) != 10 {
		t.Fatalf("%d meters", len(list))
	}
	find := func(id string) dispatcher.SystemMeter {
		i := slices.IndexFunc(list, func(m dispatcher.SystemMeter) bool { return m.ID == id })
		if i < 0 {
			t.Fatalf("no %s", id)
		}
		return list[i]
	}
	if m := find("m-in-1"); m.Freshness != dispatcher.Late || m.Quality != "stale" || m.AgeS == nil || *m.AgeS != 20 || m.Point != "in-1" || m.Polled == nil || m.Polled.Identity == "" {
		t.Errorf("%s", mustJSON(t, m))
	}
	if m := find("m-p-r-01"); m.Freshness != dispatcher.Silent || m.At != nil || m.Reason == "" || m.Resident != "r-01" {
		t.Errorf("never heard: %s", mustJSON(t, m))
	}
	failing := list[3].Polled
	if !failing.Failing || !failing.BreakerOpen || failing.Reason != "timeout after 1s" || list[4].Polled.Reason != "" {
		t.Errorf("failing: %s", mustJSON(t, failing))
	}
	only := get[dispatcher.SystemMeterList](t, s, "/api/v1/system/meters?resident=r-01", 200).Meters
	if len(only) == 0 || slices.ContainsFunc(only, func(m dispatcher.SystemMeter) bool { return m.Resident != "r-01" }) {
		t.Errorf("of a resident: %s", mustJSON(t, only))
	}
	// Without anybody who knows the lines the page's own knowledge stays.
	bare := newStage(t, nil)
	if list := get[dispatcher.SystemMeterList](t, bare, "/api/v1/system/meters", 200).Meters; len(list) != 10 || list[0].Polled != nil {
		t.Errorf("%s", mustJSON(t, list[:1]))
	}
	get[map[string]any](t, bare, "/api/v1/system", 503)
	if l := get[dispatcher.SystemLineList](t, bare, "/api/v1/system/lines", 200).Lines; len(l) != 1 || l[0].Polled || l[0].LoadPct != nil {
		t.Errorf("%s", mustJSON(t, l))
	}
}

// What runs is held against what stands in the files, and a version that is not kept is not
// invented.
func TestConfigurationForEngineers(t *testing.T) {
	o := newOffice(t, withSystem)
	b := o.as(t, "engineer")
	text := mustText(t, b.ask("GET", "/api/v1/system/configuration", nil, 200))
	for _, want := range []string{`"password: •••`, `"field":"conditions.tu-r-01.power"`, `"from":"2.6 MW"`, `"to":"2.1 MW"`, `"restart":["site file`} {
		if !strings.Contains(strings.ReplaceAll(text, `\n  password`, `"password`), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	one, other := strings.Repeat("0d", 32), strings.Repeat("1a", 32)
	diff := b.ask("GET", "/api/v1/system/configuration/difference?from="+one+"&to="+other, nil, 200)
	if diff["from"] != one || len(diff["words"].([]any)) != 2 || len(diff["lines"].([]any)) != 5 {
		t.Errorf("%v", diff)
	}
	b.ask("GET", "/api/v1/system/configuration/difference?from="+one+"&to="+strings.Repeat("ff", 32), nil, 404)
	b.ask("GET", "/api/v1/system/configuration/difference?from=../../keys&to="+one, nil, 422)
	b.ask("GET", "/api/v1/system/configuration/difference?from="+one, nil, 422)
	if got := b.ask("GET", "/api/v1/system/backup", nil, 200); got["verified"] != true || !strings.HasPrefix(got["restore"].(string), "asue restore /var/backups/") {
		t.Errorf("%v", got)
	}
}

// An administrator locks an account with a reason: its sessions end, and the audit knows why.
func TestAnAccountIsLocked(t *testing.T) {
	o := newOffice(t, withSystem)
	admin, other := o.as(t, "admin"), o.as(t, "dispatcher")
	users := admin.ask("GET", "/api/v1/system/users", nil, 200)["users"].([]any)
	if len(users) != len(metering.Roles())+1 {
		t.Fatalf("%d users", len(users))
	}
	text := mustText(t, users)
	if strings.Contains(text, "argon2") || strings.Contains(text, "password") {
		t.Errorf("a hash is told: %s", text)
	}
	sessions := func(name string) int {
		for _, u := range admin.ask("GET", "/api/v1/system/users", nil, 200)["users"].([]any) {
			if u := u.(map[string]any); u["name"] == name {
				return len(u["sessions"].([]any))
			}
		}
		return -1
	}
	if n := sessions("dispatcher"); n != 1 {
		t.Errorf("%d sessions of the dispatcher", n)
	}
	why := map[string]string{"reason": "уволен 20.11"}
	admin.ask("POST", "/api/v1/system/users/dispatcher/lock", map[string]string{"reason": "  "}, 422)
	admin.ask("POST", "/api/v1/system/users/dispatcher/lock", why, 200)
	other.ask("GET", "/api/v1/overview", nil, 401)
	if a, _ := o.books.Account(t.Context(), "dispatcher"); a.Enabled {
		t.Error("the account is open")
	}
	last := o.books.records[len(o.books.records)-1]
	if last.Kind != "account.disabled" || last.Actor != "admin" || last.Subject != "dispatcher" || last.Text != "уволен 20.11" {
		t.Errorf("in the audit: %+v", last)
	}
	admin.ask("POST", "/api/v1/system/users/dispatcher/lock", why, 409)
	admin.ask("POST", "/api/v1/system/users/dispatcher/unlock", why, 200)
	admin.ask("POST", "/api/v1/system/users/admin/lock", why, 403)
	admin.ask("POST", "/api/v1/system/users/nobody/lock", why, 404)

	again := o.as(t, "dispatcher")
	admin.ask("POST", "/api/v1/system/users/dispatcher/end-sessions", why, 200)
	again.ask("GET", "/api/v1/overview", nil, 401)
	if last := o.books.records[len(o.books.records)-1]; last.Kind != "account.sessions" {
		t.Errorf("in the audit: %+v", last)
	}
	elsewhere := o.as(t, "admin")
	admin.ask("POST", "/api/v1/system/users/admin/end-sessions", why, 200)
	elsewhere.ask("GET", "/api/v1/system/users", nil, 401)

	o.books.deaf = true // what cannot be written down is not done
	admin.ask("POST", "/api/v1/system/users/engineer/lock", why, 503)
	if a, _ := o.books.Account(t.Context(), "engineer"); !a.Enabled {
		t.Error("locked without a trace")
	}
	o.books.deaf = false
	o.later(6 * time.Minute)
	admin.ask("POST", "/api/v1/system/users/engineer/lock", why, 428)
}

// A water meter is read once a minute, and is not stale for that; one that was taken down is
// asked by nobody.
func TestMetersThatAreReadSeldom(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) {
		c.Site.Meters = append(c.Site.Meters, metering.Meter{ID: "m-water", Line: "l2", Unit: 3}, metering.Meter{ID: "m-old", Line: "l2", Unit: 4})
		c.Site.Points = append(c.Site.Points, metering.Point{ID: "w-1", Node: "in", Role: metering.RoleResident, Resident: "r-01", Medium: metering.DrinkingWater})
		c.Site.Installs = append(c.Site.Installs, metering.Install{Meter: "m-water", Point: "w-1"}, metering.Install{Meter: "m-old", Point: "w-1", To: noon.AddDate(-1, 0, 0)})
	})
	q := metering.ChannelDrinkingWater.Quantity()
	s.Observe([]metering.Snapshot{{Meter: "m-water", At: noon, Readings: []metering.Reading{{Quantity: q, Value: 12_000}}}})
	look := func(line string) (water, old dispatcher.SystemMeter) {
		list := get[dispatcher.SystemMeterList](t, s, "/api/v1/system/meters?line="+line, 200).Meters
		if len(list) != 2 {
			t.Fatalf("%s", mustJSON(t, list))
		}
		return list[0], list[1]
	}
	for _, at := range []struct {
		after time.Duration
		want  dispatcher.Freshness
	}{{70 * time.Second, dispatcher.Fresh}, {100 * time.Second, dispatcher.Late}, {4 * time.Minute, dispatcher.Silent}} {
		s.pass(at.after)
		water, old := look("l2")
		if water.Freshness != at.want || water.Medium != "drinking-water" {
			t.Errorf("after %v more: %s", at.after, mustJSON(t, water))
		}
		if old.Point != "" || old.Quality != "not_available" || old.Reason == "" {
			t.Errorf("taken down: %s", mustJSON(t, old))
		}
	}
}
