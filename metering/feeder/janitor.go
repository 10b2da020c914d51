package feeder

import (
	"context"
	"log/slog"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// BatchLedger is the part of metering.Ledger that a Janitor needs.
type BatchLedger interface {
	Batches(ctx context.Context, after int64, limit int) ([]metering.StoredBatch, error)
	ForgetBatches(ctx context.Context, upTo int64) error
	Cursor(ctx context.Context, name string) (int64, error)
}

// Janitor lets the ledger forget the payloads of batches that every series store
// has, once they are old enough.
type Janitor struct {
	Ledger  BatchLedger
	Cursors []string      // of all feeders; the slowest decides
	Keep    time.Duration // age by ReceivedAt below which nothing is forgotten
	Every   time.Duration // pause between sweeps, in time of the wall clock; 0 is 10 min
	Clock   clock.Clock   // the run's, which ReceivedAt is of
	Log     *slog.Logger
}

// Run sweeps until ctx ends and returns nil then.
func (j *Janitor) Run(ctx context.Context) error {
	every := j.Every
	if every == 0 {
		every = 10 * time.Minute
	}
	patience := patience{log: j.Log, what: "forgetting fed batches", name: "janitor"}
	for ctx.Err() == nil {
		n, err := j.Sweep(ctx)
		if err != nil {
			patience.failed(ctx, err)
			continue
		}
		patience.succeeded()
		if n > 0 {
			j.Log.Debug("forgot fed batches", "batches", n)
		}
		_ = patience.wall.Sleep(ctx, every)
	}
	return nil
}

// Sweep forgets what may be forgotten now and returns how many batches that were.
func (j *Janitor) Sweep(ctx context.Context) (int, error) {
	last, err := j.slowest(ctx)
	if err != nil || last == 0 {
		return 0, err
	}
	latest := j.Clock.Now().Add(-j.Keep)
	forgotten := 0
	for {
		batches, err := j.Ledger.Batches(ctx, 0, fetchAtOnce)
		if err != nil {
			return forgotten, err
		}
		n := 0
		for n < len(batches) && batches[n].Position <= last && batches[n].ReceivedAt.Before(latest) {
			n++
		}
		if n == 0 {
			return forgotten, nil
		}
		if err := j.Ledger.ForgetBatches(ctx, batches[n-1].Position); err != nil {
			return forgotten, err
		}
		forgotten += n
		if n < len(batches) {
			return forgotten, nil
		}
	}
}

func (j *Janitor) slowest(ctx context.Context) (int64, error) {
	var slowest int64
	for i, name := range j.Cursors {
		at, err := j.Ledger.Cursor(ctx, name)
		if err != nil {
			return 0, err
		}
		if i == 0 || at < slowest {
			slowest = at
		}
	}
	return slowest, nil
}
