package sqlite_test

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/sqlite"
)

// audited is a ledger with an audit of five records and a checkpoint of the fourth,
// the copy of one of the fifth that was kept elsewhere, and the key of both.
func audited(t *testing.T) (path string, w audit.Witness) {
	path = filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	defer l.Close()
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	for n := range 5 {
		r := metering.AuditRecord{At: day.Add(time.Duration(n) * time.Second), Actor: "a.omarova", Kind: "login", Text: fmt.Sprint("deed ", n)}
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
	w.Keys = append(w.Keys, key.Public().(ed25519.PublicKey))
	return path, w
}

func TestVerifyTheAudit(t *testing.T) {
	path, w := audited(t)
	f, err := sqlite.VerifyWith(t.Context(), path, w, nil)
	if err != nil || f.Damaged() || f.Audit.Records != 5 || f.Audit.Checkpoints != 2 || f.Audit.Unsealed != 0 || f.Audit.Last.Seq != 5 {
		t.Fatalf("%+v, %v", f, err)
	}
	if f, err = sqlite.Verify(t.Context(), path, nil); err != nil || f.Damaged() || f.Audit.Unsealed != 1 {
		t.Fatalf("%+v, %v", f, err)
	}
	for what, c := range map[string]struct{ statement, want string }{
		"a text":             {`UPDATE audit SET text = 'another' WHERE seq = 3`, "record 3 is damaged"},
		"a time":             {`UPDATE audit SET at = at + 1 WHERE seq = 2`, "record 2 is damaged"},
		"a hash":             {`UPDATE audit SET hash = prev WHERE seq = 3`, "record 3 is damaged"},
		"a hash cut":         {`UPDATE audit SET hash = x'00' WHERE seq = 3`, "record 3 is damaged"},
		"taken out":          {`DELETE FROM audit WHERE seq = 2`, "record 2 is missing"},
		"the first one gone": {`DELETE FROM audit WHERE seq = 1`, "record 1 is missing"},
		"the end cut off":    {`DELETE FROM audit WHERE seq = 5`, "speaks of record 5, and the last one is 4"},
		"a checkpoint":       {`UPDATE audit_checkpoint SET hash = zeroblob(32)`, "not signed by a known key"},
		"a signature":        {`UPDATE audit_checkpoint SET signature = zeroblob(64)`, "not signed by a known key"},
		"everything":         {`DELETE FROM audit`, "the end was cut off"},
	} {
		path, w := audited(t)
		execute(t, path, `PRAGMA foreign_keys = off; DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept; `+c.statement)
		f, err := sqlite.VerifyWith(t.Context(), path, w, nil)
		if text := strings.Join(f.Faults, "\n"); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, %v; want %q", what, text, err, c.want)
		}
	}
}

// A careless hand at the file is stopped by the file itself.
func TestTheAuditIsOnlyAddedTo(t *testing.T) {
	path, _ := audited(t)
	db := openRaw(t, path)
	for _, s := range []string{`UPDATE audit SET text = ''`, `DELETE FROM audit WHERE seq = 5`} {
		if _, err := db.Exec(s); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v", s, err)
		}
	}
}
