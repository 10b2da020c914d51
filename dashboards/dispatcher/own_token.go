package dispatcher

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/password"
)

// How much residents' tokens may ask for.
const (
	ownBurst   = 60 // questions of one token at once,
	ownRefill  = 1  // and a second after that
	wrongBurst = 20 // unknown tokens of one address at once,
	wrongEvery = 3 * time.Second
	mostTokens = 1000      // that are remembered; who was idle longest is asked for again
	usedEvery  = time.Hour // how often the ledger hears that a token is in use
)

const needsToken = "sign in first with a resident's token: Authorization: Bearer asue-own-…, or the page /own"

// denial is why a token does not open.
type denial struct {
	status int
	kind   string // what a page tells in its own words: unknown, revoked, expired, open, wait; may be empty
	text   string
	wait   time.Duration
}

// problem is the denial as an RFC 9457 problem; its type says the kind.
func (d *denial) problem() *huma.ErrorModel {
	p := &huma.ErrorModel{Title: http.StatusText(d.status), Status: d.status, Detail: d.text}
	if d.kind != "" {
		p.Type = "urn:asue:token-" + d.kind
	}
	return p
}

func (d *denial) tell(w http.ResponseWriter) {
	if d.wait > 0 {
		w.Header().Set("Retry-After", retryIn(d.wait))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.status)
	json.NewEncoder(w).Encode(d.problem())
}

func retryIn(wait time.Duration) string { return fmt.Sprint(int(math.Ceil(wait.Seconds()))) }

// carried is the token that a request carries, as a header or as the cookie of /own;
// empty if it carries none.
func carried(r *http.Request, v visitor) string {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		if text = strings.TrimSpace(text); strings.HasPrefix(text, "asue-own-") {
			return text
		}
	}
	if c, err := r.Cookie(v.ownCookie()); err == nil {
		return c.Value
	}
	return ""
}

// ownCookie is the name of the cookie of /own. Its path keeps it away from everything
// else, so that it cannot be a __Host- cookie, which has the path /.
func (v visitor) ownCookie() string {
	if v.secure {
		return "__Secure-asue-own"
	}
	return "asue-own" + strings.TrimPrefix(v.cookie, "asue")
}

// tokens remembers those that were shown lately. Of a text only its hash is kept. All
// methods are safe for concurrent use; time is handed in.
type tokens struct {
	mu    sync.Mutex // guards all below
	known map[[32]byte]*knownToken
	wrong map[string]*bucket // by address
}

// knownToken is a token that has matched, as the ledger had it last.
type knownToken struct {
	metering.Token
	compared time.Time // with the ledger
	used     time.Time // told to the ledger
	asked    bucket
}

// admit finds the token of a text and counts the question. A token that was compared
// with the ledger within checkEvery is not compared again; while the ledger is silent
// what was known is believed for checkPatience.
func (s *Server) admit(ctx context.Context, text, address string) (*metering.Token, *denial) {
	if s.cfg.Tokens == nil {
		return nil, &denial{status: http.StatusServiceUnavailable, text: "this process has no tokens: the one with the role \"metering\" has"}
	}
	now, key := s.cfg.Wall(), sha256.Sum256([]byte(text))
	known, fresh := s.tokens.find(key, now)
	if !fresh {
		if known == nil {
			if wait := s.tokens.tooMany(address, now); wait > 0 {
				return nil, &denial{http.StatusTooManyRequests, "wait", "too many tokens that are not known: wait and try again", wait}
			}
		}
		is, err := s.tokenOf(ctx, text)
		switch {
		case errors.Is(err, metering.ErrNotFound):
			s.tokens.forget(key)
			s.tokens.failed(address, now)
			s.log.Warn("a token that is not known", "address", address)
			return nil, &denial{status: http.StatusUnauthorized, kind: "unknown", text: "this token is not known: look whether all of it was copied, or ask the operator of the zone for another"}
		case err != nil && (known == nil || !now.Before(known.compared.Add(checkPatience))):
			s.log.Error("store did not answer", "asked", "tokens", "error", err)
			return nil, &denial{status: http.StatusServiceUnavailable, text: "tokens cannot be checked now: try again in a minute"}
		case err == nil:
			s.tokens.remember(key, is, now)
		}
	}
	token, wait, tell := s.tokens.ask(key, now)
	if why := token.Opens(now); why != nil {
		kind := "expired"
		if errors.Is(why, metering.ErrRevoked) {
			kind = "revoked"
		}
		return nil, &denial{status: http.StatusUnauthorized, kind: kind, text: shut(token, why, s.cfg.Site.Location)}
	}
	if wait > 0 {
		return nil, &denial{http.StatusTooManyRequests, "wait", fmt.Sprintf("this token asks too often: %d questions at once and %d a second are answered", ownBurst, ownRefill), wait}
	}
	if tell {
		if err := s.cfg.Tokens.TokenUsed(ctx, token.ID, s.cfg.Now().UTC()); err != nil {
			s.log.Warn("the use of a token is not noted", "token", token.ID, "error", err)
		}
	}
	return &token, nil
}

// tokenOf asks the ledger; ErrNotFound also if the id is there and the secret is another.
func (s *Server) tokenOf(ctx context.Context, text string) (metering.Token, error) {
	id, ok := password.TokenID(text)
	if !ok {
		return metering.Token{}, metering.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	t, err := s.cfg.Tokens.Token(ctx, id)
	if matches := password.TokenMatches(text, t.Hash); err == nil && !matches {
		return metering.Token{}, metering.ErrNotFound
	}
	return t, err
}

func shut(t metering.Token, why error, zone *time.Location) string {
	const day = "2006-01-02 15:04"
	if errors.Is(why, metering.ErrRevoked) {
		return fmt.Sprintf("this token was revoked at %s: ask the operator of the zone for another", t.RevokedAt.In(zone).Format(day))
	}
	return fmt.Sprintf("this token was valid until %s: ask the operator of the zone for another", t.ExpiresAt.In(zone).Format(day))
}
