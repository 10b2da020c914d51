package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/password"
)

// A wall screen shows the page without anybody sitting before it. Its key is that of an
// account of the role viewer that has no password. It comes once, in the body of a
// request, and stays in the browser as a cookie that no script can read; so neither a
// restart of the program nor the end of a session ever asks anybody for anything.

// wallLife is how long a browser keeps the key: the longest that browsers allow
// (RFC 6265bis, 5.6.2).
const wallLife = 400 * 24 * time.Hour

// wallCookie is the name of the cookie with a screen's key.
func (v visitor) wallCookie() string { return v.cookie + "-wall" }

type wallEntry struct {
	Strict strict
	Body   struct {
		Key string `json:"key" maxLength:"128" doc:"name of the screen, a point, and its key, as asue user wall has printed them" example:"wall-1.m0xJ…"`
	}
}

// enterWall takes the key of a screen.
func (s *Server) enterWall(ctx context.Context, in *wallEntry) (*signedIn, error) {
	v := visitorOf(ctx)
	if why := s.signInObstacle(v); why != "" {
		return nil, huma.Error403Forbidden(why)
	}
	tries := "wall " + v.address // a screen that was shut must not slow down people at the same address
	if wait := s.throttle.begin(s.cfg.Wall(), tries); wait > 0 {
		seconds := fmt.Sprint(int(math.Ceil(wait.Seconds())))
		return nil, huma.ErrorWithHeaders(huma.Error429TooManyRequests("too many wrong keys: wait "+seconds+" s and try again"), http.Header{"Retry-After": {seconds}})
	}
	a, err := s.wallAccount(ctx, in.Body.Key)
	switch {
	case errors.Is(err, metering.ErrNotFound):
		s.log.Warn("a wrong key of a wall screen", "address", v.address)
		s.recordFailure(ctx, v, nameOfKey(in.Body.Key), "wall")
		return nil, huma.Error401Unauthorized("the key is not known, or no longer: asue user wall makes another")
	case err != nil:
		return nil, s.storeError("accounts", err)
	}
	s.throttle.forgive(tries)
	if err := s.record(ctx, a, metering.AuditRecord{Kind: "login", Subject: a.Name, Text: "wall screen, from " + v.address}); err != nil {
		return nil, err
	}
	if err := s.cfg.Accounts.LoggedIn(ctx, a.Name, s.cfg.Now()); err != nil {
		return nil, s.storeError("accounts", err)
	}
	v.Name, v.Role, v.wall = a.Name, a.Role, true
	cookie := s.cookie(ctx, in.Body.Key, int(wallLife.Seconds()))
	cookie.Name = v.wallCookie()
	return &signedIn{SetCookie: []http.Cookie{cookie}, Body: s.me(v)}, nil
}

// recogniseWall finds the screen of a request that no person has signed.
func (s *Server) recogniseWall(r *http.Request, v visitor) visitor {
	cookie, err := r.Cookie(v.wallCookie())
	if err != nil || len(cookie.Value) > 128 {
		return v
	}
	ctx, now := r.Context(), s.cfg.Wall()
	found := s.sessions.find(cookie.Value, false, now)
	if found == nil { // the program was restarted, or the session is over
		if !s.unknown.take(now) {
			return v
		}
		a, err := s.wallAccount(ctx, cookie.Value)
		if err != nil {
			if !errors.Is(err, metering.ErrNotFound) {
				s.log.Warn("the key of a wall screen cannot be compared with the ledger", "error", err)
			}
			return v
		}
		found = s.sessions.beginAs(cookie.Value, a, now)
	}
	if !s.current(ctx, found, false) {
		return v
	}
	known := s.sessions.view(found)
	v.Name, v.Role, v.session, v.wall = known.account.Name, known.account.Role, found, true
	return v
}

// wallAccount is the account that a key opens. metering.ErrNotFound if there is none: it
// may not be told apart whether the name or the key is wrong.
func (s *Server) wallAccount(ctx context.Context, key string) (metering.Account, error) {
	if s.cfg.Accounts == nil {
		return metering.Account{}, metering.ErrNotFound
	}
	name := nameOfKey(key)
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	a, err := s.cfg.Accounts.Account(ctx, name)
	if err != nil {
		return a, err
	}
	secret := strings.TrimPrefix(key, name+".")
	if !a.Enabled || a.MustChange || a.Role != metering.RoleViewer || !password.KeyMatches(a.Password, secret) {
		return metering.Account{}, metering.ErrNotFound
	}
	return a, nil
}

// nameOfKey is what stands before the last point: names have points too, keys have none.
func nameOfKey(key string) string {
	return key[:max(0, strings.LastIndexByte(key, '.'))]
}

// wallMay reports whether a screen may use a route: it looks, and does nothing. What
// only persons need is shut to it.
func wallMay(access Access, method string) bool {
	switch access {
	case Open, Operator:
		return true
	case Viewer, DemoOnly:
		return method == http.MethodGet || method == http.MethodHead
	}
	return false
}
