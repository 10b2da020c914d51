package modbus

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// A gatherer waits for the answers of many lines of the process at once.
//
// A collector asks hundreds of meters at the same moment, and their answers
// trickle in one by one. Go's own poller wakes a thread for each of them, which
// costs as much as the transaction itself. The gatherer's sockets are not in that
// poller: they are in an epoll set of their own, and while somebody waits the
// gatherer looks at it once in a tick and wakes all whose answers are there.
//
//	line: write ─▶ park ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄▶ read
//	gatherer:      sleep a tick ─▶ epoll_wait ─▶ wake
//
// So an answer may lie for a tick before it is read. When few wait, or nothing has
// come for some ticks, the gatherer blocks in epoll_wait, and an answer is read at
// once: a lone serial port with dozens of meters is not slowed down. When nobody
// waits, it costs nothing. Its goroutine lives while there are sockets.
type gatherer struct {
	epoll   int
	start   chan struct{} // somebody waits, or the last socket is gone
	waiting atomic.Int32  // sockets whose owners sleep
	due     atomic.Int64  // no deadline of theirs is earlier, by now()
	events  [atOnce]syscall.EpollEvent

	mu      sync.Mutex
	running bool
	sockets []*socket // by slot; nil: free
	free    []int32   // slots
}

const (
	tick     = time.Millisecond
	few      = 4                     // so many owners are woken one by one
	restless = 5                     // ticks without an answer before the gatherer blocks
	block    = 10 * time.Millisecond // and for how long: a time-out may be so late
	atOnce   = 512                   // events of one system call
)

// theGatherer is started by the first socket.
var theGatherer = sync.OnceValues(func() (*gatherer, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &gatherer{epoll: epoll, start: make(chan struct{}, 1)}, os.NewSyscallError("epoll_create1", err)
})

// join puts a descriptor into the set, by edges: one system call for its whole
// life.
func (g *gatherer) join(fd int) (*socket, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.free) == 0 {
		g.free = append(g.free, int32(len(g.sockets)))
		g.sockets = append(g.sockets, nil)
	}
	slot := g.free[len(g.free)-1]
	const edge = 1 << 31 // EPOLLET, which package syscall has as a negative number
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: slot}
	if err := syscall.EpollCtl(g.epoll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	s := &socket{gatherer: g, fd: fd, slot: slot, wake: make(chan struct{}, 1)}
	g.free = g.free[:len(g.free)-1]
	g.sockets[slot] = s
	if !g.running {
		g.running = true
		go g.run()
	}
	return s, nil
}

func (g *gatherer) leave(s *socket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = syscall.EpollCtl(g.epoll, syscall.EPOLL_CTL_DEL, s.fd, nil) // closing it does the same
	g.sockets[s.slot] = nil
	if g.free = append(g.free, s.slot); len(g.free) == len(g.sockets) {
		g.rouse()
	}
}

// rouse ends the gatherer's rest.
func (g *gatherer) rouse() {
	select {
	case g.start <- struct{}{}:
	default:
	}
}

func (g *gatherer) run() {
	idle := 0
	for {
		n := 0
		switch {
		case g.waiting.Load() == 0:
			<-g.start
			idle = 0
			runtime.Gosched() // the others of a burst ask now
		case idle < restless && g.waiting.Load() > few:
			time.Sleep(tick)
			n = g.poll(0)
			idle++
		default:
			n = g.poll(block)
		}
		if n > 0 {
			idle = 0
		}
		if !g.deliver(g.events[:n]) {
			return
		}
	}
}

// poll returns how many events there are, and waits a time for the first one.
func (g *gatherer) poll(patience time.Duration) int {
	var n uintptr
	var errno syscall.Errno
	if patience == 0 { // it does not block, so Go's scheduler need not know
		n, _, errno = syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(g.epoll), uintptr(unsafe.Pointer(&g.events)), atOnce, 0, 0, 0)
	} else {
		n, _, errno = syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(g.epoll), uintptr(unsafe.Pointer(&g.events)), atOnce, uintptr(patience/time.Millisecond), 0, 0)
	}
	switch errno {
	case 0:
		return int(n)
	case syscall.EINTR:
		return 0
	}
	panic(fmt.Sprintf("BUG: epoll_wait on %d: %v", g.epoll, errno))
}

// deliver wakes those to whom something has happened or whose time is over. It
// returns false if there is no socket any more.
func (g *gatherer) deliver(events []syscall.EpollEvent) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range events {
		// A socket that has taken the slot of one closed just now reads once in vain.
		if s := g.sockets[events[i].Fd]; s != nil {
			s.signal(events[i].Events)
		}
	}
	if t := now(); t >= g.due.Load() {
		g.sweep(t)
	}
	g.running = len(g.free) < len(g.sockets)
	return g.running
}

// sweep wakes those whose time is over and finds out when the next one's is. Who
// parks meanwhile sees to it himself that his deadline is known.
func (g *gatherer) sweep(t int64) {
	g.due.Store(math.MaxInt64)
	for _, s := range g.sockets {
		if s == nil || s.state.Load() != parked {
			continue
		}
		if d := s.deadline.Load(); d <= t {
			s.expire()
		} else {
			g.expect(d)
		}
	}
}

// expect makes a deadline known.
func (g *gatherer) expect(deadline int64) {
	for due := g.due.Load(); deadline < due; due = g.due.Load() {
		if g.due.CompareAndSwap(due, deadline) {
			return
		}
	}
}

var epoch = time.Now()

// now is the monotonic clock in nanoseconds, for atomics.
func now() int64 { return int64(time.Since(epoch)) }
