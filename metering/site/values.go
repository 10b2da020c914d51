package site

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/form"
)

// identifier is the id of anything: Latin letters, digits, '-', '_' and '.'.
func identifier[ID ~string]() form.Kind[ID] {
	return form.Identifier[ID]("write it in Latin letters; the name in Russian goes to \"name\"")
}

// model is the id of a register map.
func model(x *known) form.Kind[string] {
	return form.OfText(form.Object{"minLength": 1}, "a meter model", func(text string) (string, *form.Finding) {
		if _, ok := x.options.model(text); ok || len(x.options.Models) == 0 {
			return text, nil // or nobody said which models there are
		}
		return "", form.Found("unknown-model", fmt.Sprintf("unknown meter model %q", text),
			"there is no register map of this id, so nothing could be read from it", form.DidYouMean(text, x.options.modelIDs()))
	})
}

// deviceModel is the id of an actuator's map.
func deviceModel(x *known) form.Kind[string] {
	return form.OfText(form.Object{"minLength": 1}, "a model of an actuator", func(text string) (string, *form.Finding) {
		if _, ok := x.options.actuatorModel(text); ok || len(x.options.ActuatorModels) == 0 {
			return text, nil // or nobody said which models there are
		}
		return "", form.Found("unknown-model", fmt.Sprintf("unknown model of an actuator %q", text),
			"there is no map of this id, so nothing could be written", form.DidYouMean(text, x.options.actuatorModelIDs()))
	})
}

// Ratios.

var ratioRegexp = regexp.MustCompile(`^([0-9]{1,9})/([0-9]{1,9})$`)

// ratio is "600/5" or "direct".
func ratio() form.Kind[metering.Ratio] {
	return form.OfText(form.Object{"pattern": `^(direct|[0-9]{1,9}/[0-9]{1,9})$`}, "a ratio", func(text string) (metering.Ratio, *form.Finding) {
		if text == "direct" {
			return metering.Direct, nil
		}
		bad := func(what string) (metering.Ratio, *form.Finding) {
			return metering.Ratio{}, form.Found("bad-ratio", what, "a ratio is what stands on the transformer: primary/secondary in whole A or V",
				"write it like 600/5 for a CT, 10000/100 for a VT, or \"direct\" for none")
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
func moment(x *known) form.Kind[time.Time] {
	return form.OfText(form.Object{"pattern": `^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$`}, "a time", func(text string) (time.Time, *form.Finding) {
		zone := x.zone
		if zone == nil {
			zone = time.UTC // the missing zone is a fault of its own
		}
		t, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			t, err = time.Parse(time.RFC3339, text)
		}
		if err != nil || t.Year() < 1990 || t.Year() > 2199 {
			return time.Time{}, form.Found("bad-time", fmt.Sprintf("%q is not a date or a time", text),
				"a time is a date in the zone of the site, or a date and time with its offset from UTC, between 1990 and 2199",
				"write it like 2026-01-15 or 2026-01-15T12:30:00+05:00")
		}
		return t.UTC(), nil
	})
}

// minutes is a duration as acts give it, in whole minutes.
func minutes(most time.Duration) form.Kind[time.Duration] {
	return form.OfText(form.Object{"pattern": `^([0-9]+h)?([0-9]+m)?$`, "minLength": 2}, "a duration", func(text string) (time.Duration, *form.Finding) {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > most || d%time.Minute != 0 {
			return 0, form.Found("bad-duration", fmt.Sprintf("%q is not a duration", text),
				fmt.Sprintf("it is a whole number of minutes, at most %d hours", int(most.Hours())), "write it like 40m or 1h30m")
		}
		return d, nil
	})
}

// timeZone is a name of the IANA database. Every date read later stands in it.
func timeZone(x *known) form.Kind[*time.Location] {
	return form.OfText(form.Object{"minLength": 1}, "a time zone", func(text string) (*time.Location, *form.Finding) {
		zone, err := time.LoadLocation(text)
		if err != nil || text == "" || text == "Local" {
			return nil, form.Found("unknown-time-zone", fmt.Sprintf("unknown time zone %q", text),
				"dates, days and months of the site are in this zone; names are those of the IANA database", "write it like Asia/Aqtobe")
		}
		x.zone = zone
		return zone, nil
	})
}
