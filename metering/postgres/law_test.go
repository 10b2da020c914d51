package postgres_test

import (
	"fmt"
	"testing"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
	"asue/metering/storetest"
)

func mustOpen(t testing.TB, dsn string) *postgres.Ledger {
	t.Helper()
	l, err := postgres.Open(t.Context(), postgres.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Each case has a schema of its own in one database.
func TestLedgerLaw(t *testing.T) {
	dsn := pgtest.Database(t)
	schemas := 0
	storetest.Ledger(t, func(t *testing.T) func() metering.Ledger {
		schemas++
		o := postgres.Options{DSN: dsn, Schema: fmt.Sprint("zone_", schemas)}
		return func() metering.Ledger {
			l, err := postgres.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
	})
}
