package postgres_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

// An audit of five records, a checkpoint of the fourth in the ledger and a copy of
// one of the fifth elsewhere: each damage is found and named.
func TestVerifyTheAudit(t *testing.T) {
	dsn := pgtest.Database(t)
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	w := audit.Witness{Keys: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}}
	l := mustOpen(t, dsn)
	defer l.Close()
	for n := range 5 {
		r := metering.AuditRecord{At: day.Add(time.Duration(n) * time.Second), Actor: "a.omarova", Kind: "login", Text: fmt.Sprint("deed ", n), Detail: `{"n":1.0}`}
		r, err := l.Append(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		c := audit.Sign(audit.LinkOf(r), r.At, key)
		switch n {
		case 3:
			if err := l.AddCheckpoint(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		case 4:
			w.Checkpoints = append(w.Checkpoints, c)
		}
	}
	f, err := postgres.VerifyWith(t.Context(), postgres.Options{DSN: dsn}, w, nil)
	if err != nil || f.Damaged() || f.Audit.Records != 5 || f.Audit.Checkpoints != 2 || f.Audit.Last.Seq != 5 {
		t.Fatalf("%+v, %v", f, err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for _, s := range []string{`UPDATE asue.audit SET text = ''`, `DELETE FROM asue.audit WHERE seq = 5`, `TRUNCATE asue.audit CASCADE`} {
		if _, err := conn.Exec(t.Context(), s); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v", s, err)
		}
	}
	execute(t, dsn, `DROP TRIGGER audit_stays ON audit`, `DROP TRIGGER audit_is_kept ON audit`, `ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_seq_fkey`)
	for _, c := range []struct{ damage, want, repair string }{
		{`UPDATE audit SET detail = '{"n":2}' WHERE seq = 3`, "record 3 is damaged", `UPDATE audit SET detail = '{"n":1.0}' WHERE seq = 3`},
		{`UPDATE audit SET at = at + interval '1 ms' WHERE seq = 2`, "record 2 is damaged", `UPDATE audit SET at = at - interval '1 ms' WHERE seq = 2`},
		{`UPDATE audit SET prev = hash WHERE seq = 1`, "record 1 does not continue", `UPDATE audit SET prev = decode(repeat('00', 32), 'hex') WHERE seq = 1`},
		{`UPDATE audit_checkpoint SET at = at + interval '1 ms'`, "not signed by a known key", `UPDATE audit_checkpoint SET at = at - interval '1 ms'`},
		{`DELETE FROM audit WHERE seq = 5`, "speaks of record 5, and the last one is 4", `SELECT 1`},
		{`DELETE FROM audit WHERE seq = 2`, "record 2 is missing", `SELECT 1`},
	} {
		execute(t, dsn, c.damage)
		f, err := postgres.VerifyWith(t.Context(), postgres.Options{DSN: dsn}, w, nil)
		if text := strings.Join(f.Faults, "\n"); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, %v; want %q", c.damage, text, err, c.want)
		}
		execute(t, dsn, c.repair)
	}
}
