package grafana

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"

	"asue/metering"
	"asue/metering/feeder"
)

// One description, two languages.
func TestAnAskInBothLanguages(t *testing.T) {
	f := func(a Ask, overTime bool, prom, influx string) {
		t.Helper()
		gotProm, gotInflux := promNow(a), influxNow(a)
		if overTime {
			gotProm, gotInflux = promOverTime(a), influxOverTime(a)
		}
		if gotProm != prom {
			t.Errorf("got\n%s\nwant\n%s", gotProm, prom)
		}
		if gotInflux != influx {
			t.Errorf("got\n%s\nwant\n%s", gotInflux, influx)
		}
	}
	// A single series, now and over time.
	f(zoneNow("zone_w"), false, `last_over_time(asue_zone_w{point="zone"}[2m])`,
		`SELECT last("zone_w") AS "value" FROM "asue" WHERE "point" = 'zone' AND time > ${__to}ms - 2m AND time <= ${__to}ms`)
	f(zoneCurve("zone_w"), true, `avg_over_time(asue_zone_w{point="zone"}[$__rate_interval])`,
		`SELECT mean("zone_w") AS "value" FROM "asue" WHERE "point" = 'zone' AND $timeFilter GROUP BY time($__interval) fill(none)`)
	// Two fields of one series.
	f(ofLimit("projection_w", Last, minus(limit, power)), false,
		`last_over_time(asue_limit_w{point="zone"}[2m]) - last_over_time(asue_projection_w{point="zone"}[2m])`,
		`SELECT last("limit_w") - last("projection_w") AS "value" FROM "asue" WHERE "point" = 'zone' AND time > ${__to}ms - 2m AND time <= ${__to}ms`)
	// Each series folded by itself, then those of a resident together.
	f(residents("p_w", Mean, chosen), true, `sum by (resident) (avg_over_time(asue_p_w{resident=~"$resident"}[$__rate_interval]))`,
		`SELECT sum("value") AS "value" FROM (SELECT mean("p_w") AS "value" FROM "asue" WHERE "resident" =~ /^($resident)$/ AND $timeFilter GROUP BY time($__interval), * fill(none)) WHERE $timeFilter GROUP BY time($__interval), "resident" fill(none)`)
	// Only series on whose value passes.
	f(meters(heard).keep("!=", 0), false, `count(last_over_time(asue_quality[3m]) != 0)`,
		`SELECT count("value") AS "value" FROM (SELECT last("quality") AS "value" FROM "asue" WHERE time > ${__to}ms - 3m AND time <= ${__to}ms GROUP BY *) WHERE "value" != 0 AND time > ${__to}ms - 3m AND time <= ${__to}ms`)
	// Counters of processes.
	f(rate("asue_ingest_batches_total"), true, `sum(rate(asue_ingest_batches_total[$__rate_interval]))`,
		`SELECT sum("value") AS "value" FROM (SELECT non_negative_derivative(last("asue_ingest_batches_total"), 1s) AS "value" FROM "prometheus" WHERE $timeFilter GROUP BY time($__interval), * fill(none)) WHERE $timeFilter GROUP BY time($__interval) fill(none)`)
	f(one(Figures, "asue_ingest_quarantined_total", Growth).across(Sum).within(time.Hour), false, `sum(increase(asue_ingest_quarantined_total[1h]))`,
		`SELECT sum("value") AS "value" FROM (SELECT spread("asue_ingest_quarantined_total") AS "value" FROM "prometheus" WHERE time > ${__to}ms - 1h AND time <= ${__to}ms GROUP BY *) WHERE time > ${__to}ms - 1h AND time <= ${__to}ms`)
}

// sharedFunctions is the part of PromQL that is used and that Prometheus and
// VictoriaMetrics understand alike.
var sharedFunctions = map[string]bool{
	"sum": true, "avg": true, "min": true, "max": true, "count": true, "topk": true, "sqrt": true, "abs": true,
	"avg_over_time": true, "max_over_time": true, "min_over_time": true, "last_over_time": true, "sum_over_time": true,
	"rate": true, "increase": true, "absent_over_time": true,
}

// Every expression parses, stays in what Prometheus and VictoriaMetrics share, and asks
// for metrics that somebody writes.
func TestExpressionsAskForWhatThereIs(t *testing.T) {
	samples, figures := writtenSamples(), namedFigures(t)
	for _, e := range expressions(t) {
		expr, err := metricsql.Parse(strings.NewReplacer("$resident", ".+", "$__rate_interval", "1m").Replace(e))
		if err != nil {
			t.Errorf("%s: %v", e, err)
			continue
		}
		metricsql.VisitAll(expr, func(part metricsql.Expr) {
			switch part := part.(type) {
			case *metricsql.FuncExpr:
				if !sharedFunctions[part.Name] {
					t.Errorf("%s: Prometheus and VictoriaMetrics do not share %s", e, part.Name)
				}
			case *metricsql.AggrFuncExpr:
				if !sharedFunctions[part.Name] {
					t.Errorf("%s: Prometheus and VictoriaMetrics do not share %s", e, part.Name)
				}
			case *metricsql.MetricExpr:
				for _, filters := range part.LabelFilterss {
					if len(filters) == 0 || filters[0].Label != "__name__" || !samples[filters[0].Value] && !figures[filters[0].Value] {
						t.Errorf("%s asks for what nobody writes", e)
					}
				}
			}
		})
	}
}

// expressions are all PromQL of boards, marks and rule files.
func expressions(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, b := range madeBoards(t, PromQL) {
		for _, p := range b.Panels {
			for _, target := range p.Targets {
				all = append(all, target.Expr)
			}
		}
		for _, a := range b.Annotations.List {
			all = append(all, a.Expr)
		}
	}
	for _, g := range Groups() {
		for _, r := range g.prometheus().Rules {
			all = append(all, r.Expr)
		}
	}
	return all
}

// writtenSamples are the metrics of the series store.
func writtenSamples() map[string]bool {
	known := map[string]bool{}
	add := func(fields ...string) {
		for _, f := range fields {
			known["asue_"+f] = true
		}
	}
	add(feeder.QualityField, feeder.IntervalField, feeder.VolumeField)
	for _, q := range metering.Quantities() {
		add(q.Field())
	}
	for _, s := range scenes()[0].samples() {
		add(s.Field)
	}
	return known
}

// namedFigures are the metrics that a role names in its source, with the parts of its
// histograms, and those of the process itself.
func namedFigures(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{"process_cpu_seconds_total": true, "process_resident_memory_bytes": true, "go_goroutines": true}
	name := regexp.MustCompile(`"(asue_[a-z0-9_]+)"`)
	histogram := regexp.MustCompile(`Histogram\("(asue_[a-z0-9_]+)"`)
	err := filepath.WalkDir("../../cmd", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range name.FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
		}
		for _, m := range histogram.FindAllStringSubmatch(string(text), -1) {
			known[m[1]+"_sum"], known[m[1]+"_count"] = true, true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}
