package faultproxy_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"asue/simulator/faultproxy"
)

// side is one framing on one carrier.
type side struct {
	name    string
	framing faultproxy.Framing
	serial  bool
}

var sides = []side{
	{"tcp", faultproxy.MBAP, false},
	{"rtu+tcp", faultproxy.RTU, false},
	{"rtu", faultproxy.RTU, true},
	{"bytes", faultproxy.Bytes, false},
}

// meter answers every question with the asked address as its only register, so
// that a mixed-up answer is seen. It returns its address.
func (s side) meter(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for q := s.question(0, 0); ; {
					if _, err := io.ReadFull(conn, q); err != nil {
						return
					}
					if s.framing == faultproxy.RTU {
						conn.Write(s.answer(0, q[3]))
					} else {
						conn.Write(s.answer(q[1], q[9]))
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

func (s side) question(id, address byte) []byte {
	if s.framing == faultproxy.RTU {
		return sealed(1, 3, 0, address, 0, 1)
	}
	return []byte{7, id, 0, 0, 0, 6, 1, 3, 0, address, 0, 1}
}

func (s side) answer(id, address byte) []byte { return s.frame(id, 1, 3, 2, 0, address) }

// frame is an answer of a unit.
func (s side) frame(id, unit byte, pdu ...byte) []byte {
	if s.framing == faultproxy.RTU {
		return sealed(append([]byte{unit}, pdu...)...)
	}
	return append([]byte{7, id, 0, 0, 0, byte(1 + len(pdu)), unit}, pdu...)
}

// sealed appends the CRC of RTU: of 01 03 00 32 00 01 it is 25 C5.
func sealed(b ...byte) []byte {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			low := crc & 1
			if crc >>= 1; low == 1 {
				crc ^= 0xA001
			}
		}
	}
	return binary.LittleEndian.AppendUint16(b, crc)
}

func TestSealed(t *testing.T) {
	if got := sealed(1, 3, 0, 50, 0, 1); !bytes.Equal(got, []byte{1, 3, 0, 0x32, 0, 1, 0x25, 0xC5}) {
		t.Errorf("% x", got)
	}
}

func (s side) proxy(t *testing.T, seed uint64, f faultproxy.Faults) *faultproxy.Proxy {
	t.Helper()
	var p *faultproxy.Proxy
	var err error
	if target := faultproxy.TCP(s.meter(t)); s.serial {
		p, err = faultproxy.Serial(target, seed)
	} else {
		p, err = faultproxy.Listen("127.0.0.1:0", s.framing, target, seed)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Set(f); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return p
}

// client is somebody who asks through the proxy.
type client struct {
	side
	io.ReadWriteCloser
	t *testing.T
}

func (s side) dial(t *testing.T, p *faultproxy.Proxy) client {
	t.Helper()
	var conn io.ReadWriteCloser
	var err error
	if s.serial {
		conn, err = os.OpenFile(p.Addr(), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	} else {
		conn, err = net.Dial("tcp", p.Addr())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client{s, conn, t}
}

// ask sends a question and reads n bytes, or what comes until the end.
func (c client) ask(id, address byte, n int) ([]byte, error) {
	c.t.Helper()
	if _, err := c.Write(c.question(id, address)); err != nil {
		return nil, err
	}
	return c.take(n, 5*time.Second)
}

func (c client) take(n int, within time.Duration) ([]byte, error) {
	if err := c.ReadWriteCloser.(interface{ SetReadDeadline(time.Time) error }).SetReadDeadline(time.Now().Add(within)); err != nil {
		c.t.Fatal(err)
	}
	got := make([]byte, n)
	n, err := io.ReadFull(c, got)
	return got[:n], err
}

// silent checks that nothing comes any more; the connection stands.
func (c client) silent() bool {
	got, err := c.take(1, 100*time.Millisecond)
	return len(got) == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}

func only(k faultproxy.Kind) map[faultproxy.Kind]float64 {
	return map[faultproxy.Kind]float64{k: 1}
}

func set(t *testing.T, p *faultproxy.Proxy, f faultproxy.Faults) {
	t.Helper()
	if err := p.Set(f); err != nil {
		t.Fatal(err)
	}
}

// The zero value passes everything on, on every side.
func TestNothingIsSpoiltUnasked(t *testing.T) {
	for _, s := range sides {
		p := s.proxy(t, 1, faultproxy.Faults{})
		c := s.dial(t, p)
		for id := range byte(20) {
			want := s.answer(id, 50+id)
			if got, err := c.ask(id, 50+id, len(want)); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%s: % x, %v", s.name, got, err)
			}
		}
		if p.Passed() != 20 {
			t.Errorf("%s: %d passed", s.name, p.Passed())
		}
	}
}

// The same seed does the same to the same connection, another one does not.
func TestSeedReplays(t *testing.T) {
	for _, s := range sides {
		if s.framing == faultproxy.Bytes {
			continue // what comes at once is the kernel's affair
		}
		mixed := faultproxy.Faults{Chance: map[faultproxy.Kind]float64{
			faultproxy.WrongUnit: 0.1, faultproxy.BitFlip: 0.1, faultproxy.Exception: 0.1, faultproxy.Echo: 0.1, faultproxy.NoiseBefore: 0.1, faultproxy.Long: 0.1,
		}, Codes: []uint8{1, 2, 3, 4, 5, 6, 10, 11}}
		connections := 3
		if s.serial {
			connections = 1
		}
		run := func(seed uint64) (fates []string) {
			p := s.proxy(t, seed, mixed)
			whole := uint64(0)
			for range connections {
				c := s.dial(t, p)
				for id := range byte(12) {
					fate := c.fate(id)
					if fate == string(s.answer(id, 50)) {
						whole++
					}
					fates = append(fates, fate)
				}
			}
			if whole < 2 || whole != p.Passed() {
				t.Errorf("%s, seed %d: %d of %d answers whole, %d counted", s.name, seed, whole, len(fates), p.Passed())
			}
			return fates
		}
		one := run(1)
		if !slices.Equal(one, run(1)) {
			t.Errorf("%s: the same seed did something else", s.name)
		}
		if slices.Equal(one, run(2)) {
			t.Errorf("%s: another seed did the same", s.name)
		}
	}
}

// fate is all that comes in answer to one question, until it is quiet again.
func (c client) fate(id byte) string {
	c.t.Helper()
	if _, err := c.Write(c.question(id, 50)); err != nil {
		c.t.Fatal(err)
	}
	var got []byte
	for {
		more, err := c.take(1, 20*time.Millisecond)
		got = append(got, more...)
		switch {
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			c.t.Fatal(err)
		case len(got) > 0:
			return string(got)
		}
	}
}

func TestDelayJitterAndPace(t *testing.T) {
	for _, s := range sides {
		least := 30*time.Millisecond + time.Millisecond*time.Duration(len(s.question(0, 0))+len(s.answer(0, 0)))
		p := s.proxy(t, 1, faultproxy.Faults{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond, PerByte: time.Millisecond})
		c := s.dial(t, p)
		for id := range byte(3) {
			asked := time.Now()
			want := s.answer(id, 50)
			if got, err := c.ask(id, 50, len(want)); err != nil || !bytes.Equal(got, want) || time.Since(asked) < least {
				t.Errorf("%s: % x, %v after %v", s.name, got, err, time.Since(asked))
			}
		}
	}
}

func TestPortInUse(t *testing.T) {
	p := sides[0].proxy(t, 1, faultproxy.Faults{})
	if _, err := faultproxy.Listen(p.Addr(), faultproxy.MBAP, faultproxy.TCP("127.0.0.1:1"), 1); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port in use: %v", err)
	}
}

// A target that is not there resets the client instead of leaving it waiting; a
// serial line says it at once.
func TestDeadTarget(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	target := faultproxy.TCP(gone.Addr().String())
	p, err := faultproxy.Listen("127.0.0.1:0", faultproxy.MBAP, target, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Serve(ctx) }()
	refused(t, p)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	line, err := faultproxy.Serial(target, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := line.Serve(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("serial: %v", err)
	}
}

// refused checks that a connection is reset, while it is made or soon after.
func refused(t *testing.T, p *faultproxy.Proxy) {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		return
	}
	defer conn.Close()
	if got, err := (client{sides[0], conn, t}).ask(1, 50, 11); len(got) != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("% x, %v, want a reset", got, err)
	}
}
