package wire

import (
	"fmt"
	"time"

	"asue/metering"
)

// Limits of the messages of control.
const (
	MaxApprovals = 8   // in one command or order
	MaxStates    = 256 // in one beat of an agent
	MaxSpan      = 24 * time.Hour
)

// EncodeAllotment writes an allotment as CBOR, unsigned: see SealAllotment. It fails
// with ErrMalformed on what DecodeAllotment would refuse.
func EncodeAllotment(a metering.Allotment) ([]byte, error) {
	return encodeChecked("allotment", a, checkAllotment, packAllotment)
}

// EncodeAllotmentJSON writes an allotment as JSON, like EncodeAllotment otherwise.
func EncodeAllotmentJSON(a metering.Allotment) ([]byte, error) {
	if err := checkAllotment(&a); err != nil {
		return nil, fmt.Errorf("encode allotment: %w", err)
	}
	return marshalJSON("encode allotment", allotmentToJSON(a))
}

// DecodeAllotment reads an allotment without its seal, CBOR or JSON. It fails with
// ErrVersion or ErrMalformed. What an agent is to obey is read with OpenAllotment.
func DecodeAllotment(payload []byte) (metering.Allotment, error) {
	return decodeChecked("allotment", payload, unpackAllotment, unpackAllotmentJSON, checkAllotment)
}

// checkAllotment holds the parts of a message against each other. What an agent
// permits is its own affair.
func checkAllotment(a *metering.Allotment) error {
	if a.Verb < metering.VerbBeat || a.Verb > metering.VerbCommission {
		return fmt.Errorf("%w: verb %d is not known", ErrMalformed, uint8(a.Verb))
	}
	if err := checkName("agent", string(a.Agent)); err != nil {
		return err
	}
	if a.Mode > metering.ModeAuto {
		return fmt.Errorf("%w: mode %d is not known", ErrMalformed, uint8(a.Mode))
	}
	if err := checkTime("issued", a.IssuedAt); err != nil {
		return err
	}
	if a.TTL <= 0 || a.TTL > MaxSpan || a.Lease < 0 || a.Lease > MaxSpan {
		return fmt.Errorf("%w: a lifetime of %v and a lease of %v", ErrMalformed, a.TTL, a.Lease)
	}
	if err := checkApprovals(a.Approvals); err != nil {
		return err
	}
	if a.Verb == metering.VerbBeat {
		return checkBareBeat(a)
	}
	return checkCommand(a)
}

// checkBareBeat sees to it that a beat carries nothing that could be obeyed.
func checkBareBeat(a *metering.Allotment) error {
	if a.Actuator != "" || a.Kind != "" || a.Want != (metering.Desired{}) || a.Expect != (metering.Desired{}) || a.Band != nil || a.Emergency || len(a.Approvals) > 0 {
		return fmt.Errorf("%w: a beat that names an actuator or a state", ErrMalformed)
	}
	if a.ID == "" {
		return nil
	}
	return checkName("id", a.ID)
}

func checkCommand(a *metering.Allotment) error {
	if err := checkName("id", a.ID); err != nil {
		return err
	}
	if err := checkName("actuator", string(a.Actuator)); err != nil {
		return err
	}
	switch a.Kind {
	case metering.ActuatorSetpoint, metering.ActuatorRelay, metering.ActuatorBreaker:
	default:
		return fmt.Errorf("%w: kind %q is neither setpoint, relay nor breaker", ErrMalformed, clip(string(a.Kind)))
	}
	for _, d := range []metering.Desired{a.Want, a.Expect} {
		if err := checkDesired(d); err != nil {
			return err
		}
	}
	if commissions := a.Verb == metering.VerbCommission; commissions != (a.Band != nil) {
		return fmt.Errorf("%w: a hard band belongs to the verb commission and to no other", ErrMalformed)
	}
	return checkBand(a.Band)
}

func checkDesired(d metering.Desired) error {
	switch {
	case d.Position > metering.PositionOpen:
		return fmt.Errorf("%w: position %d is not known", ErrMalformed, uint8(d.Position))
	case d.Limit < 0:
		return fmt.Errorf("%w: a limit of %v", ErrMalformed, d.Limit)
	case d.Position != metering.PositionUnknown && d.Limit != 0:
		return fmt.Errorf("%w: both a position and a limit", ErrMalformed)
	}
	return nil
}

// checkBand accepts 0 ≤ Least ≤ FailSafe ≤ Most, or no band at all.
func checkBand(b *metering.HardBand) error {
	if b != nil && (b.Least < 0 || b.FailSafe < b.Least || b.Most < b.FailSafe) {
		return fmt.Errorf("%w: a hard band from %v to %v with a fail-safe of %v: it must hold its fail-safe", ErrMalformed, b.Least, b.Most, b.FailSafe)
	}
	return nil
}

func checkApprovals(list []metering.Approval) error {
	if len(list) > MaxApprovals {
		return fmt.Errorf("%w: %d approvals, at most %d are allowed", ErrMalformed, len(list), MaxApprovals)
	}
	for _, a := range list {
		if err := checkText("user", a.User); err != nil {
			return err
		}
		if err := checkText("role", string(a.Role)); err != nil {
			return err
		}
		if err := checkTime("approval", a.At); err != nil {
			return err
		}
	}
	return nil
}

// The drawn form of doc.go, field by field.
type (
	cborAllotment struct {
		header
		ID        string         `cbor:"2,keyasint,omitempty"`
		Verb      uint8          `cbor:"3,keyasint"`
		Agent     string         `cbor:"4,keyasint"`
		Actuator  string         `cbor:"5,keyasint,omitempty"`
		Kind      string         `cbor:"6,keyasint,omitempty"`
		Want      *cborDesired   `cbor:"7,keyasint,omitempty"`
		Expect    *cborDesired   `cbor:"8,keyasint,omitempty"`
		Mode      uint8          `cbor:"9,keyasint,omitempty"`
		Emergency bool           `cbor:"10,keyasint,omitempty"`
		Term      uint64         `cbor:"11,keyasint"`
		Seq       uint64         `cbor:"12,keyasint"`
		Boot      uint64         `cbor:"13,keyasint"`
		Nonce     uint64         `cbor:"14,keyasint"`
		Issued    int64          `cbor:"15,keyasint"`
		TTL       int64          `cbor:"16,keyasint"`
		Lease     int64          `cbor:"17,keyasint,omitempty"`
		Reason    string         `cbor:"18,keyasint,omitempty"`
		Snapshot  []byte         `cbor:"19,keyasint,omitempty"`
		Approvals []cborApproval `cbor:"20,keyasint,omitempty"`
		Band      *cborBand      `cbor:"21,keyasint,omitempty"`
	}
	cborDesired struct {
		_        struct{} `cbor:",toarray"`
		Limit    int64
		Position uint8
	}
	cborApproval struct {
		_    struct{} `cbor:",toarray"`
		User string
		Role string
		At   int64
	}
	cborBand struct {
		_                     struct{} `cbor:",toarray"`
		Least, Most, FailSafe int64
	}
)

func packAllotment(a metering.Allotment) any {
	c := &cborAllotment{
		header: header{Version: Version, Kind: kindAllotment}, ID: a.ID, Verb: uint8(a.Verb), Agent: string(a.Agent),
		Actuator: string(a.Actuator), Kind: string(a.Kind), Want: packDesired(a.Want), Expect: packDesired(a.Expect),
		Mode: uint8(a.Mode), Emergency: a.Emergency, Term: a.Term, Seq: a.Seq, Boot: a.Boot, Nonce: a.Nonce,
		Issued: a.IssuedAt.UnixMilli(), TTL: a.TTL.Milliseconds(), Lease: a.Lease.Milliseconds(), Reason: cutReason(a.Reason),
		Approvals: packApprovals(a.Approvals), Band: packBand(a.Band),
	}
	if a.Snapshot != [32]byte{} {
		c.Snapshot = a.Snapshot[:]
	}
	return c
}

func unpackAllotment(payload []byte) (metering.Allotment, error) {
	var c cborAllotment
	if err := unmarshal(payload, kindAllotment, &c, &c.header); err != nil {
		return metering.Allotment{}, err
	}
	a := metering.Allotment{
		ID: c.ID, Verb: metering.Verb(c.Verb), Agent: metering.AgentID(c.Agent), Actuator: metering.ActuatorID(c.Actuator),
		Kind: metering.ActuatorKind(c.Kind), Want: c.Want.unpack(), Expect: c.Expect.unpack(), Mode: metering.Mode(c.Mode),
		Emergency: c.Emergency, Term: c.Term, Seq: c.Seq, Boot: c.Boot, Nonce: c.Nonce, IssuedAt: time.UnixMilli(c.Issued).UTC(),
		Reason: cutReason(c.Reason), Approvals: unpackApprovals(c.Approvals), Band: c.Band.unpack(),
	}
	var err error
	if a.TTL, err = spanOf("ttl", c.TTL); err == nil {
		a.Lease, err = spanOf("lease", c.Lease)
	}
	if err == nil {
		a.Snapshot, err = digestOf(c.Snapshot)
	}
	return a, err
}

// spanOf is a duration of 0..MaxSpan in milliseconds.
func spanOf(field string, ms int64) (time.Duration, error) {
	if ms < 0 || ms > MaxSpan.Milliseconds() {
		return 0, fmt.Errorf("%w: %s of %d ms, at most %v is allowed", ErrMalformed, field, ms, MaxSpan)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func digestOf(b []byte) (digest [32]byte, err error) {
	if len(b) != 0 && len(b) != len(digest) {
		return digest, fmt.Errorf("%w: a snapshot of %d bytes, not %d", ErrMalformed, len(b), len(digest))
	}
	copy(digest[:], b)
	return digest, nil
}

func packDesired(d metering.Desired) *cborDesired {
	if d == (metering.Desired{}) {
		return nil
	}
	return &cborDesired{Limit: int64(d.Limit), Position: uint8(d.Position)}
}

func (c *cborDesired) unpack() metering.Desired {
	if c == nil {
		return metering.Desired{}
	}
	return metering.Desired{Limit: metering.Power(c.Limit), Position: metering.Position(c.Position)}
}

func packApprovals(list []metering.Approval) []cborApproval {
	var packed []cborApproval
	for _, a := range list {
		packed = append(packed, cborApproval{User: a.User, Role: string(a.Role), At: a.At.UnixMilli()})
	}
	return packed
}

func unpackApprovals(packed []cborApproval) []metering.Approval {
	var list []metering.Approval
	for _, c := range packed {
		list = append(list, metering.Approval{User: c.User, Role: metering.Role(c.Role), At: time.UnixMilli(c.At).UTC()})
	}
	return list
}

func packBand(b *metering.HardBand) *cborBand {
	if b == nil {
		return nil
	}
	return &cborBand{Least: int64(b.Least), Most: int64(b.Most), FailSafe: int64(b.FailSafe)}
}

func (c *cborBand) unpack() *metering.HardBand {
	if c == nil {
		return nil
	}
	return &metering.HardBand{Least: metering.Power(c.Least), Most: metering.Power(c.Most), FailSafe: metering.Power(c.FailSafe)}
}
