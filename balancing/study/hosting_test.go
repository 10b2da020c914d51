package study_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"asue/balancing/study"
	"asue/metering"
)

// TestApplication: a resident asks for 8 MW at the second section of 10 kV while the
// zone draws 20 MW. Today the contract lets it have them, but not firmly; after the
// restoration of Акжар they are firm.
func TestApplication(t *testing.T) {
	m := model(t, zone(awaited))
	h, err := m.Hosting(context.Background(), study.Setting{}, m.Loads(20), "f-4", 0.9)
	if err != nil {
		t.Fatal(err)
	}
	if h.Bus != "s10-2" || math.Abs(h.LoadMW-20) > 1e-9 || len(h.Answers) != 5 {
		t.Errorf("bus %s, %v MW, %d answers", h.Bus, h.LoadMW, len(h.Answers))
	}
	now, found := h.Best(false)
	if !found || now.NonFirm.Scenario != "A" || now.NonFirm.MW < 9.5 || now.NonFirm.MW > 9.7 || now.NonFirm.Binds.Kind != study.LimitContract {
		t.Errorf("now, non-firm: %+v", now.NonFirm)
	}
	if now.Firm.MW != 0 || now.Firm.Binds.Kind != study.LimitDark {
		t.Errorf("now, firm: %+v", now.Firm)
	}
	then, found := h.Best(true)
	if !found || then.Firm.Scenario != "C" || then.Firm.MW < 28 || then.Firm.Binds.Kind != study.LimitTransformer {
		t.Errorf("after restoration, firm: %+v", then.Firm)
	}
	if then.Full.Scenario == "C" || then.Full.MW < 9.5 || then.Full.Binds.Kind != study.LimitContract {
		t.Errorf("after restoration, a tower lost too: %+v", then.Full)
	}
	for _, a := range h.Answers {
		if a.Firm.MW > a.NonFirm.MW || a.Full.MW > a.Firm.MW {
			t.Errorf("%s: non-firm %v, firm %v, full %v MW", a.Scenario, a.NonFirm.MW, a.Firm.MW, a.Full.MW)
		}
		if wants := a.Scenario == "E"; a.Parallel != wants {
			t.Errorf("%s: parallel %v", a.Scenario, a.Parallel)
		}
		if wants := a.Scenario != "A"; a.Restored != wants {
			t.Errorf("%s: after restoration %v", a.Scenario, a.Restored)
		}
	}
}

// TestNothingMoreFits where the zone draws more than its contract already.
func TestNothingMoreFits(t *testing.T) {
	m := model(t, zone(awaited))
	h, err := m.Hosting(context.Background(), study.Setting{}, m.Loads(40), "s35-1", 0.9)
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := h.Best(false); now.NonFirm.MW != 0 || now.NonFirm.Binds.Kind != study.LimitContract {
		t.Errorf("now: %+v", now.NonFirm)
	}
}

func TestHostingElsewhere(t *testing.T) {
	m := model(t, zone(awaited))
	var unknown *study.UnknownError
	if _, err := m.Hosting(context.Background(), study.Setting{}, nil, "moon", 0.9); !errors.As(err, &unknown) {
		t.Errorf("a node that there is not: %v", err)
	}
}

// TestCasesAskMoreAndMore: a case that has more to stand never permits more.
func TestCasesAskMoreAndMore(t *testing.T) {
	m := model(t, zone(standing))
	for _, scenario := range []metering.ElementID{"A", "B", "C", "D", "E"} {
		greatest := map[string]float64{}
		for _, c := range m.Cases(scenario) {
			found, err := m.Capability(context.Background(), study.Setting{Scenario: scenario}, m.Along(), c.Checks)
			if err != nil {
				t.Fatal(err)
			}
			greatest[c.Name] = found.MW
			if c.Scenario != scenario {
				t.Errorf("%s: case of %s", scenario, c.Scenario)
			}
		}
		if g := greatest; g["normal"] > g["normal, contract aside"] && scenario != "C" || g["a circuit out"] > g["normal"] ||
			g["a circuit or transformer out"] > g["a circuit out"] || g["a circuit or transformer out"] > g["a circuit or transformer out, emergency rating"] ||
			g["a circuit, transformer, tower or source out"] > g["a circuit or transformer out"] {
			t.Errorf("%s: %v", scenario, g)
		}
	}
}

// TestSiteWithoutScenarios is asked in its normal state.
func TestSiteWithoutScenarios(t *testing.T) {
	site := zone(awaited)
	site.Network.Scenarios = nil
	m := model(t, site)
	h, err := m.Hosting(context.Background(), study.Setting{}, m.Loads(20), "s10-2", 0.9)
	if err != nil {
		t.Fatal(err)
	}
	if now, found := h.Best(false); !found || len(h.Answers) != 1 || now.NonFirm.MW < 9.5 || now.Firm.MW != 0 {
		t.Errorf("%+v", h)
	}
	if c, found := m.FirmCase(""); !found || c.Scenario != "" {
		t.Errorf("firm case %+v, %v", c, found)
	}
}
