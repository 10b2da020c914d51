package study_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"asue/balancing/study"
	"asue/metering"
)

func sensitivity(t *testing.T, site *metering.Site, scenario metering.ElementID) (study.Capability, []study.Influence) {
	t.Helper()
	c, found := model(t, site).FirmCase(scenario)
	if !found {
		t.Fatalf("%s has no firm case", scenario)
	}
	told := 0
	base, list, err := study.Sensitivity(context.Background(), site, noon, study.Setting{Scenario: scenario}, c.Checks, func(done, all int) { told = done*1000 + all })
	if err != nil {
		t.Fatal(err)
	}
	if told != len(list)*1001 {
		t.Errorf("progress %d of %d variations", told, len(list))
	}
	return base, list
}

func influence(t *testing.T, list []study.Influence, element, field, instead string) study.Influence {
	t.Helper()
	i := slices.IndexFunc(list, func(i study.Influence) bool {
		return i.Element == element && i.Field == field && i.Instead == instead
	})
	if i < 0 {
		t.Fatalf("no influence of %s %s %s in %+v", element, field, instead, list)
	}
	return list[i]
}

// TestWhatAssumptionsAreWorth: for the firm load on Акжар the regime of the remaining
// transformer and cos φ decide, the conductor and the type of the transformer do not.
func TestWhatAssumptionsAreWorth(t *testing.T) {
	site := zone(standing)
	before := zone(standing)
	base, list := sensitivity(t, site, "C")
	if !reflect.DeepEqual(site, before) {
		t.Error("the site itself was changed")
	}
	if math.Abs(base.MW-50.1) > 0.07 {
		t.Errorf("firm %v MW, want 50.1", base.MW)
	}
	for i := 1; i < len(list); i++ {
		if math.Abs(list[i].DeltaMW) > math.Abs(list[i-1].DeltaMW) {
			t.Errorf("%s %s weighs more than %s %s before it", list[i].Element, list[i].Field, list[i-1].Element, list[i-1].Field)
		}
	}
	regime := influence(t, list, "transformers", "regime", "emergency after an outage")
	if math.Abs(regime.MW-65.1) > 0.07 || !reflect.DeepEqual(list[0], regime) {
		t.Errorf("emergency rating: %+v, the first is %+v", regime, list[0])
	}
	if i := influence(t, list, "load", "power_factor", "0.98"); i.DeltaMW < 6 || i.DeltaMW > 6.6 {
		t.Errorf("cos φ 0.98: %+.2f MW", i.DeltaMW)
	}
	for _, instead := range []string{"0 % at 35 kV", "100 % at 35 kV"} {
		if i := influence(t, list, "load", "shares", instead); math.Abs(i.DeltaMW) > 1 {
			t.Errorf("%s: %+.2f MW", instead, i.DeltaMW)
		}
	}
	for _, i := range list {
		if i.Field == "nameplate" && math.Abs(i.DeltaMW) > 0.01*base.MW {
			t.Errorf("nameplate %s: %+.2f MW, more than 1 %%", i.Instead, i.DeltaMW)
		}
		if i.Element == "akz" && i.Field == "conductor" && math.Abs(i.DeltaMW) > 0.5 {
			t.Errorf("conductor %s: %+.2f MW", i.Instead, i.DeltaMW)
		}
	}
}

// TestAngleDecidesParallelWork: one degree between the stations breaks the contract.
func TestAngleDecidesParallelWork(t *testing.T) {
	_, list := sensitivity(t, zone(standing), "E")
	if i := influence(t, list, "karatagai", "angle", "1 °"); i.DeltaMW > -20 || i.Binds.Kind != study.LimitContract {
		t.Errorf("+1°: %+v", i)
	}
	if i := influence(t, list, "karatagai", "angle", "2 °"); i.MW != 0 {
		t.Errorf("+2°: %+v", i)
	}
	if _, list := sensitivity(t, zone(standing), "C"); slices.ContainsFunc(list, func(i study.Influence) bool { return i.Field == "angle" }) {
		t.Error("an angle varies where nothing is in parallel")
	}
}

// TestDegreeMovesMegawatts is the figure behind that: at 29.7 MW the two ideal sources
// are 9.6 Ω apart, and 1° moves about 21 MW, 2 kV about 21 Mvar.
func TestDegreeMovesMegawatts(t *testing.T) {
	karatagai := func(deg, kv float64) metering.SourceState {
		site := zone(standing)
		site.Network.Feeds[0].Deg, site.Network.Feeds[0].KV = deg, 115+kv
		m := model(t, site)
		state, err := m.Solve(study.Setting{Scenario: "E"}, m.Loads(29.7))
		if err != nil {
			t.Fatal(err)
		}
		return state.Sources[0]
	}
	base := karatagai(0, 0)
	if moved := karatagai(1, 0).MW - base.MW; math.Abs(moved-21) > 1 {
		t.Errorf("1° moves %.1f MW", moved)
	}
	if moved := karatagai(0, 2).Mvar - base.Mvar; math.Abs(moved-21) > 1 {
		t.Errorf("2 kV moves %.1f Mvar", moved)
	}
	if mw := karatagai(-1, 0).MeteredMW; math.Abs(mw+10) > 1 {
		t.Errorf("at −1° the zone's input takes %.1f MW, want an export of 10", mw)
	}
}

// TestVariationsKeepTheLoad: shares still sum to 1, and what is measured does not vary.
func TestVariationsKeepTheLoad(t *testing.T) {
	site := zone(standing)
	confirmed := metering.Origin{Provenance: []metering.Provenance{{Of: []string{"length"}, Basis: metering.BasisPassport}, {Basis: metering.BasisAssumed}}}
	site.Network.Lines[1].Origin, site.Network.Lines[2].Origin = confirmed, confirmed
	for _, v := range study.Variations(site, true) {
		sum := 0.0
		for _, s := range v.Of(site).Network.Plan.Shares {
			sum += s.Part
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("%s %s %s: shares sum to %v", v.Element, v.Field, v.Instead, sum)
		}
		if v.Element == "akz" && v.Field == "length" {
			t.Errorf("a length by passport is varied: %s", v.Instead)
		}
		if v.Assumed == v.Instead {
			t.Errorf("%s %s varies into itself: %s", v.Element, v.Field, v.Instead)
		}
	}
}

// TestSensitivityEnds with the context, and with a site without a network.
func TestSensitivityEnds(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := study.Sensitivity(gone, zone(standing), noon, study.Setting{}, study.Checks{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var faults study.Faults
	if _, _, err := study.Sensitivity(context.Background(), &metering.Site{}, noon, study.Setting{}, study.Checks{}, nil); !errors.As(err, &faults) {
		t.Errorf("without a network: %v", err)
	}
}
