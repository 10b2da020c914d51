package dispatcher

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

//go:embed web/i18n
var messages embed.FS

// languages of the page, the first being the one for everybody else.
var languages = language.NewMatcher([]language.Tag{language.Russian, language.Kazakh, language.English})

// preferred picks the page's first language from the Accept-Language header; a
// reader who has chosen one overrules it in the browser.
func preferred(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return "ru"
	}
	_, i, sure := languages.Match(tags...)
	if sure < language.High {
		return "ru"
	}
	return []string{"ru", "kk", "en"}[i]
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// catalogue is one language's messages.
type catalogue struct{ text map[string]string }

func loadCatalogue(lang string) (*catalogue, error) {
	b, err := messages.ReadFile("web/i18n/" + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("dispatcher: messages: %w", err)
	}
	c := &catalogue{}
	if err := json.Unmarshal(b, &c.text); err != nil {
		return nil, fmt.Errorf("dispatcher: messages of %s: %w", lang, err)
	}
	return c, nil
}

// notice writes a notice out. One of an unknown kind is written as its kind and
// arguments: an unread event is worse than an ugly one.
func (c *catalogue) notice(n Notice, zone *time.Location) string {
	text, ok := c.text["notice."+n.Kind]
	if !ok {
		text = n.Kind
		for _, name := range slices.Sorted(maps.Keys(n.Args)) {
			text += fmt.Sprintf(" %s=%v", name, n.Args[name])
		}
		return text
	}
	for name, v := range n.Args {
		text = strings.ReplaceAll(text, "{"+name+"}", c.arg(name, v, zone))
	}
	return placeholder.ReplaceAllString(text, c.text["value.none"])
}

// arg writes one argument by the unit in its name, in Russian style. The page
// does the same in web/src/format.ts.
func (c *catalogue) arg(name string, v any, zone *time.Location) string {
	unit := name[strings.LastIndex(name, "_")+1:]
	if text, ok := v.(string); ok && unit == "at" {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			v = t
		}
	}
	if t, ok := v.(time.Time); ok {
		return t.In(zone).Format("15:04")
	}
	x, number := toFloat(v)
	if !number {
		return fmt.Sprint(v)
	}
	switch unit {
	case "w":
		if math.Abs(x) >= 1e6 {
			return decimal(x/1e6, 2) + "\u00a0" + c.text["unit.MW"]
		}
		return decimal(x/1e3, 0) + "\u00a0" + c.text["unit.kW"]
	case "wh":
		return decimal(x/1e3, 1) + "\u00a0" + c.text["unit.kWh"]
	case "pct":
		return decimal(x, 1) + "\u00a0%"
	case "s":
		return decimal(x, 0) + "\u00a0" + c.text["unit.s"]
	}
	return cmp.Or(decimal(x, -1), fmt.Sprint(v))
}

func decimal(x float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(x, 'f', digits, 64), ".", ",", 1)
}

func toFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case string:
		return 0, false
	}
	b, err := json.Marshal(v) // any integer type, metering.Power too
	if err != nil {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(b), 64)
	return x, err == nil
}
