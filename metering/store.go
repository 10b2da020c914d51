package metering

import (
	"context"
	"errors"
	"time"
)

// Kinds of failure that callers tell apart with errors.Is. Everything else is an
// internal failure of the store and may pass by itself.
var (
	// ErrNotFound: there is nothing by that name or at that time.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the same key was written before with another content. The
	// first one stays.
	ErrConflict = errors.New("conflicting content for the same key")
	// ErrRefused: the store will never take this input; trying again is useless.
	ErrRefused = errors.New("refused")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
)

// BatchID is the identity of a batch on its way from a collector: Epoch is made
// at random with the collector's outbox, Seq counts from 1 without a gap.
type BatchID struct {
	Collector string
	Epoch     uint64
	Seq       uint64
}

// Range is an inclusive range of sequence numbers, From ≤ To.
type Range struct{ From, To uint64 }

// Mark is how far the ledger has a collector's batches: all of 1..Contiguous,
// none of Missing, and the rest up to Highest.
type Mark struct {
	Collector  string
	Epoch      uint64
	Contiguous uint64
	Highest    uint64
	Missing    []Range // ascending, disjoint, all > Contiguous and < Highest
}

// StoredBatch is a committed batch as the ledger hands it on to the feeder of
// the series store. The payload is the wire's own bytes.
type StoredBatch struct {
	Position   int64 // ascending in commit order, never reused
	ID         BatchID
	ReceivedAt time.Time
	Payload    []byte
}

// Commit is one transaction of ingest: it is in the ledger as a whole or not at
// all.
type Commit struct {
	ReceivedAt time.Time
	// Batches are recorded as received (Mark) and kept for the feeder.
	Batches []StoredBatch // Position is given by the ledger
	// Lost are batches that the collector itself has announced as lost; they
	// count as received for Mark.Contiguous.
	Lost map[BatchID]Range // keyed by {Collector, Epoch, n}; n tells several ranges of one epoch apart
	// Spans and Witnesses are merged with what is there.
	Spans     []RegisterSpan
	Witnesses []Witness
	// Intervals become new versions where they differ from the current one and
	// that one yields (Interval.Yields) to the word of Authority.
	Intervals []Interval
	Authority Authority
	// Findings replace those about the same subject, channel and stretch.
	Findings []Findings
	// Acts are kept, and their changes become new versions.
	Acts []Act
}

// IntervalQuery selects current versions of intervals, [From, To) by start.
type IntervalQuery struct {
	Points   []PointID // all if empty
	Channels []Channel // all if empty
	From, To time.Time
	// AsOf, if set, selects the versions that were current at that time.
	AsOf time.Time
	// Settlement, if set, selects the versions that were settled under that id,
	// whatever AsOf says. ErrNotFound if there is no such settlement.
	Settlement string
}

// Poison is a payload that could not be taken in. It is kept so that a person
// can look at it, and never comes back into the stream by itself.
type Poison struct {
	At      time.Time
	Topic   string
	Reason  string
	Payload []byte // cut to 64 KiB
}

// Ledger keeps what must be answerable years later. Its law:
//
//   - All methods may be called from any goroutine at once.
//   - When a method that writes returns nil, its effect survives the end of the
//     process by any means and, with a disk that keeps its promise, a power cut.
//     When it returns an error, nothing of it was written.
//   - Times are kept to the millisecond and come back in UTC. Slices in results
//     belong to the caller.
//   - After Close every method returns ErrClosed.
//   - A cancelled context ends the call with the context's error.
type Ledger interface {
	// Commit writes a transaction.
	//
	// A batch whose ID is known already with the same payload is skipped
	// silently: replays are harmless. With another payload the stored one stays
	// and the call goes on; the conflict is kept as Poison. Spans merge in any
	// order to the same result, and so do witnesses. An interval becomes version
	// 1, or the current version plus one if it differs (Interval.SameAs) and that
	// one yields, or nothing. RecordedAt is the commit's ReceivedAt. A finding
	// that is there already (Finding.SameAs) keeps its FoundAt; one that is not
	// given again is cleared. An act whose ID is known with the same author,
	// reason, document and After values is skipped; with others it is refused
	// with ErrConflict. Of one commit, intervals come first, then acts.
	//
	// ErrRefused: an interval that does not start at a multiple of BasePeriod,
	// an unknown channel, an empty point, a span or witness whose readings do not
	// lie in its period, a finding without a rule, without a subject or outside
	// its stretch, an act without ID, author, reason or changes, or with a change
	// that is not marked FlagManual (Commit.Check has the whole list); nothing is
	// written then.
	Commit(ctx context.Context, c Commit) error

	// Mark returns how far a collector's epoch has arrived; a Mark with
	// Contiguous 0 for one never seen.
	Mark(ctx context.Context, collector string, epoch uint64) (Mark, error)

	// Spans returns the spans of one register whose periods start in [from, to),
	// ascending. Extended by one more span on each side of the range where there
	// is one, however far away, because a gap's edges lie there.
	Spans(ctx context.Context, meter MeterID, q Quantity, from, to time.Time) ([]RegisterSpan, error)

	// Intervals returns the selected intervals, ascending by start, then point,
	// then channel.
	Intervals(ctx context.Context, q IntervalQuery) ([]Interval, error)

	// History returns every version of one interval, ascending; empty if there
	// is none.
	History(ctx context.Context, point PointID, ch Channel, start time.Time) ([]Interval, error)

	// Batches returns up to limit stored batches after a position, ascending.
	// Forgotten ones are passed over.
	Batches(ctx context.Context, after int64, limit int) ([]StoredBatch, error)

	// ForgetBatches deletes the payloads of batches up to a position. Marks stay.
	ForgetBatches(ctx context.Context, upTo int64) error

	// Cursor returns a named durable position, 0 if it was never set.
	Cursor(ctx context.Context, name string) (int64, error)

	// SetCursor sets a named durable position.
	SetCursor(ctx context.Context, name string, position int64) error

	// Witnesses returns the witnesses of a meter whose periods start in [from,
	// to), ascending.
	Witnesses(ctx context.Context, meter MeterID, from, to time.Time) ([]Witness, error)

	// Findings returns the selected findings, newest From first, then by rule,
	// point, node and channel.
	Findings(ctx context.Context, q FindingQuery) ([]Finding, error)

	// Acts returns the selected acts in the order in which they were made.
	Acts(ctx context.Context, q ActQuery) ([]Act, error)

	// Settle pins the current versions of all intervals that start in [From, To)
	// under an id and makes their digest, in one transaction. The settlement
	// comes back as it was written. ErrConflict if the id is taken; ErrRefused
	// without id or author, or when To is not after From.
	Settle(ctx context.Context, s Settlement, at time.Time) (Settlement, error)

	// Settlements returns every settlement in the order in which they were made.
	Settlements(ctx context.Context) ([]Settlement, error)

	// Quarantine keeps a poison payload. At most 10,000 are kept; the oldest go first.
	Quarantine(ctx context.Context, p Poison) error

	// Quarantined returns the newest limit poison payloads, newest first, and
	// how many there are in all.
	Quarantined(ctx context.Context, limit int) ([]Poison, int, error)

	AuditLog
	Accounts
	Tokens
	Leases
	Deeds

	Close() error
}

// Sample is one value of one series.
type Sample struct {
	Point    PointID
	Resident ResidentID // empty for points that are no resident's
	Node     NodeID
	Meter    MeterID
	Field    string // Quantity.Field(), or a published interval's field
	At       time.Time
	Value    float64 // finite
	// Channel and Revision (Interval.Version) label published intervals; both are
	// 0 elsewhere and make no label then.
	Channel  Channel
	Revision int
}

// Track is a series over time: ascending times, values beside them.
type Track struct {
	Labels map[string]string
	Times  []time.Time
	Values []float64
}

// Series keeps the raw telemetry that people draw. Its law:
//
//   - All methods may be called from any goroutine at once.
//   - Write returns nil when the store has accepted every sample; that is not
//     yet a promise of durability, which Settled gives.
//   - The same sample may be written again at any time: it is kept once.
//     Another value for the same series and time is not a correction; which one
//     survives is not defined. Corrections go to the ledger.
//   - Samples of any age within the retention may come in any order. Samples more
//     than two days ahead of the store's clock may be refused.
//   - A value that is not finite is refused before anything is sent.
type Series interface {
	// Write stores samples. A *BadSamplesError names samples that the store will
	// never take; all others of the call were stored then. Any other error means
	// that none, some or all were stored: write them again.
	Write(ctx context.Context, samples []Sample) error

	// Settled is how long after a successful Write the samples are safe from the
	// end of the store's process.
	Settled() time.Duration

	// Range evaluates a query of the Prometheus query language over [from, to]
	// at every step. ErrRefused for a query that does not parse.
	Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]Track, error)

	// Ready returns nil when the store answers queries.
	Ready(ctx context.Context) error

	Close() error
}

// BadSamplesError lists samples that a series store refuses for good.
type BadSamplesError struct {
	Samples []Sample
	Reason  string
}

// Error says how many samples were refused and why.
func (e *BadSamplesError) Error() string {
	return "series store refused samples for good: " + e.Reason
}

// Unwrap makes errors.Is(err, ErrRefused) hold.
func (e *BadSamplesError) Unwrap() error { return ErrRefused }
