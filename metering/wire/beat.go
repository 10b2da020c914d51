package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// EncodeBeat writes an agent's sign of life as CBOR. It fails with ErrMalformed on
// what DecodeBeat would refuse.
func EncodeBeat(b metering.AgentBeat) ([]byte, error) {
	return encodeChecked("beat", b, checkBeat, packBeat)
}

// EncodeBeatJSON writes a beat as JSON, like EncodeBeat otherwise.
func EncodeBeatJSON(b metering.AgentBeat) ([]byte, error) {
	if err := checkBeat(&b); err != nil {
		return nil, fmt.Errorf("encode beat: %w", err)
	}
	j := jsonBeat{
		jsonHeader: jsonHeader{Version: Version, Kind: kindBeat.String()},
		Agent:      string(b.Agent), Boot: hex64(b.Boot), Nonce: hex64(b.Nonce), At: jsonTime{b.At}, Term: b.Term, Seq: b.Seq,
	}
	for _, s := range b.States {
		state := jsonActuatorState{
			Actuator: string(s.Actuator), At: jsonTime{s.At}, Readable: s.Readable, Now: desiredToJSON(s.Now), Guarding: string(s.Guarding),
			Command: s.Command, Left: s.Left.Milliseconds(), Text: cutReason(s.Text),
		}
		if s.Band != (metering.HardBand{}) {
			state.Band = bandToJSON(&s.Band)
		}
		j.States = append(j.States, state)
	}
	return marshalJSON("encode beat", j)
}

// DecodeBeat reads a beat, CBOR or JSON. It fails with ErrVersion or ErrMalformed.
func DecodeBeat(payload []byte) (metering.AgentBeat, error) {
	return decodeChecked("beat", payload, unpackBeat, unpackBeatJSON, checkBeat)
}

func checkBeat(b *metering.AgentBeat) error {
	if err := checkName("agent", string(b.Agent)); err != nil {
		return err
	}
	if err := checkTime("time", b.At); err != nil {
		return err
	}
	if len(b.States) > MaxStates {
		return fmt.Errorf("%w: %d actuators, at most %d are allowed", ErrMalformed, len(b.States), MaxStates)
	}
	for i := range b.States {
		if err := checkState(&b.States[i]); err != nil {
			return fmt.Errorf("state %d: %w", i, err)
		}
	}
	return nil
}

func checkState(s *metering.ActuatorState) error {
	if err := checkName("actuator", string(s.Actuator)); err != nil {
		return err
	}
	if !s.At.IsZero() {
		if err := checkTime("time", s.At); err != nil {
			return err
		}
	}
	if err := checkDesired(s.Now); err != nil {
		return err
	}
	if err := checkName("guarding", string(s.Guarding)); err != nil {
		return err
	}
	if s.Command != "" {
		if err := checkName("command", s.Command); err != nil {
			return err
		}
	}
	if s.Left < 0 || s.Left > MaxSpan {
		return fmt.Errorf("%w: %v of a lease are left", ErrMalformed, s.Left)
	}
	return checkBand(&s.Band)
}

type (
	cborBeat struct {
		header
		Agent  string      `cbor:"2,keyasint"`
		Boot   uint64      `cbor:"3,keyasint"`
		Nonce  uint64      `cbor:"4,keyasint"`
		At     int64       `cbor:"5,keyasint"`
		Term   uint64      `cbor:"6,keyasint"`
		Seq    uint64      `cbor:"7,keyasint"`
		States []cborState `cbor:"8,keyasint,omitempty"`
	}
	cborState struct {
		Actuator string       `cbor:"0,keyasint"`
		At       *int64       `cbor:"1,keyasint,omitempty"`
		Readable bool         `cbor:"2,keyasint,omitempty"`
		Now      *cborDesired `cbor:"3,keyasint,omitempty"`
		Guarding string       `cbor:"4,keyasint"`
		Command  string       `cbor:"5,keyasint,omitempty"`
		Left     int64        `cbor:"6,keyasint,omitempty"`
		Band     *cborBand    `cbor:"7,keyasint,omitempty"`
		Text     string       `cbor:"8,keyasint,omitempty"`
	}
	jsonBeat struct {
		jsonHeader
		Agent  string              `json:"agent"`
		Boot   hex64               `json:"boot"`
		Nonce  hex64               `json:"nonce"`
		At     jsonTime            `json:"t"`
		Term   uint64              `json:"term"`
		Seq    uint64              `json:"seq"`
		States []jsonActuatorState `json:"states,omitempty"`
	}
	jsonActuatorState struct {
		Actuator string       `json:"actuator"`
		At       jsonTime     `json:"t,omitzero"`
		Readable bool         `json:"readable"`
		Now      *jsonDesired `json:"now,omitempty"`
		Guarding string       `json:"guarding"`
		Command  string       `json:"command,omitempty"`
		Left     int64        `json:"left_ms,omitempty"`
		Band     *jsonBand    `json:"band,omitempty"`
		Text     string       `json:"text,omitempty"`
	}
)

func packBeat(b metering.AgentBeat) any {
	c := &cborBeat{
		header: header{Version: Version, Kind: kindBeat}, Agent: string(b.Agent), Boot: b.Boot, Nonce: b.Nonce,
		At: b.At.UnixMilli(), Term: b.Term, Seq: b.Seq,
	}
	for _, s := range b.States {
		state := cborState{
			Actuator: string(s.Actuator), At: optionalMillis(s.At), Readable: s.Readable, Now: packDesired(s.Now), Guarding: string(s.Guarding),
			Command: s.Command, Left: s.Left.Milliseconds(), Text: cutReason(s.Text),
		}
		if s.Band != (metering.HardBand{}) {
			state.Band = packBand(&s.Band)
		}
		c.States = append(c.States, state)
	}
	return c
}

func unpackBeat(payload []byte) (metering.AgentBeat, error) {
	var c cborBeat
	if err := unmarshal(payload, kindBeat, &c, &c.header); err != nil {
		return metering.AgentBeat{}, err
	}
	b := metering.AgentBeat{
		Agent: metering.AgentID(c.Agent), Boot: c.Boot, Nonce: c.Nonce, At: time.UnixMilli(c.At).UTC(), Term: c.Term, Seq: c.Seq,
	}
	for _, s := range c.States {
		left, err := spanOf("left", s.Left)
		if err != nil {
			return b, err
		}
		state := metering.ActuatorState{
			Actuator: metering.ActuatorID(s.Actuator), At: fromOptional(s.At), Readable: s.Readable, Now: s.Now.unpack(),
			Guarding: metering.Guarding(s.Guarding), Command: s.Command, Left: left, Text: cutReason(s.Text),
		}
		if band := s.Band.unpack(); band != nil {
			state.Band = *band
		}
		b.States = append(b.States, state)
	}
	return b, nil
}

func unpackBeatJSON(payload []byte) (metering.AgentBeat, error) {
	var j jsonBeat
	if err := unmarshalJSON(payload, kindBeat, &j, &j.jsonHeader); err != nil {
		return metering.AgentBeat{}, err
	}
	b := metering.AgentBeat{
		Agent: metering.AgentID(j.Agent), Boot: uint64(j.Boot), Nonce: uint64(j.Nonce), At: j.At.Time, Term: j.Term, Seq: j.Seq,
	}
	for _, s := range j.States {
		left, err := spanOf("left_ms", s.Left)
		if err != nil {
			return b, err
		}
		now, err := s.Now.unpack()
		if err != nil {
			return b, err
		}
		state := metering.ActuatorState{
			Actuator: metering.ActuatorID(s.Actuator), At: s.At.Time, Readable: s.Readable, Now: now,
			Guarding: metering.Guarding(s.Guarding), Command: s.Command, Left: left, Text: cutReason(s.Text),
		}
		if band := s.Band.unpack(); band != nil {
			state.Band = *band
		}
		b.States = append(b.States, state)
	}
	return b, nil
}
