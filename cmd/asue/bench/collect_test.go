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
		if wanted(l) {
			l.run(b, program, floor)
		}
	}
	fmt.Println()
}

func wanted(l load) bool {
	only := strings.Fields(os.Getenv("ASUE_BENCH_LOADS"))
	return len(only) == 0 || slices.Contains(only, l.name)
}

func (l load) run(b *testing.B, program string, floor time.Duration) {
	b.Helper()
	behind := startLedger(b)
	c := l.startCollectors(b, program, behind, l.startBanks(b))
	report("collect_start_"+l.name, c.start.Seconds(), "s")
	time.Sleep(warmUp)

	values := behind.values.Load()
	s := spend(b, c.processes, behind.snapshots.Load)
	values = behind.values.Load() - values
	perTransaction := s.cpu.Seconds() / float64(s.arrived)
	report("collect_cpu_"+l.name, s.cpu.Seconds()/float64(s.arrived*counted)*1e6, "cpu_s_per_million_values")
	report("collect_cpu_all_values_"+l.name, s.cpu.Seconds()/float64(values)*1e6, "cpu_s_per_million_values")
	report("collect_floor_ratio_"+l.name, perTransaction/floor.Seconds(), "times_the_floor")
	report("collect_core_"+l.name, s.cpu.Seconds()/s.wall.Seconds(), "cores")
	report("collect_rss_"+l.name, s.rss, "MiB")
	report("collect_rss_anonymous_"+l.name, s.anonymous, "MiB")
	report("collect_delivered_"+l.name, float64(s.arrived)/l.reads(s.wall), "of_expected")
	report("collect_resent_"+l.name, float64(behind.history.Load()), "batches")
	l.schedule(b, c.pages)
	c.stop()
}

// plant is the site of one of the load's collectors.
func (l load) plant(n int) plant {
	return plant{id: fmt.Sprintf("bench-%d", n), meters: l.meters, perLine: l.perLine}
}

// reads is how many reads are due within a time.
func (l load) reads(within time.Duration) float64 {
	return float64(l.collectors*l.meters) * within.Seconds() / l.period.Seconds()
}

// startBanks starts the meters of each collector and returns their addresses.
func (l load) startBanks(b *testing.B) (addresses [][]string) {
	b.Helper()
	for n := range l.collectors {
		addresses = append(addresses, startBank(b, l.plant(n).lines()))
	}
	return addresses
}

// collectors are the running collectors of a load.
type collectors struct {
	processes []*child
	pages     []string
	start     time.Duration // the longest of them, until its page is there
}

// startCollectors starts the load's collectors, each with an outbox of its own
// that is empty.
func (l load) startCollectors(b *testing.B, program string, behind *ledger, addresses [][]string) (c collectors) {
	b.Helper()
	for n := range l.collectors {
		file := l.plant(n).write(b, b.TempDir(), process{
			roles: "collector", broker: behind.broker.URL(), period: l.period.String(), addresses: addresses[n],
		})
		began := time.Now()
		p := start(b, nil, program, "-c", file)
		c.pages = append(c.pages, "http://"+p.await("http://", 3*time.Minute))
		c.start = max(c.start, time.Since(began))
		c.processes = append(c.processes, p)
	}
	return c
}

func (c collectors) stop() {
	for _, p := range c.processes {
		p.stop()
	}
}

// spent is what processes took for what arrived at the broker meanwhile.
type spent struct {
	cpu, wall      time.Duration
	arrived        int64
	rss, anonymous float64 // MiB, at the end
}

// spend watches processes for the time of a measurement; arrived counts what has
// come from them so far.
func spend(b *testing.B, processes []*child, arrived func() int64) (s spent) {
	b.Helper()
	cpu, began, before := cpuOf(processes), time.Now(), arrived()
	time.Sleep(measure)
	s = spent{cpu: cpuOf(processes) - cpu, wall: time.Since(began), arrived: arrived() - before}
	if s.arrived == 0 {
		b.Fatalf("%s: nothing has come from %v in %v", b.Name(), processes[0].cmd.Args, s.wall)
	}
	for _, c := range processes {
		s.rss += c.memory("VmRSS")
		s.anonymous += c.memory("RssAnon")
	}
	return s
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
