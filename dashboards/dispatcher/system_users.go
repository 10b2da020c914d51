package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// UserView is an account for its keeper: without the hash.
type UserView struct {
	Name       string        `json:"name"`
	Role       string        `json:"role"`
	Enabled    bool          `json:"enabled"`
	MustChange bool          `json:"must_change,omitempty" doc:"nothing but another password may be chosen"`
	CreatedAt  time.Time     `json:"created_at,omitzero"`
	ChangedAt  time.Time     `json:"changed_at,omitzero"`
	LastLogin  *time.Time    `json:"last_login,omitempty" doc:"absent: never"`
	Sessions   []SessionView `json:"sessions" doc:"open ones at this page, the one seen last first"`
	You        bool          `json:"you,omitempty"`
}

// SessionView is a signed-in browser. Times are by the clock of people.
type SessionView struct {
	Begun time.Time `json:"begun"`
	Seen  time.Time `json:"seen" doc:"something was done"`
	Until time.Time `json:"until" doc:"when it ends at the latest"`
}

// UserList is the answer of /api/v1/system/users.
type UserList struct {
	Time  time.Time  `json:"time" doc:"by the clock of people"`
	Users []UserView `json:"users" doc:"ascending by name"`
}

// userActs are what an administrator may do here, with the kind of the audit's record.
// Everything else about accounts is done where the ledger is: asue user.
var userActs = map[string]string{"lock": "account.disabled", "unlock": "account.enabled", "end-sessions": "account.sessions"}

func (s *Server) openUsers(api huma.API) {
	get(api, "system/users", "Accounts with their sessions at this page", s.getUsers)
	huma.Register(api, huma.Operation{
		OperationID: "act-on-user", Method: http.MethodPost, Path: "/api/v1/system/users/{name}/{act}", MaxBodyBytes: 4 << 10, Tags: []string{"people"},
		Summary:     "Lock or unlock an account, or end its sessions",
		Description: "Needs the password given within five minutes. Nobody locks himself out: the own account is refused but for end-sessions, which ends all others.",
	}, s.actOnUser)
}

var errNoAccounts = huma.Error503ServiceUnavailable("this process has no accounts: the one with the role \"metering\" has")

func (s *Server) getUsers(ctx context.Context, _ *nothing) (*answer[UserList], error) {
	return s.users(ctx)
}

func (s *Server) users(ctx context.Context) (*answer[UserList], error) {
	if s.cfg.Accounts == nil {
		return nil, errNoAccounts
	}
	asking, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	accounts, err := s.cfg.Accounts.Accounts(asking)
	if err != nil {
		return nil, s.storeError("accounts", err)
	}
	now, you := s.cfg.Wall(), visitorOf(ctx).Name
	open := s.sessions.list(now)
	list := UserList{Time: now.UTC(), Users: []UserView{}}
	for _, a := range accounts {
		v := UserView{Name: a.Name, Role: string(a.Role), Enabled: a.Enabled, MustChange: a.MustChange, CreatedAt: a.CreatedAt.UTC(), ChangedAt: a.ChangedAt.UTC(), You: a.Name == you, Sessions: []SessionView{}}
		if !a.LastLogin.IsZero() {
			v.LastLogin = ptr(a.LastLogin.UTC())
		}
		for _, x := range open {
			if x.account.Name == a.Name {
				v.Sessions = append(v.Sessions, SessionView{x.begun.UTC(), x.seen.UTC(), x.begun.Add(sessionLife).UTC()})
			}
		}
		list.Users = append(list.Users, v)
	}
	return &answer[UserList]{list}, nil
}

// list copies the sessions that are not over, the one seen last first.
func (k *sessions) list(now time.Time) []session {
	k.mu.Lock()
	defer k.mu.Unlock()
	var open []session
	for _, s := range k.byID {
		if !s.over(now) {
			open = append(open, *s)
		}
	}
	slices.SortFunc(open, func(a, b session) int { return b.seen.Compare(a.seen) })
	return open
}

// actOnUser does one of userActs. What cannot be written into the audit is not done.
func (s *Server) actOnUser(ctx context.Context, in *struct {
	Strict strict
	Name   string `path:"name" maxLength:"64"`
	Act    string `path:"act" enum:"lock,unlock,end-sessions"`
	Body   struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500" pattern:"\\S" doc:"why, in words: it is kept for years"`
	}
}) (*answer[UserList], error) {
	if s.cfg.Accounts == nil {
		return nil, errNoAccounts
	}
	v := visitorOf(ctx)
	if err := s.freshly(v); err != nil {
		return nil, err
	}
	if in.Name == v.Name && in.Act != "end-sessions" {
		return nil, huma.Error403Forbidden("nobody locks himself out, or in: another administrator does that, or asue user at the machine")
	}
	asking, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	a, err := s.cfg.Accounts.Account(asking, in.Name)
	switch {
	case errors.Is(err, metering.ErrNotFound):
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no account %q: GET /api/v1/system/users lists them", in.Name))
	case err != nil:
		return nil, s.storeError("accounts", err)
	}
	by := s.sessions.view(v.session).account
	why := metering.AuditRecord{Kind: userActs[in.Act], Subject: a.Name, Text: in.Body.Reason}
	if in.Act == "end-sessions" {
		if err := s.record(ctx, by, why); err != nil {
			return nil, err
		}
		s.sessions.endOthers(a.Name, v.session)
		return s.users(ctx)
	}
	wanted := in.Act == "unlock"
	if a.Enabled == wanted {
		return nil, huma.Error409Conflict(fmt.Sprintf("the account %q is so already: look again", a.Name))
	}
	a.Enabled = wanted
	_, err = s.cfg.Accounts.PutAccount(asking, a, s.stamped(by, why))
	switch {
	case errors.Is(err, metering.ErrConflict):
		return nil, huma.Error409Conflict("the account was changed meanwhile: look again")
	case err != nil:
		return nil, s.storeError("accounts", err)
	}
	if !wanted {
		s.sessions.endOthers(a.Name, nil)
	}
	return s.users(ctx)
}
