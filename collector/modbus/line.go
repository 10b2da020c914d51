// Package modbus is a line to Modbus meters that can read and cannot write.
//
// It comes in four transports, stated in the line's address and never guessed:
//
//	tcp      Modbus/TCP
//	tls      Modbus/TCP Security: the same frames in TLS, both sides certified
//	rtu+tcp  RTU frames to a converter
//	rtu      RTU frames on a serial port
//
// A connection runs one transaction at a time. On tcp and tls it is closed and
// opened anew after anything that is not a Modbus exception: a connection on
// which an answer is still owed could give that answer to a later question; a
// closed one cannot. On RTU, which cannot tell answers apart, the line is kept
// quiet until no answer can be owed any more.
//
// A transaction that goes well makes no garbage and costs one write, one read and
// a share of the waiting. On Linux one goroutine waits for all lines where the
// process has many; few leave it to Go's own poller.
//
// The package must not know meters' names, register maps, schedules or retries
// beyond the one reopening of a connection that the device closed while idle.
package modbus

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Options are the limits of a line. They are durations of the wall clock,
// whatever clock the collector runs on: a device does not answer faster because
// time is warped.
//
// Gap, Response and ConnectPause are what the models of the meters on the line
// demand, the greatest of each; zero is none. Settings of the address can only
// lengthen them.
type Options struct {
	// Timeout is how long one answer may take; 1 s if zero.
	Timeout time.Duration
	// DialTimeout is how long a connection may take; 3 s if zero.
	DialTimeout time.Duration
	// Gap is the least pause between an answer and the next question of a
	// connection.
	Gap time.Duration
	// Response is how long the slowest meter may take to answer: no time-out and no
	// quarantine is shorter.
	Response time.Duration
	// ConnectPause is the least pause between a connection and its first question.
	ConnectPause time.Duration
	// Claim marks the line as one that is polled, for as long as it is open; see
	// Claimed. Open fails if another has claimed it.
	Claim bool
	// Log receives remarks; nil discards them.
	Log *slog.Logger
}

func (o Options) whole() Options {
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	o.Timeout = max(o.Timeout, o.Response)
	if o.DialTimeout <= 0 {
		o.DialTimeout = 3 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Line is one device, gateway, converter or serial port, shared by all unit ids
// behind it. Its methods may be called from any goroutine; transactions go one
// after another, unless the address allows several connections.
type Line struct {
	url    string
	opts   Options
	tally  tally
	doubts *doubts              // nil but on an RTU line
	trace  atomic.Pointer[ring] // nil: nobody wants to see
	links  links
	claim  *claim
	closed atomic.Bool
}

// Open makes a line from its URL, of one of these forms:
//
//	tcp://host:port                                       also: pool, baud
//	tls://host:port?cert=FILE&key=FILE&ca=FILE            also: name, pool, baud
//	rtu+tcp://host:port                                   also: baud, parity, stop, gap, hold
//	rtu:///dev/ttyUSB0?baud=9600&parity=N                 also: stop, gap, hold
//
// pool is how many connections the device allows, 1 to 8; one if it is not given.
// baud of tcp and tls is that of the RS-485 behind a gateway; see SpeedOf.
// name is the one in the device's certificate, if it is not the host. gap is the
// least silence before a question; hold is the time after which no unit answers
// any more, the timeout or 1 s, whichever is longer, if it is not given. Files
// are given by their whole paths.
//
// Open does not connect: the first Read does, so that a device that is away does
// not keep others from starting. The error is an *AddressError, or a
// *ClaimedError if Options.Claim is set.
func Open(rawURL string, opts Options) (*Line, error) {
	return open(rawURL, opts, fitting)
}

func open(rawURL string, opts Options, how waiting) (*Line, error) {
	a, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	l := &Line{url: rawURL, opts: opts.whole()}
	if opts.Claim {
		if l.claim, err = claimLine(rawURL, a); err != nil {
			if is[*ClaimedError](err) {
				return nil, err
			}
			l.opts.Log.Warn("line is not marked as polled", "line", rawURL, "error", err)
		}
	}
	if a.untagged() {
		l.doubts = new(doubts)
	}
	l.links.open(l, a, how)
	return l, nil
}

// Read is ReadInto for those who do not mind that it makes a slice of count words.
func (l *Line) Read(ctx context.Context, unit, function uint8, address, count uint16) ([]uint16, error) {
	words := make([]uint16, count)
	if err := l.ReadInto(ctx, unit, function, address, words); err != nil {
		return nil, err
	}
	return words, nil
}

// ReadInto asks one unit for len(dst) registers, 1 to 125, from address on and
// puts exactly these into dst, most significant byte first as they came. Function
// is 3 (holding registers) or 4 (input registers). With an error dst is as it was.
//
// An error that has a method ModbusException() byte is the device's own answer;
// the connection stays. One that has Unreachable() bool says that there is no
// connection at all. After any other error the line sees to it by itself that no
// late answer is taken for another: it reconnects, or stays quiet for a while,
// at the beginning of the next call. If the peer had closed a connection that
// worked before, as devices do with idle ones, the request is asked once more on
// a fresh connection.
//
// The context ends waiting for the turn, for the line's connection and for its
// silence; a request under way ends by Options.Timeout, on RTU lengthened by the
// time that the frames take.
func (l *Line) ReadInto(ctx context.Context, unit, function uint8, address uint16, dst []uint16) error {
	if err := checkRequest(function, address, len(dst)); err != nil {
		return fmt.Errorf("%s: unit %d: %w", l.url, unit, err)
	}
	l.tally.requests.Add(1)
	err := l.transact(ctx, question{unit, function, address, uint16(len(dst))}, dst)
	l.tally.live.Store(answered(err))
	switch {
	case err == nil:
		return nil
	case answered(err):
		l.tally.exceptions.Add(1)
	default:
		l.tally.failures.Add(1)
	}
	return fmt.Errorf("%s: unit %d: read %d registers at 0x%04X by function %d: %w", l.url, unit, len(dst), address, function, err)
}

func checkRequest(function uint8, address uint16, count int) error {
	if count == 0 || count > 125 {
		return fmt.Errorf("%d registers in one request: ask for 1 to 125", count)
	}
	if int(address)+count > 1<<16 {
		return fmt.Errorf("%d registers from 0x%04X reach beyond 0xFFFF", count, address)
	}
	if function != 3 && function != 4 {
		return fmt.Errorf("function %d does not read registers: use 3 (holding) or 4 (input)", function)
	}
	return nil
}

func (l *Line) transact(ctx context.Context, q question, dst []uint16) error {
	k, err := l.links.take(ctx)
	if err != nil {
		return err
	}
	defer l.links.give(k)
	return k.transact(ctx, q, dst)
}

// Close ends the connections, when the transactions under way have ended. Reads
// after it fail with net.ErrClosed.
func (l *Line) Close() error {
	if !l.closed.Swap(true) {
		l.links.close()
		l.claim.release()
	}
	return nil
}

// URL is the line's address as it was given to Open.
func (l *Line) URL() string { return l.url }
