package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/papers"
	"asue/dashboards/reports"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/demand"
	"asue/metering/vee"
	"asue/metering/vee/rules"
)

// reporter draws up reports from what the ledger holds, for the command, the page and
// the schedule. It reckons nothing itself: metering/demand and metering/balance do. It is
// safe for concurrent use.
type reporter struct {
	*analyst
	ledger metering.Ledger
	kinds  []alarm.Definition // of alarms
	demo   bool
	now    func() time.Time
}

// reportOrder is which report is wanted.
type reportOrder struct {
	kind   reports.Kind
	period metering.Period // whole local days
	block  time.Duration   // of profile and peaks: 15m, 30m or 1h
	tariff string          // empty: the one in force when the period begins
}

// mostReported bounds a report: a year and a leap day.
const mostReported = 366 * 24 * time.Hour

// mostProfiled bounds a profile, which has a row for every block.
const mostProfiled = 93 * 24 * time.Hour

// check refuses what cannot be drawn up, in words for who has asked.
func (o reportOrder) check(loc *time.Location) error {
	length := o.period.To.Sub(o.period.From)
	first, after := vee.Day.Bounds(o.period.From, loc)
	_, last := vee.Day.Bounds(o.period.To.Add(-1), loc)
	switch {
	case !slices.Contains(reports.Kinds(), o.kind):
		return fmt.Errorf("report %q is not known: use daily, profile, balance, peaks or alarms", string(o.kind))
	case length <= 0 || !first.Equal(o.period.From) || !last.Equal(o.period.To):
		return fmt.Errorf("a report is about whole local days: begin and end at midnight")
	case o.kind == reports.Daily && !after.Equal(o.period.To):
		return fmt.Errorf("the daily sheet is about one day: ask for a single one")
	case o.kind == reports.Profile && length > mostProfiled:
		return fmt.Errorf("a profile has at most %d days: ask for fewer", int(mostProfiled.Hours()/24))
	case length > mostReported:
		return fmt.Errorf("a report has at most %d days: ask for fewer", int(mostReported.Hours()/24))
	case o.block != metering.BasePeriod && o.block != 30*time.Minute && o.block != time.Hour:
		return fmt.Errorf("a block of %v is not known: use 15m, 30m or 1h", o.block)
	}
	return nil
}

// report draws up a report. It fails on an order that check refuses, and where the
// ledger does.
func (r *reporter) report(ctx context.Context, o reportOrder) (reports.Report, error) {
	if err := o.check(r.site.Location); err != nil {
		return nil, fmt.Errorf("%w: %w", dispatcher.ErrReportRefused, err)
	}
	if o.tariff == "" {
		o.tariff = r.tariffAt(o.period.From)
	}
	head := reports.Head{Zone: papers.ZoneOf(r.site, r.demo).Name, Location: r.site.Location, Demo: r.demo, From: o.period.From, To: o.period.To, Made: r.now(), Program: "asue " + version}
	switch o.kind {
	case reports.Daily:
		return r.dailySheet(ctx, head, o)
	case reports.Profile:
		return r.loadProfile(ctx, head, o)
	case reports.Balance:
		report, err := r.balances(ctx, head.From, head.To)
		return reports.BalanceSheet{Head: head, Report: report}, err
	case reports.Peaks:
		return r.peakSheet(ctx, head, o)
	case reports.Alarms:
		list, err := alarmTransitions(ctx, r.ledger, head.From, head.To)
		return reports.AlarmSheet{Head: head, Kinds: r.kinds, Transitions: list, Figures: alarm.FiguresOf(list, nil, r.kinds, head.From, head.To)}, err
	}
	panic(fmt.Sprintf("BUG: report %q was not refused", o.kind))
}

// Report implements dispatcher.Reports.
func (r *reporter) Report(ctx context.Context, w io.Writer, ask dispatcher.ReportAsk) (name string, err error) {
	order := reportOrder{kind: reports.Kind(ask.Kind), period: metering.Period{From: ask.From, To: ask.To}, block: ask.Block}
	report, err := r.report(ctx, order)
	if err != nil {
		return "", err
	}
	return reportName(order, ask.Format, ask.Lang, r.site.Location), reports.Write(w, report, reports.Format(ask.Format), reports.Lang(ask.Lang))
}

func (r *reporter) peakSheet(ctx context.Context, head reports.Head, o reportOrder) (reports.Report, error) {
	report, err := r.demand(ctx, head.From, head.To, o.block, o.tariff, 0)
	if err != nil {
		return nil, err
	}
	sheet := reports.PeakSheet{Head: head, Report: report, Declared: map[metering.ResidentID]metering.Power{}}
	for _, row := range report.Residents {
		if allowed := r.rights().Allowed(row.Resident, head.From); allowed > 0 {
			sheet.Declared[row.Resident] = allowed
		}
	}
	return sheet, nil
}

// source are the loads of a period.
func (r *reporter) source(ctx context.Context, p metering.Period) (demand.Source, error) {
	g, err := r.grid(ctx, p.From, p.To)
	if err != nil {
		return demand.Source{}, err
	}
	return demand.Source{Grid: g, Counts: rules.CountsForPeak, Expected: r.metered}, nil
}

// metered tells whether a meter stands at a point; a virtual one needs none.
func (r *reporter) metered(point metering.PointID, at time.Time) bool {
	if _, virtual := r.site.VirtualPoint(point); virtual {
		return true
	}
	_, ok := r.site.MeterAt(point, at)
	return ok
}

func (r *reporter) loadProfile(ctx context.Context, head reports.Head, o reportOrder) (reports.Report, error) {
	source, err := r.source(ctx, o.period)
	if err != nil {
		return nil, err
	}
	profile := reports.LoadProfile{Head: head, Minutes: int(o.block / time.Minute)}
	for _, p := range blocksOf(o.period, o.block, r.site.Location) {
		profile.Rows = append(profile.Rows, reports.ProfileRow{Start: p.From})
	}
	add := func(name string, points []metering.PointID) {
		load := source.Load(name, metering.ChannelActiveImport, points...)
		profile.Columns = append(profile.Columns, name)
		profile.Totals = append(profile.Totals, reports.AmountOf(load.Total()))
		for i, amount := range rolled(load, blocksOf(o.period, o.block, r.site.Location)) {
			profile.Rows[i].Amounts = append(profile.Rows[i].Amounts, amount)
		}
	}
	add("", r.billed(""))
	for _, resident := range r.site.Residents {
		if points := r.billed(resident.ID); len(points) > 0 {
			add(resident.Name, points)
		}
	}
	return profile, nil
}

// blocksOf cuts a period into blocks of the wall clock.
func blocksOf(p metering.Period, block time.Duration, loc *time.Location) []metering.Period {
	name := map[time.Duration]string{30 * time.Minute: vee.HalfHour.String(), time.Hour: vee.Hour.String()}[block]
	return steps(p.From, p.To, name, loc)
}

// rolled is what a load took in during each of some periods that follow one another.
func rolled(load demand.Load, periods []metering.Period) []reports.Amount {
	list := make([]reports.Amount, len(periods))
	for i, p := range periods {
		from, to := int(p.From.Sub(load.From)/metering.BasePeriod), int(p.To.Sub(load.From)/metering.BasePeriod)
		part := demand.Load{From: p.From, Slots: load.Slots[max(from, 0):min(to, len(load.Slots))]}
		list[i] = reports.AmountOf(part.Total())
	}
	return list
}
