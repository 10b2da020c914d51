package soak

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"asue/cmd/internal/edge"
	"asue/collector"
	"asue/collector/device"
	"asue/collector/modbus"
	"asue/collector/registers"
	"asue/metering"
	"asue/metering/wire"
)

// Everything that this package knows of the collector stands in this file.

const fastGroup = device.Fast

// polling is a collector at work on one line.
type polling struct {
	collector *collector.Collector
	line      *modbus.Line
}

// poll polls units over a track, their group fast once a period, until the test
// ends or stop is called.
func poll(t *testing.T, k *track, units []uint8, sink func(wire.Batch)) (p polling, stop func()) {
	t.Helper()
	line, err := modbus.Open(k.url, modbus.Options{Timeout: k.pace.timeout, DialTimeout: dialTimeout})
	if err != nil {
		t.Fatal(err)
	}
	plan := registers.NewPlan(model, edge.CostOf(k.url))
	cfg := collector.LineConfig{ID: "line-1", Line: line}
	for _, u := range units {
		cfg.Meters = append(cfg.Meters, collector.MeterConfig{
			ID: meterID(u), Device: registers.New(line, u, plan, metering.Direct, metering.Direct),
			Fast: k.period, Energy: 3 * k.period, Slow: 5 * k.period,
		})
	}
	c, err := collector.New(collector.Config{Site: "site", Name: "col-1", Lines: []collector.LineConfig{cfg}, Sink: sink})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return polling{c, line}, stop
}

// transactions is how many questions came to an end, well or not.
func (p polling) transactions() (well, failed uint64) {
	s := p.collector.Stats().Lines[0]
	return s.OK, s.Exceptions + s.Failures + s.Unreachable
}

// ailing says how some meters are doing, for people.
func (p polling) ailing(meters []metering.MeterID) string {
	var text []string
	line := p.collector.Stats().Lines[0]
	for _, m := range line.Meters {
		if slices.Contains(meters, m.ID) && len(text) < 3 {
			text = append(text, fmt.Sprintf("%s: failing %v, breaker open %v, last success %v, reason %.300q", m.ID, m.Failing, m.BreakerOpen, m.LastSuccess.Format("15:04:05.0"), m.Reason))
		}
	}
	return fmt.Sprintf("line down %v, ok %d, failures %d, unreachable %d, exceptions %d, overruns %d, clock steps %d; %s", line.Down, line.OK, line.Failures, line.Unreachable, line.Exceptions, line.Overruns, line.ClockSteps, strings.Join(text, "; "))
}

// guards is what the line has done against wrong values, for people.
func (p polling) guards() string {
	c := p.line.Counters()
	return fmt.Sprintf("dials %d, reopened %d, late answers %d, drained %d B, quarantines %d", c.Dials, c.Reopens, c.Late, c.Drained, c.Quarantines)
}

func meterID(unit uint8) metering.MeterID { return metering.MeterID(fmt.Sprintf("m%03d", unit)) }

func unitOf(id metering.MeterID) uint8 {
	var unit uint8
	if _, err := fmt.Sscanf(string(id), "m%d", &unit); err != nil {
		panic("BUG: a meter named " + string(id))
	}
	return unit
}
