package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// The same messages for people.
type (
	jsonHeader struct {
		Version uint64 `json:"v"`
		Kind    string `json:"kind"`
	}
	jsonBatch struct {
		jsonHeader
		Site      string         `json:"site"`
		Collector string         `json:"collector"`
		Epoch     hex64          `json:"epoch"`
		Seq       uint64         `json:"seq"`
		Line      string         `json:"line"`
		Sealed    jsonTime       `json:"sealed"`
		MonoUS    int64          `json:"mono_us"`
		Boot      hex64          `json:"boot"`
		Class     string         `json:"class"`
		Lost      []jsonRange    `json:"lost,omitempty"`
		Snapshots []jsonSnapshot `json:"snapshots,omitempty"`
	}
	jsonSnapshot struct {
		Meter    string        `json:"meter"`
		Model    string        `json:"model,omitempty"`
		Time     jsonTime      `json:"t"`
		TookUS   int64         `json:"took_us"`
		MonoUS   int64         `json:"mono_us"`
		Clock    jsonTime      `json:"clock,omitzero"`
		Quality  jsonQuality   `json:"quality,omitempty"`
		Reason   string        `json:"reason,omitempty"`
		Readings []jsonReading `json:"readings,omitempty"`
	}
	jsonReading struct {
		Quantity  jsonQuantity `json:"q"`
		Value     *float64     `json:"value,omitempty"`
		Raw       *int64       `json:"raw,omitempty"`
		StepMilli int64        `json:"step_milli,omitempty"`
		Secondary bool         `json:"secondary,omitempty"`
		Quality   jsonQuality  `json:"quality,omitempty"`
		Reason    string       `json:"reason,omitempty"`
	}
	jsonRange struct {
		From uint64 `json:"from"`
		To   uint64 `json:"to"`
	}
	jsonAck struct {
		jsonHeader
		Epoch      hex64       `json:"epoch"`
		Contiguous uint64      `json:"contiguous"`
		Highest    uint64      `json:"highest"`
		Missing    []jsonRange `json:"missing,omitempty"`
	}
)

// EncodeBatchJSON writes a batch as JSON, like EncodeBatch otherwise.
func EncodeBatchJSON(b Batch) ([]byte, error) {
	if err := checkBatch(&b); err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	j := jsonBatch{
		jsonHeader: jsonHeader{Version: Version, Kind: kindBatch.String()},
		Site:       string(b.Site),
		Collector:  b.ID.Collector,
		Epoch:      hex64(b.ID.Epoch),
		Seq:        b.ID.Seq,
		Line:       string(b.Line),
		Sealed:     jsonTime{b.Sealed},
		MonoUS:     b.Mono.Microseconds(),
		Boot:       hex64(b.Boot),
		Class:      b.Class.String(),
		Lost:       rangesToJSON(b.Lost),
	}
	for _, s := range b.Snapshots {
		j.Snapshots = append(j.Snapshots, snapshotToJSON(s))
	}
	return marshalJSON("encode batch", j)
}

// EncodeAckJSON writes an acknowledgement as JSON, like EncodeAck otherwise.
func EncodeAckJSON(a Ack) ([]byte, error) {
	if err := checkAck(&a); err != nil {
		return nil, fmt.Errorf("encode ack: %w", err)
	}
	return marshalJSON("encode ack", jsonAck{
		jsonHeader: jsonHeader{Version: Version, Kind: kindAck.String()},
		Epoch:      hex64(a.Epoch),
		Contiguous: a.Contiguous,
		Highest:    a.Highest,
		Missing:    rangesToJSON(a.Missing[:min(len(a.Missing), MaxRanges)]),
	})
}

func marshalJSON(doing string, message any) ([]byte, error) {
	payload, err := json.Marshal(message)
	if err == nil {
		err = checkSize(payload)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return payload, nil
}

func snapshotToJSON(s metering.Snapshot) jsonSnapshot {
	j := jsonSnapshot{
		Meter:   string(s.Meter),
		Model:   s.Model,
		Time:    jsonTime{s.At},
		TookUS:  s.Took.Microseconds(),
		MonoUS:  s.Mono.Microseconds(),
		Clock:   jsonTime{s.Clock},
		Quality: jsonQuality(s.Quality),
		Reason:  cutReason(s.Reason),
	}
	for _, r := range s.Readings {
		r = finite(r)
		reading := jsonReading{
			Quantity: jsonQuantity(r.Quantity),
			Quality:  jsonQuality(r.Quality),
			Reason:   cutReason(r.Reason),
		}
		if r.Quality.HasValue() {
			reading.Value = &r.Value
		}
		if r.Count.Step > 0 {
			reading.Raw, reading.StepMilli, reading.Secondary = &r.Count.Raw, r.Count.Step, r.Count.Secondary
		}
		j.Readings = append(j.Readings, reading)
	}
	return j
}

// unmarshalJSON decodes one JSON message of the wanted kind into dst, whose
// header is h.
func unmarshalJSON(payload []byte, want kind, dst any, h *jsonHeader) error {
	err := json.Unmarshal(payload, dst)
	if err != nil {
		var peek jsonHeader
		if json.Unmarshal(payload, &peek) != nil {
			return fmt.Errorf("%w: %v: %w", ErrMalformed, want, err)
		}
		*h = peek
	}
	switch {
	case h.Version != Version:
		return fmt.Errorf("%w: %d, known is %d", ErrVersion, h.Version, Version)
	case h.Kind != want.String():
		return fmt.Errorf("%w: kind %q where %q belongs", ErrMalformed, h.Kind, want)
	case err != nil:
		return fmt.Errorf("%w: %v: %w", ErrMalformed, want, err)
	}
	return nil
}

func unpackBatchJSON(payload []byte) (Batch, error) {
	var j jsonBatch
	if err := unmarshalJSON(payload, kindBatch, &j, &j.jsonHeader); err != nil {
		return Batch{}, err
	}
	if len(j.Snapshots) > MaxSnapshots {
		return Batch{}, fmt.Errorf("%w: %d snapshots, at most %d are allowed", ErrMalformed, len(j.Snapshots), MaxSnapshots)
	}
	if err := checkMicros("mono", j.MonoUS); err != nil {
		return Batch{}, err
	}
	b := Batch{
		Site:   metering.SiteID(j.Site),
		ID:     metering.BatchID{Collector: j.Collector, Epoch: uint64(j.Epoch), Seq: j.Seq},
		Line:   metering.LineID(j.Line),
		Sealed: j.Sealed.Time,
		Mono:   time.Duration(j.MonoUS) * time.Microsecond,
		Boot:   uint64(j.Boot),
		Lost:   rangesFromJSON(j.Lost),
	}
	for _, c := range []Class{Billing, Telemetry} {
		if c.String() == j.Class {
			b.Class = c
		}
	}
	for i, s := range j.Snapshots {
		snapshot, err := snapshotFromJSON(s)
		if err != nil {
			return Batch{}, fmt.Errorf("snapshot %d: %w", i, err)
		}
		b.Snapshots = append(b.Snapshots, snapshot)
	}
	return b, nil
}

func snapshotFromJSON(j jsonSnapshot) (metering.Snapshot, error) {
	for _, d := range []int64{j.TookUS, j.MonoUS} {
		if err := checkMicros("duration", d); err != nil {
			return metering.Snapshot{}, err
		}
	}
	s := metering.Snapshot{
		Meter:   metering.MeterID(j.Meter),
		Model:   j.Model,
		At:      j.Time.Time,
		Took:    time.Duration(j.TookUS) * time.Microsecond,
		Mono:    time.Duration(j.MonoUS) * time.Microsecond,
		Clock:   j.Clock.Time,
		Quality: metering.Quality(j.Quality),
		Reason:  cutReason(j.Reason),
	}
	for i, jr := range j.Readings {
		r := metering.Reading{
			Quantity: metering.Quantity(jr.Quantity),
			Quality:  metering.Quality(jr.Quality),
			Reason:   cutReason(jr.Reason),
		}
		if (jr.Raw == nil) != (jr.StepMilli == 0) {
			return s, fmt.Errorf("%w: reading %d (%v): raw and step_milli come together", ErrMalformed, i, r.Quantity)
		}
		if jr.Raw != nil {
			r.Count = metering.Count{Raw: *jr.Raw, Step: jr.StepMilli, Secondary: jr.Secondary}
		}
		switch {
		case jr.Value != nil && r.Quality.HasValue():
			r.Value = *jr.Value
		case r.Quality.HasValue():
			return s, fmt.Errorf("%w: reading %d (%v) is %v and has no value", ErrMalformed, i, r.Quantity, r.Quality)
		}
		s.Readings = append(s.Readings, r)
	}
	return s, nil
}

func unpackAckJSON(payload []byte) (Ack, error) {
	var j jsonAck
	if err := unmarshalJSON(payload, kindAck, &j, &j.jsonHeader); err != nil {
		return Ack{}, err
	}
	return Ack{Epoch: uint64(j.Epoch), Contiguous: j.Contiguous, Highest: j.Highest, Missing: rangesFromJSON(j.Missing)}, nil
}

func rangesToJSON(ranges []metering.Range) []jsonRange {
	var out []jsonRange
	for _, r := range ranges {
		out = append(out, jsonRange(r))
	}
	return out
}

func rangesFromJSON(ranges []jsonRange) []metering.Range {
	var out []metering.Range
	for _, r := range ranges {
		out = append(out, metering.Range(r))
	}
	return out
}

// hex64 keeps 64 bits exact in programs whose numbers are floats.
type hex64 uint64

func (h hex64) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(h)), nil }

func (h *hex64) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 16, 64)
	*h = hex64(v)
	return err
}

// jsonTime is RFC 3339 in UTC with milliseconds.
type jsonTime struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000Z07:00"

func (t jsonTime) MarshalText() ([]byte, error) {
	return t.UTC().Truncate(time.Millisecond).AppendFormat(nil, timeLayout), nil
}

// MarshalJSON is here because the embedded time has one of its own.
func (t jsonTime) MarshalJSON() ([]byte, error) {
	return t.UTC().Truncate(time.Millisecond).AppendFormat(nil, `"`+timeLayout+`"`), nil
}

func (t *jsonTime) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	parsed, err := time.Parse(time.RFC3339, s)
	t.Time = parsed.UTC().Truncate(time.Millisecond)
	return err
}

// jsonQuality is a quality's name, or "#11" for one without a name here.
type jsonQuality metering.Quality

func (q jsonQuality) MarshalText() ([]byte, error) {
	if name := metering.Quality(q).String(); !strings.Contains(name, "(") {
		return []byte(name), nil
	}
	return fmt.Appendf(nil, "#%d", uint8(q)), nil
}

func (q *jsonQuality) UnmarshalText(text []byte) error {
	if known, ok := metering.QualityOf(string(text)); ok {
		*q = jsonQuality(known)
		return nil
	}
	n, err := numbered(text)
	*q = jsonQuality(n)
	return err
}

// jsonQuantity is a quantity's code, or "#200" for one without a name here.
type jsonQuantity metering.Quantity

func (q jsonQuantity) MarshalText() ([]byte, error) {
	if metering.Quantity(q).Known() {
		return []byte(metering.Quantity(q).String()), nil
	}
	return fmt.Appendf(nil, "#%d", uint8(q)), nil
}

func (q *jsonQuantity) UnmarshalText(text []byte) error {
	if known, ok := metering.QuantityOf(string(text)); ok {
		*q = jsonQuantity(known)
		return nil
	}
	n, err := numbered(text)
	*q = jsonQuantity(n)
	return err
}

func numbered(text []byte) (uint8, error) {
	digits, ok := strings.CutPrefix(string(text), "#")
	n, err := strconv.ParseUint(digits, 10, 8)
	if !ok || err != nil || n > math.MaxUint8 {
		return 0, fmt.Errorf("%q is neither a known name nor a number like #11", text)
	}
	return uint8(n), nil
}
