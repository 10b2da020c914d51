package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// LivePoint is the present state of a metering point for people and other
// systems. It is retained by the broker and so may have lain there for a while:
// its age is the reader's clock minus At.
type LivePoint struct {
	At time.Time
	// What is not known is nil, and absent in the message.
	Power        *float64         // W
	Reactive     *float64         // var
	Voltage      *float64         // V, mean of the lines where it is known, else of the phases
	EnergyImport *metering.Energy // Wh, the register at the primary side
	Quality      metering.Quality
	Reason       string // why the quality is not good
	Meter        metering.MeterID
	Resident     metering.ResidentID // empty for points that are no resident's
}

type jsonLivePoint struct {
	Time         jsonTime         `json:"t"`
	Power        *float64         `json:"power_w,omitempty"`
	Reactive     *float64         `json:"reactive_var,omitempty"`
	EnergyImport *metering.Energy `json:"energy_import_wh,omitempty"`
	Voltage      *float64         `json:"voltage_v,omitempty"`
	Quality      jsonQuality      `json:"quality"`
	Reason       string           `json:"reason,omitempty"`
	Meter        string           `json:"meter,omitempty"`
	Resident     string           `json:"resident,omitempty"`
}

// EncodeLivePoint writes one line of plain JSON:
//
//	{"t":"2026-03-02T06:15:01.250Z","power_w":1250400,"energy_import_wh":81234500,"quality":"good","meter":"F-012"}
//
// A value that is not a finite number is left out.
func EncodeLivePoint(p LivePoint) ([]byte, error) {
	return marshalJSON("encode live point", jsonLivePoint{
		Time:         jsonTime{p.At},
		Power:        finiteOrNil(p.Power),
		Reactive:     finiteOrNil(p.Reactive),
		EnergyImport: p.EnergyImport,
		Voltage:      finiteOrNil(p.Voltage),
		Quality:      jsonQuality(p.Quality),
		Reason:       cutReason(p.Reason),
		Meter:        string(p.Meter),
		Resident:     string(p.Resident),
	})
}

// DecodeLivePoint reads what EncodeLivePoint wrote. It fails with ErrMalformed.
func DecodeLivePoint(payload []byte) (LivePoint, error) {
	var j jsonLivePoint
	if err := decodePlain("live point", payload, &j); err != nil {
		return LivePoint{}, err
	}
	return LivePoint{
		At:           j.Time.Time,
		Power:        j.Power,
		Reactive:     j.Reactive,
		EnergyImport: j.EnergyImport,
		Voltage:      j.Voltage,
		Quality:      metering.Quality(j.Quality),
		Reason:       j.Reason,
		Meter:        metering.MeterID(j.Meter),
		Resident:     metering.ResidentID(j.Resident),
	}, nil
}

func finiteOrNil(v *float64) *float64 {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return nil
	}
	return v
}

// State is what a collector says of itself: retained, and as its will with
// Online false.
type State struct {
	Online  bool
	Version string // of the program
	Epoch   uint64 // of its outbox
	Since   time.Time
}

type jsonState struct {
	State   string   `json:"state"`
	Version string   `json:"version,omitempty"`
	Epoch   hex64    `json:"epoch"`
	Since   jsonTime `json:"since"`
}

const (
	online  = "online"
	offline = "offline"
)

// EncodeState writes one line of plain JSON:
//
//	{"state":"online","version":"0.1.0","epoch":"3f2a09c4517b88d1","since":"2026-03-02T06:15:01.250Z"}
func EncodeState(s State) ([]byte, error) {
	j := jsonState{State: offline, Version: s.Version, Epoch: hex64(s.Epoch), Since: jsonTime{s.Since}}
	if s.Online {
		j.State = online
	}
	return marshalJSON("encode state", j)
}

// DecodeState reads what EncodeState wrote. It fails with ErrMalformed.
func DecodeState(payload []byte) (State, error) {
	var j jsonState
	if err := decodePlain("state", payload, &j); err != nil {
		return State{}, err
	}
	if j.State != online && j.State != offline {
		return State{}, fmt.Errorf("decode state: %w: %q is neither %q nor %q", ErrMalformed, clip(j.State), online, offline)
	}
	return State{Online: j.State == online, Version: j.Version, Epoch: uint64(j.Epoch), Since: j.Since.Time}, nil
}

func decodePlain(what string, payload []byte, dst any) error {
	if err := checkSize(payload); err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	if err := json.Unmarshal(payload, dst); err != nil {
		return fmt.Errorf("decode %s: %w: %w", what, ErrMalformed, err)
	}
	return nil
}
