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
		At: block.Add(10 * time.Minute), State: "watch", Mode: "advisory",
		Power: power(31 * metering.Megawatt), PowerSource: "inputs",
		BlockStart: block, BlockEnd: block.Add(30 * time.Minute),
		BlockMean: power(27 * metering.Megawatt), Projection: power(29_666_667), Headroom: power(33_333),
		Limit: power(29_700 * metering.Kilowatt), Band: "limit", Feeding: "Каратагай", Fresh: 69, Silent: 1,
		Notices: []wire.ControlNotice{{ID: "projection", At: block, Kind: "projection_over_limit", Severity: "warning",
			Args: map[string]any{"limit_w": 29.7e6}, Active: true}},
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
