package edge

import (
	"asue/cmd/internal/node"
	"asue/collector"
)

// metricsOf are the figures of lines, meters, outbox and delivery.
func metricsOf(c *Collector, d *collector.Deliverer) node.Source {
	return func(e node.Emitter) {
		for _, l := range c.poller.Stats().Lines {
			c.lineMetrics(e, l)
			for _, m := range l.Meters {
				meterMetrics(e, string(l.ID), m)
			}
		}
		deliveryMetrics(e, d.Stats())
	}
}

func (c *Collector) lineMetrics(e node.Emitter, l collector.LineStats) {
	line := string(l.ID)
	requestMetrics(e, "asue_modbus_requests_total", "Transactions of a line by result.", l.Requests, "line", line)
	e.Counter("asue_collector_overruns_total", "Reads left out because they were late by more than their period.", float64(l.Overruns), "line", line)
	e.Counter("asue_modbus_reconnects_total", "Times the line came back.", float64(l.Reconnects), "line", line)
	e.Gauge("asue_modbus_line_down", "1 while the line has no connection.", node.Truth(l.Down), "line", line)
	e.Gauge("asue_modbus_line_load_ratio", "Part of the line's time that is taken, over some ten seconds.", l.Load, "line", line)
	e.Histogram("asue_collector_schedule_lag_seconds", "How late reads began.", l.Lag, "line", line)
	e.Histogram("asue_modbus_response_seconds", "How long one transaction took.", l.Took, "line", line)
	if bus, ok := c.lines.bus(l.ID); ok {
		n := bus.Counters()
		e.Counter("asue_modbus_dials_total", "Connections attempted.", float64(n.Dials), "line", line)
		e.Counter("asue_modbus_late_answers_total", "Answers thrown away because they belonged to an older question.", float64(n.Late), "line", line)
		e.Counter("asue_modbus_drained_bytes_total", "Bytes thrown away because nobody had asked for them.", float64(n.Drained), "line", line)
		e.Counter("asue_modbus_quarantines_total", "Times the line was kept quiet because an answer might still have come.", float64(n.Quarantines), "line", line)
	}
}

func requestMetrics(e node.Emitter, name, help string, r collector.Requests, labels ...string) {
	e.Counter(name, help, float64(r.OK), append(labels, "result", "ok")...)
	e.Counter(name, help, float64(r.Exceptions), append(labels, "result", "exception")...)
	e.Counter(name, help, float64(r.Failures), append(labels, "result", "failure")...)
	e.Counter(name, help, float64(r.Unreachable), append(labels, "result", "unreachable")...)
}

func meterMetrics(e node.Emitter, line string, m collector.MeterStats) {
	labels := []string{"line", line, "meter", string(m.ID)}
	requestMetrics(e, "asue_meter_requests_total", "Transactions of a meter by result.", m.Requests, labels...)
	e.Gauge("asue_meter_breaker_open", "1 while a silent meter is only probed.", node.Truth(m.BreakerOpen), labels...)
	e.Gauge("asue_meter_standing", "Quality that follows from what the meter says of itself: 0 good, 7 other transformer ratio, 10 another meter, 11 other settings.", float64(m.Standing), labels...)
	e.Counter("asue_meter_exchanges_total", "Times that another serial number answered.", float64(m.Exchanges), labels...)
	e.Counter("asue_meter_implausible_counters_total", "Counter readings that could not be.", float64(m.Implausible), labels...)
	e.Gauge("asue_meter_energy_disagrees", "1 while the energy register and the integral of power disagree.", node.Truth(m.Disagrees != ""), labels...)
	e.Counter("asue_meter_archive_records_total", "Records read back from the meter's archive.", float64(m.Recalled), labels...)
	if m.HasClock {
		e.Gauge("asue_meter_clock_offset_seconds", "The meter's clock against the collector's.", m.ClockOffset.Seconds(), labels...)
	}
	if !m.LastSuccess.IsZero() {
		e.Gauge("asue_meter_last_success_timestamp_seconds", "When the meter answered last.", float64(m.LastSuccess.UnixMilli())/1000, labels...)
	}
}

func deliveryMetrics(e node.Emitter, s collector.DeliverStats) {
	e.Gauge("asue_outbox_backlog_batches", "Batches that the ledger does not have yet.", float64(s.Outbox.Last-s.Outbox.Acked))
	const kept, keptHelp = "asue_outbox_batches", "Batches on the disk, those kept after their acknowledgement included."
	e.Gauge(kept, keptHelp, float64(s.Outbox.BillingRows), "class", "billing")
	e.Gauge(kept, keptHelp, float64(s.Outbox.TelemetryRows), "class", "telemetry")
	e.Gauge("asue_outbox_bytes", "Bytes of batches in the outbox.", float64(s.Outbox.Bytes))
	if !s.Outbox.Oldest.IsZero() {
		e.Gauge("asue_outbox_oldest_timestamp_seconds", "When the oldest batch without acknowledgement was kept.", float64(s.Outbox.Oldest.UnixMilli())/1000)
	}
	e.Counter("asue_outbox_dropped_total", "Telemetry batches dropped for space.", float64(s.Outbox.Dropped))
	e.Counter("asue_outbox_passed_total", "Telemetry batches passed on without being kept, for want of room.", float64(s.Outbox.Passed))
	e.Gauge("asue_outbox_reserve_bytes", "Bytes held for registers on a full disk; 0 while they are given up.", float64(s.Outbox.Reserve))
	e.Gauge("asue_outbox_pressure", "How short of room the volume is: 0 roomy, 1 tight, 2 full.", float64(s.Outbox.Pressure))
	e.Gauge("asue_outbox_ready", "1 while the outbox takes batches.", node.Truth(s.Ready))
	const lost, lostHelp = "asue_delivery_lost_total", "Batches lost because the disk took nothing for too long."
	e.Counter(lost, lostHelp, float64(s.LostBilling), "class", "billing")
	e.Counter(lost, lostHelp, float64(s.LostTelemetry), "class", "telemetry")
	e.Counter("asue_delivery_published_total", "Batches published.", float64(s.Live), "stream", "live")
	e.Counter("asue_delivery_published_total", "Batches published.", float64(s.Replayed), "stream", "history")
	e.Counter("asue_delivery_acks_total", "Acknowledgements of the ledger.", float64(s.Acks))
	e.Gauge("asue_delivery_owed", "Batches that are to be sent again.", float64(s.Owed))
	e.Gauge("asue_delivery_wished", "Batches that an operator wishes to have again and that are still to be sent.", float64(s.Wished))
	e.Gauge("asue_delivery_online", "1 while there is a connection to the broker.", node.Truth(s.Online))
}
