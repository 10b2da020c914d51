package metering

import (
	"context"
	"time"
)

// Deed is a decision about capacity that people took on paper: an act of the register
// of technical conditions, a step of a case, a posting of the pool, an application, a
// draft of any of them. Deeds are only ever added; what holds follows from them in
// their order. balancing/reclaim/office says what they mean.
type Deed struct {
	Seq uint64    // counts from 1 without a gap; given by the ledger
	At  time.Time // to the millisecond, not before the deed before it
	// Kind is what was done ("case.step", "draft"), Subject to what (a case, a draft, an
	// application; may be empty).
	Kind    string
	Subject string
	// Author is the account that wrote it, Approver the one that signed after it; empty
	// where one person is enough.
	Author   string
	Approver string
	Basis    string // the clause of a contract or the law; may be empty
	Document string // the paper
	// Body is JSON. The ledger keeps it in its canonical form: keys sorted, no spaces.
	Body string
}

// Bounds of a deed, in bytes of UTF-8.
const (
	DeedTextMost = 1 << 10   // of each text
	DeedBodyMost = 256 << 10 // of the body; evidence travels in it
)

// DeedAudit is what the kinds of audit records begin with that seal deeds:
// "capacity.case.step".
const DeedAudit = "capacity."

// Deeds is the part of the ledger that keeps decisions about capacity.
type Deeds interface {
	// RecordDeeds adds deeds to the end and seals why to the audit, all in one
	// transaction, so that no decision is without a trace: why.Detail becomes the first
	// and the last Seq of the deeds and the SHA-256 over their canonical forms
	// (audit.SealDeeds), by which `asue verify` finds a deed that was changed. The deeds
	// come back as they were kept, with Seq, texts without what UTF-8 cannot hold. Any
	// number of processes may record at once.
	//
	// after is the Seq of the last deed that the decision was taken on, 0 for none:
	// ErrConflict if others have been added since, nothing is written then. ErrRefused,
	// with all faults at once, for no deeds at all, a deed without At, Kind, Author or
	// Document, one before the deed before it, an Approver who is the Author, texts
	// above their bounds, or a Body that is not JSON; and for a why that is not whole
	// (see AuditLog) or whose Kind does not begin with DeedAudit.
	RecordDeeds(ctx context.Context, after uint64, deeds []Deed, why AuditRecord) ([]Deed, error)

	// Deeds returns up to limit deeds whose Seq is above after, ascending. A deed whose
	// row was damaged is an error, which names it: nobody decides on another text than
	// the one that was signed.
	Deeds(ctx context.Context, after uint64, limit int) ([]Deed, error)
}
