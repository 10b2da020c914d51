package wire

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"asue/metering"
)

// The drawn form of doc.go, field by field.
type (
	cborBatch struct {
		header
		Site      string         `cbor:"2,keyasint"`
		Collector string         `cbor:"3,keyasint"`
		Epoch     uint64         `cbor:"4,keyasint"`
		Seq       uint64         `cbor:"5,keyasint"`
		Line      string         `cbor:"6,keyasint"`
		Sealed    int64          `cbor:"7,keyasint"`
		Mono      int64          `cbor:"8,keyasint"`
		Boot      uint64         `cbor:"9,keyasint"`
		Class     uint8          `cbor:"10,keyasint"`
		Lost      []cborRange    `cbor:"11,keyasint,omitempty"`
		Models    []string       `cbor:"12,keyasint,omitempty"`
		Snapshots []cborSnapshot `cbor:"13,keyasint,omitempty"`
	}
	cborSnapshot struct {
		Meter      string      `cbor:"0,keyasint"`
		Model      *uint16     `cbor:"1,keyasint,omitempty"`
		Before     int64       `cbor:"2,keyasint"`
		Took       int64       `cbor:"3,keyasint"`
		Mono       int64       `cbor:"4,keyasint"`
		Clock      *int64      `cbor:"5,keyasint,omitempty"`
		Quality    uint8       `cbor:"6,keyasint,omitempty"`
		Reason     string      `cbor:"7,keyasint,omitempty"`
		Quantities []byte      `cbor:"8,keyasint,omitempty"`
		Values     []float64   `cbor:"9,keyasint,omitempty"`
		Counts     []cborCount `cbor:"10,keyasint,omitempty"`
		Notes      []cborNote  `cbor:"11,keyasint,omitempty"`
	}
	cborCount struct {
		_     struct{} `cbor:",toarray"`
		Index uint16
		Raw   int64
		Step  int64
		Flags uint8
	}
	cborNote struct {
		_       struct{} `cbor:",toarray"`
		Index   uint16
		Quality uint8
		Flags   uint8
		Reason  string
	}
	cborRange struct {
		_        struct{} `cbor:",toarray"`
		From, To uint64
	}
	cborAck struct {
		header
		Epoch      uint64      `cbor:"4,keyasint"`
		Contiguous uint64      `cbor:"5,keyasint"`
		Highest    uint64      `cbor:"6,keyasint"`
		Missing    []cborRange `cbor:"7,keyasint,omitempty"`
	}
)

const (
	countSecondary = 1 // the register counts at the secondary side
	countImplied   = 2 // the value follows from the count
	noteNoValue    = 1 // the reading has no value
)

// maxMicros keeps every sum of two durations on the wire within time.Duration.
const maxMicros = math.MaxInt64 / 1000 / 4

// implied is the value of a counter that counts at the primary side.
func implied(c metering.Count) float64 { return float64(c.Raw) * float64(c.Step) / 1000 }

// finite turns a value that is no number into its absence, and says so.
func finite(r metering.Reading) metering.Reading {
	if r.Quality.HasValue() && (math.IsNaN(r.Value) || math.IsInf(r.Value, 0)) {
		r.Quality = metering.NotAvailable
		if r.Reason == "" {
			r.Reason = fmt.Sprintf("value %v is not a finite number", r.Value)
		}
	}
	if !r.Quality.HasValue() {
		r.Value = 0
	}
	return r
}

// cutReason makes a reason valid UTF-8 of at most MaxReason bytes.
func cutReason(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= MaxReason {
		return s
	}
	cut := MaxReason - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func unpackBatch(payload []byte) (Batch, error) {
	var c cborBatch
	if err := unmarshal(payload, kindBatch, &c, &c.header); err != nil {
		return Batch{}, err
	}
	if err := checkMicros("mono", c.Mono); err != nil {
		return Batch{}, err
	}
	b := Batch{
		Site:   metering.SiteID(c.Site),
		ID:     metering.BatchID{Collector: c.Collector, Epoch: c.Epoch, Seq: c.Seq},
		Line:   metering.LineID(c.Line),
		Sealed: time.UnixMilli(c.Sealed).UTC(),
		Mono:   time.Duration(c.Mono) * time.Microsecond,
		Boot:   c.Boot,
		Class:  Class(c.Class),
		Lost:   unpackRanges(c.Lost),
	}
	if err := checkTime("sealed", b.Sealed); err != nil {
		return Batch{}, err
	}
	if len(c.Snapshots) == 0 {
		return b, nil
	}
	b.Snapshots = make([]metering.Snapshot, len(c.Snapshots))
	for i := range c.Snapshots {
		if err := unpackSnapshot(&b.Snapshots[i], &c.Snapshots[i], &c); err != nil {
			return Batch{}, fmt.Errorf("snapshot %d: %w", i, err)
		}
	}
	return b, nil
}

func unpackSnapshot(s *metering.Snapshot, c *cborSnapshot, b *cborBatch) error {
	s.Meter = metering.MeterID(c.Meter)
	if c.Model != nil {
		if int(*c.Model) >= len(b.Models) {
			return fmt.Errorf("%w: model %d of %d", ErrMalformed, *c.Model, len(b.Models))
		}
		s.Model = b.Models[*c.Model]
	}
	if limit := endOfTime.UnixMilli(); c.Before > limit || c.Before < -limit {
		return fmt.Errorf("%w: time lies %d ms before sealed", ErrMalformed, c.Before)
	}
	for _, d := range []int64{c.Took, c.Mono} {
		if err := checkMicros("duration", d); err != nil {
			return err
		}
	}
	s.At = time.UnixMilli(b.Sealed - c.Before).UTC()
	s.Took = time.Duration(c.Took) * time.Microsecond
	s.Mono = time.Duration(b.Mono-c.Mono) * time.Microsecond
	if c.Clock != nil {
		s.Clock = time.UnixMilli(*c.Clock).UTC()
		if err := checkTime("meter clock", s.Clock); err != nil {
			return err
		}
	}
	s.Quality = metering.Quality(c.Quality)
	s.Reason = c.Reason
	return unpackReadings(s, c)
}

func unpackReadings(s *metering.Snapshot, c *cborSnapshot) error {
	n := len(c.Quantities)
	if n > MaxReadings {
		return fmt.Errorf("%w: %d readings, at most %d are allowed", ErrMalformed, n, MaxReadings)
	}
	var valueless [MaxReadings]bool
	if n > 0 {
		s.Readings = make([]metering.Reading, n)
	}
	for i, q := range c.Quantities {
		s.Readings[i].Quantity = metering.Quantity(q)
	}
	for _, count := range c.Counts {
		if int(count.Index) >= n || count.Step <= 0 {
			return fmt.Errorf("%w: count in steps of %d for reading %d of %d", ErrMalformed, count.Step, count.Index, n)
		}
		r := &s.Readings[count.Index]
		r.Count = metering.Count{Raw: count.Raw, Step: count.Step, Secondary: count.Flags&countSecondary != 0}
		if count.Flags&countImplied != 0 {
			r.Value = implied(r.Count)
			valueless[count.Index] = true
		}
	}
	for _, note := range c.Notes {
		if int(note.Index) >= n {
			return fmt.Errorf("%w: note for reading %d of %d", ErrMalformed, note.Index, n)
		}
		r := &s.Readings[note.Index]
		r.Quality = metering.Quality(note.Quality)
		r.Reason = note.Reason
		if note.Flags&noteNoValue != 0 {
			valueless[note.Index] = true
		}
		if !r.Quality.HasValue() {
			r.Value = 0
		}
	}
	return fillValues(s.Readings, c.Values, valueless[:n])
}

// fillValues hands the explicit values to the readings that await one.
func fillValues(readings []metering.Reading, values []float64, valueless []bool) error {
	next := 0
	for i := range readings {
		if valueless[i] {
			continue
		}
		if next == len(values) {
			return fmt.Errorf("%w: %d values are too few for %d readings", ErrMalformed, len(values), len(readings))
		}
		if readings[i].Quality.HasValue() {
			readings[i].Value = values[next]
		}
		next++
	}
	if next != len(values) {
		return fmt.Errorf("%w: %d values are too many for %d readings", ErrMalformed, len(values), len(readings))
	}
	return nil
}

func checkMicros(field string, us int64) error {
	if us > maxMicros || us < -maxMicros {
		return fmt.Errorf("%w: %s of %d µs", ErrMalformed, field, us)
	}
	return nil
}

func packRanges(ranges []metering.Range) []cborRange {
	if len(ranges) == 0 {
		return nil
	}
	packed := make([]cborRange, len(ranges))
	for i, r := range ranges {
		packed[i] = cborRange{From: r.From, To: r.To}
	}
	return packed
}

func unpackRanges(packed []cborRange) []metering.Range {
	if len(packed) == 0 {
		return nil
	}
	ranges := make([]metering.Range, len(packed))
	for i, r := range packed {
		ranges[i] = metering.Range{From: r.From, To: r.To}
	}
	return ranges
}

func packAck(a Ack) *cborAck {
	return &cborAck{
		header:     header{Version: Version, Kind: kindAck},
		Epoch:      a.Epoch,
		Contiguous: a.Contiguous,
		Highest:    a.Highest,
		Missing:    packRanges(a.Missing[:min(len(a.Missing), MaxRanges)]),
	}
}

func unpackAck(payload []byte) (Ack, error) {
	var c cborAck
	if err := unmarshal(payload, kindAck, &c, &c.header); err != nil {
		return Ack{}, err
	}
	return Ack{Epoch: c.Epoch, Contiguous: c.Contiguous, Highest: c.Highest, Missing: unpackRanges(c.Missing)}, nil
}
