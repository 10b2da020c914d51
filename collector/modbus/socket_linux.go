package modbus

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/goburrow/serial"
)

// socket is a stream in the gatherer's set. Its descriptor does not block, so its
// system calls are made without telling Go's scheduler.
type socket struct {
	gatherer *gatherer
	fd       int
	slot     int32
	state    atomic.Int32
	gone     atomic.Bool  // the peer has hung up; what it sent before is still to be read
	deadline atomic.Int64 // of the owner who is parked, by now()
	wake     chan struct{}
}

// What the owner of a socket and the gatherer tell each other.
const (
	calm    = iota // nothing has come since the owner has read
	parked         // the owner sleeps
	stirred        // something has come, or the peer is gone
)

// gathered is the way through the gatherer.
var gathered = waiting{gatheredConn, gatheredConn, gatheredPort}

// gatheredConn takes a TCP connection out of Go's poller and into the gatherer's
// set. Other connections stay as they are.
func gatheredConn(conn net.Conn) (stream, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return plainConn(conn)
	}
	defer tcp.Close() //nolint:errcheck // the copy of its descriptor lives on
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd uintptr
	var errno syscall.Errno
	if err := raw.Control(func(theirs uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, theirs, syscall.F_DUPFD_CLOEXEC, 0)
	}); err != nil {
		return nil, err
	}
	if errno != 0 {
		return nil, os.NewSyscallError("fcntl", errno)
	}
	return gather(int(fd))
}

// gatheredPort opens the device once more: the serial library has set it up, but
// knows no waiting for several of them.
func gatheredPort(device string, port serial.Port) (stream, error) {
	fd, err := syscall.Open(device, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		_ = port.Close() // nothing was done with it
		return nil, &os.PathError{Op: "open", Path: device, Err: err}
	}
	err = emptyIsNotGone(fd)
	if err != nil {
		_ = syscall.Close(fd) // as above
		_ = port.Close()
		return nil, os.NewSyscallError("ioctl", err)
	}
	s, err := gather(fd)
	if err != nil {
		_ = port.Close() // as above
		return nil, err
	}
	return &gatheredSerial{s, port}, nil
}

// emptyIsNotGone has the terminal give at least one byte to a read: with none, as
// the serial library sets it, no byte would look like a device that is gone.
func emptyIsNotGone(fd int) error {
	var t syscall.Termios
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TCGETS, uintptr(unsafe.Pointer(&t))); errno != 0 {
		return errno
	}
	t.Cc[syscall.VMIN], t.Cc[syscall.VTIME] = 1, 0
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TCSETS, uintptr(unsafe.Pointer(&t))); errno != 0 {
		return errno
	}
	return nil
}

type gatheredSerial struct {
	stream
	port serial.Port
}

func (s *gatheredSerial) close() {
	s.stream.close()
	_ = s.port.Close() // it is given up, whatever it says to that
}

// gather makes a stream of a descriptor that does not block, and owns it.
func gather(fd int) (stream, error) {
	g, err := theGatherer()
	if err == nil {
		var s *socket
		if s, err = g.join(fd); err == nil {
			return s, nil
		}
	}
	_ = syscall.Close(fd) // nothing was done with it
	return nil, err
}

func (s *socket) close() {
	s.gatherer.leave(s)
	_ = syscall.Close(s.fd) // it is given up, whatever it says to that
}

// send does not wait: all questions before this one were answered, so there is
// room for it.
func (s *socket) send(p []byte, _ time.Time) error {
	n, errno := s.call(syscall.SYS_WRITE, p)
	switch {
	case errno != 0:
		return os.NewSyscallError("write", errno)
	case n < len(p):
		return io.ErrShortWrite
	}
	return nil
}

func (s *socket) await(deadline time.Time) {
	until := int64(deadline.Sub(epoch))
	for s.state.Load() != stirred && !s.park(until) {
	}
}

func (s *socket) receive(p []byte, deadline time.Time) (int, error) {
	until := int64(deadline.Sub(epoch))
	for over := false; ; over = s.park(until) {
		if !over && s.state.Load() != stirred {
			continue
		}
		n, err := s.look(p)
		if n == 0 && err == nil && over {
			err = os.ErrDeadlineExceeded
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// look sees to it that what it may have left is looked for again.
func (s *socket) look(p []byte) (int, error) {
	s.state.Store(calm)
	n, errno := s.call(syscall.SYS_READ, p)
	switch {
	case errno == syscall.EAGAIN:
		return 0, nil
	case n > 0 && n < len(p):
		if s.gone.Load() { // it was told with the bytes, and will not be told again
			s.state.Store(stirred)
		}
		return n, nil
	}
	s.state.Store(stirred)
	switch {
	case errno != 0:
		return 0, os.NewSyscallError("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (s *socket) call(trap uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(trap, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// park sleeps until something comes, and reports that the time is over.
func (s *socket) park(until int64) (over bool) {
	if until <= now() {
		return true
	}
	s.deadline.Store(until)
	if !s.state.CompareAndSwap(calm, parked) {
		return false // it has come already
	}
	g := s.gatherer
	g.expect(until)
	if g.waiting.Add(1) == 1 {
		g.rouse()
	}
	<-s.wake
	g.waiting.Add(-1)
	return s.state.Load() != stirred
}

// signal and expire are the gatherer's.
func (s *socket) signal(events uint32) {
	if events&(syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		s.gone.Store(true)
	}
	if s.state.Swap(stirred) == parked {
		s.wake <- struct{}{}
	}
}

func (s *socket) expire() {
	if s.state.CompareAndSwap(parked, calm) {
		s.wake <- struct{}{}
	}
}
