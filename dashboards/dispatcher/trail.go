package dispatcher

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// record appends to the audit what a person has done. What cannot be recorded is
// not done: the error is for the client.
func (s *Server) record(ctx context.Context, a metering.Account, r metering.AuditRecord) error {
	if _, err := s.cfg.Auditor.Append(ctx, s.stamped(a, r)); err != nil {
		s.log.Error("the audit cannot be written", "kind", r.Kind, "account", a.Name, "error", err)
		return huma.Error503ServiceUnavailable("the audit cannot be written, and what is not written down is not done: the log says why")
	}
	return nil
}

// stamped is a record with who has done it, when.
func (s *Server) stamped(a metering.Account, r metering.AuditRecord) metering.AuditRecord {
	r.At, r.Actor, r.Role = s.cfg.Now().UTC(), a.Name, a.Role
	return r
}

// recordFailure notes a wrong password, at most thirty a minute: an audit without
// bound would be a way to fill the disk. The log has them all.
func (s *Server) recordFailure(ctx context.Context, v visitor, name, what string) {
	if !s.failures.take(s.cfg.Wall()) {
		return
	}
	if len(name) > 64 {
		name = name[:64]
	}
	r := metering.AuditRecord{At: s.cfg.Now().UTC(), Actor: "system", Kind: "login.failed", Subject: name, Text: fmt.Sprintf("%s: wrong name or password, from %s", what, v.address)}
	if _, err := s.cfg.Auditor.Append(context.WithoutCancel(ctx), r); err != nil {
		s.log.Error("the audit cannot be written", "kind", r.Kind, "error", err)
	}
}

// AuditList is the answer of /api/v1/audit.
type AuditList struct {
	Records []AuditView `json:"records" doc:"newest first"`
	Before  uint64      `json:"before,omitempty" doc:"ask again with this as before: the answer was cut at limit"`
}

// AuditView is a record of the audit.
type AuditView struct {
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Role     string    `json:"role,omitempty"`
	Kind     string    `json:"kind"`
	Subject  string    `json:"subject,omitempty"`
	Text     string    `json:"text,omitempty"`
	Detail   string    `json:"detail,omitempty" doc:"JSON"`
	Snapshot string    `json:"snapshot,omitempty" doc:"SHA-256 of the state that a decision was taken on"`
	Hash     string    `json:"hash"`
}

type auditQuestion struct {
	Strict  strict
	From    string `query:"from" maxLength:"40" doc:"from this day or time on"`
	To      string `query:"to" maxLength:"40" doc:"up to this day or time"`
	Kind    string `query:"kind" maxLength:"64" doc:"only of this kind; one that ends with a dot: all that begin so" example:"order."`
	Subject string `query:"subject" maxLength:"128" doc:"only about this"`
	Actor   string `query:"actor" maxLength:"64" doc:"only by this account"`
	Before  uint64 `query:"before" doc:"only records with a lower number" maximum:"9223372036854775807"`
	Limit   int    `query:"limit" default:"200" minimum:"1" maximum:"2000"`
}

// Resolve is called by huma.
func (in *auditQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	j.moment("query.from", in.From)
	j.moment("query.to", in.To)
	return j.faults
}

func (s *Server) getAudit(ctx context.Context, in *auditQuestion) (*answer[AuditList], error) {
	if s.cfg.Auditor == nil {
		return nil, huma.Error503ServiceUnavailable("this process has no audit: the one with the role \"metering\" has")
	}
	j := s.judge()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	found, err := s.cfg.Auditor.Audit(ctx, metering.AuditQuery{
		From: j.moment("query.from", in.From), To: j.moment("query.to", in.To), Kind: in.Kind, Subject: in.Subject, Actor: in.Actor,
		Before: in.Before, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, s.storeError("audit", err)
	}
	list := AuditList{Records: []AuditView{}}
	for i, r := range found {
		if i == in.Limit {
			list.Before = found[i-1].Seq
			break
		}
		list.Records = append(list.Records, auditView(r))
	}
	return &answer[AuditList]{list}, nil
}

// journalKinds are the kinds of records that the journal has, the part of the audit
// that those who run the shift read; all begin so.
var journalKinds = []string{"control.", "order.", "alarm."}

func (s *Server) getJournal(ctx context.Context, in *auditQuestion) (*answer[AuditList], error) {
	if !slices.ContainsFunc(journalKinds, func(kind string) bool { return strings.HasPrefix(in.Kind, kind) }) {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "query.kind", Value: in.Kind,
			Message: "the journal has the kinds that begin with " + strings.Join(journalKinds, " or ") + "; all others stand in /api/v1/audit"})
	}
	return s.getAudit(ctx, in)
}

func auditView(r metering.AuditRecord) AuditView {
	v := AuditView{Seq: r.Seq, At: r.At, Actor: r.Actor, Role: string(r.Role), Kind: r.Kind, Subject: r.Subject, Text: r.Text, Detail: r.Detail, Hash: fmt.Sprintf("%x", r.Hash)}
	if r.Snapshot != ([32]byte{}) {
		v.Snapshot = fmt.Sprintf("%x", r.Snapshot)
	}
	return v
}
