package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/balancing/estimate"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/regmap"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/mqtt"
	"asue/metering/sqlite"
	"asue/metering/wire"
	"asue/simulator"
)

// networkStand is the simulated zone, whose meters the role hears in batches.
type networkStand struct {
	t       *testing.T
	w       *networker
	world   *simulator.World
	ledger  metering.Ledger
	now     time.Time
	seq     uint64
	last    metering.NetworkState
	samples int
	times   map[metering.PointID]float64 // meters that show so many times too much
	path    string
}

func newNetworkStand(t *testing.T) *networkStand {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	site, err := cli.ReadSite("", library)
	if err != nil {
		t.Fatal(err)
	}
	s := &networkStand{t: t, now: time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC), times: map[metering.PointID]float64{}}
	if s.world, err = simulator.New(site, 7, s.now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.world.Step(time.Hour)
	dir := t.TempDir()
	s.path = filepath.Join(dir, "network-losses.jsonl")
	if s.ledger, err = sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ledger.Close() })
	s.start(site)
	return s
}

// start begins the role, with what an earlier run has left.
func (s *networkStand) start(site *metering.Site) {
	s.t.Helper()
	p := &process{Node: node.New(settings.Default(), site, clock.Clock{}, slog.New(slog.DiscardHandler), "test")}
	var err error
	if s.w, err = newNetworker(p, s.ledger, func(list ...metering.Sample) { s.samples += len(list) }); err != nil {
		s.t.Fatal(err)
	}
	if err := s.w.begin(s.now); err != nil {
		s.t.Fatal(err)
	}
	if s.w.losses, err = openLossBook(s.path, s.now); err != nil {
		s.t.Fatal(err)
	}
	s.w.recall(s.t.Context(), s.now)
}

// pass lets time go by, five seconds at a time.
func (s *networkStand) pass(d time.Duration) {
	s.t.Helper()
	for range int(d / (5 * time.Second)) {
		s.world.Step(5 * time.Second)
		s.now = s.now.Add(5 * time.Second)
		s.w.hear(mqtt.Message{Topic: wire.LiveTopic(s.w.Site.ID, "collector-1"), Payload: s.batch()})
		payload, err := s.w.next(s.t.Context(), s.now)
		if err != nil {
			s.t.Fatal(err)
		}
		if s.last, err = wire.DecodeNetwork(payload); err != nil {
			s.t.Fatal(err)
		}
	}
}

// batch is what all meters say now.
func (s *networkStand) batch() []byte {
	s.t.Helper()
	s.seq++
	b := wire.Batch{Site: s.w.Site.ID, ID: metering.BatchID{Collector: "collector-1", Epoch: 1, Seq: s.seq}, Line: "all", Sealed: s.now, Class: wire.Telemetry}
	picture := s.world.Snapshot()
	for _, m := range s.w.Site.Meters {
		shown, install, ok := picture.Meter(m.ID)
		if point, _ := s.w.Site.Point(install.Point); !ok || point.MediumOf() != metering.Electricity {
			continue
		}
		one := metering.Snapshot{Meter: m.ID, At: s.now}
		for _, q := range []metering.Quantity{metering.ActivePower, metering.ReactivePower, metering.VoltageLL, metering.Current} {
			v, _, _ := shown.Value(q)
			if f, wrong := s.times[install.Point]; wrong && q != metering.VoltageLL {
				v *= f
			}
			one.Readings = append(one.Readings, metering.Reading{Quantity: q, Value: v})
		}
		b.Snapshots = append(b.Snapshots, one)
	}
	payload, err := wire.EncodeBatch(b)
	if err != nil {
		s.t.Fatal(err)
	}
	return payload
}

func (s *networkStand) findings() []metering.Finding {
	s.t.Helper()
	list, err := s.ledger.Findings(s.t.Context(), metering.FindingQuery{Rules: []string{estimate.Rule}, From: s.now.Add(-24 * time.Hour), To: s.now})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// Batches go in, a state comes out that is close to what really flows; a meter with a
// wrong ratio is in the ledger within twenty minutes, survives a start of the program,
// and is cleared when it agrees again.
func TestBatchesBecomeStateFindingAndLosses(t *testing.T) {
	s := newNetworkStand(t)
	s.pass(15 * time.Minute)
	in, _ := s.world.Snapshot().Point("p-in-kar")
	if got := s.last.Sources[0].MeteredMW; s.last.Problem != "" || s.last.Scenario != "A" || math.Abs(got/(in.P/1e6)-1) > 0.01 {
		t.Fatalf("problem %q, %.3f MW at the input, really %.3f", s.last.Problem, got, in.P/1e6)
	}
	for _, b := range s.last.Buses {
		kv, _ := s.world.Snapshot().Voltage(b.Node)
		if b.Node != "kar" && b.Live && math.Abs(b.KV/kv-1) > 0.01 {
			t.Errorf("%s at %.3f kV, really %.3f", b.Node, b.KV, kv)
		}
	}
	if r := s.last.Readiness; r == nil || r.Light != metering.LightRed || r.Lost != "karatagai" {
		t.Errorf("readiness %+v", r)
	}
	if len(s.findings()) > 0 || s.samples == 0 {
		t.Errorf("%d samples, findings %+v", s.samples, s.findings())
	}

	s.times["p-t1-10"] = 0.5
	s.pass(20 * time.Minute)
	found := s.findings()
	for _, f := range found {
		if f.Point != "p-t1-10" || f.Severity != metering.Alarm {
			t.Errorf("a finding about %s: %s", f.Point, f.Text)
		}
	}
	if len(found) == 0 || !strings.Contains(found[0].Text+found[len(found)-1].Text, "factor 0.500") {
		t.Fatalf("findings %+v", found)
	}

	s.w.losses.close()
	s.start(s.w.Site)
	s.times = map[metering.PointID]float64{}
	s.pass(20 * time.Minute)
	if found := s.findings(); len(found) > 0 {
		t.Errorf("the meter agrees, and there is still %+v", found)
	}

	// The losses of half an hour, beside what the simulator's own registers say: what
	// came in less what left the windings.
	from := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	lost, covered, ok := s.w.losses.lost(from, from.Add(30*time.Minute))
	if !ok || covered < 0.98 {
		t.Fatalf("covered %.3f, %v", covered, lost)
	}
	if both := lost["t-1"] + lost["t-2"]; both < 60_000 || both > 75_000 { // 0.14 MW or so for half an hour
		t.Errorf("t-1 and t-2 lost %.0f Wh in half an hour", both)
	}
}

// The balance shows the model's losses where the model covers the span, and what remains.
func TestBalanceByTheModel(t *testing.T) {
	s := newNetworkStand(t)
	s.pass(30 * time.Minute)
	from := time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)
	var list []metering.Interval
	picture := s.world.Snapshot()
	for _, p := range s.w.Site.Points {
		if m, ok := picture.Point(p.ID); ok && p.MediumOf() == metering.Electricity {
			for _, ch := range []metering.Channel{metering.ChannelActiveImport, metering.ChannelReactiveImport} {
				power := m.P
				if ch == metering.ChannelReactiveImport {
					power = m.Q
				}
				list = append(list, metering.Interval{Point: p.ID, Channel: ch, Start: from, Energy: metering.Energy(power / 4), Grade: metering.Actual, Method: metering.MethodRegister})
			}
		}
	}
	a, err := newAnalyst(s.w.Site, wholeBook{list: list})
	if err != nil {
		t.Fatal(err)
	}
	find := func(node string) dispatcher.NodeBalance {
		totals, err := a.Totals(t.Context(), from, from.Add(15*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range totals {
			if b.Node == node {
				return b
			}
		}
		t.Fatalf("no balance of %s", node)
		return dispatcher.NodeBalance{}
	}
	if b := find("t-1"); b.ModelLossWh != nil {
		t.Errorf("nobody has calculated, and there is %+v", b)
	}
	a.losses = s.w.losses
	b := find("t-1")
	if b.ModelLossWh == nil || b.Unexplained == nil || *b.ModelCovered < 0.98 {
		t.Fatalf("%+v", b)
	}
	if *b.InWh-*b.OutWh-*b.OwnNeedsWh-*b.ModelLossWh != *b.Unexplained || math.Abs(float64(*b.Unexplained)) > 0.01*float64(*b.InWh) {
		t.Errorf("in %d, out %d, lost by the formula %d, by the model %d, unexplained %d Wh", *b.InWh, *b.OutWh, *b.LossWh, *b.ModelLossWh, *b.Unexplained)
	}
}

// wholeBook is a ledger that answers every question for intervals with all it has.
type wholeBook struct {
	metering.Ledger
	list []metering.Interval
}

func (b wholeBook) Intervals(context.Context, metering.IntervalQuery) ([]metering.Interval, error) {
	return b.list, nil
}

func TestSuppositionsOfTheRole(t *testing.T) {
	s := newNetworkStand(t)
	if _, err := s.w.suppose(t.Context(), dispatcher.Supposition{Scale: 1}); !errors.Is(err, dispatcher.ErrNotReady) {
		t.Errorf("before any state: %v", err)
	}
	load := 40.0
	if planned, err := s.w.suppose(t.Context(), dispatcher.Supposition{Scenario: "A", Scale: 1, LoadMW: &load}); err != nil || math.Abs(planned.LoadMW-40) > 1e-6 {
		t.Errorf("by the plan: %.3f MW, %v", planned.LoadMW, err)
	}
	s.pass(time.Minute)
	ask := func(q dispatcher.Supposition) metering.NetworkState {
		t.Helper()
		state, err := s.w.suppose(t.Context(), q)
		if err != nil || state.Supposed == "" || state.Readiness != nil {
			t.Fatalf("%+v: %v", state, err)
		}
		return state
	}
	same := ask(dispatcher.Supposition{Scale: 1})
	if math.Abs(same.LoadMW-s.last.LoadMW) > 0.001 || same.Scenario != "A" {
		t.Errorf("as it is: %.3f MW in %q, measured %.3f", same.LoadMW, same.Scenario, s.last.LoadMW)
	}
	if double := ask(dispatcher.Supposition{Scale: 2}); math.Abs(double.LoadMW-2*s.last.LoadMW) > 0.002 || len(double.Violations) == 0 {
		t.Errorf("twice the load: %.3f MW, violations %+v", double.LoadMW, double.Violations)
	}
	hot := 40.0
	c := ask(dispatcher.Supposition{Scenario: "C", Scale: 1, LoadMW: &load, Out: []string{"l-akz-2"}, AmbientC: &hot})
	if math.Abs(c.LoadMW-40) > 1e-6 || c.Lines[2].Live || math.Abs(c.Lines[1].RatingA-0.81*605) > 0.5 {
		t.Errorf("Акжар, one circuit, +40 °C: %.3f MW, lines %+v", c.LoadMW, c.Lines)
	}
	dark := ask(dispatcher.Supposition{Scale: 1, Open: []metering.ElementID{"q-kar"}})
	if dark.UnservedMW < 20 {
		t.Errorf("with В-110 open: %+v", dark)
	}
}
