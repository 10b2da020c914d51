package modbus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// pace is what a line's electrical side demands of its times.
type pace struct {
	timeout time.Duration // from the end of a question to the first byte of its answer
	hold    time.Duration // after this, no unit answers any more
	gap     time.Duration // silence before each question
	char    time.Duration // one character on the serial side
}

const (
	stride  = 50 * time.Millisecond // how often a long wait looks for bytes
	babble  = 2 * time.Second       // a line that is not silent for so long is at fault
	excess  = rtuLeast              // so many bytes behind an answer may be another answer
	request = 8                     // bytes of a question
	debtors = 10                    // times hold: how long an answer that did not come is expected
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
//   - After a time-out or a bad frame the line is in quarantine: nothing is sent
//     until the slowest unit must have answered. On a connection to a converter
//     the quarantine begins again when the next connection is there, because the
//     converter may hold the late answer and give it to that one.
//   - A line that has just been opened is in quarantine too: whoever used it
//     before may have left with a question open.
//   - An answer that comes even later is given away by the right one behind it,
//     see debts.
//
// What is left is a unit that answers each question when the next one comes, and a
// late answer whose place is free because the right one was lost as well; hence
// Line.Suspect and Line.Owed.
type rtu struct {
	pace
	line     *Line
	buffered bool // the stream leads to a converter, which may hold a late answer
	nap      pauser

	quiet time.Time // nothing may be sent before
	owed  bool      // an answer may be owed on the next stream
	last  time.Time // when a byte last went over the line
}

// rtuDialer opens the streams of an RTU line.
func rtuDialer(l *Line, a address, how waiting) dialer {
	r := &rtu{pace: a.pace(l.opts), line: l, buffered: a.scheme == "rtu+tcp", owed: true}
	return func(ctx context.Context) (session, error) {
		s, err := openRTU(ctx, a, how)
		if err != nil {
			return nil, err
		}
		return r.attach(s), nil
	}
}

func openRTU(ctx context.Context, a address, how waiting) (stream, error) {
	if a.scheme == "rtu" {
		return openSerial(a, how)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.host)
	if err != nil {
		return nil, err
	}
	return how.quiet(conn)
}

// attach makes a session of a stream that has just been opened.
func (r *rtu) attach(s stream) *rtuSession {
	return &rtuSession{rtu: r, stream: s, opened: time.Now()}
}

// rtuSession is one opening of the stream.
type rtuSession struct {
	*rtu
	stream stream
	opened time.Time
	seated bool // the quarantine of a new stream is reckoned in
	proven bool // the stream has brought an answer
	broken bool // the stream cannot be used any more
	buf    [2 * rtuMost]byte
}

func (s *rtuSession) spent() bool { return s.broken }

func (s *rtuSession) close() { s.stream.close() }

// ask runs one transaction: silence, question, answer.
func (s *rtuSession) ask(ctx context.Context, q question, dst []uint16) error {
	trace := s.line.trace.Load()
	if err := s.settle(ctx, trace); err != nil {
		return err
	}
	begun := time.Now()
	s.last = begun.Add(request * s.char)
	s.line.doubts.debts.asked()
	number, err := s.send(q, trace)
	if err == nil {
		err = s.believe(q, begun, s.receive(q, dst, trace), trace)
	}
	err = s.judge(err, begun, q)
	trace.became(number, err)
	return err
}

// judge draws the consequences of what a transaction has brought.
func (s *rtuSession) judge(err error, begun time.Time, q question) error {
	switch {
	case answered(err):
		s.proven = true
		return err
	case is[*FrameError](err):
		s.quarantine(begun, false)
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.quarantine(time.Now(), s.buffered)
		err = fmt.Errorf("no answer within %v: %w", s.timeout, err)
	default:
		s.quarantine(time.Now(), true)
		err = lost(err)
	}
	s.line.doubts.suspects.mark(q.unit, true)
	s.line.doubts.debts.owe(q, time.Now().Add(debtors*s.hold))
	return err
}

// believe decides whether an answer is taken for that to the question: while one
// of its shape is owed, only if no other follows. err is what receiving it came
// to.
func (s *rtuSession) believe(q question, begun time.Time, err error, trace *ring) error {
	if !answered(err) || !s.line.doubts.debts.owed(q.shape(), time.Now()) {
		return err
	}
	n, end := s.stream.receive(s.buf[:], begun.Add(s.patience(q)))
	switch {
	case n > 0:
		s.last = time.Now()
		two := &FrameError{Why: "two answers came; one of them belongs to an earlier question"}
		s.drain(s.buf[:n], trace, two)
		return two
	case errors.Is(end, os.ErrDeadlineExceeded):
		return err
	default: // the stream is gone, and nobody knows what would have followed
		return end
	}
}

// patience is how long after its question an answer may come. The serial side
// needs its time for both frames, however fast the stream is.
func (s *rtuSession) patience(q question) time.Duration {
	return s.timeout + time.Duration(request+rtuLeast+2*int(q.count))*s.char
}

func (s *rtuSession) send(q question, trace *ring) (uint64, error) {
	f := q.appendRTU(s.buf[:0])
	return trace.sent(f, q.unit, framedRTU), s.stream.send(f, time.Now().Add(s.timeout))
}

// quarantine keeps the line quiet until the answer to the last question cannot
// come any more.
func (s *rtuSession) quarantine(from time.Time, broken bool) {
	s.line.tally.quarantines.Add(1)
	s.quiet = from.Add(s.hold)
	s.broken, s.owed = broken, broken
}

// settle returns when nothing is owed on the line and it has been silent. The
// error is an *idleError if the peer has closed the stream and nothing was lost
// by that.
func (s *rtuSession) settle(ctx context.Context, trace *ring) error {
	if s.owed && !s.seated {
		s.quiet = later(s.quiet, s.opened.Add(s.hold))
	}
	s.seated = true
	begun, drained := time.Now(), 0
	limit := later(begun, s.quiet).Add(babble)
	for {
		// The last look begins when the time is over: a process that was kept from
		// running finds then what has come meanwhile.
		now := time.Now()
		due := later(s.quiet, s.last.Add(s.gap))
		n, err := s.stream.look(s.buf[:])
		if n > 0 {
			s.last = time.Now()
			s.drain(s.buf[:n], trace, nil)
			drained += n
		}
		switch {
		case err != nil:
			s.broken = true
			if s.proven {
				return &idleError{Err: lost(err)}
			}
			return lost(err)
		case n == 0 && !now.Before(due):
			s.owed = false
			return ctx.Err()
		case now.After(limit):
			s.quarantine(now, s.buffered)
			return &FrameError{Why: fmt.Sprintf("the line is never silent: %d bytes that nobody asked for; look for a second master, a wrong baud rate or parity, or a wiring fault", drained)}
		case n < len(s.buf):
			due = later(s.quiet, s.last.Add(s.gap))
			if step := now.Add(stride); step.Before(due) {
				due = step
			}
			if err := s.nap.until(ctx, due); err != nil {
				return err
			}
		}
	}
}

// receive takes the words out of one answer. What came and is no answer is drained.
func (s *rtuSession) receive(q question, dst []uint16, trace *ring) error {
	got, length, err := s.collect(q)
	if err == nil {
		err = q.rtuAnswer(s.buf[:length], dst)
	}
	if !answered(err) {
		s.drain(s.buf[:got], trace, err)
		return err
	}
	trace.received(s.buf[:length], q.unit, framedRTU, err)
	s.drain(s.buf[length:got], trace, nil)
	return err
}

// collect reads one answer of some length, byte by byte as far as it is credible.
func (s *rtuSession) collect(q question) (got, length int, err error) {
	deadline := time.Now().Add(s.patience(q))
	for {
		n, err := s.stream.receive(s.buf[got:], deadline)
		if n > 0 {
			s.last = time.Now()
			got += n
		}
		length, bad := q.rtuLength(s.buf[:got])
		switch {
		case bad != nil:
			return got, length, bad
		case got >= length+excess:
			// Two answers to one question: nobody knows which of them is.
			return got, length, malformed("%d bytes follow it", got-length)
		case got >= length:
			return got, length, nil
		case err != nil:
			return got, length, err
		}
	}
}

// drain counts bytes that were thrown away because of err, or because nobody had
// asked for them.
func (s *rtuSession) drain(bytes []byte, trace *ring, err error) {
	s.line.tally.drained.Add(uint64(len(bytes)))
	s.line.doubts.debts.drained(bytes)
	trace.drained(bytes, framedRTU, err)
}
