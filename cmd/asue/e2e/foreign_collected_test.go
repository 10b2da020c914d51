package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestForeignTransportsCollected: `asue run` polls every model on a line of each
// transport; the page's API shows what the foreign encoder has laid, and the live
// topic the same power.
func TestForeignTransportsCollected(t *testing.T) {
	image, meters := modelImages(t)
	// The page shows points of electricity; counters of pulses are compared in
	// TestForeignTransports.
	meters = slices.DeleteFunc(meters, func(m foreignMeter) bool { return m.Extreme || m.measures("v_gas") })
	lines := pymodbusLines(t, image)
	dir := t.TempDir()
	write(t, dir, "site.yaml", foreignSite(lines, meters))
	settings := "  fast: 5s\n  energy: 20s\n  slow: 20s\n  lines:\n" // half of what a serial line of 115,200 baud gives
	for _, line := range lines {
		settings += fmt.Sprintf("    gw-%s: %q\n", line.transport, line.url)
	}
	base := runSite(t, dir, settings)

	table := newAgreementTable()
	for _, line := range lines {
		for _, m := range meters {
			point := fmt.Sprintf("p-%s-%d", line.transport, m.Unit)
			var a agreement
			for _, want := range m.Readings {
				var got pageReading
				eventually(t, fmt.Sprintf("%s of %s on the page", want.Quantity, point), time.Minute, func() bool {
					got = readings(t, base, point)[want.Quantity]
					return got.Value != nil
				})
				if got.Quality != "good" && got.Quality != "stale" { // a busy machine may be late
					a.fault("%s is %s: %s", want.Quantity, got.Quality, got.Reason)
				}
				a.compare(want, *got.Value)
			}
			for _, fault := range a.faults {
				t.Errorf("%s, %s: %s", point, m.Model, fault)
			}
			table.add(m.Model, line.transport, a)
		}
	}
	meters = slices.DeleteFunc(meters, func(m foreignMeter) bool { return !m.measures("p") })
	powers := hearPowers(t, base, len(lines)*len(meters))
	for _, line := range lines {
		for _, m := range meters {
			var a agreement
			for _, want := range m.Readings {
				if want.Quantity == "p" {
					a.compare(want, powers[fmt.Sprintf("p-%s-%d", line.transport, m.Unit)])
				}
			}
			if len(a.faults) > 0 || a.compared == 0 {
				t.Errorf("live topic, %s, %s: %d compared: %q", line.transport, m.Model, a.compared, a.faults)
			}
		}
	}
	if n, _ := metric(t, base, "asue_ingest_quarantined_total"); n != 0 {
		t.Errorf("%v payloads in quarantine", n)
	}
	t.Logf("quantities compared, and the worst deviation in counts:\n%s", table)
}

// hearPowers listens to the live topic with a foreign client until each of so many
// points has told its power, and returns the last ones by point.
func hearPowers(t *testing.T, base string, points int) map[string]float64 {
	t.Helper()
	page, err := strconv.Atoi(base[strings.LastIndexByte(base, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	broker := strconv.Itoa(page + 1) // where runSite puts it
	p := start(t, "mosquitto_sub", tool(t, "/usr/bin/mosquitto_sub"), "-h", "127.0.0.1", "-p", broker, "-t", "asue/v1/tiny/live/#", "-v")
	powers := map[string]float64{}
	eventually(t, fmt.Sprintf("%d points tell their power", points), time.Minute, func() bool {
		for line := range strings.Lines(p.text()) {
			topic, payload, _ := strings.Cut(line, " ")
			var value struct {
				Power *float64 `json:"power_w"`
			}
			if err := json.Unmarshal([]byte(payload), &value); err != nil {
				t.Fatalf("live topic: %q: %v", line, err)
			}
			if value.Power != nil {
				powers[topic[strings.LastIndexByte(topic, '/')+1:]] = *value.Power
			}
		}
		return len(powers) == points
	})
	return powers
}

// foreignSite is a site with a metering point for every meter on every line.
func foreignSite(lines []foreignLine, meters []foreignMeter) string {
	var s, points, devices strings.Builder
	s.WriteString(`version: 1
site: {id: tiny, name: Проба, time_zone: Asia/Aqtobe}
sources:
  - {id: line, name: ВЛ-10, node: src, contract: 25 MW, available: true}
nodes:
  - {id: src, name: "ВЛ-10, начало", kind: source, voltage: 10 kV, line: {length: 2 km, resistance: 0.3 ohm/km}}
  - {id: in, name: Ввод 10 кВ, kind: input, parent: src, voltage: 10 kV}
  - {id: s1, name: 1 секция 10 кВ, kind: section, parent: in, voltage: 10 kV}
lines:
`)
	for _, line := range lines {
		fmt.Fprintf(&s, "  - {id: gw-%s}\n", line.transport)
		for _, m := range meters {
			id := fmt.Sprintf("%s-%d", line.transport, m.Unit)
			place := "s1, role: technical"
			if points.Len() == 0 {
				place = "in, role: input"
			}
			fmt.Fprintf(&points, "  - {id: p-%s, name: %s, node: %s}\n", id, id, place)
			serial := m.Serial
			if serial == "" {
				serial = "plate-" + id
			}
			fmt.Fprintf(&devices, "  - {id: m-%s, model: %s, serial: %q, line: gw-%s, unit: %d, accuracy: 0.5S, installs: [{point: p-%s, ct: %s, vt: %s}]}\n",
				id, m.Model, serial, line.transport, m.Unit, id, foreignCT, foreignVT)
		}
	}
	return s.String() + "points:\n" + points.String() + "meters:\n" + devices.String()
}
