package victoria_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/victoria"
)

// The figures of the store. `make bench-store` runs
//
//	go test -run '^$' -bench Store -benchtime 1x ./metering/victoria
//
// Every line that begins with BENCH is a figure; the framework has printed the
// benchmark's name without a line end before the first one.
func report(name string, value float64, unit string) {
	fmt.Printf("\nBENCH %s %.4g %s\n", name, value, unit)
}

// BenchmarkStoreStart is from the start of the child's process to its first
// answer, on an empty folder.
func BenchmarkStoreStart(b *testing.B) {
	var took []time.Duration
	for range 5 {
		dir := filepath.Join(b.TempDir(), "series")
		began := time.Now()
		s, stop := launch(b, dir)
		if err := open(b, s).Ready(context.Background()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
		stop()
	}
	slices.Sort(took)
	report("store_start", took[len(took)/2].Seconds()*1000, "ms")
}

// BenchmarkStoreDay writes a day of one-second telemetry of a few meters with
// twelve channels each, and looks at the cost, the disk and the time to draw.
func BenchmarkStoreDay(b *testing.B) {
	const meters = 4
	dir := filepath.Join(b.TempDir(), "series")
	s, stop := launch(b, dir)
	series := open(b, s)
	ctx := context.Background()
	day := time.Now().UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)

	var client, wall time.Duration
	written := 0
	plant := newPlant(meters)
	var batch []metering.Sample
	for at := day; at.Before(day.Add(24 * time.Hour)); {
		batch = batch[:0]
		for len(batch) < 5000-meters*12 && at.Before(day.Add(24*time.Hour)) {
			batch = plant.second(batch, at)
			at = at.Add(time.Second)
		}
		cpu, began := cpuTime(b), time.Now()
		if err := series.Write(ctx, batch); err != nil {
			b.Fatal(err)
		}
		wall += time.Since(began)
		client += cpuTime(b) - cpu
		written += len(batch)
	}
	millions := float64(written) / 1e6
	server := metric(b, s, "process_cpu_seconds_total")
	report("store_write_rate", float64(written)/wall.Seconds(), "samples_per_s")
	report("store_write_cpu_client", client.Seconds()/millions, "cpu_s_per_million_samples")
	report("store_write_cpu_server", server/millions, "cpu_s_per_million_samples")
	report("store_rss_peak", metric(b, s, "process_resident_memory_peak_bytes")/(1<<20), "MiB")

	if err := series.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	draw(b, series, day)
	stop()
	report("store_disk_per_sample", float64(folderSize(b, dir))/float64(written), "bytes")
	b.ReportMetric(0, "ns/op")
}

// draw is a day of one channel as a panel of 1440 points asks for it.
func draw(b *testing.B, series *victoria.Series, day time.Time) {
	b.Helper()
	var took []time.Duration
	for range 15 {
		began := time.Now()
		tracks, err := series.Range(context.Background(), `avg_over_time(asue_p_w{meter="m1"}[1m])`,
			day.Add(time.Minute), day.Add(24*time.Hour), time.Minute)
		took = append(took, time.Since(began))
		if err != nil || len(tracks) != 1 || len(tracks[0].Values) != 1440 {
			b.Fatalf("%d tracks, %v", len(tracks), err)
		}
	}
	report("store_draw_day_first", took[0].Seconds()*1000, "ms")
	slices.Sort(took)
	report("store_draw_day", took[len(took)/2].Seconds()*1000, "ms")
}

func launch(b *testing.B, dir string) (*victoria.Supervisor, func()) {
	b.Helper()
	s := victoria.NewSupervisor(play(b, "store", dir), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	stop := func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	if err := s.Ready(ctx); err != nil {
		b.Fatal(err)
	}
	return s, stop
}

// plant are meters whose values wander and are rounded as meters round.
type plant struct {
	random *rand.Rand
	meters []meterState
}

type meterState struct {
	id        metering.MeterID
	u, i      [3]float64
	pf        float64
	imp, rimp float64
}

func newPlant(n int) *plant {
	p := &plant{random: rand.New(rand.NewPCG(1, 2))}
	for k := range n {
		p.meters = append(p.meters, meterState{
			id: metering.MeterID("m" + strconv.Itoa(k)), u: [3]float64{5890, 5900, 5910},
			i: [3]float64{120, 118, 122}, pf: 0.92, imp: 1e9, rimp: 4e8,
		})
	}
	return p
}

func (p *plant) second(dst []metering.Sample, at time.Time) []metering.Sample {
	walk := func(v *float64, step, low, high float64) {
		*v = min(max(*v+step*p.random.NormFloat64(), low), high)
	}
	round := func(v, unit float64) float64 { return math.Round(v/unit) * unit }
	for k := range p.meters {
		m := &p.meters[k]
		s := metering.Sample{Point: metering.PointID("p-" + string(m.id)), Resident: "ceramics-1", Node: "f10-101", Meter: m.id, At: at}
		add := func(q metering.Quantity, v float64) {
			s.Field, s.Value = q.Field(), v
			dst = append(dst, s)
		}
		power := 0.0
		walk(&m.pf, 0.001, 0.8, 0.99)
		for ph := range 3 {
			walk(&m.u[ph], 2, 5700, 6100)
			walk(&m.i[ph], 0.5, 40, 200)
			power += m.u[ph] * m.i[ph] * m.pf
			add(metering.VoltageA+metering.Quantity(ph), round(m.u[ph], 1))
			add(metering.CurrentA+metering.Quantity(ph), round(m.i[ph], 0.1))
		}
		reactive := power * math.Tan(math.Acos(m.pf))
		m.imp += power / 3600
		m.rimp += reactive / 3600
		add(metering.ActivePower, round(power, 100))
		add(metering.ReactivePower, round(reactive, 100))
		add(metering.PowerFactor, round(m.pf, 0.001))
		add(metering.Frequency, round(50+0.02*p.random.NormFloat64(), 0.01))
		add(metering.ActiveImport, round(m.imp, 1000))
		add(metering.ReactiveImport, round(m.rimp, 1000))
	}
	return dst
}

// cpuTime is what this process has used so far, in user and system mode.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// metric reads one of the child's own metrics.
func metric(b *testing.B, s *victoria.Supervisor, name string) float64 {
	b.Helper()
	client := http.Client{Transport: s.Transport()}
	resp, err := client.Get(s.BaseURL() + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				b.Fatal(err)
			}
			return v
		}
	}
	b.Fatalf("the store has no metric %s", name)
	return 0
}

func folderSize(b *testing.B, dir string) (sum int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
