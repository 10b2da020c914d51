package fakezone

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/password"
)

// Password is that of all persons of the invented zone.
const Password = "трое в лодке"

// People are the persons of the invented zone and what they have done, in memory.
// Safe for concurrent use.
type People struct {
	mu       sync.Mutex // guards all below
	accounts map[string]metering.Account
	tokens   map[string]metering.Token
	records  []metering.AuditRecord // oldest first
}

// Wall is the name of the invented zone's wall screen, which has a key once SetWall gave it one.
const Wall = "wall-1"

// SetWall keeps a key of the wall screen in place of the one before.
func (p *People) SetWall(kept string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.accounts[Wall]
	p.accounts[Wall] = metering.Account{Name: Wall, Role: metering.RoleViewer, Password: kept, Enabled: true, CreatedAt: now, ChangedAt: now, Version: a.Version + 1}
}

// Hasher is of next to no cost, for a password that everybody may know.
func Hasher() *password.Hasher {
	return password.NewHasher(password.Params{Memory: 64, Passes: 1, Lanes: 1})
}

// NewPeople makes one person of each role, and a second dispatcher.
func NewPeople(ctx context.Context, now time.Time) (*People, error) {
	hash, err := Hasher().Hash(ctx, Password)
	if err != nil {
		return nil, err
	}
	p := &People{accounts: map[string]metering.Account{}}
	for name, role := range map[string]metering.Role{
		"dispatcher-1": metering.RoleDispatcher, "dispatcher-2": metering.RoleDispatcher, "engineer": metering.RoleEngineer,
		"admin": metering.RoleAdmin, "auditor": metering.RoleAuditor, "viewer": metering.RoleViewer,
	} {
		p.accounts[name] = metering.Account{Name: name, Role: role, Password: hash, Enabled: true, CreatedAt: now, ChangedAt: now, Version: 1}
	}
	return p, nil
}

// Account is one person.
func (p *People) Account(_ context.Context, name string) (metering.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.accounts[name]
	if !ok {
		return a, metering.ErrNotFound
	}
	return a, nil
}

// Accounts are all persons, ascending by name.
func (p *People) Accounts(context.Context) ([]metering.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Values(p.accounts), func(a, b metering.Account) int { return strings.Compare(a.Name, b.Name) }), nil
}

// PutAccount keeps another state of a person.
func (p *People) PutAccount(_ context.Context, a metering.Account, why metering.AuditRecord) (metering.Account, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.accounts[a.Name].Version != a.Version {
		return a, metering.ErrConflict
	}
	a.Version++
	p.accounts[a.Name] = a
	p.add(why)
	return a, nil
}

// LoggedIn notes a login.
func (p *People) LoggedIn(_ context.Context, name string, at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.accounts[name]
	if !ok {
		return metering.ErrNotFound
	}
	a.LastLogin = at
	p.accounts[name] = a
	return nil
}

// Issue makes a token of a resident and returns its text; it never expires if until is
// zero.
func (p *People) Issue(r metering.ResidentID, name string, now, until time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, id, hash := password.NewToken()
	if p.tokens == nil {
		p.tokens = map[string]metering.Token{}
	}
	p.tokens[id] = metering.Token{ID: id, Resident: r, Name: name, Hash: hash, CreatedAt: now, ExpiresAt: until}
	return text
}

// Revoke shuts the token of a text.
func (p *People) Revoke(text string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, _ := password.TokenID(text)
	t := p.tokens[id]
	t.RevokedAt = now
	p.tokens[id] = t
}

// Token is one token.
func (p *People) Token(_ context.Context, id string) (metering.Token, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tokens[id]
	if !ok {
		return t, metering.ErrNotFound
	}
	return t, nil
}

// TokenUsed notes a use.
func (p *People) TokenUsed(_ context.Context, id string, at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tokens[id]
	if !ok {
		return metering.ErrNotFound
	}
	t.LastUsed = at
	p.tokens[id] = t
	return nil
}

// Append adds a record.
func (p *People) Append(_ context.Context, r metering.AuditRecord) (metering.AuditRecord, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.add(r), nil
}

// add numbers a record; p.mu is held.
func (p *People) add(r metering.AuditRecord) metering.AuditRecord {
	r.Seq = uint64(len(p.records)) + 1
	p.records = append(p.records, r)
	return r
}

// Audit returns records, newest first.
func (p *People) Audit(_ context.Context, q metering.AuditQuery) ([]metering.AuditRecord, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []metering.AuditRecord
	for _, r := range slices.Backward(p.records) {
		kind := q.Kind == "" || r.Kind == q.Kind || strings.HasSuffix(q.Kind, ".") && strings.HasPrefix(r.Kind, q.Kind)
		in := !r.At.Before(q.From) && (q.To.IsZero() || r.At.Before(q.To)) && (q.Before == 0 || r.Seq < q.Before)
		if kind && in && len(found) < q.Limit {
			found = append(found, r)
		}
	}
	return found, nil
}
