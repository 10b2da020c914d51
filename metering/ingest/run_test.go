package ingest_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/ingest"
	"asue/metering/wire"
)

// counting is a ledger in memory that counts batches and can fail.
type counting struct {
	metering.Ledger // the methods below are all that is called
	mu              sync.Mutex
	groups          []int
	highest         uint64
	fail            error
}

func (l *counting) Commit(_ context.Context, c metering.Commit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.groups = append(l.groups, len(c.Batches))
	l.highest += uint64(len(c.Batches))
	return nil
}

func (l *counting) Mark(_ context.Context, collector string, epoch uint64) (metering.Mark, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return metering.Mark{Collector: collector, Epoch: epoch, Contiguous: l.highest, Highest: l.highest}, nil
}

func (l *counting) setFail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

type runner struct {
	*testing.T
	ledger *counting
	in     *ingest.Ingest
	done   int
	acks   []ingest.Ack
	mu     sync.Mutex
}

// running runs an ingest in a bubble of its own time.
func running(t *testing.T, limits ingest.Limits, story func(r *runner)) {
	synctest.Test(t, func(t *testing.T) {
		r := &runner{T: t, ledger: &counting{}}
		r.in = ingest.New(ingest.Config{
			Site: siteOf(1), Ledger: r.ledger, Clock: clock.Clock{}, Limits: limits,
			Log: slog.New(slog.DiscardHandler),
			Decode: func(payload []byte) (wire.Batch, error) {
				return batchOf("c-1", uint64(payload[0])+1), nil
			},
			Acks: func(a ingest.Ack) { r.acks = append(r.acks, a) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.in.Run(ctx) }()
		story(r)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func (r *runner) submit(ctx context.Context, seq int) error {
	return r.in.Submit(ctx, ingest.Delivery{
		Message: ingest.Message{Payload: []byte{byte(seq)}},
		Done:    func() { r.mu.Lock(); r.done++; r.mu.Unlock() },
	})
}

func (r *runner) wantDone(n int) {
	r.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done != n {
		r.Errorf("%d messages are done, want %d", r.done, n)
	}
}

func TestMessagesOfAFewMillisecondsShareATransaction(t *testing.T) {
	running(t, ingest.Limits{Group: 30}, func(r *runner) {
		for i := range 20 {
			if err := r.submit(r.Context(), i); err != nil {
				r.Fatal(err)
			}
		}
		r.wantDone(0)
		time.Sleep(51 * time.Millisecond)
		r.wantDone(20)
		for i := range 60 {
			_ = r.submit(r.Context(), 20+i)
		}
		r.wantDone(80) // two full groups do not wait
		if len(r.ledger.groups) != 3 || r.ledger.groups[0] != 20 || r.ledger.groups[1] != 30 {
			r.Errorf("groups %v, want 20, 30, 30", r.ledger.groups)
		}
		if a := r.acks[len(r.acks)-1]; a.Contiguous != 80 {
			r.Errorf("last ack %+v, want 80", a)
		}
	})
}

func TestFailingLedgerFillsTheQueueAndLosesNothing(t *testing.T) {
	running(t, ingest.Limits{Queue: 5, Group: 2}, func(r *runner) {
		r.ledger.setFail(errors.New("disk full"))
		ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
		defer cancel()
		submitted := 0
		for ; r.submit(ctx, submitted) == nil; submitted++ {
		}
		if submitted != 7 { // a group at hand and a full queue
			r.Errorf("%d messages went in, want 7", submitted)
		}
		r.wantDone(0)
		if s := r.in.Stats(); s.Failures < 5 || s.Failures > 20 || s.Waiting != 5 {
			r.Errorf("stats after a minute %+v, want tries that grow rarer", s)
		}
		r.ledger.setFail(nil)
		time.Sleep(11 * time.Second)
		r.wantDone(7)
		if len(r.acks) == 0 || r.acks[len(r.acks)-1].Contiguous != 7 {
			r.Errorf("acks %+v", r.acks)
		}
	})
}

func TestQueueOfASlowListenerDropsTheOldest(t *testing.T) {
	q := ingest.NewQueue(3)
	for i := range 10 {
		q.Committed(ingest.Committed{At: time.Unix(int64(i), 0)})
	}
	for i := int64(7); i < 10; i++ {
		if got := (<-q.C()).At.Unix(); got != i {
			t.Errorf("got commit %d, want %d", got, i)
		}
	}
	if q.Dropped() != 7 {
		t.Errorf("%d dropped, want 7", q.Dropped())
	}
}
