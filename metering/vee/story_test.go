package vee_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/vee"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// Each file of testdata/engine tells cases: what stands at the point, what was
// read, "----", what the engine makes of it, an empty line. A line with '#' is a
// remark. The day is 2026-01-15, UTC.
//
//	channel A+
//	max 100MW                                what the point can carry; 0: unknown
//	meter m-1 [from=8:00] [to=8:20] [ct=600/5] [vt=10000/100] [modulus=4294967296]
//	          [start=0] [end=1200]           readings of the acts, whole units at the point
//	register step=10000 [secondary]          of the readings that follow; thousandths per count
//	8:00:00 1000 8:15:00 1250 …              readings of the meter named last, by the clock
//	power 8:00:00 500kW 8:00:10 510kW …      samples of power
//	sign 8:00 clock_step=5s | meter_clock=5s
//	took 2s                                  how long the reads that follow take
//	derive 8:00 9:00 [closed=8:31]           makes the answer; begins anew with the next case
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/engine/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(src))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(src), got); diff != "" && !*rewrite {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// play runs the cases of a file and writes them down with what was really said.
func play(t *testing.T, src string) string {
	var out strings.Builder
	c := newCase(t)
	answers := false
	for line := range strings.Lines(src) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			answers = true
			out.WriteString("----\n" + c.said.String())
			c = newCase(t)
		case answers && line != "":
		default:
			answers = false
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				c.do(strings.Fields(line))
			}
		}
	}
	return out.String()
}

// story is one case under way.
type story struct {
	*testing.T
	chain     vee.Chain
	max       metering.Power
	count     metering.Count
	took      time.Duration
	spans     map[metering.MeterID][]metering.RegisterReading
	witnesses map[metering.MeterID]map[time.Time]metering.Witness
	said      strings.Builder
}

func newCase(t *testing.T) *story {
	return &story{
		T: t, max: 100 * metering.Megawatt, count: metering.Count{Step: 1000},
		chain: vee.Chain{Point: "p", Channel: metering.ChannelActiveImport},
		spans: map[metering.MeterID][]metering.RegisterReading{}, witnesses: map[metering.MeterID]map[time.Time]metering.Witness{},
	}
}

func (c *story) do(words []string) {
	c.Helper()
	rest, opts := options(words[1:])
	switch words[0] {
	case "channel":
		c.chain.Channel, _ = metering.ChannelNamed(rest[0])
	case "max":
		c.max = c.power(rest[0])
	case "meter":
		c.meter(metering.MeterID(rest[0]), opts)
	case "register":
		step, _ := strconv.ParseInt(opts["step"], 10, 64)
		c.count = metering.Count{Step: step, Secondary: slices.Contains(rest, "secondary")}
	case "took":
		c.took, _ = time.ParseDuration(rest[0])
	case "power":
		for i := 0; i+1 < len(rest); i += 2 {
			at := c.clock(rest[i])
			w := metering.Witness{Start: metering.PeriodStart(at), Powers: []metering.PowerSample{{At: at, Power: c.power(rest[i+1])}}}
			c.witness(w)
		}
	case "sign":
		w := metering.Witness{Start: metering.PeriodStart(c.clock(rest[0]))}
		for name, sign := range map[string]metering.Sign{"clock_step": metering.SignClockStep, "meter_clock": metering.SignMeterClock} {
			d, _ := time.ParseDuration(opts[name])
			w.Signs[sign] = int32(d.Milliseconds())
		}
		c.witness(w)
	case "derive":
		c.derive(rest, opts)
	default:
		for i := 0; i+1 < len(words); i += 2 {
			count := c.count
			var err error
			if count.Raw, err = strconv.ParseInt(words[i+1], 10, 64); err != nil {
				c.Fatalf("%q: %v", words, err)
			}
			m := c.last().Install.Meter
			c.spans[m] = append(c.spans[m], metering.RegisterReading{At: c.clock(words[i]), Took: c.took, Count: count})
		}
	}
}

func options(words []string) (rest []string, opts map[string]string) {
	opts = map[string]string{}
	for _, w := range words {
		if k, v, ok := strings.Cut(w, "="); ok {
			opts[k] = v
			continue
		}
		rest = append(rest, w)
	}
	return rest, opts
}

func (c *story) last() *vee.Link {
	if len(c.chain.Links) == 0 {
		c.meter("m", nil)
	}
	return &c.chain.Links[len(c.chain.Links)-1]
}

func (c *story) meter(id metering.MeterID, opts map[string]string) {
	l := vee.Link{Install: metering.Install{Meter: id, Point: "p", CT: ratio(opts["ct"]), VT: ratio(opts["vt"])}}
	if s := opts["from"]; s != "" {
		l.Install.From = c.clock(s)
	}
	if s := opts["to"]; s != "" {
		l.Install.To = c.clock(s)
	}
	act := func(name string) map[metering.Channel]metering.Energy {
		v, err := strconv.ParseInt(opts[name], 10, 64)
		if err != nil {
			return nil
		}
		return map[metering.Channel]metering.Energy{c.chain.Channel: metering.Energy(v)}
	}
	l.Install.StartReadings, l.Install.EndReadings = act("start"), act("end")
	l.Modulus, _ = strconv.ParseInt(opts["modulus"], 10, 64)
	c.chain.Links = append(c.chain.Links, l)
}

func ratio(s string) metering.Ratio {
	var r metering.Ratio
	_, _ = fmt.Sscanf(s, "%d/%d", &r.Primary, &r.Secondary)
	return r
}

func (c *story) power(s string) metering.Power {
	p, err := metering.ParsePower(s)
	if err != nil && s != "0" {
		c.Fatal(err)
	}
	return p
}

// clock is a moment of the day: "8:00", "8:00:05", "8:00:05.25".
func (c *story) clock(s string) time.Time {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if tm, err := time.Parse(layout, s); err == nil {
			return time.Date(2026, 1, 15, tm.Hour(), tm.Minute(), tm.Second(), tm.Nanosecond(), time.UTC)
		}
	}
	c.Fatalf("%q is no time of the day", s)
	return time.Time{}
}

func (c *story) witness(w metering.Witness) {
	m := c.last().Install.Meter
	if c.witnesses[m] == nil {
		c.witnesses[m] = map[time.Time]metering.Witness{}
	}
	w.Meter = m
	if have, ok := c.witnesses[m][w.Start]; ok {
		w = have.Merge(w)
	}
	c.witnesses[m][w.Start] = w
}

func (c *story) derive(rest []string, opts map[string]string) {
	c.last()
	for i := range c.chain.Links {
		l := &c.chain.Links[i]
		l.MaxPower = c.max
		l.Spans = spansOf(c.spans[l.Install.Meter]...)
		for _, w := range c.witnesses[l.Install.Meter] {
			l.Witnesses = append(l.Witnesses, w)
		}
		slices.SortFunc(l.Witnesses, func(a, b metering.Witness) int { return a.Start.Compare(b.Start) })
	}
	var closed time.Time
	if s := opts["closed"]; s != "" {
		closed = c.clock(s)
	}
	c.said.WriteString(show(c.chain.Derive(c.clock(rest[0]), c.clock(rest[1]), closed)))
}
