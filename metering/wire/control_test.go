package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/wire"
)

func TestControlRoundTrip(t *testing.T) {
	power := func(p metering.Power) *metering.Power { return &p }
	block := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	sent := wire.Control{
		At: block.Add(10 * time.Minute), Balancer: "3fa9", State: "watch", Mode: "advisory",
		Power: power(31 * metering.Megawatt), PowerSource: "inputs",
		BlockStart: block, BlockEnd: block.Add(30 * time.Minute),
		BlockMean: power(27 * metering.Megawatt), Projection: power(29_666_667), Headroom: power(33_333),
		Limit: power(29_700 * metering.Kilowatt), Band: "limit", Feeding: "Каратагай", Fresh: 69, Silent: 1,
		Notices: []wire.ControlNotice{{ID: "projection", At: block, Kind: "projection_over_limit", Severity: "warning",
			Args: map[string]any{"limit_w": 29.7e6}, Active: true}},
		Acts: &wire.ControlActs{
			Armed: true, Term: 7, ShedW: 400_000, RequiredW: 1_200_000,
			Actuators: []wire.ControlActuator{{ID: "k1", Name: "Печь 1", Kind: metering.ActuatorRelay, Resident: "works", Node: "f1",
				Mode: "auto", State: "shed", Since: block, PowerW: power(400_000), ShedW: power(380_000), LeftS: 612.5}},
			Rights:     []wire.ControlRight{{Resident: "works", Node: "f1", AllowedW: 2_000_000}},
			RightsDeed: 17,
			Shares: []wire.ControlShare{{Resident: "works", AllowedW: 2_000_000, DemandW: 2_400_000, ShareW: 1_900_000, ArmourW: 600_000,
				Tier: "firm", Binding: "f1", Why: "f1 is full"}},
			Proposals: []wire.ControlProposal{{ID: "p-1", At: block, Expires: block.Add(time.Minute), Actuator: "q1", Want: "open", EffectW: power(900_000), Persons: 2, Why: "nothing else is left"}},
			Overrides: []wire.ControlOverride{{ID: "o-1", Kind: metering.OrderPin, Subject: "works", ValueW: power(2_000_000), By: []string{"ivanov"}, At: block, Until: block.Add(time.Hour), Reason: "furnace"}},
			Orders:    []wire.ControlOrder{{ID: "o-1", Kind: metering.OrderPin, By: []string{"ivanov"}, At: block, Accepted: true}},
			Ready: &wire.ControlReady{At: block, Lost: "Каратагай", Backup: []string{"Акжар"}, LimitW: power(12_000_000), LimitWhy: "contract", LoadW: 25_000_000, NeedW: 13_540_000,
				Steps:    []wire.ControlReadyStep{{Actuator: "k1", Resident: "works", Want: "open", DropW: 380_000, Mode: "confirm", Persons: 1}},
				Calls:    []wire.ControlReadyCall{{Resident: "works", Category: 2, AllowedW: 2_000_000, PowerW: 1_900_000, ToW: 600_000, DropW: 1_300_000}},
				MissingW: 11_860_000, Doubt: "the site's power is not fresh"},
		},
	}
	payload, err := wire.EncodeControl(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeControl(payload)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, got); diff != "" {
		t.Errorf("what came back differs:\n%s", diff)
	}
}

func TestControlLeavesOutWhatIsNotKnown(t *testing.T) {
	payload, err := wire.EncodeControl(wire.Control{At: time.Unix(1_770_000_000, 0), State: "failsafe", Reason: "no input meter answers"})
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"power_w", "projection_w", "limit_w", "block_start"} {
		if strings.Contains(string(payload), absent) {
			t.Errorf("%s stands in %s", absent, payload)
		}
	}
}

func TestDecodeControlRefuses(t *testing.T) {
	for _, payload := range []string{"", "{", `{"t":5}`, `{"limit_w":-1}`, `{"power_w":"much"}`} {
		if _, err := wire.DecodeControl([]byte(payload)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("DecodeControl(%q) = %v, want ErrMalformed", payload, err)
		}
	}
}
