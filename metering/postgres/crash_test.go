package postgres_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
	"asue/metering/storetest"
)

const (
	crashDSN = "ASUE_TEST_CRASH_DSN"
	leadDSN  = "ASUE_TEST_LEAD_DSN" // "DSN|name of the process"
)

// TestMain lets the test binary play the process that is killed.
func TestMain(m *testing.M) {
	if dsn := os.Getenv(crashDSN); dsn != "" {
		ctx := context.Background()
		l, err := postgres.Open(ctx, postgres.Options{DSN: dsn})
		if err == nil {
			err = storetest.CommitForEver(ctx, l, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if dsn, name, ok := strings.Cut(os.Getenv(leadDSN), "|"); ok {
		ctx := context.Background()
		l, err := postgres.Open(ctx, postgres.Options{DSN: dsn})
		if err == nil {
			err = storetest.Lead(ctx, l, name, os.Stdout)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// The process that writes is killed in the middle of a commit, again and again.
func TestKilledWhileCommitting(t *testing.T) {
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	const rounds = 12
	var acknowledged uint64
	for range rounds {
		acknowledged = storetest.RunAndKill(t, crashDSN+"="+dsn+"?application_name=victim", acknowledged)
		// The server may not have noticed yet, and be at the commit still.
		execute(t, dsn, `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'victim'`)
		// What was committed and not told counts as acknowledged for the next round.
		acknowledged = storetest.CheckWhole(t, l, acknowledged)
	}
	if acknowledged < rounds {
		t.Errorf("only %d commits in %d rounds: the test did not test much", acknowledged, rounds)
	}
	t.Logf("%d commits over %d kills", acknowledged, rounds)
}

// Several processes at one database lead in turn, each in a term of its own.
func TestProcessesLeadInTurn(t *testing.T) {
	dsn := pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	storetest.Leaders(t, l, leadDSN+"="+dsn+"|")
}

// The server loses its power while it commits; what was acknowledged is there
// when it is up again, and the same ledger goes on.
func TestServerCrash(t *testing.T) {
	c, err := pgtest.Start("fsync=on", "full_page_writes=on")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Remove(); err != nil {
			t.Error(err)
		}
	}()
	dsn, err := c.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, dsn)
	defer l.Close()
	if notes := l.Facts().Notes; len(notes) != 0 {
		t.Errorf("notes %q", notes)
	}
	var acknowledged uint64
	for round := range 3 {
		told := make(chan uint64, 1)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- storetest.CommitForEver(ctx, l, lastLine{told}) }()
		for acknowledged < uint64(5*(round+1)) {
			acknowledged = <-told
		}
		if err := c.Crash(); err != nil {
			t.Fatal(err)
		}
		stop() // a commit that waits for its outcome waits no longer than the server
		if err := c.Resume(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err == nil {
			t.Error("committing went on without a server")
		}
		select {
		case acknowledged = <-told:
		default:
		}
		acknowledged = storetest.CheckWhole(t, l, acknowledged)
	}
}

// lastLine keeps the last number that was printed.
type lastLine struct{ told chan uint64 }

var _ io.Writer = lastLine{}

func (w lastLine) Write(line []byte) (int, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(string(line)), 10, 64)
	if err != nil {
		return 0, err
	}
	select {
	case <-w.told:
	default:
	}
	w.told <- n
	return len(line), nil
}
