package papers

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"asue/balancing/reclaim"
)

// Whatever one language says the others say too, about the same figures.
func TestCataloguesSayTheSame(t *testing.T) {
	braces := regexp.MustCompile(`\{[a-z0-9]+\}`)
	figures := func(s string) []string {
		list := braces.FindAllString(s, -1)
		slices.Sort(list)
		return list
	}
	russian := catalogues()[Russian]
	for _, lang := range []Lang{Kazakh, English} {
		for name := range catalogues()[lang] {
			if _, ok := russian[name]; !ok {
				t.Errorf("%s has %q, ru has not", lang, name)
			}
		}
		for name, text := range russian {
			other, ok := catalogues()[lang][name]
			if !ok || other == "" {
				t.Errorf("%s has no words %q", lang, name)
			}
			if a, b := figures(text), figures(other); !slices.Equal(a, b) {
				t.Errorf("%q: ru names %v, %s names %v", name, a, lang, b)
			}
		}
	}
}

// Every kind, class, stage and measure of the procedure has its word.
func TestEveryWordOfTheProcedureIsKnown(t *testing.T) {
	var names []string
	for _, k := range reclaim.Kinds() {
		names = append(names, "event."+string(k))
	}
	for _, c := range reclaim.Classes() {
		names = append(names, "class."+string(c))
	}
	for _, s := range []reclaim.Stage{reclaim.NoCase, reclaim.Found, reclaim.Noticed, reclaim.Warned, reclaim.Sanctioned, reclaim.Returning, reclaim.Returned, reclaim.Closed} {
		names = append(names, "stage."+string(s))
	}
	for _, m := range []reclaim.Measure{reclaim.ReservationFee, reclaim.LowerRating, reclaim.NonFirm} {
		names = append(names, "measure."+string(m))
	}
	for _, s := range []reclaim.Status{reclaim.StillOpen, reclaim.IsMet, reclaim.IsMissed} {
		names = append(names, "status."+string(s))
	}
	for _, name := range names {
		if catalogues()[Russian][name] == "" {
			t.Errorf("no words %q", name)
		}
	}
}

// The letters that a poor font lacks, or that a careless hand replaces.
func TestKazakhHasItsLetters(t *testing.T) {
	all := strings.Builder{}
	for _, text := range catalogues()[Kazakh] {
		all.WriteString(text)
	}
	for _, letter := range "әғқңөұүһі" {
		if !strings.ContainsFunc(all.String(), func(r rune) bool { return unicode.ToLower(r) == letter }) {
			t.Errorf("no %c in the Kazakh catalogue", letter)
		}
	}
	if i := strings.IndexAny(all.String(), "ёЁ"); i >= 0 {
		t.Errorf("a Russian letter in the Kazakh catalogue: …%s", all.String()[i:min(i+40, all.Len())])
	}
}

func TestNumbersByLanguage(t *testing.T) {
	f := func(lang Lang, n int64, exp int, want string) {
		t.Helper()
		if got := (&words{lang: lang}).decimal(n, exp); got != want {
			t.Errorf("%s: %d/10^%d is %q, want %q", lang, n, exp, got, want)
		}
	}
	f(Russian, 12345675, 1, "1\u00a0234\u00a0567,5")
	f(Kazakh, 12345675, 1, "1\u00a0234\u00a0567,5")
	f(English, 12345675, 1, "1,234,567.5")
	f(Russian, 1950500, 3, "1\u00a0950,5")
	f(Russian, 1950000, 3, "1\u00a0950")
	f(Russian, 999, 0, "999")
	f(Russian, 50, 3, "0,05")
	f(Russian, 0, 3, "0")
	f(Russian, -2058, 3, "−2,058")
	f(English, -1000000, 0, "−1,000,000")
}

func TestTermsByLanguage(t *testing.T) {
	f := func(lang Lang, days int, working bool, want string) {
		t.Helper()
		w := &words{lang: lang, text: catalogues()[lang]}
		if got := w.days(reclaim.Term{Days: days, Working: working}); got != want {
			t.Errorf("%s: %d days are %q, want %q", lang, days, got, want)
		}
	}
	f(Russian, 1, false, "1 календарного дня")
	f(Russian, 2, false, "2 календарных дней")
	f(Russian, 11, false, "11 календарных дней")
	f(Russian, 21, true, "21 рабочего дня")
	f(Russian, 30, false, "30 календарных дней")
	f(Kazakh, 30, false, "30 күнтізбелік күн")
	f(English, 1, true, "1 working day")
	f(English, 90, false, "90 calendar days")
}

// A day is one of the zone's clock: late in the evening by UTC it is tomorrow there.
func TestDaysFollowTheZone(t *testing.T) {
	w := &words{lang: Russian, loc: time.FixedZone("UTC+5", 5*3600)}
	at := time.Date(2026, 6, 30, 20, 30, 0, 0, time.UTC)
	if got := w.show(momentOf(at)); got != "01.07.2026 01:30" {
		t.Errorf("%v is %s there", at, got)
	}
	if got := w.lastDay(time.Date(2026, 6, 30, 19, 0, 0, 0, time.UTC)); got != "30.06.2026" {
		t.Errorf("the day before the midnight of 1 July is %s", got)
	}
}
