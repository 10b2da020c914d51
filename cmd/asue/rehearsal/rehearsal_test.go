package rehearsal

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/metering"
	"asue/simulator"
)

var (
	seedFlag = flag.Uint64("seed", 0, "play the run of this seed alone, and tell its story")
	story    = flag.Bool("story", false, "tell the story of the run of -seed even if nothing is wrong")
)

// large reports whether a run is one on the example zone.
func large(seed uint64) bool { return seed%250 == 7 }

// played is what came of one run.
type played struct {
	seed  uint64
	zone  *zone
	wrong []string
	spent time.Duration
}

// playRun plays one run from its seed to its end.
func playRun(seed uint64) played {
	z := newZone(seed, large(seed))
	z.begin()
	z.play(z.start.Add(z.temper.length))
	if z.temper.silence > 0 {
		z.fallSilent()
		z.play(z.start.Add(z.temper.length + z.temper.silence))
	}
	for _, c := range z.cabinets {
		if c.a != nil {
			c.keepCounts()
		}
	}
	z.count["runs: "+z.temper.name]++
	for _, f := range z.log {
		if b, ok := f.(blockEnded); ok {
			z.count["blocks"]++
			switch {
			case b.excuse == "" && b.meanW > 0.955*b.limitW:
				z.count["blocks: held near the limit"]++
			case b.excuse == "":
				z.count["blocks: within the limit"]++
			case b.meanW > b.limitW && strings.Contains(b.excuse, "suffice"):
				z.count["blocks: above the limit, told beforehand"]++
			}
		}
	}
	return played{seed: seed, zone: z, wrong: judge(z.site, z.log, z.temper.calm)}
}

// fallSilent kills all balancers for good; nothing else is broken any more.
func (z *zone) fallSilent() {
	z.over = true
	z.count["silences"]++
	z.tell(fault{z.stamp(), "all balancers are dead for good"})
	for _, d := range z.desks {
		d.kill()
	}
	z.slowWrite, z.lostWrite, z.lostAnswer = 0, 0, 0
	z.world.StepTo(z.now)
	if err := z.world.Start(simulator.Calm, ""); err != nil {
		panic(err)
	}
	for _, c := range z.cabinets {
		c.disk.full, c.disk.dieAt, c.killAtWrite = false, 0, 0
	}
	begun := z.now
	z.every(time.Second, 10*time.Second, func() {
		z.world.StepTo(z.now)
		for _, x := range z.site.Actuators {
			if x.Kind != metering.ActuatorSetpoint {
				continue
			}
			v, _ := z.world.Actuator(x.ID)
			register := v.Limit
			if v.TimedOut {
				register = v.InForce
			}
			z.tell(shown{z.stamp(), x.ID, register, !v.Local && !v.Offline && z.now.Sub(begun) >= 0})
		}
	})
}

// The whole loop, with faults on every edge, some hundreds of times.
func TestRehearsal(t *testing.T) {
	if *seedFlag != 0 {
		p := playRun(*seedFlag)
		report(t, p, *story)
		return
	}
	// The usual runs are the same ones every time; a campaign takes others each time.
	runs, first := usualRuns, uint64(1)
	if text := os.Getenv("ASUE_RUNS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("ASUE_RUNS=%q: %v", text, err)
		}
		runs, first = n, rand.Uint64()>>16
	}
	if text := os.Getenv("ASUE_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("ASUE_SEED=%q: %v", text, err)
		}
		first = n
	}
	t.Logf("seeds %d to %d", first, first+uint64(runs)-1)
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	begun := time.Now()
	sum, virtual := map[string]int{}, time.Duration(0)
	bad := 0
	for p := range playAll(first, runs) {
		for what, n := range p.zone.count {
			sum[what] += n
		}
		virtual += p.zone.now.Sub(p.zone.start)
		if len(p.wrong) > 0 {
			if bad++; bad <= 3 {
				report(t, p, true)
			} else {
				t.Errorf("-seed %d: %s", p.seed, strings.Join(p.wrong, "\n\t"))
			}
		}
	}
	for _, what := range slices.Sorted(maps.Keys(sum)) {
		t.Logf("%-45s %9d", what, sum[what])
	}
	t.Logf("%d runs, %.0f hours of the zone in %.1f s, %d runs with a violation", runs, virtual.Hours(), time.Since(begun).Seconds(), bad)
	if runs >= 100 && (sum["written: setpoint by command"] < runs/2 || sum["written: relay by command"] < runs/4) {
		t.Errorf("too few commands were carried out: the rehearsal shows nothing")
	}
}

// Some runs on the example zone, whatever seeds are played else.
func TestExampleZone(t *testing.T) {
	seed := rand.Uint64N(1<<40)*250 + 7
	for i := range uint64(2) {
		p := playRun(seed + 250*i)
		t.Logf("-seed %d: %s, %d facts", p.seed, p.zone.temper.name, len(p.zone.log))
		if len(p.wrong) > 0 {
			report(t, p, true)
		}
	}
}

// playAll plays runs side by side; each of them is one goroutine's alone.
func playAll(first uint64, runs int) <-chan played {
	seeds, results := make(chan uint64), make(chan played)
	go func() {
		defer close(seeds)
		for i := range runs {
			seeds <- first + uint64(i)
		}
	}()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for seed := range seeds {
				begun := time.Now()
				p := playRun(seed)
				p.spent = time.Since(begun)
				results <- p
			}
		})
	}
	go func() {
		wg.Wait()
		close(results)
	}()
	return results
}

// report tells what was wrong with a run, and the story of it.
func report(t *testing.T, p played, whole bool) {
	t.Helper()
	for _, line := range p.wrong {
		t.Errorf("-seed %d: %s", p.seed, line)
	}
	if whole || len(p.wrong) > 0 {
		path := fmt.Sprintf("%s/story-%d.txt", t.TempDir(), p.seed)
		if dir := os.Getenv("ASUE_STORIES"); dir != "" {
			path = fmt.Sprintf("%s/story-%d.txt", dir, p.seed)
		}
		lines := chronicle(p.zone.start, p.zone.log)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err == nil && os.Getenv("ASUE_STORIES") != "" {
			t.Logf("the story of seed %d (%s) is in %s", p.seed, p.zone.temper.name, path)
			return
		}
		t.Logf("the story of seed %d (%s):\n%s", p.seed, p.zone.temper.name, strings.Join(lines, "\n"))
	}
}

// The same seed gives the same run.
func TestSeedsReplay(t *testing.T) {
	for _, seed := range []uint64{3, 11} {
		a, b := playRun(seed), playRun(seed)
		x, y := chronicle(a.zone.start, a.zone.log), chronicle(b.zone.start, b.zone.log)
		if !slices.Equal(x, y) || len(a.zone.log) != len(b.zone.log) {
			for i := range min(len(x), len(y)) {
				if x[i] != y[i] {
					t.Fatalf("seed %d differs:\n%s\n%s", seed, x[i], y[i])
				}
			}
			t.Fatalf("seed %d gives %d and %d lines, %d and %d facts", seed, len(x), len(y), len(a.zone.log), len(b.zone.log))
		}
	}
}
