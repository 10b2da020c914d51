package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/password"
)

// Me is the answer of /api/v1/me: who the server takes the browser for.
type Me struct {
	Name           string     `json:"name,omitempty" doc:"of the account; absent if nobody has signed in"`
	Role           string     `json:"role,omitempty" doc:"absent: nothing may be looked at before signing in"`
	MayLook        bool       `json:"may_look"`
	MustChange     bool       `json:"must_change,omitempty" doc:"another password must be chosen first"`
	CanSignIn      bool       `json:"can_sign_in" doc:"whether there are accounts, and the connection is fit for a password"`
	SignInObstacle string     `json:"sign_in_obstacle,omitempty" doc:"why not"`
	Orders         []string   `json:"orders,omitempty" doc:"kinds of orders that may be given"`
	Until          *time.Time `json:"until,omitempty" doc:"when the session ends at the latest, by the wall clock"`
	ConfirmedUntil *time.Time `json:"confirmed_until,omitempty" doc:"until when orders are taken without the password given again"`
}

func (s *Server) me(v visitor) Me {
	m := Me{Name: v.Name, Role: string(v.Role), MayLook: v.mayLook(), MustChange: v.MustChange}
	m.SignInObstacle = s.signInObstacle(v)
	m.CanSignIn = m.SignInObstacle == ""
	if v.session != nil {
		known := s.sessions.view(v.session)
		m.Until, m.ConfirmedUntil = ptr(known.begun.Add(sessionLife).UTC()), ptr(known.confirmed.Add(confirmedLife).UTC())
		if !v.MustChange {
			m.Orders = ordersOf(v.Role)
		}
	}
	return m
}

// signInObstacle is why nobody can sign in here; empty if one can.
func (s *Server) signInObstacle(v visitor) string {
	switch {
	case s.cfg.Accounts == nil:
		return "this process has no accounts: the one with the role \"metering\" has"
	case !v.secure && !v.local:
		return "a password may be read on the way: sign in at 127.0.0.1 on the machine itself, or put a reverse proxy with TLS before the page that sets X-Forwarded-Proto"
	}
	return ""
}

func (s *Server) getMe(ctx context.Context, _ *nothing) (*answer[Me], error) {
	return &answer[Me]{s.me(visitorOf(ctx))}, nil
}

type credentials struct {
	Strict strict
	Body   struct {
		Name     string `json:"name" maxLength:"64" example:"a.omarova"`
		Password string `json:"password" maxLength:"1024"`
	}
}

// signedIn is the answer to a login: who it is, and the cookie.
type signedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Me
}

// login tries a name and a password. A wrong name and a wrong password answer the
// same, after the same time. A session that the browser had before ends: nobody can
// hand it one in advance.
func (s *Server) login(ctx context.Context, in *credentials) (*signedIn, error) {
	v := visitorOf(ctx)
	if why := s.signInObstacle(v); why != "" {
		return nil, huma.Error403Forbidden(why)
	}
	a, err := s.authenticate(ctx, v, in.Body.Name, in.Body.Password, "login")
	if err != nil {
		return nil, err
	}
	now := s.cfg.Wall()
	if err := s.record(ctx, a, metering.AuditRecord{Kind: "login", Subject: a.Name, Text: "from " + v.address}); err != nil {
		return nil, err
	}
	if err := s.cfg.Accounts.LoggedIn(ctx, a.Name, s.cfg.Now()); err != nil {
		return nil, s.storeError("accounts", err)
	}
	if v.session != nil {
		s.sessions.drop(v.session)
	}
	s.throttle.trust(a.Name, v.address, now)
	id := s.sessions.begin(a, now)
	v.Name, v.Role, v.MustChange, v.session = a.Name, a.Role, a.MustChange, s.sessions.find(id, true, now)
	return &signedIn{SetCookie: []http.Cookie{s.cookie(ctx, id, int(sessionLife.Seconds()))}, Body: s.me(v)}, nil
}

// authenticate checks a name and a password, as slowly for one that is not there,
// and as rarely as throttle allows. what is for the audit.
func (s *Server) authenticate(ctx context.Context, v visitor, name, given, what string) (metering.Account, error) {
	none := metering.Account{}
	address, person := "address "+v.address, "name "+name
	keys := []string{address}
	if !s.throttle.trusts(name, v.address) {
		keys = append(keys, person)
	}
	if wait := s.throttle.begin(s.cfg.Wall(), keys...); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		return none, huma.ErrorWithHeaders(huma.Error429TooManyRequests(fmt.Sprintf("too many wrong passwords: wait %d s and try again", seconds)),
			http.Header{"Retry-After": {fmt.Sprint(seconds)}})
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	a, err := s.cfg.Accounts.Account(ctx, name)
	if err != nil && !errors.Is(err, metering.ErrNotFound) {
		return none, s.storeError("accounts", err)
	}
	ok := false
	if usable := err == nil && a.Enabled && !password.IsKey(a.Password); usable {
		ok, err = s.cfg.Hasher.Check(ctx, a.Password, given)
	} else {
		ok, err = s.cfg.Hasher.Waste(ctx, given)
	}
	switch {
	case errors.Is(err, password.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return none, huma.Error503ServiceUnavailable(password.ErrBusy.Error())
	case err != nil:
		return none, s.storeError("accounts", err)
	case !ok:
		s.log.Warn("a wrong password, or name", "what", what, "name", name, "address", v.address)
		s.recordFailure(ctx, v, name, what)
		return none, huma.Error401Unauthorized("name or password is wrong")
	}
	s.throttle.forgive(address)
	s.throttle.clear(person)
	return a, nil
}

// cookie is the session's. Lax would send it with links from elsewhere; Strict
// sends it from this page alone.
func (s *Server) cookie(ctx context.Context, id string, seconds int) http.Cookie {
	v := visitorOf(ctx)
	return http.Cookie{
		Name: v.cookie, Value: id, Path: "/", MaxAge: seconds, Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

func (s *Server) logout(ctx context.Context, _ *struct {
	Strict strict
	Body   struct{}
}) (*signedIn, error) {
	v := visitorOf(ctx)
	if v.session != nil {
		s.sessions.drop(v.session)
		known := s.sessions.view(v.session)
		if err := s.record(ctx, known.account, metering.AuditRecord{Kind: "logout", Subject: v.Name}); err != nil {
			s.log.Error("a logout is not in the audit", "account", v.Name, "error", err)
		}
	}
	gone := visitor{Role: s.cfg.Anonymous, secure: v.secure, local: v.local, cookie: v.cookie}
	return &signedIn{SetCookie: []http.Cookie{s.cookie(ctx, "", -1)}, Body: s.me(gone)}, nil
}

type passwordGiven struct {
	Strict strict
	Body   struct {
		Password string `json:"password" maxLength:"1024"`
	}
}

// confirmMe takes the password again, for orders.
func (s *Server) confirmMe(ctx context.Context, in *passwordGiven) (*answer[Me], error) {
	v := visitorOf(ctx)
	a, err := s.authenticate(ctx, v, v.Name, in.Body.Password, "confirm")
	if err != nil {
		return nil, err
	}
	s.sessions.confirm(v.session, a, s.cfg.Wall())
	return &answer[Me]{s.me(v)}, nil
}

// changePassword takes another password. All other sessions of the person end.
func (s *Server) changePassword(ctx context.Context, in *struct {
	Strict strict
	Body   struct {
		Password string `json:"password" maxLength:"1024" doc:"the present one"`
		Next     string `json:"next" maxLength:"1024" doc:"the new one: 8 letters at least, 15 or more are better"`
	}
}) (*answer[Me], error) {
	v := visitorOf(ctx)
	if why := s.signInObstacle(v); why != "" {
		return nil, huma.Error403Forbidden(why)
	}
	a, err := s.authenticate(ctx, v, v.Name, in.Body.Password, "password")
	if err != nil {
		return nil, err
	}
	fault := password.Accept(in.Body.Next, a.Name)
	if fault == nil && in.Body.Next == in.Body.Password {
		fault = errors.New("it is the present one: choose another")
	}
	if fault != nil {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Message: fault.Error(), Location: "body.next"})
	}
	if a.Password, err = s.cfg.Hasher.Hash(ctx, in.Body.Next); err != nil {
		return nil, huma.Error503ServiceUnavailable(err.Error())
	}
	a.MustChange = false
	a, err = s.cfg.Accounts.PutAccount(ctx, a, s.stamped(a, metering.AuditRecord{Kind: "account.password", Subject: a.Name, Text: "by the person"}))
	if errors.Is(err, metering.ErrConflict) {
		return nil, huma.Error409Conflict("the account was changed meanwhile: sign in again")
	}
	if err != nil {
		return nil, s.storeError("accounts", err)
	}
	s.sessions.endOthers(a.Name, v.session)
	s.sessions.confirm(v.session, a, s.cfg.Wall())
	v.MustChange, v.Role = a.MustChange, a.Role
	return &answer[Me]{s.me(v)}, nil
}
