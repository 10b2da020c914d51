package site

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/form"
)

// checkVerified refuses a meter or a transformer that was put up after the end of
// its verification. Whether a verification holds today is not judged here.
func (c *checker) checkVerified(m *meterDraft, d *installDraft) {
	for _, part := range []struct {
		what string
		to   given[time.Time]
	}{{"meter", m.verifiedTo}, {"current transformers", d.ctVerifiedTo}, {"voltage transformers", d.vtVerifiedTo}} {
		if part.to.OK && d.from.OK && !d.from.V.Before(part.to.V) {
			c.Refuse(part.to.At, form.Found("verified-before", fmt.Sprintf("the verification of the %s ends before the install of %q at %q begins", part.what, m.id.V, d.point.V),
				"what is put up has a verification that holds", "write the date of the last certificate, or correct \"from\""))
		}
	}
}

// checkTransformers refuses data of transformers at which the file says that there
// are none. The point is one of electricity.
func (c *checker) checkTransformers(d *installDraft) {
	for _, transformer := range []struct {
		key             string
		ratio           given[metering.Ratio]
		class, verified *form.Node
	}{{"ct", d.ct, d.ctClass.At, d.ctVerifiedTo.At}, {"vt", d.vt, d.vtClass.At, d.vtVerifiedTo.At}} {
		direct := transformer.ratio.OK && transformer.ratio.V == metering.Direct || transformer.key == "vt" && !transformer.ratio.Stated()
		for _, at := range []*form.Node{transformer.class, transformer.verified} {
			if direct && at != nil {
				c.Refuse(at, form.Found("no-transformer", "data of a transformer that is not there",
					fmt.Sprintf("%q says that the meter is connected directly, or nothing", transformer.key), fmt.Sprintf("write the ratio at %q, or delete the data", transformer.key)))
			}
		}
	}
}

// checkChanges looks at how one meter follows another at each point.
func (c *checker) checkChanges(stands map[metering.PointID][]standing) {
	for _, g := range c.plant.points.V {
		chain := slices.Clone(stands[g.V.id.V])
		if !g.V.id.OK || slices.ContainsFunc(chain, func(s standing) bool { return !periodsKnown(s.install) }) {
			continue
		}
		slices.SortStableFunc(chain, func(a, b standing) int {
			return cmp.Or(a.install.from.V.Compare(b.install.from.V), cmp.Compare(a.meter.id.V, b.meter.id.V))
		})
		for i := 1; i < len(chain); i++ {
			c.checkChange(g.V.id.V, chain[i-1], chain[i])
		}
	}
}

// checkChange warns of what is not known when one meter follows another.
func (c *checker) checkChange(point metering.PointID, old, new standing) {
	a, b := old.install, new.install
	if !a.to.Stated() || a.period().overlaps(b.period()) || a.period().reversed() || b.period().reversed() {
		return // reported already
	}
	if b.from.V.After(a.to.V) {
		c.Warn(b.from.At, form.Found("no-meter-between", fmt.Sprintf("no meter stood at %q between %q and %q", point, old.meter.id.V, new.meter.id.V),
			"the energy of this time is not measured", "write the same time at \"to\" of the one and \"from\" of the other, if the meter was changed at once"))
	}
	const why = "the energy between the last reading of the old meter and the first of the new one will be estimated"
	if !a.end.Stated() {
		c.Warn(a.to.At, form.Found("no-end-readings", fmt.Sprintf("the meter %q was taken away from %q without end readings", old.meter.id.V, point), why, "add \"end_readings\" from the act"))
	}
	if !b.start.Stated() {
		c.Warn(b.from.At, form.Found("no-start-readings", fmt.Sprintf("the meter %q was put up at %q without start readings", new.meter.id.V, point), why, "add \"start_readings\" from the act"))
	}
	if !a.end.OK || !b.start.OK {
		return
	}
	for _, channel := range metering.AllChannels() {
		_, ended := a.end.V[channel]
		_, started := b.start.V[channel]
		switch {
		case ended && !started:
			c.Warn(b.start.At, form.Found("no-start-readings", fmt.Sprintf("the act of %q at %q has no start reading of %s", new.meter.id.V, point, channel), why, "add it from the act"))
		case started && !ended:
			c.Warn(a.end.At, form.Found("no-end-readings", fmt.Sprintf("the act of %q at %q has no end reading of %s", old.meter.id.V, point, channel), why, "add it from the act"))
		}
	}
}
