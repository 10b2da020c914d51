package modbus

import (
	"sync/atomic"
	"time"
)

// Counters are what a line has done since it was opened.
type Counters struct {
	Requests    uint64 // transactions asked for
	Exceptions  uint64 // of them answered with a Modbus exception
	Errors      uint64 // of them ended in any other error
	Dials       uint64 // connections attempted
	Reconnects  uint64 // connections made in place of earlier ones
	Reopens     uint64 // transactions asked again because the peer had closed an idle connection
	Late        uint64 // answers thrown away because they belonged to an older question
	Drained     uint64 // bytes thrown away because nobody had asked for them or they were no answer
	Quarantines uint64 // times an RTU line was kept quiet because an answer might still have come
	Live        bool   // the last transaction to end was answered, by an exception at least
}

// tally counts what a line does.
type tally struct {
	requests, exceptions, failures, dials, reconnects, reopens, late, drained, quarantines atomic.Uint64

	live atomic.Bool
}

// Counters returns the line's counts so far. They are read one after another, not
// at one instant.
func (l *Line) Counters() Counters {
	t := &l.tally
	return Counters{
		Requests: t.requests.Load(), Exceptions: t.exceptions.Load(), Errors: t.failures.Load(),
		Dials: t.dials.Load(), Reconnects: t.reconnects.Load(), Reopens: t.reopens.Load(),
		Late: t.late.Load(), Drained: t.drained.Load(), Quarantines: t.quarantines.Load(),
		Live: t.live.Load(),
	}
}

// doubts are what an RTU line knows of answers that may still come.
type doubts struct {
	suspects suspects
	debts    debts
}

// suspects are the units of which an answer may come late.
type suspects [256 / 64]atomic.Uint64

func (s *suspects) mark(unit uint8, suspect bool) {
	if bit := uint64(1) << (unit % 64); suspect {
		s[unit/64].Or(bit)
	} else {
		s[unit/64].And(^bit)
	}
}

func (s *suspects) has(unit uint8) bool { return s[unit/64].Load()>>(unit%64)&1 == 1 }

// Suspect reports that a question to the unit ended without a right answer on an
// RTU line, so that an answer later than any quarantine could be taken for one
// to a question of the same length. A caller that cannot live with that reads a
// block of known content first, serial number or model, and calls Trust if it is
// as it must be. The line itself goes on reading suspect units. Units of tcp and
// tls lines are never suspect: their answers carry the question's number.
func (l *Line) Suspect(unit uint8) bool { return l.doubts != nil && l.doubts.suspects.has(unit) }

// Trust ends the suspicion against a unit.
func (l *Line) Trust(unit uint8) {
	if l.doubts != nil {
		l.doubts.suspects.mark(unit, false)
	}
}

// Owed reports that an answer of this shape to an earlier question may still come
// on an RTU line. A caller that can do with another length asks for that: an
// answer of this one will not be taken for it.
func (l *Line) Owed(unit, function uint8, count uint16) bool {
	return l.doubts != nil && l.doubts.debts.owed(shape{unit, function, count}, time.Now())
}
