package outbox

import (
	"log/slog"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// Options are the limits of an outbox. Zero fields take their defaults.
type Options struct {
	// Budget is how many bytes of batches may be kept; 1 GiB if zero. Beyond it
	// batches kept after their acknowledgement go first, then the oldest
	// telemetry. Billing batches stay, whatever they take.
	Budget int64
	// Retain is how long a batch is kept after its acknowledgement, so that a
	// ledger restored from a backup can be fed again.
	Retain time.Duration
	// Pace is the least time between two transactions that append, of the wall
	// clock; 20 ms if zero. The first of a burst does not wait.
	Pace time.Duration
	// Group is how many batches one transaction takes; 512 if zero.
	Group int
	// Reserve is the size of the file NAME.reserve, which takes room on the volume
	// and is given up when the disk refuses a billing batch; 0: none. DefaultReserve
	// is a good one.
	Reserve int64
	// KeepFree is the share of the volume, 0 to 1, that must be free for telemetry
	// to be kept; 0: telemetry is kept until the disk is full. DefaultKeepFree is a
	// good one.
	KeepFree float64
	// Volume tells how many bytes of the volume with a folder are free, and how many
	// it has; nil asks the system.
	Volume func(folder string) (free, total int64, err error)
	// Clock stamps the batches.
	Clock clock.Clock
	// Log says what was found damaged and what was dropped; nil discards it.
	Log *slog.Logger
}

// Defaults of a collector that runs for real.
const (
	DefaultReserve  = 64 << 20
	DefaultKeepFree = 0.15
)

func (o Options) withDefaults() Options {
	if o.Volume == nil {
		o.Volume = volume
	}
	if o.Budget <= 0 {
		o.Budget = 1 << 30
	}
	if o.Pace <= 0 {
		o.Pace = 20 * time.Millisecond
	}
	if o.Group <= 0 {
		o.Group = 512
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// ID is the identity that the outbox gives to a batch.
type ID struct{ Epoch, Seq uint64 }

// Entry is a batch to be appended. Encode is called with the identity that the
// batch will have, in the order of the numbers, and again if the transaction has
// to be repeated; it must be quick and must not call the outbox. When it fails, the number goes to the next batch.
type Entry struct {
	Class  metering.Class
	Encode func(ID) ([]byte, error)
}

// Row is a batch in the outbox.
type Row struct {
	Seq     uint64
	Class   metering.Class
	At      time.Time // when it was appended
	Payload []byte
	// Passed: telemetry that there was no room for. It has its number and can be
	// published once; should it not arrive, the number is told lost.
	Passed bool
}

// Report says what Open found.
type Report struct {
	// New is set when the file did not exist, or could not be used.
	New bool
	// MovedAside is where an unusable file lies now; empty if there was none.
	MovedAside string
	// Quarantined is how many rows did not match their CRC.
	Quarantined int
	// LastAt is when the newest batch that is kept was appended; zero if none is.
	LastAt time.Time
	// Lost are the numbers that damage has cost.
	Lost []metering.Range
}

// Stats is the state of an outbox.
type Stats struct {
	Epoch, Last, Acked uint64
	BillingRows        int64
	TelemetryRows      int64
	Bytes              int64
	Oldest             time.Time // when the oldest batch without acknowledgement was appended; zero if there is none
	Gaps               uint64    // numbers lost for good that the ledger has not acknowledged yet
	Dropped            uint64    // telemetry batches dropped for space since Open
	Passed             uint64    // telemetry batches that were not kept, for want of room, since Open
	Commits            uint64    // transactions since Open
	Budget             int64     // Options.Budget
	Reserve            int64     // bytes that the reserve takes now; 0 while it is given up
	Pressure           Pressure  // how short of room the volume is
}
