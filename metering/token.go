package metering

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"
)

// Token lets whoever holds its secret look at the numbers of one resident, and at
// nothing else. The secret itself is kept nowhere.
type Token struct {
	ID       string // 12 small hexadecimal digits; names the token and opens nothing
	Resident ResidentID
	Name     string   // whom it was made for, up to 128 letters; may be empty
	Hash     [32]byte // SHA-256 of the secret's text
	// CreatedAt is when it was made, ExpiresAt when it stops to open (exclusive; zero:
	// never), RevokedAt when somebody has shut it (zero: nobody has), LastUsed when it was
	// used last, to the hour or so (zero: never). All to the millisecond.
	CreatedAt, ExpiresAt, RevokedAt, LastUsed time.Time
}

var tokenID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// longestTokenName bounds Token.Name, in letters.
const longestTokenName = 128

// Check refuses a token that is not whole.
func (t Token) Check() error {
	switch {
	case !tokenID.MatchString(t.ID):
		return fmt.Errorf("token %q: its id is not 12 hexadecimal digits: %w", t.ID, ErrRefused)
	case t.Resident == "":
		return fmt.Errorf("token %s: it is of no resident: %w", t.ID, ErrRefused)
	case t.Hash == [32]byte{}:
		return fmt.Errorf("token %s: it has no hash: %w", t.ID, ErrRefused)
	case utf8.RuneCountInString(t.Name) > longestTokenName:
		return fmt.Errorf("token %s: its name is longer than %d letters: %w", t.ID, longestTokenName, ErrRefused)
	}
	return nil
}

// Why a token does not open.
var (
	ErrExpired = errors.New("expired")
	ErrRevoked = errors.New("revoked")
)

// Opens is nil if the token opens at a time, else ErrRevoked or ErrExpired.
func (t Token) Opens(now time.Time) error {
	switch {
	case !t.RevokedAt.IsZero():
		return ErrRevoked
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return ErrExpired
	}
	return nil
}

// Tokens is the part of the ledger that keeps residents' tokens. They are never
// removed: who could look when is answerable years later.
type Tokens interface {
	// Tokens returns all tokens, ascending by CreatedAt, then by ID; those that are
	// expired or revoked too.
	Tokens(ctx context.Context) ([]Token, error)

	// Token returns one token. ErrNotFound if there is none of that id.
	Token(ctx context.Context, id string) (Token, error)

	// AddToken keeps a new token and appends why to the audit in the same
	// transaction. It comes back as it was kept: CreatedAt is why.At, RevokedAt and
	// LastUsed are zero. ErrConflict if the id is taken, ErrRefused for a token or a
	// record that is not whole.
	AddToken(ctx context.Context, t Token, why AuditRecord) (Token, error)

	// RevokeToken shuts a token for good at why.At, and appends why to the audit in
	// the same transaction. ErrNotFound if there is none of that id, ErrConflict if it
	// is revoked already.
	RevokeToken(ctx context.Context, id string, why AuditRecord) error

	// TokenUsed notes that a token was used; an earlier time than the one that is
	// known changes nothing. ErrNotFound if there is none of that id.
	TokenUsed(ctx context.Context, id string, at time.Time) error
}
