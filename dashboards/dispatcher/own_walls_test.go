package dispatcher_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/dashboards/dispatcher"
	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
)

func decodeInto(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// ownRoutes are all that a resident's token opens. It is written out by hand: a route
// that is opened to residents must be considered here, and in ownQuestions.
var ownRoutes = []string{
	"GET /own", "GET /own.js", "GET /own.css", "POST /api/v1/own/session", "POST /api/v1/own/session/end",
	"GET /api/v1/own/now", "GET /api/v1/own/intervals", "GET /api/v1/own/intervals.csv", "GET /api/v1/own/month",
}

// Whoever carries a resident's token is refused at every other route, on this machine and
// from elsewhere, also where anybody may look, also if he has signed in as the admin.
func TestAResidentsTokenOpensNothingElse(t *testing.T) {
	for _, anonymous := range []metering.Role{"", metering.RoleViewer} {
		o := newOwnOffice(t, func(c *dispatcher.Config) { c.Anonymous = anonymous })
		mountEverything(o.office)
		revoked := o.passes.Issue("r-01", "", noon, time.Time{})
		o.passes.Revoke(revoked, noon)
		admin := o.as(t, "admin")
		tried := 0
		for _, route := range o.Routes() {
			if slices.Contains(ownRoutes, route.Pattern) {
				continue
			}
			for _, token := range []string{o.token, revoked, "asue-own-none"} {
				for how, carry := range map[string]func(*http.Request){
					"header": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) },
					"cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "asue-own-8080", Value: token}) },
				} {
					for _, b := range []*browser{o.browser(t), {t: t, o: o.office, remote: "127.0.0.1:50000", cookie: admin.cookie}} {
						method, path := example(route.Pattern)
						w := b.do(method, path, nobody, carry)
						if w.Code != 403 || !strings.Contains(w.Body.String(), "a resident's token opens /own and /api/v1/own alone") {
							t.Errorf("%s with a token as a %s answers %d %.200s", route.Pattern, how, w.Code, w.Body)
						}
						tried++
					}
				}
			}
		}
		if tried < 1000 {
			t.Errorf("only %d were tried", tried)
		}
	}
}

// example is a request that a pattern matches.
func example(pattern string) (method, path string) {
	method, path, spaced := strings.Cut(pattern, " ")
	if !spaced {
		method, path = http.MethodGet, pattern
	}
	path = strings.Replace(path, "{$}", "", 1)
	return method, regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "x")
}

func mountEverything(o *office) {
	nothing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	o.Mount("GET /metrics", nothing, dispatcher.Operator)
	o.Mount("GET /healthz", nothing, dispatcher.Operator)
	o.Mount("/prometheus/", nothing, dispatcher.Viewer)
	o.Mount("PUT /api/v1/lines/{line}/trace", nothing, dispatcher.Desk)
}

// neighbourhood is a zone in which everything of everybody can be recognised: names have
// eight letters of chance, numbers are of chance too, and reasons gossip about neighbours.
type neighbourhood struct {
	site   *metering.Site
	wh     map[metering.PointID]int64 // energy of every quarter of an hour
	w      map[metering.MeterID]int64 // power now
	gossip string
}

func (n *neighbourhood) Intervals(_ context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	var list []metering.Interval
	for at := metering.PeriodStart(q.From); at.Before(q.To) && at.Before(noon.Add(-metering.BasePeriod)); at = at.Add(metering.BasePeriod) {
		for _, p := range q.Points {
			for _, ch := range q.Channels {
				grade := []metering.Grade{metering.Actual, metering.Estimated, metering.Null}[at.Minute()/15%3]
				iv := metering.Interval{Point: p, Channel: ch, Start: at, Version: 1, Grade: grade, Method: metering.MethodRegister, Reason: n.gossip}
				if grade != metering.Null {
					iv.Energy = metering.Energy(n.wh[p])
				}
				list = append(list, iv)
			}
		}
	}
	return list, nil
}

func (n *neighbourhood) Demand(_ context.Context, r metering.ResidentID, month time.Time) (dispatcher.Demand, error) {
	d := dispatcher.Demand{Resident: string(r), From: month, To: month.AddDate(0, 1, 0), Remarks: []string{n.gossip}}
	for _, p := range n.site.Points {
		if p.Resident == r {
			d.KnownWh += 2000 * n.wh[p.ID]
		} else {
			d.Coincident = &dispatcher.Peak{PowerW: n.wh[p.ID], Start: month, End: month}
		}
	}
	d.Maxima = []dispatcher.Maximum{{Minutes: 15, Block: &dispatcher.Peak{PowerW: d.KnownWh / 500, Start: month, End: month.Add(metering.BasePeriod)}}}
	return d, nil
}

func (n *neighbourhood) snapshots(at time.Time) []metering.Snapshot {
	var list []metering.Snapshot
	for m, w := range n.w {
		s := power(m, at, float64(w))
		s.Readings[0].Reason = n.gossip
		if w%3 == 0 {
			s.Readings[0].Quality = metering.OutOfRange
		}
		list = append(list, s)
	}
	return list
}

// neighbours are so many residents with one to most points each, of electricity and water.
func neighbours(chance *rand.Rand, residents, most int) *neighbourhood {
	number := func() int64 { return 10_000_000_001 + chance.Int64N(89_999_999_999) }
	word := func(what string) string {
		b := []byte(what + "-")
		for range 8 {
			b = append(b, byte('a'+chance.IntN(26)))
		}
		return string(b)
	}
	site := fakezone.New(0, 1).Site()
	n := &neighbourhood{site: site, wh: map[metering.PointID]int64{}, w: map[metering.MeterID]int64{}}
	for range residents {
		r := metering.Resident{ID: metering.ResidentID(word("resident")), Name: word("name"), Trade: metering.TradeCeramics, State: metering.Working}
		site.Residents = append(site.Residents, r)
		site.Conditions = append(site.Conditions, metering.Condition{ID: word("condition"), Resident: r.ID, Node: "in", Power: metering.Power(number()), Document: word("document")})
		site.Armours = append(site.Armours, metering.Armour{Resident: r.ID, Technological: metering.Power(number())})
		for range 1 + chance.IntN(most) {
			p := metering.Point{ID: metering.PointID(word("point")), Name: word("pname"), Node: "in", Role: metering.RoleResident, Resident: r.ID}
			if chance.IntN(4) == 0 {
				p.Medium = metering.DrinkingWater
			}
			m := metering.MeterID(word("meter"))
			site.Points = append(site.Points, p)
			site.Meters = append(site.Meters, metering.Meter{ID: m, Model: "eastron-sdm630", Line: "l1", Unit: 1})
			site.Installs = append(site.Installs, metering.Install{Meter: m, Point: p.ID})
			n.wh[p.ID], n.w[m] = number(), number()
		}
	}
	for _, p := range site.Points {
		n.gossip += fmt.Sprintf("%s of %s, %d; ", p.ID, p.Resident, n.wh[p.ID])
	}
	return n
}

// secrets are the words and numbers of everybody but one resident.
func (n *neighbourhood) secrets(own metering.ResidentID) (words []string, numbers map[string]bool) {
	numbers = map[string]bool{}
	count := func(w int64) {
		for _, k := range []int64{1, 2, 3, 4, 64, 96, 500, 2000} { // means, and sums over hours, days and months
			numbers[fmt.Sprint(k*w)] = true
		}
	}
	for _, r := range n.site.Residents {
		if r.ID != own {
			words = append(words, string(r.ID), r.Name)
		}
	}
	for _, c := range n.site.Conditions {
		if c.Resident != own {
			words = append(words, c.Document)
			count(int64(c.Power))
		}
	}
	for _, a := range n.site.Armours {
		if a.Resident != own {
			count(int64(a.Technological))
		}
	}
	for i, p := range n.site.Points {
		if p.Resident == own {
			continue
		}
		words = append(words, string(p.ID), p.Name, string(n.site.Installs[i].Meter))
		count(n.wh[p.ID])
		count(n.w[n.site.Installs[i].Meter])
	}
	return words, numbers
}

// ownQuestions asks every own route with every parameter that somebody might try.
func ownQuestions(own, theirs metering.Point) []string {
	var list []string
	const stretch = "from=2026-11-20&to=2026-11-22"
	for _, path := range []string{"now", "intervals", "intervals.csv", "month"} {
		base := "/api/v1/own/" + path
		list = append(list, base, base+"?"+stretch, base+"?month=2026-10", base+"?month=2026-11", base+"/", base+"/"+string(theirs.Resident))
		for _, more := range []string{
			"", "point=" + string(own.ID), "step=30m", "step=60m", "step=day", "step=month", "step=hour", "limit=7", "limit=1",
			"channel=A%2B", "channel=A+", "channel=R%2B", "channel=A-", "channel=drinking-water", "channel=gas", "style=excel", "format=json", "format=xlsx",
			"as_of=2026-11-21", "settlement=2026-10", "resident=" + string(theirs.Resident), "resident=" + string(own.Resident), "point=" + string(theirs.ID),
			"point=" + string(own.ID) + "&point=" + string(theirs.ID), "point=" + string(theirs.ID) + "&point=" + string(own.ID),
			"Point=" + string(theirs.ID), "point[]=" + string(theirs.ID), "points=" + string(theirs.ID), "point=" + url.QueryEscape(string(own.ID)+","+string(theirs.ID)),
			"point=", "point=in-1", "point=*", "point=%25", "point=%00", "node=in", "meter=x", "role=input", "all=true", "px=100", "hours=24", "active=true",
		} {
			list = append(list, base+"?"+stretch+"&"+more, base+"?"+more)
		}
	}
	for _, path := range []string{"../residents", "..%2fresidents", "now/../../residents", "//residents", "now?from=../residents", "now;resident=x", "session", "live"} {
		list = append(list, "/api/v1/own/"+path)
	}
	return list
}

var digits = regexp.MustCompile(`\d+`)

// leaks names what of others stands in a text.
func leaks(text string, words []string, numbers map[string]bool) (found []string) {
	for _, w := range words {
		if strings.Contains(text, w) {
			found = append(found, w)
		}
	}
	for _, d := range digits.FindAllString(text, -1) {
		if numbers[strings.TrimLeft(d, "0")] {
			found = append(found, d)
		}
	}
	return found
}

// No own answer holds a word or a number of a neighbour, whatever is asked; and each
// resident finds his own there.
func TestNoNeighbourInAnyOwnAnswer(t *testing.T) {
	n := neighbours(rand.New(rand.NewPCG(8, 8)), 4, 3)
	o := n.office(t)
	for _, r := range n.site.Residents {
		if answered := n.interrogate(t, o, r.ID, func(questions []string) []string { return questions }); answered < 30 {
			t.Errorf("only %d questions of %s were answered", answered, r.ID)
		}
	}
}

// The same in zones of chance, with some of the questions each.
func TestNoNeighbourInAnyZone(t *testing.T) {
	fewer(t, "25") // each case makes a server
	rapid.Check(t, func(rt *rapid.T) {
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "chance"), 0))
		n := neighbours(chance, rapid.IntRange(2, 5).Draw(rt, "residents"), rapid.IntRange(1, 3).Draw(rt, "points of each at most"))
		who := n.site.Residents[rapid.IntRange(0, len(n.site.Residents)-1).Draw(rt, "who")]
		n.interrogate(rt, n.office(t), who.ID, func(questions []string) []string {
			chance.Shuffle(len(questions), func(i, k int) { questions[i], questions[k] = questions[k], questions[i] })
			return questions[:15]
		})
	})
}

// fewer sets how many cases rapid draws, unless the command line does.
func fewer(t *testing.T, checks string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	if was != f.DefValue {
		return
	}
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(was) })
}

func (n *neighbourhood) office(t testing.TB) *ownOffice {
	o := newOwnOffice(t, func(c *dispatcher.Config) {
		c.Site, c.Series, c.Demands, c.Ledger = n.site, nil, n, gossips{&books{}, n}
	})
	o.Observe(n.snapshots(noon))
	o.Publish()
	return o
}

// fatal is what a test of either kind fails by.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// interrogate asks questions in the name of a resident, and returns how many were answered.
func (n *neighbourhood) interrogate(t fatal, o *ownOffice, who metering.ResidentID, some func([]string) []string) (answered int) {
	t.Helper()
	token := o.passes.Issue(who, "", noon, time.Time{})
	words, numbers := n.secrets(who)
	points := slices.DeleteFunc(slices.Clone(n.site.Points), func(p metering.Point) bool { return p.Resident == "" })
	own := points[slices.IndexFunc(points, func(p metering.Point) bool { return p.Resident == who })]
	theirs := points[slices.IndexFunc(points, func(p metering.Point) bool { return p.Resident != who })]
	ask := func(path string) (int, string) {
		r := httptest.NewRequest("GET", "http://127.0.0.1:8080"+path, nil)
		r.RemoteAddr = "127.0.0.1:50000"
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		o.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String() + "\n" + fmt.Sprint(w.Header()["Content-Disposition"], w.Header()["Set-Cookie"])
	}
	for _, path := range some(ownQuestions(own, theirs)) {
		o.skip(2 * time.Second) // the ration of a token
		code, text := ask(path)
		switch {
		case code == 200:
			answered++
		case code == 429 || code >= 500:
			t.Fatalf("GET %s answers %d %s", path, code, text)
		case code/100 == 3: // a redirect says where the question itself has pointed to
			continue
		}
		if found := leaks(text, words, numbers); len(found) > 0 {
			t.Fatalf("GET %s by %s answers %d with %v of others:\n%s", path, who, code, found, text)
		}
	}
	if _, text := ask("/api/v1/own/intervals.csv?from=2026-11-20&to=2026-11-21&point=" + string(own.ID)); !strings.Contains(text, fmt.Sprint(n.wh[own.ID])) {
		t.Fatalf("%s does not find his own %d: %s", who, n.wh[own.ID], text)
	}
	return answered
}

// skip lets the clock of people go on alone.
func (o *ownOffice) skip(d time.Duration) {
	o.stage.mu.Lock()
	defer o.stage.mu.Unlock()
	o.wall = o.wall.Add(d)
}

// gossips is a ledger whose intervals talk.
type gossips struct {
	dispatcher.Ledger
	n *neighbourhood
}

func (g gossips) Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	return g.n.Intervals(ctx, q)
}

// The test above can fail: what dispatchers are told of the same resident gossips.
func TestLeaksAreSeen(t *testing.T) {
	words, numbers := []string{"vzkqwmnbpl"}, map[string]bool{"1234567": true}
	f := func(text string, want int) {
		t.Helper()
		if found := leaks(text, words, numbers); len(found) != want {
			t.Errorf("%q leaks %v, want %d", text, found, want)
		}
	}
	f(`{"power_w":1234567}`, 1)
	f(`vzkqwmnbpl;001234567;x`, 2)
	f(`{"power_w":12345678,"name":"vzkqwmnbp"}`, 0)
}
