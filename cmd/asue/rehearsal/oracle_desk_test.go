package rehearsal

import (
	"fmt"
	"time"

	"asue/metering"
)

func (o *oracle) desk(name string) *deskView {
	if o.desks[name] == nil {
		o.desks[name] = &deskView{}
	}
	return o.desks[name]
}

func (o *oracle) readBorn(f born) {
	g := o.agents[metering.AgentID(f.who)]
	if g == nil {
		*o.desk(f.who) = deskView{run: f.run, born: f.at}
		return
	}
	g.born, g.accepted, g.boot, g.seq = f.at, f.at, 0, 0
	g.beats, g.chosen, g.operate, g.confirmed = map[uint64]time.Time{}, map[string]time.Time{}, map[string]heardAt{}, map[string]bool{}
	for _, x := range o.devices {
		if string(x.Agent) == f.who {
			x.failsafe, x.command = f.at, ""
		}
	}
}

func (o *oracle) readSaid(f said) {
	o.said[f.bytes] = f
	if f.m.Verb == metering.VerbCommission && f.m.Band != nil {
		o.commissions[f.m.ID] = *f.m.Band
	}
	if f.m.Verb != metering.VerbSelect && f.m.Verb != metering.VerbOperate {
		return
	}
	d, known := o.decided[f.m.ID]
	switch {
	case !known || d.desk != f.desk || d.run != f.run:
		o.complain("decision", f, "%v of %s, which %s.%d has not decided", f.m.Verb, f.m.ID, f.desk, f.run)
	case d.actuator != f.m.Actuator:
		o.complain("decision", f, "%s was decided for %s, not %s", f.m.ID, d.actuator, f.m.Actuator)
	case f.m.Mode == metering.ModeAuto && !d.armed:
		o.complain("arming", f, "%s.%d was not armed by two persons when it decided %s", f.desk, f.run, f.m.ID)
	}
	if v := o.desk(f.desk); !v.killed.IsZero() && f.at.After(v.killed) {
		o.complain("kill", f, "%v of %s, %v after the kill switch", f.m.Verb, f.m.ID, f.at.Sub(v.killed))
	}
}

func (o *oracle) readDecision(f decided) {
	v := o.desk(f.desk)
	if quiet := f.at.Sub(v.born); f.run != v.run || quiet < 10*time.Second {
		o.complain("quiet start", f, "%s is decided %v after the start", f.id, quiet)
	}
	o.decided[f.id] = decidedAt{f, v.armed}
}

func (o *oracle) readObeyed(f obeyed) {
	v, order := o.desk(f.desk), o.orders[f.order]
	if !f.accepted {
		return
	}
	need := 1
	switch order.Kind {
	case metering.OrderArm, metering.OrderUnkill, metering.OrderBand:
		need = 2
	case "":
		o.complain("order", f, "order %q was never given", f.order)
	}
	if n := different(order.By); n < need || n < len(order.By)-1 {
		o.complain("persons", f, "order %s of %d persons was accepted", order.Kind, n)
	}
	switch order.Kind {
	case metering.OrderArm:
		v.armed = true
	case metering.OrderDisarm:
		v.armed = false
	case metering.OrderMode:
		v.armed = v.armed && (order.Actuator != "" || order.Mode == metering.ModeAuto)
	case metering.OrderKill:
		v.armed, v.killed = false, f.at
	case metering.OrderUnkill:
		v.armed, v.killed = false, time.Time{}
	}
}

// owed are the commands that were carried out and never answered.
func (o *oracle) owed(end time.Time) {
	for _, g := range o.site.Agents {
		v := o.agents[g.ID]
		for id, at := range v.written {
			if !v.ended[id] && end.Sub(at) > 25*time.Minute {
				o.wrong = append(o.wrong, fmt.Sprintf("outcome: %s was carried out at %s, and nobody ever said what came of it", id, at.Format("15:04:05.000")))
			}
		}
	}
}
