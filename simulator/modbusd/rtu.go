package modbusd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// ServeRTU answers RTU frames for the meters of a line on a stream, such as a
// serial port or a connection to a converter, until ctx or the stream ends, and
// closes it. It may be called for any stream while Serve runs, also for several.
//
// The line is half duplex, and its meters are slaves as MODBUS over Serial Line
// V1.02 wants them: what bears a wrong check sum, another's address or that of
// all gets no answer, and what comes in while a meter is busy is lost. A silence
// of 3.5 characters ends a frame; because streams bring bytes when they like,
// frames are found by their check sums too, and junk before them is skipped.
func (s *Server) ServeRTU(ctx context.Context, stream io.ReadWriteCloser, id metering.LineID) error {
	l, err := s.line(id)
	if err != nil {
		return errors.Join(err, stream.Close())
	}
	return s.converseRTU(ctx, stream, l, rand.New(rand.NewPCG(s.seed, 0)))
}

func (s *Server) line(id metering.LineID) (*line, error) {
	var all []metering.LineID
	for _, l := range s.lines {
		if l.id == id {
			return l, nil
		}
		all = append(all, l.id)
	}
	return nil, fmt.Errorf("the site has no line %q: use one of %v", id, all)
}

// silence ends a frame: longer than 3.5 characters at 1200 baud, 32 ms, and
// longer than a process waits for its turn as a rule.
const silence = 50 * time.Millisecond

// An RTU frame is the unit id, the body and a check sum, low byte first.
const (
	leastRTU = 4   // unit, function, check sum
	mostRTU  = 256 // bytes of the longest frame
)

// converseRTU answers the requests of one stream, one after the other.
func (s *Server) converseRTU(ctx context.Context, stream io.ReadWriteCloser, l *line, dice *rand.Rand) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	defer stream.Close()
	heard := listen(ctx, stream)
	pause := time.NewTimer(silence)
	defer pause.Stop()
	var buf []byte
	for {
		frame, rest := findFrame(buf)
		if frame == nil {
			pause.Reset(silence)
			select {
			case c := <-heard:
				if c.err != nil {
					return ended(ctx, c.err)
				}
				buf = append(rest, c.bytes...)
				continue
			case <-ctx.Done():
				return nil
			case <-pause.C:
			}
			if !wellSummed(buf) {
				buf = nil
				continue
			}
			frame, rest = buf, nil // one whose length does not follow from its function
		}
		spoke, err := s.answerRTU(ctx, stream, l, dice, frame, heard)
		if err != nil {
			return ended(ctx, err)
		}
		if buf = rest; spoke {
			buf = nil // it was spoken into the meter's answer
		}
	}
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// chunk is what came at once.
type chunk struct {
	bytes []byte
	err   error
}

// listen reads the stream on a goroutine of its own, which ends with it.
func listen(ctx context.Context, stream io.Reader) <-chan chunk {
	heard := make(chan chunk)
	go func() {
		for {
			buf := make([]byte, mostRTU)
			n, err := stream.Read(buf)
			select {
			case heard <- chunk{bytes: buf[:n]}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				select {
				case heard <- chunk{err: err}:
				case <-ctx.Done():
				}
				return
			}
		}
	}()
	return heard
}

// answerRTU answers a frame if it is for a meter of the line that speaks.
func (s *Server) answerRTU(ctx context.Context, stream io.Writer, l *line, dice *rand.Rand, frame []byte, heard <-chan chunk) (spoke bool, err error) {
	unit, body := frame[0], frame[1:len(frame)-2]
	if unit == 0 || l.units[unit] == nil && l.modules[unit] == nil {
		return false, nil // to all, or to a meter elsewhere
	}
	out, speaks := s.answer([]byte{unit}, l, unit, body, func() string { return "serial line " + string(l.id) })
	if !speaks || out[1] >= 0x80 && exception(out[2]) == noAnswerFromTarget {
		return false, nil // there is no gateway here that would speak for it
	}
	if err := s.dawdle(ctx, l, dice); err != nil {
		return false, err
	}
	out = binary.LittleEndian.AppendUint16(out, checkSum(out))
	if d := s.onTheWire(len(frame) + len(out)); d > 0 {
		if err := (clock.Clock{}).Sleep(ctx, d); err != nil {
			return false, err
		}
	}
	select {
	case lost := <-heard: // half duplex
		if lost.err != nil {
			return false, lost.err
		}
	default:
	}
	_, err = stream.Write(out)
	return true, err
}

// onTheWire is how long so many characters take; each has 11 bits.
func (s *Server) onTheWire(characters int) time.Duration {
	if s.baud <= 0 {
		return 0
	}
	return time.Duration(characters) * 11 * time.Second / time.Duration(s.baud)
}

// findFrame finds the first frame in what has come in that a master could have
// sent to any slave. What cannot be part of one any more is dropped from rest.
func findFrame(in []byte) (frame, rest []byte) {
	for from := range in {
		n := frameLength(in[from:])
		if n > 0 && from+n <= len(in) && wellSummed(in[from:from+n]) {
			return in[from : from+n], in[from+n:]
		}
	}
	return nil, in[max(0, len(in)-mostRTU):]
}

// frameLength is the length of the request that begins here, 0 if it does not
// follow from the function (MODBUS Application Protocol V1.1b3, section 6) or
// cannot be told yet.
func frameLength(in []byte) int {
	if len(in) < 2 {
		return 0
	}
	switch function := in[1]; {
	case function >= 1 && function <= 6:
		return 8
	case (function == 15 || function == 16) && len(in) >= 7:
		return 9 + int(in[6])
	}
	return 0
}

// wellSummed reports whether b ends with its own check sum.
func wellSummed(b []byte) bool {
	return len(b) >= leastRTU && len(b) <= mostRTU &&
		checkSum(b[:len(b)-2]) == binary.LittleEndian.Uint16(b[len(b)-2:])
}

// checkSum is the CRC of MODBUS over Serial Line V1.02, 6.2.2, bit by bit.
func checkSum(b []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			if sum&1 == 1 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
	}
	return sum
}
