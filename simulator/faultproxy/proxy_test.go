package faultproxy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"asue/simulator/faultproxy"
)

// meter answers every request of 12 bytes with the asked address as its only
// register, so that a mixed-up answer is seen. It returns its address.
func meter(t *testing.T) string {
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
				for req := make([]byte, 12); ; {
					if _, err := io.ReadFull(conn, req); err != nil {
						return
					}
					conn.Write([]byte{req[0], req[1], 0, 0, 0, 5, req[6], 3, 2, req[8], req[9]})
				}
			}()
		}
	}()
	return ln.Addr().String()
}

func proxy(t *testing.T, seed uint64, f faultproxy.Faults) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.Listen("127.0.0.1:0", meter(t), seed)
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

type client struct {
	net.Conn
	t *testing.T
}

func dial(t *testing.T, p *faultproxy.Proxy) client {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return client{conn, t}
}

func request(id, address byte) []byte { return []byte{7, id, 0, 0, 0, 6, 1, 3, 0, address, 0, 1} }
func answer(id, address byte) []byte  { return []byte{7, id, 0, 0, 0, 5, 1, 3, 2, 0, address} }

// ask sends a request and reads n bytes, or what comes until the end.
func (c client) ask(id, address byte, n int) ([]byte, error) {
	c.t.Helper()
	if _, err := c.Write(request(id, address)); err != nil {
		return nil, err
	}
	return c.take(n, 5*time.Second)
}

func (c client) take(n int, within time.Duration) ([]byte, error) {
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		c.t.Fatal(err)
	}
	got := make([]byte, n)
	n, err := io.ReadFull(c, got)
	return got[:n], err
}

func only(k faultproxy.Kind) map[faultproxy.Kind]float64 {
	return map[faultproxy.Kind]float64{k: 1}
}

func TestEveryKindOfFault(t *testing.T) {
	f := func(faults faultproxy.Faults, kind faultproxy.Kind, want ...byte) {
		t.Helper()
		faults.Chance = only(kind)
		p := proxy(t, 1, faults)
		got, err := dial(t, p).ask(1, 50, len(want))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: % x, %v, want % x", kind, got, err, want)
		}
		if p.Count(kind) != 1 || p.Passed() != 0 {
			t.Errorf("%v: counted %d, passed %d", kind, p.Count(kind), p.Passed())
		}
	}
	f(faultproxy.Faults{}, faultproxy.Duplicate, append(answer(1, 50), answer(1, 50)...)...)
	f(faultproxy.Faults{}, faultproxy.Drip, answer(1, 50)...)
	f(faultproxy.Faults{}, faultproxy.WrongTransaction, answer(2, 50)...)
	f(faultproxy.Faults{}, faultproxy.WrongUnit, 7, 1, 0, 0, 0, 5, 2, 3, 2, 0, 50)
	f(faultproxy.Faults{}, faultproxy.Exception, 7, 1, 0, 0, 0, 3, 1, 0x83, 4)
	f(faultproxy.Faults{Code: 11}, faultproxy.Exception, 7, 1, 0, 0, 0, 3, 1, 0x83, 11)
	f(faultproxy.Faults{CutAfter: 4}, faultproxy.Cut, answer(1, 50)[:4]...)
}

func TestDripComesInSingleBytes(t *testing.T) {
	p := proxy(t, 1, faultproxy.Faults{Chance: only(faultproxy.Drip)})
	c := dial(t, p)
	if _, err := c.Write(request(1, 50)); err != nil {
		t.Fatal(err)
	}
	var got []byte
	reads := 0
	for buf := make([]byte, 100); len(got) < 11; reads++ {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.Equal(got, answer(1, 50)) || reads < 2 {
		t.Errorf("% x in %d reads", got, reads)
	}
}

func TestCutAndResetEndTheConnection(t *testing.T) {
	p := proxy(t, 1, faultproxy.Faults{Chance: only(faultproxy.Cut)})
	if got, err := dial(t, p).ask(1, 50, 11); len(got) == 0 || len(got) == 11 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: % x, %v", got, err)
	}
	if err := p.Set(faultproxy.Faults{Chance: only(faultproxy.Reset)}); err != nil {
		t.Fatal(err)
	}
	if got, err := dial(t, p).ask(1, 50, 11); len(got) != 0 || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: % x, %v", got, err)
	}
	if err := p.Set(faultproxy.Faults{Refuse: true}); err != nil {
		t.Fatal(err)
	}
	refused(t, p)
	if err := p.Set(faultproxy.Faults{}); err != nil {
		t.Fatal(err)
	}
	if got, err := dial(t, p).ask(1, 50, 11); err != nil || !bytes.Equal(got, answer(1, 50)) {
		t.Errorf("well again: % x, %v", got, err)
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
	if got, err := (client{conn, t}).ask(1, 50, 11); len(got) != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("% x, %v, want a reset", got, err)
	}
}

// The answer to the first request comes behind the answer to the second one.
func TestLateAnswerComesBehindTheNext(t *testing.T) {
	p := proxy(t, 1, faultproxy.Faults{Chance: only(faultproxy.Late), LateBy: 500 * time.Millisecond})
	c := dial(t, p)
	if _, err := c.Write(request(1, 50)); err != nil {
		t.Fatal(err)
	}
	for p.Count(faultproxy.Late) == 0 { // the first answer has met its fate
		if got, err := c.take(1, time.Millisecond); len(got) > 0 {
			t.Fatalf("% x, %v", got, err)
		}
	}
	if err := p.Set(faultproxy.Faults{}); err != nil {
		t.Fatal(err)
	}
	got, err := c.ask(2, 60, 22)
	if want := append(answer(2, 60), answer(1, 50)...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("% x, %v, want % x", got, err, want)
	}
}

func TestNothingComesOutOfDropAndBlackHole(t *testing.T) {
	for _, f := range []faultproxy.Faults{{Chance: only(faultproxy.Drop)}, {BlackHole: true}} {
		p := proxy(t, 1, f)
		c := dial(t, p)
		if _, err := c.Write(request(1, 50)); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if got, err := c.take(1, 200*time.Millisecond); len(got) > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%+v: % x, %v", f, got, err)
		}
		if err := p.Set(faultproxy.Faults{}); err != nil {
			t.Fatal(err)
		}
		if got, err := c.ask(2, 60, 11); err != nil || !bytes.Equal(got, answer(2, 60)) {
			t.Errorf("the same connection well again: % x, %v", got, err)
		}
	}
}

func TestDelayAndJitter(t *testing.T) {
	p := proxy(t, 1, faultproxy.Faults{Delay: 30 * time.Millisecond, Jitter: 20 * time.Millisecond})
	c := dial(t, p)
	for id := range byte(5) {
		asked := time.Now()
		if got, err := c.ask(id, 50, 11); err != nil || !bytes.Equal(got, answer(id, 50)) || time.Since(asked) < 30*time.Millisecond {
			t.Errorf("% x, %v after %v", got, err, time.Since(asked))
		}
	}
}

// The same seed does the same to the same connection, another one does not.
func TestSeedReplays(t *testing.T) {
	mixed := faultproxy.Faults{Chance: map[faultproxy.Kind]float64{
		faultproxy.WrongUnit: 0.2, faultproxy.WrongTransaction: 0.2, faultproxy.Exception: 0.2,
	}}
	run := func(seed uint64) (fates []string) {
		p := proxy(t, seed, mixed)
		for range 3 {
			c := dial(t, p)
			for id := range byte(30) {
				got, err := c.ask(id, 50, 9)
				if err != nil {
					t.Fatal(err)
				}
				if got[7] == 3 { // the rest of a whole answer
					if _, err := c.take(2, 5*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				fates = append(fates, string(got))
			}
		}
		whole := 0
		for i, fate := range fates {
			if fate == string(answer(byte(i%30), 50)[:9]) {
				whole++
			}
		}
		if whole < 15 || whole > 60 || uint64(whole) != p.Passed() {
			t.Errorf("seed %d: %d of 90 answers whole, %d counted", seed, whole, p.Passed())
		}
		return fates
	}
	one := run(1)
	if !slices.Equal(one, run(1)) {
		t.Error("the same seed did something else")
	}
	if slices.Equal(one, run(2)) {
		t.Error("another seed did the same")
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	p := proxy(t, 1, faultproxy.Faults{})
	for want, f := range map[string]faultproxy.Faults{
		"above 1":        {Chance: map[faultproxy.Kind]float64{faultproxy.Drop: 0.6, faultproxy.Cut: 0.6}},
		"kind(99)":       {Chance: only(99)},
		"probability -1": {Chance: map[faultproxy.Kind]float64{faultproxy.Late: -1}},
		"negative time":  {Delay: -1},
	} {
		if err := p.Set(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", f, err, want)
		}
	}
	if _, err := faultproxy.Listen(p.Addr(), "127.0.0.1:1", 1); err == nil || !strings.Contains(err.Error(), p.Addr()) {
		t.Errorf("a port in use: %v", err)
	}
}

// A target that is not there resets the client instead of leaving it waiting.
func TestDeadTarget(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	p, err := faultproxy.Listen("127.0.0.1:0", gone.Addr().String(), 1)
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
}
