package office_test

import (
	"time"
	_ "time/tzdata" // the stories live in a zone that the machine may not know

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/hosting"
	"asue/balancing/reclaim/office"
	"asue/metering"
)

const kW = metering.Kilowatt

var aqtobe = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		panic(err)
	}
	return loc
}()

// day is a local midnight of 2026, counted from 1 July.
func day(n int) time.Time { return time.Date(2026, 7, 1+n, 0, 0, 0, 0, aqtobe) }

// zone is a source of 10 MW with three feeders. Ceramics has 5 MW at the first, Plastics
// 2.5 MW at the second, Chemistry 1 MW at each of the second and the third. The centre has
// nothing yet.
func zone() *metering.Site {
	node := func(id, parent metering.NodeID, limit metering.Limit) metering.Node {
		return metering.Node{ID: id, Name: "node " + string(id), Parent: parent, Kind: metering.NodeFeeder, Limit: limit}
	}
	tu := func(id string, resident metering.ResidentID, node metering.NodeID, kilowatts, year int) metering.Condition {
		return metering.Condition{ID: id, Resident: resident, Node: node, Power: metering.Power(kilowatts) * kW,
			Document: "doc of " + id, From: time.Date(year, 3, 1, 0, 0, 0, 0, aqtobe)}
	}
	return &metering.Site{
		ID: "zone", Name: "Zone", Location: aqtobe,
		Topology: metering.Topology{Nodes: []metering.Node{
			node("line", "", metering.Limit{}), node("input", "line", metering.Unlimited()),
			node("f-1", "input", metering.LimitOf(6000*kW)), node("f-2", "input", metering.LimitOf(4000*kW)), node("f-3", "input", metering.Limit{}),
			node("backup", "", metering.Limit{}),
		}},
		Sources: []metering.Source{{ID: "line", Node: "line", Contract: metering.LimitOf(10_000 * kW), Available: true}, {ID: "backup", Node: "backup"}},
		Residents: []metering.Resident{
			{ID: "ceramics", Name: "Ceramics-1", State: metering.Working}, {ID: "plastics", Name: "Plastics-2", State: metering.Working},
			{ID: "chemistry", Name: "Chemistry-1", State: metering.Working}, {ID: "centre", Name: "Centre-1", State: metering.InRealisation},
		},
		Conditions: []metering.Condition{
			tu("tu-1", "ceramics", "f-1", 4000, 2020), tu("tu-2", "ceramics", "f-1", 1000, 2024),
			tu("tu-3", "plastics", "f-2", 2500, 2021), tu("tu-4", "chemistry", "f-2", 1000, 2021), tu("tu-5", "chemistry", "f-3", 1000, 2022),
		},
	}
}

func config() office.Config {
	site := zone()
	return office.Config{Site: site, Terms: reclaim.DefaultTerms(metering.Calendar{}, aqtobe), Nodes: office.NodesOf(site), Opened: day(-30), Policy: hosting.DefaultPolicy()}
}

func opened(t failing, c office.Config) *office.Office {
	t.Helper()
	o, err := office.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// evidence is that of a finding about a resident's conditions as they stand.
func evidence(o *office.Office, resident metering.ResidentID, node metering.NodeID, nodes []metering.NodeID, class reclaim.Class, volume metering.Power, to time.Time) string {
	s := reclaim.Subject{Resident: resident, Node: node}
	for _, c := range o.Register().Conditions() {
		for _, n := range nodes {
			if c.Resident == resident && c.Node == n {
				s.Conditions = append(s.Conditions, c)
			}
		}
	}
	allowed := s.AllowedAt(to.Add(-1))
	f := reclaim.Finding{Subject: s, Class: class, Rules: reclaim.Default(), Reason: "as drawn",
		Use:    reclaim.Use{Resident: resident, Node: node, From: to.AddDate(-1, 0, 0), To: to, Minutes: 30, Allowed: allowed},
		Volume: &reclaim.Volume{Retained: allowed - volume, Returnable: volume}}
	return reclaim.NewEvidence(f, reclaim.Record{}, reclaim.Digest{Count: 35040}).Text
}

// failing is a test of either kind.
type failing interface {
	Helper()
	Fatal(args ...any)
}
