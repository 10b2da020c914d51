package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// A frame of MODBUS Messaging on TCP/IP V1.0b:
//
//	transaction 2 | protocol 2, zero | length of the rest 2 | unit 1 | PDU 1..253
const (
	mbapHeader = 7
	mbapMost   = mbapHeader + 253
)

// mbapSession is one connection that carries such frames. It is spent after
// anything but a right answer or an exception.
type mbapSession struct {
	stream      stream
	line        *Line
	transaction *uint16  // goes on from one connection to the next
	in          *intake  // what has come and was not looked at; nil: nothing
	out         [12]byte // a question
	proven      bool     // the connection has answered before
	broken      bool
}

// intake is where what comes is looked at. Sessions borrow it: there are thousands of
// them, and one by one their answers come.
type intake struct {
	buf        [2 * mbapMost]byte
	begin, end int // of what was not looked at yet
}

var freeIntakes = sync.Pool{New: func() any { return new(intake) }}

// got is what has come and was not looked at.
func (s *mbapSession) got() []byte {
	if s.in == nil {
		return nil
	}
	return s.in.buf[s.in.begin:s.in.end]
}

// rest ends the use of the intake, unless there is something in it.
func (s *mbapSession) rest() {
	if s.in != nil && s.in.begin == s.in.end {
		s.in.begin, s.in.end = 0, 0
		freeIntakes.Put(s.in)
		s.in = nil
	}
}

func (s *mbapSession) spent() bool { return s.broken }

func (s *mbapSession) close() { s.stream.close() }

func (s *mbapSession) ask(_ context.Context, q question, dst []uint16) error {
	trace := s.line.trace.Load()
	deadline := time.Now().Add(s.line.opts.Timeout)
	sent, err := s.send(q, deadline, trace)
	if err == nil {
		err = s.answer(q, deadline, dst, trace)
		defer s.rest()
	}
	if answered(err) {
		s.proven = true
		trace.became(sent, err)
		return err
	}
	s.broken = true
	switch hungUp := hungUp(err); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("no answer within %v: %w", s.line.opts.Timeout, err)
	case s.proven && hungUp:
		err = &idleError{Err: lost(err)}
	default:
		err = lost(err)
	}
	s.line.tally.drained.Add(uint64(len(s.got())))
	trace.drained(s.got(), framedMBAP, err)
	trace.became(sent, err)
	if s.in != nil {
		s.in.begin = s.in.end
	}
	return err
}

func (s *mbapSession) send(q question, deadline time.Time, trace *ring) (uint64, error) {
	*s.transaction++
	f := binary.BigEndian.AppendUint16(s.out[:0], *s.transaction)
	f = append(f, 0, 0, 0, 6, q.unit)
	f = q.appendPDU(f)
	return trace.sent(f, q.unit, framedMBAP), s.stream.send(f, deadline)
}

// answer reads until the answer is there or the deadline is over. What belongs
// to an older question is thrown away.
func (s *mbapSession) answer(q question, deadline time.Time, dst []uint16, trace *ring) error {
	for {
		got := s.got()
		length, late, err := q.mbapLength(got, *s.transaction)
		if err != nil {
			return err
		}
		if len(got) < length {
			if err := s.more(deadline); err != nil {
				return err
			}
			continue
		}
		frame := got[:length]
		s.in.begin += length
		if late {
			s.line.tally.late.Add(1)
			trace.received(frame, frame[6], framedMBAP, errLate)
			continue
		}
		err = q.mbapAnswer(frame, dst)
		trace.received(frame, frame[6], framedMBAP, err)
		return err
	}
}

// more reads what comes next behind what is there.
func (s *mbapSession) more(deadline time.Time) error {
	if s.in == nil {
		s.stream.await(deadline)
		s.in = freeIntakes.Get().(*intake)
	}
	in := s.in
	if in.begin > 0 {
		in.end = copy(in.buf[:], in.buf[in.begin:in.end])
		in.begin = 0
	}
	n, err := s.stream.receive(in.buf[in.end:], deadline)
	in.end += n
	if n > 0 {
		return nil // what is wrong will be found again
	}
	return err
}

// hungUp tells a connection that the peer has closed from all other failures.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// mbapLength says how many bytes the frame that begins with got has: at least so
// many must be there before more can be said. It is late if it belongs to an
// older question. The error is a *FrameError if got begins no frame that may come
// after the question of this transaction.
func (q question) mbapLength(got []byte, transaction uint16) (length int, late bool, err error) {
	if len(got) < mbapHeader {
		return mbapHeader, false, nil
	}
	its, protocol, rest := binary.BigEndian.Uint16(got), binary.BigEndian.Uint16(got[2:]), int(binary.BigEndian.Uint16(got[4:]))
	late = its != transaction
	switch {
	case protocol != 0:
		return 0, false, malformed("protocol %d, not 0", protocol)
	case rest < 3 || rest > 1+253:
		return 0, false, malformed("a length of %d", rest)
	case late && transaction-its > 1<<15:
		// Numbers go round, so half of all are older and half are yet to come.
		return 0, false, malformed("it is one to transaction %d, which is yet to come after %d", its, transaction)
	case !late && rest != 3 && rest != 3+2*int(q.count):
		return 0, false, malformed("%d bytes of content, not %d", rest-3, 2*q.count)
	}
	return mbapHeader - 1 + rest, late, nil
}

// mbapAnswer takes the words out of a whole frame of this transaction.
func (q question) mbapAnswer(frame []byte, dst []uint16) error {
	unit, pdu := frame[6], frame[7:]
	// Gateways may speak for a unit that they do not reach under their own id.
	gateway := unit == 0xFF && pdu[0] == q.function|0x80 && (pdu[1] == 10 || pdu[1] == 11)
	if unit != q.unit && !gateway {
		return &FrameError{Why: fmt.Sprintf("another unit answered: %d", unit)}
	}
	return q.answer(pdu, dst)
}
