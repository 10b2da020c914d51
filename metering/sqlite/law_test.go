package sqlite_test

import (
	"path/filepath"
	"testing"

	"asue/metering"
	"asue/metering/sqlite"
	"asue/metering/storetest"
)

func mustOpen(t testing.TB, path string) *sqlite.Ledger {
	t.Helper()
	l, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLedgerLaw(t *testing.T) {
	storetest.Ledger(t, func(t *testing.T) func() metering.Ledger {
		path := filepath.Join(t.TempDir(), "ledger.db")
		return func() metering.Ledger { return mustOpen(t, path) }
	})
}
