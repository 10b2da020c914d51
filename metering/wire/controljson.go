package wire

import (
	"cmp"
	"encoding/hex"
	"fmt"

	"asue/metering"
)

// What the messages of control have in common as JSON.
type (
	jsonAllotment struct {
		jsonHeader
		ID        string         `json:"id,omitempty"`
		Verb      string         `json:"verb"`
		Agent     string         `json:"agent"`
		Actuator  string         `json:"actuator,omitempty"`
		Device    string         `json:"device,omitempty"` // metering.ActuatorKind; "kind" is the message's
		Want      *jsonDesired   `json:"want,omitempty"`
		Expect    *jsonDesired   `json:"expect,omitempty"`
		Mode      string         `json:"mode"`
		Emergency bool           `json:"emergency,omitempty"`
		Term      uint64         `json:"term"`
		Seq       uint64         `json:"seq"`
		Boot      hex64          `json:"boot"`
		Nonce     hex64          `json:"nonce"`
		Issued    jsonTime       `json:"issued"`
		TTL       int64          `json:"ttl_ms"`
		Lease     int64          `json:"lease_ms,omitempty"`
		Reason    string         `json:"reason,omitempty"`
		Snapshot  hexBytes       `json:"snapshot,omitempty"`
		Approvals []jsonApproval `json:"approvals,omitempty"`
		Band      *jsonBand      `json:"band,omitempty"`
	}
	jsonDesired struct {
		Limit    *metering.Power `json:"limit_w,omitempty"`
		Position string          `json:"position,omitempty"`
	}
	jsonApproval struct {
		User string   `json:"user"`
		Role string   `json:"role"`
		At   jsonTime `json:"t"`
	}
	jsonBand struct {
		Least    metering.Power `json:"least_w"`
		Most     metering.Power `json:"most_w"`
		FailSafe metering.Power `json:"failsafe_w"`
	}
)

func allotmentToJSON(a metering.Allotment) jsonAllotment {
	j := jsonAllotment{
		jsonHeader: jsonHeader{Version: Version, Kind: kindAllotment.String()}, ID: a.ID, Verb: a.Verb.String(), Agent: string(a.Agent),
		Actuator: string(a.Actuator), Device: string(a.Kind), Want: desiredToJSON(a.Want), Expect: desiredToJSON(a.Expect),
		Mode: a.Mode.String(), Emergency: a.Emergency, Term: a.Term, Seq: a.Seq, Boot: hex64(a.Boot), Nonce: hex64(a.Nonce),
		Issued: jsonTime{a.IssuedAt}, TTL: a.TTL.Milliseconds(), Lease: a.Lease.Milliseconds(), Reason: cutReason(a.Reason),
		Approvals: approvalsToJSON(a.Approvals), Band: bandToJSON(a.Band),
	}
	if a.Snapshot != [32]byte{} {
		j.Snapshot = a.Snapshot[:]
	}
	return j
}

func unpackAllotmentJSON(payload []byte) (metering.Allotment, error) {
	var j jsonAllotment
	if err := unmarshalJSON(payload, kindAllotment, &j, &j.jsonHeader); err != nil {
		return metering.Allotment{}, err
	}
	a := metering.Allotment{
		ID: j.ID, Agent: metering.AgentID(j.Agent), Actuator: metering.ActuatorID(j.Actuator), Kind: metering.ActuatorKind(j.Device),
		Emergency: j.Emergency, Term: j.Term, Seq: j.Seq, Boot: uint64(j.Boot), Nonce: uint64(j.Nonce), IssuedAt: j.Issued.Time,
		Reason: cutReason(j.Reason), Approvals: approvalsFromJSON(j.Approvals), Band: j.Band.unpack(),
	}
	for v := metering.VerbBeat; v <= metering.VerbCommission; v++ {
		if v.String() == j.Verb {
			a.Verb = v
		}
	}
	var wrong [6]error
	a.Want, wrong[0] = j.Want.unpack()
	a.Expect, wrong[1] = j.Expect.unpack()
	a.Mode, wrong[2] = modeOf(j.Mode)
	a.TTL, wrong[3] = spanOf("ttl_ms", j.TTL)
	a.Lease, wrong[4] = spanOf("lease_ms", j.Lease)
	a.Snapshot, wrong[5] = digestOf(j.Snapshot)
	return a, cmp.Or(wrong[:]...)
}

func modeOf(name string) (metering.Mode, error) {
	m, err := metering.ParseMode(clip(name))
	if err != nil {
		return m, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return m, nil
}

func desiredToJSON(d metering.Desired) *jsonDesired {
	switch {
	case d == metering.Desired{}:
		return nil
	case d.Position != metering.PositionUnknown:
		return &jsonDesired{Position: d.Position.String()}
	}
	return &jsonDesired{Limit: &d.Limit}
}

func (j *jsonDesired) unpack() (metering.Desired, error) {
	if j == nil {
		return metering.Desired{}, nil
	}
	var d metering.Desired
	if j.Limit != nil {
		d.Limit = *j.Limit
	}
	switch j.Position {
	case "":
	case metering.PositionClosed.String():
		d.Position = metering.PositionClosed
	case metering.PositionOpen.String():
		d.Position = metering.PositionOpen
	default:
		return d, fmt.Errorf("%w: position %q is neither closed nor open", ErrMalformed, clip(j.Position))
	}
	return d, nil
}

func approvalsToJSON(list []metering.Approval) []jsonApproval {
	var out []jsonApproval
	for _, a := range list {
		out = append(out, jsonApproval{User: a.User, Role: string(a.Role), At: jsonTime{a.At}})
	}
	return out
}

func approvalsFromJSON(list []jsonApproval) []metering.Approval {
	var out []metering.Approval
	for _, j := range list {
		out = append(out, metering.Approval{User: j.User, Role: metering.Role(j.Role), At: j.At.Time})
	}
	return out
}

func bandToJSON(b *metering.HardBand) *jsonBand {
	if b == nil {
		return nil
	}
	return &jsonBand{b.Least, b.Most, b.FailSafe}
}

func (j *jsonBand) unpack() *metering.HardBand {
	if j == nil {
		return nil
	}
	return &metering.HardBand{Least: j.Least, Most: j.Most, FailSafe: j.FailSafe}
}

// hexBytes are bytes as hexadecimal digits.
type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	*h = b
	return err
}
