package dispatcher

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/shift"
)

func (s *Server) openLog(api huma.API) {
	get(api, "log", "The operator's log: what people wrote, and what alarms, orders and the balancer did", s.getLog)
	huma.Register(api, huma.Operation{
		OperationID: "get-log-csv", Method: http.MethodGet, Path: "/api/v1/log.csv", Summary: "The same as a table (CSV)",
		Responses: map[string]*huma.Response{"200": {
			Description: "the table, with a row of names, oldest first", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}},
		}},
	}, s.getLogCSV)
	huma.Register(api, huma.Operation{
		OperationID: "write-log", Method: http.MethodPost, Path: "/api/v1/log", MaxBodyBytes: 32 << 10,
		Summary: "Write an entry into the log; none is ever changed: a correction names the entry that it corrects", Tags: []string{"log"},
	}, s.postLog)
	get(api, "shift", "Who has the shift, and what would be handed over now", s.getShift)
	huma.Register(api, huma.Operation{
		OperationID: "take-shift", Method: http.MethodPost, Path: "/api/v1/shift/take", MaxBodyBytes: 4 << 10,
		Summary: "Take the shift where nobody hands it over", Tags: []string{"log"},
	}, s.takeShift)
	huma.Register(api, huma.Operation{
		OperationID: "hand-over-shift", Method: http.MethodPost, Path: "/api/v1/shift/hand-over", MaxBodyBytes: 4 << 10,
		Summary: "Hand the shift over: you sign by your session, who takes it by name and password", Tags: []string{"log"},
	}, s.handOverShift)
}

// LogQuestion selects records of the log.
type LogQuestion struct {
	From string `query:"from" maxLength:"40" doc:"from this day or time on"`
	To   string `query:"to" maxLength:"40" doc:"up to this day or time"`
	Kind string `query:"kind" maxLength:"64" doc:"only of this kind; one that ends with a dot: all that begin so; empty: all of the log" example:"log."`
	Q    string `query:"q" maxLength:"200" doc:"only what says this word: who, what, about what, in which words"`
}

func (in *LogQuestion) judged(j *judge) metering.AuditQuery {
	q := metering.AuditQuery{From: j.moment("query.from", in.From), To: j.moment("query.to", in.To), Kind: in.Kind}
	if in.Kind != "" && !shift.InLog(in.Kind) {
		j.fault("query.kind", in.Kind, "the log has the kinds that begin with %s; all others stand in /api/v1/audit", strings.Join(shift.Kinds(), " or "))
	}
	return q
}

type logPage struct {
	Strict strict
	LogQuestion
	Before uint64 `query:"before" doc:"only records with a lower number" maximum:"9223372036854775807"`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

// Resolve is called by huma.
func (in *logPage) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.judged(j)
	return j.faults
}

var errNoAudit = huma.Error503ServiceUnavailable("this process has no audit: the one with the role \"metering\" has")

func (s *Server) getLog(ctx context.Context, in *logPage) (*answer[AuditList], error) {
	if s.cfg.Auditor == nil {
		return nil, errNoAudit
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	q := in.judged(s.judge())
	q.Before = in.Before
	found, before, err := s.searchLog(ctx, q, in.Q, in.Limit)
	if err != nil {
		return nil, s.storeError("log", err)
	}
	list := AuditList{Records: []AuditView{}, Before: before}
	for _, r := range found {
		if !strings.HasPrefix(r.Kind, shift.Prefix) {
			r.Detail = "" // for programs, and long: a storm of alarms is in one; /api/v1/journal has it
		}
		list.Records = append(list.Records, auditView(r))
	}
	return &answer[AuditList]{list}, nil
}

// How much of the audit one question looks through.
const (
	logPageSize = 1000
	mostLooked  = 50_000
)

// searchLog finds the youngest records of the log that say a word, newest first. before is
// where to go on, 0 at the end: also where it has looked through many records and found few.
func (s *Server) searchLog(ctx context.Context, q metering.AuditQuery, word string, limit int) (found []metering.AuditRecord, before uint64, err error) {
	q.Limit = logPageSize
	for looked := 0; looked < mostLooked; looked += logPageSize {
		page, err := s.cfg.Auditor.Audit(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for _, r := range page {
			if !shift.InLog(r.Kind) || !shift.Has(r, word) {
				continue
			}
			if len(found) == limit {
				return found, found[limit-1].Seq, nil
			}
			found = append(found, r)
		}
		if len(page) < logPageSize {
			return found, 0, nil
		}
		q.Before = page[len(page)-1].Seq
	}
	return found, q.Before, nil
}

func (s *Server) postLog(ctx context.Context, in *struct {
	Strict strict
	Body   struct {
		shift.Entry
		Text string `json:"text" maxLength:"2000" doc:"in words"`
	}
}) (*answer[AuditView], error) {
	if s.cfg.Auditor == nil {
		return nil, errNoAudit
	}
	who, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	e := in.Body.Entry
	e.Text = in.Body.Text
	if err := refused(s.cfg.House.Check(e, s.cfg.Now().UTC())); err != nil {
		return nil, err
	}
	if e.Template == shift.Correction {
		if err := s.correctable(ctx, e); err != nil {
			return nil, err
		}
	}
	kept, err := s.cfg.Auditor.Append(ctx, s.stamped(who, e.Record()))
	if err != nil {
		s.log.Error("the audit cannot be written", "kind", shift.Prefix+string(e.Template), "account", who.Name, "error", err)
		return nil, huma.Error503ServiceUnavailable("the log cannot be written: keep the text, and write it again; the program's own log says why")
	}
	return &answer[AuditView]{auditView(kept)}, nil
}

// correctable says whether there is an entry that a correction can be about.
func (s *Server) correctable(ctx context.Context, c shift.Entry) error {
	if c.Corrects >= math.MaxInt64 { // no audit has so many
		return huma.Error422UnprocessableEntity("validation failed", noEntry(c.Corrects))
	}
	found, err := s.cfg.Auditor.Audit(ctx, metering.AuditQuery{Kind: shift.Prefix, Before: c.Corrects + 1, Limit: 1})
	if err != nil {
		return s.storeError("log", err)
	}
	if len(found) == 0 || found[0].Seq != c.Corrects {
		return huma.Error422UnprocessableEntity("validation failed", noEntry(c.Corrects))
	}
	old, ok := shift.Read(found[0])
	if !ok {
		return huma.Error422UnprocessableEntity("validation failed", noEntry(c.Corrects))
	}
	return refused(c.CheckAgainst(old))
}

func noEntry(seq uint64) error {
	return &huma.ErrorDetail{Location: "body.corrects", Value: seq, Message: fmt.Sprintf("record %d is no entry that a person has written", seq)}
}

// refused tells all faults of an entry; nil if there are none.
func refused(list []shift.Fault) error {
	var faults []error
	for _, f := range list {
		faults = append(faults, &huma.ErrorDetail{Message: f.Text, Location: "body." + f.Field})
	}
	if len(faults) == 0 {
		return nil
	}
	return huma.Error422UnprocessableEntity("validation failed", faults...)
}

// present is who acts, compared with the ledger just now.
func (s *Server) present(ctx context.Context) (metering.Account, error) {
	known := s.sessions.view(visitorOf(ctx).session)
	if s.cfg.Wall().Sub(known.compared) > checkEvery {
		return metering.Account{}, huma.Error503ServiceUnavailable("your account cannot be compared with the ledger now: the log says why")
	}
	return known.account, nil
}
