package dispatcher

import (
	"context"
	"slices"
	"time"

	"asue/metering"
)

// Diagram is what does not move on the single-line diagram: the network of the site
// file as it holds now. What flows stands in NetworkView, by the same names.
type Diagram struct {
	At           time.Time            `json:"at" doc:"the elements are those in force at this time"`
	Buses        []DiagramBus         `json:"buses" doc:"in the order of the site file"`
	Lines        []DiagramLine        `json:"lines"`
	Transformers []DiagramTransformer `json:"transformers"`
	Switches     []DiagramSwitch      `json:"switches"`
	Feeders      []DiagramFeeder      `json:"feeders" doc:"what draws at the buses, in the order of the site file"`
	Sources      []DiagramSource      `json:"sources"`
	Transfers    []DiagramTransfer    `json:"transfers" doc:"automatic transfers to the reserve (АВР)"`
	Scenarios    []DiagramScenario    `json:"scenarios" doc:"ways in which the site can be fed"`
	Voltages     []DiagramVoltageBand `json:"voltages" doc:"permitted voltages by nominal voltage"`
	Provenance   []DiagramProvenance  `json:"provenance" doc:"where figures of elements come from"`
}

// DiagramBus is a bus: an input, a section, the sending end of a line.
type DiagramBus struct {
	Node string            `json:"node"`
	Name string            `json:"name"`
	Kind metering.NodeKind `json:"kind" enum:"source,input,transformer,section,feeder,own-needs"`
	KV   float64           `json:"kv" doc:"nominal voltage"`
}

// DiagramLine is one circuit.
type DiagramLine struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	From      string  `json:"from" doc:"bus"`
	To        string  `json:"to" doc:"bus"`
	KV        float64 `json:"kv"`
	LengthKM  float64 `json:"length_km"`
	Conductor string  `json:"conductor,omitempty"`
	Towers    string  `json:"towers,omitempty" doc:"what circuits of the same name share: they can be lost at once"`
}

// DiagramTransformer is a three-winding transformer.
type DiagramTransformer struct {
	Node    string     `json:"node"`
	Name    string     `json:"name"`
	Buses   [3]string  `json:"buses" doc:"HV, MV, LV"`
	KV      [3]float64 `json:"kv" doc:"rated voltages of the windings"`
	MVA     [3]float64 `json:"mva"`
	StepPct float64    `json:"step_pct" doc:"of the tap changer; 0: there is none"`
	TapMin  int        `json:"tap_min"`
	TapMax  int        `json:"tap_max"`
}

// DiagramSwitch is a switching device between two buses.
type DiagramSwitch struct {
	ID     string              `json:"id"`
	Name   string              `json:"name"`
	Kind   metering.SwitchKind `json:"kind" enum:"breaker,disconnector"`
	A      string              `json:"a" doc:"bus"`
	B      string              `json:"b" doc:"bus"`
	Closed bool                `json:"closed" doc:"in the normal state"`
}

// DiagramFeeder is what hangs below a bus: a feeder, own needs.
type DiagramFeeder struct {
	Node      string            `json:"node"`
	Name      string            `json:"name"`
	Kind      metering.NodeKind `json:"kind" enum:"source,input,transformer,section,feeder,own-needs"`
	Bus       string            `json:"bus"`
	KV        float64           `json:"kv"`
	Residents []string          `json:"residents" doc:"who is fed here"`
	Points    []string          `json:"points" doc:"metering points at the feeder or, if it has none, the first ones below"`
}

// DiagramSource is what feeds a sending end.
type DiagramSource struct {
	Source     string   `json:"source"`
	Name       string   `json:"name"`
	Bus        string   `json:"bus" doc:"sending end"`
	Available  bool     `json:"available" doc:"may be counted on"`
	Note       string   `json:"note,omitempty"`
	ContractMW *float64 `json:"contract_mw,omitempty"`
	Meter      string   `json:"meter,omitempty" doc:"bus at which the contract is measured; absent: at the line's receiving end"`
	AngleKnown bool     `json:"angle_known" doc:"its angle against the other feeds was measured or agreed"`
}

// DiagramTransfer is an automatic transfer to the reserve.
type DiagramTransfer struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Watch   string   `json:"watch" doc:"bus"`
	Reserve string   `json:"reserve" doc:"bus that must have voltage"`
	Open    []string `json:"open"`
	Close   []string `json:"close"`
	AfterS  float64  `json:"after_s"`
	Out     bool     `json:"out,omitempty" doc:"taken out of service"`
}

// DiagramScenario is a supply scenario.
type DiagramScenario struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Sources  []string `json:"sources"`
	Open     []string `json:"open" doc:"switches that are open against the normal state"`
	Close    []string `json:"close"`
	Parallel bool     `json:"parallel,omitempty"`
	Note     string   `json:"note,omitempty"`
}

// DiagramVoltageBand is what is permitted at buses of a nominal voltage.
type DiagramVoltageBand struct {
	KV      float64 `json:"kv"`
	MinKV   float64 `json:"min_kv"`
	MaxKV   float64 `json:"max_kv"`
	Highest float64 `json:"highest_kv,omitempty" doc:"highest voltage of the equipment"`
}

// DiagramProvenance says how good figures of an element are.
type DiagramProvenance struct {
	Element string         `json:"element" doc:"id of a line, switch, transfer; node of a transformer; id of a source; voltage-110; load-plan"`
	Fields  []string       `json:"fields" doc:"of which it speaks, as in the site file; empty: all others"`
	Basis   metering.Basis `json:"basis" enum:"measured,passport,assumed"`
	Source  string         `json:"source,omitempty"`
	Date    string         `json:"date,omitempty"`
}

func (s *Server) getDiagram(context.Context, *nothing) (*answer[Diagram], error) {
	if err := s.noNetwork(); err != nil {
		return nil, err
	}
	return &answer[Diagram]{diagramOf(s.site(), s.cfg.Now().UTC())}, nil
}

func diagramOf(site *metering.Site, at time.Time) Diagram {
	d := Diagram{
		At: at, Buses: []DiagramBus{}, Lines: []DiagramLine{}, Transformers: []DiagramTransformer{}, Switches: []DiagramSwitch{},
		Feeders: feedersOf(site), Sources: []DiagramSource{}, Transfers: []DiagramTransfer{}, Scenarios: []DiagramScenario{},
		Voltages: []DiagramVoltageBand{}, Provenance: []DiagramProvenance{},
	}
	net := &site.Network
	buses := net.BusSet()
	for _, n := range site.Topology.Nodes {
		if buses[n.ID] {
			d.Buses = append(d.Buses, DiagramBus{Node: string(n.ID), Name: n.Name, Kind: n.Kind, KV: n.VoltageKV})
		}
	}
	for _, l := range net.Lines {
		if !l.Holds(at) {
			continue
		}
		from, _ := site.Topology.Node(l.From)
		d.Lines = append(d.Lines, DiagramLine{ID: string(l.ID), Name: l.Name, From: string(l.From), To: string(l.To), KV: from.VoltageKV,
			LengthKM: l.LengthKM, Conductor: l.Conductor, Towers: l.Towers})
		d.provenance(string(l.ID), l.Origin)
	}
	for _, t := range net.Transformers {
		if !t.Holds(at) {
			continue
		}
		node, _ := site.Topology.Node(t.Node)
		view := DiagramTransformer{Node: string(t.Node), Name: node.Name, KV: t.KV, MVA: t.MVA, StepPct: t.Tap.StepPct, TapMin: t.Tap.Min, TapMax: t.Tap.Max}
		for i, b := range t.Bus {
			view.Buses[i] = string(b)
		}
		d.Transformers = append(d.Transformers, view)
		d.provenance(string(t.Node), t.Origin)
	}
	for _, w := range net.Switches {
		if w.Holds(at) {
			d.Switches = append(d.Switches, DiagramSwitch{ID: string(w.ID), Name: w.Name, Kind: w.Kind, A: string(w.A), B: string(w.B), Closed: w.Closed})
			d.provenance(string(w.ID), w.Origin)
		}
	}
	d.supply(site, at)
	return d
}

// supply adds what feeds the network, and in which ways.
func (d *Diagram) supply(site *metering.Site, at time.Time) {
	for _, f := range site.Network.Feeds {
		i := slices.IndexFunc(site.Sources, func(src metering.Source) bool { return src.ID == f.Source })
		if i < 0 || !f.Holds(at) {
			continue
		}
		src := site.Sources[i]
		view := DiagramSource{Source: src.ID, Name: src.Name, Bus: string(src.Node), Available: src.Available, Note: src.Note, Meter: string(f.Meter), AngleKnown: f.AngleKnown}
		if p, ok := src.Contract.Power(); ok {
			view.ContractMW = ptr(p.Megawatts())
		}
		d.Sources = append(d.Sources, view)
		d.provenance(f.Source, f.Origin)
	}
	for _, t := range site.Network.Transfers {
		if t.Holds(at) {
			d.Transfers = append(d.Transfers, DiagramTransfer{ID: string(t.ID), Name: t.Name, Watch: string(t.Watch), Reserve: string(t.Reserve),
				Open: names(t.Open), Close: names(t.Close), AfterS: t.After.Seconds(), Out: t.Out})
			d.provenance(string(t.ID), t.Origin)
		}
	}
	for _, sc := range site.Network.Scenarios {
		d.Scenarios = append(d.Scenarios, DiagramScenario{ID: string(sc.ID), Name: sc.Name, Sources: names(sc.Sources),
			Open: names(sc.Open), Close: names(sc.Close), Parallel: sc.Parallel, Note: sc.Note})
	}
	for _, v := range site.Network.Voltages {
		if v.Holds(at) {
			d.Voltages = append(d.Voltages, DiagramVoltageBand{KV: v.KV, MinKV: v.Min, MaxKV: v.Max, Highest: v.Highest})
			d.provenance("voltage-"+shortKV(v.KV), v.Origin)
		}
	}
	d.provenance("load-plan", site.Network.Plan.Origin)
}

func (d *Diagram) provenance(element string, o metering.Origin) {
	for _, p := range o.Provenance {
		d.Provenance = append(d.Provenance, DiagramProvenance{Element: element, Fields: names(p.Of), Basis: p.Basis, Source: p.Source, Date: p.Date})
	}
}
