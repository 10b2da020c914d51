package balancing_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"asue/balancing"
	"asue/metering"
)

// acts is what a story with actuators has besides.
//
//	use NAME                    the commands of testdata/acting/NAME.inc
//	node ID parent=ID limit=6MW
//	claim RESIDENT node=ID allowed=… tech=… techfor=30m emerg=… class=1
//	relay ID … draws=0.8MW     | setpoint ID … least=… most=… | breaker ID …
//	    resident= node= point= power= importance= mode= lag= agent= minon= minoff= maxoff=
//	point ID … sum=ID,ID        its power is the sum of others and its own base
//	system mode=auto            of the system at the start
//	lead TERM | follow          the lease
//	way ID stuck|lies|local|ok  how a device fails
//	way ID alone at=5MW         its agent was left alone and went to its fail-safe limit
//	silence AGENT | speak AGENT
//	order KIND by=a:dispatcher,b:engineer power= resident= actuator= node= proposal=last expires=1h mode= override=
//	forecast MINUTES=29MW …     of the blocks that begin so many minutes after the present one
//	band node=ID limit=12MW from=20m to=2h      a limit from so long after the start
//	hands                       prints what is held, proposed and ordered
//	source NAME contract=12MW station=S out     a line; out: not available
//	network NAME,NAME limit=10MW binds=line-1   the model's word: what these lines could carry; none: nobody could
//	ready                       prints what would follow the loss of the line in service
//	rights RESIDENT=4MW … deed=7 in=2m    the register says what they may draw from then on
type acts struct {
	field  *field
	sums   map[metering.PointID][]metering.PointID
	urgent bool // an agent has answered: the controller is asked at once
	orders int
	bands  []storyBand
}

type storyBand struct {
	band     metering.LimitBand
	from, to time.Duration
}

func (s *story) actingCommand(word string, names []string, opts map[string]string) bool {
	switch word {
	case "use":
		data := ok(os.ReadFile("testdata/acting/" + names[0] + ".inc"))(s.t)
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				s.command(strings.Fields(line))
			}
		}
	case "node":
		s.cfg.Nodes = append(s.cfg.Nodes, balancing.Node{ID: metering.NodeID(names[0]), Parent: metering.NodeID(opts["parent"]), Limit: s.limit(or(opts["limit"], "unlimited")), VoltageKV: 10})
	case "claim":
		c := balancing.Claim{Resident: metering.ResidentID(names[0]), Node: metering.NodeID(opts["node"]), Allowed: s.power(opts["allowed"]), Class: 1}
		c.Technological, c.Emergency = s.power(or(opts["tech"], "0W")), s.power(or(opts["emerg"], "0W"))
		c.TechnologicalFor = s.duration(or(opts["techfor"], "0s"))
		if opts["class"] != "" {
			c.Class = int(s.number(opts["class"]))
		}
		s.cfg.Claims = append(s.cfg.Claims, c)
		s.cfg.Residents = append(s.cfg.Residents, balancing.Resident{ID: c.Resident, Name: names[0], Allowed: c.Allowed})
	case "relay", "setpoint", "breaker":
		s.actuator(metering.ActuatorKind(word), names[0], opts)
	case "system":
		s.cfg.Acting.Mode = ok(metering.ParseMode(opts["mode"]))(s.t)
	case "band":
		s.bands = append(s.bands, storyBand{metering.LimitBand{Node: metering.NodeID(opts["node"]), Limit: s.limit(opts["limit"]), Document: opts["document"]},
			s.duration(opts["from"]), s.duration(opts["to"])})
	case "lead":
		s.c.Step(balancing.Leadership{At: s.now, Term: uint64(s.number(names[0])), Held: true})
	case "follow":
		s.c.Step(balancing.Leadership{At: s.now, Term: uint64(s.number(names[0]))})
	case "way":
		d := s.field.device(metering.ActuatorID(names[0]))
		if d.ways = names[1]; d.ways == "ok" {
			d.ways = ""
		}
		if opts["at"] != "" {
			d.now = metering.Desired{Limit: s.power(opts["at"])}
			d.applied, d.target = d.now, d.now
		}
	case "silence", "speak":
		s.field.agents[metering.AgentID(names[0])].silent = word == "silence"
	case "order":
		s.order(metering.OrderKind(names[0]), opts)
	case "forecast":
		f := balancing.Forecast{At: s.now}
		for i := range 8 {
			if v := opts[fmt.Sprint(30*i)]; v != "" {
				f.Blocks = append(f.Blocks, balancing.ForecastBlock{Start: s.last.Start.Add(time.Duration(i) * 30 * time.Minute), Q90: s.power(v), Mean: s.power(v)})
			}
		}
		s.c.Step(f)
	case "hands":
		s.hands()
	case "source":
		s.cfg.Sources = append(s.cfg.Sources, balancing.Source{Name: names[0], Contract: s.limit(opts["contract"]), Station: opts["station"], Available: !slices.Contains(names, "out")})
	case "network":
		m := balancing.Network{At: s.now, Lost: s.last.Feeding}
		if len(names) > 0 {
			m.Backup = strings.Split(names[0], ",")
			m.Limits = []balancing.ModelLimit{{Sources: m.Backup, Limit: s.power(opts["limit"]), Binds: opts["binds"]}}
		}
		s.c.Step(m)
	case "ready":
		s.ready()
	case "rights":
		s.rights(opts)
	default:
		return false
	}
	return true
}

// rights tells the controller of an act of the register.
func (s *story) rights(opts map[string]string) {
	said := balancing.Rights{At: s.now, Deed: uint64(s.number(opts["deed"])), Versions: []balancing.Standing{{From: s.now, Claims: s.cfg.Claims}}}
	next := balancing.Standing{From: s.now.Add(s.duration(or(opts["in"], "0s"))), Allowed: map[metering.ResidentID]metering.Power{}}
	for _, c := range s.cfg.Claims {
		if v := opts[string(c.Resident)]; v != "" {
			c.Allowed = s.power(v)
			next.Allowed[c.Resident] = c.Allowed
		}
		next.Claims = append(next.Claims, c)
	}
	said.Versions = append(said.Versions, next)
	s.c.Step(said)
}

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

func (s *story) actuator(kind metering.ActuatorKind, id string, opts map[string]string) {
	a := metering.Actuator{
		ID: metering.ActuatorID(id), Kind: kind, Resident: metering.ResidentID(opts["resident"]), Node: metering.NodeID(opts["node"]),
		Point: metering.PointID(opts["point"]), Agent: metering.AgentID(or(opts["agent"], "a1")), Power: s.power(opts["power"]), Importance: 5, Mode: metering.ModeAuto,
		MinOn: s.duration(or(opts["minon"], "5m")), MinOff: s.duration(or(opts["minoff"], "5m")), MaxOff: s.duration(or(opts["maxoff"], "2h")), PerHour: 4,
	}
	if kind == metering.ActuatorBreaker {
		a.Mode = metering.ModeConfirm
	}
	if opts["importance"] != "" {
		a.Importance = int(s.number(opts["importance"]))
	}
	if opts["mode"] != "" {
		a.Mode = ok(metering.ParseMode(opts["mode"]))(s.t)
	}
	if kind == metering.ActuatorSetpoint {
		a.MinOn, a.MinOff, a.MaxOff, a.PerHour = 0, 0, 0, 0
		a.Least, a.Most = s.power(or(opts["least"], "0W")), s.power(or(opts["most"], opts["power"]))
		a.FailSafe = a.Least
	}
	s.cfg.Actuators = append(s.cfg.Actuators, a)
	d := s.field.add(a, s.power(or(opts["draws"], opts["power"])), s.duration(or(opts["lag"], "3s")))
	if opts["free"] != "" { // a set-point that holds nothing before it is told
		d.now = metering.Desired{Limit: s.power(opts["free"])}
		d.applied, d.target = d.now, d.now
	}
}

// move lets devices and loads go on by a second: powers that are set are those of
// the loads, what is metered is what is left of them.
func (s *story) move() {
	s.urgent = false
	if len(s.cfg.Claims) == 0 {
		return
	}
	for _, m := range s.field.step(s.now) {
		s.c.Step(m)
	}
	for _, p := range s.cfg.Points {
		m := s.meters[p.ID]
		w := s.field.behind(p.ID, float64(m.base))
		for _, id := range s.sums[p.ID] {
			w += float64(s.meters[id].power)
		}
		m.power = metering.Power(w)
	}
}

// deliver hands messages to the agents; what they answer is heard in the next
// second.
func (s *story) deliver(out balancing.Output) {
	for _, m := range out.Allotments {
		for _, answer := range s.field.hear(m, s.now) {
			s.c.Step(answer)
			s.urgent = true
		}
	}
}

func (s *story) order(kind metering.OrderKind, opts map[string]string) {
	s.orders++
	o := metering.Order{ID: fmt.Sprintf("o%d", s.orders), Kind: kind, At: s.now, Reason: or(opts["reason"], "a test"), Actuator: metering.ActuatorID(opts["actuator"]),
		Resident: metering.ResidentID(opts["resident"]), Node: metering.NodeID(opts["node"]), Override: opts["override"]}
	for who := range strings.SplitSeq(opts["by"], ",") {
		name, role, _ := strings.Cut(who, ":")
		o.By = append(o.By, metering.Approval{User: name, Role: metering.Role(or(role, "dispatcher")), At: s.now})
	}
	if opts["power"] != "" {
		o.Power = s.power(opts["power"])
	}
	if opts["expires"] != "" {
		o.Expires = s.now.Add(s.duration(opts["expires"]))
	}
	if opts["mode"] != "" {
		o.Mode = ok(metering.ParseMode(opts["mode"]))(s.t)
	}
	if i := opts["proposal"]; i != "" && s.last.Hands != nil {
		for _, p := range s.last.Hands.Proposals {
			if string(p.Actuator) == i {
				o.Proposal = p.ID
			}
		}
	}
	s.c.Step(balancing.Order{Order: o})
}

// journal prints decisions; the steps of the conversation are left out.
func (s *story) journal(out balancing.Output) {
	for _, e := range out.Journal {
		if e.Kind != balancing.EntryLease {
			s.say("%s > %s %s: %s", s.clock(), e.Kind, e.Subject, e.Text)
		}
	}
}

func (s *story) ready() {
	r := s.last.Hands.Ready
	if r == nil {
		s.say("%s nothing is known of another line", s.clock())
		return
	}
	s.say("%s %s: %s", s.clock(), r.Lost, r)
	if r.Doubt != "" {
		s.say("  doubt      %s", r.Doubt)
	}
	for _, x := range r.Steps {
		s.say("  %-4s       %s %s: %s less %s, persons %d", x.Kind, x.Actuator, x.Want, mw(x.Drop), x.Mode, x.Persons)
	}
	for _, x := range r.Calls {
		s.say("  call       %s of class %d: %s less, from %s to %s, conditions %s", x.Resident, x.Class, mw(x.Drop), mw(x.Power), mw(x.To), mw(x.Allowed))
	}
}

func (s *story) hands() {
	h := s.last.Hands
	s.say("%s %s, mode %s, armed %v, commands %v, shed %s, goal %s, effective %s, shortfall %s", s.clock(), s.last.Phase, h.Mode, h.Armed, h.Commands, mw(h.Shed), value(h.Goal), value(h.Effective), mw(h.Shortfall))
	if h.Emergency != "" {
		s.say("  emergency  %s", h.Emergency)
	}
	if h.Inhibited != "" {
		s.say("  inhibited  %s", h.Inhibited)
	}
	for _, n := range h.Nodes {
		s.say("  node       %s %s of %s hot %v %s", n.Node, value(n.Power), mw(n.Limit), n.Hot, n.Why)
	}
	for _, a := range h.Actuators {
		line := fmt.Sprintf("  %-10s %s, draws %s, %s (%s)", a.Actuator, a.Now, value(a.Power), a.Mode, a.ModeWhy)
		if a.Held {
			line += ", held"
		}
		if a.Obstacle != "" {
			line += ", left out: " + a.Obstacle
		}
		s.say("%s", line)
	}
	for _, p := range h.Proposals {
		s.say("  proposal   %s %s by %d", p.Kind, p.Actuator, p.Persons)
	}
	for _, v := range h.Advice {
		s.say("  advised    %s %s: %s, %s less since %s; %s; not done: %s", v.Kind, v.Actuator, v.Want, mw(v.Drop), v.At.In(s.cfg.Location).Format("15:04:05"), v.Why, v.Not)
	}
	for _, o := range h.Overrides {
		s.say("  override   %s %s until %s", o.Order.ID, o.Order.Kind, o.Order.Expires.In(s.cfg.Location).Format("15:04"))
	}
}
