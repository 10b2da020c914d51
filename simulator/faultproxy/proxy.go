// Package faultproxy stands between a Modbus/TCP client and its server and spoils
// the answers: late, twice, cut, with the wrong number, not at all. What happens
// to which answer of which connection follows from a seed, so that a failing run
// replays.
//
// The package must not know registers, meters and who is on either side; of
// Modbus it knows the seven bytes of the frame's header.
package faultproxy

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"asue/metering/clock"
)

// Kind is one way to spoil an answer.
type Kind uint8

// Kinds of faults of single answers.
const (
	Drop             Kind = iota // the answer never comes
	Late                         // the answer comes after Faults.LateBy, behind later ones
	Duplicate                    // the answer comes twice
	Cut                          // the answer ends after some bytes, and the connection with it
	Drip                         // the answer comes byte by byte, a millisecond apart
	WrongTransaction             // the answer has another transaction id
	WrongUnit                    // the answer has another unit id
	Exception                    // the answer is the exception Faults.Code
	Reset                        // the connection is reset instead
	kinds
)

var kindNames = [kinds]string{
	"drop", "late", "duplicate", "cut", "drip", "wrong transaction", "wrong unit", "exception", "reset",
}

// String is the kind in words.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Faults is what a proxy does. The zero value passes everything on.
type Faults struct {
	// Delay and a random part of Jitter go by before every answer; the order of
	// the answers is kept.
	Delay, Jitter time.Duration
	// Chance is, by kind, the probability that an answer is spoilt so. At most one
	// fault befalls an answer; the sum must not be above 1.
	Chance map[Kind]float64
	LateBy time.Duration // of Late; 0 takes one second
	Code   uint8         // of Exception; 0 takes 4, device failure
	// CutAfter is the number of bytes that Cut lets pass; 0 takes a random one
	// within the answer.
	CutAfter int
	Refuse   bool // new connections are reset at once
	// BlackHole swallows all requests: the connection stands and nothing comes.
	BlackHole bool
}

func (f Faults) check() error {
	sum := 0.0
	for k, p := range f.Chance {
		if k >= kinds || !(p >= 0 && p <= 1) {
			return fmt.Errorf("fault proxy: %v with probability %g: want a known kind and 0 to 1", k, p)
		}
		sum += p
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("fault proxy: probabilities sum to %g, above 1", sum)
	}
	if f.Delay < 0 || f.Jitter < 0 || f.LateBy < 0 || f.CutAfter < 0 {
		return errors.New("fault proxy: a negative time or length")
	}
	return nil
}

// Proxy is a listener that passes connections on to a target.
type Proxy struct {
	target   string
	seed     uint64
	listener net.Listener
	faults   atomic.Pointer[Faults]
	done     [kinds]atomic.Uint64
	passed   atomic.Uint64
}

// Listen opens a port, "127.0.0.1:0" for one of the kernel's choice, in front of
// target. Serve passes connections on.
func Listen(address, target string, seed uint64) (*Proxy, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p := &Proxy{target: target, seed: seed, listener: ln}
	p.faults.Store(new(Faults))
	return p, nil
}

// Addr is the address that clients dial.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes what the proxy does, for open connections too, from the next
// request or answer on. It may be called from any goroutine. f and its map must
// not change afterwards. It fails on probabilities that are none.
func (p *Proxy) Set(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	p.faults.Store(&f)
	return nil
}

// Count is how many answers were spoilt so.
func (p *Proxy) Count(k Kind) uint64 { return p.done[k].Load() }

// Passed is how many answers went through whole and on time.
func (p *Proxy) Passed() uint64 { return p.passed.Load() }

// Serve passes connections on until ctx ends, closes the port and all of them
// then, waits for their ends and returns nil.
func (p *Proxy) Serve(ctx context.Context) error {
	var open sync.WaitGroup
	defer open.Wait()
	defer context.AfterFunc(ctx, func() { p.listener.Close() })()
	for n := uint64(0); ; n++ {
		conn, err := p.listener.Accept()
		if err != nil {
			p.listener.Close()
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("fault proxy: %w", err)
		}
		if p.faults.Load().Refuse {
			reset(conn)
			continue
		}
		open.Go(func() { p.pass(ctx, conn, rand.New(rand.NewPCG(p.seed, n))) })
	}
}

// pass joins a client's connection with one to the target until either ends.
func (p *Proxy) pass(ctx context.Context, client net.Conn, dice *rand.Rand) {
	defer client.Close()
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	defer both.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { client.Close(); server.Close() })()
	both.Go(func() {
		defer cancel()
		p.requests(server, client)
	})
	out := &answers{proxy: p, to: client, dice: dice}
	in := bufio.NewReader(server)
	for {
		frame, err := readFrame(in)
		if err != nil {
			break
		}
		if out.pass(ctx, frame) != nil {
			break
		}
	}
	cancel()
	out.late.Wait()
}

// requests passes on what the client sends, or swallows it.
func (p *Proxy) requests(server io.Writer, client io.Reader) {
	buf := make([]byte, 512)
	for {
		n, err := client.Read(buf)
		if n > 0 && !p.faults.Load().BlackHole {
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// readFrame reads one Modbus/TCP frame.
func readFrame(in io.Reader) ([]byte, error) {
	frame := make([]byte, 7, 260)
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint16(frame[4:]))
	if length < 2 || length > 254 {
		return nil, fmt.Errorf("frame of %d bytes", length)
	}
	frame = frame[:6+length]
	_, err := io.ReadFull(in, frame[7:])
	return frame, err
}

// answers is the way back to one client.
type answers struct {
	proxy *Proxy
	dice  *rand.Rand
	late  sync.WaitGroup

	mu sync.Mutex // of writing: late answers come from goroutines of their own
	to net.Conn
}

// pass sends one answer, or what the dice make of it. An error ends the
// connection.
func (a *answers) pass(ctx context.Context, frame []byte) error {
	f := a.proxy.faults.Load()
	kind, spoilt := a.draw(f)
	if wait := f.Delay + a.upTo(f.Jitter); wait > 0 {
		if err := (clock.Clock{}).Sleep(ctx, wait); err != nil {
			return err
		}
	}
	if !spoilt {
		a.proxy.passed.Add(1)
		return a.write(frame)
	}
	a.proxy.done[kind].Add(1)
	switch kind {
	case Drop:
		return nil
	case Late:
		a.late.Go(func() {
			by := f.LateBy
			if by == 0 {
				by = time.Second
			}
			if (clock.Clock{}).Sleep(ctx, by) == nil {
				_ = a.write(frame) // the client may be gone by then
			}
		})
		return nil
	case Duplicate:
		return a.write(append(frame, frame...))
	case Cut:
		n := f.CutAfter
		if n == 0 {
			n = 1 + a.dice.IntN(len(frame)-1)
		}
		return errors.Join(a.write(frame[:min(n, len(frame))]), errors.New("cut"))
	case Drip:
		for i := range frame {
			// A pause, or the bytes would meet again in the client's buffer.
			if err := errors.Join(a.write(frame[i:i+1]), clock.Clock{}.Sleep(ctx, time.Millisecond)); err != nil {
				return err
			}
		}
		return nil
	case WrongTransaction:
		binary.BigEndian.PutUint16(frame, binary.BigEndian.Uint16(frame)+1)
	case WrongUnit:
		frame[6]++
	case Exception:
		code := f.Code
		if code == 0 {
			code = 4
		}
		frame = append(frame[:7], frame[7]|0x80, code)
		binary.BigEndian.PutUint16(frame[4:], 3)
	case Reset:
		reset(a.to)
		return errors.New("reset")
	}
	return a.write(frame)
}

// draw throws the dice for one answer: always the same number of times, so that
// a change of probabilities does not shift the fate of later answers.
func (a *answers) draw(f *Faults) (Kind, bool) {
	u := a.dice.Float64()
	for k := range kinds {
		if u -= f.Chance[k]; u < 0 {
			return k, true
		}
	}
	return 0, false
}

func (a *answers) upTo(d time.Duration) time.Duration {
	return time.Duration(a.dice.Float64() * float64(d))
}

func (a *answers) write(b []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := a.to.Write(b)
	return err
}

// reset ends a connection with RST instead of FIN.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a plain close is the next best
	}
	conn.Close()
}
