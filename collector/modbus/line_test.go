package modbus_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	simon "github.com/simonvetter/modbus"

	"asue/collector/modbus"
)

// patience is the time-out where one is to be seen. Where none is, it is leisure,
// because the machine may be busy.
const (
	patience = 300 * time.Millisecond
	leisure  = 3 * time.Second
)

// timeoutFor is how long a line waits whose first read ends as said.
func timeoutFor(outcome string) time.Duration {
	if strings.HasPrefix(outcome, "no answer") {
		return patience
	}
	return leisure
}

// opener is modbus.Open or, for one way of waiting, modbus.OpenGathered or
// modbus.OpenPlain.
type opener func(string, modbus.Options) (*modbus.Line, error)

// bothWays tells a story by each way of waiting, whichever Open would choose.
func bothWays(t *testing.T, story func(*testing.T, opener)) {
	t.Run("gathered", func(t *testing.T) { story(t, modbus.OpenGathered) })
	t.Run("plain", func(t *testing.T) { story(t, modbus.OpenPlain) })
}

func open(t *testing.T, addr string) *modbus.Line { return openWith(t, modbus.Open, addr, patience) }

func openWith(t *testing.T, open opener, addr string, timeout time.Duration) *modbus.Line {
	t.Helper()
	l, err := open("tcp://"+addr, modbus.Options{Timeout: timeout, DialTimeout: time.Second, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// mustBe fails if words are not the content of the registers asked for.
func mustBe(t *testing.T, words []uint16, unit, function uint8, address, count uint16) {
	t.Helper()
	if len(words) != int(count) {
		t.Fatalf("asked for %d words of unit %d at %d, got %d", count, unit, address, len(words))
	}
	for i, w := range words {
		if want := content(unit, function, address+uint16(i)); w != want {
			t.Fatalf("WRONG VALUE: unit %d function %d register %d: got %#04x, want %#04x", unit, function, int(address)+i, w, want)
		}
	}
}

// A line reads from the very server that the simulator uses.
func TestReadsFromLibraryServer(t *testing.T) { bothWays(t, readsFromLibraryServer) }

func readsFromLibraryServer(t *testing.T, open opener) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	srv, err := simon.NewServer(&simon.ServerConfiguration{URL: "tcp://" + addr, MaxClients: 4}, image{})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()

	l := openWith(t, open, addr, patience)
	for _, c := range []struct {
		unit, function uint8
		address, count uint16
	}{{1, 3, 0, 1}, {1, 4, 0, 125}, {247, 3, 0xFF83, 125}, {17, 4, 52, 12}, {17, 3, 52, 12}} {
		words, err := l.Read(context.Background(), c.unit, c.function, c.address, c.count)
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, words, c.unit, c.function, c.address, c.count)
	}
	_, err = l.Read(context.Background(), 200, 3, 7, 1) // the image has no unit 200
	var ex interface{ ModbusException() byte }
	if !errors.As(err, &ex) || ex.ModbusException() != 11 {
		t.Fatalf("got %v, want exception 11", err)
	}
	if got := l.Counters(); got.Dials != 1 || got.Requests != 6 || got.Exceptions != 1 || got.Errors != 0 {
		t.Fatalf("counters %+v: an exception must not cost the connection", got)
	}
}

// Whatever the peer does to one answer, no wrong value comes out, and the next
// read or the one after it is right again.
func TestFaults(t *testing.T) {
	outcome := map[string]string{ // what the read with the fault must say; "" for a right answer
		"none": "", "twice": "", "stale-first": "", "dribble": "", "close-after": "",
		"late": "no answer within", "blackhole": "no answer within", "half": "no answer within",
		"header-only": "no answer within", "wrong-tid": "malformed: it is one to transaction", "wrong-protocol": "malformed: protocol 4660",
		"short": "malformed: 18 bytes of content, not 20", "one-of-ten": "malformed: 2 bytes of content, not 20", "long": "malformed", "miscounted": "malformed", "wrong-function": "malformed",
		"zero-length": "malformed", "giant-length": "malformed", "garbage": "malformed",
		"cut": "peer closed", "close": "peer closed", "reset": "reset",
		"wrong-unit": "another unit answered", "exception-elsewhere": "another unit answered",
		"exception": "modbus exception 2: illegal data address", "exception-in-two": "modbus exception 2", "exception-gateway": "modbus exception 11",
	}
	for name, do := range faults {
		for _, scheme := range []string{"tcp", "plain", "tls"} {
			t.Run(scheme+"/"+name, func(t *testing.T) {
				t.Parallel()
				want, known := outcome[name]
				if !known {
					t.Fatalf("fault %q has no expected outcome", name)
				}
				recovers(t, openBy(t, scheme, timeoutFor(want), spoilFirst(do)), want)
			})
		}
	}
}

// spoilFirst answers the first question with a fault and all others well.
func spoilFirst(do fault) func(request) fault {
	var n atomic.Int32
	return func(request) fault {
		if n.Add(1) == 1 {
			return do
		}
		return faults["none"]
	}
}

// recovers reads once through a fault, which must be told in the error unless the
// right answer is wanted, and then three times, which must be right: no stale
// answer is left, although all are of one unit and length.
func recovers(t *testing.T, l *modbus.Line, want string) {
	t.Helper()
	words, err := l.Read(context.Background(), 9, 3, 100, 10)
	switch {
	case want == "" && err != nil:
		t.Fatal(err)
	case want == "":
		mustBe(t, words, 9, 3, 100, 10)
	case err == nil:
		t.Fatalf("got an answer, want an error with %q", want)
	case !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "unit 9: read 10 registers at 0x0064"):
		t.Fatalf("error %q does not say %q and what was read", err, want)
	}
	answered := want == "" || strings.HasPrefix(want, "modbus exception")
	if live := l.Counters().Live; live != answered {
		t.Fatalf("live: %v, want %v", live, answered)
	}
	for i := range uint16(3) {
		words, err := l.Read(context.Background(), 9, 3, 200+100*i, 10)
		if err != nil {
			t.Fatalf("read %d after the fault: %v", i+1, err)
		}
		mustBe(t, words, 9, 3, 200+100*i, 10)
	}
	if c := l.Counters(); !c.Live || c.Requests != 4 {
		t.Fatalf("%+v: want a live line and 4 requests", c)
	}
}

// Thousands of reads of random blocks through random faults: every answer that
// comes without an error is the right one.
func TestNeverAWrongValue(t *testing.T) {
	bothWays(t, func(t *testing.T, open opener) { t.Parallel(); neverAWrongValue(t, open) })
}

func neverAWrongValue(t *testing.T, open opener) {
	names := slices.DeleteFunc(sortedNames(), func(n string) bool { return n == "none" })
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(1, 2))
	srv := serve(t, func(request) fault {
		mu.Lock()
		defer mu.Unlock()
		if dice.IntN(4) > 0 {
			return faults["none"]
		}
		return faults[names[dice.IntN(len(names))]]
	})
	l, err := open("tcp://"+srv.addr, modbus.Options{Timeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	right := 0
	mine := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		unit, function := uint8(1+mine.IntN(247)), uint8(3+mine.IntN(2))
		count := uint16(2 + mine.IntN(2)) // few lengths: a mix-up would fit
		address := uint16(mine.IntN(1000))
		words, err := l.Read(context.Background(), unit, function, address, count)
		if err == nil {
			right++
			mustBe(t, words, unit, function, address, count)
		}
	}
	if right < 2000 {
		t.Fatalf("only %d of 4000 reads were answered: the line does not recover", right)
	}
	t.Logf("%d of 4000 answered, all right; %+v", right, l.Counters())
}

// Devices close connections that were idle; the reader does not notice.
func TestIdleCloseIsTolerated(t *testing.T) { bothWays(t, idleCloseIsTolerated) }

func idleCloseIsTolerated(t *testing.T, open opener) {
	srv := serve(t, func(r request) fault { return faults["close-after"] })
	l := openWith(t, open, srv.addr, patience)
	for i := range uint16(5) {
		words, err := l.Read(context.Background(), 1, 4, 10*i, 4)
		if err != nil {
			t.Fatalf("read %d: %v", i, err)
		}
		mustBe(t, words, 1, 4, 10*i, 4)
	}
	if got := l.Counters(); got.Reopens != 4 || got.Errors != 0 {
		t.Fatalf("%+v: want 4 reopened, no error", got)
	}
}

// A peer that hangs up on every question gets one more chance, not a storm.
func TestHangingUpIsNotAStorm(t *testing.T) { bothWays(t, hangingUpIsNotAStorm) }

func hangingUpIsNotAStorm(t *testing.T, open opener) {
	srv := serve(t, func(request) fault { return faults["close"] })
	l := openWith(t, open, srv.addr, patience)
	if _, err := l.Read(context.Background(), 1, 3, 0, 2); err == nil {
		t.Fatal("no error")
	}
	if n := srv.connections(); n != 1 {
		t.Fatalf("%d connections for one question on a fresh line", n)
	}
}

func TestRefusedIsUnreachableAndRecovers(t *testing.T) { bothWays(t, refusedIsUnreachableAndRecovers) }

func refusedIsUnreachableAndRecovers(t *testing.T, open opener) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	l := openWith(t, open, addr, patience)
	_, err = l.Read(context.Background(), 1, 3, 0, 2)
	var down interface{ Unreachable() bool }
	if !errors.As(err, &down) || !down.Unreachable() {
		t.Fatalf("got %v, want an unreachable line", err)
	}
	ln, err = net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if r, err := readRequest(conn); err == nil {
			conn.Write(r.answer())
		}
	}()
	words, err := l.Read(context.Background(), 1, 3, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	mustBe(t, words, 1, 3, 0, 2)
}

func TestClosedLineAndEndedContext(t *testing.T) { bothWays(t, closedLineAndEndedContext) }

func closedLineAndEndedContext(t *testing.T, open opener) {
	srv := serve(t, func(request) fault { return faults["none"] })
	l := openWith(t, open, srv.addr, patience)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := l.Read(ctx, 1, 3, 0, 2); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	l.Close()
	if _, err := l.Read(context.Background(), 1, 3, 0, 2); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestOnlyReadsThatFitOneRequest(t *testing.T) {
	l := open(t, "127.0.0.1:1")
	bad := func(want string, function uint8, address, count uint16) {
		t.Helper()
		_, err := l.Read(context.Background(), 1, function, address, count)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	bad("ask for 1 to 125", 3, 0, 0)
	bad("ask for 1 to 125", 3, 0, 126)
	bad("beyond 0xFFFF", 3, 0xFFFF, 2)
	bad("function 16 does not read registers", 16, 0, 1)
	bad("function 6 does not read registers", 6, 0, 1)
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	bad := func(rawURL, want string) {
		t.Helper()
		_, err := modbus.Open(rawURL, modbus.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), rawURL) {
			t.Errorf("Open(%q): %v, want it to name the URL and say %q", rawURL, err, want)
		}
	}
	bad("192.168.1.20:502", "not a URL")
	bad("serial:///dev/ttyS0", `scheme "serial" is not one of: tcp, tls, rtu+tcp, rtu`)
	bad("serial:///dev/ttyS0", "tcp://host:port")
	bad("", "scheme")
	bad("tcp://192.168.1.20", "host and port")
	bad("tcp://:502", "host and port")
	bad("tcp://gw:0", "port \"0\"")
	bad("tcp://gw:70000", "port \"70000\"")
	bad("tcp://gw:502/unit/3", "nothing may stand beside")
	bad("tcp://gw:502?parity=E", `the setting "parity" is not known: write tcp://host:port`)
	bad("tcp://gw:502?pool=9", `pool "9" is not a number from 1 to 8`)
	bad("tcp://gw:502?pool=", "pool is empty")
	bad("rtu+tcp://gw:4001?pool=2", `the setting "pool" is not known`)
	bad("tcp://operator@gw:502", "nothing may stand beside")
	bad("rtu+tcp://gw", "host and port")
	bad("rtu+tcp://gw:4001?bauds=9600", `the setting "bauds" is not known: write rtu+tcp://host:port`)
	bad("rtu+tcp://gw:4001?hold=3", `hold "3" is not a time from 10ms to 1m0s`)
	bad("rtu+tcp://gw:4001?gap=2s", `gap "2s" is not a time`)
	bad("rtu+tcp://gw:4001?gap=%zz", "cannot be read")
	bad("rtu://dev/ttyUSB0?baud=9600&parity=N", "behind three slashes")
	bad("rtu:///dev/ttyUSB0", "baud is needed: write rtu:///dev/PORT")
	bad("rtu:///dev/ttyUSB0?baud=9600", "parity is needed")
	bad("rtu:///dev/ttyUSB0?baud=9601&parity=N", `baud "9601" is not one of: 1200`)
	bad("rtu:///dev/ttyUSB0?baud=9600&baud=9600&parity=N", "baud stands there 2 times")
	bad("rtu:///dev/ttyUSB0?baud=9600&parity=none", `parity "none" is not one of: N, E, O`)
	bad("rtu:///dev/ttyUSB0?baud=9600&parity=N&stop=3", `stop "3" is not one of: 1, 2`)
	bad("tls://gw:802", "cert is needed: write tls://host:port?cert=FILE")
	bad("tls://gw:802?cert=/c&key=/k&ca=ca.crt", `ca "ca.crt" is not a whole path`)
	bad("tls://gw:802?cert=/c&key=/k&ca=/a&name=", "name is empty")
	for _, rawURL := range []string{
		"tcp://[::1]:502", "tcp://gw:502/", "tcp://gw:502?pool=8", "rtu+tcp://gw:4001", "rtu+tcp://gw:4001?baud=2400&gap=50ms&hold=3s",
		"rtu:///dev/serial/by-id/usb-1?baud=9600&parity=E&stop=1", "tls://gw:802?cert=/c&key=/k&ca=/a&name=meter-7",
	} {
		l, err := modbus.Open(rawURL, modbus.Options{})
		if err != nil {
			t.Error(err)
		} else if l.URL() != rawURL {
			t.Errorf("%s is opened as %s", rawURL, l.URL())
		}
	}
}

func TestExceptionsHaveNames(t *testing.T) {
	for code, want := range map[byte]string{
		1: "modbus exception 1: illegal function", 6: "modbus exception 6: server device busy",
		10: "modbus exception 10: gateway path unavailable", 99: "modbus exception 99: not in the specification",
	} {
		srv := serve(t, func(request) fault {
			return func(c *connection, r request) bool { return send(c, r.exception(code)) }
		})
		_, err := open(t, srv.addr).Read(context.Background(), 1, 3, 0, 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("code %d: %v, want %q", code, err, want)
		}
	}
}

// BenchmarkRead is the cost of one transaction of 24 registers, both ends in
// one process.
func BenchmarkRead(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			r, err := readRequest(conn)
			if err != nil {
				return
			}
			conn.Write(r.answer())
		}
	}()
	l, err := modbus.Open("tcp://"+ln.Addr().String(), modbus.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Read(context.Background(), 1, 3, 0, 24); err != nil {
			b.Fatal(err)
		}
	}
}

func sortedNames() []string {
	var names []string
	for n := range faults {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// image is a device for the library's server: the same content at every unit
// but 200, which its gateway does not reach.
type image struct{}

func (image) HandleCoils(*simon.CoilsRequest) ([]bool, error) { return nil, simon.ErrIllegalFunction }
func (image) HandleDiscreteInputs(*simon.DiscreteInputsRequest) ([]bool, error) {
	return nil, simon.ErrIllegalFunction
}

func (image) HandleHoldingRegisters(r *simon.HoldingRegistersRequest) ([]uint16, error) {
	return words(r.UnitId, 3, r.Addr, r.Quantity)
}

func (image) HandleInputRegisters(r *simon.InputRegistersRequest) ([]uint16, error) {
	return words(r.UnitId, 4, r.Addr, r.Quantity)
}

func words(unit, function uint8, address, count uint16) ([]uint16, error) {
	if unit == 200 {
		return nil, simon.ErrGWTargetFailedToRespond
	}
	w := make([]uint16, count)
	for i := range w {
		w[i] = content(unit, function, address+uint16(i))
	}
	return w, nil
}

// A peer that hangs up in the middle of its answer is noticed at once, although
// the kernel tells of both in one breath.
func TestHangUpBehindHalfAnAnswer(t *testing.T) { bothWays(t, hangUpBehindHalfAnAnswer) }

func hangUpBehindHalfAnAnswer(t *testing.T, open opener) {
	s := serve(t, func(request) fault { return faults["cut"] })
	for range 20 {
		l, err := open("tcp://"+s.addr, modbus.Options{Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = l.Read(t.Context(), 1, 3, 100, 10)
		if took := time.Since(began); err == nil || took > 20*time.Second {
			t.Fatalf("%v after %v", err, took)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
