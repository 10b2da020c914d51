package dispatcher

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

type actionBody struct {
	Strict strict
	Body   json.RawMessage `example:"{\"kind\":\"case.step\",\"case\":\"ТУ-2026-003\",\"document\":\"№ 17 от 02.07.2026\",\"legal_basis\":\"п. 4.2 договора\",\"event\":{\"kind\":\"notice\"}}"`
}

// doCapacity does what a person wants, or makes a draft of it.
func (s *Server) doCapacity(ctx context.Context, in *actionBody) (*answer[DoneView], error) {
	return s.inOffice(ctx, "action", func(ctx context.Context, c Capacity, who CapacityPerson) (DoneView, error) {
		return c.Do(ctx, who, in.Body)
	})
}

type draftID struct {
	Strict strict
	ID     string `path:"id" maxLength:"64" example:"D-17"`
	Body   struct{}
}

// signDraft is the second person's word. Who wrote the draft must still be one who may.
func (s *Server) signDraft(ctx context.Context, in *draftID) (*answer[DoneView], error) {
	return s.inOffice(ctx, "draft", func(ctx context.Context, c Capacity, who CapacityPerson) (DoneView, error) {
		drafts, err := c.Drafts(ctx)
		if err != nil {
			return DoneView{}, err
		}
		for _, d := range drafts {
			if d.ID != in.ID {
				continue
			}
			if err := s.mayStillWrite(ctx, d.Author); err != nil {
				return DoneView{}, err
			}
		}
		return c.Sign(ctx, who, in.ID)
	})
}

// mayStillWrite refuses what somebody has written who has lost his account or his role
// since.
func (s *Server) mayStillWrite(ctx context.Context, author string) error {
	a, err := s.cfg.Accounts.Account(ctx, author)
	switch {
	case err != nil && !errors.Is(err, metering.ErrNotFound):
		return err
	case err != nil || !a.Enabled || !slices.Contains(rights()[Caseworking], a.Role):
		return &CapacityRefusal{Reasons: []string{author + ", who wrote the draft, may not act in the office any more: drop it, and write it anew"}}
	}
	return nil
}

type draftDropped struct {
	Strict strict
	ID     string `path:"id" maxLength:"64" example:"D-17"`
	Body   struct {
		Why string `json:"why" minLength:"1" maxLength:"500" doc:"in words: it is kept for years"`
	}
}

func (s *Server) dropDraft(ctx context.Context, in *draftDropped) (*answer[DoneView], error) {
	why := strings.TrimSpace(in.Body.Why)
	if why == "" {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Message: "say why: it is kept for years", Location: "body.why"})
	}
	return s.inOffice(ctx, "draft", func(ctx context.Context, c Capacity, who CapacityPerson) (DoneView, error) {
		return c.Drop(ctx, who, in.ID, why)
	})
}

// inOffice lets a person do something whose password was given lately. A browser that
// goes away stops nothing halfway. The office writes the audit itself: what it records
// and why stand in one transaction.
func (s *Server) inOffice(ctx context.Context, what string, do func(context.Context, Capacity, CapacityPerson) (DoneView, error)) (*answer[DoneView], error) {
	office, err := s.capacity()
	if err != nil {
		return nil, err
	}
	v := visitorOf(ctx)
	if err := s.freshly(v); err != nil {
		return nil, err
	}
	by := s.sessions.view(v.session).account
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), studyWait) // evidence may have to be made anew
	defer cancel()
	done, err := do(ctx, office, CapacityPerson{Account: by.Name, Role: string(by.Role)})
	if err != nil {
		return nil, s.capacityError(what, err)
	}
	return &answer[DoneView]{done}, nil
}
