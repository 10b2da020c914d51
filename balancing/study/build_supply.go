package study

import (
	"fmt"
	"math"
	"slices"

	"asue/balancing/powerflow"
	"asue/metering"
)

func (b *builder) feeds() {
	m := b.m
	for _, f := range inForce(m, m.site.Network.Feeds, func(f metering.Feed) metering.Period { return f.Period }) {
		what := "source " + f.Source
		source, ok := b.source(f.Source)
		if !ok {
			b.refuse(what, "the site has no such source", "write the id of a source")
			continue
		}
		at, ok := b.bus(source.Node)
		if !ok || b.doubled(what, slices.ContainsFunc(m.feeds, func(o feed) bool { return o.Source == f.Source })) {
			continue
		}
		one := feed{Feed: f, source: source, bus: at}
		if one.station = b.station(what, f); one.station < 0 {
			continue
		}
		m.stations[one.station].feeds = append(m.stations[one.station].feeds, len(m.feeds))
		b.meter(&one)
		m.feeds = append(m.feeds, one)
	}
}

// station is the busbar behind a feed; −1 if it cannot be one. Feeds of one station
// share what is behind it.
func (b *builder) station(what string, f metering.Feed) int {
	m := b.m
	for i, s := range m.stations {
		first := m.feeds[s.feeds[0]]
		if f.Station == "" || s.name != f.Station {
			continue
		}
		if first.KV != f.KV || first.Deg != f.Deg || first.ShortCircuitMVA != f.ShortCircuitMVA || first.RToX != f.RToX || !b.sameKV(first.source.Node, f.Source) {
			b.refuse(what, fmt.Sprintf("it stands on the busbar of %s at another voltage, angle or short-circuit power", first.Source), "state the same for all feeds of a station")
			return -1
		}
		return i
	}
	s := station{name: f.Station, generator: len(m.net.Generators), behind: -1}
	source, _ := b.source(f.Source)
	busbar := string(source.Node) + "@"
	kv := m.buses[m.byNode[source.Node]].kv
	m.net.Buses = append(m.net.Buses, powerflow.Bus{ID: busbar, BaseKV: kv})
	if f.ShortCircuitMVA > 0 {
		s.behind = len(m.net.Branches)
	}
	err := m.net.AddSource(powerflow.Source{Bus: busbar, KV: f.KV, Deg: f.Deg, ShortCircuitMVA: f.ShortCircuitMVA, RToX: f.RToX})
	if err != nil {
		b.refuse(what, err.Error(), "state the voltage that is held at its sending end")
		return -1
	}
	m.stations = append(m.stations, s)
	return len(m.stations) - 1
}

func (b *builder) sameKV(node metering.NodeID, source string) bool {
	other, _ := b.source(source)
	return b.m.buses[b.m.byNode[node]].kv == b.m.buses[b.m.byNode[other.Node]].kv
}

// ties are the switches between busbars of stations and sending ends, behind all
// others in the list, one for each feed.
func (b *builder) ties() {
	for _, f := range b.m.feeds {
		first := b.m.feeds[b.m.stations[f.station].feeds[0]]
		b.m.net.Switches = append(b.m.net.Switches, powerflow.Switch{A: string(first.source.Node) + "@", B: string(f.source.Node)})
	}
}

// meter finds where the contract of a source is measured: at its sending end, or at
// the far ends of its lines.
func (b *builder) meter(f *feed) {
	for i, l := range b.m.lines {
		if l.from == f.bus || l.to == f.bus {
			f.lines = append(f.lines, i)
		}
	}
	at := f.Meter
	f.metered = len(f.lines) == 0 || at == b.m.buses[f.bus].node
	if at == "" || f.metered {
		return
	}
	for _, i := range f.lines {
		if l := b.m.lines[i]; l.From == at || l.To == at {
			return
		}
	}
	b.refuse("source "+f.Source, fmt.Sprintf("its meter stands at %q, which is no end of its line", at), "write the sending or the receiving end of its line")
}

func (b *builder) switches() {
	m := b.m
	for _, s := range inForce(m, m.site.Network.Switches, func(s metering.Switch) metering.Period { return s.Period }) {
		what := "switch " + string(s.ID)
		from, okA := b.bus(s.A)
		to, okB := b.bus(s.B)
		if b.doubled(what, slices.ContainsFunc(m.switches, func(o breaker) bool { return o.ID == s.ID })) || !okA || !okB {
			continue
		}
		if m.buses[from].kv != m.buses[to].kv {
			b.refuse(what, fmt.Sprintf("it joins %v kV and %v kV", m.buses[from].kv, m.buses[to].kv), "correct its ends or their voltages")
			continue
		}
		m.switches = append(m.switches, breaker{s, from, to})
		m.net.Switches = append(m.net.Switches, powerflow.Switch{A: string(s.A), B: string(s.B)})
	}
}

func (b *builder) transfers() {
	m := b.m
	for _, t := range inForce(m, m.site.Network.Transfers, func(t metering.Transfer) metering.Period { return t.Period }) {
		what := "transfer " + string(t.ID)
		one := transfer{Transfer: t, watch: b.known(what, t.Watch), reserve: b.known(what, t.Reserve),
			open: b.positions(what, t.Open), closes: b.positions(what, t.Close)}
		if t.Watch == t.Reserve {
			b.refuse(what, fmt.Sprintf("it watches %q, which is its reserve", t.Watch), "name the node that has voltage when the watched one has none")
		}
		m.transferList = append(m.transferList, one)
	}
}

// known is the bus of a node, or a fault.
func (b *builder) known(what string, id metering.NodeID) int {
	i, ok := b.bus(id)
	if !ok {
		b.refuse(what, fmt.Sprintf("node %q is no bus of the network", id), "write a node that a line, a transformer or a switch ends at")
	}
	return i
}

// positions are switches by id. Of one that is in the data and was refused the fault is
// told already.
func (b *builder) positions(what string, ids []metering.ElementID) []int {
	var list []int
	for _, id := range ids {
		i := b.m.switchIndex(id)
		if i < 0 && !slices.ContainsFunc(b.m.site.Network.Switches, func(s metering.Switch) bool { return s.ID == id && s.Holds(b.m.at) }) {
			b.refuse(what, fmt.Sprintf("switch %q is not in the network", id), "write the id of a switch")
		}
		list = append(list, i)
	}
	return list
}

func (m *Model) switchIndex(id metering.ElementID) int {
	return slices.IndexFunc(m.switches, func(s breaker) bool { return s.ID == id })
}

func (b *builder) scenarios() {
	for _, s := range b.m.site.Network.Scenarios {
		what := "scenario " + string(s.ID)
		b.positions(what, s.Open)
		b.positions(what, s.Close)
		for _, id := range s.Sources {
			if !slices.ContainsFunc(b.m.site.Network.Feeds, func(f metering.Feed) bool { return f.Source == id && f.Holds(b.m.at) }) {
				b.refuse(what, fmt.Sprintf("source %q has no feed", id), "write the id of a source whose network is described")
			}
		}
	}
}

func (m *Model) feedIndex(source string) int {
	return slices.IndexFunc(m.feeds, func(f feed) bool { return f.Source == source })
}

// voltages are the bands by nominal voltage; where nobody states one the screening
// defaults count, and results say so.
func (b *builder) voltages() {
	b.m.bands = map[float64]metering.VoltageBand{}
	for _, v := range inForce(b.m, b.m.site.Network.Voltages, func(v metering.VoltageBand) metering.Period { return v.Period }) {
		if !(v.Min < v.Max) {
			b.refuse(fmt.Sprintf("band of %v kV", v.KV), fmt.Sprintf("it goes from %v to %v kV", v.Min, v.Max), "write the lower voltage first")
		}
		b.m.bands[v.KV] = v
	}
	for _, at := range b.m.buses {
		if _, stated := b.m.bands[at.kv]; stated {
			continue
		}
		if i := slices.IndexFunc(screening, func(v metering.VoltageBand) bool { return v.KV == at.kv }); i >= 0 {
			b.m.bands[at.kv] = screening[i]
		}
	}
}

// screening are the bands where nobody has stated any: what transformers and motors of
// these voltages are commonly held in.
var screening = []metering.VoltageBand{
	screeningBand(110, 99, 126, 126),
	screeningBand(35, 33.25, 38.5, 40.5),
	screeningBand(10, 9.5, 11, 12),
}

func screeningBand(kv, low, high, highest float64) metering.VoltageBand {
	return metering.VoltageBand{KV: kv, Min: low, Max: high, Highest: highest,
		Origin: metering.Origin{Provenance: []metering.Provenance{{Basis: metering.BasisAssumed, Source: "screening default"}}}}
}

func (b *builder) plan() {
	plan := b.m.site.Network.Plan
	if len(plan.Shares) == 0 {
		return
	}
	sum := 0.0
	for _, s := range plan.Shares {
		sum += s.Part
		if at, ok := b.m.draws[s.Node]; !ok || at < 0 {
			b.refuse("load plan", fmt.Sprintf("node %q is no bus of the network and below none", s.Node), "write a bus")
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		b.refuse("load plan", fmt.Sprintf("its parts sum to %v", sum), "let them sum to 1")
	}
	if !(plan.PowerFactor > 0 && plan.PowerFactor <= 1) {
		b.refuse("load plan", fmt.Sprintf("a power factor of %v", plan.PowerFactor), "write a number above 0 and up to 1")
	}
}
