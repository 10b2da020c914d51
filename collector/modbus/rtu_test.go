package modbus_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"asue/collector/modbus"
)

// rtuTransport is a way to RTU units.
type rtuTransport struct {
	connect func(*testing.T, func(request) rtuFault) *slave
	open    opener
	faults  map[string]rtuFault
}

var rtuTransports = map[string]rtuTransport{
	"converter":       {converter, modbus.Open, merged(rtuFaults, converterFaults)},
	"converter-plain": {converter, modbus.OpenPlain, merged(rtuFaults, converterFaults)},
	"cable":           {cable, modbus.Open, rtuFaults},
	"cable-plain":     {cable, modbus.OpenPlain, rtuFaults},
}

func merged(all ...map[string]rtuFault) map[string]rtuFault {
	m := map[string]rtuFault{}
	for _, a := range all {
		maps.Copy(m, a)
	}
	return m
}

func openRTU(t *testing.T, s *slave, settings string) *modbus.Line {
	return openRTUWith(t, modbus.Open, s, patience, settings)
}

// openForOutcome opens a line to a slave whose first answer is spoiled, so that
// the first read ends as said. The quarantine is long where a late answer must
// fall into it.
func openForOutcome(t *testing.T, tr rtuTransport, do rtuFault, outcome string) *modbus.Line {
	t.Helper()
	timeout, hold := timeoutFor(outcome), "&hold=100ms"
	if timeout == patience {
		hold = longHold
	}
	return openRTUWith(t, tr.open, tr.connect(t, faultOnce(do)), timeout, hold)
}

// longHold is a quarantine into which a late answer falls, on a busy machine too.
const longHold = "&hold=400ms"

func openRTUWith(t *testing.T, open opener, s *slave, timeout time.Duration, settings string) *modbus.Line {
	t.Helper()
	l, err := open(s.url+settings, modbus.Options{Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// faultOnce answers the first question with a fault and all others well.
func faultOnce(do rtuFault) func(request) rtuFault {
	var n atomic.Int32
	return func(request) rtuFault {
		if n.Add(1) == 1 {
			return do
		}
		return rtuFaults["none"]
	}
}

// Whatever a line does to one answer, no wrong value comes out of it, and the
// next read is right, although it is one of the same unit and length.
func TestRTUFaults(t *testing.T) {
	outcome := map[string]string{ // what the read with the fault must say; "" for a right answer
		"none": "", "dribble": "", "in-two": "", "noise-behind": "", "close-after": "",
		"late": "no answer within", "silence": "no answer within", "half": "no answer within",
		"unit-only": "no answer within", "held": "no answer within",
		"short": "malformed: 18 bytes of content, not 20", "one-of-ten": "malformed: 2 bytes of content, not 20", "long": "malformed: 22 bytes", "miscounted": "malformed: 18 bytes",
		"wrong-crc": "CRC", "bit-flip": "CRC", "exception-wrong-crc": "CRC", "wrong-func": "function 4",
		"twice": "malformed: 25 bytes follow it", "noise-before": "another unit answered: 0", "echo": "malformed: 0 bytes of content",
		"wrong-unit": "another unit answered: 10", "exception-elsewhere": "another unit answered: 12",
		"exception": "modbus exception 2", "exception-in-two": "modbus exception 2",
		"close": "peer closed", "cut": "peer closed", "reset": "reset",
	}
	for transport, tr := range rtuTransports {
		for name, do := range tr.faults {
			t.Run(transport+"/"+name, func(t *testing.T) {
				t.Parallel()
				want, known := outcome[name]
				if !known {
					t.Fatalf("fault %q has no expected outcome", name)
				}
				l := openForOutcome(t, tr, do, want)
				recovers(t, l, want)
				failed := want != "" && !strings.HasPrefix(want, "modbus exception")
				if l.Suspect(9) != failed {
					t.Fatalf("unit suspect: %v, want %v", l.Suspect(9), failed)
				}
				if c := l.Counters(); (c.Quarantines == 1) != failed || c.Quarantines > 1 {
					t.Fatalf("%+v: quarantined, want %v", c, failed)
				}
			})
		}
	}
}

// Late answers are seen to have been thrown away, not merely missed.
func TestLateAnswersAreDrained(t *testing.T) {
	check := func(transport string, do rtuFault) {
		t.Helper()
		tr := rtuTransports[transport]
		l := openRTUWith(t, tr.open, tr.connect(t, faultOnce(do)), patience, longHold)
		if _, err := l.Read(context.Background(), 9, 3, 100, 10); err == nil {
			t.Fatal("no error")
		}
		words, err := l.Read(context.Background(), 9, 3, 300, 10)
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, words, 9, 3, 300, 10)
		if got := l.Counters().Drained; got != 25 {
			t.Errorf("%s: %d bytes drained, want the 25 of the late answer", transport, got)
		}
	}
	check("cable", rtuFaults["late"])
	check("converter", converterFaults["held"])
	check("converter-plain", converterFaults["held"])
}

// An answer that comes after the quarantine, just before that to another question
// of the same length, is given away by the other one behind it. When both have
// gone by, the line reads on as ever.
func TestAnswerLaterThanTheQuarantine(t *testing.T) {
	for name, tr := range rtuTransports {
		var n atomic.Int32
		var mu sync.Mutex
		var owed []byte
		s := tr.connect(t, func(request) rtuFault {
			return func(b *bus, r request) bool {
				mu.Lock()
				defer mu.Unlock()
				switch n.Add(1) {
				case 2:
					owed = r.rtu()
					return true
				case 3:
					if !b.say(owed) {
						return false
					}
					pause(5 * time.Millisecond) // or both would come at once, and be seen at once
				}
				return b.say(r.rtu())
			}
		})
		l := openRTUWith(t, tr.open, s, time.Second, "&hold=20ms") // a busy machine may be long between the two answers
		read := func(address uint16) error {
			words, err := l.Read(context.Background(), 9, 3, address, 2)
			if err == nil {
				mustBe(t, words, 9, 3, address, 2)
			}
			return err
		}
		if err := read(0); err != nil {
			t.Fatal(err)
		}
		if err := read(100); err == nil {
			t.Fatal("no error")
		}
		// On a busy machine both come at once after all, and then one follows the other.
		if err := read(300); err == nil || !strings.Contains(err.Error(), "two answers came") && !strings.Contains(err.Error(), "9 bytes follow it") {
			t.Errorf("%s: %v", name, err)
		}
		for i := range uint16(3) {
			if err := read(400 + i); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A unit slower than every quarantine answers each question when the next one
// comes. Nobody can tell, so the line names the unit suspect and the caller
// asks for what it knows before it believes anything.
func TestSlowerThanTheQuarantine(t *testing.T) {
	for name, tr := range rtuTransports {
		var owed []byte
		var mu sync.Mutex
		s := tr.connect(t, func(request) rtuFault {
			return func(b *bus, r request) bool {
				mu.Lock()
				defer mu.Unlock()
				previous := owed
				owed = r.rtu()
				return previous == nil || b.say(previous)
			}
		})
		l := openRTUWith(t, tr.open, s, patience, "&hold=20ms")
		if _, err := l.Read(context.Background(), 9, 3, 100, 2); err == nil {
			t.Fatal("no error")
		}
		if !l.Suspect(9) || l.Suspect(8) {
			t.Fatalf("%s: the unit that did not answer, and it alone, must be suspect", name)
		}
		marker, err := l.Read(context.Background(), 9, 3, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		if marker[0] == content(9, 3, 0) {
			t.Fatalf("%s: the marker came out right: this test shows nothing", name)
		}
		if !l.Suspect(9) {
			t.Fatalf("%s: a suspect is trusted before the caller has said so", name)
		}
		l.Trust(9)
		if l.Suspect(9) {
			t.Fatalf("%s: trusted and suspect", name)
		}
	}
}

// Thousands of reads of few units and one length through random faults: every
// answer without an error is the right one.
func TestRTUNeverAWrongValue(t *testing.T) {
	for name, tr := range rtuTransports {
		for seed := range uint64(1) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				names := slices.Sorted(maps.Keys(tr.faults))
				var mu sync.Mutex
				dice := rand.New(rand.NewPCG(seed, 7))
				s := tr.connect(t, func(request) rtuFault {
					mu.Lock()
					defer mu.Unlock()
					if dice.IntN(16) > 0 {
						return rtuFaults["none"]
					}
					return tr.faults[names[dice.IntN(len(names))]]
				})
				l := openRTUWith(t, tr.open, s, patience, longHold)
				const reads = 300
				right, mine := 0, rand.New(rand.NewPCG(seed, 8))
				for range reads {
					unit, address := uint8(1+mine.IntN(3)), uint16(mine.IntN(500))
					words, err := l.Read(context.Background(), unit, 3, address, 2)
					if err == nil {
						right++
						mustBe(t, words, unit, 3, address, 2)
					}
				}
				if right < reads*85/100 {
					t.Fatalf("only %d of %d reads were answered: the line does not recover", right, reads)
				}
				t.Logf("seed %d: %d of %d answered, all right; %+v", seed, right, reads, l.Counters())
			})
		}
	}
}

// A converter that closes idle connections costs neither a value nor a pause.
func TestRTUIdleCloseIsTolerated(t *testing.T) {
	s := converter(t, func(request) rtuFault { return converterFaults["close-after"] })
	l := openRTU(t, s, "&hold=50ms")
	for i := range uint16(5) {
		words, err := l.Read(context.Background(), 1, 4, 10*i, 4)
		if err != nil {
			t.Fatalf("read %d: %v", i, err)
		}
		mustBe(t, words, 1, 4, 10*i, 4)
	}
	if got := l.Counters(); got.Reopens != 4 || got.Errors != 0 || got.Quarantines != 0 {
		t.Fatalf("%+v: want 4 reopened, no error, no quarantine", got)
	}
}

// Before each question a line is silent; one that has just been opened or that
// has failed keeps silent for the whole hold.
func TestSilence(t *testing.T) {
	var mu sync.Mutex
	var asked []time.Time
	s := cable(t, func(request) rtuFault {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, time.Now())
		if len(asked) == 3 {
			return rtuFaults["silence"]
		}
		return rtuFaults["none"]
	})
	l := openRTU(t, s, "&gap=30ms&hold=100ms")
	begun := time.Now()
	for range 4 {
		_, _ = l.Read(context.Background(), 1, 3, 0, 2) // the third fails; only times matter here
	}
	mu.Lock()
	defer mu.Unlock()
	for i, least := range []time.Duration{100 * time.Millisecond, 30 * time.Millisecond, 30 * time.Millisecond, patience + 100*time.Millisecond} {
		if waited := asked[i].Sub(begun); waited < least {
			t.Errorf("question %d came after %v, want at least %v", i+1, waited, least)
		}
		begun = asked[i]
	}
}

// The context ends a quarantine, and does not shorten it for the next caller.
func TestContextEndsTheWaitOnly(t *testing.T) {
	var asked atomic.Int64
	s := cable(t, func(request) rtuFault { asked.Store(time.Now().UnixNano()); return rtuFaults["none"] })
	l := openRTU(t, s, "&hold=300ms")
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := l.Read(ctx, 1, 3, 0, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	words, err := l.Read(context.Background(), 1, 3, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	mustBe(t, words, 1, 3, 0, 2)
	if waited := time.Unix(0, asked.Load()).Sub(begun); waited < 300*time.Millisecond {
		t.Fatalf("asked after %v of 300 ms", waited)
	}
	if l.Suspect(1) {
		t.Fatal("a unit that was not asked is suspect")
	}
}

// A line on which somebody talks without end is named as such.
func TestBabblingLine(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer ln.Close()
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				for {
					if _, err := conn.Write([]byte("asdf")); err != nil {
						return
					}
				}
			})
		}
	})
	l, err := modbus.Open("rtu+tcp://"+ln.Addr().String()+"?hold=20ms&gap=300ms", modbus.Options{Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Read(context.Background(), 1, 3, 0, 2); err == nil || !strings.Contains(err.Error(), "never silent") || !strings.Contains(err.Error(), "second master") {
		t.Fatalf("got %v", err)
	}
}

// A serial port that is not there is a matter of the line, named with its path.
func TestNoSuchPort(t *testing.T) {
	l, err := modbus.Open("rtu:///dev/no-such-port?baud=9600&parity=N", modbus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = l.Read(context.Background(), 1, 3, 0, 2)
	var down interface{ Unreachable() bool }
	if !errors.As(err, &down) || !strings.Contains(err.Error(), "open /dev/no-such-port: no such file") {
		t.Fatalf("got %v", err)
	}
}

// An adapter that is pulled out while it is asked, and put back: here a
// terminal whose other end goes away.
func TestPulledAdapter(t *testing.T) {
	s := cable(t, func(request) rtuFault { return rtuFaults["none"] })
	l := openRTU(t, s, "&hold=20ms")
	if _, err := l.Read(context.Background(), 1, 3, 0, 2); err != nil {
		t.Fatal(err)
	}
	s.stop()
	_, err := l.Read(context.Background(), 1, 3, 0, 2)
	if err == nil {
		t.Fatal("no error")
	}
	if errors.Is(err, io.ErrNoProgress) || l.Counters().Errors != 1 {
		t.Fatalf("got %v, %+v", err, l.Counters())
	}
}

// BenchmarkReadRTU is the cost of one transaction of 24 registers over a
// converter; most of its time is the silence that RTU demands.
func BenchmarkReadRTU(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	s := &slave{script: func(request) rtuFault { return rtuFaults["none"] }, open: map[io.Closer]bool{}}
	go func() {
		if conn, err := ln.Accept(); err == nil {
			s.serve(conn)
		}
	}()
	l, err := modbus.Open("rtu+tcp://"+ln.Addr().String()+"?baud=115200&hold=10ms", modbus.Options{})
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
