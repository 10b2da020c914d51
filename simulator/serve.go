package simulator

import (
	"time"

	"asue/metering"
)

// serve finds what every load draws: what it wants, less what its actuators keep from
// it. Where that is something else than before, power flows anew.
func (w *World) serve() {
	loads := w.net.loads
	for i := range loads {
		l := &loads[i]
		l.next, l.rest = 0, 1
		if l.at.live {
			l.next = l.wants + l.extra
		}
	}
	for i := range w.outputs {
		if o := &w.outputs[i]; o.share > 0 && !o.closed {
			for _, k := range o.loads {
				loads[k].next = max(0, loads[k].next-int64(o.share*float64(loads[k].wants)))
				loads[k].rest -= o.share
			}
		}
	}
	for i := range w.outputs {
		if o := &w.outputs[i]; o.Kind == metering.ActuatorSetpoint {
			w.keepBelow(o)
		}
	}
	changed := w.cut // what is dark may have losses only
	for i := range loads {
		l := &loads[i]
		if l.next == l.p {
			continue
		}
		changed = true
		q := l.wantsQ
		if l.wants > 0 && l.next != l.wants {
			q = int64(float64(q) * float64(l.next) / float64(l.wants))
		}
		l.set(l.next, q)
	}
	if changed {
		w.ripple = -1
		w.flow(served)
	}
	w.pour(w.moment)
}

// keepBelow holds the loads of a set-point together below its cap.
func (w *World) keepBelow(o *output) {
	most, sum := o.allows(w.now), int64(0)
	for _, k := range o.loads {
		sum += w.net.loads[k].next
	}
	if sum <= most {
		return
	}
	share := float64(most) / float64(sum)
	for _, k := range o.loads {
		w.net.loads[k].next = int64(share * float64(w.net.loads[k].next))
	}
}

// What was kept from some loads, or lost in the dark, is made up for afterwards:
// chillers have to cool down what has warmed up. A load owes at most what its rebound
// gives in reboundMost, and pays it back over reboundOver.
const (
	reboundMost = 15 * time.Minute
	reboundOver = 5 * time.Minute
)

// makeUp takes account of the second that has passed.
func (w *World) makeUp() {
	for i := range w.net.loads {
		l := &w.net.loads[i]
		if l.rebound <= 1 {
			continue
		}
		over := float64(l.wants) * (l.rebound - 1)
		l.owed += float64(l.wants - l.p) // less than nothing where it draws more
		l.owed = min(max(0, l.owed), over*reboundMost.Seconds())
		l.extra = int64(min(over, l.owed/reboundOver.Seconds()))
		if l.extra < l.wants/1000 {
			l.extra = 0
			if l.p >= l.wants {
				l.owed = 0
			}
		}
	}
}

// madeUpFor reports whether some load is short of what it will make up for, or makes
// up for it.
func (w *World) madeUpFor() bool {
	for i := range w.net.loads {
		if l := &w.net.loads[i]; l.rebound > 1 && (l.owed > 0 || l.p < l.wants) {
			return true
		}
	}
	return false
}

// demand is the power of the zone's inputs in mW if nothing was shed: what all loads
// want, and the losses that belong to it.
func (w *World) demand() int64 {
	sum, drawn := int64(0), int64(0)
	for _, f := range w.inputs {
		sum += f.p
	}
	for i := range w.net.loads {
		l := &w.net.loads[i]
		sum += l.wants
		drawn += l.p
	}
	return sum - drawn
}
