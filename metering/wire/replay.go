package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// ReplayBefore and ReplayAfter are how much older or newer than the collector's clock
// a Replay may be. A wish that lay about for longer may have been overtaken by
// another; see Replay.Fresh.
const (
	ReplayBefore = 5 * time.Minute
	ReplayAfter  = time.Minute
)

// Replay asks a collector to send again what it still keeps, because the ledger was
// restored or moved. It is harmless: the ledger knows every batch by its identity.
// A Replay is never retained.
type Replay struct {
	// ID is chosen by who asks and stands in the answer.
	ID     string
	Issued time.Time
	// From and To bound the time at which batches were stored, both inclusive; a
	// zero To means up to now. They are zero if numbers are asked for.
	From, To time.Time
	// FromSeq and ToSeq bound the numbers, both inclusive; a zero ToSeq means up to
	// the last one. They are zero if a time is asked for.
	FromSeq, ToSeq uint64
}

// Fresh reports whether a Replay may be heeded now.
func (r Replay) Fresh(now time.Time) bool {
	age := now.Sub(r.Issued)
	return age <= ReplayBefore && age >= -ReplayAfter
}

// ReplayAnswer is what the collector says to a Replay, before it sends anything.
type ReplayAnswer struct {
	ID string
	// Batches are planned to be sent, from number From to To; all 0 if there is
	// nothing to send.
	Batches  uint64
	From, To uint64
	// Refused says why nothing will be sent; empty if it will be.
	Refused string
}

// EncodeReplay writes a Replay as CBOR. It fails with ErrMalformed on one that asks
// for nothing or for both times and numbers.
func EncodeReplay(r Replay) ([]byte, error) {
	return encodeChecked("replay", r, checkReplay, packReplay)
}

// DecodeReplay reads a Replay, CBOR or JSON. It fails with ErrVersion or ErrMalformed.
func DecodeReplay(payload []byte) (Replay, error) {
	return decodeChecked("replay", payload, unpackReplay, unpackReplayJSON, checkReplay)
}

// EncodeReplayAnswer writes an answer as CBOR.
func EncodeReplayAnswer(a ReplayAnswer) ([]byte, error) {
	return encodeChecked("replay answer", a, checkAnswer, packAnswer)
}

// DecodeReplayAnswer reads an answer, CBOR or JSON. It fails with ErrVersion or
// ErrMalformed.
func DecodeReplayAnswer(payload []byte) (ReplayAnswer, error) {
	return decodeChecked("replay answer", payload, unpackAnswer, unpackAnswerJSON, checkAnswer)
}

// EncodeReplayJSON writes a Replay as JSON, like EncodeReplay otherwise.
func EncodeReplayJSON(r Replay) ([]byte, error) {
	if err := checkReplay(&r); err != nil {
		return nil, fmt.Errorf("encode replay: %w", err)
	}
	return marshalJSON("encode replay", jsonReplay{
		jsonHeader: jsonHeader{Version: Version, Kind: kindReplay.String()},
		ID:         r.ID, Issued: jsonTime{r.Issued}, From: jsonTime{r.From}, To: jsonTime{r.To}, FromSeq: r.FromSeq, ToSeq: r.ToSeq,
	})
}

// EncodeReplayAnswerJSON writes an answer as JSON, like EncodeReplayAnswer otherwise.
func EncodeReplayAnswerJSON(a ReplayAnswer) ([]byte, error) {
	if err := checkAnswer(&a); err != nil {
		return nil, fmt.Errorf("encode replay answer: %w", err)
	}
	return marshalJSON("encode replay answer", jsonAnswer{
		jsonHeader: jsonHeader{Version: Version, Kind: kindAnswer.String()},
		ID:         a.ID, Batches: a.Batches, From: a.From, To: a.To, Refused: cutReason(a.Refused),
	})
}

func encodeChecked[M any](what string, m M, check func(*M) error, pack func(M) any) ([]byte, error) {
	err := check(&m)
	var payload []byte
	if err == nil {
		payload, err = marshal(pack(m))
	}
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", what, err)
	}
	return payload, nil
}

func decodeChecked[M any](what string, payload []byte, cbor, json func([]byte) (M, error), check func(*M) error) (M, error) {
	var m M
	err := checkSize(payload)
	if err == nil {
		unpack := cbor
		if isJSON(payload) {
			unpack = json
		}
		m, err = unpack(payload)
	}
	if err == nil {
		err = check(&m)
	}
	if err != nil {
		var none M
		return none, fmt.Errorf("decode %s: %w", what, err)
	}
	return m, nil
}

func checkReplay(r *Replay) error {
	if err := checkName("id", r.ID); err != nil {
		return err
	}
	if err := checkTime("issued", r.Issued); err != nil {
		return err
	}
	byTime, bySeq := !r.From.IsZero() || !r.To.IsZero(), r.FromSeq != 0 || r.ToSeq != 0
	switch {
	case byTime == bySeq:
		return fmt.Errorf("%w: a replay is either by time or by number", ErrMalformed)
	case bySeq && (r.FromSeq == 0 || (r.ToSeq != 0 && r.ToSeq < r.FromSeq)):
		return fmt.Errorf("%w: numbers %d..%d: they start at 1 and do not run backwards", ErrMalformed, r.FromSeq, r.ToSeq)
	case bySeq:
		return nil
	}
	if err := checkTime("from", r.From); err != nil {
		return err
	}
	if r.To.IsZero() {
		return nil
	}
	if err := checkTime("to", r.To); err != nil {
		return err
	}
	if r.To.Before(r.From) {
		return fmt.Errorf("%w: to %v lies before from %v", ErrMalformed, r.To.UTC(), r.From.UTC())
	}
	return nil
}

func checkAnswer(a *ReplayAnswer) error {
	if err := checkName("id", a.ID); err != nil {
		return err
	}
	if a.To < a.From || (a.From == 0) != (a.Batches == 0) || (a.Batches > 0 && a.Batches-1 > a.To-a.From) {
		return fmt.Errorf("%w: %d batches from %d to %d", ErrMalformed, a.Batches, a.From, a.To)
	}
	if a.Refused != "" && a.Batches > 0 {
		return fmt.Errorf("%w: refused, and %d batches are planned", ErrMalformed, a.Batches)
	}
	return nil
}

// The drawn form of doc.go, field by field.
type (
	cborReplay struct {
		header
		ID      string `cbor:"2,keyasint"`
		Issued  int64  `cbor:"3,keyasint"`
		From    *int64 `cbor:"4,keyasint,omitempty"`
		To      *int64 `cbor:"5,keyasint,omitempty"`
		FromSeq uint64 `cbor:"6,keyasint,omitempty"`
		ToSeq   uint64 `cbor:"7,keyasint,omitempty"`
	}
	cborAnswer struct {
		header
		ID      string `cbor:"2,keyasint"`
		Batches uint64 `cbor:"3,keyasint"`
		From    uint64 `cbor:"4,keyasint,omitempty"`
		To      uint64 `cbor:"5,keyasint,omitempty"`
		Refused string `cbor:"6,keyasint,omitempty"`
	}
	jsonReplay struct {
		jsonHeader
		ID      string   `json:"id"`
		Issued  jsonTime `json:"issued"`
		From    jsonTime `json:"from,omitzero"`
		To      jsonTime `json:"to,omitzero"`
		FromSeq uint64   `json:"from_seq,omitempty"`
		ToSeq   uint64   `json:"to_seq,omitempty"`
	}
	jsonAnswer struct {
		jsonHeader
		ID      string `json:"id"`
		Batches uint64 `json:"batches"`
		From    uint64 `json:"from,omitempty"`
		To      uint64 `json:"to,omitempty"`
		Refused string `json:"refused,omitempty"`
	}
)

func packReplay(r Replay) any {
	return &cborReplay{
		header: header{Version: Version, Kind: kindReplay}, ID: r.ID, Issued: r.Issued.UnixMilli(),
		From: optionalMillis(r.From), To: optionalMillis(r.To), FromSeq: r.FromSeq, ToSeq: r.ToSeq,
	}
}

func unpackReplay(payload []byte) (Replay, error) {
	var c cborReplay
	if err := unmarshal(payload, kindReplay, &c, &c.header); err != nil {
		return Replay{}, err
	}
	return Replay{
		ID: c.ID, Issued: time.UnixMilli(c.Issued).UTC(), From: fromOptional(c.From), To: fromOptional(c.To), FromSeq: c.FromSeq, ToSeq: c.ToSeq,
	}, nil
}

func unpackReplayJSON(payload []byte) (Replay, error) {
	var j jsonReplay
	if err := unmarshalJSON(payload, kindReplay, &j, &j.jsonHeader); err != nil {
		return Replay{}, err
	}
	return Replay{ID: j.ID, Issued: j.Issued.Time, From: j.From.Time, To: j.To.Time, FromSeq: j.FromSeq, ToSeq: j.ToSeq}, nil
}

func packAnswer(a ReplayAnswer) any {
	return &cborAnswer{
		header: header{Version: Version, Kind: kindAnswer}, ID: a.ID, Batches: a.Batches, From: a.From, To: a.To, Refused: cutReason(a.Refused),
	}
}

func unpackAnswer(payload []byte) (ReplayAnswer, error) {
	var c cborAnswer
	if err := unmarshal(payload, kindAnswer, &c, &c.header); err != nil {
		return ReplayAnswer{}, err
	}
	return ReplayAnswer{ID: c.ID, Batches: c.Batches, From: c.From, To: c.To, Refused: c.Refused}, nil
}

func unpackAnswerJSON(payload []byte) (ReplayAnswer, error) {
	var j jsonAnswer
	if err := unmarshalJSON(payload, kindAnswer, &j, &j.jsonHeader); err != nil {
		return ReplayAnswer{}, err
	}
	return ReplayAnswer{ID: j.ID, Batches: j.Batches, From: j.From, To: j.To, Refused: cutReason(j.Refused)}, nil
}

func optionalMillis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

func fromOptional(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return time.UnixMilli(*ms).UTC()
}

// ReplayTopic is where a collector hears what it is asked to send again.
func ReplayTopic(site metering.SiteID, collector string) string {
	return Topic{site, BranchReplay, collector}.String()
}

// ReplayAnswerTopic is where it says how much that will be.
func ReplayAnswerTopic(site metering.SiteID, collector string) string {
	return Topic{site, BranchReplayAnswer, collector}.String()
}
