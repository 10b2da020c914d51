package feeder

import (
	"context"
	"log/slog"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// Incarnated is implemented by series stores that can tell one run of their
// process from another: samples that were written, but not yet Settled, are lost
// only with a change of the incarnation. The empty string means that the store
// does not tell; the time alone is trusted then.
type Incarnated interface {
	Incarnation(ctx context.Context) (string, error)
}

// guard watches whether the store is still the run of the process that was
// written to.
type guard struct {
	series metering.Series
	known  bool
	run    string
	// suspect is set after a failure, so that the next success is checked at once.
	suspect bool
}

// begin learns the incarnation before the first write, and asks again after a
// failure. It reports whether the incarnation has changed.
func (g *guard) begin(ctx context.Context) (changed bool, err error) {
	if g.known && !g.suspect {
		return false, nil
	}
	return g.check(ctx)
}

// check asks for the incarnation and reports whether it has changed since the
// last time.
func (g *guard) check(ctx context.Context) (changed bool, err error) {
	run := ""
	if s, ok := g.series.(Incarnated); ok {
		if run, err = s.Incarnation(ctx); err != nil {
			return false, err
		}
	}
	changed = g.known && run != "" && g.run != "" && run != g.run
	if run != "" {
		g.run = run
	}
	g.known, g.suspect = true, false
	return changed, nil
}

// Pauses after failures.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// patience waits after failures, longer each time, and tells the log of the
// first failure and of the end of an outage, not of each try.
type patience struct {
	log        *slog.Logger
	what, name string
	wall       clock.Clock

	pause time.Duration
	since time.Time
}

func (p *patience) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if p.pause == 0 {
		p.pause, p.since = firstPause, p.wall.Now()
		p.log.Warn(p.what+" has failed, it will be tried again", "name", p.name, "reason", err)
	}
	_ = p.wall.Sleep(ctx, p.pause) // the caller looks at ctx itself
	p.pause = min(2*p.pause, longestPause)
}

func (p *patience) succeeded() {
	if p.pause == 0 {
		return
	}
	p.log.Info(p.what+" goes on", "name", p.name, "after", p.wall.Now().Sub(p.since).Round(time.Millisecond))
	p.pause = 0
}
