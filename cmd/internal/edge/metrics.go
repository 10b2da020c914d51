package edge

import (
	"asue/cmd/internal/node"
	"asue/collector"
)

// metricsOf are the figures of lines, meters, outbox and delivery.
func metricsOf(c *Collector, d *collector.Deliverer) node.Source {
	return func(e node.Emitter) {
		for _, l := range c.poller.Stats().Lines {
			line := string(l.ID)
			const requests, requestsHelp = "asue_modbus_requests_total", "Modbus transactions by result."
			e.Counter(requests, requestsHelp, float64(l.OK), "line", line, "result", "ok")
			e.Counter(requests, requestsHelp, float64(l.Exceptions), "line", line, "result", "exception")
			e.Counter(requests, requestsHelp, float64(l.Failures), "line", line, "result", "failure")
			e.Counter(requests, requestsHelp, float64(l.Unreachable), "line", line, "result", "unreachable")
			e.Counter("asue_collector_overruns_total", "Reads left out because they were late by more than their period.", float64(l.Overruns), "line", line)
			e.Counter("asue_modbus_reconnects_total", "Times the line came back.", float64(l.Reconnects), "line", line)
			e.Gauge("asue_modbus_line_down", "1 while the line has no connection.", node.Truth(l.Down), "line", line)
			e.Histogram("asue_collector_schedule_lag_seconds", "How late reads began.", l.Lag, "line", line)
			e.Histogram("asue_modbus_transaction_seconds", "How long one transaction took.", l.Took, "line", line)
			for _, m := range l.Meters {
				e.Gauge("asue_meter_breaker_open", "1 while a silent meter is only probed.", node.Truth(m.BreakerOpen), "line", line, "meter", string(m.ID))
				if !m.LastSuccess.IsZero() {
					e.Gauge("asue_meter_last_success_timestamp_seconds", "When the meter answered last.", float64(m.LastSuccess.UnixMilli())/1000, "line", line, "meter", string(m.ID))
				}
			}
		}
		s := d.Stats()
		e.Gauge("asue_outbox_backlog_batches", "Batches that the ledger does not have yet.", float64(s.Outbox.Last-s.Outbox.Acked))
		const kept, keptHelp = "asue_outbox_batches", "Batches on the disk, those kept after their acknowledgement included."
		e.Gauge(kept, keptHelp, float64(s.Outbox.BillingRows), "class", "billing")
		e.Gauge(kept, keptHelp, float64(s.Outbox.TelemetryRows), "class", "telemetry")
		e.Gauge("asue_outbox_bytes", "Bytes of batches in the outbox.", float64(s.Outbox.Bytes))
		e.Counter("asue_outbox_dropped_total", "Telemetry batches dropped for space.", float64(s.Outbox.Dropped))
		e.Gauge("asue_outbox_ready", "1 while the outbox takes batches.", node.Truth(s.Ready))
		e.Counter("asue_delivery_lost_total", "Batches lost because the disk took nothing for too long.", float64(s.LostBilling), "class", "billing")
		e.Counter("asue_delivery_lost_total", "Batches lost because the disk took nothing for too long.", float64(s.LostTelemetry), "class", "telemetry")
		e.Counter("asue_delivery_published_total", "Batches published.", float64(s.Live), "stream", "live")
		e.Counter("asue_delivery_published_total", "Batches published.", float64(s.Replayed), "stream", "history")
		e.Counter("asue_delivery_acks_total", "Acknowledgements of the ledger.", float64(s.Acks))
		e.Gauge("asue_delivery_owed", "Batches that are to be sent again.", float64(s.Owed))
		e.Gauge("asue_delivery_online", "1 while there is a connection to the broker.", node.Truth(s.Online))
	}
}
