package dispatcher_test

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
)

// passes are tokens in memory, by the ledger's contract.
type passes struct {
	fakezone.People
	mu    sync.Mutex
	down  error
	asked int
}

func (p *passes) Token(ctx context.Context, id string) (metering.Token, error) {
	p.mu.Lock()
	p.asked++
	err := p.down
	p.mu.Unlock()
	if err != nil {
		return metering.Token{}, err
	}
	return p.People.Token(ctx, id)
}

// ownOffice is an office with a token of r-01.
type ownOffice struct {
	*office
	passes *passes
	token  string
}

func newOwnOffice(t testing.TB, change func(*dispatcher.Config)) *ownOffice {
	t.Helper()
	p := &passes{}
	o := newOffice(t, func(c *dispatcher.Config) {
		zone := c.Ledger.(*fakezone.Zone)
		c.Tokens, c.Demands = p, zone
		if change != nil {
			change(c)
		}
	})
	return &ownOffice{o, p, p.Issue("r-01", "Керамика-1, энергетик", noon, noon.AddDate(0, 0, 90))}
}

// bearing is a browser whose every request carries a token.
func (o *ownOffice) bearing(t testing.TB, token string) func(path string) (int, string) {
	return func(path string) (int, string) {
		w := o.browser(t).do("GET", path, nil, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
		return w.Code, w.Body.String()
	}
}

func own[T any](t *testing.T, o *ownOffice, path string) T {
	t.Helper()
	var v T
	code, text := o.bearing(t, o.token)(path)
	if code != 200 {
		t.Fatalf("GET %s answers %d: %s", path, code, text)
	}
	decodeInto(t, text, &v)
	return v
}

// A resident reads his load, his rights and how good the numbers are.
func TestOwnNow(t *testing.T) {
	o := newOwnOffice(t, nil)
	for range 130 { // two minutes and ten seconds
		o.later(time.Second)
		o.Observe(o.zone.Snapshots(o.time()))
		o.Publish()
	}
	v := own[dispatcher.OwnNow](t, o, "/api/v1/own/now")
	if v.Resident.ID != "r-01" || v.Resident.Name != "Керамика-1" || !v.Demo || v.TimeZone != "Asia/Aqtobe" {
		t.Errorf("who: %s", mustJSON(t, v))
	}
	if v.PowerW == nil || *v.PowerW <= 0 || v.Quality != "good" || v.Freshness != dispatcher.Fresh || v.AgeS == nil || *v.AgeS > 2 || v.LoadPct == nil {
		t.Errorf("load: %s", mustJSON(t, v))
	}
	if b := v.Block; !b.Start.Equal(metering.PeriodStart(noon)) || b.Passed != 2 || b.Minutes != 2 || b.MeanW == nil || abs(*b.MeanW-*v.PowerW) > *v.PowerW/4 {
		t.Errorf("running quarter: %s", mustJSON(t, b))
	}
	if q := v.Quarter; q == nil || !q.End.Equal(v.Block.Start) || q.Grade != "A" || *q.MeanW != 4**q.EnergyWh {
		t.Errorf("last quarter: %s", mustJSON(t, q))
	}
	if v.AllowedW != int64(2600*metering.Kilowatt) || len(v.Conditions) != 1 || v.Conditions[0].PowerW != v.AllowedW || v.Armour == nil || v.Armour.TechnologicalW != int64(650*metering.Kilowatt) {
		t.Errorf("rights: %s", mustJSON(t, v))
	}
	if len(v.Points) != 1 || v.Points[0].ID != "p-r-01" || v.Points[0].Meter != "m-p-r-01" || *v.Points[0].PowerW != *v.PowerW {
		t.Errorf("points: %s", mustJSON(t, v.Points))
	}
	if v.Token.Name != "Керамика-1, энергетик" || v.Token.Expires == nil {
		t.Errorf("token: %s", mustJSON(t, v.Token))
	}

	o.later(2 * time.Minute) // the meters fall silent: no number is left, and it is said why
	v = own[dispatcher.OwnNow](t, o, "/api/v1/own/now")
	if v.PowerW != nil || v.Freshness != dispatcher.Silent || v.LoadPct != nil || v.Points[0].PowerW != nil {
		t.Errorf("silent: %s", mustJSON(t, v))
	}
}

func abs(x int64) int64 { return max(x, -x) }

// The profile of a day, the month, and the table agree with each other.
func TestOwnEnergy(t *testing.T) {
	o := newOwnOffice(t, nil)
	day := own[dispatcher.OwnIntervals](t, o, "/api/v1/own/intervals?from=2026-11-20&to=2026-11-21")
	if len(day.Intervals) != 96 || day.Resident != "r-01" || day.Unit != "Wh" || len(day.Declared) != 1 || day.Declared[0].PowerW != int64(2600*metering.Kilowatt) {
		t.Fatalf("a day has %d quarters: %s", len(day.Intervals), mustJSON(t, day.Declared))
	}
	var sum int64
	for _, e := range day.Intervals {
		sum += *e.EnergyWh
	}
	whole := own[dispatcher.OwnIntervals](t, o, "/api/v1/own/intervals?from=2026-11-20&to=2026-11-21&step=day&point=p-r-01")
	if *whole.Intervals[0].EnergyWh != sum || whole.Intervals[0].Known != 96 {
		t.Errorf("the day is %s, its quarters are %d Wh", mustJSON(t, whole.Intervals), sum)
	}
	code, text := o.bearing(t, o.token)("/api/v1/own/intervals.csv?from=2026-11-20&to=2026-11-21&style=excel")
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if code != 200 || err != nil || len(rows) != 97 || rows[1][6] == "" || rows[1][3] != "r-01" {
		t.Errorf("%d, %v, %d rows", code, err, len(rows))
	}
	m := own[dispatcher.OwnMonth](t, o, "/api/v1/own/month?month=2026-11")
	if m.Resident != "r-01" || len(m.Maxima) == 0 || m.KnownWh <= 0 {
		t.Errorf("%s", mustJSON(t, m))
	}
}

// Why a token does not open is told to whoever holds it, and to nobody else.
func TestATokenThatDoesNotOpen(t *testing.T) {
	o := newOwnOffice(t, nil)
	f := func(token string, want int, word string) {
		t.Helper()
		if code, text := o.bearing(t, token)("/api/v1/own/now"); code != want || !strings.Contains(text, word) {
			t.Errorf("answers %d %s; want %d and %q", code, text, want, word)
		}
	}
	f(o.token, 200, `"r-01"`)
	f("", 401, "sign in first with a resident's token")
	f("asue-own-something", 401, "not known")
	f(strings.Replace(o.token, o.token[30:34], "AAAA", 1), 401, "not known") // the right id with other random bits
	f(o.token+"A", 401, "not known")
	stranger := o.passes.Issue("r-99", "", noon, time.Time{})
	f(stranger, 404, "not in the site file")
	brief := o.passes.Issue("r-01", "", noon, noon.Add(time.Hour))
	f(brief, 200, "r-01")
	o.passes.Revoke(o.token, noon)
	o.later(4 * time.Second)
	f(o.token, 200, "r-01") // up to five seconds late
	o.later(2 * time.Second)
	f(o.token, 401, "revoked at 2026-11-21 12:00")
	f(o.token, 401, `"type":"urn:asue:token-revoked"`)
	f(brief, 200, "r-01")
	o.later(time.Hour)
	f(brief, 401, "valid until 2026-11-21 13:00")
}

// A token goes over encrypted connections, or stays on the machine.
func TestATokenIsNotTakenInTheOpen(t *testing.T) {
	o := newOwnOffice(t, nil)
	b := o.browser(t)
	b.remote = "192.168.1.9:5"
	bear := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+o.token) }
	if w := b.do("GET", "/api/v1/own/now", nil, bear); w.Code != 403 || !strings.Contains(w.Body.String(), "read on the way") {
		t.Errorf("answers %d %s", w.Code, w.Body)
	}
	if w := b.do("POST", "/api/v1/own/session", map[string]string{"token": o.token}); w.Code != 403 || b.cookie != nil {
		t.Errorf("answers %d %s", w.Code, w.Body)
	}
	tls := func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }
	if w := b.do("GET", "/api/v1/own/now", nil, bear, tls); w.Code != 200 {
		t.Errorf("answers %d %s", w.Code, w.Body)
	}
	w := b.do("POST", "/api/v1/own/session", map[string]string{"token": o.token}, tls)
	if c := b.cookie; w.Code != 200 || c.Name != "__Secure-asue-own" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/api/v1/own" {
		t.Errorf("answers %d %v", w.Code, w.Result().Cookies())
	}
}

// The page takes a token once, into a cookie that no script can read, and forgets it.
func TestOwnSession(t *testing.T) {
	o := newOwnOffice(t, nil)
	b := o.browser(t)
	page := b.do("GET", "/own", nil)
	if page.Code != 200 || strings.Contains(page.Body.String(), "r-01") || strings.Contains(page.Body.String(), "{{") {
		t.Errorf("the page answers %d: %s", page.Code, page.Body)
	}
	b.ask("POST", "/api/v1/own/session", map[string]string{"token": o.token[:50]}, 401)
	if answer := b.ask("POST", "/api/v1/own/session", map[string]string{"token": " " + o.token + "\n"}, 200); answer["resident"] != "r-01" {
		t.Errorf("%v", answer)
	}
	if c := b.cookie; c.Name != "asue-own-8080" || !c.HttpOnly || c.MaxAge != 90*24*3600 {
		t.Errorf("%v", c)
	}
	if got := b.ask("GET", "/api/v1/own/now", nil, 200); got["resident"].(map[string]any)["id"] != "r-01" {
		t.Errorf("%v", got)
	}
	if !strings.HasSuffix(o.books.kinds(), "own.begun") {
		t.Errorf("the audit has %s", o.books.kinds())
	}
	b.ask("POST", "/api/v1/own/session/end", nobody, 200)
	if b.cookie != nil {
		t.Errorf("%v is left", b.cookie)
	}
	b.ask("GET", "/api/v1/own/now", nil, 401)
}

// Whoever asks without measure is held back, and holds back nobody else.
func TestOwnQuestionsAreRationed(t *testing.T) {
	o := newOwnOffice(t, nil)
	other := o.passes.Issue("r-02", "", noon, time.Time{})
	ask := o.bearing(t, o.token)
	for n := range 60 {
		if code, text := ask("/api/v1/own/now"); code != 200 {
			t.Fatalf("question %d answers %d %s", n+1, code, text)
		}
	}
	if o.passes.asked != 1 {
		t.Errorf("the ledger was asked %d times within five seconds", o.passes.asked)
	}
	w := o.browser(t).do("GET", "/api/v1/own/now", nil, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+o.token) })
	if w.Code != 429 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("the next answers %d after %s", w.Code, w.Header().Get("Retry-After"))
	}
	if code, _ := o.bearing(t, other)("/api/v1/own/now"); code != 200 {
		t.Errorf("another resident gets %d", code)
	}
	o.later(time.Second)
	if code, _ := ask("/api/v1/own/now"); code != 200 {
		t.Errorf("a second later it answers %d", code)
	}

	guess := o.bearing(t, "asue-own-000000000000-"+strings.Repeat("A", 43))
	for range 20 {
		if code, text := guess("/api/v1/own/now"); code != 401 {
			t.Fatalf("a guess answers %d %s", code, text)
		}
	}
	before := o.passes.asked
	if code, _ := guess("/api/v1/own/now"); code != 429 || o.passes.asked != before {
		t.Errorf("the 21st guess answers %d, and the ledger was asked %d times", code, o.passes.asked-before)
	}
	o.later(time.Second)
	if code, _ := ask("/api/v1/own/now"); code != 200 {
		t.Errorf("a known token of the same address answers %d", code)
	}
}

// While the ledger is silent what was known is believed for a minute.
func TestOwnWhileTheLedgerIsSilent(t *testing.T) {
	o := newOwnOffice(t, nil)
	ask := o.bearing(t, o.token)
	if code, _ := ask("/api/v1/own/now"); code != 200 {
		t.Fatal(code)
	}
	o.passes.down = errors.New("the disk is full")
	o.later(30 * time.Second)
	if code, _ := ask("/api/v1/own/now"); code != 200 {
		t.Errorf("after half a minute it answers %d", code)
	}
	if code, text := o.bearing(t, o.passes.Issue("r-02", "", noon, time.Time{}))("/api/v1/own/now"); code != 503 || strings.Contains(text, "disk") {
		t.Errorf("a token that was never seen answers %d %s", code, text)
	}
	o.later(31 * time.Second)
	if code, _ := ask("/api/v1/own/now"); code != 503 {
		t.Errorf("after a minute it answers %d", code)
	}
}

func TestAProcessWithoutTokensSaysSo(t *testing.T) {
	o := newOwnOffice(t, func(c *dispatcher.Config) { c.Tokens = nil })
	if code, text := o.bearing(t, o.token)("/api/v1/own/now"); code != 503 || !strings.Contains(text, "no tokens") {
		t.Errorf("answers %d %s", code, text)
	}
}
