// Package modbus is a line to Modbus meters that can read and cannot write.
//
// It speaks Modbus/TCP through github.com/simonvetter/modbus and adds what that
// client leaves to its user: one transaction at a time with the unit id bound to
// it, and a connection that is closed and opened anew after anything that is not
// a Modbus exception. A connection on which an answer is still owed could give
// that answer to a later question; a closed one cannot.
//
// The package must not know meters' names, register maps, schedules or retries
// beyond the one reopening of a connection that the device closed while idle.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/simonvetter/modbus"
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
	Requests   uint64 // transactions asked for
	Exceptions uint64 // of them answered with a Modbus exception
	Errors     uint64 // of them ended in any other error
	Dials      uint64 // connections attempted
	Reopens    uint64 // transactions asked again because the peer had closed an idle connection
	Late       uint64 // answers thrown away because they belonged to another question
}

// Line is one connection to one ip:port, shared by all unit ids behind it. Its
// methods may be called from any goroutine; transactions go one after another.
type Line struct {
	url  string
	opts Options
	conf modbus.ClientConfiguration

	requests, exceptions, failures, dials, reopens, late atomic.Uint64

	mu      sync.Mutex // held over a whole transaction; guards all below
	client  *modbus.ModbusClient
	proven  bool        // the present connection has answered before
	pending chan opened // a dial that outlived its caller's patience
	closed  bool
}

type opened struct {
	client *modbus.ModbusClient
	err    error
}

// Open makes a line from its URL, tcp://host:port. It does not connect: the
// first Read does, so that a device that is away does not keep others from
// starting. The error names the URL and what is wrong with it.
func Open(rawURL string, opts Options) (*Line, error) {
	if err := checkURL(rawURL); err != nil {
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
	l.conf = modbus.ClientConfiguration{
		URL:     rawURL,
		Timeout: opts.Timeout,
		Logger:  log.New(&remarks{line: l}, "", 0),
	}
	return l, nil
}

func checkURL(rawURL string) error {
	const remedy = "write tcp://host:port, for example tcp://192.168.1.20:502"
	u, err := url.Parse(rawURL)
	if err != nil {
		return fmt.Errorf("modbus line %q: not a URL: %s", rawURL, remedy)
	}
	if u.Scheme != "tcp" {
		return fmt.Errorf("modbus line %q: scheme %q is not one of: tcp; %s", rawURL, u.Scheme, remedy)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil || host == "" || port == "" {
		return fmt.Errorf("modbus line %q: host and port are both needed: %s", rawURL, remedy)
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		return fmt.Errorf("modbus line %q: port %q is not in 1..65535: %s", rawURL, port, remedy)
	}
	if (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("modbus line %q: nothing may stand beside host and port: %s", rawURL, remedy)
	}
	return nil
}

// Read asks one unit for count registers from address on and returns exactly
// count words, most significant byte first as they came. Function is 3 (holding
// registers) or 4 (input registers), count 1..125.
//
// An error that has a method ModbusException() byte is the device's own answer;
// the connection stays. One that has Unreachable() bool says that there is no
// connection at all. After any other error the connection has been closed and
// the next Read opens it anew. If the peer had closed a connection that worked
// before, as devices do with idle ones, the request is asked once more on a
// fresh connection.
//
// The context ends waiting for the line's connection; a request under way ends
// by Options.Timeout at the latest.
func (l *Line) Read(ctx context.Context, unit, function uint8, address, count uint16) ([]uint16, error) {
	kind, err := checkRequest(function, address, count)
	if err != nil {
		return nil, fmt.Errorf("%s: unit %d: %w", l.url, unit, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests.Add(1)
	words, err := l.transact(ctx, unit, kind, address, count)
	if err == nil {
		return words, nil
	}
	var exception *Exception
	if errors.As(err, &exception) {
		l.exceptions.Add(1)
	} else {
		l.failures.Add(1)
	}
	return nil, fmt.Errorf("%s: unit %d: read %d registers at 0x%04X by function %d: %w", l.url, unit, count, address, function, err)
}

func checkRequest(function uint8, address, count uint16) (modbus.RegType, error) {
	if count == 0 || count > 125 {
		return 0, fmt.Errorf("%d registers in one request: ask for 1 to 125", count)
	}
	if int(address)+int(count) > 1<<16 {
		return 0, fmt.Errorf("%d registers from 0x%04X reach beyond 0xFFFF", count, address)
	}
	switch function {
	case 3:
		return modbus.HOLDING_REGISTER, nil
	case 4:
		return modbus.INPUT_REGISTER, nil
	}
	return 0, fmt.Errorf("function %d does not read registers: use 3 (holding) or 4 (input)", function)
}

// transact runs one request, and once more if the peer had hung up in between.
func (l *Line) transact(ctx context.Context, unit uint8, kind modbus.RegType, address, count uint16) ([]uint16, error) {
	for again := false; ; again = true {
		if err := l.connect(ctx); err != nil {
			return nil, err
		}
		worked := l.proven
		words, err := l.ask(unit, kind, address, count)
		if err == nil || again || !worked || !hungUp(err) {
			return words, err
		}
		l.reopens.Add(1)
	}
}

// ask runs one request on the open connection. It leaves it open only after a
// right answer or an exception.
func (l *Line) ask(unit uint8, kind modbus.RegType, address, count uint16) ([]uint16, error) {
	if err := l.client.SetUnitId(unit); err != nil {
		l.hangUp()
		return nil, err
	}
	raw, err := l.client.ReadRawBytes(address, 2*count, kind)
	if err == nil && len(raw) != 2*int(count) {
		err = modbus.ErrProtocolError
	}
	if err == nil {
		l.proven = true
		words := make([]uint16, count)
		for i := range words {
			words[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		return words, nil
	}
	if exception := exceptionOf(err); exception != nil {
		l.proven = true
		return nil, exception
	}
	l.hangUp()
	return nil, explain(err, l.opts.Timeout)
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
	if l.client != nil {
		return nil
	}
	if l.pending == nil {
		l.pending = l.dial()
	}
	patience := time.NewTimer(l.opts.DialTimeout)
	defer patience.Stop()
	select {
	case o := <-l.pending:
		l.pending = nil
		if o.err != nil {
			return &UnreachableError{Err: o.err}
		}
		l.client, l.proven = o.client, false
		return nil
	case <-patience.C:
		return &UnreachableError{Err: fmt.Errorf("no connection within %v", l.opts.DialTimeout)}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dial connects on a goroutine of its own, because the library takes no context
// and up to 5 s. The channel takes the outcome without a reader.
func (l *Line) dial() chan opened {
	l.dials.Add(1)
	conf := l.conf
	done := make(chan opened, 1)
	go func() {
		client, err := modbus.NewClient(&conf)
		if err == nil {
			err = client.Open()
		}
		done <- opened{client, err}
	}()
	return done
}

func (l *Line) hangUp() {
	if l.client != nil {
		_ = l.client.Close() // the connection is given up, whatever it says to that
		l.client = nil
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
				_ = o.client.Close()
			}
		}()
	}
	return nil
}

// Counters returns the line's counts so far.
func (l *Line) Counters() Counters {
	return Counters{
		Requests: l.requests.Load(), Exceptions: l.exceptions.Load(), Errors: l.failures.Load(),
		Dials: l.dials.Load(), Reopens: l.reopens.Load(), Late: l.late.Load(),
	}
}

// URL is the line's address as it was given to Open.
func (l *Line) URL() string { return l.url }

// hungUp tells a connection that the peer has closed from all other failures.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// remarks turns the library's log into debug records of the line's own.
type remarks struct{ line *Line }

func (r *remarks) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	if strings.Contains(text, "unexpected transaction id") {
		r.line.late.Add(1)
	}
	r.line.opts.Log.Debug("modbus client", "line", r.line.url, "remark", text)
	return len(p), nil
}
