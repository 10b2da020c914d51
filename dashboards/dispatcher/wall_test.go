package dispatcher_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/password"
)

// screen is an office with a wall screen, whose key is told.
func screen(t *testing.T) (o *office, key string) {
	t.Helper()
	o = newOffice(t, nil)
	text, kept := password.NewKey()
	o.books.change("wall.1", func(a *metering.Account) {
		*a = metering.Account{Name: "wall.1", Role: metering.RoleViewer, Password: kept, Enabled: true}
	})
	return o, "wall.1." + text
}

type handed map[string]string

// wall is a browser that has handed its key in.
func wall(t *testing.T, o *office, key string) *browser {
	t.Helper()
	b := o.browser(t)
	w := b.do("POST", "/api/v1/wall", handed{"key": key})
	if w.Code != http.StatusOK {
		t.Fatalf("the key is answered with %d %s", w.Code, w.Body)
	}
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge < 300*24*3600 || !strings.HasSuffix(c.Name, "-wall") {
		t.Errorf("cookie %+v", c)
	}
	b.cookie = c
	return b
}

// A screen is let in once and stays: over the end of its session and a restart of the program.
func TestWallScreenIsNeverAskedAgain(t *testing.T) {
	o, key := screen(t)
	if w := o.browser(t).do("GET", "/api/v1/snapshot", nil); w.Code != http.StatusUnauthorized {
		t.Fatalf("without a key: %d", w.Code)
	}
	b := wall(t, o, key)
	for _, pause := range []time.Duration{0, time.Hour, 13 * time.Hour, 300 * 24 * time.Hour} {
		o.later(pause)
		b.ask("GET", "/api/v1/snapshot", nil, 200)
	}
	if me := b.ask("GET", "/api/v1/me", nil, 200); me["name"] != "wall.1" || me["role"] != "viewer" || me["may_look"] != true {
		t.Errorf("%v", me)
	}
	restarted := newOffice(t, func(c *dispatcher.Config) { c.Accounts, c.Auditor = o.books, o.books })
	again := restarted.browser(t)
	again.cookie = b.cookie
	again.ask("GET", "/api/v1/snapshot", nil, 200)
	if !strings.Contains(o.books.kinds(), "login") {
		t.Errorf("the audit does not tell of the screen: %s", o.books.kinds())
	}
}

// Whatever shuts the account, and whatever makes it more than one that looks, shuts the screen.
func TestWallScreenIsShut(t *testing.T) {
	changes := map[string]func(a *metering.Account){
		"disabled":         func(a *metering.Account) { a.Enabled = false },
		"another key":      func(a *metering.Account) { _, a.Password = password.NewKey() },
		"an admin":         func(a *metering.Account) { a.Role = metering.RoleAdmin },
		"must change":      func(a *metering.Account) { a.MustChange = true },
		"a person instead": func(a *metering.Account) { a.Password = "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA" },
	}
	for name, change := range changes {
		o, key := screen(t)
		b := wall(t, o, key)
		b.ask("GET", "/api/v1/snapshot", nil, 200)
		o.books.change("wall.1", change)
		o.later(6 * time.Second)
		if w := b.do("GET", "/api/v1/snapshot", nil); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, w.Code)
		}
		if w := o.browser(t).do("POST", "/api/v1/wall", handed{"key": key}); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "asue user wall") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// A screen looks and does nothing: every open route is tried.
func TestWallScreenOnlyLooks(t *testing.T) {
	o, key := screen(t)
	b := wall(t, o, key)
	cookie := b.cookie
	for _, route := range o.Routes() {
		looks := strings.HasPrefix(route.Pattern, "GET ") || !strings.Contains(route.Pattern, " ")
		want := route.Access == dispatcher.Open || route.Access == dispatcher.Operator || looks && (route.Access == dispatcher.Viewer || route.Access == dispatcher.DemoOnly)
		if got := b.passes(route.Pattern); got != want {
			t.Errorf("%s (%s): a wall screen may pass: %v", route.Pattern, route.Access, got)
		}
		b.cookie = cookie
	}
}

// A key is no password, guessing is slow, and a wrong name answers like a wrong key.
func TestWallKeyIsGuessedByNobody(t *testing.T) {
	o, key := screen(t)
	text := strings.TrimPrefix(key, "wall.1.")
	if w := o.browser(t).do("POST", "/api/v1/login", handed{"name": "wall.1", "password": text}); w.Code != http.StatusUnauthorized {
		t.Errorf("the key as a password: %d %s", w.Code, w.Body)
	}
	var said []string
	for _, wrong := range []string{"", ".", "wall.1", "wall.1." + text[1:], "nobody." + text, "dispatcher." + text} {
		w := o.browser(t).do("POST", "/api/v1/wall", handed{"key": wrong})
		if w.Code == http.StatusUnauthorized {
			said = append(said, w.Body.String())
		} else if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("%q: %d %s", wrong, w.Code, w.Body)
		}
	}
	if len(said) != 5 {
		t.Errorf("%d wrong keys were tried at once, want 5", len(said))
	}
	for _, s := range said {
		if s != said[0] {
			t.Errorf("one wrong key answers %q, another %q", said[0], s)
		}
	}
	o.later(time.Hour)
	wall(t, o, key)
	b := o.browser(t)
	b.remote = "192.168.1.9:5"
	if w := b.do("POST", "/api/v1/wall", handed{"key": key}); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "TLS") {
		t.Errorf("over an open connection: %d %s", w.Code, w.Body)
	}
}

// Who sits down before a wall screen and signs in is a person there, until he leaves.
func TestPersonAtAWallScreen(t *testing.T) {
	o, key := screen(t)
	b := wall(t, o, key)
	shown := b.cookie
	b.cookie = nil
	b.login("dispatcher")
	person := b.cookie
	both := func(r *http.Request) { r.AddCookie(shown) }
	if w := b.do("GET", "/api/v1/me", nil, both); !strings.Contains(w.Body.String(), `"role":"dispatcher"`) {
		t.Errorf("%s", w.Body)
	}
	b.cookie = person
	b.ask("POST", "/api/v1/logout", nobody, 200)
	b.cookie = shown
	if me := b.ask("GET", "/api/v1/me", nil, 200); me["name"] != "wall.1" {
		t.Errorf("%v", me)
	}
}
