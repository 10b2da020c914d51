package collector_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"asue/collector"
	"asue/collector/modbus"
	"asue/collector/registers"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/wire"
)

// BenchmarkLineMemory reports how many bytes live for a line that rests between two
// reads, with one iEM3000 on it: the collector's, the driver's, and an address of
// a bus that is not connected. The bus that answers is not counted.
func BenchmarkLineMemory(b *testing.B) {
	const lines = 1000
	library, err := regmap.Load()
	if err != nil {
		b.Fatal(err)
	}
	model, _ := library.Model("schneider-iem3000")
	for b.Loop() {
		plan := registers.NewPlan(model, regmap.TCPCost())
		buses := make([]instant, lines)
		var reads atomic.Int64
		var open []*modbus.Line
		before := living()
		cfg := collector.Config{Site: "site", Name: "col-1", Sink: func(wire.Batch) {}}
		for n := range buses {
			buses[n].reads = &reads
			line, err := modbus.Open(fmt.Sprintf("tcp://127.0.0.1:%d", 10_000+n), modbus.Options{})
			if err != nil {
				b.Fatal(err)
			}
			open = append(open, line)
			cfg.Lines = append(cfg.Lines, collector.LineConfig{ID: metering.LineID(fmt.Sprint("line-", n)), Line: &buses[n], Meters: []collector.MeterConfig{
				{ID: metering.MeterID(fmt.Sprint("meter-", n)), Device: registers.New(&buses[n], 1, plan, metering.Direct, metering.Direct)},
			}})
		}
		opened := living()
		c, err := collector.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		cfg.Lines = nil
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		for reads.Load() < 4*lines && ctx.Err() == nil { // all have read twice, power and counters
			_ = clock.Clock{}.Sleep(ctx, 100*time.Millisecond) // ends early with ctx
		}
		all := living()
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(all-before)/lines, "bytes/line")
		b.ReportMetric(float64(opened-before)/lines, "bytes/line_before_polling")
		for _, l := range open {
			_ = l.Close() // it was never connected
		}
	}
}

// living is how many bytes of the heap are in use.
func living() uint64 {
	var m runtime.MemStats
	runtime.GC() // twice: what pools hold goes with the second
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
