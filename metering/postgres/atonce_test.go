package postgres_test

import (
	"fmt"
	"sync"
	"testing"

	"asue/metering"
	"asue/metering/postgres/pgtest"
)

// Two processes write the same intervals, registers, witnesses and findings at
// once, rows for the first time and again, in months that have no partition yet.
// Each interval has one current version and all before it; nothing is lost.
func TestTwoProcessesAtOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	const processes, rounds, days = 2, 6, 3
	var wg sync.WaitGroup
	for p := range processes {
		l := mustOpen(t, dsn)
		defer l.Close()
		wg.Go(func() {
			for round := range rounds {
				c := metering.Commit{ReceivedAt: period(round)}
				for i := range days {
					n := 96 * 31 * i
					if p == 1 {
						n = 96 * 31 * (days - 1 - i) // the other way round, to meet in the middle
					}
					c.Intervals = append(c.Intervals, measured("p", n, metering.Energy(1000*p+round)), measured("p", n+1+p+2*round, 1))
					c.Spans = append(c.Spans, reading(n+p+2*round, int64(round)))
					c.Witnesses = append(c.Witnesses, metering.Witness{Meter: "m", Start: period(n), Powers: []metering.PowerSample{{At: period(n), Power: 1}}})
				}
				f := metering.Finding{Rule: fmt.Sprint("rule ", p), Severity: metering.Warning, Point: "p", From: day, To: day, Text: fmt.Sprint(round)}
				c.Findings = []metering.Findings{{Point: "p", From: day, To: period(1), List: []metering.Finding{f}}}
				if err := l.Commit(t.Context(), c); err != nil {
					t.Errorf("process %d, round %d: %v", p, round, err)
				}
			}
		})
	}
	wg.Wait()
	l := mustOpen(t, dsn)
	defer l.Close()
	for i := range days {
		n := 96 * 31 * i
		history, err := l.History(t.Context(), "p", metering.ChannelActiveImport, period(n))
		if err != nil || len(history) != processes*rounds {
			t.Errorf("day %d: %d versions, %v; want %d", i, len(history), err, processes*rounds)
		}
		for k, iv := range history {
			if iv.Version != k+1 {
				t.Errorf("day %d: version %d is the %dth", i, iv.Version, k+1)
			}
		}
		list, err := l.Intervals(t.Context(), metering.IntervalQuery{From: period(n), To: period(n + 96)})
		if err != nil || len(list) != 1+processes*rounds {
			t.Errorf("day %d: %d intervals, %v; want %d", i, len(list), err, 1+processes*rounds)
		}
		spans, err := l.Spans(t.Context(), "m", metering.ActiveImport, period(n), period(n+96))
		inside := 0
		for _, s := range spans {
			if !s.Start.Before(period(n)) && s.Start.Before(period(n+96)) {
				inside++
			}
		}
		if err != nil || inside != processes*rounds {
			t.Errorf("day %d: %d spans, %v; want %d", i, inside, err, processes*rounds)
		}
	}
	all, err := l.Findings(t.Context(), metering.FindingQuery{From: day, To: period(1), Cleared: true})
	held := 0
	for _, f := range all {
		if f.ClearedAt.IsZero() {
			held++
		}
	}
	if err != nil || held != 1 || len(all) != processes*rounds {
		t.Errorf("%d findings, %d of them hold, %v", len(all), held, err)
	}
}

// A feeder that follows positions misses nothing, though many commit at once: no
// position appears below one that was seen.
func TestPositionsAscendInCommitOrder(t *testing.T) {
	dsn := pgtest.Database(t)
	const collectors, each = 4, 25
	var wg sync.WaitGroup
	for c := range collectors {
		l := mustOpen(t, dsn)
		defer l.Close()
		wg.Go(func() {
			for seq := range uint64(each) {
				b := metering.StoredBatch{ID: metering.BatchID{Collector: fmt.Sprint("c-", c), Epoch: 1, Seq: seq + 1}, ReceivedAt: day, Payload: []byte("x")}
				if err := l.Commit(t.Context(), metering.Commit{ReceivedAt: day, Batches: []metering.StoredBatch{b}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	feeder := mustOpen(t, dsn)
	defer feeder.Close()
	seen, after := 0, int64(0)
	for seen < collectors*each && !t.Failed() {
		list, err := feeder.Batches(t.Context(), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range list {
			after, seen = b.Position, seen+1
		}
		if after > collectors*each {
			t.Fatalf("position %d, and only %d were seen", after, seen)
		}
		if len(list) == 0 && after == collectors*each {
			break
		}
	}
	wg.Wait()
	if seen != collectors*each {
		t.Errorf("%d batches were seen, want %d", seen, collectors*each)
	}
}
