package collector

import (
	"context"
	"time"

	"asue/collector/outbox"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// manyLines names the line of a batch that holds several lines' snapshots.
const manyLines = "*"

// gather is how long the first batch of a burst waits for the others, of the wall
// clock: lines that poll in the same slot share a transaction and a message. 250
// lines on a busy core take about as long.
const gather = 25 * time.Millisecond

// mostLost is how many ranges one batch tells of; the wire takes a few more.
const mostLost = 1000

// store moves batches from memory to the outbox until the context ends, and then
// once more. When the disk takes nothing, billing waits in memory and is tried
// again after 1, 2, 4, 8 s.
func (d *Deliverer) store(ctx context.Context) {
	var wall clock.Clock
	failures := 0
	for ctx.Err() == nil {
		err := d.storeOnce(ctx)
		d.note(err)
		if err == nil {
			failures = 0
			select {
			case <-d.in.arrived:
				_ = wall.Sleep(ctx, gather) // ends early with ctx, and so does the loop
			case <-ctx.Done():
			}
			continue
		}
		_ = d.cfg.Clock.Sleep(ctx, min(time.Second<<failures, 8*time.Second)) // ends early with ctx, and so does the loop
		failures = min(failures+1, 3)
	}
	// The lines have stopped: this is the rest.
	if err := d.storeOnce(ctx); err != nil {
		waiting, _, _ := d.in.figures()
		d.cfg.Log.Error("collector: batches could not be stored at the end", "batches", waiting, "error", err)
	}
}

// note logs a problem of the outbox once, and its end.
func (d *Deliverer) note(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	d.mu.Lock()
	before := d.problem
	d.problem = text
	d.mu.Unlock()
	switch {
	case text != "" && text != before:
		waiting, _, _ := d.in.figures()
		d.cfg.Log.Error("collector: the outbox takes nothing; registers are kept in memory, telemetry is dropped, polling goes on",
			"error", err, "waiting", waiting, "room_for", d.cfg.MaxBilling)
	case text == "" && before != "":
		d.cfg.Log.Info("collector: the outbox takes batches again")
	}
}

// storeOnce stores everything that waits, in one transaction, and announces
// what was lost.
func (d *Deliverer) storeOnce(ctx context.Context) error {
	box, err := d.openBox()
	billing, telemetry := d.in.take()
	if err != nil {
		d.in.giveBack(billing, telemetry)
		return err
	}
	todo := d.merge(d.merge(nil, billing), telemetry)
	for len(todo) > 0 {
		refused, err := d.append(ctx, box, todo)
		if err != nil {
			d.joined = nil // what is given back stays in it
			d.in.giveBack(ofClass(todo, wire.Billing), ofClass(todo, wire.Telemetry))
			return err
		}
		todo = d.halves(refused)
	}
	d.joined = d.joined[:0]
	d.in.done(billing, telemetry)
	return d.announce(box)
}

func (d *Deliverer) openBox() (*outbox.Box, error) {
	if box := d.box.Load(); box != nil {
		return box, nil
	}
	box, err := d.cfg.Open()
	if err != nil {
		return nil, err
	}
	d.box.Store(box)
	d.mu.Lock()
	d.oweAll(box)
	d.mu.Unlock()
	d.rouse()
	return box, nil
}

// append stores batches and sends them live. It returns those that the wire
// refuses.
func (d *Deliverer) append(ctx context.Context, box *outbox.Box, batches []wire.Batch) (refused []wire.Batch, err error) {
	entries := make([]outbox.Entry, len(batches))
	failed := make([]error, len(batches))
	for i := range batches {
		entries[i] = outbox.Entry{Class: batches[i].Class, Encode: func(id outbox.ID) (payload []byte, err error) {
			b := batches[i]
			b.ID = metering.BatchID{Collector: d.cfg.Name, Epoch: id.Epoch, Seq: id.Seq}
			payload, failed[i] = d.cfg.Encode(b)
			return payload, failed[i]
		}}
	}
	// Not given up half-way: it would not be known what was stored.
	rows, err := box.AppendAll(context.WithoutCancel(ctx), entries)
	for i, e := range failed {
		if e != nil {
			refused = append(refused, batches[i])
			d.cfg.Log.Warn("collector: a batch cannot be encoded; it is taken apart", "line", batches[i].Line, "snapshots", len(batches[i].Snapshots), "error", e)
		}
	}
	if err != nil && len(refused) == 0 {
		return nil, err // the disk's
	}
	if len(rows)+len(refused) != len(batches) {
		return nil, err
	}
	d.sendLive(rows)
	return refused, nil
}

// halves takes batches apart that the wire refuses, until the one snapshot is
// left that is at fault: that one is dropped and counted.
func (d *Deliverer) halves(refused []wire.Batch) []wire.Batch {
	var todo []wire.Batch
	for _, b := range refused {
		n := len(b.Snapshots)
		if n <= 1 {
			d.unencodable.Add(1)
			if n == 1 {
				d.cfg.Log.Error("collector: a snapshot cannot be encoded and is lost", "meter", b.Snapshots[0].Meter, "at", b.Snapshots[0].At)
			}
			continue
		}
		first, second := b, b
		first.Snapshots, second.Snapshots = b.Snapshots[:n/2], b.Snapshots[n/2:]
		todo = append(todo, first, second)
	}
	return todo
}

// announce tells the ledger of numbers that will never come.
func (d *Deliverer) announce(box *outbox.Box) error {
	for {
		row, ok, err := box.Announce(mostLost, func(id outbox.ID, lost []metering.Range) ([]byte, error) {
			return d.cfg.Encode(wire.Batch{
				Site: d.cfg.Site, ID: metering.BatchID{Collector: d.cfg.Name, Epoch: id.Epoch, Seq: id.Seq},
				Line: manyLines, Sealed: d.cfg.Clock.Now().Truncate(time.Millisecond), Class: wire.Billing, Lost: lost,
			})
		})
		if err != nil || !ok {
			return err
		}
		d.sendLive([]outbox.Row{row})
	}
}

// merge appends neighbouring batches to a list, joined as long as they have no more
// than DeliverConfig.Merge snapshots together.
func (d *Deliverer) merge(to []wire.Batch, batches []kept) []wire.Batch {
	for len(batches) > 0 {
		n, size := 1, len(batches[0].Snapshots)
		for n < len(batches) && size+len(batches[n].Snapshots) <= d.cfg.Merge && batches[n].Boot == batches[0].Boot {
			size += len(batches[n].Snapshots)
			n++
		}
		to = append(to, d.join(batches[:n]))
		batches = batches[n:]
	}
	return to
}

// join makes one batch of several.
func (d *Deliverer) join(batches []kept) wire.Batch {
	b := batches[len(batches)-1].Batch // sealed last
	if len(batches) == 1 {
		return b
	}
	from := len(d.joined)
	for _, part := range batches {
		if part.Line != b.Line {
			b.Line = manyLines
		}
		d.joined = append(d.joined, part.Snapshots...)
	}
	b.Snapshots = d.joined[from:len(d.joined):len(d.joined)]
	return b
}

// ofClass lists the batches of a class as nobody's but their own.
func ofClass(batches []wire.Batch, class wire.Class) []kept {
	var out []kept
	for _, b := range batches {
		if b.Class == class {
			out = append(out, kept{Batch: b})
		}
	}
	return out
}
