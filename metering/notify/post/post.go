package post

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// ErrRefused says that a destination will never take a letter: trying again is useless.
var ErrRefused = errors.New("refused for good")

// LaterError is a destination's own word about when to try again.
type LaterError struct {
	After time.Duration
	Err   error
}

func (e *LaterError) Error() string { return e.Err.Error() }
func (e *LaterError) Unwrap() error { return e.Err }

// Destination is where letters go.
type Destination struct {
	Name string
	// Send delivers letters together. nil: it has them all; ErrRefused: it will never
	// take them; any other error: later.
	Send func(ctx context.Context, letters []Letter) error
	// Together is how many letters may go at once; 1 if it is less.
	Together int
	// Gather is how long letters wait for others to go with, counted from the oldest.
	// Urgent ones do not wait, and take the others along.
	Gather time.Duration
}

// Times of a Post, by the wall clock: the other side is a machine.
const (
	// Patience is how long one attempt may take.
	Patience = 30 * time.Second
	// Farewell is how long an attempt under way may go on when Run is to end: a message
	// that the other side has taken is not sent again after the next start.
	Farewell = 3 * time.Second
	// firstPause and longestPause bound the pause after an attempt that failed; it
	// doubles, and is cut at random to between half and the whole.
	firstPause   = 2 * time.Second
	longestPause = 10 * time.Minute
	// Life is how old a letter may grow.
	Life = 48 * time.Hour
)

// Post delivers what its spool keeps. Its methods may be called from any goroutine.
type Post struct {
	spool *Spool
	log   *slog.Logger
	desks []*desk
}

// desk delivers to one destination.
type desk struct {
	Destination
	wake chan struct{}

	mu    sync.Mutex
	stats Stats
}

// Stats are counts of one destination since the start.
type Stats struct {
	Name      string
	Delivered uint64
	Attempts  uint64 // that failed
	Lost      uint64 // refused, grown too old, or dropped because too many waited
	Waiting   int
	Oldest    time.Time // of those that wait; zero if none does
	// Wrong is why the last attempt failed; empty after one that did not.
	Wrong string
}

// New makes a post. What waits for other destinations is dropped.
func New(spool *Spool, destinations []Destination, log *slog.Logger) *Post {
	p := &Post{spool: spool, log: log}
	var names []string
	for _, d := range destinations {
		d.Together = max(1, d.Together)
		p.desks = append(p.desks, &desk{Destination: d, wake: make(chan struct{}, 1), stats: Stats{Name: d.Name}})
		names = append(names, d.Name)
	}
	gone, err := spool.Keep(names)
	if err != nil {
		log.Error("letters that wait cannot be kept", "err", err)
	}
	for _, l := range gone {
		log.Error("a message was not delivered: its destination is no longer there", "to", l.To, "key", l.Key)
	}
	return p
}

// Put keeps letters, and the state of whoever puts them in, and has them delivered.
// Letters that are known already go once.
func (p *Post) Put(letters []Letter, state json.RawMessage) {
	dropped, err := p.spool.Put(letters, state)
	if err != nil {
		p.log.Error("messages wait in memory alone", "err", err)
	}
	for _, l := range dropped {
		if d := p.desk(l.To); d != nil {
			d.count(func(s *Stats) { s.Lost++ })
		}
		p.log.Error("a message was not delivered: too many wait", "to", l.To, "key", l.Key, "most", Most)
	}
	for _, l := range letters {
		if d := p.desk(l.To); d != nil {
			select {
			case d.wake <- struct{}{}:
			default: // it is awake
			}
		}
	}
}

// Knows reports whether a letter waits, or is done.
func (p *Post) Knows(to, key string) bool { return p.spool.Knows(to, key) }

// State is what was put in last with letters; nil if nothing was.
func (p *Post) State() json.RawMessage { return p.spool.State() }

func (p *Post) desk(name string) *desk {
	for _, d := range p.desks {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// Stats returns the counts, in the order of the destinations.
func (p *Post) Stats() []Stats {
	var list []Stats
	for _, d := range p.desks {
		d.mu.Lock()
		s := d.stats
		d.mu.Unlock()
		if waiting := p.spool.Waiting(d.Name); len(waiting) > 0 {
			s.Waiting, s.Oldest = len(waiting), waiting[0].At
		}
		list = append(list, s)
	}
	return list
}

// Run delivers until ctx ends, and Farewell longer what is on its way then.
func (p *Post) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, d := range p.desks {
		all.Go(func() { p.deliver(ctx, d) })
	}
	all.Wait()
	return ctx.Err()
}

// deliver works off what waits for a destination, one message after the other.
func (p *Post) deliver(ctx context.Context, d *desk) {
	failures := 0
	for ctx.Err() == nil {
		letters, wait := d.due(p.young(d), time.Now())
		if len(letters) == 0 {
			if !d.rest(ctx, wait, true) {
				return
			}
			continue
		}
		err := p.attempt(ctx, d, letters)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			failures = 0
		case errors.Is(err, ErrRefused):
			failures = 0
			p.lose(d, letters, err)
		default:
			failures++
			pause := pauseAfter(failures, err)
			p.log.Warn("a message is not delivered yet", "to", d.Name, "key", letters[0].Key, "letters", len(letters), "attempt", failures, "again_in", pause.Round(time.Millisecond).String(), "err", err)
			if !d.rest(ctx, pause, false) { // more letters do not make it come back sooner
				return
			}
		}
	}
}

// young are the letters that wait for a destination and are not too old.
func (p *Post) young(d *desk) []Letter {
	all := p.spool.Waiting(d.Name)
	for i, l := range all {
		if time.Since(l.At) < Life {
			return all[i:]
		}
		p.lose(d, all[i:i+1], fmt.Errorf("it has waited for %v", Life))
	}
	return nil
}

// due are the letters that go now, or after how long to look again; 0: when there is one.
func (d *desk) due(waiting []Letter, now time.Time) ([]Letter, time.Duration) {
	if len(waiting) == 0 {
		return nil, 0
	}
	together := waiting[:min(len(waiting), d.Together)]
	if left := d.Gather - now.Sub(waiting[0].At); left > 0 && len(together) < d.Together {
		for _, l := range waiting {
			if l.Urgent {
				return together, 0
			}
		}
		return nil, min(left, d.Gather) // the clock may have been set back
	}
	return together, 0
}

func (p *Post) attempt(ctx context.Context, d *desk, letters []Letter) error {
	trying, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(Farewell, cancel) })()
	err := d.Send(trying, letters)
	if err != nil {
		d.count(func(s *Stats) { s.Attempts++; s.Wrong = err.Error() })
		return err
	}
	d.count(func(s *Stats) { s.Delivered += uint64(len(letters)); s.Wrong = "" })
	p.done(d, letters)
	return nil
}

func (p *Post) done(d *desk, letters []Letter) {
	keys := make([]string, len(letters))
	for i, l := range letters {
		keys[i] = l.Key
	}
	if err := p.spool.Done(d.Name, keys...); err != nil {
		p.log.Error("that messages are done cannot be kept: they may come again after a restart", "to", d.Name, "err", err)
	}
}

// lose gives letters up, which is never silent.
func (p *Post) lose(d *desk, letters []Letter, why error) {
	d.count(func(s *Stats) { s.Lost += uint64(len(letters)) })
	for _, l := range letters {
		p.log.Error("a message was not delivered", "to", d.Name, "key", l.Key, "put_in", l.At, "err", why)
	}
	p.done(d, letters)
}

func (d *desk) count(change func(*Stats)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.stats)
}

// rest waits, for ever if for no time, until new letters wake it if they may. It returns
// false when ctx has ended.
func (d *desk) rest(ctx context.Context, wait time.Duration, mayWake bool) bool {
	var over <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	wake := d.wake
	if !mayWake {
		wake = nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-over:
	case <-wake:
	}
	return true
}

// pauseAfter grows with every failure of a row. A destination that names a time is
// believed, within what is usual.
func pauseAfter(failures int, err error) time.Duration {
	pause := longestPause
	if failures < 16 {
		pause = min(longestPause, firstPause<<(failures-1))
	}
	var later *LaterError
	if errors.As(err, &later) && later.After > 0 {
		return min(max(later.After, firstPause), longestPause)
	}
	return pause/2 + rand.N(pause/2)
}
