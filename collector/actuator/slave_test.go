package actuator_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// slave is a Modbus/TCP device with its four tables, as small as a test can read.
type slave struct {
	url string

	mu       sync.Mutex
	coils    [64]bool
	discrete [64]bool
	holding  [64]uint16
	input    [64]uint16
	writes   []byte // functions of the writes that were done
	// before, if set, may answer in the device's stead: nil goes on, an empty answer
	// is none and ends the connection.
	before func(pdu []byte) []byte
	after  func(pdu []byte) // upon a write
}

func newSlave(t *testing.T) *slave {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slave{url: "tcp://" + ln.Addr().String()}
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

func (s *slave) serve(conn net.Conn) {
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

func (s *slave) answer(pdu []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before != nil {
		if a := s.before(pdu); a != nil {
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
		table := s.coils[:]
		if pdu[0] == 2 {
			table = s.discrete[:]
		}
		packed := make([]byte, (n+7)/8)
		for i := range n {
			if table[at+i] {
				packed[i/8] |= 1 << (i % 8)
			}
		}
		return append([]byte{pdu[0], byte(len(packed))}, packed...)
	case 3, 4:
		table := s.holding[:]
		if pdu[0] == 4 {
			table = s.input[:]
		}
		a := []byte{pdu[0], byte(2 * n)}
		for i := range n {
			a = binary.BigEndian.AppendUint16(a, table[at+i])
		}
		return a
	case 5:
		s.coils[at] = n == 0xFF00
	case 6:
		s.holding[at] = n
	case 15:
		for i := range n {
			s.coils[at+i] = pdu[6+i/8]&(1<<(i%8)) != 0
		}
	case 16:
		for i := range n {
			s.holding[at+i] = binary.BigEndian.Uint16(pdu[6+2*i:])
		}
	default:
		return []byte{pdu[0] | 0x80, 1}
	}
	s.writes = append(s.writes, pdu[0])
	if s.after != nil {
		s.after(pdu)
	}
	return pdu[:5]
}

// do changes the slave while nobody is served.
func (s *slave) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}
