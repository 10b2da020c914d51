package wire

import (
	"time"

	"asue/metering"
)

// Class says what a full outbox may do with a batch.
type Class uint8

// Classes of batches.
const (
	Billing   Class = 1 // registers and events: never dropped
	Telemetry Class = 2 // everything else: the oldest go first when space runs out
)

// Batch is one message of a collector: what one line gave in one poll cycle.
type Batch struct {
	Site metering.SiteID
	ID   metering.BatchID
	Line metering.LineID
	// Sealed is the collector's wall clock, and Mono its monotonic clock (time
	// since the process started), when the batch was made.
	Sealed time.Time
	Mono   time.Duration
	// Boot is random for each start of the collector process: Mono counts anew.
	Boot  uint64
	Class Class
	// Lost, if set, says that these sequence numbers of the same epoch were
	// dropped by the collector and will never come. Snapshots is empty then.
	Lost []metering.Range
	// Snapshots in the order in which they were taken.
	Snapshots []metering.Snapshot
}

// Ack tells a collector what the ledger has committed. Everything up to
// Contiguous may be forgotten; Missing should be sent again.
type Ack struct {
	Epoch      uint64
	Contiguous uint64
	Highest    uint64
	Missing    []metering.Range
}
