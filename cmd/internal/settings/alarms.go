package settings

import (
	"time"

	"asue/metering/form"
)

// Alarms is when somebody is alarmed. All of it may be compared with ==.
type Alarms struct {
	// Catalogue is the file of the site's own kinds of alarms; empty: the built-in ones.
	Catalogue string
	// PowerFactor is below which a resident's power factor is an alarm.
	PowerFactor float64
	// MeterSilent and BalancerSilent are after how long without a word either is silent.
	// MeterSilent 0: a minute, or 30 polls if that is longer, as on the page.
	MeterSilent, BalancerSilent time.Duration
	// ShelfMost is the longest that an alarm may be put aside.
	ShelfMost time.Duration
}

type alarmsDraft struct {
	catalogue      given[string]
	powerFactor    given[float64]
	meterSilent    given[time.Duration]
	balancerSilent given[time.Duration]
	shelfMost      given[time.Duration]
}

func alarmsForm() form.Form[alarmsDraft] {
	return form.Form[alarmsDraft]{Name: "alarms", Fields: []form.Field[alarmsDraft]{
		setting("catalogue", pathKind(), "file with the site's own kinds of alarms in place of the built-in ones, which \"asue check --alarms\" prints; relative to this file",
			func(d *alarmsDraft) *given[string] { return &d.catalogue }),
		setting("power_factor", form.Fraction("a power factor", 0, 1), "power factor of a resident below which it is an alarm: 0.8; 0 for never",
			func(d *alarmsDraft) *given[float64] { return &d.powerFactor }),
		setting("meter_silent", form.Duration(5*time.Second, 24*time.Hour), "after how long without a word a meter is silent; 1m, or 30 polls if that is longer, if the key is absent",
			func(d *alarmsDraft) *given[time.Duration] { return &d.meterSilent }),
		setting("balancer_silent", form.Duration(5*time.Second, time.Hour), "after how long without a report the balancer is silent: 30s",
			func(d *alarmsDraft) *given[time.Duration] { return &d.balancerSilent }),
		setting("shelve_at_most", form.Duration(time.Minute, 24*time.Hour), "the longest that a dispatcher may put an alarm aside: 8h, a shift",
			func(d *alarmsDraft) *given[time.Duration] { return &d.shelfMost }),
	}}
}

func (d *alarmsDraft) build(c *Alarms) {
	c.Catalogue = d.catalogue.Or(c.Catalogue)
	c.PowerFactor = d.powerFactor.Or(c.PowerFactor)
	c.MeterSilent = d.meterSilent.Or(c.MeterSilent)
	c.BalancerSilent = d.balancerSilent.Or(c.BalancerSilent)
	c.ShelfMost = d.shelfMost.Or(c.ShelfMost)
}

// checkAlarms tells of settings for alarms in a process that alarms nobody, and of a
// silence that every poll would be.
func (c *checker) checkAlarms(rolesKnown bool) {
	alarms := c.d.alarms
	if alarms.Stated() && rolesKnown && !c.cfg.Has(RoleDispatcher) {
		c.Warn(alarms.At, form.Found("unused", "settings of alarms in a process without the role \"dispatcher\"", "the process with the page keeps the alarms", "move them there, or add the role"))
	}
	if silent := alarms.V.meterSilent; silent.OK && silent.V < 3*c.cfg.Collector.Fast {
		c.Refuse(silent.At, form.Found("silent-too-soon", "a meter would be silent after "+silent.V.String()+", polled every "+c.cfg.Collector.Fast.String(),
			"a single answer that is late would be an alarm", "write at least three times \"fast\" of the collector"))
	}
}
