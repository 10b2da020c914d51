package hosting_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

const kW = metering.Kilowatt

// A file is lines, "----", what is said to them, an empty line; '#' is a remark.
func TestStories(t *testing.T) {
	const file = "testdata/hosting.txt"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t}
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
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// story is a zone in the making. Powers are in kW.
type story struct {
	t     testing.TB
	nodes []hosting.Node
	loads []hosting.Load
	q     hosting.Question
	said  strings.Builder
}

// play draws a load that works from 8 to 20 on workdays, half of that otherwise, higher
// in winter, with noise that lasts for days.
func play(name string, node metering.NodeID, peak float64, weeks int, seed uint64) hosting.Load {
	l := hosting.Load{Name: name, Node: node}
	dice := rand.New(rand.NewPCG(seed, 1))
	mood := 0.0
	for w := range weeks {
		week := hosting.Week{Season: w % 52}
		winter := 0.9 + 0.1*math.Cos(2*math.Pi*float64(w)/52)
		for b := range 336 {
			if b%48 == 0 {
				mood = 0.6*mood + 0.04*dice.NormFloat64()
			}
			part := 0.5
			if hour := b % 48 / 2; b/48 < 5 && hour >= 8 && hour < 20 {
				part = 0.9
			}
			week.Power = append(week.Power, float32(peak*part*winter*(1+mood+0.01*dice.NormFloat64())))
		}
		l.Weeks = append(l.Weeks, week)
	}
	return l
}

func (s *story) command(words []string) {
	s.t.Helper()
	args := words[1:]
	switch words[0] {
	case "zone":
		s.nodes, s.loads = nil, nil
		s.q = hosting.Question{At: time.Date(2026, 7, 10, 0, 0, 0, 0, time.UTC), Profile: hosting.Flat(30 * time.Minute)}
	case "node": // id, parent or -, limit or -, [firm] [armour] [backup]
		n := hosting.Node{ID: metering.NodeID(args[0])}
		if args[1] != "-" {
			n.Parent = metering.NodeID(args[1])
		}
		if args[2] != "-" {
			n.Limits = []hosting.Step{{Limit: metering.LimitOf(s.kW(args[2]))}}
		}
		if len(args) > 3 {
			n.Firm, n.Armour = s.kW(args[3]), s.kW(args[4])
		}
		if len(args) > 5 {
			n.Backup = metering.LimitOf(s.kW(args[5]))
		}
		s.nodes = append(s.nodes, n)
	case "load": // name, node, peak, weeks
		peak, _ := strconv.ParseFloat(args[2], 64)
		weeks, _ := strconv.Atoi(args[3])
		s.loads = append(s.loads, play(args[0], metering.NodeID(args[1]), peak, weeks, uint64(len(s.loads)+1)))
	case "committed": // node, power, from
		s.q.Committed = append(s.q.Committed, hosting.Committed{Node: metering.NodeID(args[0]), Power: s.kW(args[1]), Profile: hosting.Flat(30 * time.Minute), From: s.day(args[2])})
	case "scenario": // name, node, limit until, day, limit from
		s.q.Scenarios = append(s.q.Scenarios, hosting.Scenario{Name: args[0], Changes: []hosting.Change{{Node: metering.NodeID(args[1]), Limits: []hosting.Step{
			{Limit: metering.LimitOf(s.kW(args[2]))}, {From: s.day(args[3]), Limit: metering.LimitOf(s.kW(args[4]))}}}}})
	case "candidate": // resident, node, power
		s.q.Candidates = append(s.q.Candidates, hosting.Candidate{Resident: metering.ResidentID(args[0]), Node: metering.NodeID(args[1]), Power: s.kW(args[2])})
	case "flexible":
		s.q.Flexible, _ = strconv.ParseFloat(args[0], 64)
	case "armour":
		s.q.Armour = s.kW(args[0])
	case "nights": // a profile that draws from 21 to 6 only
		var parts []float32
		for b := range 336 {
			part := float32(0)
			if hour := b % 48 / 2; hour >= 21 || hour < 6 {
				part = 1
			}
			parts = append(parts, part)
		}
		s.q.Profile, _ = hosting.Template("nights", parts)
	case "ask": // power, node
		s.ask(s.kW(args[0]), metering.NodeID(args[1]))
	default:
		s.t.Fatalf("unknown line %q", strings.Join(words, " "))
	}
}

func (s *story) ask(power metering.Power, node metering.NodeID) {
	s.t.Helper()
	m, err := hosting.New(s.nodes, s.loads, 30*time.Minute)
	if err != nil {
		fmt.Fprintf(&s.said, "refused: %v\n", err)
		return
	}
	s.q.Power, s.q.Node = power, node
	a, err := m.Ask(s.q, hosting.DefaultPolicy())
	if err != nil {
		fmt.Fprintf(&s.said, "refused: %v\n", err)
		return
	}
	fmt.Fprintf(&s.said, "%s; firm now: %v", a.Verdict, a.FirmNow)
	if a.Unlimited {
		s.said.WriteString(", no limit")
	}
	if a.Scheme {
		s.said.WriteString("; needs a scheme of external supply")
	}
	s.said.WriteString("\n")
	if a.Binding != nil {
		fmt.Fprintf(&s.said, "binds: %s by %s: %s\n", a.Binding.Node, a.Binding.Rule, a.Binding.Why)
	}
	for i, r := range a.With {
		fmt.Fprintf(&s.said, "%s above %v in %.1f %% of years instead of %.1f %%, %.1f h, %v expected; worst %.1f %%\n",
			r.Node, r.Above, 100*r.Year, 100*a.Before[i].Year, r.Hours, r.Energy, 100*r.Worst())
	}
	if c := a.Curtailment; c != nil {
		fmt.Fprintf(&s.said, "non-firm up to %v; as asked %.1f h and %.2f %% a year", c.UpTo, c.Hours, 100*c.Share)
		if c.Energy > 0 {
			fmt.Fprintf(&s.said, ", %v expected, %v in a bad year, worst in %v with %v", c.Energy, c.EnergyP95, c.WorstMonth, c.WorstEnergy)
		}
		s.said.WriteString("\n")
	} else {
		fmt.Fprintf(&s.said, "too little is known: %d weeks\n", a.Weeks)
	}
	for _, f := range a.From {
		name, from := f.Scenario, "never"
		if name == "" {
			name = "as it is"
		}
		if f.From != nil {
			from = f.From.Format(time.DateOnly)
		}
		fmt.Fprintf(&s.said, "firm %s: %s\n", name, from)
	}
	for _, u := range a.Unlock {
		fmt.Fprintf(&s.said, "unlock %s (%s): limit %v", u.Node, u.Rule, u.Limit)
		if len(u.Candidates) > 0 {
			fmt.Fprintf(&s.said, ", or back from %v, enough: %v", u.Candidates, u.Enough)
		}
		s.said.WriteString("\n")
	}
}

func (s *story) kW(text string) metering.Power {
	s.t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return metering.Power(n) * kW
}

func (s *story) day(text string) time.Time {
	s.t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}
