// Package faultproxy stands between a Modbus client and its server and spoils the
// answers: late, twice, cut, with the wrong number, not at all. What happens to
// which answer of which connection follows from a seed, so that a failing run
// replays.
//
// It takes Modbus/TCP frames, RTU frames or plain bytes, over connections and,
// for a client on a serial port, over a pair of pseudo terminals.
//
// The package must not know registers, meters and who is on either side; of
// Modbus it knows how frames are built.
package faultproxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"asue/simulator/cable"
)

// Target opens the way to the server, once for each connection of a client.
type Target func(ctx context.Context) (io.ReadWriteCloser, error)

// TCP is a server at an address.
func TCP(address string) Target {
	return func(ctx context.Context) (io.ReadWriteCloser, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
}

// Proxy passes the connections of clients on to a target.
type Proxy struct {
	framing  Framing
	target   Target
	seed     uint64
	listener net.Listener // nil on a serial line
	line     *cable.Cable // nil on a network
	faults   atomic.Pointer[Faults]
	done     [kinds]atomic.Uint64
	passed   atomic.Uint64
}

// Listen opens a port, "127.0.0.1:0" for one of the kernel's choice, in front of
// target. Serve passes connections on.
func Listen(address string, framing Framing, target Target, seed uint64) (*Proxy, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	return On(ln, framing, target, seed), nil
}

// On is Listen with a listener that is there already, such as one that ends TLS.
// From then on it belongs to the proxy.
func On(ln net.Listener, framing Framing, target Target, seed uint64) *Proxy {
	return start(&Proxy{framing: framing, target: target, seed: seed, listener: ln})
}

// Serial makes a pair of pseudo terminals in front of target. The client opens
// the path Addr as its serial port; the frames are RTU.
func Serial(target Target, seed uint64) (*Proxy, error) {
	line, err := cable.Open()
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	return start(&Proxy{framing: RTU, target: target, seed: seed, line: line}), nil
}

func start(p *Proxy) *Proxy {
	p.faults.Store(Faults{}.withDefaults())
	return p
}

// Addr is the address that clients dial, or the path of their serial port.
func (p *Proxy) Addr() string {
	if p.line != nil {
		return p.line.Path()
	}
	return p.listener.Addr().String()
}

// Set changes what the proxy does, for open connections too, from the next
// question or answer on. It may be called from any goroutine. f, its map and its
// list must not change afterwards. It fails on probabilities that are none, and
// on faults that the framing or the carrier cannot have, see Kind.Possible.
func (p *Proxy) Set(f Faults) error {
	if err := f.check(p.framing, p.line != nil); err != nil {
		return err
	}
	p.faults.Store(f.withDefaults())
	return nil
}

// Count is how many answers were spoilt so.
func (p *Proxy) Count(k Kind) uint64 { return p.done[k].Load() }

// Passed is how many answers went through whole and on time.
func (p *Proxy) Passed() uint64 { return p.passed.Load() }

// Serve passes connections on until ctx ends, closes the port and all of them
// then, waits for their ends and returns nil. On a serial line it fails if the
// target is not there or hangs up.
func (p *Proxy) Serve(ctx context.Context) error {
	if p.line != nil {
		return p.serveLine(ctx)
	}
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
		open.Go(func() {
			server, err := p.target(ctx)
			if err != nil {
				reset(conn)
				return
			}
			p.join(ctx, conn, server, n)
		})
	}
}

// serveLine joins the one client of a serial line with a target for good.
func (p *Proxy) serveLine(ctx context.Context) error {
	defer p.line.Close()
	server, err := p.target(ctx)
	if ctx.Err() != nil {
		if err == nil {
			server.Close()
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("fault proxy: %w", err)
	}
	p.join(ctx, p.line, server, 0)
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("fault proxy: serial line %s: the target has hung up", p.line.Path())
}

// join passes a client's questions and the server's answers on until either side
// ends, and closes both.
func (p *Proxy) join(ctx context.Context, client, server io.ReadWriteCloser, number uint64) {
	defer client.Close()
	defer server.Close()
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	defer both.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { client.Close(); server.Close() })()
	out := &answers{proxy: p, to: client, dice: rand.New(rand.NewPCG(p.seed, number))}
	both.Go(func() {
		defer cancel()
		p.questions(ctx, server, client, out)
	})
	in := bufio.NewReader(server)
	for {
		frame, err := p.framing.read(in)
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

// forgetting is how long a half-open connection stands at the server when its
// client has gone.
const forgetting = 10 * time.Second

// questions passes on what the client sends, or swallows it.
func (p *Proxy) questions(ctx context.Context, server io.Writer, client io.Reader, out *answers) {
	buf := make([]byte, 4096)
	for {
		n, err := client.Read(buf)
		if n > 0 && !p.faults.Load().BlackHole && !out.dead.Load() {
			out.heard(buf[:n])
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if out.dead.Load() {
				_ = pause(ctx, forgetting) // the client has gone, and the server is not told
			}
			return
		}
	}
}

// reset ends a connection with RST instead of FIN.
func reset(conn io.Closer) {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = over.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a plain close is the next best
	}
	conn.Close()
}
