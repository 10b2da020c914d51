package metering

import (
	"slices"
	"time"
)

// On reports whether the zone has hours on days of a kind.
func (z TariffZone) On(kind DayKind) bool { return len(z.Days) == 0 || slices.Contains(z.Days, kind) }

// Holds reports whether the zone's price holds at a time of a day of a kind.
func (z TariffZone) Holds(kind DayKind, sinceMidnight time.Duration) bool {
	return z.On(kind) && slices.ContainsFunc(z.Spans, func(s DaySpan) bool {
		return sinceMidnight >= s.From && sinceMidnight < s.To
	})
}

// ZoneAt is the tariff zone of t, by the wall clock and the calendar of the site:
// the name of a base interval's zone is that of its start. The second result is
// false when no zone holds, which a site file without faults does not allow, and
// outside the tariff's own period.
func (t Tariff) ZoneAt(at time.Time, c Calendar, loc *time.Location) (TariffZone, bool) {
	if !t.Holds(at) {
		return TariffZone{}, false
	}
	return t.ZoneOf(c.KindOf(at, loc), SinceMidnight(at, loc))
}

// ZoneOf is the tariff zone of a time of a day of a kind, whenever the tariff is
// in force.
func (t Tariff) ZoneOf(kind DayKind, sinceMidnight time.Duration) (TariffZone, bool) {
	return find(t.Zones, func(z TariffZone) bool { return z.Holds(kind, sinceMidnight) })
}
