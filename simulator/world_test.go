package simulator_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/metering"
	"asue/simulator"
	"asue/simulator/internal/plant"
)

// A Thursday in winter, 00:00 in the zone.
var winter = time.Date(2026, 1, 14, 19, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, seed uint64, start time.Time) *simulator.World {
	t.Helper()
	w, err := simulator.New(plant.Small(), seed, start)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// registers are all points' registers in thousandths.
func registers(w *simulator.World) map[string]int64 {
	all := make(map[string]int64)
	for _, p := range w.Points() {
		for _, c := range metering.Channels() {
			all[string(p)+" "+c.String()] = w.Truth(p, c)
		}
	}
	return all
}

func TestSameSeedReplaysAndAnotherDoesNot(t *testing.T) {
	a, b, other := newWorld(t, 1, winter), newWorld(t, 1, winter), newWorld(t, 2, winter)
	for range 500 {
		for _, w := range []*simulator.World{a, b, other} {
			w.Step(777 * time.Millisecond)
		}
	}
	if diff := cmp.Diff(registers(a), registers(b)); diff != "" {
		t.Errorf("two worlds of one seed differ:\n%s", diff)
	}
	for _, p := range a.Points() {
		ma, _ := a.Snapshot().Point(p)
		mb, _ := b.Snapshot().Point(p)
		if ma != mb {
			t.Errorf("%s: snapshots of one seed differ: %+v, %+v", p, ma, mb)
		}
	}
	if cmp.Equal(registers(a), registers(other)) {
		t.Error("another seed gave the same registers")
	}
}

// The registers after two days, pinned: a change of the shapes or of the
// arithmetic shows here and is then a decision.
func TestGoldenRegisters(t *testing.T) {
	w := newWorld(t, 42, winter)
	w.Step(48 * time.Hour)
	h := sha256.New()
	for _, p := range w.Points() {
		fmt.Fprintln(h, p, w.Truth(p, metering.ChannelActiveImport)/1e6, w.Truth(p, metering.ChannelReactiveImport)/1e6)
	}
	const want = "22d8f5859970efa5"
	if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want {
		t.Errorf("registers after 48 h hash to %s, want %s", got, want)
	}
}

func TestStepsOfAnySizeGiveTheSameRegisters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := winter.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "start")))
		a, err := simulator.New(plant.Small(), 7, start)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := simulator.New(plant.Small(), 7, start)
		at := start.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Minute)).Draw(t, "event")))
		scenario := rapid.SampledFrom([]string{simulator.MorningPeak, simulator.KaratagaiLost, simulator.Calm}).Draw(t, "scenario")
		for _, w := range []*simulator.World{a, b} {
			if err := w.Schedule(simulator.Event{At: at, Scenario: scenario}); err != nil {
				t.Fatal(err)
			}
		}
		var sum time.Duration
		for _, ns := range rapid.SliceOfN(rapid.Int64Range(0, int64(4*time.Minute)), 1, 12).Draw(t, "steps") {
			a.Step(time.Duration(ns))
			sum += time.Duration(ns)
		}
		b.Step(sum)
		if diff := cmp.Diff(registers(a), registers(b)); diff != "" {
			t.Fatalf("the same %v in other steps:\n%s", sum, diff)
		}
	})
}

// The dumb twin of the registers: power read at every second from the snapshots,
// summed in big integers. It knows nothing of slots.
func TestRegistersAreTheIntegralOfPower(t *testing.T) {
	w := newWorld(t, 3, winter.Add(6*time.Hour))
	if err := w.Schedule(simulator.Event{At: w.Now().Add(40 * time.Second), Scenario: simulator.MorningPeak}); err != nil {
		t.Fatal(err)
	}
	sum := make(map[metering.PointID]*big.Int)
	for range 1000 {
		s := w.Snapshot()
		for _, p := range w.Points() {
			m, _ := s.Point(p)
			if sum[p] == nil {
				sum[p] = new(big.Int)
			}
			sum[p].Add(sum[p], big.NewInt(int64(math.Round(m.P*1000)))) // mW·s
		}
		w.Step(time.Second)
	}
	for p, mWs := range sum {
		want := new(big.Int).Div(mWs, big.NewInt(3600)).Int64()
		if got := w.Truth(p, metering.ChannelActiveImport); got != want {
			t.Errorf("%s: register %d mWh, integral of power %d mWh", p, got, want)
		}
	}
}

// Thirty days in odd steps against whole hours.
func TestThirtyDaysOfOddSteps(t *testing.T) {
	odd, even := newWorld(t, 5, winter), newWorld(t, 5, winter)
	end := winter.Add(30 * 24 * time.Hour)
	for k := 0; odd.Now().Before(end); k++ {
		odd.Step(min(end.Sub(odd.Now()), 7*time.Minute+time.Duration(k)*1234567*time.Nanosecond))
	}
	for even.Now().Before(end) {
		even.Step(time.Hour)
	}
	if diff := cmp.Diff(registers(odd), registers(even)); diff != "" {
		t.Error(diff)
	}
}

// What enters the zone is what its works and its losses take.
func TestPowerClosesAtEveryLevel(t *testing.T) {
	w := newWorld(t, 9, winter.Add(9*time.Hour))
	for range 200 {
		w.Step(1700 * time.Millisecond)
		s := w.Snapshot()
		p := func(id metering.PointID) float64 { m, _ := s.Point(id); return m.P }
		if got, want := p("P-data-check"), p("P-data"); got != want {
			t.Fatalf("check meter %v W, billing meter %v W", got, want)
		}
		bay, end := p("P-plastics-bay"), p("P-plastics")
		if loss := bay - end; end > 0 && (loss <= 0 || loss > 0.05*end) {
			t.Fatalf("cable of plastics loses %v W of %v", loss, end)
		}
		section := p("P-data") + bay + p("P-idle") + p("P-AUX")
		if got := p("P-S10-1"); math.Abs(got-section) > 0.01 {
			t.Fatalf("section %v W, its feeders %v W", got, section)
		}
		works := section + p("P-ceramics") + p("P-chemistry") + p("P-logistics") + p("P-metal") + p("P-building")
		loss := p("P-IN-1") - works
		if loss < 112e3 || loss > 112e3+0.01*works { // 2 × 56 kW no-load, and some load loss
			t.Fatalf("input %v W, works %v W: losses of %v W", p("P-IN-1"), works, loss)
		}
	}
}

func TestQuartersAreRecordedExactly(t *testing.T) {
	start := winter.Add(7 * time.Minute)
	w, log := newWorld(t, 4, start), new(simulator.TruthLog)
	w.Record(log)
	w.Step(100 * time.Minute) // over six quarters in one step
	first := winter.Add(15 * time.Minute)
	if n := len(log.Quarters()); n != 7 {
		t.Fatalf("%d quarters: %v", n, log.Quarters())
	}
	twin := newWorld(t, 4, start)
	for _, q := range log.Quarters() {
		twin.StepTo(q)
		for _, p := range w.Points() {
			for _, c := range metering.Channels() {
				got, ok := log.Register(p, c, q)
				if want := twin.Truth(p, c); !ok || got != want {
					t.Errorf("%s %s at %v: %d, want %d", p, c, q, got, want)
				}
			}
		}
	}
	e, ok := log.Interval("P-data", metering.ChannelActiveImport, first)
	if !ok || e < 500e6 || e > 900e6 { // 2 to 3.6 MW over a quarter of an hour
		t.Errorf("data centre's quarter: %d mWh, %v", e, ok)
	}
	if _, ok := log.Interval("P-data", metering.ChannelActiveImport, winter); ok {
		t.Error("an interval before the log's beginning")
	}
	var text strings.Builder
	if err := log.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf(`{"at":"2026-01-14T19:15:00Z","point":"P-AUX","milli":{"A+":%d,"A-":0,"R+":%d,"R-":0}}`,
		must(log.Register("P-AUX", metering.ChannelActiveImport, first)), must(log.Register("P-AUX", metering.ChannelReactiveImport, first)))
	if first, _, _ := strings.Cut(text.String(), "\n"); first != line {
		t.Errorf("first line %s\nwant       %s", first, line)
	}
}

func must(v int64, ok bool) int64 {
	if !ok {
		panic("not there")
	}
	return v
}

func TestFaultsOfTheSiteAreNamedTogether(t *testing.T) {
	site := plant.Small()
	site.Topology.Nodes[4].Parent = "nowhere"
	site.Points[0].Node = "moon"
	site.Sources[1].Node = "mars"
	_, err := simulator.New(site, 1, winter)
	for _, part := range []string{"site small", `node t-1`, `"nowhere"`, "point P-IN-1", `"moon"`, "source akzhar", `"mars"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not name %s", err, part)
		}
	}
	site = plant.Small()
	site.Topology.Nodes[0].Parent = "t-1"
	if _, err := simulator.New(site, 1, winter); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("a circle of nodes: %v", err)
	}
}
