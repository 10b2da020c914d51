package dispatcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/audit"
	"asue/metering/password"
)

// registry is accounts and audit in memory, by the ledger's contract.
type registry struct {
	mu       sync.Mutex // guards all below
	accounts map[string]metering.Account
	records  []metering.AuditRecord
	down     error // what both answer instead
	deaf     bool  // the audit alone is down
}

var errDown = errors.New("the disk is full")

func (r *registry) Account(_ context.Context, name string) (metering.Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.accounts[name]
	switch {
	case r.down != nil:
		return a, r.down
	case !ok:
		return a, metering.ErrNotFound
	}
	return a, nil
}

func (r *registry) Accounts(context.Context) ([]metering.Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Collect(maps.Values(r.accounts))
	slices.SortFunc(list, func(a, b metering.Account) int { return strings.Compare(a.Name, b.Name) })
	return list, r.down
}

func (r *registry) PutAccount(_ context.Context, a metering.Account, why metering.AuditRecord) (metering.Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.Version != r.accounts[a.Name].Version {
		return a, metering.ErrConflict
	}
	if _, err := r.seal(why); err != nil {
		return a, err
	}
	a.Version++
	r.accounts[a.Name] = a
	return a, nil
}

func (r *registry) LoggedIn(_ context.Context, name string, at time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[name]
	a.LastLogin = at
	r.accounts[name] = a
	return r.down
}

func (r *registry) Append(_ context.Context, x metering.AuditRecord) (metering.AuditRecord, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seal(x)
}

func (r *registry) seal(x metering.AuditRecord) (metering.AuditRecord, error) {
	if r.down != nil || r.deaf {
		return x, errDown
	}
	var last audit.Link
	if n := len(r.records); n > 0 {
		last = audit.LinkOf(r.records[n-1])
	}
	x, err := audit.Seal(last, x)
	if err == nil {
		r.records = append(r.records, x)
	}
	return x, err
}

func (r *registry) Audit(_ context.Context, q metering.AuditQuery) ([]metering.AuditRecord, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []metering.AuditRecord
	for i := len(r.records) - 1; i >= 0 && len(list) < q.Limit; i-- {
		x := r.records[i]
		kind := q.Kind == "" || q.Kind == x.Kind || strings.HasSuffix(q.Kind, ".") && strings.HasPrefix(x.Kind, q.Kind)
		in := !x.At.Before(q.From) && (q.To.IsZero() || x.At.Before(q.To))
		if kind && in && (q.Before == 0 || x.Seq < q.Before) {
			list = append(list, x)
		}
	}
	return list, r.down
}

// change sets an account as `asue user` does in another process.
func (r *registry) change(name string, f func(a *metering.Account)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[name]
	f(&a)
	a.Version++
	r.accounts[name] = a
}

func (r *registry) kinds() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []string
	for _, x := range r.records {
		list = append(list, x.Kind)
	}
	return strings.Join(list, " ")
}

// outgoing are the orders that were handed over.
type outgoing struct {
	mu   sync.Mutex // guards all below
	list []metering.Order
	err  error
}

func (o *outgoing) Send(_ context.Context, x metering.Order) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.list = append(o.list, x)
	}
	return o.err
}

func (o *outgoing) all() []metering.Order {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]metering.Order{}, o.list...)
}

// office is a stage with accounts: one person of each role, all with one password,
// and a second dispatcher.
type office struct {
	*stage
	books *registry
	out   *outgoing
	wall  time.Time // guarded by stage.mu
}

const secret = "трое в лодке"

func newOffice(t testing.TB, change func(*dispatcher.Config)) *office {
	t.Helper()
	o := &office{books: &registry{accounts: map[string]metering.Account{}}, out: &outgoing{}, wall: noon}
	hasher := password.NewHasher(password.Params{Memory: 64, Passes: 1, Lanes: 1})
	hash, err := hasher.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range metering.Roles() {
		o.books.accounts[string(role)] = metering.Account{Name: string(role), Role: role, Password: hash, Enabled: true, Version: 1}
	}
	o.books.accounts["second"] = metering.Account{Name: "second", Role: metering.RoleDispatcher, Password: hash, Enabled: true, Version: 1}
	o.stage = newStage(t, func(c *dispatcher.Config) {
		c.Accounts, c.Auditor, c.Orders, c.Hasher, c.Anonymous = o.books, o.books, o.out, hasher, ""
		c.Wall = func() time.Time {
			o.stage.mu.Lock()
			defer o.stage.mu.Unlock()
			return o.wall
		}
		c.Site.Actuators = []metering.Actuator{{ID: "relay-7", Kind: metering.ActuatorRelay}, {ID: "breaker-1", Kind: metering.ActuatorBreaker}, {ID: "set-2", Kind: metering.ActuatorSetpoint}}
		c.Moves = func(p string) (metering.ActuatorKind, bool) {
			kind, ok := map[string]metering.ActuatorKind{"p-relay": metering.ActuatorRelay, "p-breaker": metering.ActuatorBreaker}[p]
			return kind, ok
		}
		if change != nil {
			change(c)
		}
	})
	return o
}

func (o *office) later(d time.Duration) {
	o.stage.mu.Lock()
	defer o.stage.mu.Unlock()
	o.wall, o.now = o.wall.Add(d), o.now.Add(d)
}

// browser is somebody's browser on this machine.
type browser struct {
	t      testing.TB
	o      *office
	remote string
	cookie *http.Cookie
}

func (o *office) browser(t testing.TB) *browser {
	return &browser{t: t, o: o, remote: "127.0.0.1:50000"}
}

func (b *browser) do(method, path string, body any, change ...func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	var text string
	if body != nil {
		text = mustText(b.t, body)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(text))
	r.RemoteAddr = b.remote
	r.Header.Set("Content-Type", "application/json")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	b.o.Handler().ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	return w
}

func mustText(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ask wants an answer of a status, and decodes it.
func (b *browser) ask(method, path string, body any, want int) map[string]any {
	b.t.Helper()
	w := b.do(method, path, body)
	if w.Code != want {
		b.t.Fatalf("%s %s answers %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		b.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
	}
	return answer
}

func (b *browser) login(name string) *browser {
	b.t.Helper()
	b.ask(http.MethodPost, "/api/v1/login", map[string]string{"name": name, "password": secret}, 200)
	return b
}

func (o *office) as(t testing.TB, name string) *browser { return o.browser(t).login(name) }

var nobody = map[string]string{}

func TestLoginAndLogout(t *testing.T) {
	o := newOffice(t, nil)
	b := o.browser(t)
	if me := b.ask("GET", "/api/v1/me", nil, 200); me["may_look"] != false || me["can_sign_in"] != true || me["name"] != nil {
		t.Errorf("before: %v", me)
	}
	b.ask("GET", "/api/v1/overview", nil, 401)
	me := b.ask("POST", "/api/v1/login", map[string]string{"name": "dispatcher", "password": secret}, 200)
	if me["name"] != "dispatcher" || me["role"] != "dispatcher" || me["may_look"] != true || !strings.Contains(mustText(t, me["orders"]), "kill") {
		t.Errorf("after: %v", me)
	}
	c := b.cookie
	if c.Name != "asue-8080" || c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || len(c.Value) != 43 {
		t.Errorf("the cookie is %+v", c)
	}
	b.ask("GET", "/api/v1/overview", nil, 200)
	b.ask("POST", "/api/v1/logout", nobody, 200)
	if b.cookie != nil {
		t.Error("the cookie stays")
	}
	b.cookie = c
	b.ask("GET", "/api/v1/overview", nil, 401) // the session has ended, not the cookie alone
	if got := o.books.kinds(); got != "login logout" {
		t.Errorf("audit %q", got)
	}
}

// A wrong name, a wrong password and an account that is shut answer the same.
func TestRefusedLoginsAreAlike(t *testing.T) {
	o := newOffice(t, nil)
	o.books.change("engineer", func(a *metering.Account) { a.Enabled = false })
	var answers []string
	for _, c := range [][2]string{{"nobody", secret}, {"dispatcher", "wrong"}, {"engineer", secret}, {"", ""}} {
		b := o.browser(t)
		w := b.do("POST", "/api/v1/login", map[string]string{"name": c[0], "password": c[1]})
		if w.Code != 401 || b.cookie != nil {
			t.Errorf("%v answers %d", c, w.Code)
		}
		answers = append(answers, w.Body.String())
	}
	for _, a := range answers {
		if a != answers[0] {
			t.Errorf("%s and %s differ", a, answers[0])
		}
	}
	if got := o.books.kinds(); got != "login.failed login.failed login.failed login.failed" {
		t.Errorf("audit %q", got)
	}
	for _, r := range o.books.records {
		if strings.Contains(mustText(t, r), secret) || strings.Contains(mustText(t, r), `"wrong"`) {
			t.Errorf("the password is in the audit: %+v", r)
		}
	}
}

// Whoever hands a browser a session in advance does not get in with it, and a
// session changes with every login.
func TestSessionCannotBeFixed(t *testing.T) {
	o := newOffice(t, nil)
	b := o.browser(t)
	planted := &http.Cookie{Name: "asue-8080", Value: strings.Repeat("A", 43)}
	b.cookie = planted
	b.login("dispatcher")
	if b.cookie.Value == planted.Value {
		t.Error("the planted session was taken over")
	}
	attacker := o.browser(t)
	attacker.cookie = planted
	attacker.ask("GET", "/api/v1/overview", nil, 401)

	first := b.cookie
	b.login("engineer")
	if b.cookie.Value == first.Value {
		t.Error("two logins, one session")
	}
	attacker.cookie = first
	attacker.ask("GET", "/api/v1/overview", nil, 401) // the browser's earlier session has ended
}

func TestSessionsEnd(t *testing.T) {
	o := newOffice(t, nil)
	d, v := o.as(t, "dispatcher"), o.as(t, "viewer")
	for range 20 { // a curve that the page asks for by itself is nothing that a person does
		o.later(time.Minute)
		d.ask("GET", "/api/v1/overview", nil, 200)
	}
	d.ask("GET", "/api/v1/me", nil, 200)
	o.later(29 * time.Minute)
	d.ask("GET", "/api/v1/overview", nil, 200)
	o.later(time.Minute)
	d.ask("GET", "/api/v1/overview", nil, 401) // idle for half an hour
	v.ask("GET", "/api/v1/overview", nil, 200) // a board on the wall stays
	d.login("dispatcher")
	for range 71 {
		o.later(10 * time.Minute)
		d.ask("GET", "/api/v1/me", nil, 200)
	}
	d.ask("GET", "/api/v1/overview", nil, 200)
	o.later(10 * time.Minute)
	d.ask("GET", "/api/v1/overview", nil, 401) // twelve hours, whatever is done
	v.ask("GET", "/api/v1/overview", nil, 401)
}

// What an administrator changes in another process ends the sessions.
func TestChangedAccountEndsItsSessions(t *testing.T) {
	for what, change := range map[string]func(a *metering.Account){
		"shut":         func(a *metering.Account) { a.Enabled = false },
		"another role": func(a *metering.Account) { a.Role = metering.RoleViewer },
		"new password": func(a *metering.Account) { a.Password += "x" },
		"made anew":    func(a *metering.Account) { a.CreatedAt = noon },
	} {
		o := newOffice(t, nil)
		idle, busy := o.as(t, "dispatcher"), o.as(t, "dispatcher")
		o.books.change("dispatcher", change)
		busy.ask("POST", "/api/v1/orders", map[string]string{"kind": "kill", "reason": "x"}, 401) // at once
		idle.ask("GET", "/api/v1/overview", nil, 200)
		o.later(5 * time.Second)
		if w := idle.do("GET", "/api/v1/overview", nil); w.Code != 401 {
			t.Errorf("%s: after five seconds the session answers %d", what, w.Code)
		}
		if len(o.out.all()) != 0 {
			t.Errorf("%s: an order went out", what)
		}
	}
	o := newOffice(t, nil)
	b := o.as(t, "viewer")
	o.books.mu.Lock()
	delete(o.books.accounts, "viewer")
	o.books.mu.Unlock()
	o.later(5 * time.Second)
	b.ask("GET", "/api/v1/overview", nil, 401)
}

// A live stream ends with the session that opened it.
func TestStreamEndsWithItsSession(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "dispatcher")
	ended := make(chan *httptest.ResponseRecorder)
	go func() { ended <- b.do("GET", "/api/v1/live", nil) }()
	other := o.browser(t)
	other.cookie = &http.Cookie{Name: "asue-8080", Value: b.cookie.Value}
	other.ask("POST", "/api/v1/logout", nobody, 200)
	for {
		o.second()
		select {
		case w := <-ended:
			if w.Code != 200 && w.Code != 401 { // the stream may have begun after the end
				t.Errorf("the stream answers %d", w.Code)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestPasswordChange(t *testing.T) {
	o := newOffice(t, nil)
	o.books.change("dispatcher", func(a *metering.Account) { a.MustChange = true })
	b, elsewhere := o.as(t, "dispatcher"), o.as(t, "dispatcher")
	b.ask("GET", "/api/v1/overview", nil, 403)
	b.ask("POST", "/api/v1/orders", map[string]string{"kind": "kill", "reason": "x"}, 403)
	b.ask("POST", "/api/v1/me/password", map[string]string{"password": secret, "next": "short"}, 422)
	b.ask("POST", "/api/v1/me/password", map[string]string{"password": secret, "next": secret}, 422)
	b.ask("POST", "/api/v1/me/password", map[string]string{"password": "wrong", "next": "пять вечеров подряд"}, 401)
	b.ask("POST", "/api/v1/me/password", map[string]string{"password": secret, "next": "пять вечеров подряд"}, 200)
	b.ask("GET", "/api/v1/overview", nil, 200)
	elsewhere.ask("GET", "/api/v1/overview", nil, 401)
	o.browser(t).ask("POST", "/api/v1/login", map[string]string{"name": "dispatcher", "password": secret}, 401)
	o.browser(t).ask("POST", "/api/v1/login", map[string]string{"name": "dispatcher", "password": "пять вечеров подряд"}, 200)
	if got := o.books.kinds(); !strings.Contains(got, "account.password") {
		t.Errorf("audit %q", got)
	}
}

// Guessing is slowed down by address and by name; nobody is locked out.
func TestGuessingIsSlow(t *testing.T) {
	o := newOffice(t, nil)
	known := o.as(t, "dispatcher") // has signed in from 127.0.0.1 before
	wrong := func(address, name string) int {
		b := o.browser(t)
		b.remote = address + ":1"
		return b.do("POST", "/api/v1/login", map[string]string{"name": name, "password": "wrong"}, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }).Code
	}
	tries := 0
	for range 600 { // ten minutes, a guess each second
		if wrong("10.0.0.66", "dispatcher") == 401 {
			tries++
		}
		o.later(time.Second)
	}
	if tries < 20 || tries > 60 {
		t.Errorf("%d guesses in ten minutes", tries)
	}
	if code := wrong("10.0.0.66", "engineer"); code != 429 {
		t.Errorf("another name from the same address answers %d", code)
	}
	if code := wrong("10.0.0.67", "dispatcher"); code != 429 {
		t.Errorf("the same name from another address answers %d", code)
	}
	if code := wrong("10.0.0.67", "engineer"); code != 401 {
		t.Errorf("another name from another address answers %d", code)
	}
	known.login("dispatcher") // the dispatcher at his desk is not in anybody's way

	o.later(time.Minute)
	b := o.browser(t)
	b.remote = "10.0.0.68:1"
	w := b.do("POST", "/api/v1/login", map[string]string{"name": "dispatcher", "password": secret}, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") })
	if w.Code != 200 {
		t.Errorf("a minute later the right password answers %d %s", w.Code, w.Body)
	}
	for range 5 {
		wrong("10.0.0.69", "viewer")
	}
	if w := b.do("POST", "/api/v1/login", map[string]string{"name": "viewer", "password": secret}, func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("after five wrong ones the sixth answers %d, %v", w.Code, w.Header())
	}
}

// A password travels on this machine or encrypted, and nowhere else; the cookie
// follows.
func TestWhereAPasswordMayTravel(t *testing.T) {
	o := newOffice(t, func(c *dispatcher.Config) { c.Hosts = []string{"asue.example"} })
	f := func(remote, host string, headers map[string]string, want int, cookie string) {
		t.Helper()
		b := o.browser(t)
		b.remote = remote
		w := b.do("POST", "/api/v1/login", map[string]string{"name": "viewer", "password": secret}, func(r *http.Request) {
			r.Host = host
			for k, v := range headers {
				r.Header.Set(k, v)
			}
		})
		if w.Code != want {
			t.Errorf("from %s to %s with %v: %d, want %d: %s", remote, host, headers, w.Code, want, w.Body)
		}
		if want == 200 && (b.cookie == nil || b.cookie.Name != cookie || b.cookie.Secure != strings.HasPrefix(cookie, "__Host-")) {
			t.Errorf("from %s to %s: cookie %+v, want %s", remote, host, b.cookie, cookie)
		}
	}
	https := map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
	f("127.0.0.1:5", "127.0.0.1:8080", nil, 200, "asue-8080")
	f("[::1]:5", "localhost", nil, 200, "asue")
	f("192.168.1.9:5", "192.168.1.2:8080", nil, 403, "")
	f("127.0.0.1:5", "asue.example", nil, 403, "") // a proxy that does not say whether it speaks TLS
	f("127.0.0.1:5", "127.0.0.1:8080", map[string]string{"X-Forwarded-For": "192.0.2.7"}, 403, "")
	f("127.0.0.1:5", "asue.example", https, 200, "__Host-asue")
	for _, r := range o.books.records {
		if r.Kind == "login" && strings.Contains(r.Text, "192.0.2.7") {
			return
		}
	}
	t.Error("the audit does not name the address behind the proxy")
}

func TestOtherOriginsCannotSignInOrOrder(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "dispatcher")
	for _, path := range []string{"/api/v1/login", "/api/v1/logout", "/api/v1/orders", "/api/v1/me/confirm", "/api/v1/orders/x/approve"} {
		for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			w := b.do("POST", path, map[string]string{"kind": "kill", "reason": "x"}, func(r *http.Request) { r.Header.Set(header[0], header[1]) })
			if w.Code != 403 {
				t.Errorf("%s with %v answers %d", path, header, w.Code)
			}
		}
		if w := b.do("POST", path, nobody, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }); w.Code != 415 {
			t.Errorf("%s with a form answers %d", path, w.Code)
		}
	}
	if len(o.out.all()) != 0 {
		t.Error("an order went out")
	}
}

// What cannot be written down is not done, but a kill.
func TestWithoutAuditNothingIsDone(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "dispatcher")
	o.books.mu.Lock()
	o.books.deaf = true
	o.books.mu.Unlock()
	o.browser(t).ask("POST", "/api/v1/login", map[string]string{"name": "viewer", "password": secret}, 503)
	b.ask("POST", "/api/v1/orders", map[string]string{"kind": "reject", "reason": "x", "proposal": "p-relay"}, 503)
	if len(o.out.all()) != 0 {
		t.Error("an order went out that nobody wrote down")
	}
	o.books.mu.Lock()
	o.books.down = errDown // the accounts too
	o.books.mu.Unlock()
	b.ask("POST", "/api/v1/orders", map[string]string{"kind": "kill", "reason": "smoke"}, 200)
	if l := o.out.all(); len(l) != 1 || l[0].Kind != metering.OrderKill {
		t.Errorf("orders %+v", l)
	}
	o.later(time.Minute)
	b.ask("POST", "/api/v1/orders", map[string]string{"kind": "kill", "reason": "smoke"}, 401) // nobody is believed for ever
}

// Many sign in at once, and no more sessions are kept than there is room for.
func TestManyAtOnce(t *testing.T) {
	o := newOffice(t, nil)
	var wg sync.WaitGroup
	browsers := make([]*browser, 12)
	for i := range browsers {
		browsers[i] = o.browser(t)
		wg.Go(func() {
			b := browsers[i]
			if w := b.do("POST", "/api/v1/login", map[string]string{"name": "dispatcher", "password": secret}); w.Code != 200 && w.Code != 429 && w.Code != 503 {
				t.Errorf("login answers %d %s", w.Code, w.Body)
			}
			b.do("GET", "/api/v1/me", nil)
			b.do("POST", "/api/v1/orders", map[string]string{"kind": "kill", "reason": "x"})
		})
	}
	wg.Wait()
	for range 15 {
		browsers = append(browsers, o.as(t, "second"))
		o.later(time.Second)
	}
	alive := 0
	for _, b := range browsers[12:] {
		if b.do("GET", "/api/v1/me", nil); b.cookie != nil && b.do("GET", "/api/v1/overview", nil).Code == 200 {
			alive++
		}
	}
	if alive != 10 {
		t.Errorf("%d sessions of one person live, want 10", alive)
	}
}

// Who takes data out leaves his name, if he has one.
func TestExportIsWrittenDown(t *testing.T) {
	o := newOffice(t, nil)
	const path = "/api/v1/intervals.csv?point=p-r-01&from=2026-11-20&to=2026-11-21"
	if w := o.as(t, "viewer").do("GET", path, nil); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	r := o.books.records[len(o.books.records)-1]
	if r.Kind != "export.intervals" || r.Actor != "viewer" || r.Subject != "p-r-01" || !strings.Contains(r.Text, "2026-11-20") {
		t.Errorf("%+v", r)
	}
}

// Before signing in the page says nothing of the site.
func TestPageBeforeSigningIn(t *testing.T) {
	o := newOffice(t, nil)
	b := o.browser(t)
	page := b.do("GET", "/", nil).Body.String()
	if strings.Contains(page, o.zone.Site().Name) || strings.Contains(page, "overview\"") || !strings.Contains(page, `"can_sign_in":true`) {
		t.Errorf("page %.600s", page)
	}
	page = b.login("viewer").do("GET", "/", nil).Body.String()
	if !strings.Contains(page, o.zone.Site().Name) || !strings.Contains(page, `"me":{"name":"viewer"`) {
		t.Errorf("page %.600s", page)
	}
}
