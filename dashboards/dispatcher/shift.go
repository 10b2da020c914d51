package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/shift"
)

// ShiftView is who has the shift, and what would be handed over now.
type ShiftView struct {
	Shift    *shift.Shift   `json:"shift,omitempty" doc:"absent: nobody has taken a shift yet"`
	Document shift.Document `json:"document" doc:"what would be handed over now"`
	Digest   string         `json:"digest" doc:"SHA-256 of the document's canonical JSON: who signs says by it what was read"`
	Forms    []shift.Form   `json:"forms" doc:"what an entry of each template must and may say here"`
	Phrases  []shift.Phrase `json:"phrases,omitempty" doc:"wordings that are ready to be filled in"`
	Warning  string         `json:"warning,omitempty" doc:"the shift is taken, and something that goes with it was not done"`
}

func (s *Server) getShift(ctx context.Context, _ *nothing) (*answer[ShiftView], error) {
	if s.cfg.Auditor == nil {
		return nil, errNoAudit
	}
	v, err := s.shiftView(ctx)
	if err != nil {
		return nil, err
	}
	return &answer[ShiftView]{v}, nil
}

// takeShift is for the first shift, and for one whose holder is not there to hand it over.
func (s *Server) takeShift(ctx context.Context, in *struct {
	Strict strict
	Body   struct {
		Digest string `json:"digest" maxLength:"64" doc:"of the document that was read: GET /api/v1/shift"`
		Why    string `json:"why,omitempty" maxLength:"1000" doc:"needed where somebody has the shift and does not hand it over"`
	}
}) (*answer[ShiftView], error) {
	taker, err := s.signer(ctx)
	if err != nil {
		return nil, err
	}
	s.shifting.Lock()
	defer s.shifting.Unlock()
	now, err := s.shiftView(ctx)
	switch {
	case err != nil:
		return nil, err
	case now.Shift != nil && now.Shift.Who == taker.Name:
		return nil, huma.Error409Conflict("you have the shift already")
	case now.Shift != nil && in.Body.Why == "":
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.why",
			Message: now.Shift.Who + " has the shift and does not hand it over: say why you take it"})
	}
	return s.beginShift(ctx, metering.Account{}, taker, in.Body.Why, in.Body.Digest, now)
}

// handOverShift takes two signatures at one screen: the session of who hands over, and
// name and password of who takes.
func (s *Server) handOverShift(ctx context.Context, in *struct {
	Strict strict
	Body   struct {
		Digest   string `json:"digest" maxLength:"64" doc:"of the document that both have read: GET /api/v1/shift"`
		Name     string `json:"name" maxLength:"64" doc:"of who takes the shift"`
		Password string `json:"password" maxLength:"1024" doc:"of who takes the shift"`
	}
}) (*answer[ShiftView], error) {
	giver, err := s.signer(ctx)
	if err != nil {
		return nil, err
	}
	v := visitorOf(ctx)
	if why := s.signInObstacle(v); why != "" {
		return nil, huma.Error403Forbidden(why)
	}
	s.shifting.Lock()
	defer s.shifting.Unlock()
	now, err := s.shiftView(ctx)
	switch {
	case err != nil:
		return nil, err
	case now.Shift == nil:
		return nil, huma.Error409Conflict("nobody has the shift: take it first, POST /api/v1/shift/take")
	case now.Shift.Who != giver.Name:
		return nil, huma.Error409Conflict(fmt.Sprintf("%s has the shift: nobody else can hand it over", now.Shift.Who))
	case in.Body.Name == giver.Name:
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.name", Message: "another person takes the shift"})
	}
	taker, err := s.authenticate(ctx, v, in.Body.Name, in.Body.Password, "shift")
	if err != nil {
		return nil, err
	}
	if taker.MustChange || !slices.Contains(rights()[Alarming], taker.Role) {
		return nil, huma.Error403Forbidden(fmt.Sprintf("%s cannot take the shift: it is for %s whose password is their own", taker.Name, Alarming.words()))
	}
	return s.beginShift(ctx, giver, taker, "", in.Body.Digest, now)
}

// signer is who signs by his session: his password was given within minutes.
func (s *Server) signer(ctx context.Context) (metering.Account, error) {
	if s.cfg.Auditor == nil {
		return metering.Account{}, errNoAudit
	}
	v := visitorOf(ctx)
	if err := s.freshly(v); err != nil {
		return metering.Account{}, err
	}
	return s.sessions.view(v.session).account, nil
}

// beginShift records the shift, and lets the shelves of the last one end. s.shifting is held.
func (s *Server) beginShift(ctx context.Context, giver, taker metering.Account, why, read string, now ShiftView) (*answer[ShiftView], error) {
	if read != now.Digest {
		return nil, huma.Error409Conflict("something has changed since you read it: read what is handed over again, and sign that")
	}
	r, err := shift.Take(giver, why, now.Document)
	if errors.Is(err, shift.ErrTooMuch) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if err := s.record(ctx, taker, r); err != nil {
		return nil, err
	}
	warning := ""
	if s.cfg.Alarms != nil {
		if err := s.cfg.Alarms.Act(ctx, taker, AlarmAct{Act: "begin-shift"}); err != nil {
			s.log.Error("a shift has begun and the shelves of the last one stand", "account", taker.Name, "error", err)
			warning = "alarms that were put aside are so still: begin the shift in the view of alarms"
		}
	}
	v, err := s.shiftView(ctx)
	if err != nil {
		return nil, err
	}
	v.Warning = warning
	return &answer[ShiftView]{v}, nil
}

// shiftView reads from the audit who has the shift and gathers what there is to hand over.
func (s *Server) shiftView(ctx context.Context) (v ShiftView, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	last, err := s.cfg.Auditor.Audit(ctx, metering.AuditQuery{Kind: shift.KindTaken, Limit: 1})
	if err != nil {
		return v, s.storeError("log", err)
	}
	present, before, found, err := shift.Present(last)
	if err != nil {
		s.log.Error("the shift cannot be read", "error", err)
		return v, huma.Error500InternalServerError(err.Error() + ": `asue verify` says where the audit is damaged")
	}
	records, err := s.entriesSince(ctx, present.Seq)
	if err != nil {
		return v, s.storeError("log", err)
	}
	doc := s.handover()
	if found {
		v.Shift, doc.Who, doc.Since = &present, present.Who, present.Since
	}
	doc.Unfinished, doc.Notes = shift.Gather(before.Unfinished, records)
	v.Document = doc.Bounded()
	v.Digest = fmt.Sprintf("%x", v.Document.Digest())
	v.Forms, v.Phrases = s.cfg.House.Forms(), s.cfg.House.Phrases
	return v, nil
}

// entriesSince are the entries that stand behind a record, newest first.
func (s *Server) entriesSince(ctx context.Context, seq uint64) ([]metering.AuditRecord, error) {
	var all []metering.AuditRecord
	q := metering.AuditQuery{Kind: shift.Prefix, Limit: logPageSize}
	for {
		page, err := s.cfg.Auditor.Audit(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			if r.Seq <= seq {
				return all, nil
			}
			all = append(all, r)
		}
		if len(page) < logPageSize {
			return all, nil
		}
		q.Before = page[len(page)-1].Seq
	}
}
