package bench

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	simon "github.com/simonvetter/modbus"

	"asue/collector"
	"asue/collector/regmap"
)

// counted is how many values of one read are counted, although the model has
// more: the bars are made with 12 channels of a meter. So the figures are a
// little worse than the truth.
const counted = 12

// load is one case of BenchmarkCollect.
type load struct {
	name       string
	collectors int // processes, each with a site of its own
	meters     int // of one collector
	perLine    int
	period     time.Duration
}

// loads are the cases. A site file has room for some 2,700 meters, so more of them
// are several sites with a collector each; their figures are added up.
func loads() []load {
	return []load{
		{"200", 1, 200, 1, time.Second},
		{"1000", 1, 1000, 1, time.Second},
		{"1000_gateways", 1, 1000, 247, time.Second},
		{"5000", 2, 2500, 1, time.Second},
		{"10000", 4, 2500, 1, 5 * time.Second},
	}
}

// How long each case runs: until all is connected and read once, for the figures
// of CPU and memory, and for those of the schedule.
const (
	warmUp   = 20 * time.Second
	measure  = 30 * time.Second
	watching = 30 * time.Second
)

// BenchmarkCollect measures the collector as a process of its own, asue-collector,
// its outbox on, publishing over MQTT with QoS 1,
// hearing acknowledgements. Meters and broker are other processes. The case
// "1000" is the one that the bar is made of: 1,000 connections, one second.
// ASUE_BENCH_LOADS="200 1000" runs these cases alone.
func BenchmarkCollect(b *testing.B) {
	program := build(b, "asue-collector")
	floor := measureFloor(b, startBank(b, 1)[0], 1000)
	report("collect_floor_us_per_transaction", float64(floor.Nanoseconds())/1000, "us")
	for _, l := range loads() {
		if only := strings.Fields(os.Getenv("ASUE_BENCH_LOADS")); len(only) == 0 || slices.Contains(only, l.name) {
			l.run(b, program, floor)
		}
	}
	fmt.Println()
}

func (l load) run(b *testing.B, program string, floor time.Duration) {
	b.Helper()
	behind := startLedger(b)
	var processes []*child
	var pages []string
	for n := range l.collectors {
		p := plant{id: fmt.Sprintf("bench-%d", n), meters: l.meters, perLine: l.perLine}
		file := p.write(b, b.TempDir(), process{
			roles: "collector", broker: behind.broker.URL(), period: l.period.String(),
			addresses: startBank(b, p.lines()),
		})
		began := time.Now()
		c := start(b, nil, program, "-c", file)
		pages = append(pages, "http://"+c.await("http://", 3*time.Minute))
		report(fmt.Sprintf("collect_start_%s", l.name), time.Since(began).Seconds(), "s")
		processes = append(processes, c)
		defer c.stop()
	}
	time.Sleep(warmUp)

	cpu, began := cpuOf(processes), time.Now()
	snapshots, values := behind.snapshots.Load(), behind.values.Load()
	time.Sleep(measure)
	cpu, wall := cpuOf(processes)-cpu, time.Since(began)
	snapshots, values = behind.snapshots.Load()-snapshots, behind.values.Load()-values
	if snapshots == 0 {
		b.Fatalf("%s: no batch has come", l.name)
	}
	rss, anon := 0.0, 0.0
	for _, c := range processes {
		rss += c.memory("VmRSS")
		anon += c.memory("RssAnon")
	}
	expected := float64(l.collectors*l.meters) * wall.Seconds() / l.period.Seconds()
	perTransaction := cpu.Seconds() / float64(snapshots)
	report("collect_cpu_"+l.name, cpu.Seconds()/float64(snapshots*counted)*1e6, "cpu_s_per_million_values")
	report("collect_cpu_all_values_"+l.name, cpu.Seconds()/float64(values)*1e6, "cpu_s_per_million_values")
	report("collect_floor_ratio_"+l.name, perTransaction/floor.Seconds(), "times_the_floor")
	report("collect_core_"+l.name, cpu.Seconds()/wall.Seconds(), "cores")
	report("collect_rss_"+l.name, rss, "MiB")
	report("collect_rss_anonymous_"+l.name, anon, "MiB")
	report("collect_delivered_"+l.name, float64(snapshots)/expected, "of_expected")
	report("collect_resent_"+l.name, float64(behind.history.Load()), "batches")
	l.schedule(b, pages)
}

// schedule looks at the collectors' own counts over a time in which nothing else
// is asked of them.
func (l load) schedule(b *testing.B, pages []string) {
	b.Helper()
	var before []metrics
	for _, page := range pages {
		before = append(before, scrape(b, page))
	}
	time.Sleep(watching)
	sum := metrics{}
	for i, page := range pages {
		for name, v := range scrape(b, page).since(before[i]) {
			sum[name] += v
		}
	}
	const lag = "asue_collector_schedule_lag_seconds"
	bounds := collector.HistogramBounds()
	report("collect_lag_p50_"+l.name, 1000*sum.quantile(lag, 0.5, bounds), "ms")
	report("collect_lag_p99_"+l.name, 1000*sum.quantile(lag, 0.99, bounds), "ms")
	report("collect_overruns_"+l.name, sum["asue_collector_overruns_total"], "count")
	report("collect_lost_"+l.name, sum["asue_delivery_lost_total"]+sum["asue_outbox_dropped_total"], "batches")
}

func cpuOf(processes []*child) (sum time.Duration) {
	for _, c := range processes {
		sum += c.cpu()
	}
	return sum
}

// measureFloor is the least that reading can cost with this client: connections
// read in one burst after the other, nothing decoded, nothing kept. It returns
// the CPU time of a transaction.
func measureFloor(b *testing.B, address string, connections int) time.Duration {
	b.Helper()
	const rounds = 30
	library, err := regmap.Load()
	if err != nil {
		b.Fatal(err)
	}
	m, _ := library.Model(model)
	block := m.Plan(regmap.Fast)[0]
	var clients []*simon.ModbusClient
	for range connections {
		c, err := simon.NewClient(&simon.ClientConfiguration{URL: "tcp://" + address, Timeout: time.Second})
		if err == nil {
			err = c.Open()
		}
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
	}
	before := ownCPU(b)
	for range rounds {
		for _, c := range clients {
			if _, err := c.ReadRawBytes(block.Address, 2*block.Count, simon.HOLDING_REGISTER); err != nil {
				b.Fatal(err)
			}
		}
	}
	return (ownCPU(b) - before) / time.Duration(rounds*connections)
}

func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal("getrusage: " + strconv.Quote(err.Error()))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
