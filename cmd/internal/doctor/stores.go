package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"asue/cmd/internal/settings"
	"asue/metering/mqtt"
	"asue/metering/postgres"
	"asue/metering/sqlite"
)

// broker looks whether another broker takes this process in. The embedded one is seen by
// its port.
func (e *examination) broker(ctx context.Context) {
	const area = "broker"
	b := e.Config.Broker
	if e.Config.Has(settings.RoleBroker) && b.URL == "" {
		return
	}
	o := mqtt.Options{URL: e.Config.BrokerURL(), Username: b.User, ConnectTimeout: patience}
	if b.PasswordFile != "" {
		if secret, err := os.ReadFile(b.PasswordFile); err == nil { // told under files otherwise
			o.Password = strings.TrimSpace(string(secret))
		}
	}
	if err := tryBroker(ctx, o); err != nil {
		e.wrong(area, "start it, or correct \"url\", \"user\" and \"password_file\" under \"broker\"", "the broker at %s does not take this process in: %v", o.URL, err)
		return
	}
	e.ok(area, "the broker at %s takes this process in", o.URL)
}

func tryBroker(ctx context.Context, o mqtt.Options) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	result := make(chan error, 1)
	o.OnChange = func(up bool, cause error) {
		if up {
			cause = nil
		}
		select {
		case result <- cause:
		default: // the first answer counts
		}
	}
	p, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: o})
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	wait.Go(func() { _ = p.Run(ctx) }) // ends with ctx, without an error
	defer wait.Wait()
	defer cancel()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return errors.New("it does not answer")
	}
}

// ledger looks at the ledger's file or database, its schema, and who may sign in.
func (e *examination) ledger(ctx context.Context) {
	if !e.Config.Has(settings.RoleMetering) && !e.Config.Has(settings.RoleBalancer) {
		return
	}
	var schema, newest int64
	var accounts, admins int
	if e.Config.Ledger.DSN == "" {
		path := filepath.Join(e.Config.Data, "ledger.db")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			e.note("ledger", "%s is not there yet; the first start makes it", path)
			return
		}
		g, err := sqlite.Inspect(ctx, path)
		if err != nil {
			e.wrong("ledger", "see asue verify; restore a backup if it is damaged (asue restore)", "%v", err)
			return
		}
		schema, newest, accounts, admins = g.Schema, g.Newest, g.Accounts, g.Admins
	} else {
		g, ok := e.database(ctx)
		if !ok {
			return
		}
		schema, newest, accounts, admins = g.Version, g.Newest, g.Accounts, g.Admins
	}
	switch {
	case schema == 0:
		e.note("ledger", "it has no tables yet; the first start makes them")
	case schema > newest:
		e.wrong("ledger", "run the newer program that wrote it, or restore a backup", "it has schema %d, and this program knows %d at most", schema, newest)
	case schema < newest:
		e.note("ledger", "it has schema %d; the next start brings it to %d: make a backup before", schema, newest)
	default:
		e.ok("ledger", "it can be read and has the newest schema, %d", schema)
	}
	if schema == 0 || !e.Config.Has(settings.RoleDispatcher) {
		return
	}
	add := "asue user add NAME --role admin -c " + e.File
	switch {
	case accounts == 0:
		e.wrong("accounts", add, "nobody can sign in to the page: there are no accounts")
	case admins == 0:
		e.wrong("accounts", add, "none of the %d accounts is an admin: nobody may change modes or read the audit", accounts)
	default:
		e.ok("accounts", "%d persons may sign in, %d of them as admin", accounts, admins)
	}
}

func (e *examination) database(ctx context.Context) (g postgres.Glance, ok bool) {
	l := e.Config.Ledger
	o := postgres.Options{DSN: l.DSN, Schema: l.Schema}
	if l.PasswordFile != "" {
		if secret, err := os.ReadFile(l.PasswordFile); err == nil { // told under files otherwise
			o.Password = strings.TrimSpace(string(secret))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	g, err := postgres.Inspect(ctx, o)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("the ledger's database does not answer")
	}
	if err != nil {
		e.wrong("ledger", "start the database, or correct \"dsn\" and \"password_file\" under \"ledger\"", "%v", err)
		return g, false
	}
	for _, n := range g.Notes {
		e.warn("ledger", "correct it in the database's configuration", "%s", n)
	}
	return g, true
}

// series looks at the store of telemetry.
func (e *examination) series(ctx context.Context) {
	const area = "series"
	if !e.Config.Has(settings.RoleMetering) {
		return
	}
	s := e.Config.Series
	if s.URL == "" {
		switch _, bad := e.runningWrong(area); {
		case bad: // told under process
		case e.running != nil:
			e.ok(area, "the built-in store answers")
		default:
			e.note(area, "the built-in store starts with asue")
		}
		return
	}
	for _, url := range []string{s.URL, s.QueryURL} {
		if url == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		answer, err := get(ctx, strings.TrimSuffix(url, "/")+"/health")
		cancel()
		if err != nil {
			e.wrong(area, "start it, or correct \"url\" and \"query_url\" under \"series\"", "the store at %s does not answer: %v", url, err)
			continue
		}
		_ = answer.Body.Close() // the status says it
		if answer.StatusCode >= http.StatusInternalServerError {
			e.wrong(area, "see its own log", "the store at %s says that it does not work: %s", url, answer.Status)
			continue
		}
		e.ok(area, "the store at %s answers", url)
	}
}

// runningWrong is what a running process says of a part that does not work.
func (e *examination) runningWrong(part string) (string, bool) {
	if e.running == nil {
		return "", false
	}
	why, bad := e.running.wrong[part]
	return why, bad
}
