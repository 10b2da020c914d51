package storetest

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"asue/metering"
)

func (c *ledgerCase) replay() {
	x := metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 1), batch("c", 1, 2)}}
	c.commit(x)
	c.commit(x)
	x.Batches = []metering.StoredBatch{batch("c", 1, 2), batch("c", 1, 3), batch("c", 1, 3)}
	c.commit(x)
	diff(c, "payloads", []string{"c/1/1", "c/1/2", "c/1/3"}, c.payloads())
	_, n, err := c.l.Quarantined(c.Context(), 1)
	c.must(err)
	diff(c, "poison", 0, n)
}

func (c *ledgerCase) conflict() {
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 1)}})
	other := batch("c", 1, 1)
	other.Payload = []byte("something else")
	c.commit(metering.Commit{Batches: []metering.StoredBatch{other, batch("c", 1, 2)}})
	diff(c, "payloads", []string{"c/1/1", "c/1/2"}, c.payloads())
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 2, Highest: 2})
	poison, n, err := c.l.Quarantined(c.Context(), 10)
	c.must(err)
	diff(c, "count of poison", 1, n)
	if string(poison[0].Payload) != "something else" || poison[0].Reason == "" {
		c.Errorf("quarantined %+v, want the other payload with a reason", poison[0])
	}
}

func (c *ledgerCase) forgotten() {
	ctx := c.Context()
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 1), batch("c", 1, 2), batch("c", 1, 3)}})
	second := c.batches(0, 10)[1].Position
	c.must(c.l.ForgetBatches(ctx, second))
	diff(c, "payloads", []string{"c/1/3"}, c.payloads())
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 1), batch("c", 1, 2)}})
	diff(c, "payloads after a replay of forgotten ones", []string{"c/1/3"}, c.payloads())
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 3, Highest: 3})
}

func (c *ledgerCase) positions() {
	ctx := c.Context()
	for seq := range uint64(5) {
		c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 10-seq)}})
	}
	all := c.batches(0, 100)
	diff(c, "in commit order", []string{"c/1/10", "c/1/9", "c/1/8", "c/1/7", "c/1/6"}, c.payloads())
	for i := 1; i < len(all); i++ {
		if all[i].Position <= all[i-1].Position {
			c.Errorf("position %d comes after %d", all[i].Position, all[i-1].Position)
		}
	}
	diff(c, "a page of two", all[1:3], c.batches(all[0].Position, 2))
	diff(c, "a page of none", nil, c.batches(0, 0))
	last := all[len(all)-1].Position
	diff(c, "after the last", nil, c.batches(last, 10))

	c.must(c.l.ForgetBatches(ctx, last))
	c.reopen()
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 20)}})
	if p := c.batches(0, 1)[0].Position; p <= last {
		c.Errorf("position %d was used again after everything up to %d was forgotten", p, last)
	}
}

func (c *ledgerCase) marks() {
	lost := func(from, to uint64) map[metering.BatchID]metering.Range {
		return map[metering.BatchID]metering.Range{{Collector: "c", Epoch: 1}: {From: from, To: to}}
	}
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 2)}})
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Highest: 2, Missing: []metering.Range{{From: 1, To: 1}}})
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 1), batch("c", 1, 6), batch("c", 1, 9)}})
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 2, Highest: 9, Missing: []metering.Range{{From: 3, To: 5}, {From: 7, To: 8}}})
	c.commit(metering.Commit{Lost: lost(3, 4)})
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 4, Highest: 9, Missing: []metering.Range{{From: 5, To: 5}, {From: 7, To: 8}}})
	c.commit(metering.Commit{Lost: lost(1, 7)}) // overlaps what came in
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 7, Highest: 9, Missing: []metering.Range{{From: 8, To: 8}}})
	c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", 1, 8)}})
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 9, Highest: 9})
	c.wantMark(metering.Mark{Collector: "c", Epoch: 2})
	c.wantMark(metering.Mark{Collector: "d", Epoch: 1})

	two := map[metering.BatchID]metering.Range{
		{Collector: "c", Epoch: 1, Seq: 1}: {From: 11, To: 12},
		{Collector: "c", Epoch: 1, Seq: 2}: {From: 14, To: 15},
	}
	c.commit(metering.Commit{Lost: two})
	c.wantMark(metering.Mark{Collector: "c", Epoch: 1, Contiguous: 9, Highest: 15, Missing: []metering.Range{{From: 10, To: 10}, {From: 13, To: 13}}})
}

func (c *ledgerCase) wideEpoch() {
	for _, epoch := range []uint64{0, 1 << 63, math.MaxUint64} {
		c.commit(metering.Commit{Batches: []metering.StoredBatch{batch("c", epoch, 1)}})
		c.wantMark(metering.Mark{Collector: "c", Epoch: epoch, Contiguous: 1, Highest: 1})
		all := c.batches(0, 10)
		diff(c, "epoch", epoch, all[len(all)-1].ID.Epoch)
	}
}

// markModel compares marks with a set of numbers counted one by one.
func (c *ledgerCase) markModel() {
	rounds := uint64(0)
	rapid.Check(c, func(rt *rapid.T) {
		rounds++
		epoch := rounds
		seen := map[uint64]bool{}
		for range rapid.IntRange(1, 5).Draw(rt, "commits") {
			x := metering.Commit{ReceivedAt: day, Lost: map[metering.BatchID]metering.Range{}}
			for _, seq := range rapid.SliceOfN(rapid.Uint64Range(1, 30), 0, 8).Draw(rt, "seqs") {
				x.Batches = append(x.Batches, batch("c", epoch, seq))
				seen[seq] = true
			}
			for n := range rapid.IntRange(0, 2).Draw(rt, "lost ranges") {
				from := rapid.Uint64Range(1, 30).Draw(rt, "from")
				to := from + rapid.Uint64Range(0, 5).Draw(rt, "length")
				x.Lost[metering.BatchID{Collector: "c", Epoch: epoch, Seq: uint64(n)}] = metering.Range{From: from, To: to}
				for seq := from; seq <= to; seq++ {
					seen[seq] = true
				}
			}
			if err := c.l.Commit(c.Context(), x); err != nil {
				rt.Fatal(err)
			}
			got, err := c.l.Mark(c.Context(), "c", epoch)
			if err != nil {
				rt.Fatal(err)
			}
			if want := markOf(epoch, seen); fmt.Sprint(want) != fmt.Sprint(got) {
				rt.Fatalf("mark %+v, want %+v of %v", got, want, seen)
			}
		}
	})
}

func markOf(epoch uint64, seen map[uint64]bool) metering.Mark {
	m := metering.Mark{Collector: "c", Epoch: epoch}
	for seq := range seen {
		m.Highest = max(m.Highest, seq)
	}
	for seen[m.Contiguous+1] {
		m.Contiguous++
	}
	for seq := m.Contiguous + 1; seq < m.Highest; seq++ {
		if seen[seq] {
			continue
		}
		if n := len(m.Missing); n > 0 && m.Missing[n-1].To == seq-1 {
			m.Missing[n-1].To = seq
		} else {
			m.Missing = append(m.Missing, metering.Range{From: seq, To: seq})
		}
	}
	return m
}
