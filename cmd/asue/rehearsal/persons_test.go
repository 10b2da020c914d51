package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing"
	"asue/metering"
	"asue/metering/wire"
)

// persons are the shift: they arm, confirm, reject, pin, exclude and kill as they like.
type persons struct {
	*zone
	number  int
	limits  []metering.Order             // of the site, accepted or not
	touched map[metering.ActuatorID]bool // that were ordered about
	past    [][]byte
}

var staff = []metering.Approval{
	{User: "aigerim", Role: metering.RoleDispatcher}, {User: "daniyar", Role: metering.RoleEngineer}, {User: "saule", Role: metering.RoleDispatcher}, {User: "timur", Role: metering.RoleViewer},
}

func (p *persons) begin() {
	p.touched = map[metering.ActuatorID]bool{}
	if !p.chance(p.temper.unarmed) {
		p.after(p.between(70*time.Second, 150*time.Second), p.arm)
	}
	p.every(30*time.Second, 7*time.Second, p.watch)
	if p.temper.whims > 0 {
		var again func()
		again = func() {
			p.whim()
			p.after(p.long(p.temper.whims)+time.Second, again)
		}
		p.after(p.long(p.temper.whims)+3*time.Minute, again)
	}
}

// arm is ordered by two, again when a restart has taken it back.
func (p *persons) arm() {
	if d := p.leader(); d != nil && d.last.Hands != nil && !d.last.Hands.Armed && !d.last.Hands.Killed {
		p.order(metering.Order{Kind: metering.OrderArm}, 2)
	}
	p.after(p.between(20*time.Second, 90*time.Second), p.arm)
}

// order seals an order of some persons and sends it to both balancers.
func (p *persons) order(o metering.Order, count int) {
	p.number++
	o.ID, o.At, o.Reason = fmt.Sprintf("o-%d", p.number), p.now, "a rehearsal"
	if first := p.dice.IntN(3); o.By == nil {
		for i := range count {
			a := staff[(first+i)%3]
			o.By = append(o.By, a)
		}
	}
	o.By = signedAt(o.By, p.now)
	sealed, err := wire.SealOrder(o, keyPage)
	if err != nil {
		panic(err)
	}
	p.count["ordered: "+string(o.Kind)]++
	p.tell(ordered{p.stamp(), o})
	p.past = append(p.past, sealed)
	p.post(sealed)
	if o.Kind == metering.OrderLimit {
		p.limits = append(p.limits, o)
	}
	if o.Actuator != "" {
		p.touched[o.Actuator] = true
	}
	for _, x := range p.site.Actuators {
		if o.Resident != "" && x.Resident == o.Resident {
			p.touched[x.ID] = true
		}
	}
}

// signedAt are the words of persons, given now.
func signedAt(list []metering.Approval, now time.Time) []metering.Approval {
	list = slices.Clone(list)
	for i := range list {
		list[i].At = now
	}
	return list
}

func (p *persons) post(sealed []byte) {
	for _, d := range p.desks {
		p.net.send("page>"+d.name, sealed, true, d.hearOrder)
	}
}

// watch answers proposals: most are confirmed, by one person or two.
func (p *persons) watch() {
	d := p.leader()
	if d == nil || d.last.Hands == nil {
		return
	}
	if moving := slices.ContainsFunc(d.last.Hands.Actuators, func(h balancing.Hand) bool { return h.Moving != "" }); moving && p.temper.whims > 0 && p.chance(0.02) {
		p.order(metering.Order{Kind: metering.OrderKill}, 1)
		p.after(p.between(10*time.Second, 5*time.Minute), func() { p.order(metering.Order{Kind: metering.OrderUnkill}, 2) })
	}
	for _, q := range d.last.Hands.Proposals {
		switch dice := p.dice.Float64(); {
		case dice < 0.35:
			p.order(metering.Order{Kind: metering.OrderConfirm, Proposal: q.ID}, q.Persons)
		case dice < 0.45: // one is not enough for a breaker
			p.order(metering.Order{Kind: metering.OrderConfirm, Proposal: q.ID}, 1)
		case dice < 0.5:
			p.order(metering.Order{Kind: metering.OrderReject, Proposal: q.ID}, 1)
		}
	}
}

// whim is an order that nobody needs.
func (p *persons) whim() {
	x := pick(p.stage, p.site.Actuators)
	until := p.now.Add(p.between(2*time.Minute, 40*time.Minute))
	two := 1 + p.dice.IntN(2)
	switch p.dice.IntN(13) {
	case 0:
		p.order(metering.Order{Kind: metering.OrderKill}, 1)
		p.after(p.between(10*time.Second, 5*time.Minute), func() { p.order(metering.Order{Kind: metering.OrderUnkill}, 2) })
	case 1:
		p.order(metering.Order{Kind: metering.OrderArm}, two)
	case 2:
		p.order(metering.Order{Kind: metering.OrderDisarm}, 1)
	case 3:
		p.order(metering.Order{Kind: metering.OrderPin, Resident: x.Resident, Power: metering.Power(100+p.dice.IntN(3000)) * metering.Kilowatt, Expires: until}, 1)
	case 4:
		p.order(metering.Order{Kind: metering.OrderExclude, Actuator: x.ID, Expires: until}, 1)
	case 5:
		p.order(metering.Order{Kind: metering.OrderLimit, Power: p.contract() * metering.Power(60+p.dice.IntN(45)) / 100, Expires: until}, 1)
	case 6:
		p.order(metering.Order{Kind: metering.OrderInhibit, Actuator: pick(p.stage, []metering.ActuatorID{"", x.ID}), Expires: until}, 1)
	case 7, 8:
		p.order(metering.Order{Kind: metering.OrderRestore, Actuator: x.ID}, two)
	case 9:
		p.order(metering.Order{Kind: metering.OrderMode, Actuator: pick(p.stage, []metering.ActuatorID{"", x.ID}), Mode: metering.Mode(p.dice.IntN(5))}, 1)
	case 10:
		if x.Kind == metering.ActuatorSetpoint {
			b := metering.HardBand{Least: x.Least, FailSafe: x.FailSafe, Most: x.Most - metering.Power(p.dice.IntN(200))*metering.Kilowatt}
			p.order(metering.Order{Kind: metering.OrderBand, Actuator: x.ID, Band: &b}, two)
		}
	case 11: // who only looks may not order
		p.order(metering.Order{Kind: metering.OrderArm, By: []metering.Approval{staff[3], staff[0]}}, 2)
	case 12: // the same person in two words is one person
		p.order(metering.Order{Kind: metering.OrderArm, By: []metering.Approval{staff[0], {User: strings.ToUpper(staff[0].User), Role: metering.RoleDispatcher}}}, 2)
	}
}
