package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering"
)

// CommitForEver goes on where a ledger ends and prints each number once its
// decision about capacity and its commit have returned. It is what a process does that
// a test kills.
func CommitForEver(ctx context.Context, l metering.Ledger, acknowledged io.Writer) error {
	m, err := l.Mark(ctx, "c", 1)
	if err != nil {
		return err
	}
	for seq := m.Contiguous + 1; ; seq++ {
		if err := crashDecision(ctx, l, seq); err != nil {
			return err
		}
		if err := l.Commit(ctx, crashCommit(seq)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(acknowledged, seq); err != nil {
			return err
		}
	}
}

// decisionDeeds are how many deeds a decision is.
const decisionDeeds = 2

// crashDecision records the decision of a number, unless it was before the kill.
func crashDecision(ctx context.Context, l metering.Ledger, seq uint64) error {
	after := decisionDeeds * (seq - 1)
	there, err := l.Deeds(ctx, after, 1)
	if err != nil || len(there) > 0 {
		return err
	}
	n := int(seq)
	_, err = l.RecordDeeds(ctx, after, []metering.Deed{decision(n, "case.step", fmt.Sprint(n)), decision(n, "pool.post", fmt.Sprint(n))}, because(n))
	return err
}

// crashCommit is everything that a transaction can hold, made of its number.
func crashCommit(seq uint64) metering.Commit {
	n := int(seq)
	payload := make([]byte, 1000+seq%20_000)
	for i := range payload {
		payload[i] = byte(uint64(i) * seq)
	}
	f := found("r", 0, 0)
	f.Numbers[0].Value = float64(seq) // each transaction clears that of the one before
	return metering.Commit{
		ReceivedAt: period(n),
		Batches:    []metering.StoredBatch{{ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: seq}, ReceivedAt: period(n), Payload: payload}},
		Spans:      []metering.RegisterSpan{metering.SpanOf("m-1", metering.ActiveImport, registered(n, 60, int64(seq)))},
		Witnesses:  []metering.Witness{witness(n, power(n, 0, metering.Power(seq)))},
		// Of one interval every transaction makes a new version.
		Intervals: []metering.Interval{measured("p", n, metering.Energy(seq)), measured("q", 0, metering.Energy(seq))},
		Findings:  []metering.Findings{about(0, 1, f)},
		Acts:      []metering.Act{act(fmt.Sprint(seq), agreed("r", n, metering.Energy(seq)))},
	}
}

// CheckWhole checks that a ledger holds the commits up to some number, each of
// them whole: all that were acknowledged, and one more at most. It returns the
// number.
func CheckWhole(t testing.TB, l metering.Ledger, acknowledged uint64) uint64 {
	t.Helper()
	c := &ledgerCase{TB: t, l: l}
	m, err := l.Mark(t.Context(), "c", 1)
	c.must(err)
	n := m.Contiguous
	if n < acknowledged || n != m.Highest || n > acknowledged+1 {
		t.Fatalf("mark %+v after %d acknowledged commits", m, acknowledged)
	}
	end := period(int(n) + 10)
	batches, spans, witnesses := c.batches(0, int(n)+10), c.spans(day, end), c.witnesses("m-1", day, end)
	intervals := c.intervals(metering.IntervalQuery{Points: []metering.PointID{"p"}, From: day, To: end})
	versions, err := l.History(t.Context(), "q", metering.ChannelActiveImport, day)
	c.must(err)
	findings := c.findings(metering.FindingQuery{From: day, To: end, Cleared: true, Limit: int(n) + 10})
	acts := c.acts(metering.ActQuery{From: day, To: end})
	for what, have := range map[string]int{
		"batches": len(batches), "spans": len(spans), "witnesses": len(witnesses), "intervals": len(intervals),
		"versions": len(versions), "findings": len(findings), "acts": len(acts),
	} {
		if uint64(have) != n {
			t.Fatalf("%d %s after %d commits", have, what, n)
		}
	}
	c.decisions(n)
	held := 0
	for i := range n {
		want := crashCommit(i + 1)
		f := findings[i]
		whole := string(batches[i].Payload) == string(want.Batches[0].Payload) && spans[i].SameAs(want.Spans[0]) &&
			witnesses[i].Powers[0] == want.Witnesses[0].Powers[0] && intervals[i].SameAs(want.Intervals[0]) &&
			versions[i].SameAs(want.Intervals[1]) && versions[i].Version == int(i)+1 && acts[i].SameAs(want.Acts[0]) &&
			f.Numbers[0].Value == float64(i+1)
		if !whole {
			t.Fatalf("commit %d did not come back whole", i+1)
		}
		if f.ClearedAt.IsZero() {
			held++
		}
	}
	if held != min(1, int(n)) {
		t.Fatalf("%d findings hold after %d commits", held, n)
	}
	return n
}

// decisions checks that the decisions up to number n are there, each with its record of
// the audit, and perhaps the one whose commit was never reached.
func (c *ledgerCase) decisions(n uint64) {
	c.Helper()
	deeds, records := uint64(len(c.wholeDeeds())), uint64(len(c.wholeAudit()))
	if deeds != decisionDeeds*records || records != n && records != n+1 {
		c.Fatalf("%d deeds and %d records of the audit after %d commits", deeds, records, n)
	}
}

// RunAndKill starts this test binary again with an addition to its environment,
// which must let it play CommitForEver, and kills it a while after its first
// success. It returns the last number that was acknowledged, at least last.
func RunAndKill(t testing.TB, env string, last uint64) uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env)
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
		last = max(last, n)
		if kill == nil {
			kill = time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || kill == nil {
		t.Fatalf("the process ended by itself: %v: %s", err, &stderr)
	}
	kill.Stop()
	return last
}
