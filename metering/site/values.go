package site

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"asue/metering"
)

// ofText makes a kind that is written as one scalar. read returns the value or
// what is wrong with the text.
func ofText[V any](schema object, what string, read func(r *reader, text string) (V, *finding)) kind[V] {
	schema["type"] = "string"
	return kind[V]{schema: schema, read: func(r *reader, n *node) (V, bool) {
		var none V
		if !r.expect(n, scalar, what) {
			return none, false
		}
		v, f := read(r, n.text)
		if f != nil {
			r.refuse(n, *f)
			return none, false
		}
		return v, true
	}}
}

// Identifiers.

const idPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

var idRegexp = regexp.MustCompile(idPattern)

// identifier is the id of anything: Latin letters, digits, '-', '_' and '.'.
func identifier[ID ~string]() kind[ID] {
	// A bare number is a good id too, and for a schema it is not a string.
	k := ofText(object{"pattern": idPattern}, "an id", func(_ *reader, text string) (ID, *finding) {
		if idRegexp.MatchString(text) {
			return ID(text), nil
		}
		return "", &finding{"bad-id", fmt.Sprintf("%q cannot be an id: %s", text, idTrouble(text)),
			"ids stand in topics, labels and file names: up to 64 Latin letters, digits, '-', '_' and '.', beginning with a letter or a digit",
			idRemedy(text)}
	})
	k.schema["type"] = []string{"string", "integer"}
	return k
}

func idTrouble(text string) string {
	for _, c := range text {
		if c < 0x80 && idRegexp.MatchString("x"+string(c)) {
			continue
		}
		if twin := latin(string(c)); twin != string(c) {
			return fmt.Sprintf("%q is a Cyrillic letter that looks like the Latin %q", c, twin)
		}
		return fmt.Sprintf("the character %q", c)
	}
	switch {
	case text == "":
		return "it is empty"
	case len(text) > 64:
		return "it is too long"
	}
	return fmt.Sprintf("it begins with %q", text[0])
}

func idRemedy(text string) string {
	proposal := strings.ReplaceAll(latin(text), " ", "-")
	if proposal != text && idRegexp.MatchString(proposal) {
		return fmt.Sprintf("write %q", proposal)
	}
	return "write it in Latin letters; the name in Russian goes to \"name\""
}

// Words and sentences.

const maxText = 1000

func sentence() kind[string] {
	k := ofText(object{"minLength": 1, "maxLength": maxText}, "a text", func(_ *reader, text string) (string, *finding) {
		if text = strings.TrimSpace(text); text == "" {
			return "", &finding{"bad-text", "an empty text", "it is shown to people", "write the text, or delete the key"}
		}
		if n := utf8.RuneCountInString(text); n > maxText {
			return "", &finding{"bad-text", fmt.Sprintf("a text of %d characters", n), fmt.Sprintf("texts have at most %d characters", maxText), "shorten it"}
		}
		return text, nil
	})
	k.schema["type"] = []string{"string", "number"} // a serial number written without quotes
	return k
}

// word is one of a fixed set.
func word[W ~string](what string, allowed []W) kind[W] {
	names := make([]string, len(allowed))
	for i, w := range allowed {
		names[i] = string(w)
	}
	return ofText(object{"enum": names}, what, func(_ *reader, text string) (W, *finding) {
		for _, w := range allowed {
			if string(w) == text {
				return w, nil
			}
		}
		remedy := "use one of: " + listed(names)
		if best, ok := nearest(text, names); ok {
			remedy = fmt.Sprintf("did you mean %q? Allowed: %s", best, listed(names))
		}
		return "", &finding{"unknown-word", fmt.Sprintf("unknown %s %q", what, text), "the program knows a fixed set of these", remedy}
	})
}

// model is the id of a register map.
func model() kind[string] {
	return ofText(object{"minLength": 1}, "a meter model", func(r *reader, text string) (string, *finding) {
		for _, m := range r.models {
			if m == text {
				return text, nil
			}
		}
		if len(r.models) == 0 {
			return text, nil // nobody said which models there are
		}
		return "", &finding{"unknown-model", fmt.Sprintf("unknown meter model %q", text),
			"there is no register map of this id, so nothing could be read from it", didYouMean(text, r.models)}
	})
}

// Numbers, switches.

func integer(what string, least, most int) kind[int] {
	k := ofText(object{"minimum": least, "maximum": most}, what, func(_ *reader, text string) (int, *finding) {
		v, err := strconv.Atoi(text)
		if err != nil || v < least || v > most || (text[0] == '0' && len(text) > 1) || text[0] == '+' {
			allowed := fmt.Sprintf("a whole number from %d to %d", least, most)
			if least == most {
				allowed = strconv.Itoa(least)
			}
			return 0, &finding{"bad-number", fmt.Sprintf("%q is not %s", text, what), "it is " + allowed, "write " + allowed}
		}
		return v, nil
	})
	k.schema["type"] = "integer"
	return k
}

var decimalRegexp = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)

func fraction(what string, least, most float64) kind[float64] {
	k := ofText(object{"minimum": least, "maximum": most}, what, func(_ *reader, text string) (float64, *finding) {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !decimalRegexp.MatchString(text) || v < least || v > most {
			f := &finding{"bad-number", fmt.Sprintf("%q is not %s", text, what), fmt.Sprintf("it is a number from %v to %v", least, most),
				fmt.Sprintf("write a number from %v to %v with a decimal point", least, most)}
			return 0, f
		}
		return v, nil
	})
	k.schema["type"] = "number"
	return k
}

func yesNo() kind[bool] {
	k := ofText(object{}, "true or false", func(_ *reader, text string) (bool, *finding) {
		switch text {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return false, &finding{"bad-bool", fmt.Sprintf("%q is neither true nor false", text), "other words for it are read differently by different programs",
			"write true or false"}
	})
	k.schema["type"] = "boolean"
	return k
}

// Ratios.

var ratioRegexp = regexp.MustCompile(`^([0-9]{1,9})/([0-9]{1,9})$`)

// ratio is "600/5" or "direct".
func ratio() kind[metering.Ratio] {
	return ofText(object{"pattern": `^(direct|[0-9]{1,9}/[0-9]{1,9})$`}, "a ratio", func(_ *reader, text string) (metering.Ratio, *finding) {
		if text == "direct" {
			return metering.Direct, nil
		}
		bad := func(what string) (metering.Ratio, *finding) {
			return metering.Ratio{}, &finding{"bad-ratio", what, "a ratio is what stands on the transformer: primary/secondary in whole A or V",
				"write it like 600/5 for a CT, 10000/100 for a VT, or \"direct\" for none"}
		}
		m := ratioRegexp.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
		if m == nil {
			return bad(fmt.Sprintf("%q is not a ratio", text))
		}
		primary, _ := strconv.ParseInt(m[1], 10, 64)
		secondary, _ := strconv.ParseInt(m[2], 10, 64)
		switch {
		case primary == 0 || secondary == 0:
			return bad(fmt.Sprintf("the ratio %q has a zero", text))
		case primary < secondary:
			return bad(fmt.Sprintf("the ratio %q is upside down", text))
		}
		return metering.Ratio{Primary: primary, Secondary: secondary}, nil
	})
}

// Time.

// moment is a date in the site's zone (its first instant) or an RFC 3339 time.
func moment() kind[time.Time] {
	return ofText(object{"pattern": `^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$`}, "a time", func(r *reader, text string) (time.Time, *finding) {
		zone := r.zone
		if zone == nil {
			zone = time.UTC // the missing zone is a fault of its own
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			t, err = time.Parse(time.RFC3339, text)
		}
		if err != nil || t.Year() < 1990 || t.Year() > 2199 {
			return time.Time{}, &finding{"bad-time", fmt.Sprintf("%q is not a date or a time", text),
				"a time is a date in the zone of the site, or a date and time with its offset from UTC, between 1990 and 2199",
				"write it like 2026-01-15 or 2026-01-15T12:30:00+05:00"}
		}
		return t.UTC(), nil
	})
}

func duration(most time.Duration) kind[time.Duration] {
	return ofText(object{"pattern": `^([0-9]+h)?([0-9]+m)?$`, "minLength": 2}, "a duration", func(_ *reader, text string) (time.Duration, *finding) {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > most || d%time.Minute != 0 {
			return 0, &finding{"bad-duration", fmt.Sprintf("%q is not a duration", text),
				fmt.Sprintf("it is a whole number of minutes, at most %d hours", int(most.Hours())), "write it like 40m or 1h30m"}
		}
		return d, nil
	})
}

// timeZone is a name of the IANA database. Every date read later stands in it.
func timeZone() kind[*time.Location] {
	return ofText(object{"minLength": 1}, "a time zone", func(r *reader, text string) (*time.Location, *finding) {
		zone, err := time.LoadLocation(text)
		if err != nil || text == "" || text == "Local" {
			return nil, &finding{"unknown-time-zone", fmt.Sprintf("unknown time zone %q", text),
				"dates, days and months of the site are in this zone; names are those of the IANA database", "write it like Asia/Aqtobe"}
		}
		r.zone = zone
		return zone, nil
	})
}
