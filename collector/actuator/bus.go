// Package actuator writes to the devices that move loads, and reads back what has
// become of it: the one package that can write a register.
//
// It must not know who wants what and why, schedules or brokers; and it tries no
// write a second time.
package actuator

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"

	"asue/collector/modbus"
)

// Options are the limits of a bus, in time of the wall clock.
type Options struct {
	Timeout time.Duration // for one answer; 500 ms if zero
	Dial    time.Duration // for a connection; 1 s if zero
}

// Bus is one connection to a device or a gateway, by Modbus/TCP. Transactions go
// one after another, whoever asks. It is closed and opened anew after anything that
// is no right answer and no exception, so that a late answer is never taken for the
// present one.
type Bus struct {
	url  string
	host string
	opts Options

	mu          sync.Mutex
	conn        net.Conn // nil: none
	proven      bool     // it has answered before
	transaction uint16
	closed      bool
}

// OpenBus makes a bus of an address tcp://host:port. It does not connect: the first
// transaction does. The error is a *modbus.AddressError.
func OpenBus(address string, o Options) (*Bus, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		panic("BUG: an address that was checked: " + err.Error())
	}
	if o.Timeout <= 0 {
		o.Timeout = 500 * time.Millisecond
	}
	if o.Dial <= 0 {
		o.Dial = time.Second
	}
	return &Bus{url: address, host: u.Host, opts: o}, nil
}

// CheckAddress reports what is wrong with the address of an actuator, or nil. Only
// Modbus/TCP is spoken to actuators: RTU frames carry no number, and a late echo
// could be taken for the present one.
func CheckAddress(address string) error {
	if err := modbus.CheckURL(address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "tcp" || u.RawQuery != "" {
		return &modbus.AddressError{URL: address, What: "an actuator is reached by Modbus/TCP alone", Remedy: "write tcp://host:port without settings; put a gateway before a serial device"}
	}
	return nil
}

// Close ends the connection. Transactions after it fail with net.ErrClosed.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.hangUp()
	return nil
}

// UnsentError says that a request never left: nothing has happened at the device.
type UnsentError struct{ Err error }

// Error says why.
func (e *UnsentError) Error() string { return "not sent: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnsentError) Unwrap() error { return e.Err }

// RefusedError is the device's own answer that it will not.
type RefusedError struct{ modbus.Exception }

// Refused is true: the device has not done it.
func (e *RefusedError) Refused() bool { return true }

// Error names the exception.
func (e *RefusedError) Error() string { return e.Exception.Error() }

// UnknownError says that a write went out and no answer tells what became of it.
// Nothing but a look at the device will.
type UnknownError struct{ Err error }

// Error says what came instead of an answer.
func (e *UnknownError) Error() string { return "outcome unknown: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *UnknownError) Unwrap() error { return e.Err }

// read runs a transaction that changes nothing: it is asked once more if a
// connection that worked before turns out to have been closed meanwhile.
func (b *Bus) read(ctx context.Context, unit byte, pdu []byte, want func([]byte) bool) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	proven := b.proven && b.conn != nil
	answer, _, err := b.exchange(ctx, unit, pdu, want)
	if proven && hungUp(err) {
		answer, _, err = b.exchange(ctx, unit, pdu, want)
	}
	return answer, err
}

// write runs a transaction that changes something, once. It is not begun after
// until.
func (b *Bus) write(ctx context.Context, unit byte, pdu []byte, until time.Time, want func([]byte) bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.connect(ctx); err != nil {
		return &UnsentError{err}
	}
	if !until.IsZero() && time.Now().After(until) {
		return &UnsentError{errors.New("its time is over")}
	}
	_, sent, err := b.exchange(ctx, unit, pdu, want)
	var refused *RefusedError
	switch {
	case err == nil || errors.As(err, &refused):
		return err
	case !sent:
		return &UnsentError{err}
	}
	return &UnknownError{err}
}

// A frame of MODBUS Messaging on TCP/IP V1.0b:
//
//	transaction 2 | protocol 2, zero | length of the rest 2 | unit 1 | PDU 1..253
const mbapHeader = 7

// exchange sends a request and reads its answer. The answer is right if want says
// so; sent reports that some of the request may have left.
func (b *Bus) exchange(ctx context.Context, unit byte, pdu []byte, want func([]byte) bool) (answer []byte, sent bool, err error) {
	if err := b.connect(ctx); err != nil {
		return nil, false, err
	}
	defer func() {
		var refused *RefusedError
		if err != nil && !errors.As(err, &refused) {
			b.hangUp()
			return
		}
		b.proven = true
	}()
	if err := b.conn.SetDeadline(time.Now().Add(b.opts.Timeout)); err != nil {
		return nil, false, err
	}
	b.transaction++
	frame := binary.BigEndian.AppendUint16(nil, b.transaction)
	frame = append(frame, 0, 0)
	frame = binary.BigEndian.AppendUint16(frame, uint16(len(pdu)+1))
	frame = append(append(frame, unit), pdu...)
	if _, err := b.conn.Write(frame); err != nil {
		return nil, true, err
	}
	answer, err = b.receive(unit, pdu[0])
	if err == nil && !want(answer) {
		err = fmt.Errorf("an answer that does not fit the question: %x to %x", answer, pdu)
	}
	return answer, true, err
}

// receive reads one frame, which must be the answer to the transaction.
func (b *Bus) receive(unit, function byte) ([]byte, error) {
	var head [mbapHeader]byte
	if _, err := io.ReadFull(b.conn, head[:]); err != nil {
		return nil, lost(err)
	}
	transaction, protocol, length := binary.BigEndian.Uint16(head[:]), binary.BigEndian.Uint16(head[2:]), binary.BigEndian.Uint16(head[4:])
	switch {
	case protocol != 0 || length < 3 || length > 254:
		return nil, fmt.Errorf("protocol %d and a length of %d: no Modbus/TCP", protocol, length)
	case transaction != b.transaction:
		return nil, fmt.Errorf("an answer to transaction %d, not %d", transaction, b.transaction)
	case head[6] != unit:
		return nil, fmt.Errorf("another unit answered: %d", head[6])
	}
	pdu := make([]byte, length-1)
	if _, err := io.ReadFull(b.conn, pdu); err != nil {
		return nil, lost(err)
	}
	switch {
	case len(pdu) == 2 && pdu[0] == function|0x80:
		return nil, &RefusedError{modbus.Exception{Code: pdu[1]}}
	case pdu[0] != function:
		return nil, fmt.Errorf("an answer to function %d, not %d", pdu[0], function)
	}
	return pdu, nil
}

func (b *Bus) connect(ctx context.Context) error {
	switch {
	case b.closed:
		return net.ErrClosed
	case b.conn != nil:
		return nil
	}
	conn, err := (&net.Dialer{Timeout: b.opts.Dial}).DialContext(ctx, "tcp", b.host)
	if err != nil {
		return fmt.Errorf("no connection: %w", err)
	}
	b.conn, b.proven = conn, false
	return nil
}

func (b *Bus) hangUp() {
	if b.conn != nil {
		_ = b.conn.Close() // it is given up, whatever it says to that
		b.conn = nil
	}
}

// hungUp tells a connection that the peer has closed from all other failures.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func lost(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the peer closed the connection: %w", err)
	}
	return err
}
