package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"asue/metering/sqlite"
	"asue/metering/storetest"
)

const (
	crashFile = "ASUE_TEST_CRASH_FILE"
	leadFile  = "ASUE_TEST_LEAD_FILE" // "path|name of the process"
)

// TestMain lets the test binary play the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		ctx := context.Background()
		l, err := sqlite.Open(ctx, path)
		if err == nil {
			err = storetest.CommitForEver(ctx, l, os.Stdout)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if path, name, ok := strings.Cut(os.Getenv(leadFile), "|"); ok {
		ctx := context.Background()
		l, err := sqlite.Open(ctx, path)
		if err == nil {
			err = storetest.Lead(ctx, l, name, os.Stdout)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestKilledWhileCommitting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	var acknowledged uint64
	for range 25 {
		acknowledged = storetest.RunAndKill(t, crashFile+"="+path, acknowledged)
		l := mustOpen(t, path)
		storetest.CheckWhole(t, l, acknowledged)
		l.Close()
	}
	if acknowledged < 25 {
		t.Errorf("only %d commits in 25 rounds: the test did not test much", acknowledged)
	}
	t.Logf("%d commits acknowledged over 25 kills", acknowledged)
}

// Several processes at one file lead in turn, each in a term of its own.
func TestProcessesLeadInTurn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := mustOpen(t, path)
	defer l.Close()
	storetest.Leaders(t, l, leadFile+"="+path+"|")
}
