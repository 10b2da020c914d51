package collector_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"asue/collector"
	"asue/metering"
	"asue/metering/clock"
)

// lines runs a collector with lines of one meter each in a bubble, and a story
// beside it.
func lines(t *testing.T, n int, story func(t *testing.T, c *collector.Collector, plants []*plant, b *basket)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &basket{}
		cfg := collector.Config{Site: "site", Name: "col-1", Sink: b.put}
		var plants []*plant
		for i := range n {
			p := &plant{latency: 3 * time.Millisecond, noon: time.Now()}
			plants = append(plants, p)
			cfg.Lines = append(cfg.Lines, oneMeter(i, p))
		}
		c, err := collector.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		story(t, c, plants, b)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for i, p := range plants {
			if !p.closed {
				t.Errorf("line %d was not closed", i)
			}
		}
	})
}

func oneMeter(line int, p *plant) collector.LineConfig {
	return collector.LineConfig{ID: metering.LineID(fmt.Sprintf("line-%d", line)), Line: p, Meters: []collector.MeterConfig{
		{ID: meterID(line), Device: modbusMeter(p, 1, meterModel())},
	}}
}

func pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := (clock.Clock{}).Sleep(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// One line of 41 gets another address: the other 40 keep their connections and
// miss no read, the old one is closed before the new one is opened, and nothing of
// either is lost.
func TestOneLineOf41IsSetAnew(t *testing.T) {
	lines(t, 41, func(t *testing.T, c *collector.Collector, plants []*plant, b *basket) {
		pass(t, 30*time.Second+500*time.Millisecond)
		before := c.Stats()
		fresh := &plant{latency: 3 * time.Millisecond, noon: plants[0].noon}
		err := c.SetLine("line-17", func() (collector.LineConfig, error) {
			if !plants[17].closed {
				t.Error("the new line is opened while the old one is open")
			}
			return oneMeter(17, fresh), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		pass(t, 29*time.Second+500*time.Millisecond)
		if n := len(fresh.calls()); n < 25 {
			t.Fatalf("%d reads over the new line in half a minute", n)
		}
		for i, p := range plants {
			if i == 17 {
				continue
			}
			if p.closed {
				t.Errorf("line %d was closed", i)
			}
			if n := count(p.calls(), func(c readCall) bool { return c.address == 0 }); n < 59 {
				t.Errorf("line %d: %d fast reads in a minute", i, n)
			}
		}
		powers := 0
		for _, s := range b.of(meterID(17)) {
			if _, ok := s.Find(metering.ActivePower); ok {
				powers++
			}
		}
		if powers < 58 {
			t.Errorf("%d powers of the meter on the line that was set anew", powers)
		}
		after := c.Stats()
		if len(after.Lines) != len(before.Lines) {
			t.Errorf("%d lines, before %d", len(after.Lines), len(before.Lines))
		}
		plants[17] = fresh
	})
}

// A line that goes is closed; a line that cannot be opened is out of service and
// says why; a meter cannot be on two lines.
func TestLinesComeAndGo(t *testing.T) {
	lines(t, 2, func(t *testing.T, c *collector.Collector, plants []*plant, _ *basket) {
		pass(t, 5*time.Second)
		if err := c.RemoveLine("line-1"); err != nil || !plants[1].closed {
			t.Fatalf("%v, closed %v", err, plants[1].closed)
		}
		odd := &plant{}
		err := c.SetLine("line-2", func() (collector.LineConfig, error) {
			l := oneMeter(2, odd)
			l.Meters[0].ID = meterID(0)
			return l, nil
		})
		if err == nil || !strings.Contains(err.Error(), `meter "m00" is on line "line-0" and on line "line-2"`) || !odd.closed {
			t.Fatalf("%v, closed %v", err, odd.closed)
		}
		refused := errors.New("no such port")
		if err := c.SetLine("line-3", func() (collector.LineConfig, error) { return collector.LineConfig{}, refused }); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if n := len(c.Stats().Lines); n != 1 {
			t.Fatalf("%d lines", n)
		}
	})
}

// Guests come between two reads at once, and cannot starve them.
func TestTurn(t *testing.T) {
	lines(t, 1, func(t *testing.T, c *collector.Collector, plants []*plant, _ *basket) {
		pass(t, 10*time.Second+600*time.Millisecond)
		start := time.Now()
		if err := c.Turn(t.Context(), "line-0", func(context.Context) error { return errTimeout }); !errors.Is(err, errTimeout) {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 10*time.Millisecond {
			t.Fatalf("an idle line let a guest in after %v", took)
		}
		if err := c.Turn(t.Context(), "line-7", nil); err == nil || !strings.Contains(err.Error(), "line-7") {
			t.Fatal(err)
		}
		// A crowd of guests that would take all of the line's time.
		ctx, cancel := context.WithCancel(t.Context())
		crowd := make(chan int)
		for range 10 {
			go func() {
				n := 0
				for ctx.Err() == nil {
					if c.Turn(ctx, "line-0", func(ctx context.Context) error { return clock.Clock{}.Sleep(ctx, 50*time.Millisecond) }) == nil {
						n++
					}
				}
				crowd <- n
			}()
		}
		before := len(plants[0].calls())
		pass(t, 20*time.Second)
		cancel()
		turns := 0
		for range 10 {
			turns += <-crowd
		}
		if reads := len(plants[0].calls()) - before; reads < 18 || turns < 300 {
			t.Fatalf("%d reads and %d turns in 20 s", reads, turns)
		}
	})
}

// A guest who leaves while another one has the line is not served behind his back.
func TestAGuestWhoHasGoneIsNotLetIn(t *testing.T) {
	lines(t, 1, func(t *testing.T, c *collector.Collector, _ []*plant, _ *basket) {
		pass(t, 500*time.Millisecond)
		long := make(chan error, 1)
		go func() {
			long <- c.Turn(t.Context(), "line-0", func(ctx context.Context) error { return clock.Clock{}.Sleep(ctx, 2*time.Second) })
		}()
		pass(t, time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		served := false
		err := c.Turn(ctx, "line-0", func(context.Context) error { served = true; return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		if err := <-long; err != nil {
			t.Fatal(err)
		}
		pass(t, 5*time.Second)
		if served {
			t.Error("he was served")
		}
	})
}

// Lines that sleep hold no goroutine, and all of them come back to their reads.
func TestSleepingLinesHaveNoGoroutine(t *testing.T) {
	const n = 200
	before := runtime.NumGoroutine()
	lines(t, n, func(t *testing.T, c *collector.Collector, plants []*plant, _ *basket) {
		pass(t, 10*time.Second+600*time.Millisecond)
		synctest.Wait()
		sleeping := 0
		for range 5 { // the phases of lines lie 250 ms apart
			if runtime.NumGoroutine() < before+n/10 {
				sleeping++
			}
			pass(t, 250*time.Millisecond)
			synctest.Wait()
		}
		if sleeping == 0 {
			t.Errorf("%d goroutines, %d before: the lines do not sleep", runtime.NumGoroutine(), before)
		}
		for i, p := range plants {
			if reads := count(p.calls(), func(c readCall) bool { return c.address == 0 }); reads < 10 {
				t.Errorf("line %d: %d fast reads in ten seconds", i, reads)
			}
		}
	})
}
