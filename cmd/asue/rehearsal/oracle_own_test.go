package rehearsal

import (
	"time"

	"asue/metering"
)

// readOwn holds a write of an agent's own accord against its table: set-points only, in
// fail-safe towards the fail-safe value, without a command towards the contracted one.
func (o *oracle) readOwn(f wrote) {
	g, x := o.agents[f.agent], o.devices[f.actuator]
	if x.Kind != metering.ActuatorSetpoint {
		o.complain("by itself", f, "%s moves to %v without a command", x.ID, f.want)
		return
	}
	v, stands := f.want.Limit, f.before.Limit
	if v == stands || v == x.last {
		return // told again, lest the device falls back, or because it has
	}
	x.last = v
	if v < stands {
		x.stood = append(x.stood, stood{stands, f.at})
	}
	o.silence(f.agent, f.at)
	if !x.failsafe.IsZero() && f.at.Sub(x.failsafe) >= tableStay-slack && f.at.Sub(g.accepted) < tableAlone {
		x.failsafe = time.Time{}
	}
	// A device that has started anew stands at its own limit, whatever its register was;
	// and what lies above a band that persons have narrowed comes inside.
	if v < min(stands, f.inForce, x.band.Most) && g.advised && g.born.Before(g.toldMode) && f.at.Sub(g.toldMode) > tableSend+slack {
		o.complain("advised", f, "%s is taken from %v to %v by an agent whose balancer only advises", x.ID, stands, v)
	}
	late := f.at.Add(-tableSend - slack) // what was decided then may be written now
	safe := !x.failsafe.IsZero() && f.at.Sub(g.born) >= tableAlone-slack
	free := x.command == "" && late.Sub(g.accepted) < tableAlone && (x.failsafe.IsZero() || f.at.Sub(x.failsafe) >= tableStay-slack)
	for _, from := range []metering.Power{stands, f.inForce} { // a device that falls back meets a step on its way
		inside := from > x.band.Most // what lies above a narrowed band comes inside at any time
		if (safe && lies(v, from, x.band.FailSafe)) || ((free || inside) && lies(v, from, x.band.Most)) {
			return
		}
	}
	o.complain("table", f, "%s goes from %v to %v by itself: band %+v, silence %v, fail-safe since %v, command %q", x.ID, stands, v, x.band, f.at.Sub(g.accepted), x.failsafe.Format("15:04:05"), x.command)
}

// lies reports whether a value lies on the way from one to another.
func lies(v, from, to metering.Power) bool { return v >= min(from, to) && v <= max(from, to) }

// readShown holds what a set-point shows in a silence of all balancers against its
// table: nothing before two minutes, then the way down in five, and at last the
// fail-safe value, wherever it came from.
func (o *oracle) readShown(f shown) {
	x := o.devices[f.actuator]
	g := o.agents[x.Agent]
	silence := f.at.Sub(g.accepted)
	switch {
	case !f.well:
		x.silentAt = time.Time{}
		return
	case silence < tableFailSafe:
		x.silent, x.silentAt = f.register, f.at
		return
	}
	// Whose balancer only advised keeps what it has; a start may have lost the last word
	// about it, if the disk was full.
	if spared := g.advised || (g.everAdvised && g.born.After(g.toldMode)); spared && f.register > x.band.FailSafe {
		return
	}
	if silence > tableFailSafe+tableDelay+tableRamp+30*time.Second && f.register != x.band.FailSafe {
		o.complain("silence", f, "%s holds %v after a silence of %v, its fail-safe value is %v", x.ID, f.register, silence, x.band.FailSafe)
		return
	}
	gone := silence - tableFailSafe - 15*time.Second // a step of the ramp, and the device
	if x.silentAt.IsZero() || x.silent <= x.band.FailSafe || gone <= 0 || g.born.After(x.silentAt.Add(-tableFailSafe)) {
		return
	}
	share := min(1, gone.Seconds()/tableRamp.Seconds())
	if most := x.silent - metering.Power(float64(x.silent-x.band.FailSafe)*share) + metering.Kilowatt; f.register > most {
		o.complain("silence", f, "%s holds %v after a silence of %v, at most %v on its way from %v to %v", x.ID, f.register, silence, most, x.silent, x.band.FailSafe)
	}
}
