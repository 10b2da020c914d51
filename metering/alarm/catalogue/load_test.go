package catalogue_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
)

// TestBuiltIn holds that the built-in catalogue is whole, says the same in each language,
// and writes Kazakh with all of its letters.
func TestBuiltIn(t *testing.T) {
	list := catalogue.BuiltIn()
	if err := alarm.Check(list, catalogue.Languages()); err != nil {
		t.Fatal(err)
	}
	holes := regexp.MustCompile(`\{[a-z_]+\}`)
	var kazakh strings.Builder
	for _, d := range list {
		var first []string
		for i, lang := range catalogue.Languages() {
			text := d.Texts[lang]
			all := text.Title + " " + text.Cause + " " + text.Consequence + " " + text.Action
			args := holes.FindAllString(all, -1)
			slices.Sort(args)
			if i == 0 {
				first = args
			} else if !slices.Equal(first, args) {
				t.Errorf("%s in %s fills in %v, in %s %v", d.Kind, lang, args, catalogue.Languages()[0], first)
			}
			if lang == "kk" {
				kazakh.WriteString(strings.ToLower(all))
			}
			if lang == "ru" && regexp.MustCompile(`(?i)\bТУ\b|авари[яи] `).MatchString(all) {
				t.Errorf("%s: «ТУ» and «авария» have other meanings for a dispatcher: %s", d.Kind, all)
			}
		}
	}
	for _, letter := range "әғқңөұүі" {
		if !strings.ContainsRune(kazakh.String(), letter) {
			t.Errorf("no text in Kazakh has the letter %c", letter)
		}
	}
}

// TestFaults holds that every fault of a file is told at once, with its place.
func TestFaults(t *testing.T) {
	const text = `alarms:
  - kind: a
    priority: urgent
    behind: [b, z]
    ru: {title: т, cause: п, consequence: п}
    kk: {title: т, cause: п, consequence: п, operator_action: д}
    en: {title: t, cause: c, consequence: c, operator_action: a}
    colour: red
  - kind: a
    priority: low
    time_to_respond: soon
    together: {kind: q, group: street, at_least: 1}
    ru: {title: т, cause: п, consequence: п, operator_action: д}
    kk: {title: т, cause: п, consequence: п, operator_action: д}
    en: {title: t, cause: c, consequence: c, operator_action: a}
`
	list, faults := catalogue.Parse("alarms.yaml", []byte(text))
	if list != nil {
		t.Error("a catalogue full of faults was taken")
	}
	for _, want := range []string{"alarms.yaml:3:15", "alarms.yaml:5:", "operator_action", "time_to_respond", "colour", "alarms.yaml:11:22", "street", "at_least"} {
		if !strings.Contains(faults.String(), want) {
			t.Errorf("not told: %s, in\n%s", want, faults)
		}
	}
	if n := len(faults); n < 7 {
		t.Errorf("%d faults told, want all 7 at once:\n%s", n, faults)
	}
}

// TestAmongEachOther holds what is wrong between kinds.
func TestAmongEachOther(t *testing.T) {
	kind := func(name, rest string) string {
		text := "  - kind: " + name + "\n    priority: low\n    time_to_respond: 1h\n" + rest
		for _, lang := range catalogue.Languages() {
			text += "    " + lang + ": {title: t, cause: c, consequence: c, operator_action: a}\n"
		}
		return text
	}
	for name, c := range map[string]struct{ text, want string }{
		"twice":  {kind("a", "") + kind("a", ""), `"a" is there twice`},
		"no one": {kind("a", "    behind: [b]\n"), "no other kind of the catalogue has that name"},
		"circle": {kind("a", "    behind: [b]\n") + kind("b", "    behind: [a]\n"), "it is behind itself"},
	} {
		t.Run(name, func(t *testing.T) {
			list, faults := catalogue.Parse("alarms.yaml", []byte("alarms:\n"+c.text))
			if list != nil || !strings.Contains(faults.String(), c.want) {
				t.Errorf("%v told, want %q", faults, c.want)
			}
		})
	}
	if list, faults := catalogue.Parse("alarms.yaml", []byte("alarms:\n"+kind("a", ""))); faults.Err() != nil || len(list) != 1 {
		t.Errorf("a small catalogue: %v, %v", list, faults)
	}
}
