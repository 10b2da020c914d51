package office_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/office"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// A file is lines, "----", what is said to them, an empty line; '#' is a remark. A line is
// when, who, what; or a question.
func TestStories(t *testing.T) {
	for _, name := range []string{"return", "cases", "queue", "books"} {
		t.Run(name, func(t *testing.T) { tell(t, "testdata/"+name+".txt", &story{t: t}) })
	}
}

func tell(t *testing.T, file string, s *story) {
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
			out.WriteString("----\n" + s.said.String())
			s.said.Reset()
		case answers && line != "":
		default:
			answers = false
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				s.line(strings.Fields(line))
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
		return
	}
	if diff := cmp.Diff(string(src), out.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// story is an office at work. Whatever a line does not say is said properly.
type story struct {
	t     *testing.T
	o     *office.Office
	deeds []metering.Deed
	now   time.Time
	said  strings.Builder
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.said, format+"\n", args...) }

func (s *story) line(words []string) {
	s.t.Helper()
	switch words[0] {
	case "zone": // [with a contract of so many kW]
		c := config()
		if len(words) > 1 {
			c.Site.Sources[0].Contract = metering.LimitOf(s.kW(words[1]))
			c.Nodes = office.NodesOf(c.Site)
		}
		s.o, s.deeds, s.now = opened(s.t, c), nil, c.Opened
		return
	case "drafts":
		for _, d := range s.o.Drafts(s.now) {
			s.say("%s by %s: %s %s %s", d.ID, d.Author, d.Action.Kind, d.Action.Case, d.Fault)
		}
		return
	case "case":
		s.show(words[1])
		return
	case "cases":
		for _, f := range s.o.Cases(s.now) {
			s.say("%s %s at %s: %s", f.ID, f.Resident, f.Node, f.Case.Stage)
		}
		return
	case "queue":
		s.queue()
		return
	case "books":
		s.books(words[1:])
		return
	case "notes":
		for _, n := range s.o.Notes() {
			s.say("%s", n)
		}
		return
	case "register":
		for _, v := range s.o.Register().At(s.now) {
			if string(v.Resident) == words[1] {
				s.say("%s at %s: %v, non-firm %v, from %s", v.Condition, v.Node, v.Firm, v.NonFirm, v.From.In(aqtobe).Format("2006-01-02 15:04"))
			}
		}
		return
	}
	s.now = s.moment(words[0])
	if len(words) < 3 {
		return // the time passes
	}
	s.act(office.Person{Name: words[1]}, words[2], words[3:])
}

func (s *story) act(p office.Person, verb string, args []string) {
	s.t.Helper()
	said := map[string]string{}
	var plain []string
	for _, w := range args {
		if name, value, ok := strings.Cut(w, "="); ok {
			said[name] = value
		} else {
			plain = append(plain, w)
		}
	}
	if v, ok := said["seen"]; ok {
		p.Seen = &office.Seen{At: s.now, Allowed: s.kW(v)}
	}
	if v, ok := said["seen-at"]; ok {
		p.Seen.At = s.moment(v)
	}
	var deeds []metering.Deed
	var err error
	switch verb {
	case "sign":
		draft := plain[0]
		if list := s.o.Drafts(s.now); draft == "last" && len(list) > 0 {
			draft = list[len(list)-1].ID
		}
		deeds, err = s.o.Sign(p, s.now, draft)
	case "drop":
		deeds, err = s.o.Drop(p, s.now, plain[0], said["why"])
	default:
		deeds, err = s.o.Do(p, s.now, s.action(verb, plain, said))
	}
	var r *office.Refusal
	switch {
	case errors.As(err, &r):
		for _, why := range r.Reasons {
			s.say("no: %s", why)
		}
	case err != nil:
		s.t.Errorf("%s: %v is no refusal", verb, err)
	default:
		s.record(deeds)
	}
}

func (s *story) record(deeds []metering.Deed) {
	s.t.Helper()
	for _, d := range deeds {
		d.Seq = uint64(len(s.deeds) + 1)
		if err := s.o.Replay([]metering.Deed{d}); err != nil {
			s.t.Fatalf("what was found cannot be replayed: %v", err)
		}
		s.deeds = append(s.deeds, d)
		text := fmt.Sprintf("%d: %s %s by %s", d.Seq, d.Kind, d.Subject, d.Author)
		if d.Approver != "" {
			text += " and " + d.Approver
		}
		s.say("%s", text)
		var b struct{ Effects office.Effects }
		if err := json.Unmarshal([]byte(d.Body), &b); err != nil {
			s.t.Fatal(err)
		}
		for _, a := range b.Effects.Acts {
			text := fmt.Sprintf("   %s of %s", a.Kind, a.Condition)
			if a.Terms != nil {
				text += fmt.Sprintf(": %v", a.Terms.Firm)
			}
			s.say("%s from %s", text, a.From.In(aqtobe).Format("2006-01-02 15:04"))
		}
		if b.Effects.Posting != nil {
			for _, e := range b.Effects.Posting.Entries {
				until := ""
				if !e.Valid.To.IsZero() {
					until = " until " + e.Valid.To.In(aqtobe).Format("2006-01-02 15:04")
				}
				s.say("   %v → %v: %v from %s%s", e.From, e.To, e.Power, e.Valid.From.In(aqtobe).Format("2006-01-02 15:04"), until)
			}
		}
	}
}

func (s *story) show(id string) {
	f, ok := s.o.Case(id, s.now)
	if !ok {
		s.say("%s is not known", id)
		return
	}
	text := fmt.Sprintf("%s of %s at %s: %s, round %d, %v of %v", f.ID, f.Resident, f.Node, f.Case.Stage, f.Case.Round, f.Case.Volume, f.Case.Allowed)
	if f.Deadline != nil {
		text += ", until " + f.Deadline.In(aqtobe).Format(time.DateOnly)
	}
	if len(f.Lacks) > 0 {
		text += fmt.Sprintf(", lacks %v", f.Lacks)
	}
	s.say("%s; possible %v", text, f.Possible)
}

func (s *story) queue() {
	for _, n := range s.o.Applications(s.now) {
		text := fmt.Sprintf("%s %s at %s: %v, %s, %d points", n.ID, n.Name, n.Node, n.Power, n.Status, n.Score.Points)
		if n.Reserved > 0 {
			text += fmt.Sprintf(", %v until %s", n.Reserved, n.Until.In(aqtobe).Format(time.DateOnly))
		}
		s.say("%s", text)
	}
}

// books shows what is on accounts, of one node if it is named.
func (s *story) books(nodes []string) {
	for _, a := range s.o.Books().Accounts() {
		if p := s.o.Books().Balance(a, s.now); p != 0 && (len(nodes) == 0 || slices.Contains(nodes, string(a.Node))) {
			s.say("%v: %v", a, p)
		}
	}
	for _, n := range nodes {
		usable, room, err := s.o.Books().Usable(metering.NodeID(n), s.now, time.Time{})
		if err != nil {
			s.t.Fatal(err)
		}
		s.say("usable at %s: %v, bound by %q", n, usable, room.Node)
	}
}
