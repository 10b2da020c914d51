package register_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"asue/balancing/reclaim/register"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the cases anew")

const kW = metering.Kilowatt

var aqtobe = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		panic(err)
	}
	return zone
}()

// zone is a plant of two residents and two feeders.
func zone() *metering.Site {
	return &metering.Site{
		ID: "zone", Location: aqtobe,
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "s-10", Kind: metering.NodeSection}, {ID: "f-1", Kind: metering.NodeFeeder, Parent: "s-10"}, {ID: "f-2", Kind: metering.NodeFeeder, Parent: "s-10"},
		}},
		Residents: []metering.Resident{
			{ID: "kiln", Name: "Керамика-1", Commissioned: day("2024-03-01")}, {ID: "mill", Name: "Металл-1"},
		},
		Conditions: []metering.Condition{
			{ID: "tu-1", Resident: "kiln", Node: "f-1", Power: 2000 * kW, Category: 2, Document: "No. 1", From: day("2024-01-01")},
			{ID: "tu-2", Resident: "mill", Node: "f-2", Power: 500 * kW, Category: 3, Document: "No. 2", From: day("2025-01-01"), To: day("2027-01-01")},
		},
		Armours: []metering.Armour{{Resident: "kiln", Technological: 600 * kW, TechnologicalFor: 40 * time.Minute, Emergency: 100 * kW, Act: "No. 3"}},
	}
}

func day(text string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, aqtobe)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// TestRegister runs the stories of testdata/register.txt. A line is what was recorded on
// a day, or a question; acts that are set in are recorded together with the one above.
func TestRegister(t *testing.T) {
	const path = "testdata/register.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	s := &story{t: t}
	for i, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		told, _, ok := strings.Cut(block, "----")
		if !ok {
			t.Fatalf("block %d has no answer", i+1)
		}
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(told + "----\n" + s.tell(told))
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(text), out.String()); diff != "" && !*rewrite {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

type story struct {
	t    *testing.T
	r    *register.Register
	said strings.Builder
	acts []register.Act // not taken yet
}

func (s *story) tell(block string) string {
	s.said.Reset()
	for line := range strings.Lines(block) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if !strings.HasPrefix(line, " ") {
			s.record()
		}
		s.line(words)
	}
	s.record()
	return s.said.String()
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.said, format+"\n", args...) }

// record takes the acts that were told.
func (s *story) record() {
	if len(s.acts) == 0 {
		return
	}
	next, err := s.r.With(s.acts...)
	s.acts = nil
	if err != nil {
		s.say("%v", err)
		return
	}
	s.r = next
}

func (s *story) line(words []string) {
	switch words[0] {
	case "open":
		r, err := register.Open(zone())
		if err != nil {
			s.t.Fatal(err)
		}
		s.r = r
	case "on":
		s.show(s.r.At(day(words[1])))
	case "known":
		r, err := s.r.AsKnown(day(words[1]).Add(24 * time.Hour))
		if err != nil {
			s.t.Fatal(err)
		}
		s.show(r.At(day(words[2])))
	case "history":
		var list []register.Version
		for _, v := range s.r.Versions() {
			if v.Condition == words[1] {
				list = append(list, v)
			}
		}
		s.show(list)
	case "of":
		of := s.r.Of(metering.ResidentID(words[1]))
		text := "commissioned " + local(of.Commissioned)
		if of.GraceMonths != nil {
			text += fmt.Sprintf(", grace of %d months by %s", *of.GraceMonths, of.GraceBy)
		}
		if of.Armour != nil {
			text += fmt.Sprintf(", armour %v for %v, emergency %v by %s", of.Armour.Technological, of.Armour.TechnologicalFor, of.Armour.Emergency, of.Armour.Act)
		}
		s.say("%s", text)
	case "armours":
		for _, a := range s.r.Armours() {
			s.say("%s %v, emergency %v, %s to %s by %s", a.Resident, a.Technological, a.Emergency, local(a.From), local(a.ValidTo), a.Act)
		}
	case "reduce":
		s.reduce(words[1:])
	default:
		s.acts = append(s.acts, s.act(words))
	}
}

// reduce brings power down: resident, node, what remains, from when.
func (s *story) reduce(words []string) {
	acts, err := s.r.Reduce(metering.ResidentID(words[0]), metering.NodeID(words[1]), power(s.t, words[2]), day(words[3]), "contract 7", "No. R")
	if err != nil {
		s.say("%v", err)
		return
	}
	for _, a := range acts {
		text := fmt.Sprintf("%s of %s", a.Kind, a.Condition)
		if a.Terms != nil {
			text += fmt.Sprintf(" to %v", a.Terms.Firm)
		}
		s.say("%s", text)
	}
	s.acts = acts
	s.record()
}

func (s *story) show(list []register.Version) {
	for _, v := range list {
		what := v.Firm.String()
		if v.Flow != nil {
			what = fmt.Sprintf("%d L in %v", v.Flow.Litres, v.Flow.Per)
		}
		if v.NonFirm != 0 {
			what += fmt.Sprintf(" + %v non-firm", v.NonFirm)
		}
		for _, g := range v.Stages {
			what += fmt.Sprintf(" + %v due %s", g.Power, local(g.Due))
		}
		s.say("%s of %s at %s: %s, %s to %s by %s", v.Condition, v.Resident, v.Node, what, local(v.From), local(v.To), v.Document)
	}
	if len(list) == 0 {
		s.say("nothing")
	}
}

func local(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(aqtobe).Format(time.DateOnly)
}

// act reads "2026-07-01 issue mill tu-9 from=2026-08-01 node=f-1 firm=500".
func (s *story) act(words []string) register.Act {
	a := register.Act{Kind: register.Kind(words[1]), Resident: metering.ResidentID(words[2]), Recorded: day(words[0]), Author: "Aigul", Approver: "Timur",
		Basis: "contract 7", Document: "No. " + words[0]}
	terms := register.Terms{}
	for _, word := range words[3:] {
		key, value, stated := strings.Cut(word, "=")
		if !stated {
			a.Condition = word
			continue
		}
		switch key {
		case "from":
			a.From = day(value)
		case "node":
			terms.Node = metering.NodeID(value)
		case "medium":
			terms.Medium = metering.Medium(value)
		case "firm":
			terms.Firm = power(s.t, value)
		case "non-firm":
			terms.NonFirm = power(s.t, value)
		case "voltage":
			terms.Voltage = float64(power(s.t, value) / kW)
		case "category":
			terms.Category = metering.Category(power(s.t, value) / kW)
		case "flow":
			litres, per, _ := strings.Cut(value, "/")
			terms.Flow = &register.Flow{Litres: metering.Energy(power(s.t, litres)), Per: map[string]time.Duration{"h": time.Hour, "day": 24 * time.Hour, "week": 168 * time.Hour}[per]}
		case "until":
			terms.Until = day(value)
		case "stage": // power:due:milestones
			part := strings.Split(value, ":")
			g := register.Stage{Power: power(s.t, part[0]), Milestones: int(power(s.t, part[2]) / kW), Document: "No. G"}
			if part[1] != "" {
				g.Due = day(part[1])
			}
			terms.Stages = append(terms.Stages, g)
		case "tech", "for", "emergency", "valid":
			if a.Protected == nil {
				a.Protected = &register.Protected{}
			}
			switch key {
			case "tech":
				a.Protected.Technological = power(s.t, value)
			case "emergency":
				a.Protected.Emergency = power(s.t, value)
			case "for":
				a.Protected.TechnologicalFor = time.Duration(power(s.t, value)/kW) * time.Minute
			case "valid":
				a.Protected.Until = day(value)
			}
		case "months":
			a.Months = int(power(s.t, value) / kW)
		case "document":
			a.Document = value
		case "basis":
			a.Basis = value
		default:
			s.t.Fatalf("what is %q?", word)
		}
	}
	if slices.ContainsFunc(words[3:], func(w string) bool {
		return slices.ContainsFunc([]string{"node=", "firm=", "medium=", "flow="}, func(p string) bool { return strings.HasPrefix(w, p) })
	}) {
		a.Terms = &terms
	}
	return a
}

// power is a number of kilowatts, or of what is counted by thousands.
func power(t *testing.T, text string) metering.Power {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return metering.Power(n) * kW
}
