package soak

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"asue/metering"
	"asue/simulator/faultproxy"
)

// units are all that one line may have: MODBUS over Serial Line V1.02, 2.2.
const units = 247

// run says how long the tests take and which faults they throw.
func run(t *testing.T) (lasts time.Duration, p pace, seed uint64) {
	t.Helper()
	lasts, p, seed = 20*time.Second, briefly, rand.Uint64()>>1
	if text := os.Getenv("ASUE_SOAK"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Minute {
			t.Fatalf("ASUE_SOAK=%s: want a time of at least a minute, such as 1h", text)
		}
		lasts, p = d, atLength
	}
	if text := os.Getenv("ASUE_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("ASUE_SEED=%s: want a number", text)
		}
		seed = n
	}
	t.Logf("seed %d: ASUE_SEED=%d replays the faults", seed, seed)
	return lasts, p, seed
}

// TestMain lets all transports run at once, on however few processors: they wait
// for time-outs more than anything else.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic("BUG: " + err.Error())
	}
	os.Exit(m.Run())
}

// Whatever befalls the answers of 247 units, for twenty seconds or for
// ASUE_SOAK: no value is another one's, and two periods after the faults each
// unit has been read again; see weather.recovery.
func TestNeverAWrongValue(t *testing.T) {
	t.Parallel()
	lasts, p, seed := run(t)
	var mu sync.Mutex
	results := map[string]*campaign{}
	t.Run("transports", func(t *testing.T) {
		for _, name := range transports {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := newCampaign(t, lay(t, name, p, seed))
				mu.Lock()
				results[name] = c
				mu.Unlock()
				c.run(t, lasts, rand.New(rand.NewPCG(seed, 0)))
			})
		}
	})
	t.Logf("%v\n%s", lasts, table(results))
}

// campaign is a run on one transport.
type campaign struct {
	*track
	polling polling
	witness *witness
	stop    func()
	meters  []metering.MeterID
	phases  int
	starved int           // phases whose recovery the machine had no time for
	slowest time.Duration // recovery
	within  string        // the faults before it
	said    int           // wrong values that were logged
}

func newCampaign(t *testing.T, k *track) *campaign {
	t.Helper()
	c := &campaign{track: k, witness: newWitness(k.bank.began)}
	var all []uint8
	for u := 1; u <= units; u++ {
		all = append(all, uint8(u))
		c.meters = append(c.meters, meterID(uint8(u)))
	}
	c.polling, c.stop = poll(t, k, all, c.witness.take)
	return c
}

// run lets weathers pass, each followed by a calm that lasts until every meter
// has been read again.
func (c *campaign) run(t *testing.T, lasts time.Duration, dice *rand.Rand) {
	t.Helper()
	// The first turn takes longer: all groups are read.
	if waited, late, starved := c.recovered(t, time.Now()); waited > 4*c.period && !starved {
		t.Fatalf("%s: without any fault %d meters were not read in %v, such as %v", c.name, len(late), 2*c.period, late[:min(5, len(late))])
	}
	next := c.bank.began.Add(time.Minute)
	for c.phases == 0 || time.Since(c.bank.began)+3*c.period < lasts {
		w := c.draw(dice)
		c.set(t, w.back, w.front)
		wait(t, w.lasts)
		c.set(t, faultproxy.Faults{}, faultproxy.Faults{})
		c.phases++
		waited, late, starved := c.recovered(t, time.Now())
		limit := w.recovery(c.period)
		switch {
		case waited > limit && starved:
			c.starved++
		case waited > c.slowest:
			c.slowest, c.within = waited, w.name
		}
		if waited > limit && !starved {
			t.Errorf("%s: after %v of %s it took %v until all meters were read again, want %v; %d were late, such as %v", c.name, w.lasts, w.name, waited, limit, len(late), late[:min(5, len(late))])
		}
		c.report(t)
		if time.Now().After(next) {
			next = next.Add(time.Minute)
			t.Log(c.progress())
		}
	}
	c.stop()
	c.report(t)
	if good, _, _ := c.witness.verdict(); good < units {
		t.Errorf("%s: only %d good readings", c.name, good)
	}
	if spoilt, _ := c.spoilt(); spoilt == 0 && c.within != "black hole" && c.within != "refused connections" {
		t.Errorf("%s: not one answer was spoilt", c.name)
	}
}

// recovered waits until every meter has given a good reading since then. It
// returns how long that took, which had none after two periods, and whether the
// machine kept this process from running meanwhile for so long that good answers
// may have come too late.
func (c *campaign) recovered(t *testing.T, since time.Time) (took time.Duration, late []metering.MeterID, starved bool) {
	t.Helper()
	const step = 20 * time.Millisecond
	for {
		stale := c.witness.stale(since, c.meters)
		took = time.Since(since)
		if len(stale) == 0 {
			return took, late, starved
		}
		if took > 2*c.period && late == nil {
			late = stale
			t.Logf("%s: %d meters are not back after two periods: %s", c.name, len(stale), c.polling.ailing(stale))
		}
		if took > 20*c.period {
			return took, stale, starved
		}
		before := time.Now()
		wait(t, step)
		starved = starved || time.Since(before) > step+c.pace.timeout/4
	}
}

// report fails the test for wrong values that it has not named yet.
func (c *campaign) report(t *testing.T) {
	t.Helper()
	_, _, wrong := c.witness.verdict()
	for _, w := range wrong[c.said:min(len(wrong), 50)] {
		t.Errorf("%s: WRONG: %s", c.name, w)
	}
	c.said = min(len(wrong), 50)
}

func (c *campaign) progress() string {
	good, _, wrong := c.witness.verdict()
	spoilt, _ := c.spoilt()
	return fmt.Sprintf("%s: %v, %d phases, %d answers spoilt, %d good readings, %d wrong; slowest recovery %.1f s after %s; %s", c.name,
		time.Since(c.bank.began).Round(time.Second), c.phases, spoilt, good, len(wrong), c.slowest.Seconds(), c.within, c.polling.guards())
}

// table is the figures of all transports side by side.
func table(results map[string]*campaign) string {
	var text strings.Builder
	tw := tabwriter.NewWriter(&text, 0, 4, 2, ' ', tabwriter.AlignRight)
	row := func(what string, cell func(c *campaign) string) {
		cells := []string{what}
		for _, name := range transports {
			if c := results[name]; c != nil {
				cells = append(cells, cell(c))
			}
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t")+"\t")
	}
	number := func(f func(c *campaign) uint64) func(c *campaign) string {
		return func(c *campaign) string { return strconv.FormatUint(f(c), 10) }
	}
	row("", func(c *campaign) string { return c.name })
	row("poll period", func(c *campaign) string { return c.period.String() })
	row("fault phases", func(c *campaign) string { return strconv.Itoa(c.phases) })
	row("  starved of processor time", func(c *campaign) string { return strconv.Itoa(c.starved) })
	row("transactions answered", number(func(c *campaign) uint64 { well, _ := c.polling.transactions(); return well }))
	row("transactions failed", number(func(c *campaign) uint64 { _, failed := c.polling.transactions(); return failed }))
	row("answers spoilt", number(func(c *campaign) uint64 { sum, _ := c.spoilt(); return sum }))
	for _, kind := range faultproxy.Kinds() {
		if slices.ContainsFunc(transports, func(n string) bool { return results[n] != nil && results[n].count(kind) > 0 }) {
			row("  "+kind.String(), number(func(c *campaign) uint64 { return c.count(kind) }))
		}
	}
	row("slowest recovery", func(c *campaign) string { return fmt.Sprintf("%.1f s", c.slowest.Seconds()) })
	row("good readings", number(func(c *campaign) uint64 { good, _, _ := c.witness.verdict(); return good }))
	row("wrong readings", number(func(c *campaign) uint64 { _, _, wrong := c.witness.verdict(); return uint64(len(wrong)) }))
	_ = tw.Flush() // into memory
	return text.String()
}

func (c *campaign) count(kind faultproxy.Kind) uint64 {
	_, by := c.spoilt()
	return by[kind]
}

// wait lets time pass.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.FailNow()
	}
}
