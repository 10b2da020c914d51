package wire

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// EncodeOrder writes an order as CBOR, unsigned: see SealOrder. It fails with
// ErrMalformed on what DecodeOrder would refuse.
func EncodeOrder(o metering.Order) ([]byte, error) {
	return encodeChecked("order", o, checkOrder, packOrder)
}

// EncodeOrderJSON writes an order as JSON, like EncodeOrder otherwise.
func EncodeOrderJSON(o metering.Order) ([]byte, error) {
	if err := checkOrder(&o); err != nil {
		return nil, fmt.Errorf("encode order: %w", err)
	}
	return marshalJSON("encode order", jsonOrder{
		jsonHeader: jsonHeader{Version: Version, Kind: kindOrder.String()},
		ID:         o.ID, Order: string(o.Kind), At: jsonTime{o.At}, Expires: jsonTime{o.Expires}, Reason: cutReason(o.Reason),
		By: approvalsToJSON(o.By), Proposal: o.Proposal, Override: o.Override, Actuator: string(o.Actuator),
		Resident: string(o.Resident), Node: string(o.Node), Mode: o.Mode.String(), Power: o.Power, Band: bandToJSON(o.Band),
	})
}

// DecodeOrder reads an order without its seal, CBOR or JSON. It fails with
// ErrVersion or ErrMalformed. What a balancer is to obey is read with OpenOrder.
func DecodeOrder(payload []byte) (metering.Order, error) {
	return decodeChecked("order", payload, unpackOrder, unpackOrderJSON, checkOrder)
}

var orderKinds = []metering.OrderKind{
	metering.OrderArm, metering.OrderDisarm, metering.OrderMode, metering.OrderKill, metering.OrderUnkill, metering.OrderConfirm,
	metering.OrderReject, metering.OrderPin, metering.OrderExclude, metering.OrderLimit, metering.OrderInhibit, metering.OrderRelease,
	metering.OrderRestore, metering.OrderBand,
}

// checkOrder holds the form of an order. Whether it may be given is the balancer's
// affair.
func checkOrder(o *metering.Order) error {
	if err := checkName("id", o.ID); err != nil {
		return err
	}
	if !slices.Contains(orderKinds, o.Kind) {
		return fmt.Errorf("%w: order %q is not known", ErrMalformed, clip(string(o.Kind)))
	}
	if err := checkTime("time", o.At); err != nil {
		return err
	}
	if !o.Expires.IsZero() {
		if err := checkTime("expires", o.Expires); err != nil {
			return err
		}
	}
	switch {
	case o.Reason == "":
		return fmt.Errorf("%w: an order without a reason", ErrMalformed)
	case len(o.By) == 0:
		return fmt.Errorf("%w: an order of nobody", ErrMalformed)
	case o.Mode > metering.ModeAuto:
		return fmt.Errorf("%w: mode %d is not known", ErrMalformed, uint8(o.Mode))
	case o.Power < 0:
		return fmt.Errorf("%w: a power of %v", ErrMalformed, o.Power)
	}
	for _, n := range []struct{ field, name string }{
		{"proposal", o.Proposal}, {"override", o.Override}, {"actuator", string(o.Actuator)}, {"resident", string(o.Resident)}, {"node", string(o.Node)},
	} {
		if n.name == "" {
			continue
		}
		if err := checkName(n.field, n.name); err != nil {
			return err
		}
	}
	if err := checkApprovals(o.By); err != nil {
		return err
	}
	return checkBand(o.Band)
}

type (
	cborOrder struct {
		header
		ID       string         `cbor:"2,keyasint"`
		Order    string         `cbor:"3,keyasint"`
		At       int64          `cbor:"4,keyasint"`
		Expires  *int64         `cbor:"5,keyasint,omitempty"`
		Reason   string         `cbor:"6,keyasint"`
		By       []cborApproval `cbor:"7,keyasint"`
		Proposal string         `cbor:"8,keyasint,omitempty"`
		Override string         `cbor:"9,keyasint,omitempty"`
		Actuator string         `cbor:"10,keyasint,omitempty"`
		Resident string         `cbor:"11,keyasint,omitempty"`
		Node     string         `cbor:"12,keyasint,omitempty"`
		Mode     uint8          `cbor:"13,keyasint,omitempty"`
		Power    int64          `cbor:"14,keyasint,omitempty"`
		Band     *cborBand      `cbor:"15,keyasint,omitempty"`
	}
	jsonOrder struct {
		jsonHeader
		ID       string         `json:"id"`
		Order    string         `json:"order"`
		At       jsonTime       `json:"t"`
		Expires  jsonTime       `json:"expires,omitzero"`
		Reason   string         `json:"reason"`
		By       []jsonApproval `json:"by"`
		Proposal string         `json:"proposal,omitempty"`
		Override string         `json:"override,omitempty"`
		Actuator string         `json:"actuator,omitempty"`
		Resident string         `json:"resident,omitempty"`
		Node     string         `json:"node,omitempty"`
		Mode     string         `json:"mode"`
		Power    metering.Power `json:"power_w,omitempty"`
		Band     *jsonBand      `json:"band,omitempty"`
	}
)

func packOrder(o metering.Order) any {
	return &cborOrder{
		header: header{Version: Version, Kind: kindOrder}, ID: o.ID, Order: string(o.Kind), At: o.At.UnixMilli(), Expires: optionalMillis(o.Expires),
		Reason: cutReason(o.Reason), By: packApprovals(o.By), Proposal: o.Proposal, Override: o.Override, Actuator: string(o.Actuator),
		Resident: string(o.Resident), Node: string(o.Node), Mode: uint8(o.Mode), Power: int64(o.Power), Band: packBand(o.Band),
	}
}

func unpackOrder(payload []byte) (metering.Order, error) {
	var c cborOrder
	if err := unmarshal(payload, kindOrder, &c, &c.header); err != nil {
		return metering.Order{}, err
	}
	return metering.Order{
		ID: c.ID, Kind: metering.OrderKind(c.Order), At: time.UnixMilli(c.At).UTC(), Expires: fromOptional(c.Expires), Reason: cutReason(c.Reason),
		By: unpackApprovals(c.By), Proposal: c.Proposal, Override: c.Override, Actuator: metering.ActuatorID(c.Actuator),
		Resident: metering.ResidentID(c.Resident), Node: metering.NodeID(c.Node), Mode: metering.Mode(c.Mode),
		Power: metering.Power(c.Power), Band: c.Band.unpack(),
	}, nil
}

func unpackOrderJSON(payload []byte) (metering.Order, error) {
	var j jsonOrder
	if err := unmarshalJSON(payload, kindOrder, &j, &j.jsonHeader); err != nil {
		return metering.Order{}, err
	}
	mode, err := modeOf(j.Mode)
	return metering.Order{
		ID: j.ID, Kind: metering.OrderKind(j.Order), At: j.At.Time, Expires: j.Expires.Time, Reason: cutReason(j.Reason),
		By: approvalsFromJSON(j.By), Proposal: j.Proposal, Override: j.Override, Actuator: metering.ActuatorID(j.Actuator),
		Resident: metering.ResidentID(j.Resident), Node: metering.NodeID(j.Node), Mode: mode, Power: j.Power, Band: j.Band.unpack(),
	}, err
}
