package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

func decide(t *testing.T, l metering.Ledger, after uint64, kinds ...string) []metering.Deed {
	t.Helper()
	kept, err := l.RecordDeeds(t.Context(), after, decision(after, kinds...), because(after))
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func decision(after uint64, kinds ...string) (deeds []metering.Deed) {
	for _, k := range kinds {
		deeds = append(deeds, metering.Deed{
			At: day.Add(time.Duration(after) * time.Minute), Kind: k, Author: "a.omarova", Approver: "b.serik", Document: "Акт № 7", Body: `{"firm_w":3000000}`,
		})
	}
	return deeds
}

func because(after uint64) metering.AuditRecord {
	return metering.AuditRecord{At: day.Add(time.Duration(after) * time.Minute), Actor: "b.serik", Kind: "capacity.decision", Text: "Акт № 7"}
}

// Three deeds, the last two of which are one decision: each damage is found and named.
func TestVerifyTheDeeds(t *testing.T) {
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	decide(t, l, 0, "case.open")
	third := decide(t, l, 1, "case.step", "pool.post")[1]
	verify := func() postgres.Findings {
		f, err := postgres.Verify(t.Context(), postgres.Options{DSN: dsn}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := verify(); f.Damaged() || f.Deeds.Deeds != 3 || f.Deeds.Seals != 2 || f.Deeds.Last != 3 {
		t.Fatalf("%+v", f)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, s := range []string{`UPDATE asue.deed SET body = '1'`, `DELETE FROM asue.deed WHERE seq = 3`, `TRUNCATE asue.deed`} {
		if _, err := conn.Exec(t.Context(), s); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v", s, err)
		}
	}
	execute(t, dsn, `DROP TRIGGER deed_stays ON deed`, `DROP TRIGGER deed_is_kept ON deed`, `CREATE TABLE was AS SELECT * FROM deed`)
	changed := third
	changed.Author = "c.azat"
	hash := audit.HashDeed(changed)
	for _, c := range []struct {
		damage string
		args   []any
		want   string
	}{
		{`UPDATE deed SET body = '{"firm_w":9000000}' WHERE seq = 2`, nil, "deed 2 is damaged"},
		{`UPDATE deed SET at = at + interval '1 ms' WHERE seq = 3`, nil, "deed 3 is damaged"},
		{`UPDATE deed SET hash = '' WHERE seq = 1`, nil, "deed 1 is damaged"},
		{`UPDATE deed SET author = 'c.azat', hash = $1 WHERE seq = 3`, []any{hash[:]}, "deeds 2 to 3 are not those that record 2 of the audit has sealed"},
		{`DELETE FROM deed WHERE seq = 2`, nil, "deed 2 is missing: 3 follows on 1"},
		{`DELETE FROM deed WHERE seq = 3`, nil, "deed 3 is missing: record 2 of the audit has sealed up to 3"},
		{`INSERT INTO deed SELECT 4, at, kind, subject, author, approver, basis, document, body, hash FROM deed WHERE seq = 3`, nil, "deed 4 is sealed by no record"},
		{`ALTER TABLE deed RENAME TO elsewhere`, nil, "deeds: cannot be read"},
	} {
		if _, err := conn.Exec(t.Context(), `SET search_path = asue`); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), c.damage, c.args...); err != nil {
			t.Fatal(c.damage, err)
		}
		if text := strings.Join(verify().Faults, "\n"); !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", c.damage, text, c.want)
		}
		if !strings.HasPrefix(c.damage, "ALTER") {
			damaged := strings.Contains(c.want, "damaged") || strings.HasPrefix(c.damage, "INSERT") // with the hash of another number
			if list, err := l.Deeds(t.Context(), 0, 10); damaged != (err != nil) || err != nil && list != nil {
				t.Errorf("%s: Deeds = %+v, %v", c.damage, list, err)
			}
			execute(t, dsn, `DELETE FROM deed`, `INSERT INTO deed SELECT * FROM was`)
		}
	}
}

// A ledger that an earlier program wrote is sound as it is, and gets what it lacks when
// it is opened; its audit goes on.
func TestALedgerWithoutDeedsIsBroughtUpToDate(t *testing.T) {
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	if _, err := l.Append(t.Context(), metering.AuditRecord{At: day, Actor: "a.omarova", Kind: "login"}); err != nil {
		t.Fatal(err)
	}
	l.Close()
	execute(t, dsn, `DROP TABLE token`, `DROP TABLE deed`, `DROP FUNCTION deed_stays`, `DELETE FROM goose_db_version WHERE version_id > 2`)
	if f, err := postgres.Verify(t.Context(), postgres.Options{DSN: dsn}, nil); err != nil || f.Damaged() || f.Version != 2 || f.Audit.Records != 1 {
		t.Fatalf("before: %+v, %v", f, err)
	}
	l = mustOpen(t, dsn)
	defer l.Close()
	if list, err := l.Deeds(t.Context(), 0, 10); err != nil || len(list) != 0 {
		t.Errorf("deeds of an earlier program: %+v, %v", list, err)
	}
	decide(t, l, 0, "case.open")
	if f, err := postgres.Verify(t.Context(), postgres.Options{DSN: dsn}, nil); err != nil || f.Damaged() || f.Version != 4 || f.Audit.Records != 2 || f.Deeds.Deeds != 1 {
		t.Errorf("after: %+v, %v", f, err)
	}
}

// Two processes decide on one state again and again, while a third one writes into the
// audit: each time one is heard.
func TestTwoProcessesDecideAtOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	const processes, rounds = 2, 12
	heard := make(chan uint64, processes*rounds)
	start := make([]chan struct{}, rounds)
	for i := range start {
		start[i] = make(chan struct{})
	}
	var wg, round sync.WaitGroup
	ledgers := []*postgres.Ledger{mustOpen(t, dsn), mustOpen(t, dsn), mustOpen(t, dsn)}
	for _, l := range ledgers {
		defer l.Close()
	}
	round.Add(processes)
	for _, l := range ledgers[:processes] {
		wg.Go(func() {
			for n := range rounds {
				<-start[n]
				switch kept, err := l.RecordDeeds(t.Context(), uint64(2*n), decision(uint64(n), "case.step", "pool.post"), because(uint64(n))); {
				case err == nil:
					heard <- kept[1].Seq
				case !errors.Is(err, metering.ErrConflict):
					t.Errorf("RecordDeeds: %v", err)
				}
				round.Done()
			}
		})
	}
	for n := range rounds {
		close(start[n])
		if _, err := ledgers[2].Append(t.Context(), metering.AuditRecord{At: day, Actor: "c.azat", Kind: "login"}); err != nil {
			t.Error(err)
		}
		round.Wait()
		round.Add(processes)
	}
	wg.Wait()
	close(heard)
	n := uint64(0)
	for seq := range heard {
		if n++; seq != 2*n {
			t.Errorf("decision %d ended with deed %d", n, seq)
		}
	}
	f, err := postgres.Verify(t.Context(), postgres.Options{DSN: dsn}, nil)
	if err != nil || f.Damaged() || n != rounds || f.Deeds.Deeds != 2*rounds || f.Deeds.Seals != rounds || f.Audit.Records != 2*rounds {
		t.Errorf("%d decisions were heard: %+v, %v", n, f, err)
	}
}
