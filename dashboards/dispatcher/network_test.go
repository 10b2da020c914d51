package dispatcher_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// twoSections is a site with one line, one transformer and a switch on its high side.
func twoSections(site metering.Site) *metering.Site {
	node := func(id, parent metering.NodeID, kind metering.NodeKind, kv float64) metering.Node {
		return metering.Node{ID: id, Name: "узел " + string(id), Kind: kind, Parent: parent, VoltageKV: kv}
	}
	site.Topology = metering.Topology{Nodes: []metering.Node{
		node("far", "", metering.NodeSource, 110), node("in", "far", metering.NodeInput, 110), node("zn", "in", metering.NodeSection, 110),
		node("t", "zn", metering.NodeTransformer, 110), node("s35", "t", metering.NodeSection, 35), node("s10", "t", metering.NodeSection, 10),
		node("f-1", "s10", metering.NodeFeeder, 10), node("tp", "f-1", metering.NodeTransformer, 10), node("s04", "tp", metering.NodeSection, 0.4),
	}}
	site.Sources = []metering.Source{{ID: "far", Name: "ВЛ", Node: "far", Contract: metering.LimitOf(29_700 * metering.Kilowatt), Available: true}}
	site.Points = append(slices.Clone(site.Points), metering.Point{ID: "p-deep", Name: "за ТП", Node: "s04", Role: metering.RoleResident, Resident: site.Residents[1].ID})
	site.Conditions = append(slices.Clone(site.Conditions), metering.Condition{ID: "tu", Resident: site.Residents[0].ID, Node: "f-1"})
	assumed := metering.Origin{Provenance: []metering.Provenance{{Of: []string{"length"}, Basis: metering.BasisAssumed, Source: "догадка"}}}
	over := metering.Origin{Period: metering.Period{To: noon.Add(-time.Hour)}}
	site.Network = metering.Network{
		Feeds: []metering.Feed{{Source: "far", KV: 115}},
		Lines: []metering.NetworkLine{{ID: "l-far", Name: "ВЛ-110", From: "far", To: "in", LengthKM: 15, Conductor: "АС-185/29", Towers: "row-1", Origin: assumed},
			{ID: "l-old", From: "far", To: "in", LengthKM: 15, Origin: over}},
		Transformers: []metering.ThreeWinding{{Node: "t", Bus: [3]metering.NodeID{"zn", "s35", "s10"}, KV: [3]float64{115, 38.5, 11}, MVA: [3]float64{63, 63, 63}, Tap: metering.TapChanger{StepPct: 1.78, Min: -9, Max: 9}}},
		Switches:     []metering.Switch{{ID: "q", Name: "В-110", Kind: metering.SwitchBreaker, A: "in", B: "zn", Closed: true}},
		Transfers:    []metering.Transfer{{ID: "avr", Name: "АВР", Watch: "zn", Reserve: "in", Open: []metering.ElementID{"q"}, After: 1500 * time.Millisecond}},
		Scenarios:    []metering.SupplyScenario{{ID: "A", Name: "как есть", Sources: []string{"far"}}},
		Voltages:     []metering.VoltageBand{{KV: 10, Min: 9.5, Max: 11}},
	}
	return &site
}

func netStage(t *testing.T, change func(*dispatcher.Config)) *stage {
	return newStage(t, func(c *dispatcher.Config) {
		c.Site = twoSections(*c.Site)
		if change != nil {
			change(c)
		}
	})
}

func TestDiagramNamesWhatIsInForce(t *testing.T) {
	s := netStage(t, nil)
	d := get[dispatcher.Diagram](t, s, "/api/v1/network/diagram", 200)
	var buses []string
	for _, b := range d.Buses {
		buses = append(buses, b.Node)
	}
	if !slices.Equal(buses, []string{"far", "in", "zn", "s35", "s10"}) || d.Buses[4].KV != 10 || d.Buses[4].Kind != metering.NodeSection {
		t.Errorf("buses %v", d.Buses)
	}
	if len(d.Lines) != 1 || d.Lines[0].ID != "l-far" || d.Lines[0].KV != 110 || d.Lines[0].Towers != "row-1" {
		t.Errorf("lines %+v: the one that is gone is not shown", d.Lines)
	}
	if len(d.Transformers) != 1 || d.Transformers[0].Buses != [3]string{"zn", "s35", "s10"} || d.Transformers[0].Name != "узел t" || d.Transformers[0].TapMax != 9 {
		t.Errorf("transformers %+v", d.Transformers)
	}
	residents := s.zone.Site().Residents
	if len(d.Feeders) != 1 || d.Feeders[0].Bus != "s10" || !slices.Equal(d.Feeders[0].Residents, []string{string(residents[0].ID), string(residents[1].ID)}) || !slices.Equal(d.Feeders[0].Points, []string{"p-deep"}) {
		t.Errorf("feeders %+v: the transformer of the zone is none, the substation below f-1 belongs to f-1", d.Feeders)
	}
	if len(d.Sources) != 1 || *d.Sources[0].ContractMW != 29.7 || !d.Sources[0].Available || d.Sources[0].AngleKnown {
		t.Errorf("sources %+v", d.Sources)
	}
	if len(d.Transfers) != 1 || d.Transfers[0].AfterS != 1.5 || len(d.Scenarios) != 1 || d.Scenarios[0].Open == nil || len(d.Voltages) != 1 {
		t.Errorf("%+v %+v %+v", d.Transfers, d.Scenarios, d.Voltages)
	}
	if want := (dispatcher.DiagramProvenance{Element: "l-far", Fields: []string{"length"}, Basis: "assumed", Source: "догадка"}); len(d.Provenance) != 1 || mustJSON(t, d.Provenance[0]) != mustJSON(t, want) {
		t.Errorf("provenance %+v", d.Provenance)
	}
}

func TestSiteWithoutNetwork(t *testing.T) {
	s := newStage(t, nil)
	for _, path := range []string{"/api/v1/network", "/api/v1/network/diagram", "/api/v1/network/whatif"} {
		if w := ask(s, http.MethodGet, path, ""); w.Code != 404 || !strings.Contains(w.Body.String(), "describes no network") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestNetworkAgesAndGoesOutOnTheStream(t *testing.T) {
	s := netStage(t, nil)
	if w := ask(s, http.MethodGet, "/api/v1/network", ""); w.Code != 503 {
		t.Errorf("before any state: %d", w.Code)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	page := connect(t, server.URL, "")
	if first := page.next(); strings.Contains(first.data, `"network"`) {
		t.Errorf("the snapshot has a network: %s", first.data)
	}
	s.SetNetwork(metering.NetworkState{At: noon, LoadMW: 29.7})
	s.SetNetwork(metering.NetworkState{At: noon.Add(-time.Minute), LoadMW: 1}) // comes late
	told := func() (n *dispatcher.NetworkView) {
		s.Publish()
		var d struct{ Network *dispatcher.NetworkView }
		if err := json.Unmarshal([]byte(page.next().data), &d); err != nil {
			t.Fatal(err)
		}
		return d.Network
	}
	if n := told(); n == nil || n.LoadMW != 29.7 || n.Freshness != dispatcher.Fresh || n.Buses == nil {
		t.Errorf("on the stream: %+v", n)
	}
	if n := told(); n != nil {
		t.Errorf("nothing has changed, and the stream tells %+v", n)
	}
	some := []metering.Assumption{{Element: "l-kar", Field: "length", Value: "15 km"}}
	s.SetNetwork(metering.NetworkState{At: noon, LoadMW: 29.7, Assumed: some, Residuals: make([]metering.Residual, 40)})
	if n := told(); n == nil || len(n.Assumed) != 1 || len(n.Residuals) != 12 {
		t.Errorf("assumptions that have changed: %+v", n)
	}
	s.SetNetwork(metering.NetworkState{At: noon, LoadMW: 29.6, Assumed: some})
	if n := told(); n == nil || n.LoadMW != 29.6 || n.Assumed != nil {
		t.Errorf("assumptions that have not: %+v", n)
	}
	if snap := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200); len(snap.Network.Assumed) != 1 {
		t.Errorf("the snapshot has lost them: %s", mustJSON(t, snap.Network))
	}
	s.SetNetwork(metering.NetworkState{At: noon, LoadMW: 29.7})
	s.pass(11 * time.Second)
	if n := told(); n == nil || n.Freshness != dispatcher.Late {
		t.Errorf("after 11 s: %+v", n)
	}
	s.pass(time.Minute)
	if n := get[dispatcher.NetworkView](t, s, "/api/v1/network", 200); n.Freshness != dispatcher.Silent || !n.At.Equal(noon) {
		t.Errorf("after a minute: %s", mustJSON(t, n))
	}
	if snap := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200); snap.Network == nil || snap.Network.LoadMW != 29.7 {
		t.Errorf("snapshot: %s", mustJSON(t, snap.Network))
	}
}

func TestSuppositions(t *testing.T) {
	var asked []dispatcher.Supposition
	answer := metering.NetworkState{At: noon, Supposed: "t-2 out", LoadMW: 40}
	var fail error
	s := netStage(t, func(c *dispatcher.Config) {
		c.Supposing = func(_ context.Context, q dispatcher.Supposition) (metering.NetworkState, error) {
			asked = append(asked, q)
			return answer, fail
		}
	})
	got := get[metering.NetworkState](t, s, "/api/v1/network/whatif?scenario=A&out=l-far,row-1,t&open=q&load_mw=40&ambient=-20&emergency=true", 200)
	if got.Supposed != answer.Supposed || got.Violations == nil {
		t.Errorf("answer %s", mustJSON(t, got))
	}
	q := asked[0]
	if q.Scenario != "A" || !slices.Equal(q.Out, []string{"l-far", "row-1", "t"}) || !slices.Equal(q.Open, []metering.ElementID{"q"}) ||
		q.Close != nil || *q.LoadMW != 40 || *q.AmbientC != -20 || !q.Emergency || q.Scale != 1 {
		t.Errorf("asked %+v", q)
	}
	if get[metering.NetworkState](t, s, "/api/v1/network/whatif?scale=0", 200); asked[1].Scale != 0 || asked[1].LoadMW != nil || asked[1].AmbientC != nil {
		t.Errorf("asked %+v", asked[1])
	}
	w := ask(s, http.MethodGet, "/api/v1/network/whatif?scenario=Z&out=moon&close=q&open=q,x&ambient=100&scale=-1", "")
	for _, place := range []string{"query.scenario", "query.out", "query.open", "both", "query.ambient"} {
		if place == "both" {
			place = "open and closed"
		}
		if w.Code != 422 || !strings.Contains(w.Body.String(), place) {
			t.Errorf("faults: %d, without %s: %s", w.Code, place, w.Body)
		}
	}
	fail = dispatcher.ErrNotReady
	if w := ask(s, http.MethodGet, "/api/v1/network/whatif", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "load_mw") {
		t.Errorf("too early: %d %s", w.Code, w.Body)
	}
	bare := netStage(t, nil)
	if w := ask(bare, http.MethodGet, "/api/v1/network/whatif", ""); w.Code != 503 {
		t.Errorf("nobody calculates: %d", w.Code)
	}
}

// Two suppositions are calculated at once; a third waits, and gives up in time.
func TestSuppositionsWaitForEachOther(t *testing.T) {
	inside, leave := make(chan bool, 3), make(chan bool)
	s := netStage(t, func(c *dispatcher.Config) {
		c.Limits.QueryWait = 50 * time.Millisecond
		c.Supposing = func(context.Context, dispatcher.Supposition) (metering.NetworkState, error) {
			inside <- true
			<-leave
			return metering.NetworkState{At: noon}, nil
		}
	})
	codes := make(chan int, 3)
	for range 2 {
		go func() { codes <- ask(s, http.MethodGet, "/api/v1/network/whatif", "").Code }()
	}
	<-inside
	<-inside
	if w := ask(s, http.MethodGet, "/api/v1/network/whatif", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "at once") {
		t.Errorf("the third is answered %d %s", w.Code, w.Body)
	}
	close(leave)
	if a, b := <-codes, <-codes; a != 200 || b != 200 {
		t.Errorf("the first two are answered %d and %d", a, b)
	}
}
