package collector

import (
	"sync/atomic"
	"time"

	"asue/metering"
)

// Stats is a snapshot of everything that a collector counts.
type Stats struct {
	Lines []LineStats
}

// LineStats are one line's figures since the line was taken into service.
type LineStats struct {
	ID metering.LineID
	Requests
	Turns      uint64  // of tasks, also of those that found no connection: the loop goes on
	Overruns   uint64  // reads left out because they were late by more than their period
	Reconnects uint64  // times the line came back
	ClockSteps uint64  // times the wall clock was set
	Down       bool    // without connection now
	Load       float64 // part of the line's time that is taken, over some ten seconds
	Lag        Histogram
	Took       Histogram // of one transaction
	Meters     []MeterStats
}

// Requests counts transactions by what came of them.
type Requests struct{ OK, Exceptions, Failures, Unreachable uint64 }

// MeterStats are one meter's figures.
type MeterStats struct {
	ID          metering.MeterID
	Address     string // on its line: "unit 17"
	Requests    Requests
	LastSuccess time.Time // zero if it never answered
	Failing     bool
	BreakerOpen bool
	Reason      string // of the last failure
	Identity    string // what the meter says of itself: "serial=4711 …"
	// Standing is what follows from that for everything it says, and why: Good,
	// WrongMeter, RatioMismatch or Misconfigured.
	Standing    metering.Quality
	StandingWhy string
	ClockOffset time.Duration // of the meter's clock against the collector's
	HasClock    bool          // the meter has told its clock
	Exchanges   uint64        // times that another serial number answered
	Implausible uint64        // counter readings that could not be
	Disagrees   string        // how energy and power differ; empty if they agree
	Recalled    uint64        // records read back from the archive
}

// Histogram counts durations up to and including each of HistogramBounds.
type Histogram struct {
	Counts [len(histogramBounds) + 1]uint64 // not cumulative; the last one is of all longer ones
	Sum    time.Duration
}

// Count is how many durations were observed.
func (h Histogram) Count() uint64 {
	var n uint64
	for _, c := range h.Counts {
		n += c
	}
	return n
}

var histogramBounds = [...]time.Duration{
	time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second,
}

// HistogramBounds lists the upper bounds of a Histogram, ascending.
func HistogramBounds() []time.Duration { return append([]time.Duration(nil), histogramBounds[:]...) }

type histogram struct {
	counts [len(histogramBounds) + 1]atomic.Uint64
	sum    atomic.Int64
}

func (h *histogram) observe(d time.Duration) {
	i := 0
	for i < len(histogramBounds) && d > histogramBounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// longest is a time that few of the observed ones exceed: the bound of the highest
// bucket that holds more than one in a hundred of them.
func (h *histogram) longest() time.Duration {
	s := h.snapshot()
	all, above := s.Count(), uint64(0)
	for i := len(s.Counts) - 1; i > 0; i-- {
		if above += s.Counts[i]; 100*above > all {
			return histogramBounds[min(i, len(histogramBounds)-1)]
		}
	}
	return histogramBounds[0]
}

func (h *histogram) snapshot() Histogram {
	var s Histogram
	for i := range h.counts {
		s.Counts[i] = h.counts[i].Load()
	}
	s.Sum = time.Duration(h.sum.Load())
	return s
}

type result int

const (
	resultOK result = iota
	resultException
	resultFailure
	resultUnreachable
	results
)

func (r Requests) and(o Requests) Requests {
	return Requests{r.OK + o.OK, r.Exceptions + o.Exceptions, r.Failures + o.Failures, r.Unreachable + o.Unreachable}
}

// tally counts transactions.
type tally [results]atomic.Uint64

func (t *tally) snapshot() Requests {
	return Requests{
		OK: t[resultOK].Load(), Exceptions: t[resultException].Load(),
		Failures: t[resultFailure].Load(), Unreachable: t[resultUnreachable].Load(),
	}
}

// lineStats is written by the line's owner and read by anybody.
type lineStats struct {
	turns, overruns, reconnects, clockSteps atomic.Uint64
	down                                    atomic.Bool
	lag, took                               histogram
}

// meterStats too.
type meterStats struct {
	address                          string
	requests                         tally
	success                          atomic.Int64 // ms
	failing, open                    atomic.Bool
	why, disagrees                   atomic.Pointer[string]
	standing                         atomic.Pointer[standingStats]
	exchanges, implausible, recalled atomic.Uint64
}

// standingStats is what was last settled of a meter.
type standingStats struct {
	said     string
	quality  metering.Quality
	why      string
	offset   time.Duration
	hasClock bool
}

// settled takes over what was found out about the meter.
func (m *meterStats) settled(w *standing) {
	s := standingStats{said: w.said.Said, quality: w.whole, why: w.why, offset: w.offset, hasClock: !w.said.Clock.IsZero()}
	switch {
	case s.quality != metering.Good:
	case len(w.unset) > 0:
		s.quality, s.why = metering.Misconfigured, listed(w.unset)
	case w.ratio != "":
		s.quality, s.why = metering.RatioMismatch, w.ratio
	}
	m.standing.Store(&s)
}

// count counts a transaction of the meter.
func (m *meter) count(r result) { m.stats.requests[r].Add(1) }

// Stats returns the figures of all lines, in the order in which they came into
// service. It may be called at any time from any goroutine.
func (c *Collector) Stats() Stats {
	c.mu.Lock()
	lines := append([]*line(nil), c.lines...)
	c.mu.Unlock()
	var all Stats
	for _, l := range lines {
		s := &l.stats
		ls := LineStats{
			ID: l.id, Turns: s.turns.Load(), Overruns: s.overruns.Load(), Reconnects: s.reconnects.Load(), ClockSteps: s.clockSteps.Load(),
			Down: s.down.Load(), Load: l.load.now(), Lag: s.lag.snapshot(), Took: s.took.snapshot(),
		}
		for _, m := range l.meters { // fixed once the line is made
			ms := m.stats.snapshot()
			ms.ID = m.cfg.ID
			ls.Meters = append(ls.Meters, ms)
			ls.Requests = ls.Requests.and(ms.Requests)
		}
		all.Lines = append(all.Lines, ls)
	}
	return all
}

func (m *meterStats) snapshot() MeterStats {
	s := MeterStats{
		Address: m.address, Requests: m.requests.snapshot(), Failing: m.failing.Load(), BreakerOpen: m.open.Load(),
		Exchanges: m.exchanges.Load(), Implausible: m.implausible.Load(), Recalled: m.recalled.Load(),
	}
	if at := m.success.Load(); at > 0 {
		s.LastSuccess = time.UnixMilli(at).UTC()
	}
	if why := m.why.Load(); why != nil {
		s.Reason = *why
	}
	if why := m.disagrees.Load(); why != nil {
		s.Disagrees = *why
	}
	if w := m.standing.Load(); w != nil {
		s.Identity, s.Standing, s.StandingWhy, s.ClockOffset, s.HasClock = w.said, w.quality, w.why, w.offset, w.hasClock
	}
	return s
}
