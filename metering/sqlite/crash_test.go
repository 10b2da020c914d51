package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/sqlite"
)

const crashFile = "ASUE_TEST_CRASH_FILE"

// TestMain lets the test binary play the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		if err := commitForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// commitForEver goes on where the file ends and prints each number once its
// commit has returned.
func commitForEver(path string) error {
	ctx := context.Background()
	l, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	m, err := l.Mark(ctx, "c", 1)
	if err != nil {
		return err
	}
	for seq := m.Contiguous + 1; ; seq++ {
		if err := l.Commit(ctx, crashCommit(seq)); err != nil {
			return err
		}
		fmt.Println(seq)
	}
}

// crashCommit is everything that a transaction can hold, made of its number.
func crashCommit(seq uint64) metering.Commit {
	start := day.Add(time.Duration(seq) * metering.BasePeriod)
	payload := make([]byte, 1000+seq%20_000)
	for i := range payload {
		payload[i] = byte(uint64(i) * seq)
	}
	r := metering.RegisterReading{At: start.Add(time.Minute), Count: metering.Count{Raw: int64(seq), Step: 1000}}
	return metering.Commit{
		ReceivedAt: start,
		Batches:    []metering.StoredBatch{{ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: seq}, ReceivedAt: start, Payload: payload}},
		Spans:      []metering.RegisterSpan{metering.SpanOf("m", metering.ActiveImport, r)},
		Intervals: []metering.Interval{{
			Point: "p", Channel: metering.ChannelActiveImport, Start: start, Energy: metering.Energy(seq), Grade: metering.Actual,
		}, {
			// One interval that every transaction gives a new version.
			Point: "q", Channel: metering.ChannelActiveImport, Start: day, Energy: metering.Energy(seq), Grade: metering.Actual,
		}},
	}
}

func TestKilledWhileCommitting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	var acknowledged uint64
	for round := range 25 {
		acknowledged = max(acknowledged, runAndKill(t, path, time.Duration(rand.IntN(60))*time.Millisecond, acknowledged))
		checkWhole(t, round, path, acknowledged)
	}
	if acknowledged < 25 {
		t.Errorf("only %d commits in 25 rounds: the test did not test much", acknowledged)
	}
	t.Logf("%d commits acknowledged over 25 kills", acknowledged)
}

// runAndKill lets a process commit for a while after its first success and
// returns the last number that it has printed.
func runAndKill(t *testing.T, path string, after time.Duration, last uint64) uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var kill *time.Timer
	for lines.Scan() {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			break // a line cut by the kill
		}
		last = n
		if kill == nil {
			kill = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || kill == nil {
		t.Fatalf("the process ended by itself: %v: %s", err, &stderr)
	}
	kill.Stop()
	return last
}

func checkWhole(t *testing.T, round int, path string, acknowledged uint64) {
	t.Helper()
	l := mustOpen(t, path)
	defer l.Close()
	ctx := t.Context()
	m, err := l.Mark(ctx, "c", 1)
	if err != nil {
		t.Fatal(err)
	}
	if m.Contiguous < acknowledged || m.Contiguous != m.Highest || m.Contiguous > acknowledged+1 {
		t.Fatalf("round %d: mark %+v after %d acknowledged commits", round, m, acknowledged)
	}
	n := m.Contiguous
	batches, err := l.Batches(ctx, 0, int(n)+10)
	if err != nil || uint64(len(batches)) != n {
		t.Fatalf("round %d: %d batches, %v; want %d", round, len(batches), err, n)
	}
	end := day.Add(time.Duration(n+10) * metering.BasePeriod)
	intervals, err := l.Intervals(ctx, metering.IntervalQuery{Points: []metering.PointID{"p"}, From: day, To: end})
	if err != nil || uint64(len(intervals)) != n {
		t.Fatalf("round %d: %d intervals, %v; want %d", round, len(intervals), err, n)
	}
	spans, err := l.Spans(ctx, "m", metering.ActiveImport, day, end)
	if err != nil || uint64(len(spans)) != n {
		t.Fatalf("round %d: %d spans, %v; want %d", round, len(spans), err, n)
	}
	versions, err := l.History(ctx, "q", metering.ChannelActiveImport, day)
	if err != nil || uint64(len(versions)) != n {
		t.Fatalf("round %d: %d versions, %v; want %d", round, len(versions), err, n)
	}
	for i := range n {
		want := crashCommit(i + 1)
		if string(batches[i].Payload) != string(want.Batches[0].Payload) || !spans[i].SameAs(want.Spans[0]) ||
			intervals[i].Energy != want.Intervals[0].Energy || versions[i].Energy != want.Intervals[1].Energy {
			t.Fatalf("round %d: commit %d did not come back whole", round, i+1)
		}
	}
}
