package reclaim

import (
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/grid"
)

// Record is what is known of what a subject drew.
type Record struct {
	// Load is the energy drawn from the grid at the subject's points, over the whole
	// year. Where demand.Measured it is measured; an Estimate is imputed.
	Load demand.Load
	// Held are the times in which something was kept from the subject by our own
	// curtailment, Outages those in which its supply was not there.
	Held    []metering.Period
	Outages []metering.Period
}

// RecordOf is the record of what was drawn from the grid at some points together: the
// load as the source has it (with Undisputed, if it does not say which intervals count),
// outages where an interval of one of the points says so
// (metering.FlagOutage), and the times in which the resident was held back, which the
// caller knows.
func RecordOf(source demand.Source, name string, held []metering.Period, points ...metering.PointID) Record {
	if source.Counts == nil {
		source.Counts = Undisputed
	}
	return Record{
		Load:    source.Load(name, metering.ChannelActiveImport, points...),
		Held:    held,
		Outages: outages(source.Grid, points),
	}
}

// Undisputed reports whether an interval can stand against a resident: measured, final,
// or a substitute that an act or a maximum-demand register bears out; and without a
// remark that puts it in doubt. A register that stood still while power flowed, or a
// meter beyond its verification, shows no low need.
func Undisputed(iv metering.Interval) bool {
	const doubt = metering.FlagFrozen | metering.FlagLimit | metering.FlagNegative | metering.FlagClockBad |
		metering.FlagSumCheck | metering.FlagCheckDiff | metering.FlagUnverified | metering.FlagProvisional
	if iv.Flags&doubt != 0 {
		return false
	}
	switch iv.Grade {
	case metering.Actual, metering.FinalGrade:
		return true
	case metering.Substitute:
		return iv.Flags&(metering.FlagPeakConfirmed|metering.FlagManual) != 0
	}
	return false
}

// outages joins the intervals that say that a point was without voltage.
func outages(g *grid.Grid, points []metering.PointID) []metering.Period {
	var rows []grid.Row
	for _, p := range points {
		rows = append(rows, g.Row(p, metering.ChannelActiveImport))
	}
	var list []metering.Period
	for i := range g.Len() {
		dark := false
		for _, row := range rows {
			iv := row.At(i)
			dark = dark || (iv != nil && iv.Flags&metering.FlagOutage != 0)
		}
		switch n := len(list); {
		case !dark:
		case n > 0 && list[n-1].To.Equal(g.Start(i)):
			list[n-1].To = g.Start(i + 1)
		default:
			list = append(list, metering.Period{From: g.Start(i), To: g.Start(i + 1)})
		}
	}
	return list
}
