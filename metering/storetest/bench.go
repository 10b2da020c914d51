package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/metering"
)

// Zone is the size of which the project speaks: points, each with the four
// channels of electricity.
const Zone = 120

// BenchYear commits a year of a zone of some points, a commit for each point and
// quarter of a year, as a rebuild does; then the same again, of which nothing is
// new; then it closes the year, and reads a day of all points. It prints each as
// intervals per second.
func BenchYear(b *testing.B, points int, open func() metering.Ledger) {
	for b.Loop() {
		l := open()
		all := 0
		for _, what := range []string{"write", "again"} {
			all = 0
			var took time.Duration
			for p := range points {
				for quarter := range 4 {
					c := benchCommit(p, quarter*91*96, 91*96+96*(quarter/3)) // the last one has 92 days
					all += len(c.Intervals)
					begin := time.Now()
					if err := l.Commit(b.Context(), c); err != nil {
						b.Fatal(err)
					}
					took += time.Since(begin)
				}
			}
			b.ReportMetric(took.Seconds(), what+"-s")
			b.ReportMetric(float64(all)/took.Seconds(), what+"-intervals/s")
		}
		begin := time.Now()
		s, err := l.Settle(b.Context(), metering.Settlement{ID: "2026", Author: "a", From: day, To: day.AddDate(1, 0, 0)}, day)
		if err != nil || s.Intervals != all {
			b.Fatal(s, err)
		}
		b.ReportMetric(float64(all)/time.Since(begin).Seconds(), "settle-intervals/s")
		begin = time.Now()
		list, err := l.Intervals(b.Context(), metering.IntervalQuery{From: period(96 * 100), To: period(96 * 101)})
		if err != nil || len(list) != points*4*96 {
			b.Fatal(len(list), err)
		}
		b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "day-ms")
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchCommit(point, from, n int) metering.Commit {
	c := metering.Commit{ReceivedAt: day.AddDate(1, 0, 0), Authority: metering.ByRules}
	for k, ch := range metering.Channels() {
		for i := from; i < from+n; i++ {
			iv := measured(metering.PointID(fmt.Sprintf("point-%03d", point)), i, metering.Energy(400_000/(k+1)+977*((i*7+point*13)%61)))
			iv.Channel, iv.Uncertainty = ch, 120+metering.Energy(i%50)
			if i%331 == 5 {
				iv.Grade, iv.Method, iv.Flags, iv.Reason = metering.Substitute, metering.MethodScaled, metering.FlagGap, "no reading for 45 min"
			}
			c.Intervals = append(c.Intervals, iv)
		}
	}
	return c
}

// BenchCommit is one group of live traffic: 20 batches of 4 kB, a reading of 24
// registers and their witnesses, and the 24 intervals that close. It prints the
// median and the 99th percentile.
func BenchCommit(b *testing.B, l metering.Ledger) {
	payload := make([]byte, 4000)
	var took []time.Duration
	seq := uint64(0)
	for b.Loop() {
		n := int(seq / 20)
		c := metering.Commit{ReceivedAt: day}
		for range 20 {
			seq++
			c.Batches = append(c.Batches, metering.StoredBatch{ID: metering.BatchID{Collector: "c", Epoch: 1, Seq: seq}, ReceivedAt: day, Payload: payload})
		}
		for p := range 24 {
			s := span(n, 5, 800, int64(1_000_000*p+n*40_000))
			s.Meter = metering.MeterID(fmt.Sprint("m-", p))
			c.Spans = append(c.Spans, s)
			w := witness(n)
			for second := range 90 {
				w.Powers = append(w.Powers, power(n, 10_000*second+137, metering.Power(1_000_000+977*((second*7)%61))))
			}
			w.Meter = s.Meter
			c.Witnesses = append(c.Witnesses, w)
			c.Intervals = append(c.Intervals, measured(metering.PointID(fmt.Sprint("p-", p)), n, 250_000))
		}
		begin := time.Now()
		if err := l.Commit(b.Context(), c); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
