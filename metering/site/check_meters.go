package site

import (
	"fmt"
	"math"

	"asue/metering"
	"asue/metering/form"
)

func (c *checker) checkMeters() {
	stands := map[metering.PointID][]standing{}
	units := map[metering.LineID]map[int][]*meterDraft{}
	serials := map[string]*meterDraft{}
	for i := range c.plant.meters.V {
		g := &c.plant.meters.V[i]
		m := &g.V
		c.lines.find(c.Report, m.line)
		c.checkSerial(m, serials)
		c.checkUnit(m, units)
		if len(m.installs.V) == 0 && !(m.installs.Stated() && !m.installs.OK) {
			c.Inform(g.At, form.Found("not-installed", fmt.Sprintf("the meter %q stands at no point", m.id.V),
				"what it reads is kept and belongs to nobody", "add \"installs\" when it is put up"))
		}
		c.checkInstalls(m, stands)
	}
	if !c.someInstallUnclear() {
		c.checkPointsHaveMeters(stands)
	}
	c.checkChanges(stands)
}

// checkSerial warns of two meters of one model with one serial number.
func (c *checker) checkSerial(m *meterDraft, seen map[string]*meterDraft) {
	if !m.serial.OK || !m.model.OK {
		return
	}
	nameplate := m.model.V + "\x00" + m.serial.V
	if first, twice := seen[nameplate]; twice {
		c.Warn(m.serial.At, form.Found("duplicate-serial", fmt.Sprintf("the meters %q and %q have the same model and serial number %q", first.id.V, m.id.V, m.serial.V),
			"a serial number names one device", "read it from the nameplate"))
		return
	}
	seen[nameplate] = m
}

// checkUnit refuses two meters that answer to one unit id of a line at one time.
func (c *checker) checkUnit(m *meterDraft, units map[metering.LineID]map[int][]*meterDraft) {
	if !m.line.OK || !m.unit.OK {
		return
	}
	line := units[m.line.V]
	if line == nil {
		line = map[int][]*meterDraft{}
		units[m.line.V] = line
	}
	for _, other := range line[m.unit.V] {
		if atOneTime(m, other) {
			c.Refuse(m.unit.At, form.Found("duplicate-unit", fmt.Sprintf("the meters %q and %q have the same unit id %d on the line %q", other.id.V, m.id.V, m.unit.V, m.line.V),
				"both would answer at once, or one in the name of the other", "set another unit id in one of the devices, and write it here"))
			break
		}
	}
	line[m.unit.V] = append(line[m.unit.V], m)
}

// atOneTime reports whether two meters are connected at the same time: one in
// stock counts as not connected, unless nothing is known of either.
func atOneTime(a, b *meterDraft) bool {
	if len(a.installs.V) == 0 && len(b.installs.V) == 0 {
		return true
	}
	for i := range a.installs.V {
		for j := range b.installs.V {
			if a.installs.V[i].V.period().overlaps(b.installs.V[j].V.period()) {
				return true
			}
		}
	}
	return false
}

func (d *installDraft) period() period { return period{d.from.V, d.to.V} }

// standing is a meter at a point.
type standing struct {
	meter   *meterDraft
	install *installDraft
}

func (c *checker) checkInstalls(m *meterDraft, stands map[metering.PointID][]standing) {
	for i := range m.installs.V {
		d := &m.installs.V[i].V
		c.checkInstall(d)
		c.checkVerified(m, d)
		for j := range m.installs.V[:i] {
			c.checkOnePlace(m, &m.installs.V[j].V, d)
		}
		if p, ok := c.points.find(c.Report, d.point); ok {
			c.checkOneMeter(m, d, stands[d.point.V])
			stands[d.point.V] = append(stands[d.point.V], standing{m, d})
			c.checkMedium(m.installs.V[i].At, m, d, p)
			if p.carries(metering.Electricity) {
				c.checkRatios(d, p)
				c.checkTransformers(d)
			}
		}
	}
}

func (c *checker) checkInstall(d *installDraft) {
	if d.from.OK && d.to.OK && d.period().reversed() {
		c.Refuse(d.to.At, form.Found("reversed-period", "an install that ends before it begins",
			"\"from\" is the first instant, \"to\" the first one after it", "exchange the two, or correct the year"))
	}
	if d.end.Stated() && !d.to.Stated() {
		c.Refuse(d.end.At, form.Found("end-without-to", "end readings of a meter that still stands",
			"they are read when it is taken away", "add \"to\", or delete the end readings"))
	}
	if !d.start.OK || !d.end.OK {
		return
	}
	for _, channel := range metering.AllChannels() {
		first, ok1 := d.start.V[channel]
		last, ok2 := d.end.V[channel]
		if ok1 && ok2 && last < first {
			c.Warn(d.end.At, form.Found("register-backwards", fmt.Sprintf("the end reading of %s is lower than its start reading", channel),
				"a register only rises, unless it rolled over", "check both readings against the acts"))
		}
	}
}

func (c *checker) checkOnePlace(m *meterDraft, a, b *installDraft) {
	if !a.point.OK || !b.point.OK || !periodsKnown(a, b) || !a.period().overlaps(b.period()) {
		return
	}
	c.Refuse(b.point.At, form.Found("meter-in-two-places", fmt.Sprintf("the meter %q stands at %q and at %q at the same time", m.id.V, a.point.V, b.point.V),
		fmt.Sprintf("a device is in one place; its other install stands in line %d", a.point.At.At.Line), "end the earlier install with \"to\""))
}

func (c *checker) checkOneMeter(m *meterDraft, d *installDraft, others []standing) {
	for _, other := range others {
		if other.meter == m || !periodsKnown(other.install, d) || !other.install.period().overlaps(d.period()) {
			continue
		}
		c.Refuse(d.point.At, form.Found("two-meters-at-a-point", fmt.Sprintf("the meters %q and %q stand at %q at the same time", other.meter.id.V, m.id.V, d.point.V),
			"a point has one meter at a time; a second one has a point of role \"check\"", "end one install with \"to\", or make a check point"))
		return
	}
}

// periodsKnown reports whether what the file says of two periods could be read.
func periodsKnown(installs ...*installDraft) bool {
	for _, d := range installs {
		if (d.from.Stated() && !d.from.OK) || (d.to.Stated() && !d.to.OK) {
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
	if ok && d.vt.OK && d.vt.V != metering.Direct {
		c.checkVT(d, n)
	}
	if ok && n.voltage.V > lowVoltageKV && (!d.vt.Stated() || d.vt.V == metering.Direct && d.vt.OK) {
		c.Refuse(d.point.At, form.Found("no-vt", fmt.Sprintf("a meter at %v kV (%s) without a voltage transformer", n.voltage.V, p.node.V),
			"no meter is connected directly above 1 kV; the missing ratio would make its energy a hundred times too small",
			fmt.Sprintf("add \"vt: %d/100\"", int64(n.voltage.V*1000))))
	}
	if ok && n.voltage.V > lowVoltageKV && d.ct.OK && d.ct.V == metering.Direct {
		c.Refuse(d.ct.At, form.Found("no-ct", fmt.Sprintf("a meter at %v kV (%s) without current transformers", n.voltage.V, p.node.V),
			"no meter is connected directly above 1 kV", "write the ratio of the current transformers, like 600/5"))
	}
	if d.ct.OK && d.ct.V != metering.Direct && d.ct.V.Secondary != 1 && d.ct.V.Secondary != 5 {
		c.Warn(d.ct.At, form.Found("odd-ct", fmt.Sprintf("a current transformer with a secondary of %d A", d.ct.V.Secondary),
			"current transformers have 5 A or 1 A", "check the nameplate"))
	}
	if ok {
		c.checkCTSize(d, p, n)
	}
}

func (c *checker) checkVT(d *installDraft, n *nodeDraft) {
	vt := d.vt.V
	if vt.Secondary != 100 && vt.Secondary != 110 && vt.Secondary != 120 {
		c.Warn(d.vt.At, form.Found("odd-vt", fmt.Sprintf("a voltage transformer with a secondary of %d V", vt.Secondary),
			"voltage transformers have 100 V between phases", "write primary and secondary between phases: 10000/100"))
	}
	if nominal := n.voltage.V * 1000; math.Abs(float64(vt.Primary)-nominal) > 0.2*nominal {
		c.Warn(d.vt.At, form.Found("vt-mismatch", fmt.Sprintf("a voltage transformer of %d V at a node of %v kV", vt.Primary, n.voltage.V),
			"its primary is the nominal voltage of where it stands", "check the ratio, the point and the voltage of its node"))
	}
}

// checkCTSize warns when a resident's technical conditions ask for more current
// than the transformers of the point measure (120 % of the rated one). A
// resident with several points shares them out.
func (c *checker) checkCTSize(d *installDraft, p *pointDraft, n *nodeDraft) {
	res, ok := c.residents.byID[p.resident.V]
	if !ok || !isOneOf(p.role, metering.RoleResident) || !d.ct.OK || d.ct.V == metering.Direct {
		return
	}
	var here []given[conditionDraft]
	for _, g := range res.conditions.V {
		if g.V.node.OK && g.V.node.V == p.node.V {
			here = append(here, g)
		}
	}
	most, known := greatestSum(here)
	if !known || c.boundaries(p) != 1 {
		return
	}
	const powerFactor = 0.9
	amps := float64(most) / (math.Sqrt(3) * n.voltage.V * 1000 * powerFactor)
	if amps > 1.2*float64(d.ct.V.Primary) {
		c.Warn(d.ct.At, form.Found("small-ct", fmt.Sprintf("current transformers of %d A for technical conditions of %v, %.0f A", d.ct.V.Primary, most, amps),
			"they measure up to 120 % of their rated current", "check the ratio and the technical conditions"))
	}
}

// boundaries counts the points at which a resident is billed at one node.
func (c *checker) boundaries(p *pointDraft) int {
	n := 0
	for i := range c.plant.points.V {
		o := &c.plant.points.V[i].V
		if isOneOf(o.role, metering.RoleResident) && o.node.V == p.node.V && o.resident.V == p.resident.V {
			n++
		}
	}
	return n
}

// someInstallUnclear reports whether some meter may stand at a point that we
// could not make out; the fault itself is reported already.
func (c *checker) someInstallUnclear() bool {
	if c.plant.meters.Stated() && !c.plant.meters.OK {
		return true
	}
	for i := range c.plant.meters.V {
		installs := c.plant.meters.V[i].V.installs
		if installs.Stated() && !installs.OK {
			return true
		}
		for j := range installs.V {
			if point := installs.V[j].V.point; !point.OK || c.points.byID[point.V] == nil {
				return true
			}
		}
	}
	return false
}

// checkPointsHaveMeters warns of points at which no meter ever stands.
func (c *checker) checkPointsHaveMeters(stands map[metering.PointID][]standing) {
	for i := range c.plant.points.V {
		p := &c.plant.points.V[i].V
		if p.id.OK && len(stands[p.id.V]) == 0 {
			c.Warn(p.id.At, form.Found("no-meter", fmt.Sprintf("no meter stands at the point %q", p.id.V),
				"its energy is not known", "add an install of a meter, or delete the point"))
		}
	}
}
