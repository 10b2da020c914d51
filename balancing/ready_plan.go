package balancing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// afterLoss makes the list.
func (c *Controller) afterLoss(now time.Time) Ready {
	s := c.plant.site
	r := Ready{At: now, Lost: c.feeding, Steps: []ReadyStep{}, Calls: []ReadyCall{}}
	limit := c.backup(&r, now)
	if !s.known || c.condition == Failsafe {
		r.Doubt = "the site's power is not known"
		return r
	}
	r.Load = watts(c.effectiveW(s))
	most, limited := limit.Power()
	switch {
	case len(r.Backup) == 0:
		r.Need, r.Missing = r.Load, r.Load
		return r
	case !limited:
		return r
	}
	r.Limit = Value{most, true}
	if c.doubted != "" && r.Doubt == "" {
		r.Doubt = c.doubted
	}
	p, shares, ok := c.drill(float64(most), now)
	if !ok {
		r.Doubt = "no shares pass their check"
		return r
	}
	c.fill(&r, p, shares, now)
	return r
}

// backup says which lines would take over and what they allow together.
func (c *Controller) backup(r *Ready, now time.Time) metering.Limit {
	word := &c.model.word
	switch modelled := stillCounts(word.At, now) && word.Lost == c.feeding; {
	case modelled:
		r.Backup = slices.Clone(word.Backup)
	default:
		r.Backup = c.available()
		if !word.At.IsZero() {
			r.Doubt = fmt.Sprintf("the model of the network has spoken last at %s, of the loss of %q: contracts count", word.At.In(c.cfg.Location).Format("15:04"), word.Lost)
		}
	}
	if len(r.Backup) == 0 {
		return metering.Limit{}
	}
	var limit metering.Limit
	nodes := []metering.NodeID{""}
	for i, name := range r.Backup {
		for _, s := range c.cfg.Sources {
			if s.Name != name {
				continue
			}
			nodes = append(nodes, s.Nodes...)
			if i == 0 {
				limit = s.Contract
			} else {
				limit = sumOf(limit, s.Contract)
			}
		}
	}
	r.LimitWhy = "contract"
	if !limit.IsStated() { // as Supply has it
		limit, r.LimitWhy = lower(c.supplied, c.cfg.Limit), "no contract is stated: the limit is kept"
	}
	if said, age, ok := c.model.limit(r.Backup, now); ok && age <= networkFor && isLower(metering.LimitOf(said.Limit), limit) {
		limit, r.LimitWhy = metering.LimitOf(said.Limit), "model of the network: "+said.Binds
	}
	for _, node := range nodes {
		limit, r.LimitWhy = c.lowered(node, now, limit, r.LimitWhy)
	}
	return limit
}

// available are the lines that the site counts on, beside those that feed and one that
// was lost: the first, with the other circuits from its station.
func (c *Controller) available() (names []string) {
	station := ""
	for _, s := range c.cfg.Sources {
		switch {
		case !s.Available, slices.Contains(c.supplyLines(), s.Name), s.Name == c.tripped:
		case len(names) == 0:
			names, station = append(names, s.Name), s.Station
		case station != "" && s.Station == station:
			names = append(names, s.Name)
		}
	}
	return names
}

// drill makes the plan that a fall of the site's limit asks for, and leaves everything
// as it was. A block that begins with a new limit has nothing behind it: what is
// steered to is that limit less the margin.
func (c *Controller) drill(limitW float64, now time.Time) (p plan, shares []Share, ok bool) {
	s := c.plant.site
	targetW, short, gentle := s.targetW, s.short, s.gentle
	defer func() { s.targetW, s.short, s.gentle = targetW, short, gentle }()
	s.targetW, s.short, s.gentle = c.after(limitW, c.cfg.Target), false, false
	c.strain(s, c.after(limitW, c.cfg.Trigger))
	p, ok = c.work(now, func(list []Share, _ []violation) { shares = list }, func(error) {})
	return p, shares, ok
}

// after is that share of a limit that has just come into force, less the margin.
func (c *Controller) after(limitW, share float64) float64 {
	return limitW * (1 - max(c.margin(), 1-share))
}

// fill writes the plan down as people and devices would carry it out.
func (c *Controller) fill(r *Ready, p plan, shares []Share, now time.Time) {
	fell := map[*claim]float64{}
	if goal := c.after(float64(r.Limit.Power), c.cfg.Target); float64(r.Load) > c.after(float64(r.Limit.Power), c.cfg.Trigger) {
		r.Need = watts(float64(r.Load) - goal)
	}
	left := p.shortW
	for _, act := range slices.Concat(p.caps, p.steps) {
		a := act.actuator
		mode, _ := c.effective(a, now)
		step := ReadyStep{Actuator: a.cfg.ID, Resident: a.cfg.Resident, Kind: act.kind, Want: act.want.String(), Drop: watts(act.dropW), Mode: mode.String()}
		if mode == metering.ModeConfirm {
			step.Persons = metering.OrderConfirm.Persons(a.cfg.Kind)
		}
		r.Steps = append(r.Steps, step)
		fell[a.claim] += act.dropW
	}
	if left < 1000 {
		return
	}
	type ask struct {
		cl *claim
		w  float64
	}
	var list []ask
	for i, cl := range c.plant.claims {
		to := math.Max(float64(shares[i].Share), c.armourW(cl))
		if w := cl.powerW - fell[cl] - to; w >= 1000 && !cl.guessed {
			list = append(list, ask{cl, w})
		}
	}
	slices.SortStableFunc(list, func(a, b ask) int {
		return cmp.Or(cmp.Compare(b.cl.cfg.Class, a.cl.cfg.Class), cmp.Compare(b.w, a.w), cmp.Compare(a.cl.key, b.cl.key))
	})
	for _, x := range list {
		if left < 1000 {
			break
		}
		w := math.Min(x.w, left)
		left -= w
		r.Calls = append(r.Calls, ReadyCall{
			Resident: x.cl.cfg.Resident, Name: x.cl.name, Class: x.cl.cfg.Class, Allowed: x.cl.cfg.Allowed,
			Power: watts(x.cl.powerW), To: watts(x.cl.powerW - fell[x.cl] - w), Drop: watts(w),
		})
	}
	if left >= 1000 {
		r.Missing = watts(left)
	}
}
