package doctor

import (
	"cmp"
	"context"
	"os"
	"strings"
	"time"
)

// zones looks at the zone of time of the site and at how this machine writes letters.
func (e *examination) zones(context.Context) {
	name := "UTC"
	if e.Site != nil && e.Site.Location != nil {
		name = e.Site.Location.String()
	}
	e.found = append(e.found, judgeZone(name, time.LoadLocation)...)
	switch lang := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")); {
	case lang == "" || lang == "C" || lang == "POSIX":
		e.note("zones", "no locale is set; a terminal may not show Cyrillic letters, the service does not care")
	case !strings.Contains(strings.ToUpper(strings.ReplaceAll(lang, "-", "")), "UTF8"):
		e.warn("zones", "LANG=C.UTF-8 in this terminal; the service does not care", "the locale %s is not UTF-8: names of residents are not shown rightly here", lang)
	default:
		e.ok("zones", "the locale %s writes UTF-8", lang)
	}
}

// judgeZone holds the machine's zones against what is known: Kazakhstan has had one zone,
// UTC+5, since 1 March 2024 (tzdata 2024a). A database that does not know it is older.
func judgeZone(name string, load func(string) (*time.Location, error)) []Finding {
	const area = "zones"
	if _, err := load(name); err != nil {
		return []Finding{{Area: area, State: Wrong, What: "the site's zone of time " + name + " is not known on this machine", Remedy: "install tzdata, or correct \"timezone\" in the site file"}}
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	almaty, err := load("Asia/Almaty")
	if err == nil {
		if _, offset := at.In(almaty).Zone(); offset != 5*60*60 {
			return []Finding{{Area: area, State: Wrong, What: "this machine's database of time zones is older than 2024: it takes Almaty for UTC+6", Remedy: "apt install --only-upgrade tzdata, and start asue again"}}
		}
	}
	return []Finding{{Area: area, State: OK, What: "the site's zone of time is " + name + ", now UTC" + offsetOf(name, load, at)}}
}

func offsetOf(name string, load func(string) (*time.Location, error), at time.Time) string {
	l, err := load(name)
	if err != nil {
		return ""
	}
	return at.In(l).Format("-07:00")
}
