package faultproxy

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"asue/metering/clock"
)

// answers is the way back to one client.
type answers struct {
	proxy *Proxy
	dice  *rand.Rand
	late  sync.WaitGroup
	held  []byte      // by Merge, for the next answer
	dead  atomic.Bool // by HalfOpen: nothing passes any more

	asking sync.Mutex
	asked  []byte // by the client since the last answer, the last 256 bytes of it

	mu sync.Mutex // of writing: late answers come from goroutines of their own
	to io.Writer
}

// heard notes what the client has said.
func (a *answers) heard(b []byte) {
	a.asking.Lock()
	defer a.asking.Unlock()
	a.asked = append(a.asked, b...)
	a.asked = a.asked[max(0, len(a.asked)-256):]
}

// question is what the client has said since the last answer.
func (a *answers) question() []byte {
	a.asking.Lock()
	defer a.asking.Unlock()
	q := a.asked
	a.asked = nil
	return q
}

// errEnded ends a connection on purpose.
var errEnded = errors.New("the connection ends")

// pass sends one answer, or what the dice make of it. An error ends the
// connection.
func (a *answers) pass(ctx context.Context, frame []byte) error {
	f := a.proxy.faults.Load()
	// One throw for each answer, and dice of its own for all the rest: so a
	// change of probabilities does not shift the fate of later answers.
	fate := a.dice.Float64()
	dice := rand.New(rand.NewPCG(a.dice.Uint64(), 0))
	question := a.question()
	if a.dead.Load() {
		return nil
	}
	wait := f.Delay + part(dice, f.Jitter) + f.PerByte*time.Duration(len(question)+len(frame))
	if err := pause(ctx, wait); err != nil {
		return err
	}
	kind, spoilt := draw(f, fate)
	held := a.held
	a.held = nil
	if !spoilt {
		a.proxy.passed.Add(1)
		return a.write(append(held, frame...))
	}
	a.proxy.done[kind].Add(1)
	if held != nil {
		if err := a.write(held); err != nil { // followed at once by what becomes of this one
			return err
		}
	}
	return a.spoil(ctx, f, kind, dice, question, frame)
}

// draw finds the fault for a throw.
func draw(f *Faults, u float64) (Kind, bool) {
	for k := range kinds {
		if u -= f.Chance[k]; u < 0 {
			return k, true
		}
	}
	return 0, false
}

func (a *answers) spoil(ctx context.Context, f *Faults, kind Kind, dice *rand.Rand, question, frame []byte) error {
	switch kind {
	case Drop:
		return nil
	case Late:
		by := f.LateBy + part(dice, f.LateSpread)
		a.late.Go(func() {
			if pause(ctx, by) == nil {
				_ = a.write(frame) // the client may be gone by then
			}
		})
		return nil
	case Stall:
		if err := pause(ctx, f.StallFor); err != nil {
			return err
		}
		return a.write(frame)
	case Merge:
		a.held = frame
		return nil
	case Drip:
		return a.inPieces(ctx, time.Millisecond, singles(frame)...)
	case Split:
		at := 1 + dice.IntN(max(1, len(frame)-1))
		return a.inPieces(ctx, f.Pause, frame[:at], frame[at:])
	case Cut, Truncate:
		n := f.CutAfter
		if n == 0 {
			n = 1 + dice.IntN(max(1, len(frame)-1))
		}
		err := a.write(frame[:min(n, len(frame))])
		if kind == Cut && a.proxy.line == nil {
			err = errors.Join(err, errEnded)
		}
		return err
	case Reset:
		reset(a.to.(io.Closer))
		return errEnded
	case Close:
		return errEnded
	case HalfOpen:
		a.dead.Store(true)
		return nil
	case Echo:
		return a.write(append(question, frame...))
	}
	return a.write(a.proxy.framing.misspell(kind, f, dice, frame))
}

// misspell is the answer with something wrong in it.
func (f Framing) misspell(kind Kind, faults *Faults, dice *rand.Rand, frame []byte) []byte {
	switch kind {
	case Duplicate:
		return append(frame[:len(frame):len(frame)], frame...)
	case BadSum:
		end := len(frame) - 1 - dice.IntN(2)
		frame[end] ^= 1 << dice.IntN(8)
		return frame
	case BitFlip:
		frame[dice.IntN(len(frame))] ^= 1 << dice.IntN(8)
		return frame
	case NoiseBefore:
		return append(noise(dice), frame...)
	case NoiseAfter:
		return append(frame, noise(dice)...)
	case NoiseInstead:
		return noise(dice)
	case WrongTransaction:
		binary.BigEndian.PutUint16(frame, binary.BigEndian.Uint16(frame)+1+uint16(dice.IntN(3)))
		return frame
	}
	unit, pdu := frame[f.body()-1], f.pdu(frame)
	switch kind {
	case WrongUnit:
		return f.with(frame, unit+1+byte(dice.IntN(3)), pdu)
	case WrongFunction: // 3 for 4 and 4 for 3, 1 for 6
		pdu[0] ^= 7
	case Exception:
		pdu = []byte{pdu[0] | 0x80, faults.Codes[dice.IntN(len(faults.Codes))]}
	case Short, Long, Miscounted:
		pdu = miscount(kind, pdu)
	}
	return f.with(frame, unit, pdu)
}

// miscount changes the length of an answer that carries registers; of another one
// it changes the last byte.
func miscount(kind Kind, pdu []byte) []byte {
	if pdu[0] > 4 || len(pdu) < 4 {
		pdu[len(pdu)-1]++
		return pdu
	}
	switch {
	case kind == Short && len(pdu) >= 6:
		pdu = pdu[:len(pdu)-2]
		pdu[1] -= 2
	case kind == Miscounted || len(pdu) > 250:
		pdu[1] -= 2
	default: // Long, or the one register that Short cannot take away
		pdu = append(pdu, 0xA5, 0x5A)
		pdu[1] += 2
	}
	return pdu
}

// noise is 1 to 12 bytes.
func noise(dice *rand.Rand) []byte {
	b := make([]byte, 1+dice.IntN(12))
	for i := range b {
		b[i] = byte(dice.Uint32())
	}
	return b
}

func part(dice *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(dice.Float64() * float64(d))
}

// pause lets a time of the wall clock go by: clients' time-outs are of it.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return clock.Clock{}.Sleep(ctx, d)
}

func singles(frame []byte) [][]byte {
	var pieces [][]byte
	for i := range frame {
		pieces = append(pieces, frame[i:i+1])
	}
	return pieces
}

// inPieces writes pieces with a pause between, or they would meet again in the
// client's buffer. No late answer comes into the midst of them: no server does
// that.
func (a *answers) inPieces(ctx context.Context, between time.Duration, pieces ...[]byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, piece := range pieces {
		if i > 0 {
			if err := pause(ctx, between); err != nil {
				return err
			}
		}
		if _, err := a.to.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

func (a *answers) write(b []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead.Load() {
		return nil
	}
	_, err := a.to.Write(b)
	return err
}
