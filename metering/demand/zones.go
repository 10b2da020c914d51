package demand

import (
	"slices"
	"time"

	"asue/metering"
)

// Unzoned is the name under which intervals stand that no zone of the tariff
// covers, or that lie outside the tariff's time.
const Unzoned = ""

// Zones says for a stretch of time which tariff zone each base interval is in. It
// is read-only once made: share it freely between goroutines.
type Zones struct {
	names []string // of the tariff, then Unzoned
	of    []uint8  // index into names
}

// Zones lays a tariff over the clock: by the wall clock's time at which an
// interval starts, and by what the day counts as. An hour that the clock shows
// twice is twice in its zone; one that it leaves out is in none. Parts of the
// tariff with the same name are one zone.
func (c *Clock) Zones(tariff metering.Tariff, calendar metering.Calendar) Zones {
	z := Zones{of: make([]uint8, len(c.slots))}
	named := make([]uint8, len(tariff.Zones)) // index into names
	for i, zone := range tariff.Zones {
		n := slices.Index(z.names, zone.Name)
		if n < 0 {
			n = len(z.names)
			z.names = append(z.names, zone.Name)
		}
		named[i] = uint8(n)
	}
	unzoned := uint8(len(z.names))
	z.names = append(z.names, Unzoned)
	for _, day := range c.Days() {
		kind := calendar.KindOf(c.start(day.First), c.loc)
		for i := day.First; i < day.First+day.N; i++ {
			z.of[i] = unzoned
			at := time.Duration(c.slots[i].minute) * time.Minute
			inZone := func(zone metering.TariffZone) bool { return zone.Holds(kind, at) }
			if n := slices.IndexFunc(tariff.Zones, inZone); n >= 0 && tariff.Holds(c.start(i)) {
				z.of[i] = named[n]
			}
		}
	}
	return z
}

// ZoneTotal is what a load took in one tariff zone.
type ZoneTotal struct {
	Zone string `json:"zone"` // Unzoned for what is in none
	Total
	Hours float64 `json:"hours"` // of the zone in this time, known or not
	// Maximum is over the blocks that lie in the zone as a whole.
	Maximum Maximum `json:"maximum"`
}

// ByZone divides a load among the zones, in the order of the tariff; Unzoned
// comes last, and only if there is any. The energies add up to the load's total
// exactly.
func (l Load) ByZone(z Zones, blocks []Block) []ZoneTotal {
	totals := make([]ZoneTotal, len(z.names))
	for i, s := range l.Slots {
		t := &totals[z.of[i]]
		t.Hours += metering.BasePeriod.Hours()
		t.count(s)
	}
	for _, b := range blocks {
		if zone := z.of[b.First]; !slices.ContainsFunc(z.of[b.First:b.First+b.N], func(o uint8) bool { return o != zone }) {
			totals[zone].Maximum.take(l, b)
		}
	}
	for i := range totals {
		totals[i].Zone = z.names[i]
		totals[i].Maximum = totals[i].Maximum.finish()
	}
	if last := len(totals) - 1; totals[last].Hours == 0 {
		totals = totals[:last]
	}
	return totals
}

// join takes over the intervals that another tariff of the same stretch covers.
func (z *Zones) join(o Zones) {
	index := make([]uint8, len(o.names))
	last := len(z.names) - 1
	for i, name := range o.names[:len(o.names)-1] {
		at := slices.Index(z.names[:last], name)
		if at < 0 {
			z.names = slices.Insert(z.names, last, name)
			for j, n := range z.of {
				if int(n) == last {
					z.of[j]++
				}
			}
			at = last
			last++
		}
		index[i] = uint8(at)
	}
	for i, n := range o.of {
		if int(n) < len(o.names)-1 {
			z.of[i] = index[n]
		}
	}
}
