package modbusd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"asue/metering/clock"
	"asue/simulator"
)

// exception is a Modbus exception code; 0 is none.
type exception uint8

const (
	illegalFunction    exception = 1
	illegalAddress     exception = 2
	illegalValue       exception = 3
	deviceFailure      exception = 4
	noAnswerFromTarget exception = 11
	noAnswerAtAll      exception = 255 // of nobody: silence
)

const (
	maxClients  = 256              // connections at once on a line; one more is closed
	idleTimeout = 30 * time.Minute // a connection that asks nothing is closed
)

// A frame is a header of 7 bytes and the body (MODBUS Messaging on TCP/IP
// Implementation Guide V1.0b, 3.1.3):
//
//	0..1 transaction id, 2..3 protocol id = 0, 4..5 length of unit id and body, 6 unit id
const (
	headerSize = 7
	maxLength  = 254
)

// accept serves the connections of a line until the listener is closed, and
// returns when the last connection has ended.
func (s *Server) accept(ctx context.Context, ln net.Listener, l *line) error {
	var open sync.WaitGroup
	defer open.Wait()
	slots := make(chan struct{}, maxClients)
	for n := uint64(0); ; n++ {
		conn, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if temporary(err) {
				if err := (clock.Clock{}).Sleep(ctx, 50*time.Millisecond); err != nil {
					return nil
				}
				continue
			}
			return err
		}
		select {
		case slots <- struct{}{}:
		default:
			s.log.Warn("simulator: too many connections on a line", "line", l.id, "most", maxClients, "peer", conn.RemoteAddr())
			conn.Close()
			continue
		}
		dice := rand.New(rand.NewPCG(s.seed, n))
		open.Go(func() {
			defer func() { <-slots }()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			defer conn.Close()
			err := s.speak(ctx, conn, l, dice)
			if err != nil && ctx.Err() == nil && !errors.Is(err, io.EOF) {
				s.log.Debug("simulator: connection ended", "line", l.id, "peer", conn.RemoteAddr(), "error", err)
			}
		})
	}
}

// temporary reports whether accepting may go well again: too many open files.
func temporary(err error) bool { return !errors.Is(err, net.ErrClosed) }

// converse answers the requests of one connection, one after the other.
func (s *Server) converse(ctx context.Context, conn net.Conn, l *line, dice *rand.Rand) error {
	in := bufio.NewReaderSize(conn, 512)
	var frame [headerSize + maxLength]byte
	out := make([]byte, 0, len(frame))
	peer := func() string { return conn.RemoteAddr().String() }
	for {
		if err := conn.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil {
			return err
		}
		if _, err := io.ReadFull(in, frame[:headerSize]); err != nil {
			return err
		}
		length := int(binary.BigEndian.Uint16(frame[4:]))
		if binary.BigEndian.Uint16(frame[2:]) != 0 || length < 2 || length > maxLength {
			return errors.New("not a Modbus/TCP frame")
		}
		body := frame[headerSize : headerSize+length-1]
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		out = append(out[:0], frame[:headerSize]...)
		var speaks bool
		if out, speaks = s.answer(out, l, frame[6], body, peer); !speaks {
			continue
		}
		if err := s.dawdle(ctx, l, dice); err != nil {
			return err
		}
		binary.BigEndian.PutUint16(out[4:], uint16(len(out)-headerSize+1))
		if _, err := conn.Write(out); err != nil {
			return err
		}
	}
}

// answer appends the body of the answer to a request of a peer; false if nobody
// answers. Meters answer from their registers, modules from the world.
func (s *Server) answer(out []byte, l *line, unit uint8, body []byte, peer func() string) ([]byte, bool) {
	s.requests.Add(1)
	if m := l.modules[unit]; m != nil {
		return s.operate(out, m, body, peer())
	}
	s.fresh(l.units[unit])
	return l.answer(out, unit, body)
}

// answer appends the body of a meter's answer to a request; false if nobody answers.
func (l *line) answer(out []byte, unit uint8, body []byte) ([]byte, bool) {
	function := body[0]
	refuse := func(e exception) ([]byte, bool) {
		return append(out, function|0x80, byte(e)), true
	}
	d := l.units[unit]
	switch {
	case d == nil:
		return refuse(noAnswerFromTarget)
	case d.isSilent():
		return out, false
	case function != 3 && function != 4:
		return refuse(illegalFunction)
	case len(body) != 5:
		return refuse(illegalValue)
	}
	first, count := int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	answer, e := d.read(append(out, function, byte(2*count)), function, first, count)
	if e != 0 {
		return refuse(e)
	}
	return answer, true
}

// dawdle waits as long as a slow line does. The time is that of the wall clock:
// clients' time-outs are, too.
func (s *Server) dawdle(ctx context.Context, l *line, dice *rand.Rand) error {
	var state simulator.LineState
	if now := s.Snapshot(); now != nil {
		state = now.Line(l.id)
	}
	if state.DelayMax == 0 {
		return nil
	}
	delay := state.DelayMin + time.Duration(dice.Int64N(int64(state.DelayMax-state.DelayMin)+1))
	return clock.Clock{}.Sleep(ctx, delay)
}
