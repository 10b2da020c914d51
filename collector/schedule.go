package collector

import (
	"cmp"
	"container/heap"
	"hash/fnv"
	"time"

	"asue/collector/device"
)

// slotOf is the grain of phases for so many lines: what is due within one slot is
// worked off in one go. Waking up, committing and publishing cost about 2 ms of
// processor time each time, as much as fifty reads. So a slot is as wide as some 250
// lines fill it, between a quarter of a second, with which a thousand lines take a
// third less than with 50 ms, and a whole one: few lines are all read at the full
// second.
func slotOf(lines int) time.Duration {
	switch {
	case lines <= 250:
		return time.Second
	case lines <= 500:
		return time.Second / 2
	}
	return time.Second / 4
}

// shortest is the least period of a read.
const shortest = 50 * time.Millisecond

// task is one meter's reads of one group, again and again. There are some for each
// of thousands of meters, so it is kept small.
type task struct {
	meter  *meter
	period time.Duration
	phase  time.Duration
	due    moment // of the present cycle, on the grid of phase and period
	at     moment // when to start: due, or later after a busy answer
	// pending are the blocks of the cycle that are still to be read, set while
	// the task runs or waits for a busy meter; tries counts its answers.
	pending []*read
	rerun   moment // asked for while it ran; zero if not
	in      *queue
	ran     uint64 // which turn of the line was its last, so that an overloaded line is fair
	index   int32  // in its queue
	tries   int8
	kind    kind
	retried bool // the read that failed was made again
}

// moment is a time on the wall clock's grid, in nanoseconds since 1970. It does not
// notice when the clock is set: watchClock does, and has all of them laid anew.
type moment int64

func momentOf(t time.Time) moment { return moment(t.UnixNano()) }

func (m moment) add(d time.Duration) moment { return m + moment(d) }

func (m moment) sub(o moment) time.Duration { return time.Duration(m - o) }

// kind says what a task reads, and with it how urgent it is.
type kind uint8

const (
	fast kind = iota
	energy
	slow
	ident
	boundary // the counters at the end of an interval
	probe    // one short block of a meter whose breaker is open
)

// group is the group of registers that the task reads.
func (k kind) group() device.Group {
	switch k {
	case energy, boundary:
		return device.Energy
	case slow:
		return device.Slow
	case ident:
		return device.Ident
	}
	return device.Fast
}

// deadline orders the tasks that are due: a boundary does not wait, all others
// may take until their next turn.
func (t *task) deadline() moment {
	if t.kind == boundary {
		return t.due
	}
	return t.due.add(t.period)
}

// after is the first time on the task's grid that lies after now. The grid is that
// of time.Time.Truncate, from the year 1 on.
func (t *task) after(now moment) moment {
	grid := momentOf(time.Unix(0, int64(now.add(-t.phase))).Truncate(t.period)).add(t.phase)
	for grid <= now {
		grid = grid.add(t.period)
	}
	return grid
}

// missed is how many whole periods the task is late.
func (t *task) missed(now moment) int {
	if late := now.sub(t.due); late > t.period {
		return int(late / t.period)
	}
	return 0
}

// phaseOf spreads names evenly over a period, in steps.
func phaseOf(name string, period, step time.Duration) time.Duration {
	steps := uint64(max(1, period/step))
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	// FNV leaves the low bits of like names alike; fold the high ones in.
	sum := h.Sum64()
	sum ^= sum >> 29
	sum *= 0xbf58476d1ce4e5b9
	sum ^= sum >> 32
	return time.Duration(sum%steps) * step
}

// queue is a heap of tasks, in the order of their starts or of their deadlines.
type queue struct {
	tasks      []*task
	byDeadline bool
}

func byStart(a, b *task) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	return a.meter.order < b.meter.order
}

func byDeadline(a, b *task) bool {
	return cmp.Or(cmp.Compare(a.deadline(), b.deadline()), cmp.Compare(a.ran, b.ran), cmp.Compare(a.meter.order, b.meter.order), cmp.Compare(a.kind, b.kind)) < 0
}

func (q *queue) Len() int { return len(q.tasks) }
func (q *queue) Less(i, j int) bool {
	if q.byDeadline {
		return byDeadline(q.tasks[i], q.tasks[j])
	}
	return byStart(q.tasks[i], q.tasks[j])
}
func (q *queue) Swap(i, j int) {
	q.tasks[i], q.tasks[j] = q.tasks[j], q.tasks[i]
	q.tasks[i].index, q.tasks[j].index = int32(i), int32(j)
}

// Push is for container/heap; use add.
func (q *queue) Push(x any) {
	t := x.(*task)
	t.in, t.index = q, int32(len(q.tasks))
	q.tasks = append(q.tasks, t)
}

// Pop is for container/heap; use take.
func (q *queue) Pop() any {
	last := len(q.tasks) - 1
	t := q.tasks[last]
	q.tasks[last] = nil
	q.tasks = q.tasks[:last]
	t.in = nil
	return t
}

func (q *queue) add(t *task)  { heap.Push(q, t) }
func (q *queue) take() *task  { return heap.Pop(q).(*task) }
func (q *queue) first() *task { return q.tasks[0] }

// leave takes the task out of the queue that it is in, if any.
func (t *task) leave() {
	if t.in != nil {
		heap.Remove(t.in, int(t.index))
	}
}
