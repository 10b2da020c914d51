package main

import (
	"context"
	"fmt"
	"os/user"
	"strings"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/password"
)

// writeDown appends to the audit what somebody does at a command line. He is known
// by his name on this machine.
func writeDown(ctx context.Context, ledger metering.AuditLog, kind, subject, text string) error {
	_, err := ledger.Append(ctx, atCommandLine(kind, subject, text))
	return err
}

func atCommandLine(kind, subject, text string) metering.AuditRecord {
	who := "os:unknown"
	if u, err := user.Current(); err == nil {
		who = "os:" + u.Username
	}
	return metering.AuditRecord{At: clock.Clock{}.Now(), Actor: who, Kind: kind, Subject: subject, Text: text}
}

// addPeople makes the demo's accounts; a real site is told how to make its own,
// because there are no default passwords.
func (p *process) addPeople(ctx context.Context, ledger metering.Ledger) error {
	if p.demo != nil {
		var err error
		p.newcomers, err = demoAccounts(ctx, ledger, p.Clock, password.NewHasher(password.Usual()))
		return err
	}
	list, err := ledger.Accounts(ctx)
	if err == nil && len(list) == 0 {
		p.Log.Warn("there are no accounts: nobody can sign in to the page and give orders", "remedy", "asue user add NAME --role admin -c FILE")
	}
	return err
}

// newcomer is an account that was just made, with the password that is printed once.
type newcomer struct{ name, password string }

// demoAccounts makes an account for each part that a person plays in the demo, with
// random passwords. Those that are there already stay as they are.
func demoAccounts(ctx context.Context, ledger metering.Accounts, c clock.Clock, hasher *password.Hasher) ([]newcomer, error) {
	known := map[string]bool{}
	list, err := ledger.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		known[a.Name] = true
	}
	var made []newcomer
	for _, a := range []metering.Account{
		{Name: "dispatcher-1", Role: metering.RoleDispatcher}, {Name: "dispatcher-2", Role: metering.RoleDispatcher},
		{Name: demoEngineer, Role: metering.RoleEngineer}, {Name: demoEngineer2, Role: metering.RoleEngineer}, {Name: "admin", Role: metering.RoleAdmin},
	} {
		if known[a.Name] {
			continue
		}
		n := newcomer{a.Name, password.Random()}
		if a.Password, err = hasher.Hash(ctx, n.password); err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
		a.Enabled = true
		why := metering.AuditRecord{At: c.Now(), Actor: "system", Kind: "account.added", Subject: a.Name, Text: "for the demo, as " + string(a.Role)}
		if _, err := ledger.PutAccount(ctx, a, why); err != nil {
			return nil, err
		}
		made = append(made, n)
	}
	return made, nil
}

// welcome says the passwords of new accounts, once.
func welcome(list []newcomer) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("Accounts of this demo, made just now (the passwords are not said again):\n\n")
	for _, n := range list {
		fmt.Fprintf(&b, "  %-14s%s\n", n.name, n.password)
	}
	b.WriteString("\n")
	return b.String()
}
