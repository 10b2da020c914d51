package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"asue/metering"
	"asue/metering/sqlite"
)

// firstLedger is a file of the schema's first version, with data of the program that
// knew no other.
func firstLedger(t *testing.T) string {
	t.Helper()
	step, err := os.ReadFile("migrations/00001_ledger.sql")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, fstest.MapFS{"00001_ledger.sql": {Data: step}}, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(data)); err != nil {
		t.Fatal(err)
	}
	return path
}

// Opening the ledger of the first program brings it up to date; what it held is there to
// the last watt-hour, it is sound, and it takes what is new.
func TestUpgradeFromTheFirstSchema(t *testing.T) {
	path := firstLedger(t)
	if g, err := sqlite.Inspect(t.Context(), path); err != nil || g.Schema != 1 {
		t.Fatalf("%+v, %v; want schema 1", g, err)
	}
	l := mustOpen(t, path)
	defer l.Close()
	ctx := t.Context()

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
		if i.Energy != want || i.Version != version || i.Grade != metering.Actual || i.Method != metering.MethodRegister {
			t.Errorf("%s at %v: %+v, want %v Wh in version %d", i.Point, i.Start, i, want, version)
		}
	}
	before, err := l.Intervals(ctx, metering.IntervalQuery{From: begin, To: begin.AddDate(0, 0, 2), AsOf: begin.Add(47 * time.Hour), Points: []metering.PointID{"F-12"}})
	if err != nil || len(before) != 120 || before[50].Energy != 1050 {
		t.Errorf("before the correction: %d intervals, %v", len(before), err)
	}
	spans, err := l.Spans(ctx, "m-12", metering.ActiveImport, begin, begin.AddDate(0, 0, 2))
	if err != nil || len(spans) != 120 || spans[119].Readings[0].Count.Raw != 50119 {
		t.Errorf("%d spans, %v; want 120", len(spans), err)
	}
	mark, err := l.Mark(ctx, "collector-1", 0xfeedfacecafebeef)
	if err != nil || mark.Contiguous != 3 {
		t.Errorf("%+v, %v; want complete up to 3", mark, err)
	}
	if at, err := l.Cursor(ctx, "series"); err != nil || at != 2 {
		t.Errorf("cursor %d, %v", at, err)
	}

	if _, err := l.Append(ctx, metering.AuditRecord{At: begin, Actor: "system", Kind: "start"}); err != nil {
		t.Errorf("the audit: %v", err)
	}
	if err := l.Commit(ctx, load(1, 1)); err != nil {
		t.Errorf("a new commit: %v", err)
	}
	f, err := sqlite.Verify(ctx, path, nil)
	if err != nil || f.Damaged() || f.IntervalPages < 4 || f.SpanPages < 2 || f.OldVersions < 1 || f.Batches < 3 {
		t.Errorf("%+v, %v", f, err)
	}
	if g, err := sqlite.Inspect(ctx, path); err != nil || g.Schema != g.Newest {
		t.Errorf("%+v, %v; want the newest schema", g, err)
	}
}
