package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"asue/metering"
)

func person(name string, role metering.Role) metering.Account {
	return metering.Account{Name: name, Role: role, Password: "$argon2id$" + name, Enabled: true, MustChange: true}
}

func (c *ledgerCase) putAccount(n int, a metering.Account) metering.Account {
	c.Helper()
	kept, err := c.l.PutAccount(c.Context(), a, deed(n, "account.put", "admin", a.Name))
	c.must(err)
	return kept
}

// accountLife follows accounts from their making to their end; the audit tells the
// same.
func (c *ledgerCase) accountLife() {
	ctx := c.Context()
	if _, err := c.l.Account(ctx, "b.serik"); !errors.Is(err, metering.ErrNotFound) {
		c.Errorf("an account that is not there: %v, want ErrNotFound", err)
	}
	b := c.putAccount(1, person("b.serik", metering.RoleDispatcher))
	a := c.putAccount(2, person("a.omarova", metering.RoleEngineer))
	want := person("b.serik", metering.RoleDispatcher)
	want.Version, want.CreatedAt, want.ChangedAt = 1, day.Add(time.Second), day.Add(time.Second)
	diff(c, "made", want, b)

	c.must(c.l.LoggedIn(ctx, "b.serik", day.Add(time.Hour+time.Microsecond)))
	b.Role, b.Enabled, b.MustChange, b.Password = metering.RoleViewer, false, false, "$argon2id$another"
	b = c.putAccount(3, b)
	want.Role, want.Enabled, want.MustChange, want.Password = metering.RoleViewer, false, false, "$argon2id$another"
	want.Version, want.ChangedAt, want.LastLogin = 2, day.Add(3*time.Second), day.Add(time.Hour)
	diff(c, "changed", want, b)
	c.reopen()
	got, err := c.l.Account(ctx, "b.serik")
	c.must(err)
	diff(c, "read again", want, got)
	list, err := c.l.Accounts(ctx)
	c.must(err)
	diff(c, "all of them", []metering.Account{a, want}, list)

	c.must(c.l.RemoveAccount(ctx, "a.omarova", deed(4, "account.removed", "admin", "a.omarova")))
	list, err = c.l.Accounts(ctx)
	c.must(err)
	diff(c, "who is left", []metering.Account{want}, list)
	diff(c, "records of the audit", 4, len(c.wholeAudit()))
	diff(c, "the last one", "account.removed", c.audit(metering.AuditQuery{Limit: 1})[0].Kind)
}

// accountRefusals: what is refused leaves neither an account nor a record behind.
func (c *ledgerCase) accountRefusals() {
	ctx := c.Context()
	made := c.putAccount(1, person("b.serik", metering.RoleDispatcher))
	f := func(what string, want error, why metering.AuditRecord, change func(a *metering.Account)) {
		c.Helper()
		a := made
		change(&a)
		if _, err := c.l.PutAccount(ctx, a, why); !errors.Is(err, want) {
			c.Errorf("%s: PutAccount = %v, want %v", what, err, want)
		}
	}
	why := deed(2, "account.put", "admin", "b.serik")
	f("twice", metering.ErrConflict, why, func(a *metering.Account) { a.Version = 0 })
	f("a version that was never there", metering.ErrConflict, why, func(a *metering.Account) { a.Version = 7 })
	f("another who is not there", metering.ErrConflict, why, func(a *metering.Account) { a.Name = "nobody" })
	f("a name in Cyrillic", metering.ErrRefused, why, func(a *metering.Account) { a.Name = "б.серик" })
	f("the program's own name", metering.ErrRefused, why, func(a *metering.Account) { a.Name = "system" })
	f("an unknown role", metering.ErrRefused, why, func(a *metering.Account) { a.Role = "root" })
	f("no password", metering.ErrRefused, why, func(a *metering.Account) { a.Password = "" })
	f("without a record", metering.ErrRefused, metering.AuditRecord{}, func(a *metering.Account) { a.Enabled = false })
	if err := c.l.RemoveAccount(ctx, "b.serik", metering.AuditRecord{}); !errors.Is(err, metering.ErrRefused) {
		c.Errorf("RemoveAccount without a record = %v", err)
	}
	if err := c.l.RemoveAccount(ctx, "nobody", why); !errors.Is(err, metering.ErrNotFound) {
		c.Errorf("RemoveAccount of nobody = %v", err)
	}
	if err := c.l.LoggedIn(ctx, "nobody", day); !errors.Is(err, metering.ErrNotFound) {
		c.Errorf("LoggedIn of nobody = %v", err)
	}
	list, err := c.l.Accounts(ctx)
	c.must(err)
	diff(c, "accounts", []metering.Account{made}, list)
	diff(c, "records of the audit", 1, len(c.wholeAudit()))
}

// accountRace: of many who change one state of an account one is heard.
func (c *ledgerCase) accountRace() {
	made := c.putAccount(1, person("b.serik", metering.RoleDispatcher))
	var wg sync.WaitGroup
	var heard atomic.Int32
	for n := range 8 {
		wg.Go(func() {
			a := made
			a.Password = fmt.Sprint("$argon2id$", n)
			_, err := c.l.PutAccount(c.Context(), a, deed(n, "account.password", "admin", a.Name))
			switch {
			case err == nil:
				heard.Add(1)
			case !errors.Is(err, metering.ErrConflict):
				c.Errorf("PutAccount: %v", err)
			}
		})
	}
	wg.Wait()
	diff(c, "heard", 1, heard.Load())
	diff(c, "records of the audit", 2, len(c.wholeAudit()))
}
