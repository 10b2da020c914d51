package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
)

// oracle reads a log of facts and names every rule that was broken. It knows what was
// said, heard, written and ordered, and the site file; none of the parts that think.
type oracle struct {
	site *metering.Site
	calm bool

	said        map[string]said // by their bytes
	agents      map[metering.AgentID]*guardView
	desks       map[string]*deskView
	orders      map[string]metering.Order
	bands       map[metering.ActuatorID][]metering.HardBand // that persons have ordered
	decided     map[string]decidedAt
	commissions map[string]metering.HardBand // by their command
	devices     map[metering.ActuatorID]*deviceView

	armourTold time.Time
	stirred    time.Time // when load or limit were last moved from outside
	lastTerm   uint64    // of the commands that were carried out, wherever
	lastDesk   string
	wrong      []string
}

// guardView is what an agent must know.
type guardView struct {
	born        time.Time
	boot        uint64
	beats       map[uint64]time.Time // of this boot
	term        uint64               // highest accepted, in any boot
	seq         uint64
	accepted    time.Time // the last valid message, or the start
	advised     bool      // the last beat said that its balancer only advises
	toldMode    time.Time // when it said so, or that it commands
	everAdvised bool
	ran         uint64 // term of the last command that was carried out
	chosen      map[string]time.Time
	operate     map[string]heardAt
	written     map[string]time.Time
	confirmed   map[string]bool // of this life
	ended       map[string]bool // a final outcome was told
}

type heardAt struct {
	at time.Time
	m  metering.Allotment
}

type deskView struct {
	run    int
	born   time.Time
	armed  bool
	killed time.Time // zero: it is not
}

type decidedAt struct {
	decided
	armed bool
}

type deviceView struct {
	metering.Actuator
	band     metering.HardBand // as its agent told last
	command  string            // that its agent says is in force
	failsafe time.Time         // since when it must be; zero: it need not
	turns    []turn            // changes by commands
	last     metering.Power    // that was written to it
	stood    []stood           // before the steps down of its agent's own, since the last command
	silent   metering.Power    // what it held at the beginning of a silence
	silentAt time.Time
}

// stood is a limit that was in force until the agent's own ramp led lower.
type stood struct {
	limit metering.Power
	until time.Time
}

type turn struct {
	at     time.Time
	reduce bool
}

func judge(site *metering.Site, log []fact, calm bool) []string {
	o := &oracle{
		site: site, calm: calm, said: map[string]said{}, agents: map[metering.AgentID]*guardView{}, desks: map[string]*deskView{}, orders: map[string]metering.Order{},
		bands: map[metering.ActuatorID][]metering.HardBand{}, decided: map[string]decidedAt{}, commissions: map[string]metering.HardBand{}, devices: map[metering.ActuatorID]*deviceView{},
	}
	for _, g := range site.Agents {
		o.agents[g.ID] = &guardView{written: map[string]time.Time{}, ended: map[string]bool{}}
	}
	for _, x := range site.Actuators {
		o.devices[x.ID] = &deviceView{Actuator: x, band: metering.HardBand{Least: x.Least, Most: x.Most, FailSafe: x.FailSafe}}
	}
	for _, f := range log {
		o.read(f)
	}
	if len(log) > 0 {
		o.owed(log[len(log)-1].when())
	}
	return o.wrong
}

func (o *oracle) complain(rule string, f fact, format string, args ...any) {
	o.wrong = append(o.wrong, fmt.Sprintf("%s: %s: %s", rule, f.when().Format("15:04:05.000"), fmt.Sprintf(format, args...)))
}

func (o *oracle) read(f fact) {
	if o.stirred.IsZero() {
		o.stirred = f.when()
	}
	switch f := f.(type) {
	case fault:
		o.stirred = f.at
	case said:
		o.readSaid(f)
	case heard:
		o.readHeard(f)
	case beaten:
		o.readBeat(f)
	case answered:
		o.readAnswer(f)
	case born:
		o.readBorn(f)
	case wrote:
		if f.command == "" {
			o.readOwn(f)
			return
		}
		o.readCommand(f)
	case decided:
		o.readDecision(f)
	case ordered:
		o.orders[f.order.ID] = f.order
		if f.order.Kind == metering.OrderLimit {
			o.stirred = f.at
		}
		if f.order.Kind == metering.OrderBand && f.order.Band != nil && different(f.order.By) >= 2 {
			o.bands[f.order.Actuator] = append(o.bands[f.order.Actuator], *f.order.Band)
		}
	case obeyed:
		o.readObeyed(f)
	case forgetful:
		for _, g := range o.agents {
			g.term = 0
		}
	case armourTold:
		if o.armourTold.IsZero() {
			o.armourTold = f.at
		}
	case shown:
		o.readShown(f)
	case blockEnded:
		switch over := f.meanW > f.limitW*1.001; {
		case over && f.excuse == "":
			o.complain("limit", f, "a block mean of %.3f MW, and %.3f MW could be held", f.meanW/1e6, f.limitW/1e6)
		case over && strings.Contains(f.excuse, "suffice") && !f.told:
			o.complain("not told", f, "a block mean of %.3f of %.3f MW, and nobody was told beforehand", f.meanW/1e6, f.limitW/1e6)
		}
	}
}

// different counts different persons who may order.
func different(list []metering.Approval) int {
	names := map[string]bool{}
	for _, a := range list {
		if a.User != "" && (a.Role == metering.RoleDispatcher || a.Role == metering.RoleEngineer || a.Role == metering.RoleAdmin) {
			names[strings.ToLower(a.User)] = true
		}
	}
	return len(names)
}
