package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"asue/collector"
	"asue/metering/broker"
)

// source turns a part's own counts into metrics each time somebody asks, so
// that no part needs to know Prometheus.
type source func(emit emitter)

// emitter writes one value. Labels are pairs of name and value.
type emitter struct {
	out chan<- prometheus.Metric
}

func (e emitter) counter(name, help string, value float64, labels ...string) {
	e.write(prometheus.CounterValue, name, help, value, labels)
}

func (e emitter) gauge(name, help string, value float64, labels ...string) {
	e.write(prometheus.GaugeValue, name, help, value, labels)
}

func (e emitter) write(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	e.out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
}

// histogram writes a collector's histogram in seconds.
func (e emitter) histogram(name, help string, h collector.Histogram, labels ...string) {
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
func (source) Describe(chan<- *prometheus.Desc) {}

// Collect asks the part.
func (s source) Collect(out chan<- prometheus.Metric) { s(emitter{out}) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func brokerMetrics(b *broker.Broker) source {
	return func(e emitter) {
		s := b.Stats()
		e.gauge("asue_broker_clients", "Connections to the embedded broker.", float64(s.Clients))
		e.gauge("asue_broker_inflight_messages", "Messages that clients have not acknowledged.", float64(s.Inflight))
		e.counter("asue_broker_messages_received_total", "Messages received.", float64(s.Received))
		e.counter("asue_broker_messages_sent_total", "Messages sent.", float64(s.Sent))
		e.counter("asue_broker_messages_dropped_total", "Messages not sent because a client was slow, away or full.", float64(s.Dropped))
		e.counter("asue_broker_oversized_total", "Connections ended because of an oversized packet.", float64(s.Oversized))
		e.counter("asue_broker_refused_total", "Connections refused.", float64(s.RefusedConnects))
	}
}
