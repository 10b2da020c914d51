package node

import (
	"context"
	"sync"
	"time"
)

// Pulse is how a loop shows that it goes on.
type Pulse struct {
	// Name says which loop it is, to people.
	Name string
	// Look is asked now and then, by one goroutine. Beats counts what the loop has done;
	// it has stopped if the number stays the same. Idle: it waits for work, which is no
	// fault. Look may block as long as the loop itself does; the loop has stopped then.
	Look func() (beats uint64, idle bool)
	// Within is the longest time between two beats of a loop that works.
	Within time.Duration
}

// Watch lets the service manager's watchdog depend on a loop. It is called before Run.
func (n *Node) Watch(p Pulse) {
	if p.Name == "" || p.Look == nil || p.Within <= 0 {
		panic("BUG: a pulse without a name, a look or a time")
	}
	n.pulses = append(n.pulses, &pulse{Pulse: p})
}

// pulse follows a Pulse, by the wall clock.
type pulse struct {
	Pulse

	mu     sync.Mutex
	beats  uint64
	lastAt time.Time // of the last beat, or look at an idle loop; zero: never looked
}

// follow looks until ctx ends.
func (p *pulse) follow(ctx context.Context, every time.Duration) {
	p.beat(time.Now()) // the time of a loop that never begins counts from here
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		beats, idle := p.Look()
		p.mu.Lock()
		changed := beats != p.beats
		p.beats = beats
		p.mu.Unlock()
		if changed || idle {
			p.beat(time.Now())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

func (p *pulse) beat(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastAt = now
}

// stopped reports whether the loop has been still for too long.
func (p *pulse) stopped(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.lastAt.IsZero() && now.Sub(p.lastAt) > p.Within
}

// stoppedPulses are the names of those that have stopped.
func stoppedPulses(list []*pulse, now time.Time) []string {
	var names []string
	for _, p := range list {
		if p.stopped(now) {
			names = append(names, p.Name)
		}
	}
	return names
}
