package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering"
	"asue/metering/vee/rules"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// Each file of testdata/rules and testdata/estimates is a story: commands, "----",
// what comes of them, an empty line. A line with '#' is a remark. Times are local,
// "2026-03-04T10:05", or "10:05" on the first day of the range. Energies are in
// base units.
//
//	case zone=Asia/Aqtobe channel=A+ from=2026-03-04 to=2026-03-05    begin a case
//	point class=arc-furnace declared=1MW max=2MW quantum=1000 accuracy=0.9 check=0.5
//	declare 500kW 06:00 12:00                     declared power over a time
//	set NAME class=X from=… to=… spike_excess=2 off=jump,spike
//	calendar holidays=2026-03-23 workdays=…
//	put TARGET 10:00 100 200x3 - N S300 50!outage 60@imported    intervals one after the other:
//	            200x3 three times 200; - none; N no energy; S300 grade S
//	fill TARGET FROM TO 100 200 …                 the same, repeated up to TO
//	            TARGET: derived measured current before after check A+ R+ … (siblings) nodal other
//	gap FROM TO energy=100 u=5 | least=40         a gap of the registers
//	partial 10:00 known=30 measured=5m
//	event KIND FROM TO text …
//	total FROM TO energy=… quantum=… source=… binding
//	power FROM TO 1MW every=10s                   samples of power
//	sign FROM TO NAME value                       what the meter showed beside
//	disconnected FROM TO | idle FROM TO | faulty FROM TO | verified PART TO
//	identity FROM TO METER what expected found
//	previous energy=… days=… | next …
//	usage KIND days=5 energy=… peaks=…
//	peak FROM TO 1MW                              a maximum-demand register
//	assess                                        prints findings and intervals that are not plain
//	assess silent                                 prints the rules that cannot look
//	apportion 100 by 1 2 4                        the largest remainder alone
//	accuracy METER CT VT                          the chain's relative error
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
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

// play runs a story and writes it down with what really came of it.
func play(t *testing.T, src string) string {
	var out strings.Builder
	s := &story{t: t}
	answers := false // between "----" and the empty line
	for line := range strings.Lines(src) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			answers = true
			out.WriteString("----\n" + s.said.String())
			s.said.Reset()
		case answers && line != "":
		default:
			answers = false
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				s.do(line)
			}
		}
	}
	if s.said.Len() > 0 {
		t.Errorf("the story ends without ----:\n%s", s.said.String())
	}
	return out.String()
}

func (s *story) assess(args []string) {
	if len(args) == 1 && args[0] == "silent" {
		for _, silent := range rules.Applies(s.c) {
			fmt.Fprintf(&s.said, "%s needs %s\n", silent.Rule, silent.Missing)
		}
		return
	}
	result := rules.Assess(s.c)
	for _, f := range result.Findings {
		fmt.Fprintf(&s.said, "%s %v %s: %s {%s}", span(s.zone(), f.From, f.To), f.Severity, f.Rule, f.Text, numbers(f.Numbers))
		if f.RuleSet != "defaults" {
			fmt.Fprintf(&s.said, " by %s", f.RuleSet)
		}
		s.said.WriteByte('\n')
	}
	var sum metering.Energy
	n := 0
	for i := 0; i < len(result.Intervals); {
		iv := result.Intervals[i]
		if iv.Grade == metering.Actual && iv.Flags == 0 && iv.Reason == "" {
			i++
			continue
		}
		j := i + 1
		for j < len(result.Intervals) && iv.SameAs(result.Intervals[j]) {
			j++
		}
		if iv.Method.Estimates() {
			sum += iv.Energy * metering.Energy(j-i)
			n += j - i
		}
		fmt.Fprintf(&s.said, "%s %s\n", span(s.zone(), iv.Start, result.Intervals[j-1].End()), show(iv))
		i = j
	}
	if n > 0 {
		fmt.Fprintf(&s.said, "estimated: %d intervals, %d %s\n", n, int64(sum), s.c.Channel.Unit())
	}
	if s.said.Len() == 0 {
		s.said.WriteString("nothing found, all as measured\n")
	}
	s.again(result)
}

// again holds that the outcome, put in as what stands, changes nothing.
func (s *story) again(result rules.Result) {
	c := s.c
	c.Current = result.Intervals
	if len(c.Measured) == 0 {
		c.Measured = s.c.Current
	}
	if diff := cmp.Diff(result, rules.Assess(c)); diff != "" {
		s.t.Errorf("assessed again it differs, -first +again:\n%s", diff)
	}
}

func show(iv metering.Interval) string {
	var b strings.Builder
	b.WriteString(iv.Grade.String())
	if iv.Grade != metering.Null {
		fmt.Fprintf(&b, " %d ±%d %v", int64(iv.Energy), int64(iv.Uncertainty), iv.Method)
	}
	if names := iv.Flags.Names(); len(names) > 0 {
		fmt.Fprintf(&b, " %s", strings.Join(names, ","))
	}
	if iv.Reason != "" {
		fmt.Fprintf(&b, ": %s", iv.Reason)
	}
	return b.String()
}

func span(zone *time.Location, from, to time.Time) string {
	f, t := from.In(zone), to.In(zone)
	if f.YearDay() == t.YearDay() {
		return f.Format("01-02 15:04") + "–" + t.Format("15:04")
	}
	return f.Format("01-02 15:04") + "–" + t.Format("01-02 15:04")
}

func numbers(list []metering.Number) string {
	var texts []string
	for _, n := range list {
		texts = append(texts, fmt.Sprintf("%s %s %s", n.Name, strconv.FormatFloat(n.Value, 'g', 6, 64), n.Unit))
	}
	return strings.Join(texts, ", ")
}
