package reclaim_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the stories live in a zone that the machine may not know

	"asue/balancing/reclaim"
	"asue/metering"
	"asue/metering/demand"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

const kW = metering.Kilowatt

// A file is lines, "----", what is said to them, an empty line; '#' is a remark.
func TestStories(t *testing.T) {
	for _, name := range []string{"vectors", "coverage", "volumes"} {
		t.Run(name, func(t *testing.T) { tell(t, "testdata/"+name+".txt", &story{t: t}) })
	}
}

// teller answers to the lines of a story.
type teller interface {
	command(words []string)
	answer() string
}

func tell(t *testing.T, file string, s teller) {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	answers := false
	for line := range strings.Lines(string(src)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			answers = true
			out.WriteString("----\n" + s.answer())
		case answers && line != "":
		default:
			answers = false
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				s.command(strings.Fields(line))
			}
		}
	}
	if rest := s.answer(); rest != "" {
		t.Errorf("%s ends without the answer to its last line:\n%s", file, rest)
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

// story is a resident's year in the making. Powers are in kW.
type story struct {
	t       testing.TB
	from    time.Time
	year    *reclaim.Year
	subject reclaim.Subject
	record  reclaim.Record
	set     reclaim.Settings
	said    strings.Builder
}

var aqtobe = func() *time.Location {
	loc, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		panic(err)
	}
	return loc
}()

func (s *story) answer() string {
	defer s.said.Reset()
	return s.said.String()
}

func (s *story) command(words []string) {
	s.t.Helper()
	args := words[1:]
	switch words[0] {
	case "year": // up to a day
		s.begin(s.day(args[0]))
	case "tu": // power [from a day]
		from := time.Time{}
		if len(args) > 1 {
			from = s.day(args[1])
			last := &s.subject.Conditions[len(s.subject.Conditions)-1]
			last.To = from
		}
		s.subject.Conditions = append(s.subject.Conditions, metering.Condition{
			ID: fmt.Sprintf("tu-%d", len(s.subject.Conditions)+1), Resident: "r", Node: "f", Power: s.kW(args[0]), From: from})
	case "since":
		s.subject.Commissioned = s.day(args[0])
	case "grace": // months by a document
		n := s.number(args[0])
		s.subject.GraceMonths, s.subject.GraceBy = &n, args[1]
	case "armour":
		s.subject.Armour = s.kW(args[0])
	case "growth": // power, due, milestones, document
		s.subject.Growth = append(s.subject.Growth, reclaim.Commitment{Power: s.kW(args[0]), Due: s.day(args[1]), Milestones: s.number(args[2]), Document: args[3]})
	case "draw": // power, all the time or [from to]
		s.draw(s.kW(args[0]), s.period(args[1:]))
	case "peaks": // power, on so many days from noon for two hours
		s.peaks(s.kW(args[0]), s.number(args[1]))
	case "spike": // power, in one block that begins at a moment
		at := s.moment(args[1])
		s.draw(s.kW(args[0]), metering.Period{From: at, To: at.Add(30 * time.Minute)})
	case "lose": // so many of every hundred intervals
		for i := range s.record.Load.Slots {
			if i%100 < s.number(args[0]) {
				s.record.Load.Slots[i] = demand.Slot{State: demand.Missing}
			}
		}
	case "missing":
		s.each(s.period(args), func(slot *demand.Slot) { *slot = demand.Slot{State: demand.Missing} })
	case "imputed":
		s.each(s.period(args), func(slot *demand.Slot) { slot.State = demand.Estimate })
	case "outage":
		s.record.Outages = append(s.record.Outages, s.period(args))
	case "held":
		s.record.Held = append(s.record.Held, s.period(args))
	case "judge":
		s.judge(false)
	case "reckon": // judge, and show the arithmetic
		s.judge(true)
	default:
		s.t.Fatalf("unknown line %q", strings.Join(words, " "))
	}
}

func (s *story) begin(to time.Time) {
	s.from = reclaim.YearTo(to, aqtobe)
	year, err := reclaim.NewYear(s.from, to, aqtobe, metering.Calendar{}, 30*time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	n := int(to.Sub(s.from) / metering.BasePeriod)
	s.year, s.set = year, reclaim.Default()
	s.subject = reclaim.Subject{Resident: "r", Node: "f", Commissioned: s.from.AddDate(-5, 0, 0)}
	s.record = reclaim.Record{Load: demand.Load{Name: "r", From: s.from, Slots: make([]demand.Slot, n)}}
	s.draw(0, metering.Period{})
}

func (s *story) draw(p metering.Power, during metering.Period) {
	s.each(during, func(slot *demand.Slot) {
		*slot = demand.Slot{Energy: metering.Energy(p / 4), State: demand.Measured, Grade: metering.Actual}
	})
}

func (s *story) peaks(p metering.Power, days int) {
	all := len(s.record.Load.Slots) / 96
	for n := range days {
		noon := s.from.Add(time.Duration(n*all/days)*24*time.Hour + 12*time.Hour)
		s.draw(p, metering.Period{From: noon, To: noon.Add(2 * time.Hour)})
	}
}

func (s *story) each(during metering.Period, do func(*demand.Slot)) {
	for i := range s.record.Load.Slots {
		if during.Holds(s.from.Add(time.Duration(i) * metering.BasePeriod)) {
			do(&s.record.Load.Slots[i])
		}
	}
}

func (s *story) judge(arithmetic bool) {
	u, err := s.year.Use(s.subject, s.record, s.set)
	if err != nil {
		fmt.Fprintf(&s.said, "refused: %v\n", err)
		return
	}
	f := reclaim.Judge(s.subject, u, s.set)
	fmt.Fprintf(&s.said, "%s: %s\n", f.Class, f.Reason)
	if f.Volume == nil {
		return
	}
	fmt.Fprintf(&s.said, "keeps %v, can return %v\n", f.Volume.Retained, f.Volume.Returnable)
	for _, step := range f.Volume.Steps {
		if arithmetic {
			fmt.Fprintf(&s.said, "  %-26s %12v  %s: %s\n", step.Name, step.Value, step.Rule, step.How)
		}
	}
}

// day is a local midnight, "2026-07-01".
func (s *story) day(text string) time.Time {
	s.t.Helper()
	t, err := time.ParseInLocation(time.DateOnly, text, aqtobe)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// moment is a local time, "2026-07-01T12:00", or a day's midnight.
func (s *story) moment(text string) time.Time {
	s.t.Helper()
	if !strings.Contains(text, "T") {
		return s.day(text)
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", text, aqtobe)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// period is two moments; none: always.
func (s *story) period(args []string) metering.Period {
	s.t.Helper()
	if len(args) == 0 {
		return metering.Period{}
	}
	return metering.Period{From: s.moment(args[0]), To: s.moment(args[1])}
}

func (s *story) kW(text string) metering.Power {
	s.t.Helper()
	return metering.Power(s.number(text)) * kW
}

func (s *story) number(text string) int {
	s.t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
