package demand_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the stories live in zones that the machine may not know

	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// A file is lines, "----", what is said to them, an empty line; '#' is a remark.
func TestStories(t *testing.T) {
	for _, name := range []string{"maxima", "factors", "days"} {
		t.Run(name, func(t *testing.T) { tell(t, "testdata/"+name+".txt") })
	}
}

func tell(t *testing.T, file string) {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t, loads: map[string][]string{}, loc: time.UTC, start: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)}
	var out strings.Builder
	answers := false
	for line := range strings.Lines(string(src)) {
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
				s.command(strings.Fields(line))
			}
		}
	}
	if s.said.Len() > 0 {
		t.Errorf("%s ends without the answer to its last line:\n%s", file, s.said.String())
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" && !*rewrite {
		t.Errorf("%s: -want +got:\n%s", file, diff)
	}
}

type story struct {
	t        *testing.T
	loads    map[string][]string
	loc      *time.Location
	start    time.Time
	marks    demand.Curve
	tariff   metering.Tariff
	calendar metering.Calendar
	said     strings.Builder
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.said, format+"\n", args...) }

func (s *story) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) number(text string) float64 {
	s.t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	s.check(err)
	return v
}

func (s *story) length(text string) time.Duration {
	d, err := time.ParseDuration(text)
	s.check(err)
	return d
}

func (s *story) zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	s.check(err)
	return loc
}

// load is a load of the story by name; the zero Load if it was not given.
func (s *story) load(name string) demand.Load {
	words, ok := s.loads[name]
	if !ok {
		return demand.Load{}
	}
	var list []metering.Interval
	absent := map[time.Time]bool{}
	for i, w := range words {
		iv := metering.Interval{
			Point: "p", Channel: metering.ChannelActiveImport, Grade: metering.Actual,
			Start: s.start.Add(time.Duration(i) * metering.BasePeriod),
		}
		switch number := strings.TrimRight(w, "SE"); {
		case w == "_":
			absent[iv.Start] = true
			continue
		case w == "N":
			iv.Grade = metering.Null
		default:
			iv.Energy = metering.Energy(s.number(number) * 1000)
			if number != w {
				iv.Grade = metering.Grade(w[len(w)-1])
			}
		}
		list = append(list, iv)
	}
	g, err := grid.New(s.start, s.start.Add(time.Duration(len(words))*metering.BasePeriod), list)
	s.check(err)
	source := demand.Source{Grid: g, Expected: func(_ metering.PointID, at time.Time) bool { return !absent[at] }}
	return source.Load(name, metering.ChannelActiveImport, "p")
}

func (s *story) blocks(l demand.Load, length string) []demand.Block {
	blocks, err := demand.NewClock(l.From, len(l.Slots), s.loc).Blocks(s.length(length))
	if err != nil {
		s.say("error: %v", err)
	}
	return blocks
}
