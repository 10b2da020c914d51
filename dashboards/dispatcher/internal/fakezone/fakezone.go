// Package fakezone is an invented zone for the tests of the page and for working
// on it: meters, a controller and both stores as formulas of the time. It must
// not be imported by the program, and knows nothing of HTTP. The real simulated
// zone is the package simulator.
package fakezone

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
)

// Zone plays the zone. Safe for concurrent use.
type Zone struct {
	site      *metering.Site
	blemished bool

	mu       sync.Mutex
	scenario string
	since    time.Time
	now      time.Time
	told     map[string]bool
	acts     *balancer // nil: there is nothing to act with
	grid     *grid     // nil: no network is described
}

// Limit of the zone's feeding line.
const Limit = 29_700 * metering.Kilowatt

var trades = []struct {
	name  string
	trade metering.Trade
	peak  metering.Power
}{
	{"Керамика", metering.TradeCeramics, 2600 * metering.Kilowatt},
	{"ЦОД", metering.TradeDataCentre, 2100 * metering.Kilowatt},
	{"Пластик", metering.TradePlastics, 900 * metering.Kilowatt},
	{"Химия", metering.TradeChemistry, 1500 * metering.Kilowatt},
	{"Логистика", metering.TradeLogistics, 240 * metering.Kilowatt},
	{"Профиль", metering.TradeMetal, 1900 * metering.Kilowatt},
	{"Стройматериалы", metering.TradeBuilding, 1200 * metering.Kilowatt},
	{"Газ", metering.TradeGas, 460 * metering.Kilowatt},
	{"Офисы", metering.TradeOffices, 120 * metering.Kilowatt},
}

// New makes a zone of so many residents and about so many meters, at least one a
// resident and one at the input.
func New(residents, meters int) *Zone {
	zone := time.FixedZone("Asia/Aqtobe", 5*3600)
	if loaded, err := time.LoadLocation("Asia/Aqtobe"); err == nil {
		zone = loaded
	}
	s := &metering.Site{ID: "demo", Name: "ИЗ «Актобе», ПС 110/35/10 кВ", Location: zone}
	s.Topology.Nodes = []metering.Node{{ID: "in", Kind: metering.NodeSource}}
	s.Sources = []metering.Source{{ID: "karatagai", Name: "ВЛ-110 «Каратагай»", Node: "in", Contract: metering.LimitOf(Limit), Available: true}}
	z := &Zone{site: s, told: map[string]bool{}}
	z.addMeter("in-1", metering.RoleInput, "")
	for i := range residents {
		z.addResident(i)
	}
	for i := 0; len(s.Meters) < meters; i++ {
		z.addMeter(metering.PointID(fmt.Sprintf("feeder-%02d", i+1)), metering.RoleFeeder, "")
	}
	return z
}

func (z *Zone) addResident(i int) {
	kind := trades[i%len(trades)]
	r := metering.Resident{
		ID: metering.ResidentID(fmt.Sprintf("r-%02d", i+1)), Name: fmt.Sprintf("%s-%d", kind.name, i/len(trades)+1),
		Trade: kind.trade, State: metering.Working,
	}
	switch {
	case i%9 == 7 && i > 9:
		r.State = metering.Idle
	case i > 21 && i%2 == 0:
		r.State = metering.InRealisation
	}
	z.site.Residents = append(z.site.Residents, r)
	z.site.Conditions = append(z.site.Conditions, metering.Condition{
		ID: "tu-" + string(r.ID), Resident: r.ID, Node: "in", Power: kind.peak * metering.Power(10+i%4) / 10,
	})
	if i%4 == 0 {
		z.site.Armours = append(z.site.Armours, metering.Armour{
			Resident: r.ID, Technological: kind.peak / 4, TechnologicalFor: 2 * time.Hour, Emergency: kind.peak / 10,
		})
	}
	z.addMeter(metering.PointID("p-"+string(r.ID)), metering.RoleResident, r.ID)
	if i%11 == 3 {
		z.addMeter(metering.PointID("p2-"+string(r.ID)), metering.RoleResident, r.ID)
	}
}

func (z *Zone) addMeter(point metering.PointID, role metering.PointRole, r metering.ResidentID) {
	id := metering.MeterID("m-" + string(point))
	z.site.Points = append(z.site.Points, metering.Point{ID: point, Name: string(point), Node: "in", Role: role, Resident: r})
	z.site.Meters = append(z.site.Meters, metering.Meter{ID: id, Model: "eastron-sdm630", Line: "l1", Unit: 1})
	z.site.Installs = append(z.site.Installs, metering.Install{Meter: id, Point: point})
}

// Site is the zone's plan.
func (z *Zone) Site() *metering.Site { return z.site }

// Power of a point at t, without scenarios.
func (z *Zone) Power(p metering.PointID, t time.Time) float64 {
	if p == "in-1" {
		var sum float64
		for _, r := range z.site.Points {
			if r.Role == metering.RoleResident {
				sum += z.Power(r.ID, t)
			}
		}
		return sum * 1.015
	}
	i := z.index(p)
	if i < 0 {
		return 5e5 * (1 + 0.1*wave(t, 600, float64(len(p))))
	}
	r := z.site.Residents[i]
	if r.State == metering.Idle {
		return 0
	}
	peak := float64(trades[i%len(trades)].peak) * 28 / float64(len(z.site.Residents)) // so that any number of residents fits under the limit
	if r.State == metering.InRealisation {
		peak *= 0.12
	}
	if strings.HasPrefix(string(p), "p2-") {
		peak *= 0.2
	}
	local := t.In(z.site.Location)
	hour := float64(local.Hour()) + float64(local.Minute())/60 + float64(local.Second())/3600
	day := 0.5 + 0.5*math.Cos((hour-14)/24*2*math.Pi)
	if r.Trade == metering.TradeDataCentre || r.Trade == metering.TradeCeramics {
		day = 0.8 + 0.1*day
	}
	return peak * (0.35 + 0.42*day + 0.06*wave(t, 97+7*float64(i), float64(i)) + 0.03*wave(t, 13, float64(i)))
}

func wave(t time.Time, period, phase float64) float64 {
	return math.Sin(2*math.Pi*float64(t.UnixMilli())/1000/period + phase*2.399)
}

func (z *Zone) index(p metering.PointID) int {
	_, id, ok := strings.Cut(string(p), "-")
	for i, r := range z.site.Residents {
		if ok && string(r.ID) == id {
			return i
		}
	}
	return -1
}

// boost is by how much the scenario raises every load.
func (z *Zone) boost(t time.Time) float64 {
	if z.scenario != "morning-peak" {
		return 1
	}
	return 1 + 0.9*min(1, t.Sub(z.since).Seconds()/6)
}

// Snapshots are all meters' answers at t. Three of them always have something
// wrong, so that a page has something to show.
func (z *Zone) Snapshots(t time.Time) []metering.Snapshot {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.now = t
	var all []metering.Snapshot
	for i, in := range z.site.Installs {
		s := metering.Snapshot{Meter: in.Meter, Model: "eastron-sdm630@1", At: t.Add(-time.Duration(i*7%400) * time.Millisecond)}
		resident := z.index(in.Point)
		switch {
		case resident == 5 && (t.Unix()/30)%2 == 1:
			continue // comes and goes
		case resident == 8 || z.scenario == "meter-silent" && resident == 0:
			s.Quality, s.Reason = metering.CommFail, "unit 12: timeout after 300ms"
		default:
			w := z.Power(in.Point, t) * z.boost(t)
			r := metering.Reading{Quantity: metering.ActivePower, Value: w}
			if resident == 12 {
				r.Quality, r.Reason = metering.OutOfRange, "the value is beyond all numbers"
			}
			s.Readings = []metering.Reading{r, {Quantity: metering.VoltageAB, Value: 10_300}, {Quantity: metering.Frequency, Value: 50.01}}
		}
		all = append(all, s)
	}
	return all
}

// Control is what a controller would say at t.
func (z *Zone) Control(t time.Time) dispatcher.Control {
	z.mu.Lock()
	defer z.mu.Unlock()
	start := metering.PeriodStart(t)
	elapsed := t.Sub(start).Seconds()
	var mean float64
	const parts = 6
	for i := range parts {
		at := start.Add(time.Duration(float64(i) / parts * elapsed * float64(time.Second)))
		b := 1.0
		if z.scenario == "morning-peak" && !at.Before(z.since) {
			b = z.boost(at)
		}
		mean += z.Power("in-1", at) * b / parts
	}
	now := z.Power("in-1", t) * z.boost(t)
	block := metering.BasePeriod.Seconds()
	projection := (mean*elapsed + now*(block-elapsed)) / block
	if z.scenario == "morning-peak" {
		projection = max(projection, now*0.995)
	}
	allowable := (float64(Limit)*block - mean*elapsed) / max(block-elapsed, 1)
	c := dispatcher.Control{
		At: t, Power: known(now), PowerSource: "inputs", BlockStart: start, BlockMean: known(mean), Projection: known(projection),
		Allowable: known(allowable), SlidingAllowable: known(allowable * 0.99), Headroom: known(float64(Limit) - projection),
		Limit: metering.LimitOf(Limit), Feeding: "ВЛ-110 «Каратагай»", Band: dispatcher.BandNormal,
		State: "normal", Mode: "advisory", Acts: z.report(t),
	}
	if z.acts != nil {
		c.Mode = z.acts.mode.String()
	}
	for share, band := range map[float64]string{0.9: dispatcher.BandWatch, 0.95: dispatcher.BandWarn, 0.98: dispatcher.BandLimit, 1: dispatcher.BandOver} {
		if r := projection / float64(Limit); r >= share && (r < nextShare(share)) {
			c.Band = band
		}
	}
	return c
}

func nextShare(s float64) float64 {
	switch s {
	case 0.9:
		return 0.95
	case 0.95:
		return 0.98
	case 0.98:
		return 1
	}
	return math.Inf(1)
}

func known(w float64) dispatcher.Value { return dispatcher.Known(metering.Power(w)) }

// Notices are the notices that begin or end with the control state c.
func (z *Zone) Notices(c dispatcher.Control) []dispatcher.Notice {
	z.mu.Lock()
	defer z.mu.Unlock()
	over := c.Projection.Power > Limit
	if over == z.told["over"] {
		return nil
	}
	z.told["over"] = over
	return []dispatcher.Notice{{
		ID: "over-" + c.BlockStart.Format(time.RFC3339), At: c.At, Kind: "projection_over_limit", Severity: dispatcher.SeverityAlarm, Active: over,
		Args: map[string]any{"projection_w": int64(c.Projection.Power), "limit_w": int64(Limit), "allowable_w": int64(c.Allowable.Power)},
	}}
}

// PastNotices are notices of the past, to fill a list.
func (z *Zone) PastNotices(t time.Time) []dispatcher.Notice {
	return []dispatcher.Notice{
		{ID: "h1", At: t.Add(-7 * time.Hour), Kind: "gateway_silent", Severity: dispatcher.SeverityWarning, Args: map[string]any{"line": "10.0.0.5:502", "meters": 12}},
		{ID: "h2", At: t.Add(-3 * time.Hour), Kind: "source_changed", Severity: dispatcher.SeverityInfo, Args: map[string]any{"source": "Каратагай", "limit_w": int64(Limit)}},
		{ID: "h3", At: t.Add(-20 * time.Minute), Kind: "meter_silent", Severity: dispatcher.SeverityWarning, Active: true, Args: map[string]any{"meter": "m-p-r-09", "point": "p-r-09", "silent_s": 1200}},
		{ID: "h4", At: t.Add(-26 * time.Hour), Kind: "projection_watch", Severity: dispatcher.SeverityInfo, Args: map[string]any{"projection_w": int64(26_900_000), "limit_w": int64(Limit), "share_pct": 90.6}},
	}
}

// List offers the scenarios.
func (z *Zone) List() []dispatcher.Scenario {
	z.mu.Lock()
	defer z.mu.Unlock()
	var list []dispatcher.Scenario
	for _, id := range []string{"calm", "morning-peak", "meter-silent", "gateway-slow", "karatagai-lost"} {
		list = append(list, dispatcher.Scenario{ID: id, Active: id == z.scenario || id == "calm" && z.scenario == ""})
	}
	return list
}

// Start plays a scenario.
func (z *Zone) Start(_ context.Context, id string) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, s := range []string{"calm", "morning-peak", "meter-silent", "gateway-slow", "karatagai-lost"} {
		if s == id {
			z.scenario, z.since = id, z.now
			return nil
		}
	}
	return fmt.Errorf("scenario %q: %w", id, metering.ErrNotFound)
}

var question = regexp.MustCompile(`^(\w+)\(asue_p_w\{point=~"([^"]*)"\}\[(\d+)s\]\)$`)

// Range answers the page's own questions for the last three hours, as if the
// program had started then; the night before has a gap.
func (z *Zone) Range(_ context.Context, query string, from, to time.Time, step time.Duration) ([]metering.Track, error) {
	m := question.FindStringSubmatch(query)
	if m == nil {
		return nil, fmt.Errorf("query %q: %w", query, metering.ErrRefused)
	}
	z.mu.Lock()
	now := z.now
	z.mu.Unlock()
	spread := map[string]float64{"min_over_time": 0.97, "max_over_time": 1.03}[m[1]]
	var tracks []metering.Track
	for id := range strings.SplitSeq(m[2], "|") {
		track := metering.Track{Labels: map[string]string{"point": id}}
		for t := from; !t.After(to); t = t.Add(step) {
			if t.Before(now.Add(-3*time.Hour)) || t.After(now.Add(step)) {
				continue
			}
			v := z.Power(metering.PointID(id), t)
			switch {
			case m[1] == "count_over_time":
				v = step.Seconds()
			case spread != 0:
				v *= spread
			}
			track.Times, track.Values = append(track.Times, t), append(track.Values, v)
		}
		tracks = append(tracks, track)
	}
	return tracks, nil
}
