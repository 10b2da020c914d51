package main

import (
	"asue/cmd/internal/node"
	"asue/metering/broker"
)

func brokerMetrics(b *broker.Broker) node.Source {
	return func(e node.Emitter) {
		s := b.Stats()
		e.Gauge("asue_broker_clients", "Connections to the embedded broker.", float64(s.Clients))
		e.Gauge("asue_broker_inflight_messages", "Messages that clients have not acknowledged.", float64(s.Inflight))
		e.Counter("asue_broker_messages_received_total", "Messages received.", float64(s.Received))
		e.Counter("asue_broker_messages_sent_total", "Messages sent.", float64(s.Sent))
		e.Counter("asue_broker_messages_dropped_total", "Messages not sent because a client was slow, away or full.", float64(s.Dropped))
		e.Counter("asue_broker_oversized_total", "Connections ended because of an oversized packet.", float64(s.Oversized))
		e.Counter("asue_broker_refused_total", "Connections refused.", float64(s.RefusedConnects))
	}
}
