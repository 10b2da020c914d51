package wire_test

import (
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

func Example() {
	power := 1_250_400.0
	payload, _ := wire.EncodeLivePoint(wire.LivePoint{
		At:    time.Date(2026, 3, 2, 6, 15, 1, 250e6, time.UTC),
		Power: &power,
		Meter: "F-012",
	})
	fmt.Println(wire.LivePointTopic("aktobe", "ceramics-1"))
	fmt.Println(string(payload))
	// Output:
	// asue/v1/aktobe/live/ceramics-1
	// {"t":"2026-03-02T06:15:01.250Z","power_w":1250400,"quality":"good","meter":"F-012"}
}

// morning is a batch with one of everything.
func morning() wire.Batch {
	at := time.Date(2026, 3, 2, 6, 15, 1, 250e6, time.UTC)
	return wire.Batch{
		Site:   "aktobe",
		ID:     metering.BatchID{Collector: "col-1", Epoch: 0x3f2a09c4517b88d1, Seq: 812345},
		Line:   "10.20.0.5:502",
		Sealed: at.Add(350 * time.Millisecond),
		Mono:   90*time.Minute + 350*time.Millisecond,
		Boot:   0x0102030405060708,
		Class:  wire.Billing,
		Snapshots: []metering.Snapshot{
			{
				Meter: "F-012", Model: "schneider-pm5100@3", At: at, Took: 41 * time.Millisecond, Mono: 90 * time.Minute,
				Clock: at.Add(-2 * time.Second),
				Readings: []metering.Reading{
					{Quantity: metering.ActivePower, Value: 1_250_400},
					{Quantity: metering.PowerFactor, Value: 0.97},
					{Quantity: metering.VoltageAB, Value: 131_000.5, Quality: metering.OutOfRange, Reason: "above 1.2 of the nominal voltage"},
					{Quantity: metering.CurrentA, Quality: metering.NotAvailable},
					{Quantity: metering.ActiveImport, Value: 81_234_500, Count: metering.Count{Raw: 812_345, Step: 100_000}},
					{Quantity: metering.ReactiveImport, Value: 36_000_000, Count: metering.Count{Raw: 3_000, Step: 1_000_000, Secondary: true}},
				},
			},
			{
				Meter: "F-013", Model: "schneider-pm5100@3", At: at.Add(120 * time.Millisecond), Took: time.Second, Mono: 90*time.Minute + 120*time.Millisecond,
				Quality: metering.CommFail, Reason: "no answer within 1 s",
			},
		},
	}
}
