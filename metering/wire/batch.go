package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// Class says what a full outbox may do with a batch.
type Class = metering.Class

// Classes of batches.
const (
	Billing   = metering.Billing
	Telemetry = metering.Telemetry
)

// Batch is one message of a collector: what one line gave in one poll cycle.
// Small batches of several lines that wait at once travel as one, and Line is
// then "*": every snapshot names its meter.
//
// On the wire, times keep milliseconds, durations microseconds, and a reading
// whose quality has no value keeps none.
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

// EncodeBatch writes a batch as CBOR, the same batch always as the same bytes.
//
// A value that is not a finite number goes out as NotAvailable, a reason is cut
// to MaxReason: one odd reading does not hold up its batch. It fails with
// ErrMalformed on what DecodeBatch would refuse: a batch beyond the limits,
// times outside 1970..9999, a name that could not stand in a topic.
func EncodeBatch(b Batch) ([]byte, error) {
	if err := checkBatch(&b); err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	payload := encodeBatch(&b)
	if err := checkSize(payload); err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	return payload, nil
}

// DecodeBatch reads a batch, CBOR or JSON. It fails with ErrVersion or
// ErrMalformed, and the text says at which field.
func DecodeBatch(payload []byte) (Batch, error) {
	b, err := decodeBatch(payload)
	if err != nil {
		return Batch{}, fmt.Errorf("decode batch: %w", err)
	}
	return b, nil
}

func decodeBatch(payload []byte) (Batch, error) {
	if err := checkSize(payload); err != nil {
		return Batch{}, err
	}
	unpack := unpackBatch
	if isJSON(payload) {
		unpack = unpackBatchJSON
	}
	b, err := unpack(payload)
	if err != nil {
		return Batch{}, err
	}
	return b, checkBatch(&b)
}

// EncodeAck writes an acknowledgement as CBOR. Of more than MaxRanges missing
// ranges the lowest go out: the others are still missing at the next ack.
func EncodeAck(a Ack) ([]byte, error) {
	if err := checkAck(&a); err != nil {
		return nil, fmt.Errorf("encode ack: %w", err)
	}
	payload, err := marshal(packAck(a))
	if err != nil {
		return nil, fmt.Errorf("encode ack: %w", err)
	}
	return payload, nil
}

// DecodeAck reads an acknowledgement, CBOR or JSON. It fails with ErrVersion or
// ErrMalformed.
func DecodeAck(payload []byte) (Ack, error) {
	a, err := decodeAck(payload)
	if err != nil {
		return Ack{}, fmt.Errorf("decode ack: %w", err)
	}
	return a, nil
}

func decodeAck(payload []byte) (Ack, error) {
	if err := checkSize(payload); err != nil {
		return Ack{}, err
	}
	unpack := unpackAck
	if isJSON(payload) {
		unpack = unpackAckJSON
	}
	a, err := unpack(payload)
	if err != nil {
		return Ack{}, err
	}
	return a, checkAck(&a)
}

func checkBatch(b *Batch) error {
	if err := checkName("site", string(b.Site)); err != nil {
		return err
	}
	if err := checkName("collector", b.ID.Collector); err != nil {
		return err
	}
	if err := checkText("line", string(b.Line)); err != nil {
		return err
	}
	if b.ID.Seq == 0 {
		return fmt.Errorf("%w: seq is 0, numbers start at 1", ErrMalformed)
	}
	if b.Class != Billing && b.Class != Telemetry {
		return fmt.Errorf("%w: class %d, known are 1 billing and 2 telemetry", ErrMalformed, b.Class)
	}
	if err := checkTime("sealed", b.Sealed); err != nil {
		return err
	}
	if err := checkRanges("lost", b.Lost); err != nil {
		return err
	}
	if len(b.Lost) > 0 && len(b.Snapshots) > 0 {
		return fmt.Errorf("%w: a loss record carries snapshots", ErrMalformed)
	}
	if len(b.Snapshots) > MaxSnapshots {
		return fmt.Errorf("%w: %d snapshots, at most %d are allowed", ErrMalformed, len(b.Snapshots), MaxSnapshots)
	}
	for i := range b.Snapshots {
		if err := checkSnapshot(&b.Snapshots[i]); err != nil {
			return fmt.Errorf("snapshot %d: %w", i, err)
		}
	}
	return nil
}

func checkSnapshot(s *metering.Snapshot) error {
	if err := checkText("meter", string(s.Meter)); err != nil {
		return err
	}
	if err := checkOptional("model", s.Model); err != nil {
		return err
	}
	if err := checkTime("time", s.At); err != nil {
		return err
	}
	if !s.Clock.IsZero() {
		if err := checkTime("meter clock", s.Clock); err != nil {
			return err
		}
	}
	if len(s.Readings) > MaxReadings {
		return fmt.Errorf("%w: %d readings, at most %d are allowed", ErrMalformed, len(s.Readings), MaxReadings)
	}
	for i, r := range s.Readings {
		if c := r.Count; c.Step < 0 || c.Raw < 0 || (c.Step == 0 && c != metering.Count{}) {
			return fmt.Errorf("%w: reading %d (%v): count %d in steps of %d: both must be positive", ErrMalformed, i, r.Quantity, c.Raw, c.Step)
		}
	}
	return nil
}

func checkAck(a *Ack) error {
	if a.Highest < a.Contiguous {
		return fmt.Errorf("%w: highest %d is below contiguous %d", ErrMalformed, a.Highest, a.Contiguous)
	}
	return checkRanges("missing", a.Missing[:min(len(a.Missing), MaxRanges)])
}

func checkRanges(field string, ranges []metering.Range) error {
	if len(ranges) > MaxRanges {
		return fmt.Errorf("%w: %s: %d ranges, at most %d are allowed", ErrMalformed, field, len(ranges), MaxRanges)
	}
	last := uint64(0)
	for _, r := range ranges {
		if r.From <= last || r.To < r.From {
			return fmt.Errorf("%w: %s: %d..%d: ranges must start at 1, ascend and not touch backwards", ErrMalformed, field, r.From, r.To)
		}
		last = r.To
	}
	return nil
}

var endOfTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

func checkTime(field string, t time.Time) error {
	if t.Before(time.UnixMilli(0)) || !t.Before(endOfTime) {
		return fmt.Errorf("%w: %s %v lies outside the years 1970 to 9999", ErrMalformed, field, t.UTC().Format(time.RFC3339))
	}
	return nil
}
