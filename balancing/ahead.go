package balancing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Impossible says that a limit will not be held with all that may be moved, and
// when it first will not.
type Impossible struct {
	At      time.Time      `json:"at"` // the earliest block that does not fit
	Limit   metering.Power `json:"limit_w"`
	Need    metering.Power `json:"need_w"`    // what is expected to be drawn
	Can     metering.Power `json:"can_w"`     // what of it can be taken off
	Deficit metering.Power `json:"deficit_w"` // what is missing
	Held    time.Time      `json:"held"`      // from when it is held again; zero: not within the outlook
	Why     string         `json:"why"`
}

// lookAhead says beforehand which limit cannot be held: by the forecast of each
// block to come, or by what is drawn now against limits that are known to change.
func (c *Controller) lookAhead(now time.Time) {
	if !c.checkedAt.IsZero() && now.Sub(c.checkedAt) < c.cfg.Acting.Plan && !c.stirred || c.condition == Failsafe || !c.plant.site.known {
		return
	}
	c.checkedAt = now
	demand, can := c.ableW(now)
	var found *Impossible
	for start := c.blockStart; start.Sub(now) < c.cfg.Acting.Ahead; start = start.Add(c.cfg.Block) {
		bad, judged := c.fails(start, demand, can, now)
		if found == nil {
			found = bad
		} else if bad == nil && judged {
			found.Held = start
			break
		}
	}
	c.impossible = found
	if found == nil {
		c.end(aboutAhead, nil, now)
		return
	}
	args := map[string]any{"start_at": found.At, "limit_w": found.Limit, "need_w": found.Need, "can_w": found.Can, "deficit_w": found.Deficit, "reason": found.Why}
	if !found.Held.IsZero() {
		args["held_at"] = found.Held
	}
	c.tell(aboutAhead, KindImpossible, Alarm, args, now)
}

// fails judges one block; false if nothing is known of it. Of the present one only
// what its own projection says counts.
func (c *Controller) fails(start time.Time, demandW, canW float64, now time.Time) (*Impossible, bool) {
	limit, why := c.siteLimit(later(start, now))
	p, limited := limit.Power()
	if !limited {
		return nil, true
	}
	most := float64(p)
	if start.Equal(c.blockStart) {
		d := c.block
		if d.LengthH <= 0 {
			return nil, false
		}
		lowest := d
		lowest.PowerW = max(0, c.effectiveW(c.plant.site)-canW)
		if w := lowest.ProjectionW(); w > most+1 {
			return impossible(later(start, now), p, known(d.ProjectionW()).Power, canW, w-most, "this block ends above the limit whatever is moved"), true
		}
		return nil, true
	}
	needW := demandW
	if b, ok := c.forecast.block(start, now); ok {
		needW = float64(b.Q90)
	} else if start.Sub(now) > c.cfg.Block && limit == c.limit {
		return nil, false // nothing is known of it, and nothing changes
	}
	if why == "" {
		why = "the limit of the supply"
	}
	if armour := c.leastW(start); armour > most {
		return impossible(start, p, watts(armour), 0, armour-most, "what must not be cut does not fit under "+why), true
	}
	if lack := needW - canW - most; lack > 1 {
		return impossible(start, p, watts(needW), canW, lack, fmt.Sprintf("%s: more is expected than can be taken off", why)), true
	}
	return nil, true
}

func impossible(at time.Time, limit, need metering.Power, canW, deficitW float64, why string) *Impossible {
	return &Impossible{At: at, Limit: limit, Need: need, Can: watts(canW), Deficit: watts(math.Ceil(deficitW)), Why: why}
}

// ableW is what is drawn when nothing is held, and how much of it can be taken off
// or is: steps that work, set-points down to their band or the armour. Where no agent
// was ever heard nobody knows what people can do by hand, and all of it counts.
func (c *Controller) ableW(now time.Time) (demandW, canW float64) {
	demandW = c.effectiveW(c.plant.site)
	if !slices.ContainsFunc(c.plant.actuators, func(a *actuator) bool { return a.view.Known }) {
		return demandW, demandW
	}
	for _, cl := range c.plant.claims {
		demandW += cl.shedW
		able := 0.0
		for _, a := range cl.actuators {
			mode, _ := c.effective(a, now)
			if mode < metering.ModeAdvisory || now.Before(a.failedUntil) || !a.view.Online || c.excluded(a, now) != "" || a.cfg.Kind == metering.ActuatorBreaker {
				continue
			}
			switch {
			case a.open():
				able += a.outW
			case a.cfg.Kind == metering.ActuatorSetpoint:
				if w, ok := c.behind(a, now); ok {
					able += max(0, w-float64(a.cfg.Least))
				}
			default:
				able += a.drawsW()
			}
		}
		canW += min(able, max(0, cl.powerW+cl.shedW-c.armourW(cl)))
	}
	return demandW, canW
}

// leastW is what must not be cut at a time to come: the emergency armour once the
// technological one can be over, and what nobody can move.
func (c *Controller) leastW(at time.Time) float64 {
	w := c.plant.site.restW
	for _, n := range c.plant.nodes {
		w += n.restW
	}
	for _, cl := range c.plant.claims {
		armour := float64(cl.cfg.Technological)
		if at.Sub(c.now) >= cl.cfg.TechnologicalFor || c.emergencyArmour(cl) {
			armour = float64(cl.cfg.Emergency)
		}
		w += min(armour, cl.powerW+cl.shedW)
	}
	return w
}
