package broker

import (
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// door lets connections in, as many as may be, and closes every one of them at
// the end, whatever it was doing. The library's own listeners leave those behind
// that have not yet said who they are, and wait for them for ever.
type door struct {
	listener net.Listener
	max      int
	guard    *guard

	running sync.WaitGroup

	quit chan struct{} // closed by Close

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

func newDoor(listener net.Listener, most int, g *guard) *door {
	return &door{listener: listener, max: most, guard: g, quit: make(chan struct{}), conns: map[net.Conn]struct{}{}}
}

var _ listeners.Listener = (*door)(nil)

// The methods of listeners.Listener.

func (d *door) Init(*slog.Logger) error { return nil }
func (d *door) ID() string              { return "mqtt" }
func (d *door) Protocol() string        { return "tcp" }
func (d *door) Address() string         { return d.listener.Addr().String() }

func (d *door) tls() bool {
	_, plain := d.listener.(*net.TCPListener)
	return !plain
}

// Serve accepts connections until Close.
func (d *door) Serve(establish listeners.EstablishFn) {
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			if !d.rest() {
				return
			}
			d.guard.log.Error("broker cannot accept connections", "error", err)
			continue
		}
		if !d.enter(conn) {
			d.guard.refusedConnects.Add(1)
			conn.Close()
			continue
		}
		go func() {
			defer d.leave(conn)
			_ = establish(d.ID(), conn) // the guard has seen why it ended
		}()
	}
}

// rest keeps a broker without free file descriptors from spinning. It is false
// when the door is closed.
func (d *door) rest() bool {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.quit:
		return false
	}
}

func (d *door) enter(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.conns) >= d.max {
		return false
	}
	// The library sets its own deadlines once it knows the client's keep-alive.
	conn.SetDeadline(time.Now().Add(helloTimeout))
	d.conns[conn] = struct{}{}
	d.running.Add(1)
	return true
}

func (d *door) leave(conn net.Conn) {
	conn.Close()
	d.mu.Lock()
	delete(d.conns, conn)
	d.mu.Unlock()
	d.running.Done()
}

// Close says goodbye to the clients, closes all connections, and waits until
// they are gone.
func (d *door) Close(goodbye listeners.CloseFn) {
	d.mu.Lock()
	already := d.closed
	d.closed = true
	d.mu.Unlock()
	if !already {
		close(d.quit)
		d.listener.Close()
		goodbye(d.ID())
		d.mu.Lock()
		for conn := range d.conns {
			conn.Close()
		}
		d.mu.Unlock()
	}
	d.running.Wait()
}
