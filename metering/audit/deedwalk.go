package audit

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"

	"asue/metering"
)

// DeedWalker holds deeds against what the audit says of them. It takes the records of
// the audit first, in the order of the chain, and then the deeds, ascending; whether the
// chain itself holds is the affair of Walker.
type DeedWalker struct {
	seals  []sealing // ascending, no two of one deed
	at     int       // the seal under way
	sum    hash.Hash // of its deeds so far
	fed    uint64    // how many they are
	bad    bool      // one of them was named already
	last   metering.Deed
	v      DeedVerdict
	unsaid int // faults beyond mostDeedFaults
}

// sealing is a seal and the record it stands in.
type sealing struct {
	deedSeal
	record uint64
}

// DeedVerdict is what a walk along the deeds has found.
type DeedVerdict struct {
	Deeds int64
	Seals int // records of the audit that seal deeds
	Last  uint64
	// Faults are in plain words, by place; a bounded number of them.
	Faults []string
}

// mostDeedFaults bounds how many faults are told one by one.
const mostDeedFaults = 20

// NewDeedWalker begins a walk at deed 1.
func NewDeedWalker() *DeedWalker { return &DeedWalker{sum: sha256.New()} }

// Record takes the next record of the audit, of whatever kind.
func (w *DeedWalker) Record(r metering.AuditRecord) {
	s, ok := sealOf(r)
	if !ok {
		return
	}
	w.v.Seals++
	next := uint64(1)
	if n := len(w.seals); n > 0 {
		next = w.seals[n-1].last + 1
	}
	if s.first != next {
		w.fault("deeds: record %d of the audit seals deeds %d to %d, and deed %d would be next", r.Seq, s.first, s.last, next)
	}
	if s.first >= next {
		w.seals = append(w.seals, sealing{s, r.Seq})
	}
}

// Next takes the next deed and the hash that is kept with it.
func (w *DeedWalker) Next(d metering.Deed, kept [32]byte) {
	w.v.Deeds++
	for w.at < len(w.seals) && w.seals[w.at].last < d.Seq {
		w.compare()
	}
	w.follow(d)
	form := CanonicalDeed(d)
	damaged := sha256.Sum256(form) != kept
	if damaged {
		w.fault("deeds: deed %d is damaged: its content does not give the hash that is kept with it", d.Seq)
	}
	if w.at == len(w.seals) || d.Seq < w.seals[w.at].first {
		w.fault("deeds: deed %d is sealed by no record of the audit: it was added behind its back, or the record is damaged", d.Seq)
	} else {
		w.sum.Write(form)
		w.fed++
		w.bad = w.bad || damaged
	}
	w.last = d
}

// follow holds a deed against the one before.
func (w *DeedWalker) follow(d metering.Deed) {
	switch want := w.last.Seq + 1; {
	case d.Seq < want:
		w.fault("deeds: deed %d stands behind %d", d.Seq, w.last.Seq)
	case d.Seq > want:
		w.fault("deeds: %s missing: %d follows on %d", span(want, d.Seq-1), d.Seq, w.last.Seq)
	case d.At.Before(w.last.At):
		w.fault("deeds: deed %d is dated before the one before it", d.Seq)
	}
}

// compare ends the seal under way.
func (w *DeedWalker) compare() {
	s := w.seals[w.at]
	whole := w.fed == s.last-s.first+1 // a deed that is missing was named
	if whole && !w.bad && !bytes.Equal(w.sum.Sum(nil), s.sum[:]) {
		if s.first == s.last {
			w.fault("deeds: deed %d is not the one that record %d of the audit has sealed", s.first, s.record)
		} else {
			w.fault("deeds: deeds %d to %d are not those that record %d of the audit has sealed: one of them was changed", s.first, s.last, s.record)
		}
	}
	w.sum.Reset()
	w.at, w.fed, w.bad = w.at+1, 0, false
}

// End ends the walk at the last deed.
func (w *DeedWalker) End() DeedVerdict {
	for w.at < len(w.seals) {
		if s := w.seals[w.at]; s.last > w.last.Seq {
			w.fault("deeds: %s missing: record %d of the audit has sealed up to %d, and the last deed is %d",
				span(max(s.first, w.last.Seq+1), s.last), s.record, s.last, w.last.Seq)
		}
		w.compare()
	}
	w.v.Last = w.last.Seq
	if w.unsaid > 0 {
		w.v.Faults = append(w.v.Faults, fmt.Sprintf("deeds: and %d more faults", w.unsaid))
		w.unsaid = 0
	}
	return w.v
}

func span(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("deed %d is", from)
	}
	return fmt.Sprintf("deeds %d to %d are", from, to)
}

func (w *DeedWalker) fault(format string, args ...any) {
	if len(w.v.Faults) >= mostDeedFaults {
		w.unsaid++
		return
	}
	w.v.Faults = append(w.v.Faults, fmt.Sprintf(format, args...))
}
