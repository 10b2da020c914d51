package edge

import (
	"fmt"
	"strings"
	"time"

	"asue/cmd/internal/settings"
	"asue/collector"
	"asue/collector/device"
	"asue/collector/modbus"
	"asue/collector/regmap"
	"asue/metering"
)

// CostOf is what a transaction costs on a line of this address: its baud rate where
// it states one, else a local network.
func CostOf(url string) regmap.Cost { return CostAt(modbus.SpeedOf(url)) }

// CostAt is what a transaction costs on a line of this speed.
func CostAt(speed modbus.Speed) regmap.Cost {
	c := regmap.TCPCost()
	if speed.Baud > 0 {
		// 11 bits a character, as the standard has it: with parity, or two stop bits.
		c = regmap.SerialCost(speed.Baud, true)
	}
	c.Untagged = speed.Untagged
	return c
}

// Period is how often a group is read by a collector's settings.
func Period(c settings.Collector, g device.Group) time.Duration {
	switch g {
	case device.Fast:
		return c.Fast
	case device.Energy:
		return c.Energy
	case device.Slow:
		return c.Slow
	}
	return identPeriod
}

// identPeriod is how often the collector reads what a meter says of itself.
const identPeriod = time.Hour

// plannedLoad is the part of a line's time that its plan takes, by group, for a
// line whose speed is known; nil if it is not.
func plannedLoad(l settings.Line, c settings.Collector, site *metering.Site, library *regmap.Library, now time.Time) map[device.Group]float64 {
	if modbus.SpeedOf(l.URL).Baud == 0 {
		return nil
	}
	cost := CostOf(l.URL)
	load := map[device.Group]float64{}
	for _, m := range site.Meters {
		install, installed := site.InstallOf(m.ID, now)
		model, known := ModelAt(library, site, install)
		if m.Line != l.ID || !known || !installed {
			continue
		}
		for _, b := range model.PlanFor(cost, regmap.Groups()...) {
			took := cost.Of(int(b.Count))
			rate := 1 / Period(c, b.Group).Seconds()
			if b.Group == device.Energy { // counters are read at the boundaries too
				rate += 1 / metering.BasePeriod.Seconds()
			}
			load[b.Group] += rate * took.Seconds()
		}
	}
	return load
}

// Overloads tells of each line whose plan takes more of its time than
// collector.FullLoad, with the sum.
func Overloads(cfg settings.Config, site *metering.Site, library *regmap.Library, now time.Time) []settings.Overload {
	var over []settings.Overload
	for _, l := range cfg.Collector.Lines {
		load := plannedLoad(l, cfg.Collector, site, library, now)
		sum, parts := 0.0, []string{}
		for _, g := range device.Groups() {
			if part := load[g]; part > 0 {
				sum += part
				parts = append(parts, fmt.Sprintf("%v %.1f %%", g, 100*part))
			}
		}
		if sum > collector.FullLoad {
			over = append(over, settings.Overload{Line: l.ID, Sum: fmt.Sprintf("%s = %.1f %%", strings.Join(parts, " + "), 100*sum)})
		}
	}
	return over
}
