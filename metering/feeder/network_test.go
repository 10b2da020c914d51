package feeder_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/feeder"
)

func TestNetworkSamples(t *testing.T) {
	at := time.Date(2026, 11, 30, 6, 15, 5, 0, time.UTC)
	state := metering.NetworkState{
		At: at, LossMW: 0.358, Buses: []metering.BusState{{Node: "zn-1", Live: true, KV: 113.47}, {Node: "in-akz-1"}},
		Lines:        []metering.LineState{{ID: "l-kar", Live: true, LoadingPct: 34}, {ID: "l-akz-1"}},
		Transformers: []metering.TransformerState{{Node: "t-1", Live: true, LoadingPct: 27.4}, {Node: "t-2"}},
		Readiness:    &metering.Readiness{Light: metering.LightGreen, LimitMW: 60, ShedMW: 0.5},
	}
	want := []metering.Sample{
		{Node: "zn-1", Field: "network_kv", At: at, Value: 113.47},
		{Node: "l-kar", Field: "network_loading_pct", At: at, Value: 34}, {Node: "t-1", Field: "network_loading_pct", At: at, Value: 27.4},
		{Point: "zone", Field: "network_loss_w", At: at, Value: 358_000}, {Point: "zone", Field: "network_shed_w", At: at, Value: 500_000},
		{Point: "zone", Field: "network_backup_w", At: at, Value: 60_000_000}, {Point: "zone", Field: "network_ready", At: at, Value: 2},
	}
	if d := cmp.Diff(want, feeder.NetworkSamples(state)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	state.Supposed = "t-2 out"
	if got := feeder.NetworkSamples(state); got != nil {
		t.Errorf("what is supposed is drawn: %v", got)
	}
	dark := metering.NetworkState{At: at, Problem: "no source is in service", Readiness: &metering.Readiness{Light: metering.LightRed}}
	if got := feeder.NetworkSamples(dark); len(got) != 3 || got[2].Value != 0 {
		t.Errorf("in the dark: %v", got)
	}
}
