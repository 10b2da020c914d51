package main

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// cutAudit cuts the last record off, with its checkpoints.
func cutAudit(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{`DROP TRIGGER audit_is_kept`, `DELETE FROM audit_checkpoint WHERE seq = 2`, `DELETE FROM audit WHERE seq = 2`} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}
