package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// telegrafProgram is where `make bench-telegraf` puts it, seen from this folder.
const telegrafProgram = "../../../.cache/bin/telegraf"

// besideTelegraf are the loads that both programs carry: the bar is a ratio at
// these.
var besideTelegraf = []string{"200", "1000", "1000_gateways", "5000"}

// rounds is how often each program is measured with each load.
const rounds = 3

// BenchmarkCollectTelegraf measures the collector and Telegraf (inputs.modbus to
// outputs.mqtt, QoS 1) in turn on the same meters and the same broker: a machine
// that is slow today is slow for both. A value counts for both when it has
// arrived at a reader behind the broker, and for the collector only if it is one
// of the channels that Telegraf reads. Each figure is the median of the rounds,
// a ratio the median of the ratios of neighbours; the extremes are printed too.
// The floor of the rounds tells what no reader of this kind can do without.
//
// Without Telegraf it says how to get it, and measures nothing.
// ASUE_BENCH_LOADS="1000" runs this load alone; ASUE_BENCH_LAYOUT=non-batch lets
// Telegraf send one message for each meter, its default, and not one for many.
func BenchmarkCollectTelegraf(b *testing.B) {
	telegraf, err := filepath.Abs(telegrafProgram)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(telegraf); err != nil {
		fmt.Printf("\nNOTE no comparison with Telegraf: %v; `make bench-telegraf` builds it (needs a Go module proxy)\n", err)
		return
	}
	asue := build(b, "asue-collector")
	for _, l := range loads() {
		if slices.Contains(besideTelegraf, l.name) && wanted(l) {
			l.compare(b, asue, telegraf)
		}
	}
	fmt.Println()
}

func (l load) compare(b *testing.B, asue, telegraf string) {
	b.Helper()
	addresses := l.startBanks(b)
	var ours, theirs []spent
	var floor []float64
	late := 0
	measureOurs := func() {
		behind := startLedger(b)
		defer behind.stop()
		c := l.startCollectors(b, asue, behind, addresses)
		defer c.stop()
		time.Sleep(warmUp)
		s := spend(b, c.processes, behind.snapshots.Load)
		s.arrived *= counted
		ours = append(ours, s)
	}
	measureTheirs := func() {
		behind := startLedger(b)
		defer behind.stop()
		lines := startArrivals(b, behind.broker.URL())
		defer lines.stop()
		c := l.startTelegraf(b, telegraf, behind.broker.URL(), addresses)
		defer c.stop()
		time.Sleep(warmUp)
		warm := len(complaints(b, c))
		theirs = append(theirs, spend(b, []*child{c}, lines.values.Load))
		if more := complaints(b, c)[warm:]; len(more) > 0 {
			late += len(more)
			fmt.Printf("\nNOTE telegraf: %s", more[len(more)-1])
		}
	}
	for round := range rounds {
		if round%2 == 0 { // who comes second has the warmer machine
			measureTheirs()
			measureOurs()
		} else {
			measureOurs()
			measureTheirs()
		}
		bare := measureFloor(b, addresses[0][0], 1000)
		floor = append(floor, bare.Seconds()/counted*1e6)
	}

	var cpu, rss []float64
	for round := range rounds {
		cpu = append(cpu, theirs[round].perMillion()/ours[round].perMillion())
		rss = append(rss, theirs[round].rss/ours[round].rss)
	}
	const cost = "cpu_s_per_million_values"
	l.spread("telegraf_cpu", gather(theirs, spent.perMillion), cost)
	l.spread("beside_telegraf_cpu", gather(ours, spent.perMillion), cost)
	l.spread("beside_telegraf_floor", floor, cost)
	l.spread("ratio", cpu, "times")
	l.spread("telegraf_rss", gather(theirs, spent.memory), "MiB")
	l.spread("beside_telegraf_rss", gather(ours, spent.memory), "MiB")
	l.spread("rss_ratio", rss, "times")
	delivered := func(s spent) float64 { return float64(s.arrived) / (counted * l.reads(s.wall)) }
	l.spread("telegraf_delivered", gather(theirs, delivered), "of_expected")
	l.spread("beside_telegraf_delivered", gather(ours, delivered), "of_expected")
	report("collect_telegraf_late_"+l.name, float64(late), "complaints")
}

// startTelegraf starts one Telegraf for all meters of a load.
func (l load) startTelegraf(b *testing.B, program, broker string, addresses [][]string) *child {
	b.Helper()
	file := filepath.Join(b.TempDir(), "telegraf.conf")
	if err := os.WriteFile(file, []byte(l.telegrafConfig(b, broker, addresses)), 0o600); err != nil {
		b.Fatal(err)
	}
	c := start(b, nil, program, "--config", file)
	c.await("Flush Interval:", time.Minute)
	return c
}

// complaints are the lines in which Telegraf has said that it did not get done in
// time or lost something.
func complaints(b *testing.B, c *child) (lines []string) {
	b.Helper()
	text, err := os.ReadFile(c.log.Name())
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, " W! ") || strings.Contains(line, " E! ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func (s spent) perMillion() float64 { return s.cpu.Seconds() / float64(s.arrived) * 1e6 }
func (s spent) memory() float64     { return s.rss }

func gather(of []spent, figure func(spent) float64) (all []float64) {
	for _, s := range of {
		all = append(all, figure(s))
	}
	return all
}

// spread reports the median of an odd number of figures, the least and the most.
func (l load) spread(name string, figures []float64, unit string) {
	slices.Sort(figures)
	name = "collect_" + name + "_" + l.name
	report(name, figures[len(figures)/2], unit)
	report(name+"_least", figures[0], unit)
	report(name+"_most", figures[len(figures)-1], unit)
}

// telegrafConfig sets Telegraf up for throughput with what its manual offers: an input
// for each connection, a metric for each unit behind it, the twelve registers
// joined into one read, metrics sent in batches. Whatever could be left out to
// its advantage is: no host name, no register type; and its read ends at the
// twelfth register, while the collector's goes on to the fifteenth. Times are not
// rounded to seconds, as is its default: two reads would get the same time.
func (l load) telegrafConfig(b *testing.B, broker string, addresses [][]string) string {
	b.Helper()
	layout := os.Getenv("ASUE_BENCH_LAYOUT")
	if layout == "" {
		layout = "batch"
	}
	var s strings.Builder
	// 500 metrics are some 180 kB, and the broker takes 256 KiB in one message.
	fmt.Fprintf(&s, `[agent]
interval = %q
flush_interval = "1s"
metric_batch_size = 500
metric_buffer_limit = %d
precision = "1ms"
omit_hostname = true
[[outputs.mqtt]]
servers = [%q]
topic = %q
qos = 1
layout = %q
data_format = "influx"
`, l.period, max(10_000, 10*l.collectors*l.meters), broker, telegrafTopic, layout)
	fields := telegrafFields(b)
	for n := range l.collectors {
		p := l.plant(n)
		for meter := range p.meters {
			line, unit := p.place(meter)
			if meter%p.perLine == 0 {
				fmt.Fprintf(&s, `[[inputs.modbus]]
name = "%s-%s"
controller = "tcp://%s"
configuration_type = "metric"
optimization = "max_insert"
exclude_register_type_tag = true
`, p.id, line, addresses[n][meter/p.perLine])
			}
			fmt.Fprintf(&s, "[[inputs.modbus.metric]]\nslave_id = %d\nfields = [%s]\n", unit, fields)
		}
	}
	return s.String()
}

// telegrafFields are the first of the registers that a collector reads in every
// cycle, as many as are counted.
func telegrafFields(b *testing.B) string {
	b.Helper()
	var fields []string
	for _, r := range fastRegisters(b)[:counted] {
		fields = append(fields, "{name="+strconv.Quote(r.Name)+",address="+strconv.Itoa(int(r.Address))+`,type="FLOAT32"}`)
	}
	return strings.Join(fields, ",")
}
