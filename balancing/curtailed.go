package balancing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// EntryCurtailed says that something was kept from a resident in a base period:
// what it drew there is not what it would have drawn. The subject is the resident,
// the arguments from_at and to_at, and energy_wh, as far as the steps tell it.
const EntryCurtailed = "curtailed"

// curtailed counts what is kept from each resident in the base period in progress.
type curtailed struct {
	period metering.Period
	seen   time.Time
	kept   map[metering.ResidentID]float64 // Wh; a resident is in it as soon as something is kept
}

// curtail counts on to now, and writes the period down when it is over. Who follows
// another balancer writes nothing: that one does.
func (c *Controller) curtail(now time.Time) {
	h := &c.kept
	if start := metering.PeriodStart(now); !h.period.From.Equal(start) {
		c.tellCurtailed()
		h.period = metering.Period{From: start, To: start.Add(metering.BasePeriod)}
		h.kept, h.seen = map[metering.ResidentID]float64{}, start
	}
	hours := max(0, now.Sub(h.seen)).Hours()
	h.seen = now
	for _, cl := range c.plant.claims {
		if cl.curtailed() {
			h.kept[cl.cfg.Resident] += math.Max(0, cl.shedW) * hours
		}
	}
}

// curtailed reports whether something is kept from a claim now: a step that is off,
// or a set-point that it comes up to.
func (cl *claim) curtailed() bool {
	return slices.ContainsFunc(cl.actuators, func(a *actuator) bool {
		limit, capped := a.capped()
		return a.open() || (capped && cl.powerW >= 0.95*float64(limit))
	})
}

func (c *Controller) tellCurtailed() {
	h := &c.kept
	if !c.lead.Held {
		return
	}
	for _, r := range c.cfg.Residents {
		wh, some := h.kept[r.ID]
		if !some {
			continue
		}
		energy := metering.Energy(math.Round(wh))
		how := "by its set-point"
		if energy > 0 {
			how = fmt.Sprintf("%v by the steps that were off", energy)
		}
		c.write(EntryCurtailed, string(r.ID), fmt.Sprintf("%s was held back from %s to %s: %s", r.Name,
			h.period.From.In(c.cfg.Location).Format("15:04"), h.period.To.In(c.cfg.Location).Format("15:04"), how),
			map[string]any{"from_at": h.period.From, "to_at": h.period.To, "energy_wh": energy})
	}
}
