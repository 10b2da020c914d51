package postgres_test

import (
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

// firstLedger is a database as the first program left it, before any migration.
func firstLedger(t *testing.T) postgres.Options {
	t.Helper()
	o := postgres.Options{DSN: pgtest.Database(t)}
	dump, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.PgConn().Exec(t.Context(), string(dump)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return o
}

// A ledger of the schema's first version, with data of the program that knew no other, is
// brought up to date by opening it: what it held is there to the last watt-hour, what was
// billed has its digest, it is sound, and it takes what is new. Looking at it brings
// nothing up.
func TestUpgradeFromTheFirstSchema(t *testing.T) {
	ctx := t.Context()
	if g, err := postgres.Inspect(ctx, postgres.Options{DSN: pgtest.Database(t)}); err != nil || g.Version != 0 || g.Newest < 2 {
		t.Fatalf("an empty database: %+v, %v", g, err)
	}
	o := firstLedger(t)
	if g, err := postgres.Inspect(ctx, o); err != nil || g.Version != 1 {
		t.Fatalf("%+v, %v; want version 1, also after a look", g, err)
	}
	l, err := postgres.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()

	begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	list, err := l.Intervals(ctx, metering.IntervalQuery{From: begin, To: begin.AddDate(0, 0, 2)})
	if err != nil || len(list) != 240 {
		t.Fatalf("%d intervals, %v; want 240", len(list), err)
	}
	for _, i := range list {
		n := int(i.Start.Sub(begin) / metering.BasePeriod)
		want, version := metering.Energy(1000+n), 1
		if i.Point == "Ввод-1" {
			want += 1000
		} else if n == 50 {
			want, version = 7777, 2
		}
		if i.Energy != want || i.Version != version || i.Uncertainty != 10 || i.Grade != metering.Actual || i.Method != metering.MethodRegister {
			t.Errorf("%s at %v: %+v, want %v Wh in version %d", i.Point, i.Start, i, want, version)
		}
	}
	before, err := l.Intervals(ctx, metering.IntervalQuery{From: begin, To: begin.AddDate(0, 0, 2), AsOf: begin.Add(46 * time.Hour), Points: []metering.PointID{"F-12"}})
	if err != nil || len(before) != 120 || before[50].Energy != 1050 {
		t.Errorf("before the correction: %d intervals, %v", len(before), err)
	}
	mark, err := l.Mark(ctx, "collector-1", 0xfeedfacecafebeef)
	if err != nil || mark.Contiguous != 3 {
		t.Errorf("%+v, %v; want complete up to 3", mark, err)
	}
	if at, err := l.Cursor(ctx, "series"); err != nil || at != 2 {
		t.Errorf("cursor %d, %v", at, err)
	}
	settled, err := l.Settlements(ctx)
	if err != nil || len(settled) != 1 || settled[0].Intervals != 192 || settled[0].Digest != "9a44a75c6346e331ac82ffa771e0d0044e7d8a8b09fe241b41c7222827e2efa7" {
		t.Errorf("settlements %+v, %v", settled, err)
	}

	admin := metering.Account{Name: "admin", Role: metering.RoleAdmin, Enabled: true, Password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}
	if _, err := l.PutAccount(ctx, admin, metering.AuditRecord{At: begin, Actor: "test", Kind: "account.added", Subject: "admin"}); err != nil {
		t.Errorf("an account: %v", err)
	}
	next := metering.Commit{ReceivedAt: begin.Add(49 * time.Hour), Intervals: []metering.Interval{{Point: "F-12", Channel: metering.ChannelActiveImport,
		Start: begin.Add(120 * metering.BasePeriod), Energy: 1120, Uncertainty: 10, Grade: metering.Actual, Method: metering.MethodRegister}}}
	if err := l.Commit(ctx, next); err != nil {
		t.Errorf("a new commit: %v", err)
	}
	if f, err := postgres.Verify(ctx, o, nil); err != nil || len(f.Faults) > 0 {
		t.Errorf("%v, %v", f.Faults, err)
	}
	if g, err := postgres.Inspect(ctx, o); err != nil || g.Version != g.Newest || g.Admins != 1 || g.Accounts != 1 {
		t.Errorf("%+v, %v; want the newest schema and one admin", g, err)
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
