package ingest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/ingest"
)

// BenchmarkTake is live traffic of 70 meters on 20 lines: every group holds one
// batch of each line with four registers of each meter, ten seconds apart.
func BenchmarkTake(b *testing.B) {
	const meters, lines = 70, 20
	z := newZone(b, meters)
	z.cfg.Listeners = nil
	z.restart()
	var took []time.Duration
	seq := uint64(0)
	for b.Loop() {
		seq++
		when := morning.Add(time.Duration(seq) * 10 * time.Second)
		z.clock.set(when)
		var messages []ingest.Message
		for line := range lines {
			batch := batchOf(string(rune('a'+line)), seq)
			for m := line; m < meters; m += lines {
				var readings []metering.Reading
				for _, ch := range metering.Channels() {
					readings = append(readings, wattHours(ch.Quantity(), int64(seq)*100))
				}
				batch.Snapshots = append(batch.Snapshots, snapshot(meter(m), when, readings...))
			}
			messages = append(messages, message(b, batch))
		}
		begin := time.Now()
		if _, err := z.in.Take(context.Background(), messages); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
