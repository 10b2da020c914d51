package dispatcher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// Reports draws up reports of whole local days. It must be safe for concurrent use.
type Reports interface {
	// Report writes a report and returns the name of its file. It returns an error that
	// is ErrReportRefused, and says why, for what cannot be drawn up.
	Report(ctx context.Context, w io.Writer, ask ReportAsk) (name string, err error)
}

// ErrReportRefused is why a report cannot be drawn up: too long, not whole days, no such
// tariff. It is wrapped with the remedy.
var ErrReportRefused = errors.New("the report is refused")

// ReportAsk is which report is wanted, and how.
type ReportAsk struct {
	Kind         string // daily, profile, balance, peaks, alarms
	From, To     time.Time
	Block        time.Duration // of profile and peaks
	Format, Lang string
}

// longestReport bounds the time of a report, by itself.
const longestReport = 366 * 24 * time.Hour

type reportQuestion struct {
	Strict strict
	Kind   string `path:"kind" enum:"daily,profile,balance,peaks,alarms" doc:"daily: one day with readings; profile: mean power over blocks; balance: imbalance by node; peaks: maxima and coincidence; alarms: figures and list"`
	From   string `query:"from" maxLength:"40" doc:"a local day; the day before to if left out" example:"2026-10-05"`
	To     string `query:"to" maxLength:"40" doc:"exclusive; today, so that the last whole day is the last one, if left out" example:"2026-10-06"`
	Block  string `query:"block" default:"30m" enum:"15m,30m,60m" doc:"of profile and peaks"`
	Format string `query:"format" default:"html" enum:"html,xlsx,csv" doc:"html is one file that prints on A4"`
	Lang   string `query:"lang" default:"ru" enum:"ru,kk,en"`
}

// Resolve is called by huma.
func (in *reportQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *reportQuestion) read(j *judge) ReportAsk {
	to := in.To
	if to == "" {
		to = j.now.In(j.site.Location).Format(time.DateOnly)
	}
	ask := ReportAsk{Kind: in.Kind, Format: in.Format, Lang: in.Lang}
	ask.Block = map[string]time.Duration{"15m": metering.BasePeriod, "30m": 30 * time.Minute, "60m": time.Hour}[in.Block]
	ask.From, ask.To = j.recent(in.From, to, 1, longestReport)
	return ask
}

func (s *Server) openReports(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "get-report", Method: http.MethodGet, Path: "/api/v1/reports/{kind}", Tags: []string{"reports"},
		Summary:   "A report of whole local days, to print, as a workbook or as CSV",
		Responses: map[string]*huma.Response{"200": {Description: "the file", Content: files(reportTypes)}},
	}, s.getReport)
}

// files are answers of some types.
func files(types map[string]string) map[string]*huma.MediaType {
	content := map[string]*huma.MediaType{}
	for _, kind := range types {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	return content
}

// getReport makes a file. That a person took it stands in the audit.
func (s *Server) getReport(ctx context.Context, in *reportQuestion) (*paperAnswer, error) {
	if s.cfg.Reports == nil {
		return nil, huma.Error503ServiceUnavailable("no report is drawn up in this process: it needs the ledger")
	}
	ctx, cancel := context.WithTimeout(ctx, studyWait)
	defer cancel()
	select {
	case s.judged <- struct{}{}:
		defer func() { <-s.judged }()
	case <-ctx.Done():
		return nil, huma.Error503ServiceUnavailable("report: too many are asked at once: try again in a minute")
	}
	ask := in.read(s.judge())
	var buf bytes.Buffer
	name, err := s.cfg.Reports.Report(ctx, &buf, ask)
	switch {
	case errors.Is(err, ErrReportRefused):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case err != nil:
		return nil, s.storeError("report", err)
	}
	if v := visitorOf(ctx); v.session != nil {
		what := metering.AuditRecord{Kind: "export.report", Subject: ask.Kind, Text: fmt.Sprintf("%s, %s", name, ask.Lang)}
		if err := s.record(ctx, s.sessions.view(v.session).account, what); err != nil {
			return nil, err
		}
	}
	a := &paperAnswer{ContentType: reportTypes[ask.Format], Policy: contentPolicy, Body: buf.Bytes()}
	disposition := "attachment"
	if ask.Format == "html" { // to be looked at and printed
		disposition, a.Policy = "inline", paperPolicy
	}
	a.Disposition = mime.FormatMediaType(disposition, map[string]string{"filename": name})
	return a, nil
}

// reportTypes are the types of files by format.
var reportTypes = map[string]string{"html": paperTypes["html"], "xlsx": paperTypes["xlsx"], "csv": "text/csv; charset=utf-8"}
