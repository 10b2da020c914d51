package modbus_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// content is what register address of unit holds everywhere in these tests: a
// word that carries its own place, so that an answer to another question shows.
func content(unit uint8, function uint8, address uint16) uint16 {
	return address ^ uint16(unit)<<9 ^ uint16(function)<<13
}

// request is one well-formed read as it came over the wire.
type request struct {
	tid      uint16
	unit     uint8
	function uint8
	address  uint16
	count    uint16
}

// answer is the right answer to a request, as a frame of MODBUS Messaging on
// TCP/IP V1.0b: tid, protocol 0, length, unit, function, byte count, words.
func (r request) answer() []byte { return r.answerOf(r.count) }

func (r request) answerOf(count uint16) []byte {
	f := binary.BigEndian.AppendUint16(nil, r.tid)
	f = append(f, 0, 0)
	f = binary.BigEndian.AppendUint16(f, 3+2*count)
	f = append(f, r.unit, r.function, byte(2*count))
	for i := range count {
		f = binary.BigEndian.AppendUint16(f, content(r.unit, r.function, r.address+i))
	}
	return f
}

func (r request) exception(code byte) []byte {
	f := binary.BigEndian.AppendUint16(nil, r.tid)
	return append(f, 0, 0, 0, 3, r.unit, r.function|0x80, code)
}

// fault does something to one request. It returns false to end the connection.
type fault func(conn *connection, r request) bool

// connection is the server's end of one connection.
type connection struct {
	net.Conn
	owed []byte // an answer held back, sent before the next one
}

// server answers each request with the fault that the script names for it:
// script is called once per request.
type server struct {
	addr   string
	ln     net.Listener
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  map[net.Conn]bool
	served int // connections accepted
}

func serve(t *testing.T, script func(r request) fault) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, ln, script)
}

func serveOn(t *testing.T, ln net.Listener, script func(r request) fault) *server {
	t.Helper()
	s := &server{addr: ln.Addr().String(), ln: ln, conns: map[net.Conn]bool{}}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.served++
			s.mu.Unlock()
			s.wg.Add(1)
			go func() {
				defer s.wg.Done()
				defer conn.Close()
				c := &connection{Conn: conn}
				for {
					r, err := readRequest(conn)
					if err != nil || !script(r)(c, r) {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(s.stop)
	return s
}

func (s *server) stop() {
	s.ln.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.served
}

func readRequest(conn io.Reader) (request, error) {
	var b [12]byte
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return request{}, err
	}
	return request{
		tid: binary.BigEndian.Uint16(b[0:]), unit: b[6], function: b[7],
		address: binary.BigEndian.Uint16(b[8:]), count: binary.BigEndian.Uint16(b[10:]),
	}, nil
}

func send(c *connection, frame []byte) bool {
	_, err := c.Write(frame)
	return err == nil
}

// The faults of a line, by name. "late" holds the answer back until the next
// question on the same connection, which is the earliest moment at which it
// could be taken for that question's answer.
var faults = map[string]fault{
	"none":      func(c *connection, r request) bool { return send(c, append(c.take(), r.answer()...)) },
	"late":      func(c *connection, r request) bool { c.owed = append(c.owed, r.answer()...); return true },
	"blackhole": func(*connection, request) bool { return true },
	"short": func(c *connection, r request) bool { // fewer words, consistent in itself
		return send(c, r.answerOf(r.count-1))
	},
	"one-of-ten": func(c *connection, r request) bool { return send(c, r.answerOf(1)) },
	"long":       func(c *connection, r request) bool { return send(c, r.answerOf(r.count+1)) },
	"miscounted": func(c *connection, r request) bool { // byte count and length disagree
		f := r.answer()
		f[8] -= 2
		return send(c, f)
	},
	"cut": func(c *connection, r request) bool { send(c, r.answer()[:11]); return false },
	"half": func(c *connection, r request) bool { // half a frame, then silence
		return send(c, r.answer()[:10])
	},
	"header-only": func(c *connection, r request) bool { return send(c, r.answer()[:7]) },
	"wrong-unit": func(c *connection, r request) bool {
		other := r
		other.unit++
		return send(c, other.answer())
	},
	"wrong-tid": func(c *connection, r request) bool {
		other := r
		other.tid += 7
		other.address += 3
		return send(c, other.answer())
	},
	"wrong-protocol": func(c *connection, r request) bool {
		f := r.answer()
		f[2], f[3] = 0x12, 0x34
		return send(c, f)
	},
	"wrong-function": func(c *connection, r request) bool {
		other := r
		other.function ^= 7 // 3 <-> 4
		return send(c, other.answer())
	},
	"zero-length": func(c *connection, r request) bool {
		f := r.answer()
		f[4], f[5] = 0, 0
		return send(c, f)
	},
	"giant-length": func(c *connection, r request) bool {
		f := r.answer()
		f[4], f[5] = 0xFF, 0xFF
		return send(c, f)
	},
	"garbage": func(c *connection, r request) bool {
		return send(c, []byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
	},
	"twice": func(c *connection, r request) bool { return send(c, append(r.answer(), r.answer()...)) },
	"stale-first": func(c *connection, r request) bool { // an older question's answer, then the right one
		other := r
		other.tid--
		other.address += 5
		return send(c, append(other.answer(), r.answer()...))
	},
	"close": func(*connection, request) bool { return false },
	"close-after": func(c *connection, r request) bool {
		send(c, r.answer())
		return false
	},
	"reset": func(c *connection, r request) bool {
		raw := c.Conn
		if wrapped, ok := raw.(*tls.Conn); ok {
			raw = wrapped.NetConn()
			defer raw.Close() // before TLS says good-bye
		}
		_ = raw.(*net.TCPConn).SetLinger(0)
		return false
	},
	"dribble": func(c *connection, r request) bool {
		for _, b := range r.answer() {
			if !send(c, []byte{b}) {
				return false
			}
		}
		return true
	},
	"exception-in-two": func(c *connection, r request) bool {
		f := r.exception(2)
		if !send(c, f[:8]) {
			return false
		}
		pause(5 * time.Millisecond)
		return send(c, f[8:])
	},
	"exception":           func(c *connection, r request) bool { return send(c, r.exception(2)) },
	"exception-elsewhere": func(c *connection, r request) bool { r.unit += 3; return send(c, r.exception(2)) },
	"exception-gateway":   func(c *connection, r request) bool { r.unit = 255; return send(c, r.exception(11)) },
}

func (c *connection) take() []byte {
	owed := c.owed
	c.owed = nil
	return owed
}
