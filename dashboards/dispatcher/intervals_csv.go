package dispatcher

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// csvQuestion is the parameters of /api/v1/intervals.csv: those of
// /api/v1/intervals, and how the file is written.
type csvQuestion struct {
	Strict strict // huma does not look for it in what is embedded
	IntervalQuestion
	Style string `query:"style" default:"plain" enum:"plain,excel" doc:"plain: commas, as RFC 4180 has it; excel: a byte order mark and semicolons, as Excel in Russian and Kazakh wants them"`
}

type csvAnswer struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

var csvColumns = []string{
	"start_utc", "start_local", "end_local", "point", "channel", "unit", "energy", "known_part", "grade", "worst",
	"method", "flags", "uncertainty", "version", "known", "expected", "reason",
}

// getIntervalsCSV writes the same intervals as a table. Numbers are whole units,
// so that no decimal sign can be misread.
func (s *Server) getIntervalsCSV(ctx context.Context, in *csvQuestion) (*csvAnswer, error) {
	list, err := s.intervals(ctx, &in.IntervalQuestion)
	if err != nil {
		return nil, err
	}
	if v := visitorOf(ctx); v.session != nil {
		by := s.sessions.view(v.session).account
		what := metering.AuditRecord{Kind: "export.intervals", Subject: list.Point + list.Resident, Text: list.Channel + ", " + in.From + " to " + in.To}
		if err := s.record(ctx, by, what); err != nil {
			return nil, err
		}
	}
	return s.intervalTable(list, in.Style), nil
}

// intervalTable writes intervals as a table of a style.
func (s *Server) intervalTable(list IntervalList, style string) *csvAnswer {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if style == "excel" {
		buf.WriteString("\ufeff")
		w.Comma, w.UseCRLF = ';', true
	}
	w.Write(csvColumns) // a bytes.Buffer does not fail
	zone := s.cfg.Site.Location
	for _, e := range list.Intervals {
		energy := e.EnergyWh
		for _, other := range []*int64{e.EnergyVarh, e.VolumeL} {
			if other != nil {
				energy = other
			}
		}
		w.Write([]string{
			e.Start.Format(time.RFC3339), local(e.Start, zone), local(e.End, zone), harmless(list.Point + list.Resident), list.Channel, list.Unit,
			whole(energy), whole(e.KnownPart), e.Grade, e.Worst, e.Method, strings.Join(e.Flags, " "),
			strconv.FormatInt(e.Uncertainty, 10), strconv.Itoa(e.Version), strconv.Itoa(e.Known), strconv.Itoa(e.Expected), harmless(e.Reason),
		})
	}
	w.Flush()
	name := strings.NewReplacer("+", "-import", "-", "-export").Replace(list.Channel)
	if list.Unit == "L" {
		name = list.Channel
	}
	return &csvAnswer{
		ContentType: "text/csv; charset=utf-8",
		Disposition: `attachment; filename="` + list.Point + list.Resident + "_" + name + "_" + list.From.In(zone).Format(time.DateOnly) + `.csv"`,
		Body:        buf.Bytes(),
	}
}

func local(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04") }

func whole(v *int64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatInt(*v, 10)
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
