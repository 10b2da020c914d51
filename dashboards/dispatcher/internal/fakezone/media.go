package fakezone

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
)

// AddMedia puts gas and water into the zone: an input each, a meter at two
// residents, and the limits of the zone.
func (z *Zone) AddMedia() {
	s := z.site
	s.Media = []metering.MediumLimit{
		{Medium: metering.Gas, Litres: 20_000_000, Per: time.Hour},
		{Medium: metering.DrinkingWater, Litres: 200_000, Per: time.Hour},
		{Medium: metering.ProcessWater, Litres: 4_500_000, Per: 24 * time.Hour},
		{Medium: metering.Sewage, Litres: 200_000, Per: time.Hour},
	}
	z.addMedium("gas-in", "Газ, ввод зоны", metering.Gas, metering.RoleInput, "")
	z.addMedium("water-in", "Питьевая вода, ввод зоны", metering.DrinkingWater, metering.RoleInput, "")
	for i, r := range []metering.ResidentID{"r-01", "r-04"} {
		z.addMedium(metering.PointID(fmt.Sprintf("gas-%d", i+1)), "Газ", metering.Gas, metering.RoleResident, r)
		z.addMedium(metering.PointID(fmt.Sprintf("water-%d", i+1)), "Питьевая вода", metering.DrinkingWater, metering.RoleResident, r)
	}
}

func (z *Zone) addMedium(id metering.PointID, name string, m metering.Medium, role metering.PointRole, r metering.ResidentID) {
	meter := metering.MeterID("m-" + string(id))
	z.site.Points = append(z.site.Points, metering.Point{ID: id, Name: name, Node: "in", Role: role, Resident: r, Medium: m})
	z.site.Meters = append(z.site.Meters, metering.Meter{ID: meter, Model: "asue-pulse-counter", Line: "l1", Unit: 2})
	z.site.Installs = append(z.site.Installs, metering.Install{Meter: meter, Point: id})
}

// litres is the volume of a point of another medium in one base interval.
func (z *Zone) litres(p metering.PointID, t time.Time) metering.Energy {
	name, which, _ := strings.Cut(string(p), "-")
	hourly := map[string]float64{"gas": 4_100_000, "water": 36_000}[name]
	local := t.In(z.site.Location)
	shift := 0.4
	if h := local.Hour(); h >= 8 && h < 20 {
		shift = 1
	}
	each := hourly * shift * (1 + 0.08*wave(t, 7200, float64(len(p)))) / 4
	if which == "in" {
		each *= 2.3
	}
	return metering.Energy(each)
}
