package dispatcher_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// counter is an office as simple as can be: a case goes on with every step, and those of
// two persons wait for the second one.
type counter struct {
	mu     sync.Mutex // guards all below
	cases  []dispatcher.CaseView
	drafts []dispatcher.DraftView
	seq    uint64
	asked  time.Time // the year that was asked for last
	hosted dispatcher.HostingQuestion
	hold   chan struct{} // nil: hosting answers at once
	down   error
}

func (c *counter) Conditions(_ context.Context, asOf time.Time, _ func(float64)) (dispatcher.ConditionsView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = asOf
	need := int64(30_000)
	return dispatcher.ConditionsView{Rules: "use 1", Residents: []dispatcher.ConditionRow{
		{Resident: "r-01", Name: "Керамика-1", Node: "f-1", TUW: 2_000_000, NeedW: &need, Class: "IDLE", Evidence: "ab"},
	}}, c.down
}

func (c *counter) Use(_ context.Context, resident, node string, _ time.Time) (dispatcher.UseView, error) {
	if resident != "r-01" {
		return dispatcher.UseView{}, fmt.Errorf("%s at %s: %w", resident, node, dispatcher.ErrUnknown)
	}
	return dispatcher.UseView{CurveW: []int64{3, 2, 1}}, nil
}

func (c *counter) Register(_ context.Context, at time.Time) (dispatcher.RegisterView, error) {
	return dispatcher.RegisterView{At: at, Entries: []dispatcher.RegisterEntry{}}, nil
}

func (c *counter) Pool(_ context.Context, at time.Time) (dispatcher.PoolView, error) {
	return dispatcher.PoolView{At: at}, nil
}

func (c *counter) Cases(context.Context) ([]dispatcher.CaseView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.cases), c.down
}

func (c *counter) Case(_ context.Context, id string) (dispatcher.CaseView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.cases {
		if v.ID == id {
			return v, nil
		}
	}
	return dispatcher.CaseView{}, fmt.Errorf("case %s: %w", id, dispatcher.ErrUnknown)
}

func (c *counter) Drafts(context.Context) ([]dispatcher.DraftView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.drafts), nil
}

func (c *counter) Hosting(ctx context.Context, q dispatcher.HostingQuestion, progress func(float64)) (dispatcher.HostingView, error) {
	c.mu.Lock()
	c.hosted = q
	hold, down := c.hold, c.down
	c.mu.Unlock()
	if progress != nil {
		progress(0.5)
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return dispatcher.HostingView{}, ctx.Err()
		}
	}
	return dispatcher.HostingView{HostingQuestion: q, Verdict: "firm", FirmNowW: 3_000_000}, down
}

// action is as much of an action as the counter understands.
type action struct {
	Kind, Document, Case, Evidence string
	Event                          struct{ Kind string }
}

func (c *counter) Do(_ context.Context, who dispatcher.CapacityPerson, raw json.RawMessage) (dispatcher.DoneView, error) {
	var a action
	if err := json.Unmarshal(raw, &a); err != nil {
		return dispatcher.DoneView{}, &dispatcher.CapacityRefusal{Reasons: []string{err.Error()}}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var faults []string
	if a.Document == "" {
		faults = append(faults, "name the document")
	}
	if a.Kind == "case.open" && a.Evidence == "" {
		faults = append(faults, "name the evidence")
	}
	switch {
	case c.down != nil:
		return dispatcher.DoneView{}, c.down
	case len(faults) > 0:
		return dispatcher.DoneView{}, &dispatcher.CapacityRefusal{Reasons: faults}
	}
	c.seq++
	if a.Kind == "case.open" {
		id := fmt.Sprintf("ТУ-2026-%03d", len(c.cases)+1)
		c.cases = append(c.cases, dispatcher.CaseView{ID: id, Stage: "FINDING", Evidence: a.Evidence, Events: []dispatcher.CaseEvent{{Kind: "open", By: who.Account}}})
		return dispatcher.DoneView{Case: id, Seq: c.seq}, nil
	}
	id := fmt.Sprintf("D-%d", c.seq)
	c.drafts = append(c.drafts, dispatcher.DraftView{ID: id, Kind: a.Kind, Case: a.Case, Step: a.Event.Kind, Author: who.Account, Action: raw})
	return dispatcher.DoneView{Draft: id, Seq: c.seq}, nil
}

func (c *counter) take(draft string) (dispatcher.DraftView, error) {
	i := slices.IndexFunc(c.drafts, func(d dispatcher.DraftView) bool { return d.ID == draft })
	if i < 0 {
		return dispatcher.DraftView{}, fmt.Errorf("draft %s: %w", draft, dispatcher.ErrUnknown)
	}
	return c.drafts[i], nil
}

func (c *counter) Sign(_ context.Context, who dispatcher.CapacityPerson, draft string) (dispatcher.DoneView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, err := c.take(draft)
	switch {
	case err != nil:
		return dispatcher.DoneView{}, err
	case d.Author == who.Account:
		return dispatcher.DoneView{}, &dispatcher.CapacityRefusal{Reasons: []string{"another person has to sign"}}
	}
	c.drafts = slices.DeleteFunc(c.drafts, func(o dispatcher.DraftView) bool { return o.ID == draft })
	for i := range c.cases {
		if c.cases[i].ID == d.Case {
			c.cases[i].Stage = strings.ToUpper(d.Step)
		}
	}
	c.seq++
	return dispatcher.DoneView{Case: d.Case, Seq: c.seq}, nil
}

func (c *counter) Drop(_ context.Context, _ dispatcher.CapacityPerson, draft, why string) (dispatcher.DoneView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.take(draft); err != nil {
		return dispatcher.DoneView{}, err
	}
	if why == "too late" {
		return dispatcher.DoneView{}, &dispatcher.CapacityRefusal{Reasons: []string{"it was signed meanwhile"}, Conflict: true}
	}
	c.drafts = slices.DeleteFunc(c.drafts, func(o dispatcher.DraftView) bool { return o.ID == draft })
	return dispatcher.DoneView{Seq: c.seq}, nil
}

func (c *counter) Paper(_ context.Context, w io.Writer, id, paper, format, lang string) (string, error) {
	_, err := fmt.Fprintf(w, "<p>%s %s %s</p>", id, paper, lang)
	return "Уведомление " + id + "." + format, err
}

func (c *counter) Season(_ context.Context, w io.Writer, _ time.Time, format, _ string) (string, error) {
	_, err := io.WriteString(w, "season")
	return "season." + format, err
}

func newCounter(t testing.TB) (*office, *counter) {
	c := &counter{}
	return newOffice(t, func(cfg *dispatcher.Config) { cfg.Capacity = c }), c
}

// A finding is taken up by one engineer and noticed by two.
func TestCaseOverTheCounter(t *testing.T) {
	o, _ := newCounter(t)
	first, second, auditor, viewer := o.as(t, "engineer"), o.as(t, "admin"), o.as(t, "auditor"), o.as(t, "viewer")
	rows := viewer.ask("GET", "/api/v1/conditions", nil, 200)["residents"].([]any)
	row := rows[0].(map[string]any)
	if row["name"] != "Керамика-1" || row["class"] != "IDLE" {
		t.Fatalf("row %v", row)
	}
	done := first.ask("POST", "/api/v1/actions", map[string]any{"kind": "case.open", "document": "№ 1", "evidence": row["evidence_sha256"]}, 200)
	id, _ := done["case"].(string)
	path := "/api/v1/cases/" + url.PathEscape(id)
	viewer.ask("GET", path, nil, 403)
	if c := auditor.ask("GET", path, nil, 200); c["stage"] != "FINDING" {
		t.Errorf("case %v", c)
	}
	notice := map[string]any{"kind": "case.step", "case": id, "document": "№ 2", "event": map[string]any{"kind": "notice"}}
	auditor.ask("POST", "/api/v1/actions", notice, 403)
	draft := first.ask("POST", "/api/v1/actions", notice, 200)["draft"]
	if list := auditor.ask("GET", "/api/v1/drafts", nil, 200)["drafts"].([]any); len(list) != 1 {
		t.Errorf("drafts %v", list)
	}
	sign := fmt.Sprintf("/api/v1/drafts/%v/sign", draft)
	if text := mustText(t, first.ask("POST", sign, nobody, 422)); !strings.Contains(text, "another person has to sign") {
		t.Errorf("the author signs: %s", text)
	}
	second.ask("POST", sign, nobody, 200)
	second.ask("POST", sign, nobody, 404)
	if list := auditor.ask("GET", "/api/v1/cases", nil, 200)["cases"].([]any); list[0].(map[string]any)["stage"] != "NOTICE" {
		t.Errorf("cases %v", list)
	}
}

// What an office refuses is told whole, and who was too late is told so.
func TestRefusalsOfTheOffice(t *testing.T) {
	o, c := newCounter(t)
	b := o.as(t, "engineer")
	if text := mustText(t, b.ask("POST", "/api/v1/actions", map[string]any{"kind": "case.open"}, 422)); !strings.Contains(text, "name the document") || !strings.Contains(text, "name the evidence") {
		t.Errorf("not all faults: %s", text)
	}
	draft := b.ask("POST", "/api/v1/actions", map[string]any{"kind": "pool.post", "document": "№ 3"}, 200)["draft"]
	drop := fmt.Sprintf("/api/v1/drafts/%v/drop", draft)
	b.ask("POST", drop, map[string]any{"why": " "}, 422)
	b.ask("POST", drop, map[string]any{"why": "too late"}, 409)
	b.ask("POST", drop, map[string]any{"why": "ошибка в номере"}, 200)
	b.ask("POST", drop, map[string]any{"why": "ещё раз"}, 404)
	b.ask("GET", "/api/v1/conditions/r-99/f-1", nil, 404)
	c.mu.Lock()
	c.down = errors.New("the disk is full")
	c.mu.Unlock()
	if text := mustText(t, b.ask("GET", "/api/v1/cases", nil, 503)); strings.Contains(text, "disk") {
		t.Errorf("the inside is told outside: %s", text)
	}
	b.ask("POST", "/api/v1/actions", map[string]any{"kind": "case.open", "document": "№ 1", "evidence": "ab"}, 503)
}

// Who has lost his role since he wrote a draft has not written it.
func TestAuthorOfADraftMustStillBeOne(t *testing.T) {
	o, _ := newCounter(t)
	draft := o.as(t, "engineer").ask("POST", "/api/v1/actions", map[string]any{"kind": "pool.post", "document": "№ 3"}, 200)["draft"]
	o.books.change("engineer", func(a *metering.Account) { a.Enabled = false })
	second := o.as(t, "admin")
	if text := mustText(t, second.ask("POST", fmt.Sprintf("/api/v1/drafts/%v/sign", draft), nobody, 422)); !strings.Contains(text, "may not act in the office any more") {
		t.Errorf("said %s", text)
	}
	second.ask("POST", fmt.Sprintf("/api/v1/drafts/%v/drop", draft), map[string]any{"why": "автор уволен"}, 200)
}

// What a person does binds others: his password must have been given lately.
func TestOfficeWantsThePasswordAgain(t *testing.T) {
	o, _ := newCounter(t)
	b := o.as(t, "engineer")
	o.later(6 * time.Minute)
	open := map[string]any{"kind": "case.open", "document": "№ 1", "evidence": "ab"}
	b.ask("POST", "/api/v1/actions", open, 428)
	b.ask("GET", "/api/v1/cases", nil, 200)
	b.ask("POST", "/api/v1/me/confirm", map[string]string{"password": secret}, 200)
	b.ask("POST", "/api/v1/actions", open, 200)
}

func TestOfficeElsewhere(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "engineer")
	for _, path := range []string{"conditions", "conditions/r-01/f-1", "register", "pool", "cases", "cases/x", "drafts", "season", "cases/x/papers/act"} {
		b.ask("GET", "/api/v1/"+path, nil, 503)
	}
	node := string(o.zone.Site().Topology.Nodes[0].ID)
	b.ask("GET", "/api/v1/hosting?mw=1&node="+node, nil, 503)
	b.ask("POST", "/api/v1/actions", map[string]any{"kind": "case.open"}, 503)
	b.ask("POST", "/api/v1/drafts/D-1/sign", nobody, 503)
}

// The last day of a year counts whole; what has not passed yet has no findings.
func TestYearThatIsAskedFor(t *testing.T) {
	o, c := newCounter(t)
	b := o.as(t, "viewer")
	f := func(query string, want time.Time) {
		t.Helper()
		b.ask("GET", "/api/v1/conditions"+query, nil, 200)
		if !c.asked.Equal(want) {
			t.Errorf("%q asks for %v, want %v", query, c.asked, want)
		}
	}
	f("", time.Time{})
	f("?as_of=2026-06-30", time.Date(2026, 6, 30, 19, 0, 0, 0, time.UTC)) // local midnight after it
	f("?as_of=2026-06-30T12:00:00Z", time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC))
	text := mustText(t, b.ask("GET", "/api/v1/conditions?as_of=2026-11-21&resident=r-01", nil, 422))
	for _, want := range []string{"has not passed yet", "unknown query parameter"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", text, want)
		}
	}
	b.ask("GET", "/api/v1/conditions/r-01/f-1?as_of=30.06.2026", nil, 422)
	b.ask("GET", "/api/v1/register?at=yesterday", nil, 422)
	if v := b.ask("GET", "/api/v1/pool?at=2027-01-01", nil, 200); v["at"] != "2026-12-31T19:00:00Z" {
		t.Errorf("at %v", v["at"])
	}
}

func TestNewcomerIsAnswered(t *testing.T) {
	o, c := newCounter(t)
	b := o.as(t, "viewer")
	node := string(o.zone.Site().Topology.Nodes[0].ID)
	v := b.ask("GET", "/api/v1/hosting?mw=2.5&annual_mwh=9000&flexible=0.4&profile=two-shifts&as_of=2026-06-30&node="+node, nil, 200)
	want := dispatcher.HostingQuestion{Node: node, PowerW: 2_500_000, Profile: "two-shifts", AnnualWh: 9_000_000_000, Flexible: 0.4, AsOf: time.Date(2026, 6, 30, 19, 0, 0, 0, time.UTC)}
	if c.hosted != want || v["verdict"] != "firm" || v["firm_now_w"] != 3e6 {
		t.Errorf("asked %+v, answered %v", c.hosted, v)
	}
	text := mustText(t, b.ask("GET", "/api/v1/hosting?node=nowhere&mw=NaN&flexible=2&annual_mwh=-1", nil, 422))
	for _, want := range []string{"query.node", "query.mw", "query.flexible", "query.annual_mwh"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s says nothing of %s", text, want)
		}
	}
}

// Progress comes while the answer is reckoned, and who goes away stops it.
func TestNewcomerHearsHowFarItIs(t *testing.T) {
	o, c := newCounter(t)
	web := httptest.NewServer(o.Handler())
	t.Cleanup(web.Close)
	c.hold = make(chan struct{})
	b := o.as(t, "viewer")
	node := string(o.zone.Site().Topology.Nodes[0].ID)
	ask := func(ctx context.Context) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+"/api/v1/hosting?mw=1&node="+node, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/event-stream")
		cookie := *b.cookie
		cookie.Name = "asue-" + strings.Split(web.URL, ":")[2]
		req.AddCookie(&cookie)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		if kind := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || kind != "text/event-stream" {
			t.Fatalf("%d %s", resp.StatusCode, kind)
		}
		return resp
	}
	ctx, leave := context.WithCancel(t.Context())
	gone := &stream{t: t, body: bufio.NewReader(ask(ctx).Body)}
	if e := gone.next(); e.name != "progress" || e.data != `{"part":0.5}` {
		t.Errorf("first came %+v", e)
	}
	leave() // the place is free for the next one, who would wait for ever otherwise
	heard := &stream{t: t, body: bufio.NewReader(ask(t.Context()).Body)}
	if e := heard.next(); e.name != "progress" {
		t.Errorf("first came %+v", e)
	}
	close(c.hold)
	if e := heard.next(); e.name != "answer" || !strings.Contains(e.data, `"verdict":"firm"`) {
		t.Errorf("then came %+v", e)
	}
	c.mu.Lock()
	c.down = &dispatcher.CapacityRefusal{Reasons: []string{"there is no such profile"}}
	c.mu.Unlock()
	refused := &stream{t: t, body: bufio.NewReader(ask(t.Context()).Body)}
	e := refused.next()
	for e.name == "progress" {
		e = refused.next()
	}
	if e.name != "problem" || !strings.Contains(e.data, "there is no such profile") || !strings.Contains(e.data, `"status":422`) {
		t.Errorf("refused with %+v", e)
	}
}

// A paper may show its own style and nothing else; its name may be in any letters, and
// who took it stands in the audit.
func TestPapersAreFiles(t *testing.T) {
	o, _ := newCounter(t)
	b := o.as(t, "auditor")
	f := func(path, kind, disposition, name, policy string) {
		t.Helper()
		w := b.do("GET", path, nil)
		got, params, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || err != nil || got != disposition || params["filename"] != name {
			t.Errorf("%s: %d %s %q (%v): %s", path, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Content-Disposition"), err, w.Body)
		}
		if p := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(p, policy) || strings.Contains(p, "script") == strings.Contains(policy, "style-src 'unsafe-inline'") {
			t.Errorf("%s: policy %q", path, p)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be taken for something else", path)
		}
	}
	base := "/api/v1/cases/" + url.PathEscape("ТУ-2026-001") + "/papers/"
	printed, shut := "default-src 'none'; style-src 'unsafe-inline'; img-src data:;", "default-src 'none'; script-src 'self'"
	f(base+"notice?lang=kk", "text/html; charset=utf-8", "inline", "Уведомление ТУ-2026-001.html", printed)
	f(base+"act?format=xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment", "Уведомление ТУ-2026-001.xlsx", shut)
	f(base+"evidence?format=txt", "text/plain; charset=utf-8", "attachment", "Уведомление ТУ-2026-001.txt", shut)
	f("/api/v1/season?as_of=2026-06-30&lang=en", "text/html; charset=utf-8", "inline", "season.html", printed)
	if got := o.books.kinds(); got != "login export.paper export.paper export.paper export.season" {
		t.Errorf("audit %q", got)
	}
	b.ask("GET", base+"notice?format=txt", nil, 422)
	b.ask("GET", base+"letter", nil, 422)
	b.ask("GET", base+"act?lang=fr", nil, 422)
	b.ask("GET", "/api/v1/season?format=txt", nil, 422)
	o.as(t, "viewer").ask("GET", base+"notice", nil, 403)
}

// Bodies that are no action never reach the office.
func TestBodiesThatAreNoAction(t *testing.T) {
	o, c := newCounter(t)
	b := o.as(t, "engineer")
	raw := func(path, body string, want int) {
		t.Helper()
		w := b.do("POST", path, nil, func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(body))
			r.ContentLength = int64(len(body))
		})
		if w.Code != want {
			t.Errorf("%.40q answers %d, want %d: %s", body, w.Code, want, w.Body)
		}
	}
	raw("/api/v1/actions", "", 400)
	raw("/api/v1/actions", "{", 400)
	raw("/api/v1/actions", `{"kind":"`+strings.Repeat("x", 64<<10)+`"}`, 413)
	raw("/api/v1/drafts/D-1/drop", `{}`, 422)
	raw("/api/v1/drafts/D-1/sign", `{"why":"x"}`, 422)
	raw("/api/v1/drafts/"+strings.Repeat("9", 65)+"/sign", `{}`, 422)
	if c.seq != 0 {
		t.Errorf("the office did something: %+v", c)
	}
}

var _ dispatcher.Capacity = (*counter)(nil)
