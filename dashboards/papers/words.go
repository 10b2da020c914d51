package papers

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

//go:embed catalogue/*.json
var catalogueFiles embed.FS

// catalogues are the words by language and name.
var catalogues = sync.OnceValue(func() map[Lang]map[string]string {
	all := map[Lang]map[string]string{}
	for _, lang := range Langs() {
		raw, err := catalogueFiles.ReadFile("catalogue/" + string(lang) + ".json")
		if err != nil {
			panic(fmt.Sprintf("BUG: words of papers: %v", err))
		}
		var text map[string]string
		if err := json.Unmarshal(raw, &text); err != nil {
			panic(fmt.Sprintf("BUG: words of papers in %s: %v", lang, err))
		}
		all[lang] = text
	}
	return all
})

// words say things in one language and by the clock of one zone.
type words struct {
	lang Lang
	text map[string]string
	loc  *time.Location
}

const (
	nbsp  = "\u00a0"
	dash  = "—"
	lines = "____________________"
)

// say is the text of a name with what stands in braces filled in: pairs of names and
// values.
func (w *words) say(name string, pairs ...string) string {
	s, ok := w.text[name]
	if !ok {
		panic(fmt.Sprintf("BUG: no words %q in %s", name, w.lang))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return typeset(strings.NewReplacer(pairs...).Replace(s))
}

// typeset keeps on one line what belongs together: a number and its sign, a dash and
// the word before it.
func typeset(s string) string { return typesetter.Replace(s) }

var typesetter = strings.NewReplacer("№ ", "№"+nbsp, " "+dash+" ", nbsp+dash+" ", " %", nbsp+"%", "п. ", "п."+nbsp)

// cited is a paper with its day, unless its name says the day already.
func (w *words) cited(document string, t time.Time) string {
	if day := w.day(t); !strings.Contains(document, day) {
		return document + ", " + day
	}
	return document
}

// has reports whether there are words by a name.
func (w *words) has(name string) bool { return w.text[name] != "" }

// kw is a power with its unit: "1 950,5 кВт".
func (w *words) kw(p metering.Power) string { return w.show(kilowatts(p).in(w.say("unit.kW"))) }

// mw is a power in megawatts with its unit.
func (w *words) mw(p metering.Power) value {
	return value{kind: number, n: int64(p), exp: 6, unit: w.say("unit.MW")}
}

// day is a local day: "31.10.2026".
func (w *words) day(t time.Time) string { return w.show(dateOf(t)) }

// lastDay is the day that ends with a local midnight.
func (w *words) lastDay(midnight time.Time) string { return w.day(midnight.Add(-time.Second)) }

// days is a term after "within": "30 календарных дней".
func (w *words) days(t reclaim.Term) string {
	name := "term.days."
	if t.Working {
		name = "term.working."
	}
	return w.say(name+w.plural(t.Days), "n", strconv.Itoa(t.Days))
}

// months is a length after "within": "24 месяцев".
func (w *words) months(n int) string {
	return w.say("term.months."+w.plural(n), "n", strconv.Itoa(n))
}

// plural is the form of the words after a whole number, by CLDR. Russian has one, few
// and many, the others one and other; all are written in every catalogue.
func (w *words) plural(n int) string {
	if w.lang != Russian {
		if n == 1 {
			return "one"
		}
		return "many"
	}
	switch {
	case n%10 == 1 && n%100 != 11:
		return "one"
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return "few"
	}
	return "many"
}

// show writes a value.
func (w *words) show(v value) string {
	switch v.kind {
	case text:
		return v.text
	case blank:
		return lines
	case number:
		s := w.decimal(v.n, v.exp)
		if v.unit != "" {
			s += nbsp + v.unit
		}
		return s
	case date:
		return v.t.In(w.loc).Format("02.01.2006")
	case moment:
		return v.t.In(w.loc).Format("02.01.2006 15:04")
	}
	return dash
}

// decimal writes n / 10^exp exactly, without zeros at the end: "1 950,5", in English
// "1,950.5".
func (w *words) decimal(n int64, exp int) string {
	group, point := nbsp, ","
	if w.lang == English {
		group, point = ",", "."
	}
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "−"
	}
	for len(digits) <= exp {
		digits = "0" + digits
	}
	whole, fraction := digits[:len(digits)-exp], strings.TrimRight(digits[len(digits)-exp:], "0")
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	if fraction != "" {
		b.WriteString(point + fraction)
	}
	return b.String()
}

// quoted is a name in quotes, unless it has some already: «Керамика-1».
func (w *words) quoted(name string) string {
	if strings.ContainsAny(name, "«»“”\"") {
		return name
	}
	if w.lang == English {
		return "“" + name + "”"
	}
	return "«" + name + "»"
}
