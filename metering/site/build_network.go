package site

import (
	"cmp"

	"asue/metering"
)

func (d networkDraft) build() metering.Network {
	n := metering.Network{Recovery: d.recovery.Or(1)}
	for _, f := range d.feeds.V {
		n.Feeds = append(n.Feeds, f.V.build())
	}
	for _, l := range d.lines.V {
		n.Lines = append(n.Lines, l.V.build())
	}
	for _, t := range d.transformers.V {
		n.Transformers = append(n.Transformers, t.V.build())
	}
	for _, s := range d.switches.V {
		between := values(s.V.between.V)
		n.Switches = append(n.Switches, metering.Switch{ID: s.V.id.V, Name: cmp.Or(s.V.name.V, string(s.V.id.V)), Kind: s.V.kind.V,
			A: between[0], B: between[1], Closed: s.V.closed.V, Amperes: s.V.current.V, Point: s.V.point.V, Origin: s.V.origin.build()})
	}
	for _, t := range d.transfers.V {
		n.Transfers = append(n.Transfers, metering.Transfer{ID: t.V.id.V, Name: cmp.Or(t.V.name.V, string(t.V.id.V)), Watch: t.V.watch.V, Reserve: t.V.reserve.V,
			Open: values(t.V.open.V), Close: values(t.V.close.V), After: t.V.after.V, Out: t.V.out.V, Origin: t.V.origin.build()})
	}
	for _, s := range d.scenarios.V {
		n.Scenarios = append(n.Scenarios, metering.SupplyScenario{ID: s.V.id.V, Name: s.V.name.V, Sources: values(s.V.sources.V),
			Open: values(s.V.open.V), Close: values(s.V.close.V), Parallel: s.V.parallel.V, Note: s.V.note.V})
	}
	for _, v := range d.voltages.V {
		n.Voltages = append(n.Voltages, metering.VoltageBand{KV: v.V.nominal.V, Min: v.V.min.V, Max: v.V.max.V, Highest: v.V.highest.V, Origin: v.V.origin.build()})
	}
	n.Plan = metering.LoadPlan{PowerFactor: d.plan.V.powerFactor.V, Origin: d.plan.V.origin.build()}
	for _, s := range d.plan.V.shares.V {
		n.Plan.Shares = append(n.Plan.Shares, metering.LoadShare{Node: s.V.node.V, Part: s.V.part.V / 100})
	}
	return n
}

func (d feedDraft) build() metering.Feed {
	return metering.Feed{Source: d.source.V, Station: d.station.V, KV: d.voltage.V, Deg: d.angle.V, AngleKnown: d.angleKnown.V,
		ShortCircuitMVA: d.shortCircuit.V, RToX: d.rToX.V, Meter: d.meter.V, Origin: d.origin.build()}
}

func (d networkLineDraft) build() metering.NetworkLine {
	return metering.NetworkLine{ID: d.id.V, Name: cmp.Or(d.name.V, string(d.id.V)), From: d.from.V, To: d.to.V, LengthKM: d.length.V,
		Conductor: d.conductor.V, OhmPerKM: d.resistance.V, ReactPerKM: d.reactance.V, MicroSPerKM: d.susceptance.V, Amperes: d.current.V,
		Towers: d.towers.V, Origin: d.origin.build()}
}

func (d threeWindingDraft) build() metering.ThreeWinding {
	t := metering.ThreeWinding{Node: d.node.V, UkOnHV: d.ukBase.Or(ukOnHV) == ukOnHV, PkKW: d.loadLoss.V, PxKW: d.noLoadLoss.V,
		IxPct: d.noLoadCurrent.V, Tap: d.tap.V.build(), Cooling: d.cooling.V, Origin: d.origin.build()}
	copy(t.Bus[:], values(d.buses.V))
	copy(t.KV[:], values(d.voltages.V))
	copy(t.MVA[:], values(d.powers.V))
	copy(t.Uk[:], values(d.uk.V))
	return t
}

func (d tapDraft) build() metering.TapChanger {
	t := metering.TapChanger{StepPct: d.step.V, Min: d.min.V, Max: d.max.V, Position: d.position.V, TargetKV: d.target.V, BandPct: d.band.V, Blocked: d.blocked.V}
	if d.step.Stated() {
		t.Holds = d.winding()
	}
	return t
}

// winding is the one whose bus is held: 1 for MV, 2 for LV.
func (d tapDraft) winding() int {
	if d.holds.V == holdsMV {
		return 1
	}
	return 2
}

func (d originDraft) build() metering.Origin {
	o := metering.Origin{Period: metering.Period{From: d.from.V, To: d.to.V}}
	for _, p := range d.provenance.V {
		o.Provenance = append(o.Provenance, metering.Provenance{Of: values(p.V.of.V), Basis: p.V.basis.V, Source: p.V.source.V, Date: p.V.date.V})
	}
	return o
}
