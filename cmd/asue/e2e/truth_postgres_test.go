package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

// serverCrashes is how often the database server loses its power while the faults
// last.
const serverCrashes = 3

// TestTruthPostgres has the ledger in a database, whose server crashes too.
func TestTruthPostgres(t *testing.T) {
	t.Parallel()
	c, err := pgtest.Start("fsync=on", "full_page_writes=on")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
	})
	dsn, err := c.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, shortTrouble, 7*time.Minute)
	s.ledger = fmt.Sprintf("ledger: {dsn: %q, password_file: %q}\n", withoutPassword(t, dsn), write(t, s.dir, "ledger.password", c.Password+"\n"))
	s.open = func(ctx context.Context) (metering.Ledger, error) {
		return postgres.Open(ctx, postgres.Options{DSN: dsn})
	}
	s.database = func(ctx context.Context, from time.Time, length time.Duration) error {
		return crashServer(ctx, c, rand.New(rand.NewPCG(s.seed, 3)), from, length)
	}
	s.play(embedded)

	// The collector goes on meanwhile, and of two batches on their way the later one may be committed first.
	var f postgres.Findings
	eventually(t, "every number has come that is below the highest", upWithin, func() bool {
		f, err = postgres.Verify(t.Context(), postgres.Options{DSN: dsn}, nil)
		return err != nil || len(f.Notes) == 0
	})
	if err != nil || f.Damaged() || f.IntervalPages == 0 {
		t.Errorf("verify: %v, faults %q", err, f.Faults)
	}
	t.Logf("the database server crashed %d times; %d superseded versions, %d bytes", serverCrashes, f.OldVersions, f.Size)
}

func withoutPassword(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(u.User.Username())
	return u.String()
}

// crashServer takes the server's power at random moments, for a few seconds each.
func crashServer(ctx context.Context, c *pgtest.Cluster, dice *rand.Rand, from time.Time, length time.Duration) error {
	var at []time.Time
	for range serverCrashes {
		at = append(at, from.Add(length/20+time.Duration(dice.Int64N(int64(length*8/10)))))
	}
	slices.SortFunc(at, time.Time.Compare)
	for _, moment := range at {
		if err := (clock.Clock{}).SleepUntil(ctx, moment); err != nil {
			return err
		}
		if err := c.Crash(); err != nil {
			return err
		}
		if err := (clock.Clock{}).Sleep(ctx, time.Duration(dice.Int64N(int64(3*time.Second)))); err != nil {
			return err
		}
		if err := c.Resume(); err != nil {
			return err
		}
	}
	return nil
}
