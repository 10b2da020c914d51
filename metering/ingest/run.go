package ingest

import (
	"context"
	"time"
)

// Delivery is a message with the transport's interest in it.
type Delivery struct {
	Message
	// Done, if set, is called once the message is committed or in the
	// quarantine, from the goroutine of Run. It must not block.
	Done func()
}

// Submit hands a message to Run. It waits while the queue is full, until the
// context ends, whose error it then returns.
func (in *Ingest) Submit(ctx context.Context, d Delivery) error {
	select {
	case in.queue <- d:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	firstRetry = 100 * time.Millisecond // of the wall clock
	lastRetry  = 10 * time.Second
	sweepEvery = 5 * time.Second // of the run's clock
)

// Run takes submitted messages in groups and sweeps with Close, until the
// context ends; it returns nil then. While the ledger fails, the group at hand
// is tried again and again, the queue fills and Submit waits: nothing is dropped
// and nothing acknowledged.
func (in *Ingest) Run(ctx context.Context) error {
	sweep := in.after(ctx, sweepEvery)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sweep:
			if err := in.Close(ctx, in.cfg.Clock.Now()); err != nil && ctx.Err() == nil {
				in.cfg.Log.Error("intervals of silent meters are not closed", "error", err)
			}
			sweep = in.after(ctx, sweepEvery)
		case first := <-in.queue:
			in.takeGroup(ctx, in.gather(ctx, first))
		}
	}
}

// after closes its channel when some time of the run's clock has passed or the
// context ends.
func (in *Ingest) after(ctx context.Context, d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = in.cfg.Clock.Sleep(ctx, d)
	}()
	return done
}

// gather waits a little for a group to fill.
func (in *Ingest) gather(ctx context.Context, first Delivery) []Delivery {
	group := []Delivery{first}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	enough := in.after(ctx, in.cfg.Clock.Virtual(in.cfg.Limits.Wait))
	for len(group) < in.cfg.Limits.Group {
		select {
		case d := <-in.queue:
			group = append(group, d)
		case <-enough:
			return group
		}
	}
	return group
}

func (in *Ingest) takeGroup(ctx context.Context, group []Delivery) {
	messages := make([]Message, len(group))
	for i, d := range group {
		messages[i] = d.Message
	}
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		acks, err := in.Take(ctx, messages)
		if err == nil {
			for _, d := range group {
				if d.Done != nil {
					d.Done()
				}
			}
			if in.cfg.Acks != nil {
				for _, a := range acks {
					in.cfg.Acks(a)
				}
			}
			return
		}
		if ctx.Err() != nil {
			return
		}
		in.cfg.Log.Error("a group is not committed and will be tried again", "messages", len(group), "in", wait, "error", err)
		if in.cfg.Clock.Sleep(ctx, in.cfg.Clock.Virtual(wait)) != nil {
			return
		}
	}
}
