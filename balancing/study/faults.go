package study

import (
	"slices"
	"strings"

	"asue/balancing/internal/disjoint"
)

// Outages are the faults that a setting has to stand: the loss of each source, station
// of several, line, group of towers and transformer in service, in this order and that of the site file,
// then, for information, of each line with each transformer. A circuit that is only
// held ready is not in service. A setting that names what is unknown has none.
func (m *Model) Outages(s Setting) []Outage {
	p, err := m.position(s)
	if err != nil {
		return nil
	}
	var list []Outage
	live := m.energised(p)
	lines := m.carrying(p, live)
	for i, f := range m.feeds {
		if p.feeds[i] && m.useful(lines, &m.feeds[i]) {
			list = append(list, Outage{ID: f.Source, Kind: LostSource, Name: named(f.source.Name, f.Source), Out: []string{f.Source}})
		}
	}
	list = append(list, m.stationOutages(p, lines)...)
	towers := map[string][]string{}
	var groups []string
	for _, i := range lines {
		l := m.lines[i]
		list = append(list, Outage{ID: string(l.ID), Kind: LostLine, Name: named(l.Name, string(l.ID)), Out: []string{string(l.ID)}})
		if l.Towers == "" {
			continue
		}
		if towers[l.Towers] == nil {
			groups = append(groups, l.Towers)
		}
		towers[l.Towers] = append(towers[l.Towers], named(l.Name, string(l.ID)))
	}
	for _, g := range groups {
		if len(towers[g]) > 1 {
			list = append(list, Outage{ID: g, Kind: LostTowers, Name: strings.Join(towers[g], " + "), Out: []string{g}})
		}
	}
	var pairs []Outage
	for i, t := range m.transformers {
		if !p.transformers[i] || !live[t.bus[0]] {
			continue
		}
		list = append(list, Outage{ID: string(t.Node), Kind: LostTransformer, Name: t.name, Out: []string{string(t.Node)}})
		for _, k := range lines {
			l := m.lines[k]
			pairs = append(pairs, Outage{ID: string(l.ID) + "+" + string(t.Node), Kind: LostPair, Name: named(l.Name, string(l.ID)) + " + " + t.name,
				Out: []string{string(l.ID), string(t.Node)}, Information: true})
		}
	}
	return append(list, pairs...)
}

// stationOutages are the losses of stations behind several feeds in service.
func (m *Model) stationOutages(p position, carrying []int) (list []Outage) {
	for _, s := range m.stations {
		var out []string
		for _, i := range s.feeds {
			if p.feeds[i] && m.useful(carrying, &m.feeds[i]) {
				out = append(out, m.feeds[i].Source)
			}
		}
		if len(out) > 1 {
			list = append(list, Outage{ID: strings.Join(out, "+"), Kind: LostStation, Name: s.name, Out: out})
		}
	}
	return list
}

func named(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

// carrying are the lines in service over which something can flow: with voltage at
// both ends, and at both of them more than the line itself.
func (m *Model) carrying(p position, live []bool) (lines []int) {
	fused := disjoint.New(len(m.buses))
	m.fuse(p, fused)
	at := fused.Roots()
	ends := make([]int, len(m.buses)) // branches, feeds and what may draw, of a node
	for i, l := range m.lines {
		if p.lines[i] {
			ends[at[l.from]]++
			ends[at[l.to]]++
		}
	}
	for i, t := range m.transformers {
		for _, b := range t.bus {
			if p.transformers[i] {
				ends[at[b]]++
			}
		}
	}
	for i, f := range m.feeds {
		if p.feeds[i] {
			ends[at[f.bus]]++
		}
	}
	for i, draws := range m.below {
		if draws {
			ends[at[i]]++
		}
	}
	for i, l := range m.lines {
		if p.lines[i] && live[l.from] && live[l.to] && ends[at[l.from]] > 1 && ends[at[l.to]] > 1 {
			lines = append(lines, i)
		}
	}
	return lines
}

// useful says that a feed gives to more than idle lines.
func (m *Model) useful(carrying []int, f *feed) bool {
	return m.below[f.bus] || slices.ContainsFunc(f.lines, func(i int) bool { return slices.Contains(carrying, i) })
}

// sourceOutage is the loss of a source with all its circuits: of what stands on the
// same towers or at the same station.
func (m *Model) sourceOutage(p position, f int) Outage {
	out := []string{}
	names := []string{}
	for i, other := range m.feeds {
		if p.feeds[i] && (i == f || m.together(other, m.feeds[f])) {
			out = append(out, other.Source)
			names = append(names, named(other.source.Name, other.Source))
		}
	}
	return Outage{ID: strings.Join(out, "+"), Kind: LostSource, Name: strings.Join(names, " + "), Out: out}
}

// together says that two feeds can be lost at once.
func (m *Model) together(a, b feed) bool {
	if a.station == b.station {
		return true
	}
	for _, i := range a.lines {
		for _, k := range b.lines {
			if t := m.lines[i].Towers; t != "" && t == m.lines[k].Towers {
				return true
			}
		}
	}
	return false
}
