package balancing

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// think makes the state of this tick and moves the machine.
func (c *Controller) think(z zone, now time.Time) State {
	st := State{
		At:      now,
		Power:   Value{},
		Start:   c.blockStart,
		Begin:   c.begin(),
		End:     c.blockStart.Add(c.cfg.Block),
		Feeding: c.feeding,
		NoLimit: c.limit.IsUnlimited(),
	}
	if z.known {
		st.Power = known(z.w)
		st.PowerSource = z.level.String()
		st.Suspect = z.suspect
		st.Guessed = known(z.guessed).Power
	}
	c.count(now, &st)
	st.Over = c.over(now)
	lost := !z.known && now.Sub(c.seenAt) > c.cfg.UnknownFor
	want, reasons := c.judge(z, lost, now)
	c.demand(&st, lost, now)

	changed := c.moveCondition(want, reasons, now)
	st.Reasons = reasons
	c.moveBand(&st, now)
	c.observe(z, now)
	c.doubted = c.doubt(z)
	changed = c.moveEmergency(&st, now) || changed
	c.press(&st, now)
	if !changed {
		c.movePhase(&st, now)
	}
	st.Phase, st.Condition = c.phase, c.condition
	c.tellProjection(&st, now)
	c.tellNext(&st, now)
	c.tellPower(&st, now)
	c.act(&st, now)
	return st
}

// demand fills in everything about the block.
func (c *Controller) demand(st *State, lost bool, now time.Time) {
	d := Demand{
		LengthH:  st.End.Sub(st.Begin).Hours(),
		ElapsedH: now.Sub(st.Begin).Hours(),
		PowerW:   c.smoothW,
		Margin:   c.margin(),
		CeilingW: math.Inf(1),
	}
	limit, limited := c.limit.Power()
	if limited {
		d.LimitW = float64(limit)
		d.CeilingW = c.ceiling(limit)
		st.Limit = Value{limit, true}
		st.Ceiling = known(d.CeilingW)
	}
	st.Margin = d.Margin
	st.Quiet = c.dead(now) || st.End.Sub(now) <= c.cfg.Freeze

	c.block = Demand{}
	e := c.drawn(st.Begin, now)
	if e.source == "" || lost || c.smoothAt.IsZero() {
		return
	}
	d.EnergyWh = e.wh
	st.EnergySource = e.source
	st.Energy = metering.Energy(math.Round(e.wh))
	if elapsed := now.Sub(st.Begin); elapsed >= time.Second {
		st.Mean = known(e.wh / d.ElapsedH)
	}
	st.Projection = known(d.ProjectionW())
	st.Upper = known(d.ProjectionW() + c.spread(d))
	c.valid++
	if math.IsNaN(c.expected) && !c.dead(now) && st.Begin.Equal(c.blockStart) {
		c.expected = d.ProjectionW()
	}
	if !limited || c.dark() {
		return
	}
	c.block = d
	st.Allowable = known(d.AllowableW())
	st.Correction = known(min(d.CorrectionW(), max(0, d.PowerW)))
	st.Unavoidable = d.Unavoidable()
	st.Headroom = Value{limit - st.Projection.Power, true}
	if len(c.minutes) == c.window() {
		allowed, _ := Sliding(d.LimitW, c.minutes)
		st.Sliding = known(min(max(0, allowed), d.CeilingW))
		if allowed < 0 {
			st.Compliance = Compliance(d.LimitW, c.minutes)
		}
	}
}

// dark reports whether it was told that no line is in service: there is nothing
// to be allowed then.
func (c *Controller) dark() bool { return c.feeding == "" && !c.supplyAt.IsZero() }

// ceiling is the greatest power at any moment. One that belongs to another
// limit does not carry over.
func (c *Controller) ceiling(limit metering.Power) float64 {
	if p, ok := c.cfg.Ceiling.Power(); ok && c.limit == c.cfg.Limit {
		return float64(p)
	}
	return 1.05 * float64(limit)
}

// dead reports whether so little of the block has passed that its projection
// says nothing. A block that begins with a change of limit has no dead time.
func (c *Controller) dead(now time.Time) bool {
	return now.Sub(c.blockStart) < c.cfg.Dead && !c.limitSince.After(c.blockStart)
}

// margin follows the error of past projections: 1.96 standard deviations, which
// for a normal error are 1.25 mean absolute deviations each (JCI DLLR). It
// doubles while the data are degraded.
func (c *Controller) margin() float64 {
	m := c.cfg.MarginMin
	if limit, ok := c.limit.Power(); ok && limit > 0 && len(c.errors) >= 8 {
		m = 1.96 * 1.25 * deviation(c.errors) / float64(limit)
	}
	if c.condition != Good {
		m *= 2
	}
	return min(max(m, c.cfg.MarginMin), c.cfg.MarginMax)
}

// deviation is the median absolute deviation from the median.
func deviation(x []float64) float64 {
	m := median(x)
	d := make([]float64, len(x))
	for i := range x {
		d[i] = math.Abs(x[i] - m)
	}
	return median(d)
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// spread is by how much the block may end above its projection in one case of
// ten. The power is taken for a random walk: over n more minutes its mean strays
// by σ₅·√(n/15), σ₅ being how far it strays in five minutes. σ₅ is found by the
// median of the past five-minute changes, so that one large load switched once
// is not taken for a habit.
func (c *Controller) spread(d Demand) float64 {
	const lag, least, z90, sigma = 5, 5, 1.2816, 1.4826
	n := len(c.minutes) - lag
	rest := d.restH() * 60
	if n < least || rest <= 0 {
		return 0
	}
	changes := make([]float64, n)
	for i := range changes {
		changes[i] = math.Abs(c.minutes[i+lag] - c.minutes[i])
	}
	return z90 * sigma * median(changes) * math.Sqrt(rest/(3*lag)) * d.restH() / d.LengthH
}

// judge says how good the data are and why they are not better.
func (c *Controller) judge(z zone, lost bool, now time.Time) (Condition, []string) {
	var reasons []string
	switch {
	case !z.known:
		reasons = append(reasons, strings.TrimSuffix("the site's power cannot be read: "+c.silentInputs(now), ": "))
	case z.level != Inputs && len(c.level[Inputs]) > 0:
		if why := c.silentInputs(now); why != "" {
			reasons = append(reasons, fmt.Sprintf("%s: power is taken from the %v", why, z.level))
		}
	}
	if !c.differsAt.IsZero() && now.Sub(c.differsAt) >= differFor {
		reasons = append(reasons, z.differs)
	}
	if c.dark() {
		reasons = append(reasons, "no line is in service")
	}
	if c.limitKept && c.limitWhy == "" {
		reasons = append(reasons, fmt.Sprintf("the limit of %q is not stated: %v is kept", c.feeding, c.limit))
	}
	if !c.steppedAt.IsZero() && now.Sub(c.steppedAt) < c.cfg.GoodFor {
		reasons = append(reasons, fmt.Sprintf("the clock was set back by %v", c.steppedBy.Round(time.Second)))
	}
	if c.dropped > 0 {
		reasons = append(reasons, fmt.Sprintf("%d messages too many came at once and were left out", c.dropped))
		c.dropped = 0
	}
	switch {
	case lost:
		return Failsafe, reasons
	case len(reasons) > 0:
		return Degraded, reasons
	}
	return Good, nil
}

// differFor keeps two sources that are read at different moments from being
// called contradictory at each step of the load.
const differFor = 30 * time.Second

func (c *Controller) watchDifference(z zone, now time.Time) {
	switch {
	case z.differs == "":
		c.differsAt = time.Time{}
	case c.differsAt.IsZero():
		c.differsAt = now
	}
}

// silentInputs names the inputs in service that cannot be read, and why.
func (c *Controller) silentInputs(now time.Time) string {
	var names []string
	for _, p := range c.level[Inputs] {
		if !c.inService[p.cfg.ID] || p.freshness(now, &c.cfg) != silent {
			continue
		}
		why := "is silent"
		if p.flagged.at.After(p.last.at) {
			why = "says " + p.flagged.quality.String()
		}
		names = append(names, fmt.Sprintf("input %s %s", p.cfg.ID, why))
	}
	return strings.Join(names, ", ")
}
