package faultproxy_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"asue/simulator/faultproxy"
)

// outcome is what a client must see of a fault. right is the right answer to
// question 1.
type outcome func(c client, right []byte) error

// exactly so much comes and then nothing.
func exactly(want func(s side, right []byte) []byte) outcome {
	return func(c client, right []byte) error {
		w := want(c.side, right)
		got, err := c.take(len(w), 5*time.Second)
		if err != nil || !bytes.Equal(got, w) {
			return fmt.Errorf("% x, %w, want % x", got, err, w)
		}
		if !c.silent() {
			return errors.New("something follows")
		}
		return nil
	}
}

// like is some bytes that a check approves of, and then nothing.
func like(check func(s side, got, right []byte) bool) outcome {
	return func(c client, right []byte) error {
		got, err := c.take(1, 5*time.Second)
		for err == nil {
			var more []byte
			more, err = c.take(1, 100*time.Millisecond)
			got = append(got, more...)
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !check(c.side, got, right) {
			return fmt.Errorf("% x, %w; right is % x", got, err, right)
		}
		return nil
	}
}

// ends is a connection that ends with an error after at most so many bytes.
func ends(with error, most int) outcome {
	return func(c client, _ []byte) error {
		got, err := c.take(100, 5*time.Second)
		if !errors.Is(err, with) || len(got) > most {
			return fmt.Errorf("% x, %w, want %w", got, err, with)
		}
		return nil
	}
}

func whole(_ side, right []byte) []byte { return right }

var outcomes = map[faultproxy.Kind]outcome{
	faultproxy.Drop:  exactly(func(side, []byte) []byte { return nil }),
	faultproxy.Late:  exactly(whole),
	faultproxy.Stall: exactly(whole),
	faultproxy.Drip:  exactly(whole),
	faultproxy.Split: exactly(whole),
	faultproxy.Merge: func(c client, right []byte) error {
		if !c.silent() {
			return errors.New("it did not wait for the next one")
		}
		if _, err := c.Write(c.question(2, 60)); err != nil {
			return err
		}
		return exactly(whole)(c, right) // the second answer waits in its turn
	},
	faultproxy.Duplicate: exactly(func(_ side, right []byte) []byte { return append(right, right...) }),
	faultproxy.Truncate: like(func(_ side, got, right []byte) bool {
		return len(got) < len(right) && bytes.HasPrefix(right, got)
	}),
	faultproxy.WrongTransaction: like(func(_ side, got, right []byte) bool {
		return len(got) == len(right) && !bytes.Equal(got[:2], right[:2]) && bytes.Equal(got[2:], right[2:])
	}),
	faultproxy.WrongUnit: like(func(s side, got, _ []byte) bool {
		unit := got[s.at()]
		return unit != 1 && bytes.Equal(got, s.frame(1, unit, 3, 2, 0, 50))
	}),
	faultproxy.WrongFunction: exactly(func(s side, _ []byte) []byte { return s.frame(1, 1, 4, 2, 0, 50) }),
	// The only register cannot be taken away: one comes in addition.
	faultproxy.Short:      exactly(func(s side, _ []byte) []byte { return s.frame(1, 1, 3, 4, 0, 50, 0xA5, 0x5A) }),
	faultproxy.Long:       exactly(func(s side, _ []byte) []byte { return s.frame(1, 1, 3, 4, 0, 50, 0xA5, 0x5A) }),
	faultproxy.Miscounted: exactly(func(s side, _ []byte) []byte { return s.frame(1, 1, 3, 0, 0, 50) }),
	faultproxy.BadSum: like(func(_ side, got, right []byte) bool {
		body := len(right) - 2
		return different(got[body:], right[body:]) == 1 && different(got[:body], right[:body]) == 0
	}),
	faultproxy.BitFlip: like(func(_ side, got, right []byte) bool { return different(got, right) == 1 }),
	faultproxy.NoiseBefore: like(func(_ side, got, right []byte) bool {
		return len(got) > len(right) && len(got) <= len(right)+12 && bytes.HasSuffix(got, right)
	}),
	faultproxy.NoiseAfter: like(func(_ side, got, right []byte) bool {
		return len(got) > len(right) && len(got) <= len(right)+12 && bytes.HasPrefix(got, right)
	}),
	faultproxy.NoiseInstead: like(func(_ side, got, right []byte) bool { return len(got) <= 12 && !bytes.Equal(got, right) }),
	faultproxy.Echo:         exactly(func(s side, right []byte) []byte { return append(s.question(1, 50), right...) }),
	faultproxy.Exception:    exactly(func(s side, _ []byte) []byte { return s.frame(1, 1, 0x83, 4) }),
	faultproxy.Reset:        ends(syscall.ECONNRESET, 0),
	faultproxy.Close:        ends(io.EOF, 0),
	faultproxy.HalfOpen: func(c client, _ []byte) error {
		if _, err := c.Write(c.question(2, 60)); err != nil || !c.silent() {
			return fmt.Errorf("it speaks still: %w", err)
		}
		return nil
	},
	faultproxy.Cut: func(c client, right []byte) error {
		got, err := c.take(len(right), time.Second)
		ended := errors.Is(err, io.ErrUnexpectedEOF) && !c.serial || c.serial && errors.Is(err, os.ErrDeadlineExceeded)
		if !ended || !bytes.HasPrefix(right, got) || len(got) == 0 || len(got) == len(right) {
			return fmt.Errorf("% x, %w", got, err)
		}
		return nil
	},
}

// at is where the unit stands.
func (s side) at() int {
	if s.framing == faultproxy.RTU {
		return 0
	}
	return 6
}

// different counts the bits in which two frames differ; -1 if one is longer.
func different(a, b []byte) int {
	if len(a) != len(b) {
		return -1
	}
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}

// Each kind does what it says on each side that can have it, is counted, and is
// refused where there is no such thing.
func TestEveryKindOfFault(t *testing.T) {
	for _, s := range sides {
		for _, kind := range faultproxy.Kinds() {
			t.Run(s.name+"/"+kind.String(), func(t *testing.T) {
				t.Parallel()
				p := s.proxy(t, 1, faultproxy.Faults{})
				f := faultproxy.Faults{Chance: only(kind), LateBy: 20 * time.Millisecond, StallFor: 20 * time.Millisecond}
				if why := kind.Possible(s.framing, s.serial); why != "" {
					if err := p.Set(f); err == nil || !strings.Contains(err.Error(), why) {
						t.Errorf("%v, want %q", err, why)
					}
					return
				}
				set(t, p, f)
				c := s.dial(t, p)
				if _, err := c.Write(s.question(1, 50)); err != nil {
					t.Fatal(err)
				}
				if err := outcomes[kind](c, s.answer(1, 50)); err != nil {
					t.Error(err)
				}
				if p.Count(kind) == 0 || p.Passed() != 0 {
					t.Errorf("counted %d, passed %d", p.Count(kind), p.Passed())
				}
			})
		}
	}
}

func TestEveryExceptionCode(t *testing.T) {
	for _, code := range []uint8{1, 2, 3, 4, 5, 6, 10, 11} {
		for _, s := range sides[:3] {
			p := s.proxy(t, 1, faultproxy.Faults{Chance: only(faultproxy.Exception), Codes: []uint8{code}})
			want := s.frame(1, 1, 0x83, code)
			if got, err := s.dial(t, p).ask(1, 50, len(want)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, exception %d: % x, %v", s.name, code, got, err)
			}
		}
	}
}

func TestCutAfterSoManyBytes(t *testing.T) {
	for _, s := range sides[:3] {
		p := s.proxy(t, 1, faultproxy.Faults{Chance: only(faultproxy.Truncate), CutAfter: 4})
		c := s.dial(t, p)
		if got, err := c.ask(1, 50, 4); err != nil || !bytes.Equal(got, s.answer(1, 50)[:4]) || !c.silent() {
			t.Errorf("%s: % x, %v", s.name, got, err)
		}
	}
}

// A short answer of two registers has one, and is right in itself.
func TestShortAnswerIsConsistent(t *testing.T) {
	f := func(s side, pdu, want []byte) {
		t.Helper()
		got := faultproxy.Misspell(s.framing, faultproxy.Short, s.frame(1, 1, pdu...))
		if want := s.frame(1, 1, want...); !bytes.Equal(got, want) {
			t.Errorf("%s: % x, want % x", s.name, got, want)
		}
	}
	f(sides[0], []byte{3, 4, 1, 2, 3, 4}, []byte{3, 2, 1, 2})
	f(sides[1], []byte{3, 4, 1, 2, 3, 4}, []byte{3, 2, 1, 2})
}

// In how many reads the pieces come is the kernel's affair, on a busy machine in
// one. That they took their time shows that they were pieces.
func TestDripAndSplitComeInPieces(t *testing.T) {
	for _, s := range sides {
		want := s.answer(1, 50)
		for kind, least := range map[faultproxy.Kind]time.Duration{
			faultproxy.Drip: time.Duration(len(want)-1) * time.Millisecond, faultproxy.Split: 50 * time.Millisecond,
		} {
			p := s.proxy(t, 1, faultproxy.Faults{Chance: only(kind), Pause: 50 * time.Millisecond})
			asked := time.Now()
			got, err := s.dial(t, p).ask(1, 50, len(want))
			if took := time.Since(asked); err != nil || !bytes.Equal(got, want) || took < least {
				t.Errorf("%s, %v: % x, %v in %v, want at least %v", s.name, kind, got, err, took, least)
			}
		}
	}
}

// A late answer comes behind the answer to the next question, a merged one just
// before it, and a stalled one keeps its place.
func TestOrderOfTwoAnswers(t *testing.T) {
	for _, s := range sides[:3] {
		first, second := s.answer(1, 50), s.answer(2, 60)
		for kind, want := range map[faultproxy.Kind][]byte{
			faultproxy.Late:  append(bytes.Clone(second), first...),
			faultproxy.Merge: append(bytes.Clone(first), second...),
			faultproxy.Stall: append(bytes.Clone(first), second...),
		} {
			p := s.proxy(t, 1, faultproxy.Faults{Chance: only(kind), LateBy: 500 * time.Millisecond, StallFor: 200 * time.Millisecond})
			c := s.dial(t, p)
			if _, err := c.Write(s.question(1, 50)); err != nil {
				t.Fatal(err)
			}
			for p.Count(kind) == 0 { // the first answer has met its fate
				if got, err := c.take(1, time.Millisecond); len(got) > 0 {
					t.Fatalf("% x, %v", got, err)
				}
			}
			set(t, p, faultproxy.Faults{})
			if got, err := c.ask(2, 60, len(want)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %v: % x, %v, want % x", s.name, kind, got, err, want)
			}
		}
	}
}

func TestNothingComesOutOfABlackHole(t *testing.T) {
	for _, s := range sides {
		p := s.proxy(t, 1, faultproxy.Faults{BlackHole: true})
		c := s.dial(t, p)
		if _, err := c.Write(s.question(1, 50)); err != nil || !c.silent() {
			t.Errorf("%s: it speaks: %v", s.name, err)
		}
		set(t, p, faultproxy.Faults{})
		want := s.answer(2, 60)
		if got, err := c.ask(2, 60, len(want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the same connection well again: % x, %v", s.name, got, err)
		}
	}
}

// A half-open connection is dead; a new one is well.
func TestHalfOpenIsOneConnections(t *testing.T) {
	s := sides[0]
	p := s.proxy(t, 1, faultproxy.Faults{Chance: only(faultproxy.HalfOpen)})
	c := s.dial(t, p)
	if _, err := c.Write(s.question(1, 50)); err != nil || !c.silent() {
		t.Fatalf("it speaks: %v", err)
	}
	set(t, p, faultproxy.Faults{})
	if _, err := c.Write(s.question(2, 60)); err != nil || !c.silent() {
		t.Errorf("it speaks again: %v", err)
	}
	if got, err := s.dial(t, p).ask(3, 70, 11); err != nil || !bytes.Equal(got, s.answer(3, 70)) {
		t.Errorf("a new one: % x, %v", got, err)
	}
}

func TestRefusedConnections(t *testing.T) {
	s := sides[0]
	p := s.proxy(t, 1, faultproxy.Faults{Refuse: true})
	refused(t, p)
	set(t, p, faultproxy.Faults{})
	if got, err := s.dial(t, p).ask(1, 50, 11); err != nil || !bytes.Equal(got, s.answer(1, 50)) {
		t.Errorf("well again: % x, %v", got, err)
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	f := func(s side, want string, faults faultproxy.Faults) {
		t.Helper()
		if err := s.proxy(t, 1, faultproxy.Faults{}).Set(faults); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s, %+v: %v, want %q", s.name, faults, err, want)
		}
	}
	f(sides[0], "above 1", faultproxy.Faults{Chance: map[faultproxy.Kind]float64{faultproxy.Drop: 0.6, faultproxy.Cut: 0.6}})
	f(sides[0], "kind(99)", faultproxy.Faults{Chance: only(99)})
	f(sides[0], "probability -1", faultproxy.Faults{Chance: map[faultproxy.Kind]float64{faultproxy.Late: -1}})
	f(sides[0], "negative time", faultproxy.Faults{Delay: -1})
	f(sides[0], "only RTU has a check sum", faultproxy.Faults{Chance: only(faultproxy.BadSum)})
	f(sides[1], "only Modbus/TCP has transaction ids", faultproxy.Faults{Chance: only(faultproxy.WrongTransaction)})
	f(sides[2], "no connection", faultproxy.Faults{Chance: only(faultproxy.Reset)})
	f(sides[2], "cannot refuse", faultproxy.Faults{Refuse: true})
	f(sides[3], "no frames", faultproxy.Faults{Chance: only(faultproxy.WrongUnit)})
}
