package dispatcher

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/shift"
)

type logFile struct {
	Strict strict
	LogQuestion
	Style string `query:"style" default:"plain" enum:"plain,excel" doc:"plain: commas, as RFC 4180 has it; excel: a byte order mark and semicolons, as Excel in Russian and Kazakh wants them"`
}

// Resolve is called by huma.
func (in *logFile) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.judged(j)
	return j.faults
}

var logColumns = []string{"record", "at_utc", "at_local", "who", "role", "kind", "object", "text", "from", "number", "received_utc", "start_utc", "end_utc", "corrects", "sha256"}

// mostExported is how many records one file has at most.
const mostExported = 20_000

// getLogCSV writes the log as a table, oldest first, as it is read on paper. What does not
// fit is refused, and never left out in silence.
func (s *Server) getLogCSV(ctx context.Context, in *logFile) (*csvAnswer, error) {
	if s.cfg.Auditor == nil {
		return nil, errNoAudit
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	found, before, err := s.searchLog(ctx, in.judged(s.judge()), in.Q, mostExported)
	if err != nil {
		return nil, s.storeError("log", err)
	}
	if before > 0 {
		return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("the log is too long for one file of %d records: ask for a shorter time", mostExported))
	}
	by := s.sessions.view(visitorOf(ctx).session).account
	if err := s.record(ctx, by, metering.AuditRecord{Kind: "export.log", Subject: in.Kind, Text: fmt.Sprintf("%s to %s, %d records", in.From, in.To, len(found))}); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	if in.Style == "excel" {
		buf.WriteString("\ufeff")
		w.Comma, w.UseCRLF = ';', true
	}
	w.Write(logColumns) // a bytes.Buffer does not fail
	for _, r := range slices.Backward(found) {
		w.Write(s.logRow(r))
	}
	w.Flush()
	return &csvAnswer{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="log_` + local(s.cfg.Now(), s.cfg.Site.Location)[:10] + `.csv"`, Body: buf.Bytes()}, nil
}

func (s *Server) logRow(r metering.AuditRecord) []string {
	e, _ := shift.Read(r) // the empty entry of what no person wrote
	corrects := ""
	if e.Corrects > 0 {
		corrects = strconv.FormatUint(e.Corrects, 10)
	}
	return []string{
		strconv.FormatUint(r.Seq, 10), moment(r.At), local(r.At, s.cfg.Site.Location), harmless(r.Actor), string(r.Role), r.Kind, harmless(r.Subject), harmless(r.Text),
		harmless(e.From), harmless(e.Number), moment(e.Received), moment(e.Start), moment(e.End), corrects, fmt.Sprintf("%x", r.Hash),
	}
}

// moment is a time in a table; nothing for the zero one.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
