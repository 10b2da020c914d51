// Package modbus is a line to Modbus meters that can read and cannot write.
//
// It comes in four transports, stated in the line's address and never guessed:
//
//	tcp      Modbus/TCP, through github.com/simonvetter/modbus
//	tls      Modbus/TCP Security: the same frames in TLS, both sides certified
//	rtu+tcp  RTU frames to a converter
//	rtu      RTU frames on a serial port
//
// All of them run one transaction at a time. On tcp and tls the connection is
// closed and opened anew after anything that is not a Modbus exception: a
// connection on which an answer is still owed could give that answer to a later
// question; a closed one cannot. On RTU, which cannot tell answers apart, the
// line is kept quiet until no answer can be owed any more.
//
// The package must not know meters' names, register maps, schedules or retries
// beyond the one reopening of a connection that the device closed while idle.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the limits of a line. They are durations of the wall clock,
// whatever clock the collector runs on: a device does not answer faster because
// time is warped.
type Options struct {
	// Timeout is how long one answer may take; 1 s if zero.
	Timeout time.Duration
	// DialTimeout is how long a connection may take; 3 s if zero.
	DialTimeout time.Duration
	// Log receives the client library's remarks at debug level; nil discards
	// them.
	Log *slog.Logger
}

// Counters are what a line has done since it was opened.
type Counters struct {
	Requests    uint64 // transactions asked for
	Exceptions  uint64 // of them answered with a Modbus exception
	Errors      uint64 // of them ended in any other error
	Dials       uint64 // connections attempted
	Reopens     uint64 // transactions asked again because the peer had closed an idle connection
	Late        uint64 // answers thrown away because they belonged to another question
	Drained     uint64 // bytes thrown away on an RTU line because nobody had asked for them
	Quarantines uint64 // times an RTU line was kept quiet because an answer might still have come
}

// tally counts what a line does.
type tally struct {
	requests, exceptions, failures, dials, reopens, late, drained, quarantines atomic.Uint64
}

// suspects are the units of which an answer may come late.
type suspects [256]atomic.Bool

func (s *suspects) mark(unit uint8, suspect bool) { s[unit].Store(suspect) }

// session is one connection to a line. It is used by one goroutine at a time.
type session interface {
	// ask runs one transaction. An *idleError may be asked again on a fresh
	// session.
	ask(ctx context.Context, q question) ([]uint16, error)
	// spent reports that the session cannot be used any more.
	spent() bool
	close()
}

// dialer makes a session; it may take Options.DialTimeout and more.
type dialer func() (session, error)

// Line is one connection to one ip:port or serial port, shared by all unit ids
// behind it. Its methods may be called from any goroutine; transactions go one
// after another.
type Line struct {
	url      string
	opts     Options
	dial     dialer
	tally    tally
	suspects suspects

	mu      sync.Mutex // held over a whole transaction; guards all below
	session session
	pending chan opened // a dial that outlived its caller's patience
	closed  bool
}

type opened struct {
	session session
	err     error
}

// Open makes a line from its URL, of one of these forms:
//
//	tcp://host:port
//	tls://host:port?cert=FILE&key=FILE&ca=FILE            also: name
//	rtu+tcp://host:port                                   also: baud, parity, stop, gap, hold
//	rtu:///dev/ttyUSB0?baud=9600&parity=N                 also: stop, gap, hold
//
// name is the one in the device's certificate, if it is not the host. gap is the
// least silence before a question; hold is the time after which no unit answers
// any more, the timeout or 1 s, whichever is longer, if it is not given. Files
// are given by their whole paths.
//
// Open does not connect: the first Read does, so that a device that is away does
// not keep others from starting. The error is an *AddressError.
func Open(rawURL string, opts Options) (*Line, error) {
	a, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	if opts.Timeout <= 0 {
		opts.Timeout = time.Second
	}
	if opts.DialTimeout <= 0 {
		opts.DialTimeout = 3 * time.Second
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	l := &Line{url: rawURL, opts: opts}
	switch a.scheme {
	case "tcp":
		l.dial = tcpDialer(l)
	case "tls":
		l.dial = tlsDialer(a, opts, &l.tally)
	default:
		l.dial = rtuDialer(l, a)
	}
	return l, nil
}

// Read asks one unit for count registers from address on and returns exactly
// count words, most significant byte first as they came. Function is 3 (holding
// registers) or 4 (input registers), count 1..125.
//
// An error that has a method ModbusException() byte is the device's own answer;
// the connection stays. One that has Unreachable() bool says that there is no
// connection at all. After any other error the line sees to it by itself that no
// late answer is taken for another: it reconnects, or stays quiet for a while,
// at the beginning of the next Read. If the peer had closed a connection that
// worked before, as devices do with idle ones, the request is asked once more on
// a fresh connection.
//
// The context ends waiting for the line's connection and for its silence; a
// request under way ends by Options.Timeout, on RTU lengthened by the time that
// the frames take.
func (l *Line) Read(ctx context.Context, unit, function uint8, address, count uint16) ([]uint16, error) {
	if err := checkRequest(function, address, count); err != nil {
		return nil, fmt.Errorf("%s: unit %d: %w", l.url, unit, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.requests.Add(1)
	words, err := l.transact(ctx, question{unit, function, address, count})
	if err == nil {
		return words, nil
	}
	var exception *Exception
	if errors.As(err, &exception) {
		l.tally.exceptions.Add(1)
	} else {
		l.tally.failures.Add(1)
	}
	return nil, fmt.Errorf("%s: unit %d: read %d registers at 0x%04X by function %d: %w", l.url, unit, count, address, function, err)
}

func checkRequest(function uint8, address, count uint16) error {
	if count == 0 || count > 125 {
		return fmt.Errorf("%d registers in one request: ask for 1 to 125", count)
	}
	if int(address)+int(count) > 1<<16 {
		return fmt.Errorf("%d registers from 0x%04X reach beyond 0xFFFF", count, address)
	}
	if function != 3 && function != 4 {
		return fmt.Errorf("function %d does not read registers: use 3 (holding) or 4 (input)", function)
	}
	return nil
}

// transact runs one request, and once more if the peer had hung up in between.
func (l *Line) transact(ctx context.Context, q question) ([]uint16, error) {
	for again := false; ; again = true {
		if err := l.connect(ctx); err != nil {
			return nil, err
		}
		words, err := l.session.ask(ctx, q)
		if l.session.spent() {
			l.hangUp()
		}
		var idle *idleError
		if again || !errors.As(err, &idle) {
			return words, err
		}
		l.tally.reopens.Add(1)
	}
}

// connect makes sure that there is a connection. A dial that takes too long is
// not given up but left to itself, and the next call picks it up: so there is
// never more than one connection to the device.
func (l *Line) connect(ctx context.Context) error {
	if l.closed {
		return net.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.session != nil {
		return nil
	}
	if l.pending == nil {
		l.pending = l.dialAside()
	}
	patience := time.NewTimer(l.opts.DialTimeout)
	defer patience.Stop()
	select {
	case o := <-l.pending:
		l.pending = nil
		if o.err != nil {
			return &UnreachableError{Err: o.err}
		}
		l.session = o.session
		return nil
	case <-patience.C:
		return &UnreachableError{Err: fmt.Errorf("no connection within %v", l.opts.DialTimeout)}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dialAside connects on a goroutine of its own, because not every dialer takes a
// context. The channel takes the outcome without a reader.
func (l *Line) dialAside() chan opened {
	l.tally.dials.Add(1)
	done := make(chan opened, 1)
	go func() {
		s, err := l.dial()
		done <- opened{s, err}
	}()
	return done
}

func (l *Line) hangUp() {
	if l.session != nil {
		l.session.close()
		l.session = nil
	}
}

// Close ends the connection. Reads after it fail.
func (l *Line) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.hangUp()
	if pending := l.pending; pending != nil {
		l.pending = nil
		go func() {
			if o := <-pending; o.err == nil {
				o.session.close()
			}
		}()
	}
	return nil
}

// Suspect reports that a question to the unit ended without a right answer on an
// RTU line, so that an answer later than any quarantine could be taken for one
// to a question of the same length. A caller that cannot live with that reads a
// block of known content first, serial number or model, and calls Trust if it is
// as it must be. The line itself goes on reading suspect units. Units of tcp and
// tls lines are never suspect: their answers carry the question's number.
func (l *Line) Suspect(unit uint8) bool { return l.suspects[unit].Load() }

// Trust ends the suspicion against a unit.
func (l *Line) Trust(unit uint8) { l.suspects.mark(unit, false) }

// Counters returns the line's counts so far.
func (l *Line) Counters() Counters {
	t := &l.tally
	return Counters{
		Requests: t.requests.Load(), Exceptions: t.exceptions.Load(), Errors: t.failures.Load(),
		Dials: t.dials.Load(), Reopens: t.reopens.Load(), Late: t.late.Load(),
		Drained: t.drained.Load(), Quarantines: t.quarantines.Load(),
	}
}

// URL is the line's address as it was given to Open.
func (l *Line) URL() string { return l.url }
