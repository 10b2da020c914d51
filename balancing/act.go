package balancing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/balancing/lease"
	"asue/metering"
)

// acting is what the half that acts remembers.
type acting struct {
	plant     *plant
	book      *lease.Book
	forecast  outlook
	model     modelled
	ready     readiness
	rights    rights
	modes     modes
	lead      Leadership
	overrides []Override
	proposals []*asked
	advice    advised
	answered  []Answer // the youngest ones, for repeated orders and for people

	quietUntil time.Time // a new leader says nothing before; zero: it does not command yet
	limitWhy   string
	fallen     bool   // the site's limit fell below what was drawn
	emergency  string // why; empty: none
	goodSince  time.Time
	doubted    string // why what is measured must not cause a command; empty if it may
	short      bool   // somewhere more is drawn than is steered to
	unknownAt  time.Time

	trails      []*move   // shown, but not yet in the smoothed power
	acted       int       // band of the last tick
	stirred     bool      // something happened that asks for a plan at once
	planned     time.Time // the last plan
	touched     []touch   // of the last zone period
	shedAt      time.Time // last action that took load away
	restoredAt  time.Time // last action that gave load back
	shares      []Share
	static      []Share // shares if everybody drew what it is allowed; see failsafe
	staticOf    metering.Limit
	impossible  *Impossible
	armour      []violation
	armourShort string // the emergency armour does not fit: why; empty if it does
	shortfall   metering.Power
	checkedAt   time.Time

	kept    curtailed
	basis   basis
	due     []Entry // to be written as soon as the basis is known
	journal []Entry
	orders  []metering.Order
	answers []Answer
	letters []metering.Allotment
}

// touch is a change at a feeder that the rates of the zone count.
type touch struct {
	at    time.Time
	node  *node
	dropW float64
}

// prepare lays out the plant and opens the conversation with the agents.
func (c *Controller) prepare() error {
	lc := c.cfg.Acting.Lease
	lc.Actuators = c.cfg.Actuators
	book, err := lease.New(lc)
	if err != nil {
		return err
	}
	c.book = book
	c.plant = newPlant(&c.cfg, c.byID)
	c.modes = modes{System: c.cfg.Acting.Mode, Feeders: map[metering.ActuatorID]metering.Mode{}}
	return nil
}

// act carries this tick's thoughts out: it judges what was commanded, answers
// orders, plans, and says what has to be said.
func (c *Controller) act(st *State, now time.Time) {
	c.journal, c.answers, c.letters = nil, nil, nil
	c.describe(st, now)
	c.basis = basis{state: *st}
	for _, e := range c.due {
		c.write(e.Kind, e.Subject, e.Text, e.Args)
	}
	c.due = nil
	if c.band != c.acted {
		c.acted, c.stirred = c.band, true
	}
	c.settle(now)
	c.curtail(now)
	c.verify(now)
	c.expire(now)
	c.expireProposals(now)
	for _, o := range c.orders {
		c.answer(o, st, now)
	}
	c.orders = nil
	c.schedule(now)
	if len(c.plant.claims) > 0 {
		c.steer(st, now)
		c.lookAhead(now)
	}
	c.prepareForLoss(now)
	c.tellInhibited(c.inhibited(now), now)
	for _, a := range c.plant.actuators {
		mode, _ := c.effective(a, now)
		c.book.Mute(a.cfg.ID, mode == metering.ModeOff) // what nobody renews ends by its agent's rule
	}
	c.book.Say(c.mode(now))
	c.letters = c.book.Tick(now)
	c.writeLease()
	c.describe(st, now)
}

// steer plans and acts, one thing at a time: reductions, or what comes back.
func (c *Controller) steer(st *State, now time.Time) {
	if c.condition == Failsafe {
		c.failsafe(now)
		return
	}
	c.unknownAt = time.Time{}
	c.greet(now)
	due := c.stirred || now.Sub(c.planned) >= c.cfg.Acting.Plan || (c.pressed() && now.Sub(c.planned) >= c.cfg.Acting.pause())
	if !due || c.phase == Init || c.phase == Monitor {
		return
	}
	c.planned, c.stirred = now, false
	c.advice.planAfresh()
	if c.modes.System == metering.ModeOff || (!c.pressed() && c.band < warn && !c.holding(now)) {
		c.shares, c.shortfall = nil, 0
		c.endNotices(now)
		return
	}
	p, ok := c.plan(now)
	if !ok { // what holds goes on, and who is above its conditions comes down
		c.shares = nil
		c.carryOut(c.staticPlan(now), now)
		return
	}
	c.advise(now)
	if c.pressed() {
		c.carryOut(p, now)
		c.tellShortfall(p, now)
	} else {
		c.shortfall = 0
	}
	if !c.short {
		c.withdraw(EntryShed, now)
		c.comeBack(st, now)
	}
	c.holdPins(now)
}

// holding reports whether anything is held back, or fixed by a person.
func (c *Controller) holding(now time.Time) bool {
	return slices.ContainsFunc(c.plant.actuators, (*actuator).held) ||
		c.override(metering.OrderPin, func(metering.Order) bool { return true }, now) != nil
}

// writeLease puts the steps of the conversation into the journal.
func (c *Controller) writeLease() {
	for _, e := range c.book.Events() {
		c.write(EntryLease, string(e.Actuator), fmt.Sprintf("%s %s: %s", e.Step, e.ID, e.Text), map[string]any{"id": e.ID, "step": e.Step})
	}
}

// rewindActing follows a clock that was set back to now.
func (c *Controller) rewindActing(now time.Time) {
	c.book.Rewind(now)
	times := []*time.Time{&c.quietUntil, &c.goodSince, &c.planned, &c.shedAt, &c.restoredAt, &c.unknownAt, &c.checkedAt, &c.lead.At, &c.forecast.At, &c.model.word.At, &c.ready.at, &c.ready.told, &c.suppliedAt, &c.rights.word.At}
	for _, a := range c.plant.actuators {
		times = append(times, &a.outSince, &a.served, &a.reduced, &a.gave, &a.rejected, &a.greeted)
		for i := range a.changes {
			times = append(times, &a.changes[i])
		}
		if a.failedUntil.After(now.Add(c.cfg.Acting.FailedFor)) {
			a.failedUntil = now.Add(c.cfg.Acting.FailedFor)
		}
		if m := a.moved; m != nil {
			times = append(times, &m.at, &m.done, &m.seen)
		}
	}
	for _, m := range c.trails {
		times = append(times, &m.at, &m.done, &m.seen)
	}
	for _, cl := range c.plant.claims {
		times = append(times, &cl.told, &cl.asked)
	}
	for _, n := range c.plant.all {
		times = append(times, &n.smooth, &n.calmAt, &n.restAt)
	}
	for i := range c.model.said {
		times = append(times, &c.model.said[i].at)
	}
	for i := range c.touched {
		times = append(times, &c.touched[i].at)
	}
	for _, t := range times {
		if t.After(now) {
			*t = now
		}
	}
	c.proposals = nil
}

// unlimitedW stands for no limit.
var unlimitedW = math.Inf(1)
