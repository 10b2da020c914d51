package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// EncodeOutcome writes an outcome as CBOR. Of a text that is too long the beginning
// goes out. It fails with ErrMalformed on what DecodeOutcome would refuse.
func EncodeOutcome(o metering.Outcome) ([]byte, error) {
	return encodeChecked("outcome", o, checkOutcome, packOutcome)
}

// EncodeOutcomeJSON writes an outcome as JSON, like EncodeOutcome otherwise.
func EncodeOutcomeJSON(o metering.Outcome) ([]byte, error) {
	if err := checkOutcome(&o); err != nil {
		return nil, fmt.Errorf("encode outcome: %w", err)
	}
	return marshalJSON("encode outcome", jsonOutcome{
		jsonHeader: jsonHeader{Version: Version, Kind: kindOutcome.String()},
		ID:         o.ID, Agent: string(o.Agent), Actuator: string(o.Actuator), Stage: string(o.Stage), Refusal: o.Refusal,
		Text: cutReason(o.Text), At: jsonTime{o.At}, Seen: desiredToJSON(o.Seen), Term: o.Term,
	})
}

// DecodeOutcome reads an outcome, CBOR or JSON. It fails with ErrVersion or
// ErrMalformed.
func DecodeOutcome(payload []byte) (metering.Outcome, error) {
	return decodeChecked("outcome", payload, unpackOutcome, unpackOutcomeJSON, checkOutcome)
}

func checkOutcome(o *metering.Outcome) error {
	if err := checkName("id", o.ID); err != nil {
		return err
	}
	if err := checkName("agent", string(o.Agent)); err != nil {
		return err
	}
	if o.Actuator != "" {
		if err := checkName("actuator", string(o.Actuator)); err != nil {
			return err
		}
	}
	if o.Refusal != "" {
		if err := checkName("refusal", o.Refusal); err != nil {
			return err
		}
	}
	switch o.Stage {
	case metering.StageRefused, metering.StageSelected, metering.StageExecuting, metering.StageConfirmed,
		metering.StageFailed, metering.StageExpired, metering.StageCancelled, metering.StageReverted:
	default:
		return fmt.Errorf("%w: stage %q is not known", ErrMalformed, clip(string(o.Stage)))
	}
	if err := checkDesired(o.Seen); err != nil {
		return err
	}
	return checkTime("time", o.At)
}

type (
	cborOutcome struct {
		header
		ID       string       `cbor:"2,keyasint"`
		Agent    string       `cbor:"3,keyasint"`
		Actuator string       `cbor:"4,keyasint,omitempty"`
		Stage    string       `cbor:"5,keyasint"`
		Refusal  string       `cbor:"6,keyasint,omitempty"`
		Text     string       `cbor:"7,keyasint,omitempty"`
		At       int64        `cbor:"8,keyasint"`
		Seen     *cborDesired `cbor:"9,keyasint,omitempty"`
		Term     uint64       `cbor:"10,keyasint"`
	}
	jsonOutcome struct {
		jsonHeader
		ID       string       `json:"id"`
		Agent    string       `json:"agent"`
		Actuator string       `json:"actuator,omitempty"`
		Stage    string       `json:"stage"`
		Refusal  string       `json:"refusal,omitempty"`
		Text     string       `json:"text,omitempty"`
		At       jsonTime     `json:"t"`
		Seen     *jsonDesired `json:"seen,omitempty"`
		Term     uint64       `json:"term"`
	}
)

func packOutcome(o metering.Outcome) any {
	return &cborOutcome{
		header: header{Version: Version, Kind: kindOutcome}, ID: o.ID, Agent: string(o.Agent), Actuator: string(o.Actuator),
		Stage: string(o.Stage), Refusal: o.Refusal, Text: cutReason(o.Text), At: o.At.UnixMilli(), Seen: packDesired(o.Seen), Term: o.Term,
	}
}

func unpackOutcome(payload []byte) (metering.Outcome, error) {
	var c cborOutcome
	if err := unmarshal(payload, kindOutcome, &c, &c.header); err != nil {
		return metering.Outcome{}, err
	}
	return metering.Outcome{
		ID: c.ID, Agent: metering.AgentID(c.Agent), Actuator: metering.ActuatorID(c.Actuator), Stage: metering.Stage(c.Stage),
		Refusal: c.Refusal, Text: cutReason(c.Text), At: time.UnixMilli(c.At).UTC(), Seen: c.Seen.unpack(), Term: c.Term,
	}, nil
}

func unpackOutcomeJSON(payload []byte) (metering.Outcome, error) {
	var j jsonOutcome
	if err := unmarshalJSON(payload, kindOutcome, &j, &j.jsonHeader); err != nil {
		return metering.Outcome{}, err
	}
	seen, err := j.Seen.unpack()
	return metering.Outcome{
		ID: j.ID, Agent: metering.AgentID(j.Agent), Actuator: metering.ActuatorID(j.Actuator), Stage: metering.Stage(j.Stage),
		Refusal: j.Refusal, Text: cutReason(j.Text), At: j.At.Time, Seen: seen, Term: j.Term,
	}, err
}
