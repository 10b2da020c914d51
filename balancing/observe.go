package balancing

import (
	"math"
	"time"

	"asue/metering"
)

// factorFor is over how long a power factor is averaged: the heat of a conductor
// knows no seconds.
const factorFor = 5 * time.Minute

// observe looks at the plant as it is at this tick.
func (c *Controller) observe(z zone, now time.Time) {
	for _, a := range c.plant.actuators {
		a.view = c.book.View(a.cfg.ID, now)
		if b := a.view.Band; a.cfg.Kind == metering.ActuatorSetpoint && b.Most > 0 && b.Least <= b.Most {
			a.cfg.Least, a.cfg.Most, a.cfg.FailSafe = b.Least, b.Most, b.FailSafe // as commissioned
		}
		c.reconcile(a, now)
		a.forgetChanges(now)
	}
	for _, cl := range c.plant.claims {
		c.observeClaim(cl, now)
	}
	s := c.plant.site
	s.known = z.known && !c.smoothAt.IsZero()
	s.powerW = c.smoothW
	for _, n := range c.plant.nodes {
		c.observeNode(n, now)
	}
	c.rests(z, now)
}

// reconcile makes the shed list what the agents read: what is open by a command is
// on it, whoever has commanded it, and what is closed is not.
func (c *Controller) reconcile(a *actuator, now time.Time) {
	v := a.view
	if a.cfg.Kind == metering.ActuatorSetpoint || !v.Known || !v.Readable {
		return
	}
	switch {
	case v.Now.Position == metering.PositionOpen && (v.Command != "" || v.Guarding == metering.GuardAlarm || a.opened) && !a.open():
		a.outSince, a.served = now, time.Time{}
		a.outW = float64(a.cfg.Power)
		if !math.IsNaN(a.drawnW) {
			a.outW = a.drawnW
		}
	case v.Now.Position == metering.PositionClosed && a.open():
		a.opened = false
		a.outFor += now.Sub(a.outSince)
		a.outSince, a.outW, a.served, a.rotating = time.Time{}, 0, now, false
	}
	if v.Now.Position == metering.PositionClosed && a.moved == nil {
		a.opened = a.opened && within(a.reduced, c.cfg.Acting.FailedFor, now) // it may still come about
		if w, ok := c.behind(a, now); ok {
			a.drawnW = w
		}
	}
}

// behind is the power behind a relay or a breaker that is closed, or a set-point's
// load: its own meter's, or its part of a meter that it shares.
func (c *Controller) behind(a *actuator, now time.Time) (w float64, ok bool) {
	p := a.point
	if p == nil || p.freshness(now, &c.cfg) == silent {
		return 0, false
	}
	w = max(0, p.last.w)
	if !a.shares || a.cfg.Kind == metering.ActuatorSetpoint {
		return w, true
	}
	rated := 0.0
	for _, peer := range a.peers {
		if !peer.open() {
			rated += float64(peer.cfg.Power)
		}
	}
	if rated <= 0 {
		return 0, false
	}
	return min(float64(a.cfg.Power), w*float64(a.cfg.Power)/max(rated, w)), true
}

// observeClaim finds what a resident draws and would draw.
func (c *Controller) observeClaim(cl *claim, now time.Time) {
	cl.powerW, cl.guessed, cl.shedW = 0, len(cl.points) == 0, 0
	for _, p := range cl.points {
		if p.freshness(now, &c.cfg) != silent {
			cl.powerW += max(0, p.last.w)
			continue
		}
		cl.guessed = true
		if w, ok := p.guess(); ok {
			cl.powerW += w
		} else {
			cl.powerW += float64(cl.cfg.Allowed)
		}
	}
	for _, a := range cl.actuators {
		if a.open() {
			cl.shedW += a.outW
		}
	}
	cl.demandW = c.unconstrained(cl)
}

// unconstrained is what a claim would draw if nothing held it: what it draws and
// what was shed from it. One that reaches its cap is taken to want more, as much as
// it takes to find out.
func (c *Controller) unconstrained(cl *claim) float64 {
	w := cl.powerW + cl.shedW
	if cl.guessed {
		return w
	}
	for _, a := range cl.actuators {
		limit, ok := a.capped()
		if !ok {
			continue
		}
		behind, known := c.behind(a, c.now)
		if !known {
			behind = cl.powerW
		}
		if behind >= 0.95*float64(limit) {
			return max(1.1*w+50e3, c.forecast.resident(cl.cfg.Resident, c.now))
		}
	}
	return w*1.05 + 25e3
}

// observeNode smooths a node's power and its power factor.
func (c *Controller) observeNode(n *node, now time.Time) {
	points := n.parts
	if len(n.whole) > 0 && c.heard(n.whole, now) {
		points = n.whole
	}
	if len(points) == 0 || !c.heard(points, now) {
		n.known = false
		return
	}
	w, q := 0.0, 0.0
	for _, p := range points {
		w += p.last.w
		q += p.last.q
	}
	share, slow := 1.0, 1.0
	if n.known && c.cfg.Smoothing > 0 {
		share = -math.Expm1(-float64(now.Sub(n.smooth)) / float64(c.cfg.Smoothing))
		slow = -math.Expm1(-float64(now.Sub(n.smooth)) / float64(factorFor))
	}
	n.rawW = w
	n.powerW += share * (w - n.powerW)
	n.p += slow * (w - n.p)
	n.q += slow * (q - n.q)
	n.known, n.smooth = true, now
}

// heard reports whether none of the points is silent.
func (c *Controller) heard(points []*point, now time.Time) bool {
	for _, p := range points {
		if p.freshness(now, &c.cfg) == silent {
			return false
		}
	}
	return true
}

// factor is the power factor at a node; NaN if it was not measured.
func (n *node) factor() float64 {
	if s := math.Hypot(n.p, n.q); n.known && s > 0 && n.q != 0 {
		return math.Abs(n.p) / s
	}
	return math.NaN()
}

// rests finds what flows through each node and belongs to no claim below it:
// losses, own needs, residents without a meter. They cannot be moved.
func (c *Controller) rests(z zone, now time.Time) {
	told := map[*node]float64{} // by claims and rests below
	add := func(n *node, w float64) {
		for up := n; up != nil; up = up.parent {
			told[up] += w
		}
	}
	for _, cl := range c.plant.claims {
		add(cl.node, cl.powerW)
	}
	for _, n := range c.plant.upward {
		n.restW = 0
		if n.known {
			n.rest(n.rawW-told[n], now)
			add(n, n.restW)
		}
	}
	if s := c.plant.site; z.known {
		s.rest(z.w-told[s], now)
	}
}

// rest smooths what is left at a node over minutes: meters are not read at one
// moment, and a difference of two large loads jumps with each of them.
func (n *node) rest(w float64, now time.Time) {
	share := 1.0
	if !n.restAt.IsZero() {
		share = -math.Expm1(-float64(now.Sub(n.restAt)) / float64(factorFor))
	}
	n.meanRestW += share * (w - n.meanRestW)
	n.restAt, n.restW = now, max(0, n.meanRestW)
}
