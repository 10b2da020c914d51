package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
	"asue/simulator"
)

// origin is when all registers of the simulated zone stood at zero, and begin
// where the warped clock starts: a winter morning, well in the past, because the
// series store refuses samples from the future.
var (
	origin = time.Date(2026, 1, 14, 0, 0, 0, 0, time.UTC)
	begin  = time.Date(2026, 1, 15, 5, 50, 0, 0, time.UTC)
)

// kept are the meters of the example that take part: nine models, from 1 Wh per
// count at 110 kV to 6.6 kWh, at the primary and the secondary side, integers and
// floats.
var kept = []string{
	"m-in-kar", "m-in-kar-check", // Schneider PM5000, Siemens PAC4200
	"m-f35-1", "m-ceramics-1-1", "m-dc-1-1", "m-dc-1-check", // Siemens PAC3200, Janitza UMG 96RM
	"m-f10-101", "m-plastics-1", "m-building-1", // Schneider iEM3000, ABB B23
	"m-f10-202", "m-ceramics-2", "m-chemistry-1-2", "m-metal-2",
	"m-s04-1", "m-offices-1", "m-logistics-2", "m-logistics-3", // Socomec E34, Eastron SDM630
	"m-gas-3", "m-water", "m-f04-11", "m-f04-12", // Carlo Gavazzi EM340
	"m-building-4", "m-sewage",
}

// zoneFile is the example's site file with the kept meters only.
func zoneFile(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	found, skipping := 0, false
	for line := range strings.Lines(string(aktobe.Site())) {
		if line[0] != ' ' {
			skipping = false // the meters are through
		}
		if id, ok := strings.CutPrefix(line, "  - {id: m-"); ok {
			id, _, _ = strings.Cut(id, ",")
			skipping = !slices.Contains(kept, "m-"+id)
			if !skipping {
				found++
			}
		}
		if !skipping {
			out.WriteString(line)
		}
	}
	if found != len(kept) {
		t.Fatalf("%d of %d meters are in the example: correct the list", found, len(kept))
	}
	return out.String()
}

// zone is the site of zoneFile.
func zone(t *testing.T, library *regmap.Library) *metering.Site {
	t.Helper()
	s, faults := site.Parse("site.yaml", []byte(zoneFile(t)), library.IDs())
	if err := faults.Err(); err != nil {
		t.Fatalf("the cut example is no site: %v\n%s", err, faults)
	}
	models := map[string]bool{}
	for _, m := range s.Meters {
		models[m.Model] = true
	}
	if len(models) < 6 {
		t.Fatalf("only %d models take part", len(models))
	}
	return s
}

func models(t *testing.T) *regmap.Library {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// worldMaker makes the same world again and again.
func worldMaker(t *testing.T, s *metering.Site, seed uint64) func() *simulator.World {
	return func() *simulator.World {
		t.Helper()
		w, err := simulator.New(s, seed, origin)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}
