package metering

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Account is a person who may sign in.
type Account struct {
	Name string // 2 to 32 small Latin letters, digits, '.', '_' and '-'
	Role Role
	// Password is the PHC string of the password's argon2id hash.
	Password string
	Enabled  bool
	// MustChange lets the person do nothing but choose another password.
	MustChange bool
	CreatedAt  time.Time
	ChangedAt  time.Time // of the youngest change of anything above
	LastLogin  time.Time // zero if there was none
	// Version counts the changes from 1. It is 0 for an account that is not kept yet.
	Version int
}

var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

// CheckName refuses a name that no account may have. Names of one script alone
// cannot be confused with each other, which the rule of two persons rests on.
func (a Account) CheckName() error {
	if !accountName.MatchString(a.Name) || a.Name == "system" {
		return fmt.Errorf("account %q: use 2 to 32 small Latin letters, digits, '.', '_' and '-', like a.omarova: %w", a.Name, ErrRefused)
	}
	return nil
}

// Check refuses an account that is not whole.
func (a Account) Check() error {
	switch {
	case a.CheckName() != nil:
		return a.CheckName()
	case !slices.Contains(Roles(), a.Role):
		return fmt.Errorf("account %s: role %q: want one of %v: %w", a.Name, a.Role, Roles(), ErrRefused)
	case a.Password == "" || len(a.Password) > 512:
		return fmt.Errorf("account %s: it has no password: %w", a.Name, ErrRefused)
	}
	return nil
}

// Accounts is the part of the ledger that keeps accounts.
type Accounts interface {
	// Accounts returns all accounts, ascending by name.
	Accounts(ctx context.Context) ([]Account, error)

	// Account returns one account. ErrNotFound if there is none of that name.
	Account(ctx context.Context, name string) (Account, error)

	// PutAccount keeps a new account (Version 0) or another state of a known one
	// (Version as it was read), and appends why to the audit in the same
	// transaction. The account comes back as it was kept: CreatedAt and ChangedAt
	// are those of why.At, LastLogin stays. ErrConflict if it was made or changed
	// meanwhile, ErrRefused for an account or a record that is not whole.
	PutAccount(ctx context.Context, a Account, why AuditRecord) (Account, error)

	// RemoveAccount removes an account and appends why to the audit in the same
	// transaction. ErrNotFound if there is none of that name.
	RemoveAccount(ctx context.Context, name string, why AuditRecord) error

	// LoggedIn notes the time of a login. It is no change: Version stays.
	// ErrNotFound if there is none of that name.
	LoggedIn(ctx context.Context, name string, at time.Time) error
}
