package wire_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/wire"
)

// stateOfZone is «Актобе» at 29.7 MW on Каратагай alone, cut to what a test needs.
func stateOfZone() metering.NetworkState {
	contract, kv := 29.7, 113.5
	return metering.NetworkState{
		At: time.Date(2026, 11, 30, 6, 15, 5, 0, time.UTC), Scenario: "A",
		Sources:      []metering.SourceState{{Source: "karatagai", Available: true, Feeding: true, MW: 30.1, Mvar: 16.5, MeteredMW: 29.84, Contract: &contract}},
		Buses:        []metering.BusState{{Node: "zn-1", Live: true, KV: 113.47, Deg: -1.2, Measured: &kv}, {Node: "in-akz-1", Island: -1}},
		Lines:        []metering.LineState{{ID: "l-kar", Live: true, FromMW: 30.1, FromMvar: 16.5, ToMW: 29.84, Amperes: 174, RatingA: 510, LoadingPct: 34, LossMW: 0.22}},
		Transformers: []metering.TransformerState{{Node: "t-1", Live: true, MW: [3]float64{14.9, 4.4, 10.4}, LoadingPct: 27.4, PermitPct: 96, Position: 1}},
		Switches:     []metering.SwitchState{{ID: "q-kar", Closed: true, Known: true, Why: "current flows at p-in-kar"}},
		LoadMW:       29.7, LossMW: 0.358, NoLoadMW: 0.112,
		Violations: []metering.Violation{{Element: "karatagai", Kind: "contract", Value: 29.84, Limit: 29.7, Unit: "MW"}},
		Residuals:  []metering.Residual{{Point: "p-t1-10", Quantity: "power", Measured: 5.2, Model: 10.4, Unit: "MW", Sigma: 40}},
		Assumed:    []metering.Assumption{{Element: "l-kar", Field: "length", Value: "15 km", Source: "assumed"}},
		Inputs:     "9c1e",
		Readiness: &metering.Readiness{Light: metering.LightRed, Lost: "karatagai", Before: metering.Islanded, After: metering.Islanded, Later: metering.Islanded,
			Backup: []string{}, LoadMW: 29.7, Dark: []metering.Dark{{Resident: "dc-1", Category: 1, MW: 5.1}}, Timeline: []metering.Move{}},
	}
}

func TestNetworkRoundTrip(t *testing.T) {
	sent := stateOfZone()
	payload, err := wire.EncodeNetwork(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeNetwork(payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("what came back differs:\n%s", diff)
	}
	nothing, err := wire.EncodeNetwork(metering.NetworkState{At: sent.At, Problem: "no power flow is possible"})
	if err != nil || strings.Contains(string(nothing), "null") || !strings.Contains(string(nothing), `"buses":[]`) {
		t.Errorf("an empty state is written as %s, %v", nothing, err)
	}
}

// A network of a thousand buses with a long explanation does not fit: the state
// stays whole, the explanation goes.
func TestNetworkOfALargeSiteIsCut(t *testing.T) {
	s := stateOfZone()
	s.Buses = nil
	for i := range 1000 {
		s.Buses = append(s.Buses, metering.BusState{Node: metering.NodeID(fmt.Sprintf("bus-%04d", i)), Live: true, KV: 10.4567, LoadMW: 1.25})
		s.Assumed = append(s.Assumed, metering.Assumption{Element: "l-kar", Field: "resistance", Value: "0.162 ohm/km", Source: strings.Repeat("справочник ", 10)})
	}
	payload, err := wire.EncodeNetwork(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeNetwork(payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(payload) > wire.MaxPayload || len(got.Buses) != 1000 || len(got.Assumed) == 0 || len(got.Assumed) > 800 {
		t.Errorf("%d bytes, %d buses, %d assumptions", len(payload), len(got.Buses), len(got.Assumed))
	}
}

func TestDecodeNetworkRefuses(t *testing.T) {
	for what, spoil := range map[string]func(*metering.NetworkState){
		"no time":           func(s *metering.NetworkState) { s.At = time.Time{} },
		"a far year":        func(s *metering.NetworkState) { s.At = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"bus twice":         func(s *metering.NetworkState) { s.Buses[1].Node = s.Buses[0].Node },
		"bus unnamed":       func(s *metering.NetworkState) { s.Buses[1].Node = "" },
		"line of no name":   func(s *metering.NetworkState) { s.Lines[0].ID = "a/b" },
		"no number":         func(s *metering.NetworkState) { s.Buses[0].KV = math.NaN() },
		"no finite number":  func(s *metering.NetworkState) { s.Transformers[0].MW[2] = math.Inf(1) },
		"light":             func(s *metering.NetworkState) { s.Readiness.Light = "blue" },
		"ending":            func(s *metering.NetworkState) { s.Readiness.Later = "" },
		"too many switches": func(s *metering.NetworkState) { s.Switches = make([]metering.SwitchState, wire.MaxElements+1) },
		"too many moves": func(s *metering.NetworkState) {
			s.Readiness.Timeline = make([]metering.Move, wire.MaxElements+1)
		},
		"too many residuals": func(s *metering.NetworkState) { s.Residuals = make([]metering.Residual, wire.MaxElements+1) },
	} {
		s := stateOfZone()
		spoil(&s)
		if _, err := wire.EncodeNetwork(s); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: encode says %v", what, err)
		}
	}
	for _, payload := range []string{"", "{", `{}`, `{"at":"yesterday"}`, `{"at":"2026-11-30T06:15:05Z","load_mw":1e999}`,
		`{"at":"2026-11-30T06:15:05Z","buses":[{"node":"b"},{"node":"b"}]}`, `{"at":"2026-11-30T06:15:05Z","readiness":{"light":"green"}}`} {
		if _, err := wire.DecodeNetwork([]byte(payload)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("DecodeNetwork(%q) = %v, want ErrMalformed", payload, err)
		}
	}
}

func TestNetworkTopic(t *testing.T) {
	topic, err := wire.ParseTopic(wire.NetworkTopic("aktobe"))
	if err != nil || topic.Branch != wire.BranchNetwork || wire.Filter("aktobe", wire.BranchNetwork) != topic.String() {
		t.Errorf("%+v, %v", topic, err)
	}
	if _, err := wire.ParseTopic(wire.NetworkTopic("aktobe") + "/zn-1"); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("something below: %v", err)
	}
}

func FuzzDecodeNetwork(f *testing.F) {
	for _, s := range []metering.NetworkState{stateOfZone(), {At: time.Unix(1_796_000_000, 0), Problem: "nothing is live"}} {
		payload, err := wire.EncodeNetwork(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) { again(t, payload, wire.DecodeNetwork, wire.EncodeNetwork) })
}
