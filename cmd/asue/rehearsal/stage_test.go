package rehearsal

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"
)

// stage is the time of one run: what is due, in order, and the dice that decide all
// that is left to chance.
type stage struct {
	dice  *rand.Rand
	start time.Time
	now   time.Time
	due   queue
	order uint64
	log   []fact
	count map[string]int
}

func newStage(seed uint64, start time.Time) *stage {
	return &stage{dice: rand.New(rand.NewPCG(seed, 19)), start: start, now: start, count: map[string]int{}}
}

// after has something done a while from now. What is due at one moment happens in the
// order in which it was asked for.
func (s *stage) after(d time.Duration, do func()) {
	s.order++
	heap.Push(&s.due, task{s.now.Add(max(0, d)), s.order, do})
}

// every has something done again and again, first a while from now.
func (s *stage) every(first, period time.Duration, do func()) {
	var again func()
	again = func() {
		do()
		s.after(period, again)
	}
	s.after(first, again)
}

// play lets time go by until a moment.
func (s *stage) play(until time.Time) {
	for len(s.due) > 0 && !s.due[0].at.After(until) {
		t := heap.Pop(&s.due).(task)
		s.now = t.at
		t.do()
	}
	s.now = until
}

func (s *stage) tell(f fact)           { s.log = append(s.log, f) }
func (s *stage) stamp() stamp          { return stamp{s.now} }
func (s *stage) chance(p float64) bool { return p > 0 && s.dice.Float64() < p }

// between is a time from least to most, whole milliseconds.
func (s *stage) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.dice.Int64N(int64((most-least)/time.Millisecond)+1))*time.Millisecond
}

// long is a time with a mean, sometimes several times as long.
func (s *stage) long(mean time.Duration) time.Duration {
	return time.Duration(s.dice.ExpFloat64() * float64(mean)).Truncate(time.Millisecond)
}

func pick[T any](s *stage, list []T) T { return list[s.dice.IntN(len(list))] }

type task struct {
	at    time.Time
	order uint64
	do    func()
}

// queue is a heap of tasks by time, then by order.
type queue []task

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(task)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// chronicle is the story of a run in order, for people; without the beats.
func chronicle(start time.Time, log []fact) (lines []string) {
	for _, f := range log {
		if text := f.story(); text != "" {
			lines = append(lines, fmt.Sprintf("%9.3fs %s", f.when().Sub(start).Seconds(), text))
		}
	}
	return lines
}
