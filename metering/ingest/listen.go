package ingest

import (
	"sync"
	"sync/atomic"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Committed is what one transaction has brought.
type Committed struct {
	At time.Time
	// Batches in the order in which they came. One that the ledger had already
	// is among them again.
	Batches []wire.Batch
	// Intervals that are new or have a new version; Version and RecordedAt are
	// not filled in.
	Intervals []metering.Interval
}

// Listener hears of every commit, after it, from the goroutine that made it. It
// must not block and must not change what it is given.
type Listener interface {
	Committed(Committed)
}

// Queue is a Listener for somebody who may be slow: it holds what was committed
// up to a bound. When it is full, the oldest goes and is counted.
type Queue struct {
	mu      sync.Mutex
	c       chan Committed
	dropped atomic.Int64
}

// NewQueue is a Queue of at least one place.
func NewQueue(capacity int) *Queue {
	return &Queue{c: make(chan Committed, max(capacity, 1))}
}

// C is where the commits come out.
func (q *Queue) C() <-chan Committed { return q.c }

// Dropped is how many commits were not taken out in time.
func (q *Queue) Dropped() int64 { return q.dropped.Load() }

// Committed implements Listener.
func (q *Queue) Committed(c Committed) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		select {
		case q.c <- c:
			return
		default:
		}
		select {
		case <-q.c:
			q.dropped.Add(1)
		default:
		}
	}
}
