package dashboards_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"asue/dashboards"
	"asue/metering"
	"asue/metering/feeder"
)

var rewrite = flag.Bool("rewrite", false, "write the dashboards' JSON anew")

func render(t *testing.T) []dashboards.File {
	t.Helper()
	files, err := dashboards.Render()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCommittedJSONIsWhatGoMakes(t *testing.T) {
	files := render(t)
	committed, err := filepath.Glob("grafana/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(committed) != len(files) && !*rewrite {
		t.Errorf("grafana/ has %v, Go makes %d files", committed, len(files))
	}
	for _, f := range files {
		path := filepath.Join("grafana", f.Name)
		if *rewrite {
			if err := os.WriteFile(path, f.JSON, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(f.JSON), string(got)); d != "" {
			t.Errorf("%s differs; look at the change and run go test ./dashboards -rewrite (-Go +file):\n%s", path, d)
		}
	}
}

// board is what the tests read of a dashboard, as Grafana does.
type board struct {
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Templating struct {
		List []struct {
			Name, Type string
			Query      any
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	Type, Title string
	ID          int
	Datasource  struct{ UID string }
	Targets     []struct {
		Expr       string
		Instant    bool
		Datasource struct{ UID string }
	}
	Panels []panel // of a collapsed row
}

func boards(t *testing.T) []board {
	t.Helper()
	var all []board
	for _, f := range render(t) {
		var b board
		if err := json.Unmarshal(f.JSON, &b); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		all = append(all, b)
	}
	return all
}

// panels lists every panel that draws, those inside rows too.
func panels(list []panel) []panel {
	var all []panel
	for _, p := range list {
		if p.Type != "row" {
			all = append(all, p)
		}
		all = append(all, panels(p.Panels)...)
	}
	return all
}

func TestDashboardsAreWellFormed(t *testing.T) {
	uids, titles := map[string]bool{}, map[string]bool{}
	for _, b := range boards(t) {
		if b.UID == "" || uids[b.UID] || titles[b.Title] {
			t.Errorf("%s: uid %q or the title is missing or taken", b.Title, b.UID)
		}
		uids[b.UID], titles[b.Title] = true, true
		if v := b.Templating.List; len(v) == 0 || v[0].Name != "datasource" || v[0].Type != "datasource" || v[0].Query != "prometheus" {
			t.Errorf("%s: the first variable is not the data source: %+v", b.Title, v)
		}
		all := panels(b.Panels)
		if len(all) < 10 {
			t.Errorf("%s has %d panels only", b.Title, len(all))
		}
		ids := map[int]bool{}
		for _, p := range all {
			if p.ID == 0 || ids[p.ID] {
				t.Errorf("%s: panel %q has the id %d of another one", b.Title, p.Title, p.ID)
			}
			ids[p.ID] = true
			if p.Title == "" || len(p.Targets) == 0 || p.Datasource.UID != "${datasource}" {
				t.Errorf("%s: panel %q: %d targets, data source %q", b.Title, p.Title, len(p.Targets), p.Datasource.UID)
			}
			for _, target := range p.Targets {
				if target.Datasource.UID != "${datasource}" {
					t.Errorf("%s: panel %q has a data source of its own: %q", b.Title, p.Title, target.Datasource.UID)
				}
			}
		}
	}
}

// sharedFunctions is the part of PromQL that is used and that Prometheus and
// VictoriaMetrics understand alike.
var sharedFunctions = map[string]bool{
	"sum": true, "avg": true, "count": true, "count_values": true, "topk": true, "vector": true, "sqrt": true,
	"avg_over_time": true, "max_over_time": true, "last_over_time": true, "quantile_over_time": true,
}

// expand puts in what Grafana would for its variables.
func expand(expr string) string {
	return strings.NewReplacer("$resident", ".+", "$__interval", "15s", "$__range", "6h").Replace(expr)
}

func TestExpressionsParseAndUseTheSharedSubset(t *testing.T) {
	known := map[string]bool{
		"asue_" + feeder.QualityField: true, "asue_" + feeder.IntervalField: true,
	}
	for _, q := range metering.Quantities() {
		known["asue_"+q.Field()] = true
	}
	power := metering.Megawatt
	for _, s := range (feeder.Zone{Power: &power, BlockMean: &power, Projection: &power, Limit: metering.LimitOf(power)}).Samples(time.Now()) {
		known["asue_"+s.Field] = true
	}
	for _, s := range (feeder.Outlook{Next: &power, Low: &power, High: &power, Day: &power}).Samples() {
		known["asue_"+s.Field] = true
	}
	for _, s := range feeder.NetworkSamples(network(time.Now())) {
		known["asue_"+s.Field] = true
	}
	for _, b := range boards(t) {
		for _, p := range panels(b.Panels) {
			for _, target := range p.Targets {
				expr, err := metricsql.Parse(expand(target.Expr))
				if err != nil {
					t.Errorf("%s: %s: %v", p.Title, target.Expr, err)
					continue
				}
				metricsql.VisitAll(expr, func(e metricsql.Expr) {
					switch e := e.(type) {
					case *metricsql.FuncExpr:
						checkFunction(t, p.Title, e.Name)
					case *metricsql.AggrFuncExpr:
						checkFunction(t, p.Title, e.Name)
					case *metricsql.MetricExpr:
						for _, filters := range e.LabelFilterss {
							if len(filters) == 0 || filters[0].Label != "__name__" || !known[filters[0].Value] {
								t.Errorf("%s: unknown metric in %s", p.Title, target.Expr)
							}
						}
					}
				})
			}
		}
	}
}

func checkFunction(t *testing.T, panel, name string) {
	t.Helper()
	if !sharedFunctions[strings.ToLower(name)] {
		t.Errorf("%s: function %s is not in the shared subset", panel, name)
	}
}

// Every expression shows something once a small plant has run for half an hour.
func TestEveryExpressionShowsSomething(t *testing.T) {
	series := store(t)
	ctx := context.Background()
	now := time.Now().UTC().Truncate(time.Second).Add(-5 * time.Second)
	if err := series.Write(ctx, halfHour(now)); err != nil {
		t.Fatal(err)
	}
	if err := series.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for _, b := range boards(t) {
		for _, p := range panels(b.Panels) {
			for _, target := range p.Targets {
				from, to, step := now.Add(-30*time.Minute), now, 15*time.Second
				if strings.Contains(target.Expr, "interval_wh") {
					step = metering.BasePeriod
					from, to = metering.PeriodStart(from), metering.PeriodStart(to)
				}
				if target.Instant {
					from = to
				}
				tracks, err := series.Range(ctx, expand(target.Expr), from, to, step)
				if err != nil {
					t.Errorf("%s: %v", p.Title, err)
					continue
				}
				values := 0
				for _, tr := range tracks {
					values += len(tr.Values)
				}
				if values == 0 {
					t.Errorf("%s shows nothing: %s", p.Title, target.Expr)
				}
			}
		}
	}
	checkFigures(t, series, now)
}

// checkFigures looks at a few panels with a pencil.
func checkFigures(t *testing.T, series metering.Series, now time.Time) {
	t.Helper()
	exprs := map[string]string{}
	for _, b := range boards(t) {
		for _, p := range panels(b.Panels) {
			title, _, _ := strings.Cut(p.Title, " /")
			exprs[title] = expand(p.Targets[0].Expr)
		}
	}
	f := func(title string, at time.Time, label string, want map[string]float64) {
		t.Helper()
		tracks, err := series.Range(context.Background(), exprs[title], at, at, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, tr := range tracks {
			got[tr.Labels[label]] = tr.Values[0]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", title, d)
		}
	}
	f("Запас", now, "point", map[string]float64{"zone": 4.7e6})
	f("Счётчики без данных", now, "", map[string]float64{"": 2})                        // r2's is faulty, the gone one silent
	f("Мощность резидентов", now, "resident", map[string]float64{"r1": 3e6, "r2": 2e6}) // r1's check meter is not counted
	f("Коэффициент мощности", now, "resident", map[string]float64{"r1": 0.6, "r2": 1})
	// r1's interval was corrected from 250 to 240 kWh: the later, smaller one counts.
	f("Энергия за 15 минут", metering.PeriodStart(now), "resident", map[string]float64{"r1": 240e3, "r2": 500e3})
	f("Готовность", now, "point", map[string]float64{"zone": 1})
	f("Загрузка линий и трансформаторов", now, "node", map[string]float64{"l-1": 34, "t-1": 27})
	f("Прогноз по резидентам", now, "resident", map[string]float64{"r1": 22e6, "r2": 22e6}) // the zone is not one of them
	f("Качество данных", now, "quality", map[string]float64{"0": 3, "3": 1})
}

// network is a state of a small network.
func network(at time.Time) metering.NetworkState {
	return metering.NetworkState{
		At: at, LossMW: 0.36,
		Buses:        []metering.BusState{{Node: "zn-1", Live: true, KV: 113.5}, {Node: "in-2"}},
		Lines:        []metering.LineState{{ID: "l-1", Live: true, LoadingPct: 34}, {ID: "l-2"}},
		Transformers: []metering.TransformerState{{Node: "t-1", Live: true, LoadingPct: 27}},
		Readiness:    &metering.Readiness{Light: metering.LightAmber, LimitMW: 20, ShedMW: 4},
	}
}

// halfHour is what the feeder writes of a small plant up to now.
func halfHour(now time.Time) []metering.Sample {
	site := &metering.Site{
		Points: []metering.Point{
			{ID: "P1", Node: "f1", Role: metering.RoleResident, Resident: "r1"},
			{ID: "P1c", Node: "f1", Role: metering.RoleCheck, Resident: "r1"},
			{ID: "P2", Node: "f2", Role: metering.RoleResident, Resident: "r2"},
			{ID: "S1", Node: "s10-1", Role: metering.RoleSection},
			{ID: "G", Node: "f9", Role: metering.RoleFeeder},
		},
		Installs: []metering.Install{
			{Meter: "m1", Point: "P1"}, {Meter: "m1c", Point: "P1c"}, {Meter: "m2", Point: "P2"},
			{Meter: "ms", Point: "S1"}, {Meter: "gone", Point: "G"},
		},
	}
	mapper := feeder.NewMapper(site)
	var all []metering.Sample
	power := func(meter metering.MeterID, at time.Time, p, q float64, quality metering.Quality) {
		s := metering.Snapshot{Meter: meter, At: at, Quality: quality, Readings: []metering.Reading{
			{Quantity: metering.ActivePower, Value: p}, {Quantity: metering.ReactivePower, Value: q},
		}}
		all = mapper.Append(all, s)
	}
	for at := now.Add(-30 * time.Minute); !at.After(now); at = at.Add(15 * time.Second) {
		power("m1", at, 3e6, 4e6, metering.Good)
		power("m1c", at, 3e6, 4e6, metering.Good)
		power("m2", at, 2e6, 0, metering.DeviceFault)
		all = mapper.Append(all, metering.Snapshot{Meter: "ms", At: at, Readings: []metering.Reading{{Quantity: metering.VoltageAB, Value: 10_200}}})
		if now.Sub(at) > 10*time.Minute {
			power("gone", at, 1, 1, metering.Good)
		}
		zone, mean, ahead := 24*metering.Megawatt, 23*metering.Megawatt, 25*metering.Megawatt
		all = append(all, feeder.Zone{Power: &zone, BlockMean: &mean, Projection: &ahead,
			Limit: metering.LimitOf(29_700 * metering.Kilowatt)}.Samples(at)...)
		all = append(all, feeder.NetworkSamples(network(at))...)
	}
	for start := metering.PeriodStart(now.Add(-30 * time.Minute)); !start.After(now); start = start.Add(metering.BasePeriod) {
		for _, i := range []metering.Interval{
			{Point: "P1", Energy: 250 * metering.KilowattHour, Version: 1},
			{Point: "P1", Energy: 240 * metering.KilowattHour, Version: 2},
			{Point: "P2", Energy: 500 * metering.KilowattHour, Version: 1},
		} {
			i.Channel, i.Start, i.Grade = metering.ChannelActiveImport, start, metering.Actual
			if s, ok := mapper.Interval(i); ok {
				all = append(all, s)
			}
		}
		for _, resident := range []metering.ResidentID{"", "r1", "r2"} {
			next, low, high := 22*metering.Megawatt, 20*metering.Megawatt, 24*metering.Megawatt
			all = append(all, feeder.Outlook{Resident: resident, Start: start, Next: &next, Low: &low, High: &high, Day: &next}.Samples()...)
		}
	}
	return all
}

// The provisioning files are for a checkout at ASUE_HOME.
func TestProvisioningNamesWhatIsThere(t *testing.T) {
	const root = ".."
	read := func(path string, into any) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(root, "deploy/grafana/provisioning", path))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			IsDefault                    bool           `yaml:"isDefault"`
			Editable                     bool           `yaml:"editable"`
			JSONData                     map[string]any `yaml:"jsonData"`
		}
	}
	read("datasources/asue.yaml", &sources)
	if len(sources.Datasources) != 1 || sources.APIVersion != 1 {
		t.Fatalf("data sources %+v", sources)
	}
	if s := sources.Datasources[0]; s.Type != "prometheus" || s.Access != "proxy" || s.URL != "http://127.0.0.1:8080/prometheus" {
		t.Errorf("data source %+v", s)
	}
	var providers struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Type, Folder    string
			DisableDeletion       bool `yaml:"disableDeletion"`
			AllowUIUpdates        bool `yaml:"allowUiUpdates"`
			UpdateIntervalSeconds int  `yaml:"updateIntervalSeconds"`
			Options               struct{ Path string }
		}
	}
	read("dashboards/asue.yaml", &providers)
	if len(providers.Providers) != 1 || providers.APIVersion != 1 {
		t.Fatalf("providers %+v", providers)
	}
	folder, found := strings.CutPrefix(providers.Providers[0].Options.Path, "${ASUE_HOME}/")
	if !found {
		t.Fatalf("path %s does not begin with ${ASUE_HOME}", providers.Providers[0].Options.Path)
	}
	for _, f := range render(t) {
		if _, err := os.Stat(filepath.Join(root, folder, f.Name)); err != nil {
			t.Errorf("the dashboard is not where Grafana is told to look: %v", err)
		}
	}
	if fmt.Sprint(providers.Providers[0].Type) != "file" {
		t.Errorf("provider %+v", providers.Providers[0])
	}
}
