package balancing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Groups of notices of the acting half, of which one at most stands at a time.
const (
	aboutShares    = "shares"
	aboutAdvice    = "advice"
	aboutEmergency = "emergency"
	aboutArmour    = "armour"
	aboutShortfall = "shortfall"
	aboutSelfCheck = "selfcheck"
	aboutAhead     = "ahead"
	aboutInhibited = "inhibited"
)

// Kinds of notices of the acting half, and their arguments.
const (
	KindShares     = "above_share"        // shares deadline_at: who is asked to come down, and why
	KindAdvice     = "shed_advised"       // actions drop_w: what people should do
	KindEmergency  = "emergency"          // reason
	KindInhibited  = "inhibited"          // reason
	KindArmour     = "armour_not_held"    // node need_w limit_w deficit_w technological until_at
	KindShortfall  = "shortfall"          // node missing_w
	KindSelfCheck  = "shares_selfcheck"   // reason
	KindImpossible = "limit_not_possible" // start_at limit_w need_w can_w deficit_w held_at reason
	KindFailed     = "actuator_failed"    // actuator resident reason
	KindReverted   = "lease_ended"        // actuator resident reason
	KindMaxOff     = "off_too_long"       // actuator resident reason
)

// advise asks those who are above their share to come down, with the reason, until
// a deadline; who is above its technical conditions stands first.
func (c *Controller) advise(now time.Time) {
	var over []Share
	for i, cl := range c.plant.claims {
		s := c.shares[i]
		margin := max(c.cfg.Acting.Reissue, metering.Power(c.cfg.Acting.ReissueShare*float64(s.Allowed)))
		if cl.guessed || s.Power <= s.Share+margin {
			cl.asked = time.Time{}
			continue
		}
		if cl.asked.IsZero() {
			cl.asked = now
		}
		over = append(over, s)
	}
	if len(over) == 0 {
		c.end(aboutShares, nil, now)
		return
	}
	slices.SortStableFunc(over, func(a, b Share) int {
		return cmp.Or(-compareBool(a.Power > a.Allowed, b.Power > b.Allowed), cmp.Compare(b.Power-b.Share, a.Power-a.Share), cmp.Compare(a.Resident, b.Resident))
	})
	c.tell(aboutShares, KindShares, Warning, map[string]any{"shares": over, "deadline_at": now.Add(c.cfg.Acting.NoticeFor)}, now)
}

// tellAdvice tells people what they should move, because the mode keeps the
// controller from it.
func (c *Controller) tellAdvice(actions []action, now time.Time) {
	if len(actions) == 0 {
		c.end(aboutAdvice, nil, now)
		return
	}
	texts := make([]string, len(actions))
	drop := 0.0
	for i, act := range actions {
		texts[i] = fmt.Sprintf("%s: %v", act.actuator.cfg.ID, act.want)
		drop += act.dropW
	}
	c.tell(aboutAdvice, KindAdvice, Warning, map[string]any{"actions": texts, "drop_w": known(drop).Power}, now)
}

// endNotices ends what was said while the load was held.
func (c *Controller) endNotices(now time.Time) {
	for _, cl := range c.plant.claims {
		cl.asked = time.Time{}
	}
	for _, group := range []string{aboutShares, aboutAdvice, aboutShortfall, aboutArmour} {
		c.end(group, nil, now)
	}
	c.armour, c.armourShort = nil, ""
	for _, cl := range c.plant.claims {
		cl.told = time.Time{}
	}
}

// judgeArmour speaks of armour that does not fit. From the first notice on the time
// of the technological armour runs; when it is over the emergency armour counts.
func (c *Controller) judgeArmour(violations []violation, now time.Time) {
	c.armour, c.armourShort = violations, ""
	if len(violations) == 0 {
		c.end(aboutArmour, nil, now)
		return
	}
	until := now
	for _, v := range violations {
		if !v.technological {
			c.armourShort = "even the emergency armour does not fit: " + tellViolations([]violation{v})
		}
		for _, cl := range c.plant.claims {
			if cl.cfg.Technological == 0 || !cl.node.under(v.node) {
				continue
			}
			if cl.told.IsZero() {
				cl.told = now
				c.write(EntryAlarm, string(cl.cfg.Resident), fmt.Sprintf("its technological armour of %v can be held for %v more, then %v: %s",
					cl.cfg.Technological, cl.cfg.TechnologicalFor, cl.cfg.Emergency, tellViolations([]violation{v})), nil)
			}
			until = later(until, cl.told.Add(cl.cfg.TechnologicalFor))
		}
	}
	v := violations[0]
	c.tell(aboutArmour, KindArmour, Alarm, map[string]any{
		"node": v.node.name(), "need_w": v.need, "limit_w": v.limit, "deficit_w": v.deficit, "technological": v.technological, "until_at": until,
	}, now)
}

// tellShortfall speaks of a node at which all that may be moved does not suffice.
func (c *Controller) tellShortfall(p plan, now time.Time) {
	c.shortfall = watts(p.shortW)
	if p.shortW < 1000 {
		c.end(aboutShortfall, nil, now)
		return
	}
	c.tell(aboutShortfall, KindShortfall, Alarm, map[string]any{"node": p.shortAt.name(), "missing_w": c.shortfall}, now)
}

func (c *Controller) tellInhibited(why string, now time.Time) {
	if why == "" {
		c.end(aboutInhibited, nil, now)
		return
	}
	c.tell(aboutInhibited, KindInhibited, Warning, map[string]any{"reason": why}, now)
}

// eventNotice says something about an actuator that is over as soon as it has
// happened.
func (c *Controller) eventNotice(kind string, severity Severity, a *actuator, text string, now time.Time) {
	c.out = append(c.out, Notice{ID: id(kind+"/"+string(a.cfg.ID), now), At: now, Kind: kind, Severity: severity, Args: map[string]any{
		"actuator": string(a.cfg.ID), "resident": string(a.cfg.Resident), "reason": text,
	}})
}
