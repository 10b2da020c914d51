package postgres_test

import (
	"testing"

	"asue/metering"
	"asue/metering/postgres/pgtest"
	"asue/metering/storetest"
)

// durable is a server that waits for the disk, as a real one does.
func durable(b *testing.B) *pgtest.Cluster {
	c, err := pgtest.Start("fsync=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=4GB")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Remove(); err != nil {
			b.Error(err)
		}
	})
	return c
}

func BenchmarkYear(b *testing.B) {
	c := durable(b)
	storetest.BenchYear(b, storetest.Zone, func() metering.Ledger {
		dsn, err := c.Database(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return mustOpen(b, dsn)
	})
}

func BenchmarkCommit(b *testing.B) {
	dsn, err := durable(b).Database(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	l := mustOpen(b, dsn)
	defer l.Close()
	storetest.BenchCommit(b, l)
}
