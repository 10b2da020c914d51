package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"asue/collector/regmap"
	"asue/metering/mqtt"
)

// telegrafTopic is what Telegraf publishes to.
const telegrafTopic = "telegraf/modbus"

// arrivals counts what Telegraf's messages bring: lines of InfluxDB's line
// protocol, each a meter's values of one moment.
type arrivals struct {
	values atomic.Int64 // without what came a second time
	stop   func()

	last map[string]int64 // nanoseconds of the latest line, by measurement and tags
}

// startArrivals listens at a broker until stop is called or the benchmark ends.
func startArrivals(b *testing.B, broker string) *arrivals {
	b.Helper()
	sub, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options: mqtt.Options{URL: broker, ClientID: "bench-lines"}, CleanSession: true,
		Filters: []string{telegrafTopic}, Buffer: 16 << 10,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &arrivals{last: map[string]int64{}}
	var all sync.WaitGroup
	all.Go(func() { _ = sub.Run(ctx) }) // ends without an error
	all.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-sub.Messages():
				if err := a.take(string(m.Payload)); err != nil {
					b.Error(err)
				}
				m.Ack()
			}
		}
	})
	a.stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	b.Cleanup(a.stop)
	return a
}

// take counts the values of a message's lines. A line that is not younger than
// the last one of its meter has come again: Telegraf sends a whole batch once
// more when an acknowledgement is late.
func (a *arrivals) take(payload string) error {
	for line := range strings.Lines(payload) {
		// No name here has a blank, a comma or an equals sign.
		part := strings.Fields(line)
		if len(part) != 3 {
			return fmt.Errorf("line %.200q: want series, fields and time", line)
		}
		at, err := strconv.ParseInt(part[2], 10, 64)
		if err != nil {
			return fmt.Errorf("line %.200q: time: %w", line, err)
		}
		n := 0
		for field := range strings.SplitSeq(part[1], ",") {
			_, number, _ := strings.Cut(field, "=")
			if _, err := strconv.ParseFloat(number, 64); err != nil {
				return fmt.Errorf("line %.200q: %q is no field with a number: %w", line, field, err)
			}
			n++
		}
		if n != counted {
			return fmt.Errorf("line %.200q has %d values, want %d", line, n, counted)
		}
		if at > a.last[part[0]] {
			a.last[part[0]] = at
			a.values.Add(int64(n))
		}
	}
	return nil
}

// fastRegisters are the registers of the plant's model that are read in every
// cycle, by address.
func fastRegisters(b *testing.B) (fast []regmap.Register) {
	b.Helper()
	library, err := regmap.Load()
	if err != nil {
		b.Fatal(err)
	}
	m, ok := library.Model(model)
	if !ok {
		b.Fatalf("no model %s", model)
	}
	for _, r := range m.Registers {
		if r.Group == regmap.Fast {
			fast = append(fast, r)
		}
	}
	return fast
}

// TestArrivals: two meters speak, one line comes twice and counts once.
func TestArrivals(t *testing.T) {
	line := func(meter string, at int) string {
		var fields []string
		for n := range counted {
			fields = append(fields, fmt.Sprintf("c%d=%d.5", n, n))
		}
		return fmt.Sprintf("modbus,name=%s,slave_id=1 %s %d\n", meter, strings.Join(fields, ","), at)
	}
	a := &arrivals{last: map[string]int64{}}
	for _, payload := range []string{line("l0", 1) + line("l1", 1), line("l0", 2), line("l0", 1), line("l0", 2)} {
		if err := a.take(payload); err != nil {
			t.Fatal(err)
		}
	}
	if got := a.values.Load(); got != 3*counted {
		t.Errorf("%d values counted, want %d: two meters, one of them twice", got, 3*counted)
	}
	for _, bad := range []string{"modbus,name=l0 c0=1 2\n", "modbus c0=x 2\n", "modbus c0=1\n", "modbus c0=1 z\n"} {
		if err := a.take(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
