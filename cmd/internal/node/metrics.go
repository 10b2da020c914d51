package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"asue/collector"
)

// Source turns a part's own counts into metrics each time somebody asks, so
// that no part needs to know Prometheus.
type Source func(emit Emitter)

// Emitter writes one value. Labels are pairs of name and value.
type Emitter struct {
	out chan<- prometheus.Metric
}

// Counter writes a figure that only grows.
func (e Emitter) Counter(name, help string, value float64, labels ...string) {
	e.write(prometheus.CounterValue, name, help, value, labels)
}

// Gauge writes a figure that goes up and down.
func (e Emitter) Gauge(name, help string, value float64, labels ...string) {
	e.write(prometheus.GaugeValue, name, help, value, labels)
}

func (e Emitter) write(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	e.out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
}

// Histogram writes a collector's histogram in seconds.
func (e Emitter) Histogram(name, help string, h collector.Histogram, labels ...string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	buckets := map[float64]uint64{}
	var sum uint64
	for i, bound := range collector.HistogramBounds() {
		sum += h.Counts[i]
		buckets[bound.Seconds()] = sum
	}
	e.out <- prometheus.MustNewConstHistogram(prometheus.NewDesc(name, help, names, nil), h.Count(), h.Sum.Seconds(), buckets, values...)
}

// Describe says nothing: the metrics are known only when they are asked for.
func (Source) Describe(chan<- *prometheus.Desc) {}

// Collect asks the part.
func (s Source) Collect(out chan<- prometheus.Metric) { s(Emitter{out}) }

// Truth is 1 or 0.
func Truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
