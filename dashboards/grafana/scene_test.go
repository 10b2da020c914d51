package grafana

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/feeder"
)

// A scene is three quarters of an hour of a small plant, up to its end: a calm one, or
// one in which everything goes wrong.
type scene struct {
	name    string
	trouble bool
	end     time.Time
}

const (
	sceneLong = 45 * time.Minute
	sceneStep = 15 * time.Second
)

// scenes are a calm hour and, three hours later, one in trouble. The end of each is the
// start of a block.
func scenes() []scene {
	end := metering.PeriodStart(time.Now().UTC())
	return []scene{{"calm", false, end.Add(-3 * time.Hour)}, {"trouble", true, end}}
}

// pick is the first in a calm scene, the second in trouble.
func pick[T any](s scene, calm, trouble T) T {
	if s.trouble {
		return trouble
	}
	return calm
}

// samples are what the feeder, the publisher, the balancer, the forecast and the network
// model write: two residents, a section, and the zone.
func (s scene) samples() []metering.Sample {
	plant := &metering.Site{
		Points: []metering.Point{
			{ID: "P1", Node: "f1", Role: metering.RoleResident, Resident: "r1"},
			{ID: "P1c", Node: "f1", Role: metering.RoleCheck, Resident: "r1"},
			{ID: "P2", Node: "f2", Role: metering.RoleResident, Resident: "r2"},
			{ID: "S1", Node: "s10-1", Role: metering.RoleSection},
		},
		Installs: []metering.Install{{Meter: "m1", Point: "P1"}, {Meter: "m1c", Point: "P1c"}, {Meter: "m2", Point: "P2"}, {Meter: "ms", Point: "S1"}},
	}
	mapper := feeder.NewMapper(plant)
	var all []metering.Sample
	says := func(meter metering.MeterID, at time.Time, p, q float64, quality metering.Quality) {
		all = mapper.Append(all, metering.Snapshot{Meter: meter, At: at, Quality: quality, Readings: []metering.Reading{
			{Quantity: metering.ActivePower, Value: p}, {Quantity: metering.ReactivePower, Value: q},
			{Quantity: metering.VoltageAB, Value: 10_200}, {Quantity: metering.CurrentA, Value: 170}, {Quantity: metering.CurrentB, Value: 171},
			{Quantity: metering.CurrentC, Value: 172}, {Quantity: metering.THDVoltageA, Value: 2.5},
		}})
	}
	var rights feeder.Rights
	for at := s.end.Add(-sceneLong); !at.After(s.end); at = at.Add(sceneStep) {
		says("m1", at, 3e6, 4e6, metering.Good)
		says("m1c", at, 3e6, 4e6, metering.Good)
		says("m2", at, pick(s, 2e6, 6e6), 0, pick(s, metering.Good, metering.DeviceFault))
		says("ms", at, 5e6, 4e6, metering.Good)
		power, mean, ahead := pick(s, 24*metering.Megawatt, 31*metering.Megawatt), pick(s, 23*metering.Megawatt, 30*metering.Megawatt), pick(s, 25*metering.Megawatt, 33*metering.Megawatt)
		all = append(all, feeder.Zone{Power: &power, BlockMean: &mean, Projection: &ahead, Limit: metering.LimitOf(29_700 * metering.Kilowatt)}.Samples(at)...)
		all = append(all, rights.Samples(at, []feeder.Right{{Resident: "r1", Node: "f1", Allowed: 6 * metering.Megawatt}, {Resident: "r2", Allowed: 4 * metering.Megawatt}})...)
		all = append(all, feeder.NetworkSamples(metering.NetworkState{
			At: at, LossMW: 0.36, Buses: []metering.BusState{{Node: "zn-1", Live: true, KV: 113.5}, {Node: "in-2"}},
			Lines:        []metering.LineState{{ID: "l-1", Live: true, LoadingPct: pick(s, 34.0, 123)}, {ID: "l-2"}},
			Transformers: []metering.TransformerState{{Node: "t-1", Live: true, LoadingPct: 27}},
			Readiness:    &metering.Readiness{Light: pick(s, metering.LightAmber, metering.LightRed), LimitMW: 20, ShedMW: 4},
		})...)
	}
	for start := s.end.Add(-sceneLong); !start.After(s.end); start = start.Add(metering.BasePeriod) {
		intervals := []metering.Interval{
			{Point: "P1", Energy: 250 * metering.KilowattHour, Version: 1},
			{Point: "P2", Energy: 500 * metering.KilowattHour, Version: 1},
		}
		if s.trouble { // corrected, downwards
			intervals = append(intervals, metering.Interval{Point: "P1", Energy: 240 * metering.KilowattHour, Version: 2})
		}
		for _, i := range intervals {
			i.Channel, i.Start, i.Grade = metering.ChannelActiveImport, start, metering.Actual
			all = appendInterval(all, mapper, i)
		}
		all = appendInterval(all, mapper, metering.Interval{Point: "P2", Channel: metering.ChannelGas, Start: start, Energy: 1200, Grade: metering.Actual, Version: 1})
		for _, resident := range []metering.ResidentID{"", "r1", "r2"} {
			next, low, high := 22*metering.Megawatt, 20*metering.Megawatt, 24*metering.Megawatt
			all = append(all, feeder.Outlook{Resident: resident, Start: start, Next: &next, Low: &low, High: &high, Day: &next}.Samples()...)
		}
	}
	return all
}

func appendInterval(all []metering.Sample, mapper *feeder.Mapper, i metering.Interval) []metering.Sample {
	if s, ok := mapper.Interval(i); ok {
		return append(all, s)
	}
	return all
}

// A reading of /metrics: one metric at one time, with the labels that a collector of
// metrics adds.
type reading struct {
	metric string
	labels []string // a="b"
	value  float64
	at     time.Time
}

// figures are what the processes say in a scene.
func (s scene) figures(t *testing.T) []reading {
	t.Helper()
	text, err := os.ReadFile("testdata/figures.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []reading
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if len(fields) != 3 {
			t.Fatalf("testdata/figures.txt: %q: want a metric and two values", line)
		}
		said := pick(s, fields[1], fields[2])
		if said == "-" {
			continue
		}
		metric, labels, _ := strings.Cut(strings.TrimSuffix(fields[0], "}"), "{")
		r := reading{metric: metric, labels: []string{`instance="127.0.0.1:8080"`, `job="asue"`}}
		if labels != "" {
			r.labels = append(r.labels, strings.Split(labels, ",")...)
		}
		total := 0.0
		if s.trouble {
			total = 1e6 // counters went on meanwhile
		}
		for at := s.end.Add(-sceneLong); !at.After(s.end); at = at.Add(sceneStep) {
			r.at = at
			switch ago, moving := strings.CutPrefix(said, "now"); {
			case moving:
				r.value = float64(at.Unix()) + parse(t, ago)
			case isCounter(metric):
				total += parse(t, said)
				r.value = total
			default:
				r.value = parse(t, said)
			}
			all = append(all, r)
		}
	}
	return all
}

func isCounter(metric string) bool {
	return slices.ContainsFunc([]string{"_total", "_sum", "_count"}, func(end string) bool { return strings.HasSuffix(metric, end) })
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// exposition writes readings in Prometheus' text format, with their times.
func exposition(list []reading) string {
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%s{%s} %g %d\n", r.metric, strings.Join(r.labels, ","), r.value, r.at.UnixMilli())
	}
	return b.String()
}

// telegraf writes readings as Telegraf does (metric_version = 2): one measurement, the
// labels as tags, the metric's name as the field.
func telegraf(list []reading) string {
	var b strings.Builder
	for _, r := range list {
		tags := strings.ReplaceAll(strings.Join(r.labels, ","), `"`, "")
		fmt.Fprintf(&b, "%s,%s %s=%g %d\n", Figures, tags, r.metric, r.value, r.at.UnixMilli())
	}
	return b.String()
}
