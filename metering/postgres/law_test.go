package postgres_test

import (
	"os"
	"testing"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
	"asue/metering/storetest"
)

func TestMain(m *testing.M) {
	os.Exit(pgtest.Main(m))
}

func mustOpen(t testing.TB, dsn string) *postgres.Ledger {
	t.Helper()
	l, err := postgres.Open(t.Context(), postgres.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLedgerLaw(t *testing.T) {
	storetest.Ledger(t, func(t *testing.T) func() metering.Ledger {
		dsn := pgtest.Database(t)
		return func() metering.Ledger { return mustOpen(t, dsn) }
	})
}
