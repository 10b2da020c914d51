package form_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering/form"

	"github.com/google/go-cmp/cmp"
)

// A kettle is described by a file of its own in these tests.
type kettle struct {
	name   form.Given[string]
	mode   form.Given[string]
	boil   form.Given[time.Duration]
	cups   form.Given[[]form.Given[cup]]
	prices form.Given[[]form.Pair[string, int64]]
}

type cup struct{ size form.Given[int] }

func kettleForm() form.Form[kettle] {
	cupForm := form.Form[cup]{Name: "a cup", Fields: []form.Field[cup]{
		form.Key("size", form.Must, form.Integer("a size in ml", 50, 500), "how much goes in, in ml",
			func(c *cup) *form.Given[int] { return &c.size }),
	}}
	return form.Form[kettle]{
		Name: "the kettle file",
		Fields: []form.Field[kettle]{
			form.Key("name", form.Must, form.Sentence(), "what it is called", func(k *kettle) *form.Given[string] { return &k.name }),
			form.Key("mode", form.May, form.Word("mode", []string{"whistle", "silent"}), "how it calls",
				func(k *kettle) *form.Given[string] { return &k.mode }),
			form.Key("boil", form.May, form.Duration(time.Second, time.Hour), "how long it boils",
				func(k *kettle) *form.Given[time.Duration] { return &k.boil }),
			form.Key("cups", form.May, form.ListOf(cupForm.Kind(), "cups"), "what it pours into",
				func(k *kettle) *form.Given[[]form.Given[cup]] { return &k.cups }),
			form.Key("memory", form.May, form.MapOf(form.Identifier[string]("rename it"), form.Size(1, 1e12), "a size for each chip"), "chips",
				func(k *kettle) *form.Given[[]form.Pair[string, int64]] { return &k.prices }),
		},
		Stranger: func(key string) *form.Finding {
			if key != "voltage" {
				return nil
			}
			return form.Found("no-voltage", "a voltage", "all kettles have the same", "delete it")
		},
	}
}

func kettleDocument() form.Document {
	return form.Document{Noun: "a kettle file", Keys: "the kettle file: name and so on", TooLarge: "buy fewer cups",
		Empty: "a kettle has a name", Start: "write name: Kettle"}
}

func readKettle(text string) (kettle, form.Faults) {
	report := form.NewReport("kettle.yaml")
	var k kettle
	if root, ok := report.Parse(kettleDocument(), []byte(text)); ok {
		k, _ = kettleForm().Read(report, root)
	}
	return k, report.Finish()
}

func TestAFormIsRead(t *testing.T) {
	k, faults := readKettle(`
mode: silent
cups: [{size: 200}, {size: 300}]
name: " Чайник "
memory: {rom: 64 KiB, "7": 1.5 MB}
`)
	if len(faults) > 0 {
		t.Fatal(faults.String())
	}
	if k.name.V != "Чайник" || k.mode.Or("whistle") != "silent" || k.boil.Stated() || k.boil.Or(time.Minute) != time.Minute {
		t.Errorf("%+v", k)
	}
	if len(k.cups.V) != 2 || k.cups.V[1].V.size.V != 300 || k.cups.V[1].At.Path != "cups[1]" {
		t.Errorf("cups %+v", k.cups)
	}
	if len(k.prices.V) != 2 || k.prices.V[0].ID.V != "rom" || k.prices.V[0].Value.V != 65536 || k.prices.V[1].ID.V != "7" || k.prices.V[1].Value.V != 1_500_000 {
		t.Errorf("memory %+v", k.prices.V)
	}
	if at := k.prices.V[0].ID.At.At; at != (form.Place{Line: 5, Column: 10}) {
		t.Errorf("rom stands at %v", at)
	}
}

// TestEveryFaultAtOnce is one file with one fault of each kind that the machinery
// knows by itself.
func TestEveryFaultAtOnce(t *testing.T) {
	_, faults := readKettle(`mod: silent
mode: whisle
boil:
cups:
  - size: 20
  - {}
  -
  - big
memory: {р1: 1 MB, rom: 2, ram:}
voltage: 230
mode: silent
`)
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Path, f.Code))
	}
	want := []string{
		"1:1  missing-key",
		"1:1 mod unknown-key",
		"2:7 mode unknown-word",
		"3:1 boil no-value",
		"5:3 cups[2] no-value", // the place of the list
		"5:11 cups[0].size bad-number",
		"6:5 cups[1] missing-key",
		"8:5 cups[3] wrong-shape",
		"9:10 memory.р1 bad-id",
		"9:25 memory.rom no-unit",
		"9:28 memory.ram no-value",
		"10:1 voltage no-voltage",
		"11:1 mode duplicate-key",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, faults.String())
	}
	err := faults.Err()
	var again form.Faults
	if !errors.As(fmt.Errorf("kettle: %w", err), &again) || !strings.HasSuffix(err.Error(), "(and 12 more errors)") {
		t.Errorf("as an error: %v", err)
	}
}

// TestSecretsAreNotShown: the line of a secret is shown by no fault, not by one
// that is found later either.
func TestSecretsAreNotShown(t *testing.T) {
	report := form.NewReport("kettle.yaml")
	root, _ := report.Parse(kettleDocument(), []byte("name: {key: 12345}\nmode: loud\n"))
	found := form.Found("odd", "an odd key", "it is odd", "change it")
	report.Warn(root.Get("name"), found)
	report.Refuse(root.Get("name"), form.FoundSecret("secret-in-file", "a secret", "it is one", "take it out"))
	report.Warn(root.Get("mode"), found)
	again := report.Again()
	again.Warn(root.Get("name"), found)
	first, later := report.Finish().String(), again.Finish().String()
	if strings.Contains(first+later, "12345") || !strings.Contains(first, "mode: loud") || strings.Count(first+later, "kettle.yaml:1:") != 3 {
		t.Errorf("%s\n%s", first, later)
	}
}

// TestAgain adds findings after the first ones were told: they have their lines.
func TestAgain(t *testing.T) {
	report := form.NewReport("kettle.yaml")
	root, ok := report.Parse(kettleDocument(), []byte("name: Kettle\nmode: silent\n"))
	if !ok || len(report.Finish()) > 0 {
		t.Fatal("the file has no faults yet")
	}
	later := report.Again()
	later.Warn(root.Get("mode"), form.Found("night", "silent at night", "nobody hears it", "write whistle"))
	faults := later.Finish()
	want := "kettle.yaml:2:7: warning: mode: silent at night\n" +
		"    2 | mode: silent\n" +
		"      |       ^\n" +
		"  why: nobody hears it\n" +
		"  fix: write whistle [night]\n"
	if diff := cmp.Diff(want, faults.String()); diff != "" || faults.Err() != nil {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDocumentsWords(t *testing.T) {
	said := func(text, code, want string) {
		t.Helper()
		_, faults := readKettle(text)
		if len(faults) != 1 || faults[0].Code != code || !strings.Contains(faults.String(), want) {
			t.Errorf("%.20q: want %s with %q, got\n%s", text, code, want, faults.String())
		}
	}
	said("", "empty-file", "a kettle has a name")
	said("- a\n", "wrong-shape", "the kettle file: name and so on")
	said(strings.Repeat("#\n", form.MaxBytes), "file-too-large", "buy fewer cups")
	said("name: &a b\n", "anchor", "a kettle file is plain lists and keys")
	said("name: a\n---\nname: b\n", "several-documents", "a kettle file is one document")
	said("name: 'a\n", "syntax", "not YAML here")
	said("name: \xff\n", "not-utf-8", "byte 0xFF")
}

func TestSchema(t *testing.T) {
	var s struct {
		Title, Type string
		Required    []string
		Properties  map[string]struct {
			Description   string
			Type          any
			PropertyNames struct{ Pattern string }
		}
		AdditionalProperties bool
	}
	text := form.Schema(kettleForm().Kind(), "kettle", "what a kettle is")
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if s.Title != "kettle" || s.Type != "object" || !cmp.Equal(s.Required, []string{"name"}) || s.AdditionalProperties || len(s.Properties) != 5 {
		t.Errorf("%s", text)
	}
	if p := s.Properties["memory"]; p.Description != "chips" || !strings.HasPrefix(p.PropertyNames.Pattern, "^[A-Z") {
		t.Errorf("memory: %+v", p)
	}
}

// FuzzParse feeds the reader with anything.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "name: a\n", "cups: [{size: 1}]", "a: {b: [c, d]}\n", "- - - a\n", "? a\n", "a: |\n  b\n", "\ufeffname: b\r\n", "a:\n\tb: c", "%YAML\n", "*a", "!!x y", "{{{{", "a: 'b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		_, faults := readKettle(string(src))
		for i, fault := range faults {
			if fault.Code == "" || fault.What == "" || fault.Why == "" || fault.Remedy == "" || fault.Severity < form.Info || fault.Severity > form.Error {
				t.Fatalf("incomplete fault %+v", fault)
			}
			if (fault.Line == 0) != (fault.Column == 0) || strings.ContainsAny(fault.Snippet, "\n\r\t") || strings.Count(fault.String(), "\n") > 5 {
				t.Fatalf("%+v", fault)
			}
			if i > 0 && fault.Line != 0 && faults[i-1].Line > fault.Line {
				t.Fatalf("line %d comes after line %d", fault.Line, faults[i-1].Line)
			}
		}
	})
}
