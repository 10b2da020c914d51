package rehearsal

import (
	"math"
	"time"

	"asue/balancing"
	"asue/metering"
)

// blocks looks at the true energy of the blocks of the contract, and at what could have
// been moved.
type blocks struct {
	*zone
	begun    time.Time
	startWh  float64
	complete bool
	limitW   float64
	excuse   string
	toldAt   time.Time // since when it is told that the limit is in danger
	armedAt  time.Time // since when auto is armed and led; zero: it is not
}

func newBlocks(z *zone) *blocks { return &blocks{zone: z} }

const blockLength = 30 * time.Minute

func (b *blocks) begin() {
	next := b.now.Truncate(blockLength).Add(blockLength)
	b.every(next.Sub(b.now), blockLength, b.turn)
	b.every(5*time.Second, 5*time.Second, b.look)
}

func (b *blocks) drawnWh() float64 {
	b.world.StepTo(b.now)
	sum := 0.0
	for _, p := range b.site.Inputs() {
		sum += float64(b.world.Truth(p.ID, metering.ChannelActiveImport)) / 1000
	}
	return sum
}

// turn closes a block and opens the next one.
func (b *blocks) turn() {
	wh := b.drawnWh()
	if b.complete {
		told := !b.toldAt.IsZero() && b.now.Sub(b.toldAt) >= time.Minute
		b.tell(blockEnded{b.stamp(), (wh - b.startWh) / blockLength.Hours(), b.limitW, b.excuse, told})
	}
	b.begun, b.startWh, b.complete, b.excuse, b.limitW = b.now, wh, true, "", b.trueLimitW()
}

// trueLimitW is the limit of the line that feeds, the calendar and the orders of persons
// that were accepted.
func (b *blocks) trueLimitW() float64 {
	limit := math.Inf(1)
	lower := func(p metering.Power) { limit = min(limit, float64(p)) }
	for _, src := range b.site.Sources {
		inputs := balancing.SupplyOf(b.site, b.now, src).InService
		for _, id := range inputs {
			m, _ := b.world.Snapshot().Point(id)
			p, stated := src.Contract.Power()
			if m.Live && stated && m.P > 0 {
				lower(p)
			}
		}
	}
	for _, l := range b.site.Limits {
		if p, stated := l.Limit.Power(); stated && l.At(b.now, b.site.Location) && l.Node == b.site.Sources[0].Node {
			lower(p)
		}
	}
	for _, o := range b.persons.limits {
		if b.now.Before(o.Expires) {
			lower(o.Power)
		}
	}
	return limit
}

// look samples whether the limit could be held now.
func (b *blocks) look() {
	b.world.StepTo(b.now)
	d := b.leader()
	armed := d != nil && d.led.Held && d.last.Hands != nil && d.last.Hands.Armed && d.last.Hands.Commands && d.last.Hands.Inhibited == ""
	switch {
	case !armed:
		b.armedAt = time.Time{}
	case b.armedAt.IsZero():
		b.armedAt = b.now
	}
	danger := false
	for _, d := range b.desks {
		for _, kind := range d.notices {
			switch kind {
			case balancing.KindOver, balancing.KindImpossible, balancing.KindShortfall, balancing.KindUnknown, balancing.KindPower, balancing.KindEmergency, balancing.KindLimit, balancing.KindArmour:
				danger = true
			}
		}
	}
	switch {
	case !danger:
		b.toldAt = time.Time{}
	case b.toldAt.IsZero():
		b.toldAt = b.now
	}
	switch {
	case b.trueLimitW() != b.limitW:
		b.excuse = "the limit has changed" // whatever was said before: a line that returned, say
	case b.excuse != "":
	case !b.temper.calm:
		b.excuse = "too much is broken in this run"
	case !armed || b.now.Sub(b.armedAt) < 3*time.Minute:
		b.excuse = "auto is not armed"
	case b.lackW() > 0:
		b.excuse = "the loads that may be moved do not suffice"
	}
}

// lackW is what is missing if three fifths of what may be moved by itself are taken off.
func (b *blocks) lackW() float64 {
	snap := b.world.Snapshot()
	able := map[metering.ResidentID]float64{}
	for _, x := range b.site.Actuators {
		v, _ := snap.Actuator(x.ID)
		if x.Mode != metering.ModeAuto || v.Local || v.Offline || b.persons.touched[x.ID] {
			continue
		}
		if x.Kind == metering.ActuatorSetpoint {
			able[x.Resident] += max(0, float64(v.Demand-x.Least))
			continue
		}
		able[x.Resident] += float64(v.Demand)
	}
	sum := 0.0
	for _, r := range b.site.Residents {
		demand, _ := snap.Resident(r.ID)
		armour := metering.Power(0)
		for _, a := range b.site.Armours {
			if a.Resident == r.ID {
				armour = a.Technological
			}
		}
		sum += min(able[r.ID], max(0, float64(demand-armour)))
	}
	return float64(snap.Demand()) - 0.97*b.limitW - 0.6*sum
}
