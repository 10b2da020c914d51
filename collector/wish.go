package collector

import (
	"fmt"

	"asue/collector/outbox"
	"asue/metering/wire"
)

// Replay plans to send again, on the history, what the outbox still keeps of a span,
// whether the ledger has acknowledged it or not, and answers how much that is. It goes
// behind everything that is owed, at the same pace, and never delays what is live.
// The ledger knows batches by their identity, so that sending too much is harmless.
//
// It is refused when it is not fresh, and while the outbox is not open. Reading the
// outbox may take seconds.
func (d *Deliverer) Replay(r wire.Replay) wire.ReplayAnswer {
	now := d.cfg.Clock.Now()
	refuse := func(format string, args ...any) wire.ReplayAnswer {
		a := wire.ReplayAnswer{ID: r.ID, Refused: fmt.Sprintf(format, args...)}
		d.cfg.Log.Warn("collector: a replay is refused", "id", r.ID, "reason", a.Refused)
		return a
	}
	if !r.Fresh(now) {
		return refuse("it was issued %v from now; at most %v ago and %v ahead are taken: compare the clocks and ask again",
			r.Issued.Sub(now).Round(1e6), wire.ReplayBefore, wire.ReplayAfter)
	}
	box := d.box.Load()
	if box == nil {
		return refuse("the outbox is not open")
	}
	from, to := max(r.FromSeq, 1), r.ToSeq
	if to == 0 {
		to = box.Last()
	}
	found, err := box.Find(from, to, r.From, r.To)
	if err != nil {
		return refuse("the outbox cannot be read now: %v", err)
	}
	d.wishes.Add(1)
	a := wire.ReplayAnswer{ID: r.ID, Batches: found.Count()}
	if len(found) > 0 {
		a.From, a.To = found[0].From, found[len(found)-1].To
	}
	d.cfg.Log.Info("collector: what is kept is sent again as somebody wishes", "id", r.ID, "batches", a.Batches, "from", a.From, "to", a.To)
	d.wish(found)
	return a
}

func (d *Deliverer) wish(numbers outbox.Ranges) {
	d.mu.Lock()
	for _, r := range numbers {
		d.wished.Add(r.From, r.To)
	}
	d.mu.Unlock()
	d.rouse()
}

// unsentWish notes that a publish failed of what was wished for.
func (d *Deliverer) unsentWish(seq uint64) {
	d.publishErrors.Add(1)
	d.hold()
	d.wish(outbox.Ranges{{From: seq, To: seq}})
}

// takeWished returns the next batch that was wished for. What is not kept any more is
// passed over: the ledger has had it.
func (c *courier) takeWished(box *outbox.Box) (outbox.Row, bool) {
	d := c.d
	for len(c.wished) == 0 {
		d.mu.Lock()
		if len(d.wished) == 0 {
			d.mu.Unlock()
			return outbox.Row{}, false
		}
		r := d.wished[0]
		d.mu.Unlock()
		rows, next, err := box.Peek(r.From, r.To, 64, 256<<10)
		if err != nil {
			d.cfg.Log.Warn("collector: what was wished for cannot be read now", "error", err)
			d.hold()
			return outbox.Row{}, false
		}
		if next > box.Last() {
			next = max(next, r.To+1) // numbers that were never given cannot be sent
		}
		d.mu.Lock()
		d.wished.Remove(r.From, next-1)
		d.mu.Unlock()
		c.wished = rows
	}
	row := c.wished[0]
	c.wished = c.wished[1:]
	return row, true
}

// putBack keeps what was read and cannot be sent now.
func (c *courier) putBack() {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	for _, row := range c.wished {
		c.d.wished.Add(row.Seq, row.Seq)
	}
	c.wished = nil
}
