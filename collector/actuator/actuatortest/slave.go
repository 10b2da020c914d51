// Package actuatortest is a Modbus/TCP device for tests, with its four tables and as
// small as a test can read.
//
// The package must not know maps of registers.
package actuatortest

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// Slave answers for every unit at an address. Its tables are changed in Do, and by
// the hooks, which run while nobody else is served.
type Slave struct {
	URL string // tcp://127.0.0.1:…

	mu       sync.Mutex
	Coils    [64]bool
	Discrete [64]bool
	Holding  [64]uint16
	Input    [64]uint16
	Writes   []byte // functions of the writes that were done
	// Before, if set, may answer in the device's stead: nil goes on, an empty answer
	// is none and ends the connection.
	Before func(pdu []byte) []byte
	After  func(pdu []byte) // upon a write
}

// New serves a device at a port of the kernel's choice until the test ends.
func New(t testing.TB) *Slave {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Slave{URL: "tcp://" + ln.Addr().String()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return s
}

func (s *Slave) serve(conn net.Conn) {
	defer conn.Close()
	var head [7]byte
	for {
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		pdu := make([]byte, binary.BigEndian.Uint16(head[4:])-1)
		if _, err := io.ReadFull(conn, pdu); err != nil {
			return
		}
		answer := s.answer(pdu)
		if len(answer) == 0 {
			return
		}
		binary.BigEndian.PutUint16(head[4:], uint16(len(answer)+1))
		if _, err := conn.Write(append(head[:7:7], answer...)); err != nil {
			return
		}
	}
}

func (s *Slave) answer(pdu []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Before != nil {
		if a := s.Before(pdu); a != nil {
			return a
		}
	}
	at, n := binary.BigEndian.Uint16(pdu[1:]), binary.BigEndian.Uint16(pdu[3:])
	if pdu[0] <= 4 || pdu[0] >= 15 {
		if int(at)+int(n) > 64 {
			return []byte{pdu[0] | 0x80, 2}
		}
	}
	switch pdu[0] {
	case 1, 2:
		table := s.Coils[:]
		if pdu[0] == 2 {
			table = s.Discrete[:]
		}
		packed := make([]byte, (n+7)/8)
		for i := range n {
			if table[at+i] {
				packed[i/8] |= 1 << (i % 8)
			}
		}
		return append([]byte{pdu[0], byte(len(packed))}, packed...)
	case 3, 4:
		table := s.Holding[:]
		if pdu[0] == 4 {
			table = s.Input[:]
		}
		a := []byte{pdu[0], byte(2 * n)}
		for i := range n {
			a = binary.BigEndian.AppendUint16(a, table[at+i])
		}
		return a
	case 5:
		s.Coils[at] = n == 0xFF00
	case 6:
		s.Holding[at] = n
	case 15:
		for i := range n {
			s.Coils[at+i] = pdu[6+i/8]&(1<<(i%8)) != 0
		}
	case 16:
		for i := range n {
			s.Holding[at+i] = binary.BigEndian.Uint16(pdu[6+2*i:])
		}
	default:
		return []byte{pdu[0] | 0x80, 1}
	}
	s.Writes = append(s.Writes, pdu[0])
	if s.After != nil {
		s.After(pdu)
	}
	return pdu[:5]
}

// Do changes or looks at the device while nobody is served.
func (s *Slave) Do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}
