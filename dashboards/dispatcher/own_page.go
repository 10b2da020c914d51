package dispatcher

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// longestOwnCookie is how long a browser keeps the cookie of a token without an end.
// Browsers keep none longer than 400 days.
const longestOwnCookie = 180 * 24 * time.Hour

// inTheOpen refuses a token that can be read on the way.
func (s *Server) inTheOpen(v visitor) *denial {
	if v.secure || v.local {
		return nil
	}
	return &denial{status: http.StatusForbidden, kind: "open", text: "a token may be read on the way: put a reverse proxy with TLS before the page that sets X-Forwarded-Proto"}
}

// ownSession is the answer of the door: until when it stands open, and the cookie.
type ownSession struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      OwnSession
}

// OwnSession says until when the page stands open.
type OwnSession struct {
	Resident string     `json:"resident,omitempty"`
	Until    *time.Time `json:"until,omitempty" doc:"when the token ends; absent: never, or nobody has signed in"`
}

// beginOwn takes a token into a cookie that no script of the page can read. The cookie
// holds the token itself: it lives through restarts, and is judged anew at each question.
func (s *Server) beginOwn(ctx context.Context, in *struct {
	Strict strict
	Body   struct {
		Token string `json:"token" maxLength:"128" example:"asue-own-2f6c01d9a3b4-…"`
	}
}) (*ownSession, error) {
	v, text := visitorOf(ctx), strings.TrimSpace(in.Body.Token)
	d := s.inTheOpen(v)
	var token *metering.Token
	if d == nil {
		token, d = s.admit(ctx, text, v.address)
	}
	if d != nil {
		if d.wait > 0 {
			return nil, huma.ErrorWithHeaders(d.problem(), http.Header{"Retry-After": {retryIn(d.wait)}})
		}
		return nil, d.problem()
	}
	if s.cfg.Auditor != nil {
		by := metering.Account{Name: "token:" + token.ID}
		if err := s.record(ctx, by, metering.AuditRecord{Kind: "own.begun", Subject: string(token.Resident), Text: "from " + v.address}); err != nil {
			return nil, err
		}
	}
	life := longestOwnCookie
	if !token.ExpiresAt.IsZero() {
		life = min(life, token.ExpiresAt.Sub(s.cfg.Wall()))
	}
	return &ownSession{
		SetCookie: []http.Cookie{ownCookieOf(v, text, int(life.Seconds()))},
		Body:      OwnSession{Resident: string(token.Resident), Until: stated(token.ExpiresAt)},
	}, nil
}

// endOwn takes the cookie away. The token stays what it was.
func (s *Server) endOwn(ctx context.Context, _ *struct {
	Strict strict
	Body   struct{}
}) (*ownSession, error) {
	return &ownSession{SetCookie: []http.Cookie{ownCookieOf(visitorOf(ctx), "", -1)}}, nil
}

func ownCookieOf(v visitor, value string, seconds int) http.Cookie {
	return http.Cookie{
		Name: v.ownCookie(), Value: value, Path: "/api/v1/own", MaxAge: seconds, Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

// serveOwnPage serves the page of residents. Nothing of anybody stands in it: it asks for
// the numbers when the token is there.
func (s *Server) serveOwnPage(w http.ResponseWriter, r *http.Request) {
	body := strings.NewReplacer("{{lang}}", preferred(r.Header.Get("Accept-Language")), "{{bundle}}", s.page.bundle).Replace(string(s.page.own))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	w.Write([]byte(body))
}
