package postgres_test

import (
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

// A ledger of the schema's first version, with data, is brought up to date by opening it:
// nothing that it held has changed, it is sound, and it takes what is new. Looking at it
// brings nothing up.
func TestUpgradeFromTheFirstSchema(t *testing.T) {
	ctx := t.Context()
	o := postgres.Options{DSN: pgtest.Database(t)}
	if g, err := postgres.Inspect(ctx, o); err != nil || g.Version != 0 || g.Newest < 2 {
		t.Fatalf("an empty database: %+v, %v", g, err)
	}
	begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	l, err := postgres.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	var commit metering.Commit
	commit.ReceivedAt = begin
	for n := range 120 {
		commit.Intervals = append(commit.Intervals, metering.Interval{Point: "F-12", Channel: metering.ChannelActiveImport, Start: begin.Add(time.Duration(n) * metering.BasePeriod),
			Energy: metering.Energy(1000 + n), Uncertainty: 10, Grade: metering.Actual, Method: metering.MethodRegister})
	}
	if err := l.Commit(ctx, commit); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	backToTheFirst(t, o.DSN)

	if g, err := postgres.Inspect(ctx, o); err != nil || g.Version != 1 {
		t.Fatalf("%+v, %v; want version 1, also after a look", g, err)
	}
	if l, err = postgres.Open(ctx, o); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	list, err := l.Intervals(ctx, metering.IntervalQuery{From: begin, To: begin.AddDate(0, 0, 2)})
	if err != nil || len(list) != 120 {
		t.Fatalf("%d intervals, %v; want 120", len(list), err)
	}
	for n, i := range list {
		if i.Energy != metering.Energy(1000+n) || i.Version != 1 || i.Uncertainty != 10 {
			t.Errorf("at %v: %+v", i.Start, i)
		}
	}
	admin := metering.Account{Name: "admin", Role: metering.RoleAdmin, Enabled: true, Password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}
	if _, err := l.PutAccount(ctx, admin, metering.AuditRecord{At: begin, Actor: "test", Kind: "account.added", Subject: "admin"}); err != nil {
		t.Errorf("an account: %v", err)
	}
	if f, err := postgres.Verify(ctx, o, nil); err != nil || len(f.Faults) > 0 {
		t.Errorf("%v, %v", f.Faults, err)
	}
	if g, err := postgres.Inspect(ctx, o); err != nil || g.Version != g.Newest || g.Admins != 1 || g.Accounts != 1 {
		t.Errorf("%+v, %v; want the newest schema and one admin", g, err)
	}
}

// backToTheFirst takes the later steps back.
func backToTheFirst(t *testing.T, dsn string) {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["search_path"] = postgres.DefaultSchema
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
}

// Whoever has seen a term obeys those behind it alone.
func TestRaiseTerms(t *testing.T) {
	ctx := t.Context()
	l, err := postgres.Open(ctx, postgres.Options{DSN: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	if got, err := l.Lease(ctx, "balancer/zone", "before", time.Hour, begin); err != nil || got.Term != 1 || !got.Held {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := l.RaiseTerms(ctx, 1000); err != nil {
		t.Fatal(err)
	}
	got, err := l.Lease(ctx, "balancer/zone", "after", time.Minute, begin.Add(time.Second))
	if err != nil || got.Term != 1002 || !got.Held {
		t.Errorf("%+v, %v; want term 1002 at once", got, err)
	}
}
