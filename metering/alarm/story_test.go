package alarm_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/metering/alarm"
)

var rewrite = flag.Bool("rewrite", false, "write what comes out into testdata")

// zone is a small catalogue: meters on lines, lines at a collector, feeders behind their
// breakers.
func zone() []alarm.Definition {
	text := map[string]alarm.Text{"en": {Title: "t", Cause: "c", Consequence: "c", Action: "a"}}
	return []alarm.Definition{
		{Kind: "meter-silent", Priority: alarm.Low, OnDelay: 30 * time.Second, Respond: time.Hour, Texts: text,
			Together: &alarm.Together{Kind: "line-silent", Group: "line", AtLeast: 3, Share: 0.8}},
		{Kind: "line-silent", Priority: alarm.Medium, Respond: 30 * time.Minute, Texts: text, Horn: 30 * time.Second,
			Together: &alarm.Together{Kind: "collector-silent", Group: "collector", AtLeast: 2}},
		{Kind: "collector-silent", Priority: alarm.High, Respond: 10 * time.Minute, Texts: text, Horn: 10 * time.Second},
		{Kind: "breaker-open", Priority: alarm.Medium, Respond: 10 * time.Minute, Texts: text},
		{Kind: "low-current", Priority: alarm.Low, Respond: time.Hour, Texts: text, Behind: []alarm.Kind{"breaker-open"}, Passes: true},
		{Kind: "limit", Priority: alarm.High, OffDelay: time.Minute, Respond: 5 * time.Minute, Texts: text, Horn: 5 * time.Second},
	}
}

func settings() alarm.Settings {
	s := alarm.DefaultSettings()
	s.Groups = map[string]int{"line/l-1": 5, "line/l-2": 3}
	return s
}

func open(t *testing.T) *alarm.Book {
	t.Helper()
	if err := alarm.Check(zone(), []string{"en"}); err != nil {
		t.Fatal(err)
	}
	b, err := alarm.New(zone(), settings())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// teller plays lines of a story.
type teller struct {
	book *alarm.Book
	now  time.Time
	out  strings.Builder
}

var midnight = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

func (s *teller) play(line string) {
	fmt.Fprintf(&s.out, "> %s\n", line)
	word := strings.Fields(line)
	rest := func(n int) string { return strings.Join(word[n:], " ") }
	id := func() alarm.ID { return alarm.ID(word[1]) }
	var list []alarm.Transition
	var err error
	switch word[0] {
	case "at":
		at, parseErr := time.ParseDuration(word[1])
		if parseErr != nil {
			panic(parseErr)
		}
		s.now = midnight.Add(at)
		list = s.book.Tick(s.now)
	case "on", "off":
		kind, subject, _ := strings.Cut(word[1], "/")
		list, err = s.book.Observe(alarm.Condition{Kind: alarm.Kind(kind), Subject: subject, Active: word[0] == "on", Within: word[2:]}, s.now)
	case "ack":
		list, err = s.book.Acknowledge(id(), alarm.Person(rest(2)), s.now)
	case "shelve", "oneshot", "out":
		lasting, parseErr := time.ParseDuration(word[3])
		if parseErr != nil {
			panic(parseErr)
		}
		who, until, why := alarm.Person(word[2]), s.now.Add(lasting), rest(4)
		if word[0] == "out" {
			list, err = s.book.TakeOut(id(), who, until, why, s.now)
		} else {
			list, err = s.book.Shelve(id(), who, until, word[0] == "oneshot", why, s.now)
		}
	case "unshelve":
		list, err = s.book.Unshelve(id(), alarm.Person(rest(2)), s.now)
	case "back":
		list, err = s.book.PutBack(id(), alarm.Person(rest(2)), s.now)
	case "comment":
		err = s.book.Comment(id(), alarm.Person(word[2]), rest(3), s.now)
	case "silence":
		lasting, parseErr := time.ParseDuration(word[2])
		if parseErr != nil {
			panic(parseErr)
		}
		err = s.book.Silence(alarm.Person(word[1]), lasting, s.now)
	case "shift":
		list = s.book.BeginShift(alarm.Person(word[1]), s.now)
	case "horn":
		for _, h := range s.book.Horn(s.now) {
			fmt.Fprintf(&s.out, "  %s every %v for %s\n", h.Priority, h.Every, h.Alarm)
		}
	case "list":
		for _, a := range s.book.List() {
			fmt.Fprintf(&s.out, "  %-16s %-6s %s x%d", a.State(), a.Priority, a.ID, a.Times)
			if a.Cause != "" {
				fmt.Fprintf(&s.out, " behind %s", a.Cause)
			}
			if a.Members > 0 {
				fmt.Fprintf(&s.out, " for %d", a.Members)
			}
			s.out.WriteByte('\n')
		}
	default:
		panic("story: " + line)
	}
	if err != nil {
		fmt.Fprintf(&s.out, "  refused: %v\n", err)
	}
	for _, t := range list {
		mark := " "
		if t.Announced {
			mark = "!"
		}
		fmt.Fprintf(&s.out, "%s %s: %s -> %s", mark, t.ID, t.From, t.To)
		if t.By != "" {
			fmt.Fprintf(&s.out, " by %s", t.By)
		}
		if t.Why != "" {
			fmt.Fprintf(&s.out, " (%s)", t.Why)
		}
		s.out.WriteByte('\n')
	}
}

// TestStories plays what happens to alarms, as a dispatcher could check it: lines with
// ">" are what happens, those below what comes of it; "!" sounds.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := teller{book: open(t), now: midnight}
			for line := range strings.Lines(string(want)) {
				line = strings.TrimSuffix(line, "\n")
				if play, ok := strings.CutPrefix(line, "> "); ok {
					s.play(play)
				} else if line == "" || strings.HasPrefix(line, "#") {
					s.out.WriteString(line + "\n")
				}
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(s.out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if s.out.String() != string(want) {
				t.Errorf("another story came out; -rewrite and look at the difference:\n%s", s.out.String())
			}
		})
	}
}
