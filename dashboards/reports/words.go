package reports

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed catalogue/*.json
var catalogueFiles embed.FS

// catalogues are the words by language and name.
var catalogues = sync.OnceValue(func() map[Lang]map[string]string {
	all := map[Lang]map[string]string{}
	for _, lang := range Langs() {
		raw, err := catalogueFiles.ReadFile("catalogue/" + string(lang) + ".json")
		if err != nil {
			panic(fmt.Sprintf("BUG: words of reports: %v", err))
		}
		var text map[string]string
		if err := json.Unmarshal(raw, &text); err != nil {
			panic(fmt.Sprintf("BUG: words of reports in %s: %v", lang, err))
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
	return strings.NewReplacer(pairs...).Replace(s)
}

// named is the text of a name, or otherwise what has no words.
func (w *words) named(name, otherwise string) string {
	if s, ok := w.text[name]; ok {
		return s
	}
	return otherwise
}

// show writes a value as paper has it, numbers rounded to places.
func (w *words) show(v value, places int) string {
	switch v.kind {
	case number:
		s := w.decimal(v.n, v.exp, places)
		if v.mark {
			s += "*"
		}
		return s
	case day:
		return v.t.In(w.loc).Format("02.01.2006")
	case moment:
		return v.t.In(w.loc).Format("02.01.2006 15:04")
	case dash:
		return "—"
	}
	return v.text
}

// decimal writes n / 10^exp with so many places, halves rounded away from zero:
// "1 950,50", in English "1,950.50".
func (w *words) decimal(n int64, exp, places int) string {
	group, point := "\u00a0", ","
	if w.lang == English {
		group, point = ",", "."
	}
	sign := ""
	size := uint64(n)
	if n < 0 {
		sign, size = "−", -size
	}
	for places == whatThereIs && exp > 0 && size%10 == 0 {
		size, exp = size/10, exp-1
	}
	if places == whatThereIs || places > exp {
		places = exp
	}
	for ; exp > places; exp-- { // one digit would round twice: cut all but the last
		if exp > places+1 {
			size /= 10
		} else {
			size = (size + 5) / 10
		}
	}
	digits := strconv.FormatUint(size, 10)
	if size == 0 {
		sign = ""
	}
	for len(digits) <= places {
		digits = "0" + digits
	}
	cut := len(digits) - places
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits[:cut] {
		if i > 0 && (cut-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	if places > 0 {
		b.WriteString(point + digits[cut:])
	}
	return b.String()
}

// Title is what a kind of report is called; the kind itself in an unknown language.
func Title(kind Kind, lang Lang) string {
	title, known := catalogues()[lang][string(kind)+".title"]
	if !known {
		return string(kind)
	}
	title, _, _ = strings.Cut(title, ", {") // a profile's says of which blocks
	return title
}
