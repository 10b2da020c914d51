package soak

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// bank is all the units of a line: each answers to its own id and has every
// register.
type bank struct {
	rtu   bool
	began time.Time
	dead  [256]atomic.Bool // units that say nothing
	asked atomic.Uint64
}

// serve opens a port for the units and returns its address.
func (b *bank) serve(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			all.Go(func() {
				if b.rtu {
					b.converseRTU(conn)
				} else {
					b.converse(conn)
				}
				conn.Close()
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return ln.Addr().String()
}

// converse answers Modbus/TCP questions of 12 bytes.
func (b *bank) converse(conn io.ReadWriter) {
	for q := make([]byte, 12); ; {
		if _, err := io.ReadFull(conn, q); err != nil {
			return
		}
		pdu := b.answer(q[6], q[7:])
		if pdu == nil {
			continue
		}
		out := append(append([]byte(nil), q[:7]...), pdu...)
		binary.BigEndian.PutUint16(out[4:], uint16(1+len(pdu)))
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// converseRTU answers RTU questions of 8 bytes; what has no right sum is skipped
// byte by byte.
func (b *bank) converseRTU(conn io.ReadWriter) {
	var heard []byte
	for buf := make([]byte, 256); ; {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		for heard = append(heard, buf[:n]...); len(heard) >= 8; {
			q := heard[:8]
			if crc(q[:6]) != binary.LittleEndian.Uint16(q[6:]) {
				heard = heard[1:]
				continue
			}
			heard = heard[8:]
			pdu := b.answer(q[0], q[1:6])
			if pdu == nil {
				continue
			}
			out := append([]byte{q[0]}, pdu...)
			if _, err := conn.Write(binary.LittleEndian.AppendUint16(out, crc(out))); err != nil {
				return
			}
		}
	}
}

// answer is the body of the answer to that of a question; nil for none.
func (b *bank) answer(unit uint8, pdu []byte) []byte {
	b.asked.Add(1)
	if b.dead[unit].Load() {
		return nil
	}
	c := content{unit: unit, function: pdu[0], address: binary.BigEndian.Uint16(pdu[1:]), at: time.Since(b.began)}
	if c.function != 3 && c.function != 4 {
		return []byte{c.function | 0x80, 1}
	}
	count := binary.BigEndian.Uint16(pdu[3:])
	out := []byte{c.function, byte(2 * count)}
	for range count {
		out = binary.BigEndian.AppendUint16(out, c.word())
		c.address++
	}
	return out
}

// crc is the check sum of RTU frames, bit by bit as MODBUS over Serial Line
// V1.02, 6.2.2 tells it.
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
