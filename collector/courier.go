package collector

import (
	"context"
	"sync"
	"time"

	"asue/collector/outbox"
	"asue/metering/wire"
)

// courier sends again: the backlog after a connection was made, what the ledger
// misses, what could not be published. It is one goroutine.
type courier struct {
	d        *Deliverer
	inFlight chan struct{} // as many tokens as publishes under way
	flights  sync.WaitGroup

	missing []missing
	// What was sent within the last one to two times ResendAfter: its
	// acknowledgement may still be on the way.
	sent, sentBefore outbox.Ranges
	turned           time.Time
	// Progress of the acknowledgement, to notice when it stands still.
	contiguous uint64
	moved      time.Time
	patience   time.Duration
	foreign    uint64 // the epoch of the last acknowledgement that was not ours

	chunk  []outbox.Row // read and not yet sent, ascending
	wished []outbox.Row // the same, of what was wished for
	next   time.Time    // when the next one may go, by the rate

	begun   bool
	back    bool   // the ledger was found to have gone back, and has not caught up yet
	highest uint64 // that an acknowledgement has known of, or could have before the start
}

// missing is a range that the ledger has said it misses, since when.
type missing struct {
	from, to uint64
	since    time.Time
}

func newCourier(d *Deliverer) *courier {
	return &courier{d: d, inFlight: make(chan struct{}, d.cfg.Window), patience: d.cfg.StallAfter}
}

// look is how often the courier looks for what is overdue when nothing rouses it.
const look = time.Second

func (c *courier) run(ctx context.Context) {
	defer c.flights.Wait()
	for ctx.Err() == nil {
		box := c.d.box.Load()
		if box == nil {
			c.rest(ctx, look)
			continue
		}
		if !c.begun {
			c.begun, c.highest = true, box.Last()
		}
		now := c.d.cfg.Clock.Now()
		c.heed(box, now)
		c.chase(box, now)
		if wait := c.sendOne(ctx, box, now); wait > 0 {
			c.rest(ctx, wait)
		}
	}
}

// rest waits for a time or until something happens.
func (c *courier) rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(c.d.cfg.Clock.Real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.d.wake:
	case <-ctx.Done():
	}
}

// heed does what the newest acknowledgement asks for.
func (c *courier) heed(box *outbox.Box, now time.Time) {
	d := c.d
	d.mu.Lock()
	ack := d.ack
	d.ack = nil
	d.mu.Unlock()
	if ack == nil {
		return
	}
	if ack.Epoch != box.Epoch() {
		d.foreignAcks.Add(1)
		if c.foreign != ack.Epoch {
			c.foreign = ack.Epoch
			d.cfg.Log.Warn("collector: an acknowledgement of another epoch is ignored", "its_epoch", ack.Epoch, "our_epoch", box.Epoch())
		}
		return
	}
	if !c.reconcile(box, ack) {
		return
	}
	if ack.Contiguous != c.contiguous {
		c.contiguous, c.moved, c.patience = ack.Contiguous, now, d.cfg.StallAfter
	}
	if err := box.Forget(ack.Contiguous); err != nil {
		d.cfg.Log.Warn("collector: acknowledged batches could not be forgotten; they are later", "error", err)
	}
	d.mu.Lock()
	d.owed.Remove(0, ack.Contiguous)
	d.mu.Unlock()
	c.miss(ack, now)
}

// beyond is how far ahead of the outbox a ledger can be believed to be.
const beyond = 1 << 40

// reconcile deals with a ledger that knows more or less than it should: one of
// the two was restored from a backup. It returns false for an acknowledgement
// that cannot be true, and for one that was overtaken: what it misses has come
// since, and may be forgotten already.
func (c *courier) reconcile(box *outbox.Box, ack *wire.Ack) bool {
	log := c.d.cfg.Log
	last, acked := box.Last(), box.Acked()
	if ack.Highest > last {
		log.Error("collector: the ledger has batches that this outbox does not know of; their numbers are passed over", "ledger", ack.Highest, "outbox", last)
		if ack.Highest-last > beyond || ack.Contiguous > ack.Highest {
			return false
		}
		if err := box.Advance(ack.Highest); err != nil {
			log.Error("collector: numbers could not be passed over", "error", err)
			return false
		}
	}
	// Acknowledgements overtake each other; one that knows of a higher number
	// than any before is surely newer than those.
	newest := ack.Highest > c.highest
	c.highest = max(c.highest, ack.Highest)
	if ack.Contiguous >= acked {
		c.back = false
		return true
	}
	if newest {
		c.back = true
		log.Warn("collector: the ledger has gone back; batches are sent again as far as they are kept", "from", ack.Contiguous+1, "to", acked)
		c.d.mu.Lock()
		c.d.owed.Add(ack.Contiguous+1, acked)
		c.d.mu.Unlock()
	}
	return c.back
}

// miss takes over the ranges that an acknowledgement misses. What was missing
// before keeps its time.
func (c *courier) miss(ack *wire.Ack, now time.Time) {
	var list []missing
	for _, r := range ack.Missing {
		var fresh outbox.Ranges
		fresh.Add(r.From, r.To)
		for _, m := range c.missing {
			from, to := max(r.From, m.from), min(r.To, m.to)
			if from <= to {
				list = append(list, missing{from, to, m.since})
				fresh.Remove(from, to)
			}
		}
		for _, f := range fresh {
			list = append(list, missing{f.From, f.To, now})
		}
	}
	c.missing = list
}

// chase plans to send again what has been missing for too long, and everything
// when the acknowledgement stands still for no known reason.
func (c *courier) chase(box *outbox.Box, now time.Time) {
	d := c.d
	if err := box.Forget(box.Acked()); err != nil { // what was acknowledged within the last second
		d.cfg.Log.Debug("collector: acknowledged batches are deleted later", "error", err)
	}
	if now.Sub(c.turned) >= d.cfg.ResendAfter {
		c.sentBefore, c.sent, c.turned = c.sent, nil, now
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c.oweMissing(now)
	last := box.Last()
	if !d.online || last <= box.Acked() || len(d.owed) > 0 || c.moved.IsZero() {
		c.moved = now
		return
	}
	if now.Sub(c.moved) >= c.patience {
		d.oweAll(box)
		c.moved = now
		c.patience = min(2*c.patience, max(5*time.Minute, d.cfg.StallAfter))
	}
}

// oweMissing plans to send again what has been missing for too long, but for
// what is planned already or was sent a moment ago. The caller holds the lock.
func (c *courier) oweMissing(now time.Time) {
	for i := range c.missing {
		m := &c.missing[i]
		if now.Sub(m.since) < c.d.cfg.ResendAfter {
			continue
		}
		m.since = now
		var overdue outbox.Ranges
		overdue.Add(m.from, m.to)
		for _, known := range []outbox.Ranges{c.sent, c.sentBefore} {
			for _, r := range known {
				overdue.Remove(r.From, r.To)
			}
		}
		for _, row := range c.chunk {
			overdue.Remove(row.Seq, row.Seq)
		}
		for _, r := range overdue {
			c.d.owed.Add(r.From, r.To)
		}
	}
}

// sendOne publishes the next batch that is owed, if the rate allows it and
// nothing live waits. It returns how long to rest when it did not.
func (c *courier) sendOne(ctx context.Context, box *outbox.Box, now time.Time) time.Duration {
	d := c.d
	d.mu.Lock()
	online, rate, owed, hold := d.online, max(d.cfg.ReplayRate, d.cfg.ReplayFactor*d.rate), len(d.owed)+len(d.wished), d.holdUntil
	d.mu.Unlock()
	if !online {
		c.chunk = nil
		c.putBack()
		return look
	}
	if owed == 0 && len(c.chunk)+len(c.wished) == 0 {
		return look
	}
	if wait := max(c.next.Sub(now), hold.Sub(now)); wait > 0 {
		return min(wait, look)
	}
	if len(d.live) > 0 { // what is live goes first
		return 5 * time.Millisecond
	}
	failed := d.unsent
	row, ok := c.take(box)
	if !ok {
		failed = d.unsentWish
		if row, ok = c.takeWished(box); !ok {
			return look
		}
	}
	select {
	case c.inFlight <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	// A little credit, so that short waits do not add up to a lower rate.
	c.next = later(c.next, now.Add(-100*time.Millisecond)).Add(time.Duration(float64(time.Second) / rate))
	c.sent.Add(row.Seq, row.Seq)
	c.flights.Add(1)
	go func() {
		defer c.flights.Done()
		err := d.cfg.Publisher.Publish(ctx, History, row.Payload)
		<-c.inFlight
		if err != nil {
			failed(row.Seq)
			return
		}
		d.replayed.Add(1)
	}()
	return 0
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// take returns the next batch that is owed. Numbers that are not kept any more
// have become gaps by the reading, and are announced.
func (c *courier) take(box *outbox.Box) (outbox.Row, bool) {
	d := c.d
	for {
		for len(c.chunk) > 0 {
			row := c.chunk[0]
			c.chunk = c.chunk[1:]
			if row.Seq > c.contiguous {
				return row, true
			}
		}
		d.mu.Lock()
		if len(d.owed) == 0 {
			d.mu.Unlock()
			return outbox.Row{}, false
		}
		r := d.owed[0]
		d.mu.Unlock()
		rows, next, err := box.Read(r.From, r.To, 64, 256<<10)
		if err != nil {
			d.cfg.Log.Warn("collector: the backlog cannot be read now", "error", err)
			d.hold()
			return outbox.Row{}, false
		}
		if next > box.Last() {
			next = max(next, r.To+1) // numbers that were never given cannot be sent
		}
		d.mu.Lock()
		d.owed.Remove(r.From, next-1)
		d.mu.Unlock()
		if len(rows) < int(next-r.From) {
			d.in.wake() // there may be gaps to announce
		}
		c.chunk = rows
	}
}
