package dispatcher

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// openCapacity opens what is asked of the office of technical conditions, and what is
// done there.
func (s *Server) openCapacity(api huma.API) {
	get(api, "conditions", "Whose technical conditions (ТУ) are used how, over a rolling year", s.getConditions)
	get(api, "conditions/{resident}/{node}", "What one finding rests on, to be drawn", s.getUse)
	get(api, "register", "The register of technical conditions at a time, with its history", s.getRegister)
	get(api, "pool", "What is free, reserved and held, and where it can be used", s.getPool)
	get(api, "cases", "Every case of the procedure, open ones first", s.getCases)
	get(api, "cases/{id}", "One case with all that lies in it", s.getCase)
	get(api, "drafts", "Actions that wait for their second signature", s.getDrafts)
	huma.Register(api, huma.Operation{
		OperationID: "get-hosting", Method: http.MethodGet, Path: "/api/v1/hosting", Summary: "Whether X MW more can connect at a node: how much, from when, with what curtailment",
		Description: "With `Accept: text/event-stream` the answer comes as server-sent events: `progress` with {part: 0..1}, ascending, then `answer` with the answer, or `problem` with an RFC 9457 problem.",
		Responses: map[string]*huma.Response{"200": {Description: "the answer", Content: map[string]*huma.MediaType{
			"application/json":  {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[HostingView](), true, "")},
			"text/event-stream": {Schema: &huma.Schema{Type: "string"}},
		}}},
	}, s.getHosting)
	file(api, "get-season", "season", "The report of a season: what is on paper, needed, returnable, by node and class; to be printed or as a table", s.getSeason)
	file(api, "get-paper", "cases/{id}/papers/{paper}", "A paper of a case, to be printed or as a table", s.getPaper)
	act(api, "do-capacity", "actions", "Do something in the office, or make a draft of it that waits for a second person",
		"The body is an action by its kind: "+actionKinds+". Steps that bind somebody become a draft; another person signs it. "+
			"case.open names its finding by `evidence`: the SHA-256 that GET conditions shows. Every fault of an action is told at once, with status 422; 409 says that somebody else was faster.", s.doCapacity)
	act(api, "sign-draft", "drafts/{id}/sign", "Be the second person of a draft", "", s.signDraft)
	act(api, "drop-draft", "drafts/{id}/drop", "Drop a draft", "", s.dropDraft)
}

const actionKinds = "case.open, case.step, application.enter, application.refuse, application.reserve, application.give-back, application.allot, pool.post, pool.ceiling, register.act"

// file registers an operation whose answer is a file.
func file[I any](api huma.API, id, path, summary string, handler func(context.Context, *I) (*paperAnswer, error)) {
	content := map[string]*huma.MediaType{}
	for _, kind := range paperTypes {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	huma.Register(api, huma.Operation{OperationID: id, Method: http.MethodGet, Path: "/api/v1/" + path, Summary: summary, Tags: []string{"capacity"},
		Responses: map[string]*huma.Response{"200": {Description: "the file", Content: content}}}, handler)
}

// act registers an operation by which a person does something.
func act[I any](api huma.API, id, path, summary, about string, handler func(context.Context, *I) (*answer[DoneView], error)) {
	huma.Register(api, huma.Operation{OperationID: id, Method: http.MethodPost, Path: "/api/v1/" + path, Summary: summary, Description: about,
		MaxBodyBytes: 48 << 10, Tags: []string{"capacity"}}, handler)
}

// Bounds of questions about capacity.
const (
	mostHosted = 1 // answers to newcomers that are reckoned at once; others wait
	mostJudged = 4 // findings, files and seasons likewise
	// studyWait is how long one may take, waiting included, of the wall clock.
	studyWait = 2 * time.Minute
)

// capacity is the office, or why it is not here.
func (s *Server) capacity() (Capacity, error) {
	if s.cfg.Capacity == nil {
		return nil, huma.Error503ServiceUnavailable("the office of technical conditions is in the process that has the role metering")
	}
	return s.cfg.Capacity, nil
}

// quick asks the office something that is known.
func quick[T any](ctx context.Context, s *Server, what string, ask func(context.Context, Capacity) (T, error)) (*answer[T], error) {
	office, err := s.capacity()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	v, err := ask(ctx, office)
	if err != nil {
		return nil, s.capacityError(what, err)
	}
	return &answer[T]{v}, nil
}

// costly asks it something that has to be reckoned, in turn with others.
func costly[T any](ctx context.Context, s *Server, turns chan struct{}, what string, ask func(context.Context, Capacity) (T, error)) (T, error) {
	var none T
	office, err := s.capacity()
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, studyWait)
	defer cancel()
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return none, huma.Error503ServiceUnavailable(what + ": too many are asked at once: try again in a minute")
		}
		return none, s.capacityError(what, ctx.Err())
	}
	v, err := ask(ctx, office)
	if err != nil {
		return none, s.capacityError(what, err)
	}
	return v, nil
}

// capacityError turns an error of the office into a problem.
func (s *Server) capacityError(what string, err error) error {
	var refusal *CapacityRefusal
	switch {
	case errors.As(err, &refusal):
		var reasons []error
		for _, why := range refusal.Reasons {
			reasons = append(reasons, &huma.ErrorDetail{Message: why, Location: "body"})
		}
		if refusal.Conflict {
			return huma.Error409Conflict("somebody else was faster: look again", reasons...)
		}
		return huma.Error422UnprocessableEntity("this cannot be done", reasons...)
	case errors.Is(err, ErrUnknown):
		return huma.Error404NotFound(what + ": " + cmp.Or(err.Error(), ErrUnknown.Error()))
	}
	return s.storeError(what, err)
}
