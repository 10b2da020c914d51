package simulator

import (
	"time"

	"asue/metering"
)

// pipe is gas or water that passes somewhere.
type pipe struct {
	medium   metering.Medium
	resident metering.ResidentID // empty for a sum
	takes    thirst
	peak     float64 // L/h of a works that draws its peak power
	dice     source
	loads    []int   // of the works, which say how much is produced
	power    float64 // W, peak of these loads together
	parts    []*pipe // a sum: what flows through these, and what is lost
	lost     int64   // thousandths of the sum
	rate     int64   // mL/h, of the slot, ≥ 0
	volume   counter // thousandths of a litre
}

// thirst is how much of a medium a trade takes, per megawatt of its peak power.
type thirst struct {
	perMW   float64 // m³/h at full production
	base    float64 // share that is taken with nothing produced: people, pilot flames
	heating float64 // m³/h per MW that the buildings take in the hardest frost
}

// thirsts of the trades. They are the project's own invention, of the order that
// such works have: kilns burn some hundred cubic metres of gas an hour, a chemical
// works takes water by the tens.
var thirsts = map[metering.Medium]map[metering.Trade]thirst{
	metering.Gas: {
		metering.TradeCeramics: {420, 0.10, 10}, metering.TradeChemistry: {70, 0.05, 12}, metering.TradeMetal: {90, 0.05, 15},
		metering.TradeBuilding: {130, 0.02, 10}, metering.TradePlastics: {2, 0, 14}, metering.TradeLogistics: {0, 0, 40},
		metering.TradeOffices: {0, 0, 30}, metering.TradeGas: {6, 0.2, 6}, metering.TradeDataCentre: {0, 0, 1},
	},
	metering.DrinkingWater: {
		metering.TradeCeramics: {1.2, 0.10, 0}, metering.TradeChemistry: {2.5, 0.10, 0}, metering.TradeMetal: {0.8, 0.10, 0},
		metering.TradeBuilding: {1.5, 0.05, 0}, metering.TradePlastics: {0.7, 0.05, 0}, metering.TradeLogistics: {2, 0.10, 0},
		metering.TradeOffices: {4, 0.02, 0}, metering.TradeGas: {0.5, 0.10, 0}, metering.TradeDataCentre: {0.4, 0.20, 0},
	},
	metering.ProcessWater: {
		metering.TradeCeramics: {3, 0, 0}, metering.TradeChemistry: {9, 0.05, 0}, metering.TradeMetal: {2.5, 0, 0},
		metering.TradeBuilding: {6, 0, 0}, metering.TradeDataCentre: {1.5, 0.05, 0},
	},
	// Of what comes in, the works let go the most; the rest is in their goods or has
	// become steam.
	metering.Sewage: {
		metering.TradeCeramics: {1.1, 0.10, 0}, metering.TradeChemistry: {7, 0.08, 0}, metering.TradeMetal: {1.6, 0.05, 0},
		metering.TradeBuilding: {1.8, 0.03, 0}, metering.TradePlastics: {0.6, 0.05, 0}, metering.TradeLogistics: {1.8, 0.10, 0},
		metering.TradeOffices: {3.8, 0.02, 0}, metering.TradeGas: {0.4, 0.10, 0}, metering.TradeDataCentre: {0.7, 0.10, 0},
	},
}

// pipeLoss is what a medium loses on its way through the zone, in thousandths of
// what arrives; of sewage that much comes in from outside.
var pipeLoss = map[metering.Medium]int64{metering.Gas: 4, metering.DrinkingWater: 35, metering.ProcessWater: 25, metering.Sewage: 15}

// addPipes makes what the works take of each medium for which the site has a point,
// and the sums at the inputs.
func (n *network) addPipes(site *metering.Site, seed uint64, at time.Time) {
	n.piped = make(map[metering.PointID]*pipe)
	for _, medium := range metering.Media()[1:] {
		var points []metering.Point
		for _, p := range site.Points {
			if p.MediumOf() == medium {
				points = append(points, p)
			}
		}
		if len(points) == 0 {
			continue
		}
		all := &pipe{medium: medium, lost: pipeLoss[medium]}
		works := map[metering.ResidentID]*pipe{}
		for _, r := range site.Residents {
			if p := n.pipeOf(site, r, medium, seed, at); p != nil {
				works[r.ID] = p
				all.parts = append(all.parts, p)
				n.pipes = append(n.pipes, p)
			}
		}
		n.pipes = append(n.pipes, all)
		n.attachPipes(points, all, works)
	}
}

// pipeOf is what a works takes of a medium; nil for one that draws no power or
// stands idle.
func (n *network) pipeOf(site *metering.Site, r metering.Resident, medium metering.Medium, seed uint64, at time.Time) *pipe {
	how, plays := simulation(site, r, at)
	takes := thirsts[medium][r.Trade]
	if !plays || takes == (thirst{}) || r.State == metering.Idle {
		return nil
	}
	p := &pipe{medium: medium, resident: r.ID, takes: takes, peak: takes.perMW * 1000 * how.Peak.Megawatts(),
		dice: sourceFor(seed, string(medium)+" of "+string(r.ID))}
	for i := range n.loads {
		if n.loads[i].resident == r.ID {
			p.loads = append(p.loads, i)
			p.power += n.loads[i].peak
		}
	}
	return p
}

// attachPipes says for every point which pipe its meter stands in. Of several
// points of one works each sees its part; whatever is no works' point sees all that
// comes in, and of several inputs each sees its part.
func (n *network) attachPipes(points []metering.Point, all *pipe, works map[metering.ResidentID]*pipe) {
	same := func(p metering.Point, q metering.Point) bool { return p.Role == q.Role && p.Resident == q.Resident }
	for _, p := range points {
		if p.Role == metering.RoleCheck {
			continue
		}
		source := all
		if p.Role == metering.RoleResident {
			source = works[p.Resident]
		}
		seen := &pipe{medium: all.medium}
		if source != nil {
			share := int64(0)
			for _, q := range points {
				if same(p, q) {
					share++
				}
			}
			if share == 1 || p.Role != metering.RoleResident && p.Role != metering.RoleInput {
				n.piped[p.ID] = source
				continue
			}
			seen = &pipe{medium: all.medium, parts: []*pipe{source}, lost: 1000/share - 1000}
		}
		n.pipes = append(n.pipes, seen)
		n.piped[p.ID] = seen
	}
	for _, p := range points {
		if p.Role != metering.RoleCheck {
			continue
		}
		if n.piped[p.ID] = n.piped[p.Checks]; n.piped[p.ID] == nil {
			n.piped[p.ID] = all
		}
	}
}

// pour finds what flows in the slot whose centre is m, after the power of all loads
// is known.
func (w *World) pour(m moment) {
	for _, p := range w.net.pipes {
		if p.power == 0 {
			p.rate = 0
			for _, part := range p.parts {
				p.rate += part.rate
			}
			p.rate = p.rate * (1000 + p.lost) / 1000
			continue
		}
		var drawn int64 // mW
		for _, i := range p.loads {
			drawn += w.net.loads[i].p
		}
		produced := float64(drawn) / 1000 / p.power
		litres := p.peak*(p.takes.base+(1-p.takes.base)*produced)*(1+0.05*p.dice.drift(m.ns, 45*time.Minute)) +
			p.takes.heating*1000*p.power/1e6*m.heating()
		p.rate = int64(max(0, litres) * 1000)
	}
}

func (w *World) countVolumes(d time.Duration) {
	for _, p := range w.net.pipes {
		p.volume.add(p.rate, d)
	}
}

// through is the volume that has passed, in thousandths of a litre; nothing of
// another channel has.
func (p *pipe) through(c metering.Channel) int64 {
	if c.Medium() != p.medium {
		return 0
	}
	return p.volume.milli
}

func (p *pipe) measure() Measure {
	return Measure{Live: true, Medium: p.medium, Volume: p.volume.milli}
}
