package simulator

import (
	"math"
	"time"
)

// moment is what the works look at: local time, the day's kind and the weather.
type moment struct {
	ns      int64   // Unix nanoseconds
	hour    float64 // local, 0..24
	weekday time.Weekday
	season  float64 // -1 in mid-January .. +1 in mid-July
	celsius float64 // outdoor temperature
	dark    bool    // between sunset and sunrise
}

// momentAt looks at the clock and the sky of the zone.
func momentAt(ns int64, zone *time.Location, weather source) moment {
	local := time.Unix(0, ns).In(zone)
	h, m, s := local.Clock()
	at := moment{ns: ns, hour: float64(h) + float64(m)/60 + float64(s)/3600, weekday: local.Weekday()}
	// The coldest day of a continental climate comes three weeks after the
	// solstice, about the 15th of January.
	at.season = -math.Cos(2 * math.Pi * float64(local.YearDay()-15) / 365.25)
	at.celsius = outdoor(at, weather)
	// Daylight at 50° north, the latitude of Aktobe: about 8 h in December and
	// 16.3 h in June; the season runs 25 days behind the sun, which is near enough
	// for switching lights. Solar noon falls at about 13:10 in UTC+5 at 57° east.
	half := (12.2 + 4.1*at.season) / 2
	at.dark = at.hour < 13.2-half || at.hour > 13.2+half
	return at
}

// outdoor is the temperature in °C of a town like Aktobe: mean of January about
// -12, of July about +23, a daily swing of 4 to 7 degrees with its top at 15 h, and
// weather that comes and goes in days (orders of magnitude from climate normals;
// the demo needs a plausible course, not a record).
func outdoor(at moment, weather source) float64 {
	daily := math.Cos(2 * math.Pi * (at.hour - 15) / 24)
	return 5.5 + 17.5*at.season + (5.5+1.5*at.season)*daily + 6*weather.drift(at.ns, 60*time.Hour)
}

// workday is true from Monday to Friday.
func (m moment) workday() bool { return m.weekday != time.Saturday && m.weekday != time.Sunday }

// heating and cooling are 0..1: how hard the buildings are heated and cooled.
func (m moment) heating() float64 { return clamp((16-m.celsius)/40, 0, 1) }
func (m moment) cooling() float64 { return clamp((m.celsius-8)/24, 0, 1) }

// between is 1 inside [from, to) of local hours and falls linearly to 0 over the
// edge hours outside: people and machines do not start all at once.
func (m moment) between(from, to, edge float64) float64 {
	switch h := m.hour; {
	case h >= from && h < to:
		return 1
	case h < from && h > from-edge:
		return (h - from + edge) / edge
	case h >= to && h < to+edge:
		return (to + edge - h) / edge
	}
	return 0
}

func clamp(x, low, high float64) float64 { return max(low, min(x, high)) }
