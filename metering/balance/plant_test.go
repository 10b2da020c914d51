package balance_test

import (
	"strings"

	"asue/metering"
)

func (s *story) node(w []string) {
	n := metering.Node{ID: metering.NodeID(w[1]), Name: w[1], Kind: metering.NodeKind(w[2]), VoltageKV: s.number(w[4])}
	if w[3] != "-" {
		n.Parent = metering.NodeID(w[3])
	}
	for _, o := range w[5:] {
		key, value, _ := strings.Cut(o, "=")
		v := strings.Split(value, "/")
		switch key {
		case "t":
			n.Transformer = &metering.TransformerData{
				RatedVA: s.number(strings.TrimSuffix(v[0], "MVA")) * 1e6,
				NoLoadW: s.number(strings.TrimSuffix(v[1], "kW")) * 1e3, LoadLossW: s.number(strings.TrimSuffix(v[2], "kW")) * 1e3,
			}
		case "l":
			n.Line = &metering.LineData{LengthKM: s.number(v[0]), OhmPerKM: s.number(v[1])}
		}
	}
	s.site.Topology.Nodes = append(s.site.Topology.Nodes, n)
}

func (s *story) point(w []string) {
	p := metering.Point{ID: metering.PointID(w[1]), Node: metering.NodeID(w[2]), Role: metering.PointRole(w[3])}
	meter := metering.Meter{ID: metering.MeterID("m-" + w[1])}
	in := metering.Install{Meter: meter.ID, Point: p.ID}
	for _, o := range w[4:] {
		key, v, _ := strings.Cut(o, "=")
		switch key {
		case "resident":
			p.Resident = metering.ResidentID(v)
		case "checks":
			p.Checks = metering.PointID(v)
		case "class":
			c := strings.Split(v+"//", "/")
			meter.AccuracyClass, in.CTClass, in.VTClass = c[0], c[1], c[2]
		case "ct":
			in.CT = s.ratio(v)
		case "vt":
			in.VT = s.ratio(v)
		}
	}
	s.site.Points = append(s.site.Points, p)
	s.site.Meters = append(s.site.Meters, meter)
	s.site.Installs = append(s.site.Installs, in)
}

func (s *story) ratio(v string) metering.Ratio {
	a, b, _ := strings.Cut(v, "/")
	return metering.Ratio{Primary: int64(s.number(a)), Secondary: int64(s.number(b))}
}

func (s *story) virtual(line string) {
	head, terms, _ := strings.Cut(line, " = ")
	w := strings.Fields(head)
	v := metering.VirtualPoint{Point: metering.Point{ID: metering.PointID(w[1]), Role: metering.RoleResident}}
	for _, o := range w[2:] {
		v.Resident = metering.ResidentID(strings.TrimPrefix(o, "resident="))
	}
	for _, text := range strings.Fields(terms) {
		t := metering.Term{}
		sign := int64(1)
		if text[0] == '-' {
			sign = -1
		}
		body := text[1:]
		factor, rest, has := strings.Cut(body, "*")
		if t.Factor = (metering.Fraction{Num: sign, Den: 1}); has {
			r := s.ratio(factor + strings.Repeat("/1", 1-strings.Count(factor, "/")))
			t.Factor, body = metering.Fraction{Num: sign * r.Primary, Den: r.Secondary}, rest
		}
		if of, name, has := strings.Cut(body, ":"); has {
			ch, ok := metering.ChannelNamed(name)
			if !ok {
				s.t.Fatalf("channel %q", name)
			}
			t.Channel, body = ch, of
		}
		switch inner, _, _ := strings.Cut(strings.TrimSuffix(body, ")"), "("); inner {
		case "loss":
			t.LossOf = metering.NodeID(body[len("loss(") : len(body)-1])
		case "share":
			t.ShareOf = metering.NodeID(body[len("share(") : len(body)-1])
		default:
			t.Of = metering.PointID(body)
		}
		v.Terms = append(v.Terms, t)
	}
	s.site.Virtual = append(s.site.Virtual, v)
}
