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

// LineStats are one line's figures since the start.
type LineStats struct {
	ID metering.LineID
	// Requests by result.
	OK, Exceptions, Failures, Unreachable uint64
	Overruns                              uint64 // reads left out because they were late by more than their period
	Reconnects                            uint64 // times the line came back
	ClockSteps                            uint64 // times the wall clock was set
	Down                                  bool   // without connection now
	Lag                                   Histogram
	Took                                  Histogram // of one transaction
	Meters                                []MeterStats
}

// MeterStats are one meter's figures.
type MeterStats struct {
	ID          metering.MeterID
	Unit        uint8
	LastSuccess time.Time // zero if it never answered
	Failing     bool
	BreakerOpen bool
	Reason      string // of the last failure
	Identity    string // what the meter says of itself: "serial=4711 …"
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

func resultOf(isException bool) result {
	if isException {
		return resultException
	}
	return resultFailure
}

// lineStats is written by the line's owner and read by anybody.
type lineStats struct {
	requests                         [results]atomic.Uint64
	overruns, reconnects, clockSteps atomic.Uint64
	down                             atomic.Bool
	lag, took                        histogram
	meters                           []*meterStats // fixed once the line is made
}

type meterStats struct {
	id            metering.MeterID
	unit          uint8
	success       atomic.Int64 // ms
	failing, open atomic.Bool
	why, identity atomic.Pointer[string]
}

func (s *lineStats) count(r result) { s.requests[r].Add(1) }

func (s *lineStats) addMeter(id metering.MeterID, unit uint8) *meterStats {
	m := &meterStats{id: id, unit: unit}
	s.meters = append(s.meters, m)
	return m
}

// Stats returns the figures of all lines, in the order of the configuration. It
// may be called at any time from any goroutine.
func (c *Collector) Stats() Stats {
	var all Stats
	for _, l := range c.lines {
		s := &l.stats
		ls := LineStats{
			ID: l.id, OK: s.requests[resultOK].Load(), Exceptions: s.requests[resultException].Load(),
			Failures: s.requests[resultFailure].Load(), Unreachable: s.requests[resultUnreachable].Load(),
			Overruns: s.overruns.Load(), Reconnects: s.reconnects.Load(), ClockSteps: s.clockSteps.Load(),
			Down: s.down.Load(), Lag: s.lag.snapshot(), Took: s.took.snapshot(),
		}
		for _, m := range s.meters {
			ms := MeterStats{ID: m.id, Unit: m.unit, Failing: m.failing.Load(), BreakerOpen: m.open.Load()}
			if at := m.success.Load(); at > 0 {
				ms.LastSuccess = time.UnixMilli(at).UTC()
			}
			if why := m.why.Load(); why != nil {
				ms.Reason = *why
			}
			if identity := m.identity.Load(); identity != nil {
				ms.Identity = *identity
			}
			ls.Meters = append(ls.Meters, ms)
		}
		all.Lines = append(all.Lines, ls)
	}
	return all
}
