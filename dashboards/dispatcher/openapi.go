package dispatcher

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// examples are what operations were asked and have answered over the invented zone, a
// file for each by its operation's id. They are renewed with
// `go test ./dashboards/dispatcher -run OpenAPI -rewrite`.
//
//go:embed examples
var examples embed.FS

// Example is an example of one operation. Lists are cut to their first entries, files
// to their beginning.
type Example struct {
	Path   string          `json:"path"`             // with the query, as it was asked
	Body   json.RawMessage `json:"body,omitempty"`   // of the question
	Kind   string          `json:"kind"`             // content type of the answer, without parameters
	Answer json.RawMessage `json:"answer,omitempty"` // JSON, or a JSON string with the text of a file
}

// describe completes the document: what every operation may answer besides what was asked
// for, who may ask, and an example of question and answer. It is called when all
// operations are there.
func (s *Server) describe(doc *huma.OpenAPI) error {
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session":        {Type: "apiKey", In: "cookie", Name: "__Host-asue", Description: "of a person who has signed in: POST /api/v1/login; on the machine itself asue-PORT"},
		"residentToken":  {Type: "http", Scheme: "bearer", Description: "a resident's token: asue user token"},
		"residentCookie": {Type: "apiKey", In: "cookie", Name: "__Secure-asue-own", Description: "the same as a cookie: POST /api/v1/own/session"},
	}
	var faults []error
	for path, item := range doc.Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete,
		} {
			if op == nil {
				continue
			}
			access := s.accessTo(method + " " + path)
			explainRefusals(op, access)
			if err := illustrate(op); err != nil {
				faults = append(faults, fmt.Errorf("dispatcher: example of %s %s: %w", method, path, err))
			}
		}
	}
	return errors.Join(faults...)
}

// accessTo is who may use a route; Operator for one that cmd mounts later.
func (s *Server) accessTo(pattern string) Access {
	i := slices.IndexFunc(s.router.rows, func(r Route) bool { return r.Pattern == pattern })
	if i < 0 {
		return Operator
	}
	return s.router.rows[i].Access
}

// explainRefusals says with which status an operation refuses, and why.
func explainRefusals(op *huma.Operation, access Access) {
	say := func(status int, why, detail string) {
		code := fmt.Sprint(status)
		if op.Responses[code] != nil && op.Responses[code].Description != http.StatusText(status) {
			return // its own words are better
		}
		op.Responses[code] = &huma.Response{Description: why, Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema:  &huma.Schema{Ref: "#/components/schemas/ErrorModel"},
			Example: map[string]any{"title": http.StatusText(status), "status": status, "detail": detail},
		}}}
	}
	switch access {
	case Own:
		say(401, "no token, or one that is not known, has expired or was revoked; `type` says which: urn:asue:token-unknown, -expired, -revoked", "this token was revoked at 2026-11-21 12:00: ask the operator of the zone for another")
		say(403, "the connection is not encrypted", "a token may be read on the way: put a reverse proxy with TLS before the page that sets X-Forwarded-Proto")
		say(429, "the token asks too often; `Retry-After` says when to come again", "this token asks too often: 60 questions at once and 1 a second are answered")
	case Open, OwnDoor, Operator:
	default:
		say(401, "nobody has signed in", "sign in first: POST /api/v1/login")
		say(403, "the role may not; this is for "+access.audience(), `the role "auditor" may not do this; it is for `+access.audience())
	}
	if access == DemoOnly {
		say(404, "outside the demo", "this exists in the demo only: start `asue demo`")
	}
	if strings.Contains(op.Path, "{") {
		say(404, "there is no such thing; the detail says where they are listed", `there is no metering point "p-99": /api/v1/points lists them`)
	}
	if len(op.Parameters) > 0 || op.RequestBody != nil {
		say(422, "something about the question is wrong: all faults at once under `errors`, each with its place and what would be right", "validation failed")
		op.Responses["422"].Content["application/problem+json"].Example = map[string]any{"title": "Unprocessable Entity", "status": 422, "detail": "validation failed",
			"errors": []any{map[string]any{"message": "unknown query parameter", "location": "query.form"}}}
	}
	if op.RequestBody != nil {
		say(413, "the body is too long", "request body is too large")
		say(415, "the body is not application/json", "send the body as application/json")
	}
	say(503, "a store, or a part of the system, does not answer or is not in this process", "intervals: the store cannot answer now: the log says why")
}

// audience is who may use a route, in words.
func (a Access) audience() string {
	if a == DemoOnly || a == Viewer || a == SignedIn {
		return "everybody who may look"
	}
	return a.words()
}

// illustrate gives an operation the example that stands in its file.
func illustrate(op *huma.Operation) error {
	b, err := examples.ReadFile("examples/" + op.OperationID + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the test of the document misses it
	}
	if err != nil {
		return err
	}
	var e Example
	if err := json.Unmarshal(b, &e); err != nil {
		return err
	}
	if op.RequestBody != nil && e.Body != nil {
		for _, content := range op.RequestBody.Content {
			content.Example = e.Body
		}
	}
	about := "Example: `" + op.Method + " " + e.Path + "`."
	op.Description = strings.TrimSpace(op.Description + "\n\n" + about)
	for kind, content := range op.Responses["200"].Content {
		if plain, _, _ := strings.Cut(kind, ";"); plain == e.Kind {
			content.Example = e.Answer
		}
	}
	return nil
}
