package dispatcher

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"asue/metering"
)

// How long sessions last, by the clock of people.
const (
	sessionLife   = 12 * time.Hour   // whatever is done
	idleLife      = 30 * time.Minute // without anything done
	viewerIdle    = 12 * time.Hour   // a board on the wall
	confirmedLife = 5 * time.Minute  // how long a password counts for orders
	checkEvery    = 5 * time.Second  // how soon a change of the account is noticed
	checkPatience = time.Minute      // how long a ledger may be silent before nobody is believed
)

// Bounds on sessions; above them the one that was idle longest ends.
const (
	mostSessions  = 200
	mostPerPerson = 10
)

// session is one signed-in browser. Its fields are the keeper's to change.
type session struct {
	account   metering.Account // as it was when it was compared last
	begun     time.Time
	seen      time.Time // something was done
	confirmed time.Time // the password was given
	compared  time.Time // with the ledger
}

func (s *session) over(now time.Time) bool {
	idle := idleLife
	if s.account.Role == metering.RoleViewer || s.account.Role == metering.RoleAuditor {
		idle = viewerIdle
	}
	return !now.Before(s.begun.Add(sessionLife)) || !now.Before(s.seen.Add(idle))
}

// sessions keeps who has signed in. Of an id only its hash is kept, so that nobody
// who reads the memory can come in by it. All methods are safe for concurrent use.
type sessions struct {
	mu   sync.Mutex // guards all below, and what is in the sessions
	byID map[[32]byte]*session
}

// begin makes a session with an id that nobody can guess: 256 random bits.
func (k *sessions) begin(a metering.Account, now time.Time) (id string) {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program first
	id = base64.RawURLEncoding.EncodeToString(b[:])
	s := k.beginAs(id, a, now)
	k.confirm(s, a, now)
	return id
}

// beginAs makes a session with an id that is given: that of a wall screen is its key. It
// counts for no order.
func (k *sessions) beginAs(id string, a metering.Account, now time.Time) *session {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil {
		k.byID = map[[32]byte]*session{}
	}
	k.makeRoom(a.Name, now)
	s := &session{account: a, begun: now, seen: now, compared: now}
	k.byID[sha256.Sum256([]byte(id))] = s
	return s
}

// makeRoom ends what is over, and the longest idle ones above the bounds.
func (k *sessions) makeRoom(name string, now time.Time) {
	for id, s := range k.byID {
		if s.over(now) {
			delete(k.byID, id)
		}
	}
	own := func(s *session) bool { return s.account.Name == name }
	any := func(*session) bool { return true }
	k.thin(own, mostPerPerson-1)
	k.thin(any, mostSessions-1)
}

func (k *sessions) thin(which func(*session) bool, most int) {
	for {
		n := 0
		var oldest *session
		var at [32]byte
		for id, s := range k.byID {
			if !which(s) {
				continue
			}
			if n++; oldest == nil || s.seen.Before(oldest.seen) {
				oldest, at = s, id
			}
		}
		if n <= most {
			return
		}
		delete(k.byID, at)
	}
}

// find is the session of an id that is not over; nil if there is none. done says
// that the person does something.
func (k *sessions) find(id string, done bool, now time.Time) *session {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := sha256.Sum256([]byte(id))
	s := k.byID[key]
	if s == nil {
		return nil
	}
	if s.over(now) {
		delete(k.byID, key)
		return nil
	}
	if done {
		s.seen = now
	}
	return s
}

// lives reports whether a session is still kept.
func (k *sessions) lives(s *session, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.byID {
		if x == s {
			return !s.over(now)
		}
	}
	return false
}

// endOthers ends all sessions of a person but one.
func (k *sessions) endOthers(name string, but *session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, s := range k.byID {
		if s.account.Name == name && s != but {
			delete(k.byID, id)
		}
	}
}

// confirm notes that the password was given, and the account as it is now.
func (k *sessions) confirm(s *session, a metering.Account, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s.account, s.confirmed, s.seen, s.compared = a, now, now, now
}

// view is a copy of a session.
func (k *sessions) view(s *session) session {
	k.mu.Lock()
	defer k.mu.Unlock()
	return *s
}

// recognise finds the session of a cookie and compares its account with the
// ledger's now and then, at once if the person does something.
func (s *Server) recognise(ctx context.Context, v visitor, id string, done bool) visitor {
	now := s.cfg.Wall()
	found := s.sessions.find(id, done, now)
	if found == nil || !s.current(ctx, found, done) {
		return v
	}
	known := s.sessions.view(found)
	v.Name, v.Role, v.MustChange, v.session = known.account.Name, known.account.Role, known.account.MustChange, found
	return v
}

// current reports whether the account of a session is still what it was when the
// person signed in: enabled, of the same role and password. If not, the session
// ends. While the ledger is silent what was known a minute ago is believed, so that
// a kill gets through; mayOrder is stricter.
func (s *Server) current(ctx context.Context, known *session, atOnce bool) bool {
	now := s.cfg.Wall()
	was := s.sessions.view(known)
	if !atOnce && now.Before(was.compared.Add(checkEvery)) {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	is, err := s.cfg.Accounts.Account(ctx, was.account.Name)
	switch {
	case errors.Is(err, metering.ErrNotFound):
	case err != nil:
		s.log.Warn("the account of a session cannot be compared with the ledger", "account", was.account.Name, "error", err)
		return now.Before(was.compared.Add(checkPatience))
	case is.Enabled && is.Version == was.account.Version && is.CreatedAt.Equal(was.account.CreatedAt):
		s.sessions.mu.Lock()
		known.compared = now
		s.sessions.mu.Unlock()
		return true
	}
	s.log.Info("a session ends because its account has changed", "account", was.account.Name)
	s.sessions.drop(known)
	return false
}

func (k *sessions) drop(s *session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, x := range k.byID {
		if x == s {
			delete(k.byID, id)
		}
	}
}
