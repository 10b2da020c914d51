package site

import (
	"fmt"
	"math"

	"asue/metering"
)

func (c *checker) checkMeters() {
	stands := map[metering.PointID][]standing{}
	units := map[metering.LineID]map[int][]*meterDraft{}
	serials := map[string]*meterDraft{}
	for i := range c.plant.meters.v {
		g := &c.plant.meters.v[i]
		m := &g.v
		c.lines.find(c.reader, m.line)
		c.checkSerial(m, serials)
		c.checkUnit(m, units)
		if len(m.installs.v) == 0 && !(m.installs.stated() && !m.installs.ok) {
			c.inform(g.at, finding{"not-installed", fmt.Sprintf("the meter %q stands at no point", m.id.v),
				"what it reads is kept and belongs to nobody", "add \"installs\" when it is put up"})
		}
		c.checkInstalls(m, stands)
	}
	if !c.someInstallUnclear() {
		c.checkPointsHaveMeters(stands)
	}
}

// checkSerial warns of two meters of one model with one serial number.
func (c *checker) checkSerial(m *meterDraft, seen map[string]*meterDraft) {
	if !m.serial.ok || !m.model.ok {
		return
	}
	nameplate := m.model.v + "\x00" + m.serial.v
	if first, twice := seen[nameplate]; twice {
		c.warn(m.serial.at, finding{"duplicate-serial", fmt.Sprintf("the meters %q and %q have the same model and serial number %q", first.id.v, m.id.v, m.serial.v),
			"a serial number names one device", "read it from the nameplate"})
		return
	}
	seen[nameplate] = m
}

// checkUnit refuses two meters that answer to one unit id of a line at one time.
func (c *checker) checkUnit(m *meterDraft, units map[metering.LineID]map[int][]*meterDraft) {
	if !m.line.ok || !m.unit.ok {
		return
	}
	line := units[m.line.v]
	if line == nil {
		line = map[int][]*meterDraft{}
		units[m.line.v] = line
	}
	for _, other := range line[m.unit.v] {
		if atOneTime(m, other) {
			c.refuse(m.unit.at, finding{"duplicate-unit", fmt.Sprintf("the meters %q and %q have the same unit id %d on the line %q", other.id.v, m.id.v, m.unit.v, m.line.v),
				"both would answer at once, or one in the name of the other", "set another unit id in one of the devices, and write it here"})
			break
		}
	}
	line[m.unit.v] = append(line[m.unit.v], m)
}

// atOneTime reports whether two meters are connected at the same time: one in
// stock counts as not connected, unless nothing is known of either.
func atOneTime(a, b *meterDraft) bool {
	if len(a.installs.v) == 0 && len(b.installs.v) == 0 {
		return true
	}
	for i := range a.installs.v {
		for j := range b.installs.v {
			if a.installs.v[i].v.period().overlaps(b.installs.v[j].v.period()) {
				return true
			}
		}
	}
	return false
}

func (d *installDraft) period() period { return period{d.from.v, d.to.v} }

// standing is a meter at a point.
type standing struct {
	meter   *meterDraft
	install *installDraft
}

func (c *checker) checkInstalls(m *meterDraft, stands map[metering.PointID][]standing) {
	for i := range m.installs.v {
		d := &m.installs.v[i].v
		c.checkInstall(d)
		for j := range m.installs.v[:i] {
			c.checkOnePlace(m, &m.installs.v[j].v, d)
		}
		if p, ok := c.points.find(c.reader, d.point); ok {
			c.checkOneMeter(m, d, stands[d.point.v])
			stands[d.point.v] = append(stands[d.point.v], standing{m, d})
			c.checkRatios(d, p)
		}
	}
}

func (c *checker) checkInstall(d *installDraft) {
	if d.from.ok && d.to.ok && d.period().reversed() {
		c.refuse(d.to.at, finding{"reversed-period", "an install that ends before it begins",
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"})
	}
	if d.end.stated() && !d.to.stated() {
		c.refuse(d.end.at, finding{"end-without-to", "end readings of a meter that still stands",
			"they are read when it is taken away", "add \"to\", or delete the end readings"})
	}
	if !d.start.ok || !d.end.ok {
		return
	}
	for _, channel := range metering.Channels() {
		first, ok1 := d.start.v[channel]
		last, ok2 := d.end.v[channel]
		if ok1 && ok2 && last < first {
			c.warn(d.end.at, finding{"register-backwards", fmt.Sprintf("the end reading of %s is lower than its start reading", channel),
				"a register only rises, unless it rolled over", "check both readings against the acts"})
		}
	}
}

func (c *checker) checkOnePlace(m *meterDraft, a, b *installDraft) {
	if !a.point.ok || !b.point.ok || !periodsKnown(a, b) || !a.period().overlaps(b.period()) {
		return
	}
	c.refuse(b.point.at, finding{"meter-in-two-places", fmt.Sprintf("the meter %q stands at %q and at %q at the same time", m.id.v, a.point.v, b.point.v),
		fmt.Sprintf("a device is in one place; its other install stands in line %d", a.point.at.at.line), "end the earlier install with \"to\""})
}

func (c *checker) checkOneMeter(m *meterDraft, d *installDraft, others []standing) {
	for _, other := range others {
		if other.meter == m || !periodsKnown(other.install, d) || !other.install.period().overlaps(d.period()) {
			continue
		}
		c.refuse(d.point.at, finding{"two-meters-at-a-point", fmt.Sprintf("the meters %q and %q stand at %q at the same time", other.meter.id.v, m.id.v, d.point.v),
			"a point has one meter at a time; a second one has a point of role \"check\"", "end one install with \"to\", or make a check point"})
		return
	}
}

// periodsKnown reports whether what the file says of two periods could be read.
func periodsKnown(installs ...*installDraft) bool {
	for _, d := range installs {
		if (d.from.stated() && !d.from.ok) || (d.to.stated() && !d.to.ok) {
			return false
		}
	}
	return true
}

// lowVoltageKV is the highest voltage that a meter measures without a voltage
// transformer.
const lowVoltageKV = 1.0

func (c *checker) checkRatios(d *installDraft, p *pointDraft) {
	n, ok := c.nodeOf(p.node)
	if ok && d.vt.ok && d.vt.v != metering.Direct {
		c.checkVT(d, n)
	}
	if ok && n.voltage.v > lowVoltageKV && (!d.vt.stated() || d.vt.v == metering.Direct && d.vt.ok) {
		c.refuse(d.point.at, finding{"no-vt", fmt.Sprintf("a meter at %v kV (%s) without a voltage transformer", n.voltage.v, p.node.v),
			"no meter is connected directly above 1 kV; the missing ratio would make its energy a hundred times too small",
			fmt.Sprintf("add \"vt: %d/100\"", int64(n.voltage.v*1000))})
	}
	if ok && n.voltage.v > lowVoltageKV && d.ct.ok && d.ct.v == metering.Direct {
		c.refuse(d.ct.at, finding{"no-ct", fmt.Sprintf("a meter at %v kV (%s) without current transformers", n.voltage.v, p.node.v),
			"no meter is connected directly above 1 kV", "write the ratio of the current transformers, like 600/5"})
	}
	if d.ct.ok && d.ct.v != metering.Direct && d.ct.v.Secondary != 1 && d.ct.v.Secondary != 5 {
		c.warn(d.ct.at, finding{"odd-ct", fmt.Sprintf("a current transformer with a secondary of %d A", d.ct.v.Secondary),
			"current transformers have 5 A or 1 A", "check the nameplate"})
	}
	if ok {
		c.checkCTSize(d, p, n)
	}
}

func (c *checker) checkVT(d *installDraft, n *nodeDraft) {
	vt := d.vt.v
	if vt.Secondary != 100 && vt.Secondary != 110 && vt.Secondary != 120 {
		c.warn(d.vt.at, finding{"odd-vt", fmt.Sprintf("a voltage transformer with a secondary of %d V", vt.Secondary),
			"voltage transformers have 100 V between phases", "write primary and secondary between phases: 10000/100"})
	}
	if nominal := n.voltage.v * 1000; math.Abs(float64(vt.Primary)-nominal) > 0.2*nominal {
		c.warn(d.vt.at, finding{"vt-mismatch", fmt.Sprintf("a voltage transformer of %d V at a node of %v kV", vt.Primary, n.voltage.v),
			"its primary is the nominal voltage of where it stands", "check the ratio, the point and the voltage of its node"})
	}
}

// checkCTSize warns when a resident's technical conditions ask for more current
// than the transformers of the point measure (120 % of the rated one). A
// resident with several points shares them out.
func (c *checker) checkCTSize(d *installDraft, p *pointDraft, n *nodeDraft) {
	res, ok := c.residents.byID[p.resident.v]
	if !ok || !isOneOf(p.role, metering.RoleResident) || !d.ct.ok || d.ct.v == metering.Direct {
		return
	}
	var here []given[conditionDraft]
	for _, g := range res.conditions.v {
		if g.v.node.ok && g.v.node.v == p.node.v {
			here = append(here, g)
		}
	}
	most, known := greatestSum(here)
	if !known || c.boundaries(p) != 1 {
		return
	}
	const powerFactor = 0.9
	amps := float64(most) / (math.Sqrt(3) * n.voltage.v * 1000 * powerFactor)
	if amps > 1.2*float64(d.ct.v.Primary) {
		c.warn(d.ct.at, finding{"small-ct", fmt.Sprintf("current transformers of %d A for technical conditions of %v, %.0f A", d.ct.v.Primary, most, amps),
			"they measure up to 120 % of their rated current", "check the ratio and the technical conditions"})
	}
}

// boundaries counts the points at which a resident is billed at one node.
func (c *checker) boundaries(p *pointDraft) int {
	n := 0
	for i := range c.plant.points.v {
		o := &c.plant.points.v[i].v
		if isOneOf(o.role, metering.RoleResident) && o.node.v == p.node.v && o.resident.v == p.resident.v {
			n++
		}
	}
	return n
}

// someInstallUnclear reports whether some meter may stand at a point that we
// could not make out; the fault itself is reported already.
func (c *checker) someInstallUnclear() bool {
	if c.plant.meters.stated() && !c.plant.meters.ok {
		return true
	}
	for i := range c.plant.meters.v {
		installs := c.plant.meters.v[i].v.installs
		if installs.stated() && !installs.ok {
			return true
		}
		for j := range installs.v {
			if point := installs.v[j].v.point; !point.ok || c.points.byID[point.v] == nil {
				return true
			}
		}
	}
	return false
}

// checkPointsHaveMeters warns of points at which no meter ever stands.
func (c *checker) checkPointsHaveMeters(stands map[metering.PointID][]standing) {
	for i := range c.plant.points.v {
		p := &c.plant.points.v[i].v
		if p.id.ok && len(stands[p.id.v]) == 0 {
			c.warn(p.id.at, finding{"no-meter", fmt.Sprintf("no meter stands at the point %q", p.id.v),
				"its energy is not known", "add an install of a meter, or delete the point"})
		}
	}
}
