package modbus_test

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// crc is the check sum of RTU frames, bit by bit as the specification tells it.
func crc(b []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			if sum&1 == 1 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
	}
	return sum
}

func sealed(body []byte) []byte { return binary.LittleEndian.AppendUint16(body, crc(body)) }

// rtu is the right RTU answer to a request: that of TCP without the header.
func (r request) rtu() []byte { return r.rtuOf(r.count) }

func (r request) rtuOf(count uint16) []byte { return sealed(r.answerOf(count)[6:]) }

func (r request) rtuException(code byte) []byte {
	return sealed([]byte{r.unit, r.function | 0x80, code})
}

// bus is the slave's end of an RTU line.
type bus struct {
	io.ReadWriteCloser
	slave *slave
}

func (b *bus) say(frame []byte) bool { _, err := b.Write(frame); return err == nil }

// slave answers for all units of one RTU line, with the fault that its script
// names for each question.
type slave struct {
	url    string // to open the line by, without settings
	script func(r request) rtuFault
	wg     sync.WaitGroup

	mu   sync.Mutex
	held []byte // by the converter, for whoever connects next
	open map[io.Closer]bool
}

// rtuFault does something to one question; false ends the connection.
type rtuFault func(b *bus, r request) bool

// serve answers until the line ends.
func (s *slave) serve(line io.ReadWriteCloser) {
	s.mu.Lock()
	s.open[line] = true
	held := s.held
	s.held = nil
	s.mu.Unlock()
	defer line.Close()
	b := &bus{line, s}
	if len(held) > 0 && !b.say(held) {
		return
	}
	var q [8]byte
	for {
		if _, err := io.ReadFull(line, q[:]); err != nil {
			return
		}
		if crc(q[:6]) != binary.LittleEndian.Uint16(q[6:]) {
			panic("a question with a wrong CRC")
		}
		r := request{unit: q[0], function: q[1], address: binary.BigEndian.Uint16(q[2:]), count: binary.BigEndian.Uint16(q[4:])}
		if !s.script(r)(b, r) {
			return
		}
	}
}

// converter is a slave behind RTU over TCP.
func converter(t *testing.T, script func(r request) rtuFault) *slave {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slave{url: "rtu+tcp://" + ln.Addr().String() + "?baud=115200", script: script, open: map[io.Closer]bool{}}
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { ln.Close(); s.stop() })
	return s
}

// cable is a slave on the other end of a pair of pseudo terminals.
func cable(t *testing.T, script func(r request) rtuFault) *slave {
	t.Helper()
	master, port := terminals(t)
	s := &slave{url: "rtu://" + port + "?baud=115200&parity=N", script: script, open: map[io.Closer]bool{}}
	s.open[master] = true
	s.wg.Go(func() { s.serve(master) })
	t.Cleanup(s.stop)
	return s
}

// terminals are the master of a pair of pseudo terminals, and the path of the
// other one.
func terminals(t *testing.T) (master *os.File, port string) {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// A copy whose Close ends a Read under way; the package's own blocks.
	fd, err := syscall.Dup(int(ours.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	ours.Close()
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return os.NewFile(uintptr(fd), "master"), theirs.Name()
}

func (s *slave) stop() {
	s.mu.Lock()
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// pause is the device's own slowness.
func pause(d time.Duration) { <-time.After(d) }

// lateness is how long after its question a late answer comes: longer than the
// caller's patience, shorter than patience and quarantine together.
const lateness = 3 * patience / 2

var rtuFaults = map[string]rtuFault{
	"none":    func(b *bus, r request) bool { return b.say(r.rtu()) },
	"late":    func(b *bus, r request) bool { pause(lateness); b.say(r.rtu()); return true },
	"silence": func(*bus, request) bool { return true },
	"dribble": func(b *bus, r request) bool {
		for _, c := range r.rtu() {
			if !b.say([]byte{c}) {
				return false
			}
		}
		return true
	},
	"in-two":       func(b *bus, r request) bool { return inTwo(b, r.rtu(), 4) },
	"half":         func(b *bus, r request) bool { return b.say(r.rtu()[:6]) },
	"unit-only":    func(b *bus, r request) bool { return b.say(r.rtu()[:1]) },
	"short":        func(b *bus, r request) bool { return b.say(r.rtuOf(r.count - 1)) },
	"one-of-ten":   func(b *bus, r request) bool { return b.say(r.rtuOf(1)) },
	"long":         func(b *bus, r request) bool { return b.say(r.rtuOf(r.count + 1)) },
	"wrong-crc":    func(b *bus, r request) bool { f := r.rtu(); f[len(f)-1] ^= 0x40; return b.say(f) },
	"bit-flip":     func(b *bus, r request) bool { f := r.rtu(); f[4] ^= 1; return b.say(f) },
	"wrong-unit":   func(b *bus, r request) bool { r.unit++; return b.say(r.rtu()) },
	"wrong-func":   func(b *bus, r request) bool { r.function ^= 7; return b.say(r.rtu()) },
	"miscounted":   func(b *bus, r request) bool { f := r.rtu(); f[2] -= 2; return b.say(f) },
	"twice":        func(b *bus, r request) bool { return b.say(append(r.rtu(), r.rtu()...)) },
	"noise-before": func(b *bus, r request) bool { return b.say(append([]byte{0, 0xFF, 0x5A}, r.rtu()...)) },
	"noise-behind": func(b *bus, r request) bool { return b.say(append(r.rtu(), 0xFF)) },
	"echo":         func(b *bus, r request) bool { return b.say(append(r.question(), r.rtu()...)) },
	"exception":    func(b *bus, r request) bool { return b.say(r.rtuException(2)) },
	"exception-in-two": func(b *bus, r request) bool {
		return inTwo(b, r.rtuException(2), 2)
	},
	"exception-wrong-crc": func(b *bus, r request) bool { f := r.rtuException(2); f[3] ^= 1; return b.say(f) },
	"exception-elsewhere": func(b *bus, r request) bool { r.unit += 3; return b.say(r.rtuException(2)) },
}

// converterFaults are those that only a connection can have.
var converterFaults = map[string]rtuFault{
	"close":       func(*bus, request) bool { return false },
	"close-after": func(b *bus, r request) bool { b.say(r.rtu()); return false },
	"reset": func(b *bus, _ request) bool {
		_ = b.ReadWriteCloser.(*net.TCPConn).SetLinger(0)
		return false
	},
	"cut": func(b *bus, r request) bool { b.say(r.rtu()[:5]); return false },
	// The answer comes when the caller has gone; the converter keeps it and
	// gives it to the next connection.
	"held": func(b *bus, r request) bool {
		b.slave.mu.Lock()
		b.slave.held = append(b.slave.held, r.rtu()...)
		b.slave.mu.Unlock()
		return true
	},
}

func (r request) question() []byte {
	q := []byte{r.unit, r.function}
	q = binary.BigEndian.AppendUint16(q, r.address)
	return sealed(binary.BigEndian.AppendUint16(q, r.count))
}

func inTwo(b *bus, frame []byte, at int) bool {
	if !b.say(frame[:at]) {
		return false
	}
	pause(5 * time.Millisecond)
	return b.say(frame[at:])
}
