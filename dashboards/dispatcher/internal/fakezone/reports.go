package fakezone

import (
	"context"
	"fmt"
	"io"
	"time"

	"asue/dashboards/dispatcher"
	"asue/dashboards/reports"
	"asue/metering"
)

// Reports draws up invented reports: every point of the zone takes in the same.
type Reports struct{ Zone *Zone }

// Report implements dispatcher.Reports. The daily sheet is about one day, as it should
// be; of the other kinds there is a profile alone, whose form all share.
func (r Reports) Report(_ context.Context, w io.Writer, ask dispatcher.ReportAsk) (string, error) {
	loc := r.Zone.Site().Location
	from := ask.From.In(loc)
	head := reports.Head{Zone: r.Zone.Site().Name, Location: loc, Demo: true, From: ask.From, To: ask.To, Program: "asue"}
	amount := reports.Amount{Energy: 250 * metering.KilowattHour, State: reports.Measured}
	var report reports.Report
	if ask.Kind == string(reports.Daily) {
		if !from.AddDate(0, 0, 1).Equal(ask.To) {
			return "", fmt.Errorf("the daily sheet is about one day: ask for a single one: %w", dispatcher.ErrReportRefused)
		}
		sheet := reports.DailySheet{Head: head}
		for at := ask.From; at.Before(ask.To); at = at.Add(time.Hour) {
			sheet.Hours = append(sheet.Hours, at)
		}
		for _, p := range r.Zone.Site().Points {
			line := reports.DailyLine{Name: p.Name, Total: amount}
			for range sheet.Hours {
				line.Hours = append(line.Hours, amount)
			}
			sheet.Lines = append(sheet.Lines, line)
		}
		report = sheet
	} else {
		profile := reports.LoadProfile{Head: head, Minutes: int(ask.Block / time.Minute), Columns: []string{""}, Totals: []reports.Amount{amount}}
		for at := ask.From; at.Before(ask.To); at = at.Add(ask.Block) {
			profile.Rows = append(profile.Rows, reports.ProfileRow{Start: at, Amounts: []reports.Amount{amount}})
		}
		report = profile
	}
	name := fmt.Sprintf("%s.%s.%s.%s", ask.Kind, from.Format(time.DateOnly), ask.Lang, ask.Format)
	return name, reports.Write(w, report, reports.Format(ask.Format), reports.Lang(ask.Lang))
}
