package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"asue/metering"
)

// NextDeeds makes deeds those that follow on last, which is the zero Deed at first: it
// gives Seq, and brings times, texts and bodies into the form in which they are kept.
// ErrRefused, with all faults at once, for what metering.Deeds refuses. The given list
// stays as it is.
func NextDeeds(last metering.Deed, deeds []metering.Deed) ([]metering.Deed, error) {
	if len(deeds) == 0 {
		return nil, fmt.Errorf("deeds: there are none: %w", metering.ErrRefused)
	}
	kept := make([]metering.Deed, 0, len(deeds))
	var faults []string
	for i, d := range deeds {
		d, found := normalDeed(d)
		if found == nil && d.At.Before(last.At) {
			found = append(found, fmt.Sprintf("at %s: it is before deed %d of %s: deeds stand in the order of time",
				d.At.Format(timeForm), last.Seq, last.At.UTC().Format(timeForm)))
		}
		for _, f := range found {
			faults = append(faults, fmt.Sprintf("deed %d of %d, %.40q: %s", i+1, len(deeds), d.Kind, f))
		}
		d.Seq = last.Seq + 1
		kept = append(kept, d)
		last.Seq = d.Seq
		if found == nil {
			last.At = d.At
		}
	}
	if faults != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(faults, "; "), metering.ErrRefused)
	}
	return kept, nil
}

// normalDeed brings a deed into the form in which it is kept, and says what is wrong
// with it.
func normalDeed(d metering.Deed) (_ metering.Deed, faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	d.At = time.UnixMilli(d.At.UnixMilli()).UTC()
	if d.At.Before(earliest) || !d.At.Before(latest) {
		fault("at %v: a time is needed", d.At)
	}
	for _, t := range []struct {
		name   string
		text   *string
		needed bool
	}{
		{"kind", &d.Kind, true}, {"subject", &d.Subject, false}, {"author", &d.Author, true}, {"approver", &d.Approver, false},
		{"basis", &d.Basis, false}, {"document", &d.Document, true},
	} {
		*t.text = clean(*t.text)
		switch {
		case t.needed && *t.text == "":
			fault("%s: it is needed", t.name)
		case len(*t.text) > metering.DeedTextMost:
			fault("%s: %d bytes, and %d are allowed", t.name, len(*t.text), metering.DeedTextMost)
		}
	}
	if d.Author != "" && d.Approver == d.Author {
		fault("approver %.40q: the author cannot approve: another person signs", d.Approver)
	}
	body, err := CanonicalJSON(d.Body)
	switch {
	case err != nil:
		fault("body: JSON is needed: %v", err)
	case len(body) > metering.DeedBodyMost:
		fault("body: %d bytes, and %d are allowed", len(body), metering.DeedBodyMost)
	}
	d.Body = body
	return d, faults
}

// deedForm is the version of a deed's canonical form.
const deedForm = 1

// CanonicalDeed is the form of a deed that is hashed.
func CanonicalDeed(d metering.Deed) []byte {
	b := []byte{deedForm}
	b = binary.BigEndian.AppendUint64(b, d.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(d.At.UnixMilli()))
	for _, text := range []string{d.Kind, d.Subject, d.Author, d.Approver, d.Basis, d.Document, d.Body} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return b
}

// HashDeed is what a deed's own content gives; it is kept beside the deed.
func HashDeed(d metering.Deed) [32]byte { return sha256.Sum256(CanonicalDeed(d)) }

// SealDeeds is the Detail of the record that seals deeds, which are as they are kept,
// ascending without a gap, and at least one.
func SealDeeds(deeds []metering.Deed) (detail string) {
	h := sha256.New()
	for _, d := range deeds {
		h.Write(CanonicalDeed(d))
	}
	return deedSeal{deeds[0].Seq, deeds[len(deeds)-1].Seq, [32]byte(h.Sum(nil))}.detail()
}

// Sealing makes a record the one that seals deeds (see SealDeeds). ErrRefused for one
// whose Kind does not begin with metering.DeedAudit.
func Sealing(why metering.AuditRecord, deeds []metering.Deed) (metering.AuditRecord, error) {
	if !strings.HasPrefix(why.Kind, metering.DeedAudit) {
		return why, refuse("kind %q: one that seals deeds begins with %q", why.Kind, metering.DeedAudit)
	}
	why.Detail = SealDeeds(deeds)
	return why, nil
}

// deedSeal is what a record of the audit says of deeds.
type deedSeal struct {
	first, last uint64
	sum         [32]byte
}

func (s deedSeal) detail() string {
	return fmt.Sprintf(`{"deeds":[%d,%d],"sha256":"%x"}`, s.first, s.last, s.sum)
}

// sealOf reads a record that seals deeds; false for any other.
func sealOf(r metering.AuditRecord) (s deedSeal, ok bool) {
	if !strings.HasPrefix(r.Kind, metering.DeedAudit) {
		return s, false
	}
	var d struct {
		Deeds  []uint64 `json:"deeds"`
		SHA256 string   `json:"sha256"`
	}
	if json.Unmarshal([]byte(r.Detail), &d) != nil || len(d.Deeds) != 2 || fill(s.sum[:], d.SHA256, hex.DecodeString) != nil {
		return s, false
	}
	s.first, s.last = d.Deeds[0], d.Deeds[1]
	return s, s.detail() == r.Detail && s.first > 0 && s.first <= s.last
}
