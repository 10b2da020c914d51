package shift

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"asue/metering"
	"asue/metering/audit"
)

// Shift is who is on duty, since when.
type Shift struct {
	Seq   uint64        `json:"seq"` // of the record that began it
	Who   string        `json:"who"`
	Role  metering.Role `json:"role"`
	Since time.Time     `json:"since"`
	// From is who handed over and signed too; empty where nobody did, and then Why says
	// why the shift was taken nevertheless.
	From string `json:"from,omitempty"`
	Why  string `json:"why,omitempty"`
	// Signed is the hash of what was handed over, in hexadecimal digits.
	Signed string `json:"signed,omitempty"`
}

// KindTaken is the kind of the records by which shifts begin.
const KindTaken = Prefix + string(Taken)

// takenDetail is the detail of a record by which a shift begins.
type takenDetail struct {
	Template Template      `json:"template"`
	From     string        `json:"from,omitempty"`
	FromRole metering.Role `json:"from_role,omitempty"`
	Document *Document     `json:"document"`
}

// ErrTooMuch is what Take says of a document that no record can hold.
var ErrTooMuch = errors.New("too much is unfinished for one signature: end entries of the log by corrections first")

// Take is the record by which a person takes the shift; from is who hands over, and the
// zero Account where nobody does. What is handed over stands in the detail, its hash in
// Snapshot. Role, actor and time are the caller's to add: those of who takes.
func Take(from metering.Account, why string, doc Document) (metering.AuditRecord, error) {
	doc = doc.Bounded()
	detail := encode(takenDetail{Taken, from.Name, from.Role, &doc})
	if len(detail) > audit.MaxDetail {
		return metering.AuditRecord{}, ErrTooMuch
	}
	return metering.AuditRecord{Kind: KindTaken, Subject: from.Name, Text: why, Detail: detail, Snapshot: doc.Digest()}, nil
}

// Present is the shift that the youngest of some records has begun, and what was handed
// over with it; false if none has. The order of the records does not matter. A record
// whose document is not the one that was signed is an error: it names the record.
func Present(records []metering.AuditRecord) (s Shift, doc Document, found bool, err error) {
	var last metering.AuditRecord
	for _, r := range records {
		if r.Kind == KindTaken && r.Seq >= last.Seq {
			last, found = r, true
		}
	}
	if !found {
		return s, doc, false, nil
	}
	var d takenDetail
	if err := json.Unmarshal([]byte(last.Detail), &d); err != nil || d.Document == nil {
		return s, doc, false, fmt.Errorf("record %d of the audit begins a shift and cannot be read: %w", last.Seq, errors.Join(err, errNoDocument))
	}
	if d.Document.Digest() != last.Snapshot {
		return s, doc, false, fmt.Errorf("record %d of the audit: what was handed over is not what was signed", last.Seq)
	}
	s = Shift{Seq: last.Seq, Who: last.Actor, Role: last.Role, Since: last.At, From: d.From, Why: last.Text, Signed: fmt.Sprintf("%x", last.Snapshot)}
	return s, *d.Document, true, nil
}

var errNoDocument = errors.New("it has no document")

// Digest is the SHA-256 of the canonical JSON of a document.
func (d Document) Digest() [32]byte {
	text, err := audit.CanonicalJSON(encode(d))
	if err != nil {
		panic("BUG: a document is no JSON: " + err.Error())
	}
	return sha256.Sum256([]byte(text))
}
