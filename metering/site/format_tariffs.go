package site

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/form"
)

type calendarDraft struct {
	holidays given[[]given[string]]
	workdays given[[]given[string]]
}

func calendarForm() form.Form[calendarDraft] {
	return form.Form[calendarDraft]{Name: "the calendar", Fields: []form.Field[calendarDraft]{
		form.Key("holidays", form.May, form.ListOf(calendarDay(), "days"), "public holidays and days off that fall on a weekday: 2026-03-23",
			func(d *calendarDraft) *given[[]given[string]] { return &d.holidays }),
		form.Key("workdays", form.May, form.ListOf(calendarDay(), "days"), "weekends on which work is done",
			func(d *calendarDraft) *given[[]given[string]] { return &d.workdays }),
	}}
}

// calendarDay is a date, kept as it is written.
func calendarDay() form.Kind[string] {
	return form.OfText(form.Object{"pattern": `^\d{4}-\d{2}-\d{2}$`}, "a day", func(text string) (string, *form.Finding) {
		if t, err := time.Parse(time.DateOnly, text); err != nil || t.Year() < 1990 || t.Year() > 2199 {
			return "", form.Found("bad-time", fmt.Sprintf("%q is not a day", text),
				"a day of the calendar is a date in the zone of the site, between 1990 and 2199", "write it like 2026-03-23")
		}
		return text, nil
	})
}

type tariffDraft struct {
	id       given[string]
	name     given[string]
	from, to given[time.Time]
	zones    given[[]given[zoneDraft]]
}

func (d *tariffDraft) period() period { return period{d.from.V, d.to.V} }

func tariffForm(x *known) form.Form[tariffDraft] {
	return form.Form[tariffDraft]{Name: "a tariff", Fields: []form.Field[tariffDraft]{
		form.Key("id", form.Must, identifier[string](), "id of the tariff", func(d *tariffDraft) *given[string] { return &d.id }),
		form.Key("name", form.Must, form.Sentence(), "name of the tariff", func(d *tariffDraft) *given[string] { return &d.name }),
		form.Key("from", form.May, moment(x), "in force from this time on; absent: since the beginning", func(d *tariffDraft) *given[time.Time] { return &d.from }),
		form.Key("to", form.May, moment(x), "no longer in force at this time; absent: until further notice", func(d *tariffDraft) *given[time.Time] { return &d.to }),
		form.Key("zones", form.Must, form.ListOf(zoneForm().Kind(), "tariff zones"), "its zones; together they cover each kind of day exactly once",
			func(d *tariffDraft) *given[[]given[zoneDraft]] { return &d.zones }),
	}}
}

type zoneDraft struct {
	name  given[string]
	days  given[[]given[metering.DayKind]]
	spans given[[]given[metering.DaySpan]]
}

func zoneForm() form.Form[zoneDraft] {
	return form.Form[zoneDraft]{Name: "a tariff zone", Fields: []form.Field[zoneDraft]{
		form.Key("name", form.Must, form.Sentence(), "name of the zone: peak; several entries may have the same", func(d *zoneDraft) *given[string] { return &d.name }),
		form.Key("days", form.May, form.ListOf(form.Word("kind of day", metering.DayKinds()), "kinds of days"), "on which days: workday, saturday, sunday, holiday; absent: on all",
			func(d *zoneDraft) *given[[]given[metering.DayKind]] { return &d.days }),
		form.Key("spans", form.Must, form.ListOf(daySpan(), "times of day"), "times of the local day, in quotes: \"19:00-24:00\"",
			func(d *zoneDraft) *given[[]given[metering.DaySpan]] { return &d.spans }),
	}}
}

var spanRegexp = regexp.MustCompile(`^([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])$`)

// daySpan is a part of the day, "19:00-24:00". Without quotes YAML may take it for
// a key and a value.
func daySpan() form.Kind[metering.DaySpan] {
	k := form.OfText(form.Object{"pattern": `^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$`}, "a time of day", readSpan)
	scalar := k.Read
	k.Read = func(r *form.Report, n *form.Node) (metering.DaySpan, bool) {
		if n.Shape == form.Mapping {
			r.Refuse(n, form.Found("bad-span", "a time of day without quotes", "YAML takes the colon in it for the one behind a key",
				"write it in quotes: \"07:00-19:00\""))
			return metering.DaySpan{}, false
		}
		return scalar(r, n)
	}
	return k
}

func readSpan(text string) (metering.DaySpan, *form.Finding) {
	bad := func(what, why, remedy string) (metering.DaySpan, *form.Finding) {
		return metering.DaySpan{}, form.Found("bad-span", what, why, remedy)
	}
	plain := strings.NewReplacer("–", "-", "—", "-", " ", "").Replace(text)
	m := spanRegexp.FindStringSubmatch(plain)
	if m == nil || plain != text {
		remedy := "write it like 07:00-19:00; the end of a day is 24:00"
		if m != nil {
			remedy = fmt.Sprintf("write %q", plain)
		}
		return bad(fmt.Sprintf("%q is not a time of day", text), "it is the first and the last clock time of a part of the day", remedy)
	}
	s := metering.DaySpan{From: clockTime(m[1], m[2]), To: clockTime(m[3], m[4])}
	const day = 24 * time.Hour
	switch {
	case s.From%metering.BasePeriod != 0 || s.To%metering.BasePeriod != 0:
		return bad(fmt.Sprintf("%q does not begin and end at a quarter of an hour", text), "energy is known for each quarter of an hour", "write quarters: 07:00, 07:15, 07:30, 07:45")
	case s.From < s.To && s.To <= day:
		return s, nil
	case s.To > 0 && s.From > s.To && s.From < day:
		return bad(fmt.Sprintf("%q goes over midnight", text), "a part of the day ends with it",
			fmt.Sprintf("write two: %s and %s", spanText(0, s.To), spanText(s.From, day)))
	case s.To == 0 && s.From < day:
		return bad(fmt.Sprintf("%q ends at the beginning of the day", text), "the end of a day is 24:00", fmt.Sprintf("write %q", spanText(s.From, day)))
	}
	return bad(fmt.Sprintf("%q contains no time of a day", text), "a day runs from 00:00 to 24:00", "write it like 07:00-19:00")
}

// clockTime takes digits that spanRegexp has found.
func clockTime(hour, minute string) time.Duration {
	two := func(s string) time.Duration { return time.Duration(10*(s[0]-'0') + s[1] - '0') }
	return two(hour)*time.Hour + two(minute)*time.Minute
}

func spanText(from, to time.Duration) string { return clockText(from) + "-" + clockText(to) }

func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

type mediumDraft struct {
	medium given[metering.Medium]
	limit  given[flowLimit]
}

func mediumForm() form.Form[mediumDraft] {
	return form.Form[mediumDraft]{Name: "a limit of a medium", Fields: []form.Field[mediumDraft]{
		form.Key("medium", form.Must, form.Word("medium", metering.Media()[1:]), "gas, drinking-water, process-water or sewage; the limits of electricity stand at sources and nodes",
			func(d *mediumDraft) *given[metering.Medium] { return &d.medium }),
		form.Key("limit", form.Must, flow(), "how much the zone may take in an hour or in a day: 200 m3/h, 4500 m3/day",
			func(d *mediumDraft) *given[flowLimit] { return &d.limit }),
	}}
}
