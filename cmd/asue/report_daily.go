package main

import (
	"context"
	"slices"
	"time"

	"asue/dashboards/reports"
	"asue/metering"
	"asue/metering/demand"
	"asue/metering/vee"
)

// standWithin is how far from midnight a reading may be to stand for it.
const standWithin = time.Minute

// dailySheet draws up one local day, point by point: what came in and its sum, then the
// residents and theirs.
func (r *reporter) dailySheet(ctx context.Context, head reports.Head, o reportOrder) (reports.Report, error) {
	source, err := r.source(ctx, o.period)
	if err != nil {
		return nil, err
	}
	d := &daily{reporter: r, source: source, sheet: reports.DailySheet{Head: head}, hours: steps(head.From, head.To, vee.Hour.String(), r.site.Location)}
	for _, h := range d.hours {
		d.sheet.Hours = append(d.sheet.Hours, h.From)
	}
	if i := slices.IndexFunc(r.site.Tariffs, func(t metering.Tariff) bool { return t.ID == o.tariff && t.Holds(head.From) }); i >= 0 {
		tariff := r.site.Tariffs[i]
		zones := demand.NewClock(source.Grid.From(), source.Grid.Len(), r.site.Location).Zones(tariff, r.site.Calendar)
		d.zones = &zones
		for _, z := range tariff.Zones {
			if !slices.Contains(d.sheet.Zones, z.Name) {
				d.sheet.Zones = append(d.sheet.Zones, z.Name)
			}
		}
	}
	if err := d.group(ctx, reports.SumInputs, r.billed("")); err != nil {
		return nil, err
	}
	var points []metering.PointID
	for _, resident := range r.site.Residents {
		points = append(points, r.billed(resident.ID)...)
	}
	if err := d.group(ctx, reports.SumResidents, points); err != nil {
		return nil, err
	}
	return d.sheet, nil
}

// daily is a sheet in the making.
type daily struct {
	*reporter
	source demand.Source
	hours  []metering.Period
	zones  *demand.Zones // nil without a tariff
	sheet  reports.DailySheet
}

// group adds the lines of some points, and of their sum.
func (d *daily) group(ctx context.Context, sum reports.Sum, points []metering.PointID) error {
	for _, id := range points {
		line := d.line(id)
		p, _ := d.site.Point(id)
		line.Name = p.Name
		if line.Name == "" {
			line.Name = string(id)
		}
		if resident, ok := d.site.Resident(p.Resident); ok {
			line.Resident = resident.Name
		}
		if err := d.stands(ctx, &line, id); err != nil {
			return err
		}
		d.sheet.Lines = append(d.sheet.Lines, line)
	}
	if len(points) > 0 {
		line := d.line(points...)
		line.Sum = sum
		d.sheet.Lines = append(d.sheet.Lines, line)
	}
	return nil
}

// line is what some points took in together.
func (d *daily) line(points ...metering.PointID) reports.DailyLine {
	load := d.source.Load("", metering.ChannelActiveImport, points...)
	total := load.Total()
	line := reports.DailyLine{Total: reports.AmountOf(total), Missing: total.Missing, Estimates: total.Estimates, Hours: rolled(load, d.hours)}
	if d.zones == nil {
		return line
	}
	line.Zones = make([]reports.Amount, len(d.sheet.Zones))
	for _, z := range load.ByZone(*d.zones, nil) {
		if i := slices.Index(d.sheet.Zones, z.Zone); i >= 0 {
			line.Zones[i] = reports.AmountOf(z.Total)
		}
	}
	return line
}

// stands reads what the point's meter showed at both midnights. One that was put up or
// taken down within the day has one of them only.
func (d *daily) stands(ctx context.Context, line *reports.DailyLine, point metering.PointID) error {
	for _, end := range []struct {
		at, within time.Time // the midnight, and a moment of the day beside it
		into       **reports.Stand
	}{{d.sheet.From, d.sheet.From, &line.Begin}, {d.sheet.To, d.sheet.To.Add(-1), &line.End}} {
		in, ok := d.site.MeterAt(point, end.within)
		if !ok {
			continue
		}
		meter, _ := d.site.Meter(in.Meter)
		if line.Serial == "" {
			line.Serial = meter.Serial
		}
		if meter.Serial != line.Serial {
			continue // another meter: its reading cannot stand beside the first one's
		}
		reading, ok, err := d.nearest(ctx, in.Meter, end.at)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		*end.into = &reports.Stand{Content: reading.Count.Raw * reading.Count.Step}
		line.Factor = factorOf(in, reading.Count)
	}
	return nil
}

// nearest is the reading of a meter's A+ register that is nearest to a time, the earlier
// one of two; false if none is within standWithin.
func (d *daily) nearest(ctx context.Context, meter metering.MeterID, at time.Time) (best metering.RegisterReading, ok bool, err error) {
	spans, err := d.ledger.Spans(ctx, meter, metering.ActiveImport, at.Add(-metering.BasePeriod), at.Add(metering.BasePeriod))
	if err != nil {
		return best, false, err
	}
	nearest := standWithin + 1
	for _, s := range spans {
		for _, reading := range s.Readings {
			if away := reading.At.Sub(at).Abs(); away < nearest {
				best, ok, nearest = reading, true, away
			}
		}
	}
	return best, ok, nil
}

// factorOf is what a difference of readings is multiplied by, in thousandths.
func factorOf(in metering.Install, c metering.Count) int64 {
	if !c.Secondary {
		return 1000
	}
	ctNum, ctDen := in.CT.Factor()
	vtNum, vtDen := in.VT.Factor()
	return 1000 * ctNum * vtNum / (ctDen * vtDen)
}
