package dispatcher

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// Capacity is the office of technical conditions as the page asks it: findings, cases,
// the pool, applications, answers to newcomers, papers. It must be safe for concurrent
// use. What is not known is ErrUnknown, what cannot be done a *CapacityRefusal.
type Capacity interface {
	// Conditions judges the rolling year that ends with a local midnight, the last
	// validated one if asOf is zero. progress may be nil.
	Conditions(ctx context.Context, asOf time.Time, progress func(part float64)) (ConditionsView, error)
	// Use shows what one finding rests on.
	Use(ctx context.Context, resident, node string, asOf time.Time) (UseView, error)
	// Register lists every medium's conditions as in force at a time, with their history.
	Register(ctx context.Context, at time.Time) (RegisterView, error)
	// Cases lists all; Case shows one with what lies in it.
	Cases(ctx context.Context) ([]CaseView, error)
	Case(ctx context.Context, id string) (CaseView, error)
	Pool(ctx context.Context, at time.Time) (PoolView, error)
	Hosting(ctx context.Context, q HostingQuestion, progress func(part float64)) (HostingView, error)
	Drafts(ctx context.Context) ([]DraftView, error)
	// Do does what a person wants (an office action as JSON), or makes a draft of it;
	// Sign and Drop end a draft. case.open names its finding by the SHA-256 that
	// Conditions shows (evidence_sha256) in the action's "evidence"; the text is put in
	// its place, made anew from the ledger.
	Do(ctx context.Context, who CapacityPerson, action json.RawMessage) (DoneView, error)
	Sign(ctx context.Context, who CapacityPerson, draft string) (DoneView, error)
	Drop(ctx context.Context, who CapacityPerson, draft, why string) (DoneView, error)
	// Paper writes a paper of a case ("notice", "warning", "sanction", "act", "evidence"),
	// Season the report of a season; as "html" or "xlsx" (evidence: "txt"), in "ru", "kk"
	// or "en". The name is for a file.
	Paper(ctx context.Context, w io.Writer, id, paper, format, lang string) (name string, err error)
	Season(ctx context.Context, w io.Writer, asOf time.Time, format, lang string) (name string, err error)
}

// ErrUnknown says that what was asked for is not there.
var ErrUnknown = errors.New("not known")

// CapacityRefusal says why something cannot be done, all reasons at once; Conflict, that
// somebody else was faster.
type CapacityRefusal struct {
	Reasons  []string
	Conflict bool
}

// Error is the reasons in one line.
func (r *CapacityRefusal) Error() string {
	text := ""
	for i, why := range r.Reasons {
		if i > 0 {
			text += "; "
		}
		text += why
	}
	return text
}

// CapacityPerson is who acts.
type CapacityPerson struct {
	Account string
	Role    string
}
