package collector_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"asue/collector"
	"asue/collector/outbox"
	"asue/collector/registers"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// instant is a bus without a wire: what it costs is the collector's own.
type instant struct {
	words [32]uint16
	reads *atomic.Int64
}

func (i *instant) ReadInto(_ context.Context, _, _ uint8, _ uint16, dst []uint16) error {
	i.reads.Add(1)
	copy(dst, i.words[:])
	return nil
}

func (i *instant) Suspect(uint8) bool { return false }

func (i *instant) Trust(uint8) {}

func (i *instant) Owed(uint8, uint8, uint16) bool { return false }

func (i *instant) Close() error { return nil }

// counted is a broker that takes everything at once.
type counted struct{ bytes, messages atomic.Int64 }

func (c *counted) Publish(_ context.Context, _ collector.Stream, payload []byte) error {
	c.bytes.Add(int64(len(payload)))
	c.messages.Add(1)
	return nil
}

// floats is a model of twelve float channels in one block, like the bar's.
func floats() *regmap.Model {
	m := &regmap.Model{ID: "floats", Revision: 1, MaxRegisters: 60}
	for i, q := range []metering.Quantity{
		metering.VoltageA, metering.VoltageB, metering.VoltageC, metering.CurrentA, metering.CurrentB, metering.CurrentC,
		metering.ActivePower, metering.ReactivePower, metering.ApparentPower, metering.PowerFactor, metering.Frequency, metering.VoltageLL,
	} {
		m.Registers = append(m.Registers, regmap.Register{
			Name: q.String(), Quantity: q, Function: 4, Address: uint16(2 * i), Type: regmap.F32, Order: regmap.BigWords, Scale: 1, Group: regmap.Fast,
		})
	}
	return m
}

// BenchmarkPolling polls 1,000 meters of 12 floats each second, one line each,
// for 8 seconds after a warm-up, with the outbox on disk, and reports the processor time that a
// million values take without the Modbus client and the MQTT client.
func BenchmarkPolling(b *testing.B) {
	for b.Loop() {
		const meters, seconds, values = 1000, 8, 12
		var reads atomic.Int64
		cfg := collector.Config{Site: "site", Name: "col-1"}
		plan := registers.NewPlan(floats(), regmap.TCPCost())
		for n := range meters {
			bus := &instant{reads: &reads}
			for i := range bus.words {
				bus.words[i] = 0x4365 + uint16(i)
			}
			cfg.Lines = append(cfg.Lines, collector.LineConfig{ID: metering.LineID(fmt.Sprint("line-", n)), Line: bus, Meters: []collector.MeterConfig{
				{ID: metering.MeterID(fmt.Sprint("meter-", n)), Device: registers.New(bus, 1, plan, metering.Direct, metering.Direct)},
			}})
		}
		broker := &counted{}
		d, err := collector.NewDeliverer(collector.DeliverConfig{
			Site: "site", Name: "col-1", Encode: wire.EncodeBatch, Publisher: broker,
			Open: func() (*outbox.Box, error) {
				return outbox.Open(filepath.Join(b.TempDir(), "o.db"), outbox.Options{})
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		cfg.Sink = d.Put
		c, err := collector.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		d.Online(true)
		ctx, cancel := context.WithCancel(context.Background())
		delivered, polled := make(chan error, 1), make(chan error, 1)
		go func() { delivered <- d.Run(ctx) }()
		polling, stop := context.WithCancel(ctx)
		go func() { polled <- c.Run(polling) }()
		var before time.Duration
		var first int64
		for second := range 2 + seconds {
			if second == 2 {
				before, first = processor(b), reads.Load()
			}
			if err := (clock.Clock{}).Sleep(ctx, time.Second); err != nil {
				b.Fatal(err)
			}
			s := d.Stats().Outbox
			d.Ack(wire.Ack{Epoch: s.Epoch, Contiguous: s.Last, Highest: s.Last})
		}
		took, n := processor(b)-before, reads.Load()-first
		stop()
		if err := <-polled; err != nil {
			b.Fatal(err)
		}
		cancel()
		if err := <-delivered; err != nil {
			b.Fatal(err)
		}
		if n < meters*(seconds-1) {
			b.Fatalf("only %d reads", n)
		}
		lag := collector.Histogram{}
		for _, l := range c.Stats().Lines {
			for i, k := range l.Lag.Counts {
				lag.Counts[i] += k
			}
			lag.Sum += l.Lag.Sum
		}
		b.ReportMetric(took.Seconds()*1e6/float64(n*values), "cpu_s/Mvalue")
		b.ReportMetric(float64(took.Microseconds())/float64(n), "cpu_µs/read")
		b.ReportMetric(float64(broker.messages.Load())/float64(reads.Load()), "messages/read")
		b.ReportMetric(float64(broker.bytes.Load())/float64(reads.Load()*values), "bytes/value")
		b.ReportMetric(float64(lag.Sum.Milliseconds())/float64(reads.Load()), "lag_ms/read")
	}
}

// processor is the processor time of this process so far.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
