package catalogue_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of docs/alarms.md and its Russian twin anew")

// words are what the generated tables say beside the texts of the catalogue.
type words struct {
	kinds, states string // heads of the tables
	priority      map[alarm.Priority]string
	state         map[alarm.State]string
	yes, no       string
	group         map[string]string
	unit          [3]string // hours, minutes, seconds
	// on and off are the delays, horn how often it sounds, behind what explains it, and
	// together what it becomes with others; %s is filled in.
	on, off, horn, behind, together string
}

var tongues = map[string]words{
	"en": {
		kinds:    "| alarm | cause | consequence | what the dispatcher does | within | how |\n|---|---|---|---|---|---|\n",
		states:   "| so | unseen | state |\n|---|---|---|\n",
		priority: map[alarm.Priority]string{alarm.High: "▲E", alarm.Medium: "◆W", alarm.Low: "■N"},
		state:    map[alarm.State]string{alarm.Normal: "normal: not on the list", alarm.Unacknowledged: "unacknowledged", alarm.Acknowledged: "acknowledged: it stays on the list", alarm.Returned: "returned, unacknowledged: it waits for somebody"},
		yes:      "yes", no: "no", group: map[string]string{"line": "line", "collector": "collector"}, unit: [3]string{"h", "min", "s"},
		on: "after %s", off: "over after %s", horn: "sounds every %s", behind: "not while: %s", together: "at least %d, and %d %% of a %s, are one: %s",
	},
	"ru": {
		kinds:    "| тревога | причина | последствие | что делает диспетчер | за время | как |\n|---|---|---|---|---|---|\n",
		states:   "| действует | не видел никто | состояние |\n|---|---|---|\n",
		priority: map[alarm.Priority]string{alarm.High: "▲А", alarm.Medium: "◆П", alarm.Low: "■И"},
		state:    map[alarm.State]string{alarm.Normal: "нормально: в списке нет", alarm.Unacknowledged: "не квитирована", alarm.Acknowledged: "квитирована: остаётся в списке", alarm.Returned: "вернулась, не квитирована: ждёт человека"},
		yes:      "да", no: "нет", group: map[string]string{"line": "линии связи", "collector": "сборщика"}, unit: [3]string{"ч", "мин", "с"},
		on: "через %s", off: "кончается через %s", horn: "звук каждые %s", behind: "не подаётся, пока: %s", together: "не меньше %d и %d %% %s — одна: %s",
	},
}

func (w words) span(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%d %s", d/time.Hour, w.unit[0])
	case d%time.Minute == 0:
		return fmt.Sprintf("%d %s", d/time.Minute, w.unit[1])
	}
	return fmt.Sprintf("%d %s", d/time.Second, w.unit[2])
}

// kindTable is the built-in catalogue in a language.
func kindTable(lang string) string {
	w := tongues[lang]
	list := catalogue.BuiltIn()
	title := func(k alarm.Kind) string {
		for _, d := range list {
			if d.Kind == k {
				return "«" + d.Texts[lang].Title + "»"
			}
		}
		return string(k)
	}
	var b strings.Builder
	b.WriteString(w.kinds)
	for _, d := range list {
		var how []string
		add := func(format string, d time.Duration) {
			if d > 0 {
				how = append(how, fmt.Sprintf(format, w.span(d)))
			}
		}
		add(w.on, d.OnDelay)
		add(w.off, d.OffDelay)
		add(w.horn, d.Horn)
		for _, k := range d.Behind {
			how = append(how, fmt.Sprintf(w.behind, title(k)))
		}
		if t := d.Together; t != nil {
			how = append(how, fmt.Sprintf(w.together, t.AtLeast, int(100*t.Share), w.group[t.Group], title(t.Kind)))
		}
		text := d.Texts[lang]
		fmt.Fprintf(&b, "| %s **%s** `%s` | %s | %s | %s | %s | %s |\n", w.priority[d.Priority], text.Title, d.Kind, text.Cause, text.Consequence, text.Action, w.span(d.Respond), strings.Join(how, "; "))
	}
	return b.String()
}

// stateTable is what follows from the two bits of an alarm that nothing hides.
func stateTable(lang string) string {
	w := tongues[lang]
	said := map[bool]string{true: w.yes, false: w.no}
	text := w.states
	for _, bits := range [][2]bool{{false, false}, {true, true}, {true, false}, {false, true}} {
		a := alarm.Alarm{Active: bits[0], Unacked: bits[1]}
		text += fmt.Sprintf("| %s | %s | %s |\n", said[a.Active], said[a.Unacked], w.state[a.State()])
	}
	return text
}

// TestDocsShowTheCatalogue holds the tables of docs/alarms.md and docs/alarms.ru.md to the
// program: each stands between a line <!-- NAME --> and the next empty line.
func TestDocsShowTheCatalogue(t *testing.T) {
	for lang, file := range map[string]string{"en": "alarms.md", "ru": "alarms.ru.md"} {
		path := filepath.Join("..", "..", "..", "docs", file)
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(src)
		for name, table := range map[string]string{"kinds": kindTable(lang), "states": stateTable(lang)} {
			before, rest, found := strings.Cut(text, "<!-- "+name+" -->\n")
			_, after, ends := strings.Cut(rest, "\n\n")
			if !found || !ends {
				t.Fatalf("%s has no table of %s", file, name)
			}
			text = before + "<!-- " + name + " -->\n" + table + "\n" + after
		}
		if *rewrite {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(src), text); diff != "" {
			t.Errorf("%s is not what the program does (-written +true); renew it with -rewrite and read what it says:\n%s", file, diff)
		}
	}
}
