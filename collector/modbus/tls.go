package modbus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// tlsDialer connects by MODBUS/TCP Security, protocol specification V21: TLS 1.2
// or later, both sides show a certificate. The files are read at each dial, so
// that a renewed certificate is taken without a restart.
//
// The client library is not used here: it cannot expect a name in the device's
// certificate other than the host it dials, and devices are dialled by address.
func tlsDialer(a address, opts Options, t *tally) dialer {
	return func() (session, error) {
		conf, err := a.tlsConfig()
		if err != nil {
			return nil, err
		}
		d := tls.Dialer{NetDialer: &net.Dialer{Timeout: opts.DialTimeout}, Config: conf}
		ctx, cancel := context.WithTimeout(context.Background(), opts.DialTimeout)
		defer cancel()
		conn, err := d.DialContext(ctx, "tcp", a.host)
		if err != nil {
			return nil, err
		}
		return &mbapSession{conn: conn, timeout: opts.Timeout, tally: t}, nil
	}
}

func (a address) tlsConfig() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(a.cert, a.key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", a.cert, a.key, err)
	}
	authorities, err := os.ReadFile(a.ca)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("certificate authority %s: no certificate in PEM form", a.ca)
	}
	name := a.name
	if name == "" {
		name, _, _ = net.SplitHostPort(a.host) // it was split before
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ServerName:   name,
	}, nil
}

// mbapSession is one connection that carries frames of MODBUS Messaging on
// TCP/IP V1.0b:
//
//	transaction 2 | protocol 2, zero | length of the rest 2 | unit 1 | PDU 1..253
//
// It is spent after anything but a right answer or an exception.
type mbapSession struct {
	conn        net.Conn
	timeout     time.Duration
	tally       *tally
	transaction uint16
	proven      bool // the connection has answered before
	broken      bool
	buf         [7 + 253]byte
}

func (s *mbapSession) spent() bool { return s.broken }

func (s *mbapSession) close() { _ = s.conn.Close() } // it is given up, whatever it says to that

func (s *mbapSession) ask(_ context.Context, q question) ([]uint16, error) {
	words, err := s.exchange(q)
	var exception *Exception
	if err == nil || errors.As(err, &exception) {
		s.proven = true
		return words, err
	}
	s.broken = true
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("no answer within %v: %w", s.timeout, err)
	case s.proven && hungUp(err):
		return nil, &idleError{Err: lost(err)}
	}
	return nil, lost(err)
}

func (s *mbapSession) exchange(q question) ([]uint16, error) {
	if err := s.conn.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return nil, err
	}
	s.transaction++
	frame := binary.BigEndian.AppendUint16(s.buf[:0], s.transaction)
	frame = append(frame, 0, 0, 0, 6, q.unit)
	if _, err := s.conn.Write(q.appendPDU(frame)); err != nil {
		return nil, err
	}
	for {
		pdu, ours, err := s.receive(q.unit)
		if err != nil {
			return nil, err
		}
		if ours {
			return q.answer(pdu)
		}
		s.tally.late.Add(1)
	}
}

// receive reads one frame. It is not ours if it belongs to another question or
// another protocol: then a later one may be.
func (s *mbapSession) receive(unit uint8) (pdu []byte, ours bool, err error) {
	header := s.buf[:7]
	if _, err := io.ReadFull(s.conn, header); err != nil {
		return nil, false, err
	}
	length := int(binary.BigEndian.Uint16(header[4:]))
	if length < 3 || length > 1+253 {
		return nil, false, &FrameError{Why: fmt.Sprintf("the answer is malformed: a length of %d", length)}
	}
	pdu = s.buf[7 : 6+length]
	if _, err := io.ReadFull(s.conn, pdu); err != nil {
		return nil, false, err
	}
	if binary.BigEndian.Uint16(header) != s.transaction || header[2] != 0 || header[3] != 0 {
		return nil, false, nil
	}
	// Gateways may speak for a unit that they do not reach under their own id.
	gateway := header[6] == 0xFF && pdu[0]&0x80 != 0 && len(pdu) == 2 && (pdu[1] == 10 || pdu[1] == 11)
	if header[6] != unit && !gateway {
		return nil, false, &FrameError{Why: fmt.Sprintf("another unit answered: %d", header[6])}
	}
	return pdu, true, nil
}
