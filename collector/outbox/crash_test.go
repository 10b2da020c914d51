package outbox_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/collector/outbox"
	"asue/metering"
)

const victimPath = "ASUE_TEST_OUTBOX_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimPath); path != "" {
		appendForEver(path)
	}
	os.Exit(m.Run())
}

// appendForEver is the child process: several appenders, each of which says on
// stdout which number is durable, and one that forgets now and then.
func appendForEver(path string) {
	b, err := outbox.Open(path, outbox.Options{Pace: time.Millisecond})
	if err != nil {
		fmt.Println("open", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	for worker := range 4 {
		go func() {
			for n := 0; ; n++ {
				seq, err := b.Append(context.Background(), metering.Billing, padded(100*worker))
				if err != nil {
					fmt.Println("append", err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Println(b.Epoch(), seq)
				mu.Unlock()
			}
		}()
	}
	select {}
}

// The process is killed at random moments while it appends: whatever was
// reported durable is there, numbers have neither gap nor double, and they go
// on where they were. Verify, beside the process and after it, finds no fault.
//
// ASUE_CAMPAIGN_KILLS says how many kills, ASUE_SEED repeats a run as far as the
// scheduling of processes lets it.
func TestKilledAtRandom(t *testing.T) {
	kills, seed := campaign(t, "ASUE_CAMPAIGN_KILLS", 100), seedOf(t)
	path := filepath.Join(t.TempDir(), "o.db")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(seed, 13))
	reported := map[uint64]bool{}
	var epoch string
	for round := range kills {
		child := exec.Command(self)
		child.Env = append(os.Environ(), victimPath+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		// Killed after a random number of reports: the moment within the next
		// transaction is the scheduler's choice.
		lines := bufio.NewScanner(out)
		for n := 1 + dice.IntN(60); n > 0 && lines.Scan(); n-- {
			report(t, lines.Text(), &epoch, reported)
		}
		if round%10 == 0 {
			sound(t, path) // beside the process
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what was reported before the end counts too
			report(t, lines.Text(), &epoch, reported)
		}
		_ = child.Wait() // killed: that is the error
		if round%10 == 1 {
			sound(t, path) // as the kill has left it
		}

		b, err := outbox.Open(path, outbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		kept := numbers(t, b)
		acked := b.Acked()
		for i, seq := range kept {
			if seq != acked+1+uint64(i) {
				t.Fatalf("round %d: number %d follows %d others after %d", round, seq, i, acked)
			}
		}
		for seq := range reported {
			if seq > acked+uint64(len(kept)) {
				t.Fatalf("round %d: batch %d was durable and is gone; kept %d..%d", round, seq, acked+1, acked+uint64(len(kept)))
			}
		}
		if r := b.Report(); len(r.Lost) > 0 || r.MovedAside != "" || strconv.FormatUint(b.Epoch(), 10) != epoch {
			t.Fatalf("round %d: a kill is no damage: %+v", round, r)
		}
		if round%3 == 0 {
			if err := b.Forget(b.Last() - 2); err != nil {
				t.Fatal(err)
			}
		}
		b.Close()
	}
	if len(reported) < 4*kills {
		t.Fatalf("only %d batches in %d rounds", len(reported), kills)
	}
	t.Logf("seed %d: %d kills, %d batches reported durable, none lost", seed, kills, len(reported))
}

// sound fails the test if Verify finds a fault.
func sound(t *testing.T, path string) {
	t.Helper()
	f, err := outbox.Verify(context.Background(), path, nil)
	if err != nil || f.Damaged() {
		t.Fatalf("%v, %v", f.Faults, err)
	}
}

func report(t *testing.T, line string, epoch *string, reported map[uint64]bool) {
	t.Helper()
	e, number, ok := strings.Cut(line, " ")
	seq, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil {
		t.Fatalf("child said %q", line)
	}
	if *epoch == "" {
		*epoch = e
	}
	if e != *epoch {
		t.Fatalf("a new epoch %s after %s", e, *epoch)
	}
	if reported[seq] {
		t.Fatalf("number %d was given twice", seq)
	}
	reported[seq] = true
}

// A log cut between two of its transactions looks sound to the database. The
// mark beside it does not let the numbers be given again.
func TestRolledBackFileIsNoticed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "o.db")
	b := open(t, path, outbox.Options{})
	fill(t, b, metering.Billing, 5)
	old := crashImage(t, path)
	fill(t, b, metering.Billing, 3)
	now := crashImage(t, path)
	b.Close()

	old[".mark"] = now[".mark"]
	rolled := filepath.Join(dir, "rolled.db")
	lay(t, rolled, old)
	var said bytes.Buffer
	b = open(t, rolled, outbox.Options{Log: textLog(&said)})
	fill(t, b, metering.Billing, 1)
	same(t, "kept", numbers(t, b), []uint64{1, 2, 3, 4, 5, 9})
	if !strings.Contains(said.String(), "[{6 8}]") {
		t.Fatalf("the lost numbers are not named: %s", said.String())
	}
}
