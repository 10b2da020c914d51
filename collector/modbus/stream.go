package modbus

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/goburrow/serial"
)

// stream carries bytes to and from the devices of a line: a connection or a
// serial port. One goroutine at a time uses it, and closes it.
type stream interface {
	// send writes all of p.
	send(p []byte, deadline time.Time) error
	// await returns when there may be something to read, at the deadline at the
	// latest. It may return at once: who has no buffer yet waits here first.
	await(deadline time.Time)
	// receive reads what is there, waits for it until the deadline, and then fails
	// with os.ErrDeadlineExceeded.
	receive(p []byte, deadline time.Time) (int, error)
	// look reads what is there and does not wait: 0 and no error if nothing is.
	look(p []byte) (int, error)
	close()
}

// waiting is a way to wait for answers. All functions make a stream that owns
// what it is made of.
type waiting struct {
	conn  func(net.Conn) (stream, error) // one write and one read for a transaction
	quiet func(net.Conn) (stream, error) // looked at before each question, too
	port  func(device string, port serial.Port) (stream, error)
}

// plain is the way that every system and every kind of connection has.
var plain = waiting{plainConn, plainConn, plainPort}

func plainConn(conn net.Conn) (stream, error) { return &plainStream{conn: conn}, nil }

// plainStream leaves all waiting to Go's own poller.
type plainStream struct {
	conn     net.Conn
	deadline time.Time // the one that was set last
}

func (s *plainStream) send(p []byte, deadline time.Time) error {
	if err := s.until(deadline); err != nil {
		return err
	}
	_, err := s.conn.Write(p)
	return err
}

func (s *plainStream) receive(p []byte, deadline time.Time) (int, error) {
	if err := s.until(deadline); err != nil {
		return 0, err
	}
	n, err := s.conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = os.ErrDeadlineExceeded // without both ends' addresses: the line's is told anyway
	}
	return n, err
}

// await leaves it to receive: the poller tells nobody but who reads.
func (s *plainStream) await(time.Time) {}

// glance is how long the poller gets to notice bytes that are there.
const glance = 500 * time.Microsecond

func (s *plainStream) look(p []byte) (int, error) {
	n, err := s.receive(p, time.Now().Add(glance))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}

func (s *plainStream) until(deadline time.Time) error {
	if deadline.Equal(s.deadline) {
		return nil
	}
	s.deadline = deadline
	return s.conn.SetDeadline(deadline)
}

func (s *plainStream) close() { _ = s.conn.Close() } // it is given up, whatever it says to that

// lost says of an error that the peer has hung up, if that is what it means.
func lost(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the peer closed the connection: %w", err)
	}
	return err
}
