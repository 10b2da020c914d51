package dispatcher_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

func TestFindingsCarryTheirFigures(t *testing.T) {
	b := &books{findings: []metering.Finding{
		{Rule: "spike", Severity: metering.Warning, Point: "p-r-01", Channel: metering.ChannelActiveImport, From: midnight, To: midnight.Add(time.Hour),
			Numbers: []metering.Number{{Name: "highest", Value: 900, Unit: "Wh"}}, Text: "900 Wh against 300", RuleSet: "default 2026-01-01", FoundAt: noon},
		{Rule: "balance", Severity: metering.Alarm, Node: "in", From: midnight, To: midnight.Add(time.Hour), FoundAt: noon, ClearedAt: noon.Add(time.Minute)},
	}}
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b; c.Site.Topology.Nodes[0].Name = "Ввод" })
	list := get[dispatcher.FindingList](t, s, "/api/v1/findings?cleared=true&severity=warning&resident=r-04&node=in&rule=spike", 200)
	f := list.Findings
	if len(f) != 2 || f[0].Numbers[0].Value != 900 || f[0].Name != "p-r-01" || f[0].Resident != "r-01" || f[0].Channel != "A+" || f[0].ClearedAt != nil {
		t.Errorf("first: %s", mustJSON(t, f))
	}
	if f[1].Name != "Ввод" || f[1].ClearedAt == nil || f[1].Severity != "alarm" || f[1].Numbers == nil {
		t.Errorf("second: %s", mustJSON(t, f[1]))
	}
	q := b.finding
	if !q.Cleared || q.Severity != metering.Warning || fmt.Sprint(q.Points, q.Nodes, q.Rules) != "[p-r-04 p2-r-04] [in] [spike]" ||
		!q.To.Equal(midnight.AddDate(0, 0, 2)) || !q.From.Equal(midnight.AddDate(0, 0, -29)) {
		t.Errorf("asked %+v", q)
	}
	if l := get[dispatcher.FindingList](t, s, "/api/v1/findings?limit=1", 200); len(l.Findings) != 1 || !l.More {
		t.Errorf("cut: %s", mustJSON(t, l))
	}
	b.findings = nil
	if l := get[dispatcher.FindingList](t, s, "/api/v1/findings", 200); len(l.Findings) != 0 || l.Findings == nil || l.More {
		t.Errorf("none: %s", mustJSON(t, l))
	}
	w := ask(s, http.MethodGet, "/api/v1/findings?severity=awful&point=x&node=y&resident=z&limit=0&from=2020-01-01", "")
	for _, place := range []string{"query.severity", "query.point", "query.node", "query.resident", "query.limit", "query.to"} {
		if w.Code != 422 || !strings.Contains(w.Body.String(), place) {
			t.Errorf("%d %s does not name %s", w.Code, w.Body, place)
		}
	}
}

// October was settled; later one interval came in, one was agreed anew, one was
// only recorded again.
func TestCorrectionsOfASettlement(t *testing.T) {
	b := &books{}
	b.fill("p-r-01", metering.ChannelActiveImport, midnight, 192, 1000)
	b.fill("p-r-02", metering.ChannelActiveImport, midnight, 192, 500)
	b.settled = map[string][]metering.Interval{"2026-11a": append([]metering.Interval{}, b.intervals[1:]...)}
	b.settlements = []metering.Settlement{{ID: "2026-11a", From: midnight, To: midnight.AddDate(0, 0, 2), Author: "Г. Омарова", MadeAt: noon, Digest: "5a", Intervals: 383}}
	b.revise("p-r-02", midnight.Add(time.Hour), noon, func(i *metering.Interval) { i.Energy, i.Grade = 480, metering.FinalGrade })
	b.revise("p-r-02", midnight.Add(30*time.Hour), noon, func(i *metering.Interval) { i.Grade, i.Energy = metering.Null, 0 })
	b.revise("p-r-02", midnight.Add(31*time.Hour), noon, func(*metering.Interval) {})
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = b })
	made := get[dispatcher.SettlementList](t, s, "/api/v1/settlements", 200)
	if len(made.Settlements) != 1 || made.Settlements[0].Intervals != 383 || made.Settlements[0].Author != "Г. Омарова" {
		t.Errorf("settlements %s", mustJSON(t, made))
	}
	const path = "/api/v1/settlements/2026-11a/corrections"
	c := get[dispatcher.CorrectionList](t, s, path, 200).Corrections
	if len(c) != 3 {
		t.Fatalf("corrections %s", mustJSON(t, c))
	}
	if c[0].Settled != nil || *c[0].Current.EnergyWh != 1000 || c[0].Difference != nil {
		t.Errorf("what came afterwards: %s", mustJSON(t, c[0]))
	}
	if *c[1].Difference != -20 || c[1].Current.Grade != "F" || c[1].Settled.Grade != "A" {
		t.Errorf("what was agreed anew: %s", mustJSON(t, c[1]))
	}
	if c[2].Difference != nil || c[2].Current.Grade != "N" || *c[2].Settled.EnergyWh != 500 {
		t.Errorf("what was lost: %s", mustJSON(t, c[2]))
	}
	first := get[dispatcher.CorrectionList](t, s, path+"?limit=2", 200)
	if len(first.Corrections) != 2 || first.Next == nil {
		t.Fatalf("first page %s", mustJSON(t, first))
	}
	rest := get[dispatcher.CorrectionList](t, s, path+"?limit=2&from="+first.Next.Format(time.RFC3339), 200)
	if len(rest.Corrections) != 1 || rest.Next != nil {
		t.Errorf("second page %s", mustJSON(t, rest))
	}
	if l := get[dispatcher.CorrectionList](t, s, path+"?point=p-r-01", 200); len(l.Corrections) != 1 {
		t.Errorf("of one point %s", mustJSON(t, l))
	}
	if w := ask(s, http.MethodGet, "/api/v1/settlements/1999-01/corrections", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "/api/v1/settlements") {
		t.Errorf("an unknown settlement: %d %s", w.Code, w.Body)
	}
	if w := ask(s, http.MethodGet, path+"?point=x&channel=y&from=z", ""); w.Code != 422 {
		t.Errorf("wrong parameters: %d %s", w.Code, w.Body)
	}
	// A correction list can always be asked on: cut pages join to the whole.
	var joined int
	for from := midnight.Format(time.RFC3339); ; {
		l := get[dispatcher.CorrectionList](t, s, path+"?limit=1&from="+from, 200)
		joined += len(l.Corrections)
		if l.Next == nil {
			break
		}
		from = l.Next.Format(time.RFC3339)
	}
	if joined != 3 {
		t.Errorf("%d corrections in pages of one", joined)
	}
}

func TestSettlementsOfNobody(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = &books{} })
	if l := get[dispatcher.SettlementList](t, s, "/api/v1/settlements", 200); l.Settlements == nil || len(l.Settlements) != 0 {
		t.Errorf("none: %s", mustJSON(t, l))
	}
}

// scales answers for the balance and the demand, and remembers what was asked.
type scales struct {
	asked string
	err   error
}

func (s *scales) Totals(_ context.Context, from, to time.Time) ([]dispatcher.NodeBalance, error) {
	s.asked = fmt.Sprint("totals ", from.Format(time.RFC3339), " ", to.Format(time.RFC3339))
	return []dispatcher.NodeBalance{{Node: "in", Name: "Ввод", Start: from, End: to}}, s.err
}

func (s *scales) Balance(_ context.Context, node metering.NodeID, from, to time.Time, step string) ([]dispatcher.NodeBalance, error) {
	s.asked = fmt.Sprint(node, " ", step, " ", to.Sub(from))
	return nil, s.err
}

func (s *scales) Demand(_ context.Context, r metering.ResidentID, month time.Time) (dispatcher.Demand, error) {
	s.asked = fmt.Sprint(r, " ", month.Format(time.RFC3339))
	return dispatcher.Demand{Resident: string(r), From: month}, s.err
}

func TestBalanceAsksWithinBounds(t *testing.T) {
	b := &scales{}
	s := newStage(t, func(c *dispatcher.Config) { c.Balances = b })
	if l := get[dispatcher.BalanceList](t, s, "/api/v1/balance", 200); len(l.Balances) != 1 || b.asked != "totals 2026-11-20T19:00:00Z 2026-11-21T19:00:00Z" {
		t.Errorf("today: %s, asked %s", mustJSON(t, l), b.asked)
	}
	if l := get[dispatcher.BalanceList](t, s, "/api/v1/balance?node=in&from=2026-11-01&to=2026-11-21&step=60m", 200); l.Balances == nil || b.asked != "in 60m 480h0m0s" {
		t.Errorf("a node: %s, asked %s", mustJSON(t, l), b.asked)
	}
	w := ask(s, http.MethodGet, "/api/v1/balance?node=in&from=2026-09-01&to=2026-11-21&step=15m", "")
	if w.Code != 422 || !strings.Contains(w.Body.String(), "query.step") {
		t.Errorf("too many steps: %d %s", w.Code, w.Body)
	}
	if w := ask(s, http.MethodGet, "/api/v1/balance?node=nowhere&from=2026-11-21&to=2026-11-20&step=x", ""); w.Code != 422 {
		t.Errorf("wrong: %d %s", w.Code, w.Body)
	}
	b.err = fmt.Errorf("no metering: %w", metering.ErrNotFound)
	if w := ask(s, http.MethodGet, "/api/v1/balance?node=in", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "has no balance") {
		t.Errorf("a node without one: %d %s", w.Code, w.Body)
	}
	if w := ask(newStage(t, nil), http.MethodGet, "/api/v1/balance", ""); w.Code != 503 {
		t.Errorf("without balances: %d", w.Code)
	}
}

func TestDemandIsOfALocalMonth(t *testing.T) {
	b := &scales{}
	s := newStage(t, func(c *dispatcher.Config) { c.Demands = b })
	get[dispatcher.Demand](t, s, "/api/v1/demand?resident=r-01&month=2026-10", 200)
	if b.asked != "r-01 2026-09-30T19:00:00Z" {
		t.Errorf("asked %s", b.asked)
	}
	if d := get[dispatcher.Demand](t, s, "/api/v1/demand", 200); d.Maxima == nil || b.asked != " 2026-10-31T19:00:00Z" {
		t.Errorf("the zone now: asked %s", b.asked)
	}
	f := func(query, want string) {
		t.Helper()
		w := ask(s, http.MethodGet, "/api/v1/demand?"+query, "")
		if w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	f("month=2026-12", "has not begun")
	f("month=autumn", "2026-11")
	f("resident=nobody", "no such resident")
	b.err = metering.ErrNotFound
	if w := ask(s, http.MethodGet, "/api/v1/demand?resident=r-01", ""); w.Code != 404 {
		t.Errorf("a resident without a point: %d", w.Code)
	}
	if w := ask(newStage(t, nil), http.MethodGet, "/api/v1/demand", ""); w.Code != 503 {
		t.Errorf("without demands: %d", w.Code)
	}
}

func TestMediaStandAgainstTheirLimits(t *testing.T) {
	b := &books{}
	hour := noon.Truncate(time.Hour) // 12:00 at the site
	b.fill("gas-in", metering.ChannelGas, hour.Add(-24*time.Hour), 96, 3_000_000)
	b.fill("gas-1", metering.ChannelGas, hour.Add(-2*time.Hour), 7, 1_000_000)
	b.intervals[96+5].Grade = metering.Substitute
	s := newStage(t, func(c *dispatcher.Config) {
		c.Ledger = b
		c.Site.Media = []metering.MediumLimit{{Medium: metering.Gas, Litres: 20_000_000, Per: time.Hour}, {Medium: metering.Sewage, Litres: 5, Per: 24 * time.Hour}}
		for _, p := range []metering.Point{{ID: "gas-in", Name: "Газ", Role: metering.RoleInput}, {ID: "gas-1", Role: metering.RoleResident, Resident: "r-01"}} {
			p.Medium = metering.Gas
			c.Site.Points = append(c.Site.Points, p)
			c.Site.Installs = append(c.Site.Installs, metering.Install{Meter: "m-" + metering.MeterID(p.ID), Point: p.ID})
		}
	})
	list := get[dispatcher.MediaList](t, s, "/api/v1/media", 200)
	if len(list.Media) != 2 || list.Media[0].Medium != "gas" || list.Media[1].Medium != "sewage" {
		t.Fatalf("media %s", mustJSON(t, list))
	}
	gas := list.Media[0]
	load := gas.Limits[0]
	if load.Last.VolumeL != 12_000_000 || !load.Last.Known || *load.Share != 0.6 || load.Last.Worst != "A" || gas.Basis[0] != "gas-in" || load.Highest.VolumeL != 12_000_000 {
		t.Errorf("gas: %s", mustJSON(t, load))
	}
	if p := gas.Points[1]; p.Hour == nil || p.Hour.VolumeL != 3_000_000 || p.Hour.Known || p.Hour.Worst != "N" || p.Day.VolumeL != 7_000_000 {
		t.Errorf("a point with an hour of which a quarter is missing: %s", mustJSON(t, p))
	}
	sewage := list.Media[1].Limits[0]
	if sewage.Share != nil || sewage.Last.Known || sewage.Last.Worst != "N" || sewage.PerS != 86400 || sewage.Highest != nil {
		t.Errorf("sewage nobody meters: %s", mustJSON(t, sewage))
	}
	if l := get[dispatcher.MediaList](t, newStage(t, nil), "/api/v1/media", 200); l.Media == nil || len(l.Media) != 0 {
		t.Errorf("a zone of electricity alone: %s", mustJSON(t, l))
	}
}

func TestWithoutALedgerTheBooksAreShut(t *testing.T) {
	s := newStage(t, func(c *dispatcher.Config) { c.Ledger = nil })
	for _, path := range []string{
		"intervals.csv?point=in-1&from=2026-11-20&to=2026-11-21", "intervals/in-1/A+/2026-11-20T00:00:00Z/history", "completeness", "findings",
		"media", "settlements", "settlements/x/corrections",
	} {
		if w := ask(s, http.MethodGet, "/api/v1/"+path, ""); w.Code != 503 || !strings.Contains(w.Body.String(), "no ledger") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
