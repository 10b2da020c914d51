package feeder

import "time"

// progress keeps what was written and when, and so how far the cursor may move.
// It is a value without clocks or stores: time comes in.
type progress struct {
	lag    time.Duration
	cursor int64 // durable: everything up to it is safe
	sent   int64 // everything up to it was written
	marks  []mark
}

// mark says that everything up to a position had been written at a time.
type mark struct {
	upTo        int64
	first, last time.Time // of the writes that share the mark
}

// markWidth is the span of writes that share a mark, which bounds their number
// to lag/markWidth.
const markWidth = time.Second

func newProgress(cursor int64, lag time.Duration) progress {
	return progress{lag: lag, cursor: cursor, sent: cursor}
}

// wrote notes that everything up to a position has been written.
func (p *progress) wrote(upTo int64, now time.Time) {
	p.sent = upTo
	if n := len(p.marks); n > 0 && now.Sub(p.marks[n-1].first) < markWidth {
		p.marks[n-1].upTo, p.marks[n-1].last = upTo, now
		return
	}
	p.marks = append(p.marks, mark{upTo: upTo, first: now, last: now})
}

// due is the position to which the cursor may move now, if the store is still
// the one that was written to; false if it would not move.
func (p *progress) due(now time.Time) (int64, bool) {
	at, found := p.cursor, false
	for _, m := range p.marks {
		if now.Sub(m.last) < p.lag {
			break
		}
		at, found = m.upTo, true
	}
	return at, found
}

// settled moves the cursor to a position that due gave.
func (p *progress) settled(upTo int64) {
	p.cursor = upTo
	for len(p.marks) > 0 && p.marks[0].upTo <= upTo {
		p.marks = p.marks[1:]
	}
}

// rewind forgets what was written after the cursor, so that it is sent again.
func (p *progress) rewind() {
	p.sent, p.marks = p.cursor, nil
}
