package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"asue/metering"
)

// Bounds of a record's texts, in bytes.
const (
	MaxName   = 256     // Actor, Role, Kind, Subject
	MaxText   = 4 << 10 // Text
	MaxDetail = 64 << 10
)

// Link is where a chain stands: its youngest record. The zero Link begins one.
type Link struct {
	Seq  uint64
	Hash [32]byte
}

// LinkOf is the link that a record leaves.
func LinkOf(r metering.AuditRecord) Link { return Link{r.Seq, r.Hash} }

// Seal makes a record the next one of a chain: it gives Seq, Prev and Hash, and
// brings time and texts into the form in which they are kept. ErrRefused for one
// that is not whole, see metering.AuditLog.
func Seal(last Link, r metering.AuditRecord) (metering.AuditRecord, error) {
	r, err := normal(r)
	if err != nil {
		return metering.AuditRecord{}, err
	}
	r.Seq, r.Prev = last.Seq+1, last.Hash
	r.Hash = Hash(r)
	return r, nil
}

// Hash is what the record's own fields and its Prev give.
func Hash(r metering.AuditRecord) [32]byte {
	h := sha256.New()
	h.Write(r.Prev[:])
	h.Write(Canonical(r))
	return [32]byte(h.Sum(nil))
}

// form is the version of the canonical form.
const form = 1

// Canonical is the form of a record that is hashed; Prev and Hash are no part of it.
func Canonical(r metering.AuditRecord) []byte {
	b := []byte{form}
	b = binary.BigEndian.AppendUint64(b, r.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMilli()))
	for _, text := range []string{r.Actor, string(r.Role), r.Kind, r.Subject, r.Text, r.Detail} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return append(b, r.Snapshot[:]...)
}

// normal brings a record into the form in which it is kept, or refuses it.
func normal(r metering.AuditRecord) (metering.AuditRecord, error) {
	r.At = time.UnixMilli(r.At.UnixMilli()).UTC()
	role := string(r.Role)
	for _, text := range []*string{&r.Actor, &role, &r.Kind, &r.Subject, &r.Text, &r.Detail} {
		*text = clean(*text)
	}
	r.Role = metering.Role(role)
	switch {
	case r.At.Before(earliest) || !r.At.Before(latest):
		return r, refuse("at %v: a time is needed", r.At)
	case r.Actor == "":
		return r, refuse("%q: an actor is needed", r.Kind)
	case r.Kind == "" || strings.HasSuffix(r.Kind, "."):
		return r, refuse("kind %q of %s: a kind is needed, and it does not end with a dot", r.Kind, r.Actor)
	case max(len(r.Actor), len(r.Role), len(r.Kind), len(r.Subject)) > MaxName:
		return r, refuse("%q of %.40s: actor, role, kind and subject have %d bytes at most", r.Kind, r.Actor, MaxName)
	case len(r.Text) > MaxText:
		return r, refuse("%q of %s: a text of %d bytes, and %d are allowed", r.Kind, r.Actor, len(r.Text), MaxText)
	}
	if r.Detail == "" {
		return r, nil
	}
	var err error
	if r.Detail, err = CanonicalJSON(r.Detail); err != nil {
		return r, refuse("%q of %s: detail: %v", r.Kind, r.Actor, err)
	}
	if len(r.Detail) > MaxDetail {
		return r, refuse("%q of %s: a detail of %d bytes, and %d are allowed", r.Kind, r.Actor, len(r.Detail), MaxDetail)
	}
	return r, nil
}

// Times outside these years are those of a clock that was never set, and the
// stores' own bounds.
var (
	earliest = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

func refuse(format string, args ...any) error {
	return fmt.Errorf("audit record: %s: %w", fmt.Sprintf(format, args...), metering.ErrRefused)
}

// clean leaves out what neither UTF-8 nor a database's text can hold: a record
// must not be lost for a stray byte.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// CanonicalJSON is the canonical form of one JSON value.
func CanonicalJSON(text string) (string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("something follows the JSON value")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
