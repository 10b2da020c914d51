package metering

import (
	"context"
	"time"
)

// AuditRecord is one entry of the audit: who has done what, when and to what. Each
// entry carries the hash of the one before it, so that none can be changed, taken
// out or moved without a trace; metering/audit draws the form that is hashed.
type AuditRecord struct {
	Seq  uint64    // counts from 1 without a gap; given by the ledger
	At   time.Time // to the millisecond
	Role Role      // in which the actor acted; empty for the program itself
	// Actor is an account's name, or "system" for the program itself, or "token:ID" for
	// whoever holds a resident's token, or at a command line the user of the operating
	// system, written "os:NAME".
	Actor   string
	Kind    string // what was done: "login", "order.sent", "account.role" …
	Subject string // to what: an account, an actuator, an order; may be empty
	Text    string // for people
	// Detail is JSON for programs, or empty. The ledger keeps it in its canonical
	// form: keys sorted, no spaces.
	Detail string
	// Snapshot is the SHA-256 of the state that a decision was taken on; zero if
	// there is none.
	Snapshot [32]byte
	// Prev is the Hash of the record before, zero for the first one. Both are given
	// by the ledger.
	Prev, Hash [32]byte
}

// AuditCheckpoint is a signed word that the audit's record Seq has a certain hash.
// Kept on another host it shows when the end of the audit was cut off, which the
// chain alone does not.
type AuditCheckpoint struct {
	Seq       uint64
	At        time.Time // to the millisecond
	Hash      [32]byte
	Key       [8]byte  // first bytes of the SHA-256 of the public key
	Signature [64]byte // Ed25519
}

// AuditQuery selects records of the audit.
type AuditQuery struct {
	From, To time.Time // by At, [From, To); a zero one is open
	Kind     string    // all if empty; a Kind that ends with a dot selects all that begin with it
	Subject  string    // all if empty
	Actor    string    // all if empty
	Before   uint64    // only records with a lower Seq; all if 0
	Limit    int       // at most so many, the newest; none below 1
}

// AuditLog is the part of the ledger that keeps the audit. Records are only ever
// added.
type AuditLog interface {
	// Append seals a record to the end of the chain and returns it as it was kept:
	// with Seq, Prev and Hash, texts without what UTF-8 cannot hold. Any number of
	// processes may append at once; the chain never forks. ErrRefused for a record
	// without At, Actor or Kind, with texts above their bounds, or a Detail that is
	// not JSON.
	Append(ctx context.Context, r AuditRecord) (AuditRecord, error)

	// Audit returns the selected records, newest first.
	Audit(ctx context.Context, q AuditQuery) ([]AuditRecord, error)

	// AuditFrom returns up to limit records whose Seq is at least from, ascending:
	// what a check of the chain walks along.
	AuditFrom(ctx context.Context, from uint64, limit int) ([]AuditRecord, error)

	// AddCheckpoint keeps a checkpoint; one that is there already is skipped.
	// ErrRefused if the audit has no record of that Seq and Hash, ErrConflict if
	// the key has signed another hash for the Seq.
	AddCheckpoint(ctx context.Context, c AuditCheckpoint) error

	// Checkpoints returns up to limit checkpoints whose Seq is at least from,
	// ascending by Seq, then by key.
	Checkpoints(ctx context.Context, from uint64, limit int) ([]AuditCheckpoint, error)
}
