package changes_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"asue/cmd/internal/changes"
)

const before = `# the plant
site: {id: zone, name: Zone}
residents:
  - id: ceramics-1
    name: Ceramics-1
    state: working
    conditions:
      - {id: tu-1, node: f-1, power: 4 MW}
      - {id: tu-2, node: f-2, power: 2 MW}
    armour: {technological: 1.8 MW, emergency: 250 kW}
  - {id: plastic-1, name: Plastic-1, state: working}
points:
  - {id: p-1, node: f-1, role: resident}
limits:
  - {source: line-1, limit: 12 MW}
`

const after = `# the plant, with other comments
site:
  name: Zone
  id: zone
residents:
  - id: plastic-1
    name: Plastic-1
    state: idle
  - id: ceramics-1
    name: Ceramics-1
    state: working
    conditions:
      - {id: tu-2, node: f-2, power: 2 MW}
      - {id: tu-1, power: 3.2 MW, node: f-1}
    armour: {technological: 1.8 MW, emergency: 250 kW, act: B-7}
points:
  - {id: p-1, node: f-1, role: resident}
  - {id: p-2, node: f-2, role: resident}
limits: []
`

// An engineer is told who may draw less now, and nothing of comments and order.
func TestChangesInWords(t *testing.T) {
	list, err := changes.Words([]byte(before), []byte(after))
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, w := range list {
		fmt.Fprintf(&told, "%s %s (%s) %s: %s -> %s\n", w.Kind, w.ID, w.Name, w.Field, w.From, w.To)
	}
	const want = `residents ceramics-1 (Ceramics-1) conditions.tu-1.power: 4 MW -> 3.2 MW
residents ceramics-1 (Ceramics-1) armour.act:  -> B-7
residents plastic-1 (Plastic-1) state: working -> idle
points p-2 () :  -> {id: p-2, node: f-2, role: resident}
limits  () : [{limit: 12 MW, source: line-1}] -> []
`
	if told.String() != want {
		t.Errorf("told:\n%swant:\n%s", told.String(), want)
	}
	if same, err := changes.Words([]byte(before), []byte("# another comment\n"+before)); err != nil || len(same) > 0 {
		t.Errorf("a comment is told as %v, %v", same, err)
	}
	if _, err := changes.Words([]byte(before), []byte("site: [")); err == nil || !strings.Contains(err.Error(), "the new text cannot be read") {
		t.Errorf("a broken text: %v", err)
	}
}

func TestLinesWithWhatStandsAround(t *testing.T) {
	var old []string
	for i := range 40 {
		old = append(old, fmt.Sprintf("line %d", i+1))
	}
	fresh := append([]string{}, old...)
	fresh[9] = "another"
	fresh = append(fresh[:30], append([]string{"new"}, fresh[30:]...)...)
	got := changes.Lines([]byte(strings.Join(old, "\r\n")+"\r\n"), []byte(strings.Join(fresh, "\n")+"\n"))
	var told strings.Builder
	for _, h := range got {
		fmt.Fprintf(&told, "from %d/%d\n", h[0].Old, h[0].New)
		for _, l := range h {
			if l.Op != changes.Same {
				fmt.Fprintf(&told, "%s %d %d %s\n", l.Op, l.Old, l.New, l.Text)
			}
		}
		fmt.Fprintf(&told, "to %d/%d\n", h[len(h)-1].Old, h[len(h)-1].New)
	}
	const want = `from 7/7
removed 10 0 line 10
added 0 10 another
to 13/13
from 28/28
added 0 31 new
to 33/34
`
	if told.String() != want {
		t.Errorf("told:\n%swant:\n%s", told.String(), want)
	}
	if got := changes.Lines([]byte("a\nb\n"), []byte("a\r\nb")); len(got) > 0 {
		t.Errorf("ends of lines are changes: %v", got)
	}
}

// Whatever the texts: the old and the new one stand in the hunks, in order and with their
// numbers, what is between hunks is the same, and no shorter script exists.
func TestLinesAgainstTheDumbTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 40)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		oldAt, newAt, changed := 1, 1, 0
		for _, h := range changes.Lines([]byte(strings.Join(a, "\n")), []byte(strings.Join(b, "\n"))) {
			for i, l := range h {
				if i == 0 { // what was left out is the same in both
					gap := max(l.Old-oldAt, l.New-newAt)
					for range gap {
						if a[oldAt-1] != b[newAt-1] {
							t.Fatalf("lines %d and %d are left out and differ", oldAt, newAt)
						}
						oldAt, newAt = oldAt+1, newAt+1
					}
				}
				if l.Op != changes.Added {
					if l.Old != oldAt || a[oldAt-1] != l.Text {
						t.Fatalf("%+v, want old line %d", l, oldAt)
					}
					oldAt++
				}
				if l.Op != changes.Removed {
					if l.New != newAt || b[newAt-1] != l.Text {
						t.Fatalf("%+v, want new line %d", l, newAt)
					}
					newAt++
				}
				if l.Op != changes.Same {
					changed++
				}
			}
		}
		if len(a)-oldAt != len(b)-newAt {
			t.Fatalf("the ends differ: %d of %d, %d of %d", oldAt, len(a), newAt, len(b))
		}
		for ; oldAt <= len(a); oldAt, newAt = oldAt+1, newAt+1 {
			if a[oldAt-1] != b[newAt-1] {
				t.Fatalf("the end is left out and differs")
			}
		}
		if least := len(a) + len(b) - 2*common(a, b); changed != least {
			t.Fatalf("%d lines are told as changed, %d would do", changed, least)
		}
	})
}

// common is the length of the longest common subsequence, by the table of every textbook.
func common(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			if a[i] == b[j] {
				table[i+1][j+1] = table[i][j] + 1
			} else {
				table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			}
		}
	}
	return table[len(a)][len(b)]
}

// Two files that have nothing in common are told as replaced, and soon.
func TestStrangersAreReplaced(t *testing.T) {
	var a, b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&a, "a%d\n", i)
		fmt.Fprintf(&b, "b%d\n", i)
	}
	got := changes.Lines([]byte(a.String()), []byte(b.String()))
	if len(got) != 1 || len(got[0]) != 10_000 || got[0][0].Op != changes.Removed || got[0][9999].Op != changes.Added {
		t.Errorf("%d hunks", len(got))
	}
}

func TestSecretsAreHidden(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if got := string(changes.Redact([]byte("a: 1\n" + line + "\nb: 2\n"))); got != "a: 1\n"+want+"\nb: 2\n" {
			t.Errorf("%q becomes %q", line, got)
		}
	}
	f("  password: geheim # ours", "  password: •••# ours")
	f("broker: {user: x, password: \"a, b\", url: y}", "broker: {user: x, password: •••, url: y}")
	f("smtp_password: 'it is'", "smtp_password: •••")
	f("token: abc", "token: •••")
	f("password_file: secrets/broker", "password_file: secrets/broker")
	f("  dsn: postgres://asue:s3cret@db:5432/asue?sslmode=require", "  dsn: postgres://asue:•••@db:5432/asue?sslmode=require")
	f("  dsn: postgres://db/asue?user=a&password=s3cret", "  dsn: postgres://db/asue?user=a&password=•••")
	f("url: https://example.org:8443/path@home", "url: https://example.org:8443/path@home")
	f("tokens_kept: 3", "tokens_kept: 3")
}

// The example of the zone compares with itself and with a ТУ that was cut.
func TestTheExampleOfTheZone(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "..", "examples", "aktobe", "site.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cut := strings.Replace(string(src), "{id: tu-ceramics-1-2, node: f35-4, power: 2 MW", "{id: tu-ceramics-1-2, node: f35-4, power: 1.5 MW", 1)
	list, err := changes.Words(src, []byte(cut))
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if w := list[0]; w != (changes.Word{Kind: "residents", ID: "ceramics-1", Name: "Керамика-1", Field: "conditions.tu-ceramics-1-2.power", From: "2 MW", To: "1.5 MW"}) {
		t.Errorf("%+v", w)
	}
	if h := changes.Lines(src, []byte(cut)); len(h) != 1 || len(h[0]) != 8 {
		t.Errorf("lines %v", h)
	}
	if none, err := changes.Words(src, src); err != nil || len(none) > 0 {
		t.Errorf("against itself: %v, %v", none, err)
	}
}
