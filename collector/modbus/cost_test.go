package modbus_test

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"asue/collector/modbus"
)

// A transaction that goes well makes no garbage, over any transport. The devices
// here share the process and make none either. TLS may make some in the standard
// library, for both ends: 2 as a rule, more under the race detector, which empties
// its pools.
func TestNoGarbage(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background()) // one that can end
	defer cancel()
	check := func(name string, most float64, l *modbus.Line) {
		t.Helper()
		words := make([]uint16, 24)
		read := func() {
			if err := l.ReadInto(ctx, 9, 3, 100, words); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for range 20 {
			read()
		}
		if got := testing.AllocsPerRun(100, read); got > most {
			t.Errorf("%s: %v allocations a transaction, want at most %v", name, got, most)
		}
		mustBe(t, words, 9, 3, 100, 24)
	}
	right := request{unit: 9, function: 3, address: 100, count: 24}
	rtu := right.rtu()
	byTCP := func() func([]byte) []byte { // each device has a frame of its own
		frame := right.answer()
		return func(q []byte) []byte { copy(frame, q[:2]); return frame }
	}
	byRTU := func([]byte) []byte { return rtu }

	open := func(open opener, url string) *modbus.Line {
		l, err := open(url, modbus.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	check("tcp", 0, open(modbus.OpenGathered, "tcp://"+device(t, listen(t), 12, byTCP())))
	check("plain", 0, open(modbus.OpenPlain, "tcp://"+device(t, listen(t), 12, byTCP())))
	check("converter", 0, open(modbus.Open, "rtu+tcp://"+device(t, listen(t), 8, byRTU)+"?baud=115200&hold=10ms"))
	ca := newPlantCA(t)
	ca.issue("collector", false)
	check("tls", 6, ca.open(device(t, ca.listen(0), 12, byTCP()), "collector", "meter-7"))

	master, port := terminals(t)
	t.Cleanup(func() { master.Close() })
	go answerAll(master, 8, byRTU)
	check("cable", 0, open(modbus.Open, "rtu://"+port+"?baud=115200&parity=N&hold=10ms"))
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// device answers questions of some size on every connection.
func device(t *testing.T, ln net.Listener, size int, answer func([]byte) []byte) (addr string) {
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go answerAll(conn, size, answer)
		}
	}()
	return ln.Addr().String()
}

func answerAll(line io.ReadWriteCloser, size int, answer func([]byte) []byte) {
	defer line.Close()
	q := make([]byte, size)
	for {
		if _, err := io.ReadFull(line, q); err != nil {
			return
		}
		if _, err := line.Write(answer(q)); err != nil {
			return
		}
	}
}

// What the models of the meters demand is kept on every transport: a pause after
// connecting, a pause between an answer and the next question, and a time-out not
// shorter than the slowest meter.
func TestPausesOfTheModels(t *testing.T) {
	opts := modbus.Options{Timeout: time.Millisecond, Response: 2 * time.Second, Gap: 60 * time.Millisecond, ConnectPause: 150 * time.Millisecond}
	var mu sync.Mutex
	var asked []time.Time
	note := func() {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, time.Now())
	}
	check := func(open opener, url string) {
		t.Helper()
		l, err := open(url, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		mu.Lock()
		asked = asked[:0]
		mu.Unlock()
		begun := time.Now()
		for range 2 {
			words, err := l.Read(context.Background(), 9, 3, 100, 4)
			if err != nil {
				t.Fatalf("%s: %v: the meter takes 20 ms", url, err)
			}
			mustBe(t, words, 9, 3, 100, 4)
		}
		mu.Lock()
		defer mu.Unlock()
		if waited := asked[0].Sub(begun); waited < opts.ConnectPause {
			t.Errorf("%s: the first question came %v after the connection", url, waited)
		}
		if waited := asked[1].Sub(asked[0]); waited < opts.Gap+slowness {
			t.Errorf("%s: %v between two questions", url, waited)
		}
	}
	tcp := serve(t, func(request) fault {
		return func(c *connection, r request) bool { note(); pause(slowness); return send(c, r.answer()) }
	})
	check(modbus.OpenGathered, "tcp://"+tcp.addr)
	check(modbus.OpenPlain, "tcp://"+tcp.addr)
	slow := func(request) rtuFault {
		return func(b *bus, r request) bool { note(); pause(slowness); return b.say(r.rtu()) }
	}
	check(modbus.Open, converter(t, slow).url+"&hold=10ms")
	check(modbus.Open, cable(t, slow).url+"&hold=10ms")
}

const slowness = 20 * time.Millisecond

// A quarantine is no shorter than the slowest meter, whatever the address says:
// here the answer comes late within it, and is drained.
func TestQuarantineIsNoShorterThanTheMeter(t *testing.T) {
	s := cable(t, faultOnce(rtuFaults["late"]))
	l, err := modbus.Open(s.url+"&hold=10ms", modbus.Options{Response: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begun := time.Now()
	if _, err := l.Read(context.Background(), 9, 3, 0, 2); err != nil {
		t.Fatalf("the time-out is 1 s and the answer late by %v only: %v", lateness, err)
	}
	if waited := time.Since(begun); waited < patience {
		t.Fatalf("asked after %v on a line that was opened just now", waited)
	}
}

// A device that allows two connections serves two callers side by side; one that
// allows one never sees another.
func TestPool(t *testing.T) { bothWays(t, pool) }

func pool(t *testing.T, open opener) {
	for pool, want := range map[string]int32{"": 1, "?pool=1": 1, "?pool=3": 3} {
		var now, most atomic.Int32
		srv := serve(t, func(request) fault {
			return func(c *connection, r request) bool {
				n := now.Add(1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				pause(slowness)
				now.Add(-1)
				return send(c, r.answer())
			}
		})
		l, err := open("tcp://"+srv.addr+pool, modbus.Options{Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 3 { // one caller needs one connection
			if _, err := l.Read(context.Background(), 1, 3, 0, 1); err != nil {
				t.Fatal(err)
			}
		}
		if srv.connections() != 1 {
			t.Fatalf("pool %q: %d connections for one caller", pool, srv.connections())
		}
		var wg sync.WaitGroup
		for i := range uint16(12) {
			wg.Go(func() {
				words, err := l.Read(context.Background(), uint8(i), 3, 10*i, 2)
				if err != nil || !slices.Equal(words, []uint16{content(uint8(i), 3, 10*i), content(uint8(i), 3, 10*i+1)}) {
					t.Errorf("pool %q: %v, %v", pool, words, err)
				}
			})
		}
		wg.Wait()
		if most.Load() != want || srv.connections() != int(want) {
			t.Errorf("pool %q: %d at once over %d connections, want %d", pool, most.Load(), srv.connections(), want)
		}
	}
}

// The context ends waiting for the turn.
func TestContextEndsWaitingForTheTurn(t *testing.T) { bothWays(t, contextEndsWaitingForTheTurn) }

func contextEndsWaitingForTheTurn(t *testing.T, open opener) {
	asked, done := make(chan struct{}), make(chan struct{})
	srv := serve(t, func(request) fault {
		return func(c *connection, r request) bool { close(asked); <-done; return send(c, r.answer()) }
	})
	l, err := open("tcp://"+srv.addr, modbus.Options{Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := l.Read(context.Background(), 1, 3, 0, 1); err != nil {
			t.Error(err)
		}
	})
	<-asked
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := l.Read(ctx, 1, 3, 0, 1); ctx.Err() == nil || err == nil {
		t.Errorf("got %v", err)
	}
	close(done)
	wg.Wait()
}
