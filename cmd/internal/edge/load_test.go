package edge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/site"
)

// busLine is a site of so many SDM630 on one line.
func busLine(t *testing.T, meters int, library *regmap.Library) *metering.Site {
	t.Helper()
	var s strings.Builder
	s.WriteString(`version: 1
site: {id: bus, name: Bus, time_zone: Asia/Aqtobe}
sources: [{id: src, name: Line, node: src, contract: 9 MW, available: true}]
nodes:
  - {id: src, name: Line, kind: source, voltage: 0.4 kV}
  - {id: in, name: Input, kind: input, parent: src, voltage: 0.4 kV}
  - {id: s, name: Section, kind: section, parent: in, voltage: 0.4 kV}
lines: [{id: bus}]
points:
  - {id: p1, name: Input, node: in, role: input}
`)
	for n := 2; n <= meters; n++ {
		fmt.Fprintf(&s, "  - {id: p%d, name: P, node: s, role: technical}\n", n)
	}
	s.WriteString("meters:\n")
	for n := 1; n <= meters; n++ {
		fmt.Fprintf(&s, "  - {id: m%d, model: eastron-sdm630, serial: %d, accuracy: 1, line: bus, unit: %d, installs: [{point: p%d, ct: direct, from: 2024-01-01}]}\n", n, n, n, n)
	}
	plant, faults := site.Parse("site.yaml", []byte(s.String()), library.IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(faults)
	}
	return plant
}

// A plan that a line cannot carry is refused at its place in the file, with the sum;
// the same plan at a higher rate is not, nor where nobody has said how slow the
// line is.
func TestOverloadedLineIsRefused(t *testing.T) {
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := func(meters int, url, fast, want string) {
		t.Helper()
		plant := busLine(t, meters, library)
		text := fmt.Sprintf("site: site.yaml\nroles: [collector]\nbroker: {url: \"mqtt://127.0.0.1:1883\"}\ncollector:\n  fast: %s\n  lines:\n    bus: %s\n", fast, url)
		cfg, faults := settings.Parse("asue.yaml", []byte(text))
		if err := faults.Err(); err != nil {
			t.Fatal(faults)
		}
		got := cfg.RefuseOverloads(Overloads(cfg, plant, library, now)).String()
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%d meters at %s, every %s: %q, want %q", meters, url, fast, got, want)
		}
	}
	f(32, "rtu:///dev/ttyS0?baud=9600&parity=N", "3s", `asue.yaml:7:10: error: collector.lines.bus: the line "bus" is planned for more than 80 %`)
	f(32, "rtu:///dev/ttyS0?baud=9600&parity=N", "3s", "fast 245.8 % + energy 4.3 % + slow 16.8 % + ident 0.1 % = 267.0 %")
	f(32, "tcp://10.0.0.1:502?baud=9600", "3s", "= 267.0 %")
	f(32, "rtu:///dev/ttyS0?baud=115200&parity=N", "10s", "")
	f(2, "rtu:///dev/ttyS0?baud=9600&parity=N", "5s", "")
	f(32, "tcp://10.0.0.1:502", "1s", "")
	f(32, "rtu+tcp://10.0.0.1:4001", "1s", "")
}

// A meter of pulses is read by the input of its point's medium alone, with what the
// install says that a pulse stands for; meters that count alike share a plan.
func TestPulseCountersAreReadByTheirMedium(t *testing.T) {
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlanner(library)
	plan := func(medium metering.Medium, pulse int64) string {
		t.Helper()
		plan, err := p.plan("asue-pulse-counter", regmap.TCPCost(), medium, pulse)
		if err != nil {
			t.Fatal(err)
		}
		blocks := plan.Blocks()
		return fmt.Sprint(blocks[len(blocks)-1], " of ", blocks[len(blocks)-1].Registers[0].Step)
	}
	for _, c := range []struct {
		medium metering.Medium
		pulse  int64
		want   string
	}{
		{metering.Gas, 10_000, "fc 4 16..17 (2) energy: v_gas of 10000"},
		{metering.Gas, 100_000, "fc 4 16..17 (2) energy: v_gas of 100000"},
		{metering.Sewage, 10_000, "fc 4 22..23 (2) energy: v_sewage of 10000"},
		{metering.Gas, 10_000, "fc 4 16..17 (2) energy: v_gas of 10000"},
	} {
		if got := plan(c.medium, c.pulse); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if len(p.plans) != 3 {
		t.Errorf("%d plans for three kinds of meters", len(p.plans))
	}
	for _, medium := range []metering.Medium{metering.Electricity, metering.Gas} {
		if _, err := p.plan("eastron-sdm630", regmap.TCPCost(), medium, 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.plans) != 4 {
		t.Errorf("a model that counts no pulses has %d plans", len(p.plans)-3)
	}
}
