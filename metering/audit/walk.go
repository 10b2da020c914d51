package audit

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"fmt"
	"slices"

	"asue/metering"
)

// Break is the first place at which a chain does not hold.
type Break struct {
	Seq  uint64 // of the record
	Kind BreakKind
	Text string // for people
}

// BreakKind says what is wrong.
type BreakKind string

// Kinds of breaks.
const (
	Damaged  BreakKind = "damaged"   // the record's content does not give its hash
	Missing  BreakKind = "missing"   // a number is left out
	Moved    BreakKind = "moved"     // a number comes again or too late
	Rewrote  BreakKind = "rewritten" // the record does not continue the one before it
	CutOff   BreakKind = "cut off"   // a checkpoint speaks of a record behind the end
	Replaced BreakKind = "replaced"  // the record is another one than a checkpoint says
	Forged   BreakKind = "forged"    // a checkpoint's signature does not hold
)

// Error says where the chain breaks and how.
func (b *Break) Error() string { return b.Text }

// Witness is what a chain is held against: checkpoints, from the ledger itself and
// from wherever copies of them were kept, and the keys that may have signed them.
type Witness struct {
	Checkpoints []metering.AuditCheckpoint
	// Keys are the known public keys. Without any, signatures are not looked at.
	Keys []ed25519.PublicKey
	// Whole says that the walk must begin with record 1. Without it a walk may
	// begin anywhere and is the check of a part.
	Whole bool
}

// Walker walks along a chain, record by record in ascending order.
type Walker struct {
	last    Link
	started bool
	records int64
	first   *Break

	witness Witness
	next    int // checkpoint that has still to be met
	met     int
}

// NewWalker begins a walk.
func NewWalker(w Witness) *Walker {
	w.Checkpoints = slices.Clone(w.Checkpoints)
	slices.SortFunc(w.Checkpoints, func(a, b metering.AuditCheckpoint) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), a.At.Compare(b.At), bytes.Compare(a.Signature[:], b.Signature[:]))
	})
	w.Checkpoints = slices.Compact(w.Checkpoints) // a copy is the same word once more
	k := &Walker{witness: w, started: w.Whole}
	k.checkSignatures()
	return k
}

// checkSignatures takes out of the witness what cannot be one.
func (k *Walker) checkSignatures() {
	if len(k.witness.Keys) == 0 {
		return
	}
	k.witness.Checkpoints = slices.DeleteFunc(k.witness.Checkpoints, func(c metering.AuditCheckpoint) bool {
		if slices.ContainsFunc(k.witness.Keys, func(key ed25519.PublicKey) bool { return Signed(c, key) }) {
			return false
		}
		k.fail(c.Seq, Forged, "audit: the checkpoint of record %d is not signed by a known key (it names key %x)", c.Seq, c.Key)
		return true
	})
}

// Next takes the next record.
func (k *Walker) Next(r metering.AuditRecord) {
	k.records++
	if k.started || r.Seq == 1 {
		k.follow(r)
	}
	if Hash(r) != r.Hash {
		k.fail(r.Seq, Damaged, "audit: record %d is damaged: its content does not give the hash that is kept with it", r.Seq)
	}
	k.meet(r)
	k.last, k.started = LinkOf(r), true
}

// Unreadable takes a record that is there and cannot be read as one.
func (k *Walker) Unreadable(seq uint64) {
	k.records++
	k.fail(seq, Damaged, "audit: record %d is damaged: it cannot be read", seq)
	k.last = Link{Seq: seq}
}

// follow holds a record against the one before.
func (k *Walker) follow(r metering.AuditRecord) {
	switch want := k.last.Seq + 1; {
	case r.Seq > want:
		k.fail(want, Missing, "audit: record %d is missing: %d follows on %d", want, r.Seq, k.last.Seq)
	case r.Seq < want:
		k.fail(r.Seq, Moved, "audit: record %d stands behind %d", r.Seq, k.last.Seq)
	case r.Prev != k.last.Hash:
		k.fail(r.Seq, Rewrote, "audit: record %d does not continue record %d: one of the two, or what came before, was rewritten", r.Seq, k.last.Seq)
	}
}

// meet holds a record against the checkpoints.
func (k *Walker) meet(r metering.AuditRecord) {
	for ; k.next < len(k.witness.Checkpoints); k.next++ {
		c := k.witness.Checkpoints[k.next]
		if c.Seq > r.Seq {
			return
		}
		if c.Seq < r.Seq { // of a part that is not walked, or of a missing record
			continue
		}
		k.met++
		if c.Hash != r.Hash {
			k.fail(r.Seq, Replaced, "audit: record %d is not the one that a checkpoint of %v has seen", r.Seq, c.At.UTC().Format(timeForm))
		}
	}
}

func (k *Walker) fail(seq uint64, kind BreakKind, format string, args ...any) {
	if k.first == nil {
		k.first = &Break{seq, kind, fmt.Sprintf(format, args...)}
	}
}

// Verdict is what a walk has found.
type Verdict struct {
	Records     int64
	Last        Link
	Checkpoints int // that were met by their record
	// Unsealed is how many records lie behind the last checkpoint that was met:
	// what could be cut off unseen.
	Unsealed uint64
	Break    *Break // nil if the chain holds
}

// End ends the walk at the end of the chain.
func (k *Walker) End() Verdict {
	sealed := uint64(0)
	for _, c := range k.witness.Checkpoints[:k.next] {
		sealed = c.Seq
	}
	if k.next < len(k.witness.Checkpoints) {
		c := k.witness.Checkpoints[len(k.witness.Checkpoints)-1]
		k.fail(k.last.Seq+1, CutOff, "audit: the end was cut off: a checkpoint of %v speaks of record %d, and the last one is %d",
			c.At.UTC().Format(timeForm), c.Seq, k.last.Seq)
	}
	v := Verdict{Records: k.records, Last: k.last, Checkpoints: k.met, Break: k.first}
	if sealed < k.last.Seq {
		v.Unsealed = k.last.Seq - sealed
	}
	return v
}

// Verify walks along records that are at hand, the whole chain or its end.
func Verify(records []metering.AuditRecord, w Witness) Verdict {
	k := NewWalker(w)
	for _, r := range records {
		k.Next(r)
	}
	return k.End()
}
