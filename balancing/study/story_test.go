package study_test

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

	"asue/balancing/study"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// Each file of testdata/stories is a story: commands, "----", what follows from them,
// an empty line. A line with '#' is a remark.
//
//	zone akzhar=yes recovery=1.4 akz-amperes=40 no=avr-110 slow=avr-35-2
//	                                     the zone of the tests; no: transfers out of service; slow: by 10 s
//	zone example akzhar=yes              that of the example's site file
//	stand scenario=C ambient=40 out=t-2 close=sv-10 open=q-kar emergency
//	load 29.7                            MW, by the plan
//	state                                flows and voltages
//	outages                              what has to be stood
//	lose ID                              an outage: ids joined by +
//	n1                                   all of them, an ending each
//	trip                                 readiness: what if the source in service tripped now
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
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
				return
			}
			if diff := cmp.Diff(string(src), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

type story struct {
	t       *testing.T
	model   *study.Model
	setting study.Setting
	loads   []study.Load
	out     strings.Builder
}

// play runs a story and writes it down with what has really followed.
func play(t *testing.T, src string) string {
	s := &story{t: t}
	answers := false // between "----" and the empty line
	var commands []string
	for line := range strings.Lines(src) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			answers = true
			s.out.WriteString("----\n")
			for _, c := range commands {
				s.run(c)
			}
			commands = nil
		case line == "":
			answers = false
			s.out.WriteString("\n")
		case answers:
		default:
			s.out.WriteString(line + "\n")
			if !strings.HasPrefix(line, "#") {
				commands = append(commands, line)
			}
		}
	}
	if len(commands) > 0 {
		t.Fatalf("commands without ----: %q", commands)
	}
	return s.out.String()
}

func (s *story) run(command string) {
	word := strings.Fields(command)
	switch word[0] {
	case "zone":
		s.zone(word[1:])
	case "stand":
		s.stand(word[1:])
	case "load":
		s.loads = s.model.Loads(s.number(word[1]))
	case "state":
		state, err := s.model.Solve(s.setting, s.loads)
		if err != nil {
			s.say("error: %v", err)
		}
		s.state(state)
	case "outages":
		for _, o := range s.model.Outages(s.setting) {
			text := fmt.Sprintf("%-19s %s: %s", o.ID, o.Kind, o.Name)
			if o.Information {
				text += " (for information)"
			}
			s.say("%s", text)
		}
	case "lose":
		c := s.model.After(s.setting, s.loads, study.Outage{ID: word[1], Out: strings.Split(word[1], "+")})
		s.contingency(c)
	case "n1":
		for _, c := range s.model.N1(s.setting, s.loads) {
			s.say("%-19s %-8s → %-8s → %-8s %s", c.Outage.ID, c.Before.Ending, c.After.Ending, c.Later.Ending, brief(c.Later.State))
		}
	case "trip":
		s.readiness(s.model.Readiness(s.setting, s.loads, study.ArmourOf(s.model.Site(), noon)))
	default:
		s.t.Fatalf("unknown command %q", command)
	}
}

func (s *story) zone(words []string) {
	site := zone(awaited)
	if len(words) > 0 && words[0] == "example" {
		site, words = example(s.t), words[1:]
	}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		change := func(f func(*metering.Transfer)) {
			for i := range site.Network.Transfers {
				if slices.Contains(strings.Split(value, ","), string(site.Network.Transfers[i].ID)) {
					f(&site.Network.Transfers[i])
				}
			}
		}
		switch key {
		case "akzhar":
			for i := range site.Sources[1:] {
				site.Sources[1+i].Available = value == "yes"
			}
		case "akz-amperes":
			site.Network.Lines[1].Amperes, site.Network.Lines[2].Amperes = s.number(value), s.number(value)
		case "recovery":
			site.Network.Recovery = s.number(value)
		case "no":
			change(func(t *metering.Transfer) { t.Out = true })
		case "slow":
			change(func(t *metering.Transfer) { t.After += 10 * time.Second })
		default:
			s.t.Fatalf("unknown word %q", w)
		}
	}
	s.model = model(s.t, site)
}

func (s *story) stand(words []string) {
	s.setting = study.Setting{Closed: map[metering.ElementID]bool{}}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "scenario":
			s.setting.Scenario = metering.ElementID(value)
		case "ambient":
			c := s.number(value)
			s.setting.AmbientC = &c
		case "emergency":
			s.setting.Emergency = true
		case "out":
			s.setting.Out = strings.Split(value, ",")
		case "sources":
			s.setting.Sources = strings.Split(value, ",")
		case "open", "close":
			for _, id := range strings.Split(value, ",") {
				s.setting.Closed[metering.ElementID(id)] = key == "close"
			}
		default:
			s.t.Fatalf("unknown word %q", w)
		}
	}
}

func (s *story) number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *story) say(format string, a ...any) {
	s.out.WriteString(strings.TrimRight(fmt.Sprintf(format, a...), " ") + "\n")
}
