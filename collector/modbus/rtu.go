package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// wire carries bytes to and from the units of a line: a serial port, or a
// connection to a converter. Read returns what is there, waits for the first
// byte until the deadline, and then fails with os.ErrDeadlineExceeded.
type wire interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// pace is what a line's electrical side demands of its times.
type pace struct {
	timeout time.Duration // from the end of a question to the first byte of its answer
	hold    time.Duration // after this, no unit answers any more
	gap     time.Duration // silence before each question
	char    time.Duration // one character on the serial side
}

const (
	glance  = 500 * time.Microsecond // how long the last look for bytes takes
	stride  = 50 * time.Millisecond  // how often a long wait looks at its context
	babble  = 2 * time.Second        // a line that is not silent for so long is at fault
	excess  = rtuLeast               // so many bytes behind an answer may be another answer
	request = 8                      // bytes of a question
	debtors = 10                     // times hold: how long an answer that did not come is expected
)

// rtu talks to the units of one RTU line. It outlives the line's connections,
// because an answer may still be owed when the connection that asked is gone.
//
// RTU has no transaction ids. An answer that comes late to a question of the
// same length cannot be told from the right one, by nobody. What can be done is
// to send no question while an answer may still be owed:
//
//   - Nothing is sent before the line was silent for a while; what comes in that
//     time is thrown away and counted.
//
//   - After a time-out or a bad frame the line is in quarantine: nothing is sent
//     until the slowest unit must have answered. On a connection to a converter
//     the quarantine begins again when the next connection is there, because the
//     converter may hold the late answer and give it to that one.
//
//   - A line that has just been opened is in quarantine too: whoever used it
//     before may have left with a question open.
//
//   - An answer that comes even later is given away by the right one behind it,
//     see debts.
//
// What is left is a unit that answers each question when the next one comes;
// hence Line.Suspect.
type rtu struct {
	pace
	tally    *tally
	suspects *suspects
	buffered bool // the wire leads to a converter, which may hold a late answer

	quiet time.Time // nothing may be sent before
	owed  bool      // an answer may be owed on the next wire
	last  time.Time // when a byte last went over the line
	debts debts
}

// rtuDialer opens the wires of an RTU line.
func rtuDialer(l *Line, a address) dialer {
	r := &rtu{pace: a.pace(l.opts), tally: &l.tally, suspects: &l.suspects, buffered: a.scheme == "rtu+tcp", owed: true}
	return func() (session, error) {
		if a.scheme == "rtu" {
			w, err := openSerial(a)
			if err != nil {
				return nil, err
			}
			return r.attach(w), nil
		}
		w, err := net.DialTimeout("tcp", a.host, l.opts.DialTimeout)
		if err != nil {
			return nil, err
		}
		return r.attach(w), nil
	}
}

// attach makes a session of a wire that has just been opened.
func (r *rtu) attach(w wire) *rtuSession {
	return &rtuSession{rtu: r, wire: w, opened: time.Now()}
}

// rtuSession is one opening of the wire.
type rtuSession struct {
	*rtu
	wire   wire
	opened time.Time
	seated bool // the quarantine of a new wire is reckoned in
	proven bool // the wire has brought an answer
	broken bool // the wire cannot be used any more
	buf    [2 * rtuMost]byte
}

func (s *rtuSession) spent() bool { return s.broken }

func (s *rtuSession) close() { _ = s.wire.Close() } // it is given up, whatever it says to that

// ask runs one transaction: silence, question, answer.
func (s *rtuSession) ask(ctx context.Context, q question) ([]uint16, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	sent := time.Now()
	s.last = sent.Add(request * s.char)
	words, err := s.exchange(q)
	if err = s.believe(q, sent, err); err != nil {
		words = nil
	}
	var exception *Exception
	var frame *FrameError
	switch {
	case err == nil, errors.As(err, &exception):
		s.proven = true
		return words, err
	case errors.As(err, &frame):
		s.quarantine(sent, false)
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.quarantine(time.Now(), s.buffered)
		err = fmt.Errorf("no answer within %v: %w", s.timeout, err)
	default:
		s.quarantine(time.Now(), true)
		err = lost(err)
	}
	s.suspects.mark(q.unit, true)
	s.debts.owe(q, time.Now().Add(debtors*s.hold))
	return nil, err
}

// believe decides whether an answer is taken for that to the question: while one
// of its shape is owed, only if no other follows. err is what the exchange came
// to.
func (s *rtuSession) believe(q question, sent time.Time, err error) error {
	var exception *Exception
	if err != nil && !errors.As(err, &exception) {
		return err
	}
	now := time.Now()
	if !s.debts.owed(q, now) {
		s.debts.answered(q.unit, now.Sub(sent))
		return err
	}
	patience := s.timeout + s.onTheWire(q)
	if err := s.wire.SetReadDeadline(sent.Add(s.debts.grace(q.unit, patience))); err != nil {
		return err
	}
	switch n, end := s.wire.Read(s.buf[:]); {
	case n > 0:
		s.last = time.Now()
		s.tally.drained.Add(uint64(n))
		s.debts.drained(s.buf[:n])
		return &FrameError{Why: "two answers came; one of them belongs to an earlier question"}
	case errors.Is(end, os.ErrDeadlineExceeded):
		return err
	default: // the wire is gone, and nobody knows what would have followed
		return end
	}
}

func (s *rtuSession) exchange(q question) ([]uint16, error) {
	if err := s.wire.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil {
		return nil, err
	}
	if _, err := s.wire.Write(q.appendRTU(s.buf[:0])); err != nil {
		return nil, err
	}
	return s.receive(q)
}

func lost(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the peer closed the connection: %w", err)
	}
	return err
}

// quarantine keeps the line quiet until the answer to the last question cannot
// come any more.
func (s *rtuSession) quarantine(from time.Time, broken bool) {
	s.tally.quarantines.Add(1)
	s.quiet = from.Add(s.hold)
	s.broken, s.owed = broken, broken
}

// settle returns when nothing is owed on the line and it has been silent. The
// error is an *idleError if the peer has closed the wire and nothing was lost by
// that.
func (s *rtuSession) settle(ctx context.Context) error {
	if s.owed && !s.seated {
		s.quiet = later(s.quiet, s.opened.Add(s.hold))
	}
	s.seated = true
	begun, drained := time.Now(), 0
	limit := later(begun, s.quiet).Add(babble)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		if now.After(limit) {
			s.quarantine(now, s.buffered)
			return &FrameError{Why: fmt.Sprintf("the line is never silent: %d bytes that nobody asked for; look for a second master, a wrong baud rate or parity, or a wiring fault", drained)}
		}
		// The last look begins when the time is over: a process that was kept
		// from running finds then what has come meanwhile.
		due := later(s.quiet, s.last.Add(s.gap))
		over := !now.Before(due)
		until := due
		if over {
			until = now.Add(glance)
		} else if step := now.Add(stride); step.Before(due) {
			until = step
		}
		if err := s.wire.SetReadDeadline(until); err != nil {
			s.broken = true
			return err
		}
		n, err := s.wire.Read(s.buf[:])
		if n > 0 {
			s.last = time.Now()
			s.tally.drained.Add(uint64(n))
			s.debts.drained(s.buf[:n])
			drained += n
		}
		switch {
		case err == nil || n > 0:
		case errors.Is(err, os.ErrDeadlineExceeded):
			if over {
				s.owed = false
				return nil
			}
		default:
			s.broken = true
			if s.proven {
				return &idleError{Err: lost(err)}
			}
			return lost(err)
		}
	}
}

// receive reads one answer, byte by byte as far as it is credible.
func (s *rtuSession) receive(q question) ([]uint16, error) {
	patience := s.timeout + s.onTheWire(q)
	if err := s.wire.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	got := 0
	for {
		n, err := s.wire.Read(s.buf[got:])
		if n > 0 {
			s.last = time.Now()
			got += n
		}
		length, bad := q.rtuLength(s.buf[:got])
		switch {
		case bad != nil:
			s.tally.drained.Add(uint64(got))
			return nil, bad
		case got >= length+excess:
			// Two answers to one question: nobody knows which of them is.
			s.tally.drained.Add(uint64(got))
			return nil, &FrameError{Why: fmt.Sprintf("the answer is malformed: %d bytes follow it", got-length)}
		case got >= length:
			s.tally.drained.Add(uint64(got - length))
			return q.rtuAnswer(s.buf[:length])
		case err != nil:
			s.tally.drained.Add(uint64(got))
			return nil, err
		}
	}
}

// onTheWire is the time that the serial side needs for question and answer,
// however fast the wire is.
func (s *rtuSession) onTheWire(q question) time.Duration {
	return time.Duration(request+rtuLeast+2*int(q.count)) * s.char
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
