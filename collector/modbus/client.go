package modbus

import (
	"context"
	"errors"
	"io"
	"log"
	"strings"
	"syscall"

	"github.com/simonvetter/modbus"
)

// tcpDialer connects to Modbus/TCP devices through the client library.
func tcpDialer(l *Line) dialer {
	conf := modbus.ClientConfiguration{
		URL:     l.url,
		Timeout: l.opts.Timeout,
		Logger:  log.New(&remarks{line: l}, "", 0),
	}
	return func() (session, error) {
		client, err := modbus.NewClient(&conf)
		if err != nil {
			return nil, err
		}
		if err := client.Open(); err != nil {
			return nil, err
		}
		return &tcpSession{line: l, client: client}, nil
	}
}

// tcpSession is one connection of the client library. It is spent after
// anything but a right answer or an exception.
type tcpSession struct {
	line   *Line
	client *modbus.ModbusClient
	proven bool // the connection has answered before
	broken bool
}

func (s *tcpSession) spent() bool { return s.broken }

func (s *tcpSession) close() { _ = s.client.Close() } // it is given up, whatever it says to that

func (s *tcpSession) ask(_ context.Context, q question) ([]uint16, error) {
	words, err := s.exchange(q)
	if err == nil {
		s.proven = true
		return words, nil
	}
	if exception := exceptionOf(err); exception != nil {
		s.proven = true
		return nil, exception
	}
	s.broken = true
	err = explain(err, s.line.opts.Timeout)
	if s.proven && hungUp(err) {
		return nil, &idleError{Err: err}
	}
	return nil, err
}

func (s *tcpSession) exchange(q question) ([]uint16, error) {
	if err := s.client.SetUnitId(q.unit); err != nil {
		return nil, err
	}
	kind := modbus.HOLDING_REGISTER
	if q.function == 4 {
		kind = modbus.INPUT_REGISTER
	}
	raw, err := s.client.ReadRawBytes(q.address, 2*q.count, kind)
	if err != nil {
		return nil, err
	}
	if len(raw) != 2*int(q.count) {
		return nil, modbus.ErrProtocolError
	}
	words := make([]uint16, q.count)
	for i := range words {
		words[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return words, nil
}

// hungUp tells a connection that the peer has closed from all other failures.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// remarks turns the library's log into debug records of the line's own.
type remarks struct{ line *Line }

func (r *remarks) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	if strings.Contains(text, "unexpected transaction id") {
		r.line.tally.late.Add(1)
	}
	r.line.opts.Log.Debug("modbus client", "line", r.line.url, "remark", text)
	return len(p), nil
}
