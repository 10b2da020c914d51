package balance_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/balance"
	"asue/metering/grid"
)

// Each file of testdata/stories is one site. Lines:
//
//	node ID KIND PARENT|- KV [t=63MVA/56kW/290kW] [l=KM/OHM]
//	point ID NODE ROLE [resident=R] [class=METER/CT/VT] [ct=600/5] [vt=10000/100] [checks=P]
//	virtual ID [resident=R] = TERM …   TERM: +p -p +1/2*p +p:A- +loss(n) +share(n)
//	config persist=4 estimated=0.05 strict compensated=p:n,n
//	start 2026-01-15T00:00Z           where the grid begins
//	energy POINT CHANNEL kWh …        one number for each interval; 100x96 repeats
//	                                  100S: substituted, N: not known, _: no interval, 100!: loss_applied
//	round POINT CHANNEL Wh            the uncertainty of all its intervals
//	subjects | balance ID | slots ID | findings ID | culprits ID
//	compute | dependents P … | shares NODE | losses NODE
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			s := newStory(t)
			tell(t, file, func(lines []string) string {
				s.said.Reset()
				for _, line := range lines {
					s.command(line)
				}
				return strings.TrimRight(s.said.String(), "\n")
			})
		})
	}
}

type story struct {
	t         *testing.T
	site      metering.Site
	cfg       balance.Config
	start     time.Time
	intervals []metering.Interval
	slots     int
	rounding  map[string]metering.Energy
	said      strings.Builder
}

func newStory(t *testing.T) *story {
	return &story{
		t: t, cfg: balance.DefaultConfig(), rounding: map[string]metering.Energy{},
		start: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), site: metering.Site{ID: "s", Location: time.UTC},
	}
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.said, format+"\n", args...) }

func (s *story) command(line string) {
	w := strings.Fields(line)
	switch w[0] {
	case "node":
		s.node(w)
	case "point":
		s.point(w)
	case "virtual":
		s.virtual(line)
	case "config":
		s.config(w)
	case "start":
		at, err := time.Parse("2006-01-02T15:04Z", w[1])
		s.check(err)
		s.start, s.intervals, s.slots = at, nil, 0
	case "energy":
		s.energy(w[1], w[2], w[3:])
	case "round":
		s.rounding[w[1]+w[2]] = metering.Energy(s.number(w[3]))
	default:
		s.ask(w)
	}
}

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

func (s *story) config(w []string) {
	for _, o := range w[1:] {
		key, v, _ := strings.Cut(o, "=")
		switch key {
		case "persist":
			s.cfg.Persist = int(s.number(v))
		case "estimated":
			s.cfg.MaxEstimated = s.number(v)
		case "strict":
			s.cfg.Strict = true
		case "compensated":
			p, nodes, _ := strings.Cut(v, ":")
			s.cfg.Compensated = map[metering.PointID][]metering.NodeID{metering.PointID(p): {}}
			for _, n := range strings.Split(nodes, ",") {
				s.cfg.Compensated[metering.PointID(p)] = append(s.cfg.Compensated[metering.PointID(p)], metering.NodeID(n))
			}
		default:
			s.t.Fatalf("unknown parameter %q", o)
		}
	}
}

func (s *story) energy(point, channel string, words []string) {
	ch, ok := metering.ChannelNamed(channel)
	if !ok {
		s.t.Fatalf("channel %q", channel)
	}
	slot := 0
	for _, word := range words {
		value, times, has := strings.Cut(word, "x")
		n := 1
		if has {
			n = int(s.number(times))
		}
		for range n {
			iv := metering.Interval{
				Point: metering.PointID(point), Channel: ch, Start: s.start.Add(time.Duration(slot) * metering.BasePeriod),
				Grade: metering.Actual, Method: metering.MethodRegister,
			}
			slot++
			number := strings.TrimRight(value, "SEN_!")
			switch {
			case value == "_":
				continue
			case value == "N":
				iv.Grade, iv.Reason = metering.Null, "the line was silent"
			default:
				iv.Energy = metering.Energy(s.number(number)*1000 + 0.5)
				switch value[len(number):] {
				case "S":
					iv.Grade = metering.Substitute
				case "E":
					iv.Grade = metering.Estimated
				case "!":
					iv.Flags = metering.FlagLossApplied
				}
			}
			s.intervals = append(s.intervals, iv)
		}
	}
	s.slots = max(s.slots, slot)
}

func (s *story) model() (*balance.Model, *balance.Evaluation) {
	m, err := balance.New(&s.site, s.cfg)
	if err != nil {
		s.say("error: %v", err)
		return nil, nil
	}
	list := append([]metering.Interval(nil), s.intervals...)
	for i := range list {
		list[i].Uncertainty = s.rounding[string(list[i].Point)+list[i].Channel.String()]
	}
	g, err := grid.New(s.start, s.start.Add(time.Duration(max(1, s.slots))*metering.BasePeriod), list)
	s.check(err)
	return m, m.On(g)
}
