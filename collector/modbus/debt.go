package modbus

import (
	"bytes"
	"encoding/binary"
	"sync"
	"time"
)

// debts are the answers that units of an RTU line still owe: to questions that
// ended without a right one. Such an answer may come after every quarantine, and
// then be taken for that to a later question of the same shape, for nothing in it
// says which question it answers. What gives it away is that the right answer
// comes too, behind it. So while an answer of a shape is owed, one of that shape
// is believed only when nothing has followed it for as long as an answer may take.
// To learn how long the unit takes as a rule, and wait no longer, was tried: on a
// busy machine it is the exceptions that give wrong values.
//
// A debt ends when its answer is found among the bytes that were thrown away, as
// most are, or after a time. What is left is the case that a late answer comes and
// the right one behind it is lost as well.
type debts struct {
	mu    sync.Mutex // guards all below
	until map[shape]time.Time
	tail  []byte // the latest bytes that were thrown away since the last question
}

// shape is all that an answer tells of its question.
type shape struct {
	unit, function uint8
	count          uint16
}

func (q question) shape() shape { return shape{q.unit, q.function, q.count} }

// owe notes that a question ended without a right answer; it is expected until
// then.
func (d *debts) owe(q question, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until == nil {
		d.until = map[shape]time.Time{}
	}
	d.until[q.shape()] = until
}

// asked notes that a question goes out: what was thrown away before does not
// answer it.
func (d *debts) asked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tail = d.tail[:0]
}

// owed reports whether an answer to the question may be another question's.
func (d *debts) owed(s shape, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	until, ok := d.until[s]
	if ok && now.After(until) {
		delete(d.until, s)
		return false
	}
	return ok
}

// drained looks for owed answers among bytes that were thrown away.
func (d *debts) drained(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tail = append(d.tail, b...)
	d.tail = d.tail[max(0, len(d.tail)-2*rtuMost):]
	for s := range d.until {
		if s.within(d.tail) {
			delete(d.until, s)
		}
	}
}

// within reports whether an answer of the shape, or an exception in its place, is
// among the bytes.
func (s shape) within(b []byte) bool {
	answer := []byte{s.unit, s.function, byte(2 * s.count)}
	refusal := []byte{s.unit, s.function | 0x80}
	for at := range b {
		n := 0
		switch {
		case bytes.HasPrefix(b[at:], answer):
			n = rtuLeast + 2*int(s.count)
		case bytes.HasPrefix(b[at:], refusal):
			n = rtuLeast
		}
		if end := at + n; n > 0 && end <= len(b) && crc16(b[at:end-2]) == binary.LittleEndian.Uint16(b[end-2:]) {
			return true
		}
	}
	return false
}
