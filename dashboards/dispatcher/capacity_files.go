package dispatcher

import (
	"bytes"
	"context"
	"io"
	"mime"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// paperTypes are the types of files by format.
var paperTypes = map[string]string{
	"html": "text/html; charset=utf-8",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"txt":  "text/plain; charset=utf-8",
}

// paperPolicy lets a paper show itself with the style that it carries, and nothing else:
// no script, nothing from anywhere.
const paperPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// paperAnswer is a file.
type paperAnswer struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

type paperQuestion struct {
	Strict strict
	ID     string `path:"id" maxLength:"64" example:"ТУ-2026-003"`
	Paper  string `path:"paper" enum:"notice,warning,sanction,act,evidence"`
	Format string `query:"format" default:"html" enum:"html,xlsx,txt" doc:"txt: evidence only, byte for byte what its SHA-256 is of"`
	Lang   string `query:"lang" default:"ru" enum:"ru,kk,en"`
}

// Resolve is called by huma.
func (in *paperQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	if in.Format == "txt" && in.Paper != "evidence" {
		j.fault("query.format", in.Format, "only the evidence is a plain text: want html or xlsx")
	}
	return j.faults
}

func (s *Server) getPaper(ctx context.Context, in *paperQuestion) (*paperAnswer, error) {
	return s.write(ctx, in.Format, metering.AuditRecord{Kind: "export.paper", Subject: in.ID, Text: in.Paper + ", " + in.Format + ", " + in.Lang},
		func(ctx context.Context, c Capacity, w io.Writer) (string, error) {
			return c.Paper(ctx, w, in.ID, in.Paper, in.Format, in.Lang)
		})
}

type seasonQuestion struct {
	Strict strict
	YearAsked
	Format string `query:"format" default:"html" enum:"html,xlsx"`
	Lang   string `query:"lang" default:"ru" enum:"ru,kk,en"`
}

// Resolve is called by huma.
func (in *seasonQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.end(j)
	return j.faults
}

func (s *Server) getSeason(ctx context.Context, in *seasonQuestion) (*paperAnswer, error) {
	return s.write(ctx, in.Format, metering.AuditRecord{Kind: "export.season", Text: in.AsOf + ", " + in.Format + ", " + in.Lang},
		func(ctx context.Context, c Capacity, w io.Writer) (string, error) {
			return c.Season(ctx, w, in.end(s.judge()), in.Format, in.Lang)
		})
}

// write makes a file. That a person took it stands in the audit.
func (s *Server) write(ctx context.Context, format string, what metering.AuditRecord, to func(context.Context, Capacity, io.Writer) (string, error)) (*paperAnswer, error) {
	var buf bytes.Buffer
	name, err := costly(ctx, s, s.judged, "file", func(ctx context.Context, c Capacity) (string, error) { return to(ctx, c, &buf) })
	if err != nil {
		return nil, err
	}
	if v := visitorOf(ctx); v.session != nil {
		if err := s.record(ctx, s.sessions.view(v.session).account, what); err != nil {
			return nil, err
		}
	}
	a := &paperAnswer{ContentType: paperTypes[format], Policy: contentPolicy, Body: buf.Bytes()}
	disposition := "attachment"
	if format == "html" { // to be looked at and printed
		disposition, a.Policy = "inline", paperPolicy
	}
	a.Disposition = mime.FormatMediaType(disposition, map[string]string{"filename": name}) // other letters than Latin as RFC 5987 has it
	return a, nil
}
