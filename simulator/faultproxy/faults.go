package faultproxy

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind is one way to spoil an answer.
type Kind uint8

// Kinds of faults of single answers. Which framings and carriers can have a
// fault stands in Set.
const (
	// When it comes.
	Drop  Kind = iota // the answer never comes
	Late              // the answer comes after Faults.LateBy, behind later ones
	Stall             // the answer and all behind it are held up for Faults.StallFor; their order stays
	Merge             // the answer waits for the next one and comes with it at once
	Drip              // the answer comes byte by byte, a millisecond apart
	Split             // the answer comes in two pieces, Faults.Pause apart

	// How much of it comes.
	Duplicate // the answer comes twice
	Cut       // the answer ends after some bytes, and the connection with it; a serial line falls silent
	Truncate  // the answer ends after some bytes, and nothing follows

	// What it says. Frames are whole and consistent, their sums right, unless it
	// is said otherwise.
	WrongTransaction // another transaction id
	WrongUnit        // another unit id
	WrongFunction    // another function
	Short            // one register less than asked for
	Long             // one register more than asked for
	Miscounted       // the byte count is not the number of bytes
	BadSum           // a wrong CRC
	BitFlip          // one bit anywhere is the other one, the CRC that of the whole answer
	NoiseBefore      // some bytes of nothing before the answer
	NoiseAfter       // … behind it
	NoiseInstead     // … instead of it
	Echo             // the question comes back before the answer, as from converters that hear themselves
	Exception        // an exception instead, one of Faults.Codes

	// What becomes of the connection.
	Reset    // it is reset instead
	Close    // it is closed in order instead
	HalfOpen // it is dead from here on, and neither side is told
	kinds
)

var kindNames = [kinds]string{
	Drop: "drop", Late: "late", Stall: "stall", Merge: "merge", Drip: "drip", Split: "split",
	Duplicate: "duplicate", Cut: "cut", Truncate: "truncate",
	WrongTransaction: "wrong transaction", WrongUnit: "wrong unit", WrongFunction: "wrong function",
	Short: "short", Long: "long", Miscounted: "miscounted", BadSum: "bad sum", BitFlip: "bit flip",
	NoiseBefore: "noise before", NoiseAfter: "noise after", NoiseInstead: "noise instead", Echo: "echo",
	Exception: "exception", Reset: "reset", Close: "close", HalfOpen: "half-open",
}

// Kinds lists all kinds.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for k := range all {
		all[k] = Kind(k)
	}
	return all
}

// String is the kind in words.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Faults is what a proxy does. The zero value passes everything on.
type Faults struct {
	// Delay and a random part of Jitter go by before every answer; the order of
	// the answers is kept. PerByte goes by for each byte of an answer and of its
	// question: the pace of a serial line, 95 µs at 115200 baud.
	Delay, Jitter, PerByte time.Duration
	// Chance is, by kind, the probability that an answer is spoilt so. At most one
	// fault befalls an answer; the sum must not be above 1.
	Chance map[Kind]float64
	// LateBy and a random part of LateSpread are the time of Late; both 0 take one
	// second.
	LateBy, LateSpread time.Duration
	StallFor           time.Duration // of Stall; 0 takes one second
	Pause              time.Duration // of Split; 0 takes 5 ms
	Codes              []uint8       // of Exception; none takes 4, device failure
	// CutAfter is the number of bytes that Cut and Truncate let pass; 0 takes a
	// random one within the answer.
	CutAfter int
	Refuse   bool // new connections are reset at once
	// BlackHole swallows all questions: the connection stands and nothing comes.
	BlackHole bool
}

// Possible reports whether answers in a framing can have a fault, on a serial
// line or on a connection. It says why not, in words, or nothing.
func (k Kind) Possible(f Framing, serial bool) (why string) {
	switch {
	case k >= kinds:
		return "there is no such kind"
	case serial && (k == Reset || k == Close || k == HalfOpen):
		return "a serial line has no connection"
	case k == WrongTransaction && f != MBAP:
		return "only Modbus/TCP has transaction ids"
	case k == BadSum && f != RTU:
		return "only RTU has a check sum"
	case f == Bytes && slices.Contains(needFrames, k):
		return "plain bytes have no frames"
	}
	return ""
}

// needFrames are the kinds that must know what a frame is.
var needFrames = []Kind{WrongUnit, WrongFunction, Short, Long, Miscounted, Exception}

func (f Faults) check(framing Framing, serial bool) error {
	sum := 0.0
	for k, p := range f.Chance {
		if why := k.Possible(framing, serial); why != "" {
			return fmt.Errorf("fault proxy: %v on %v: %s", k, framing, why)
		}
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("fault proxy: %v with probability %g: want 0 to 1", k, p)
		}
		sum += p
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("fault proxy: probabilities sum to %g, above 1", sum)
	}
	if serial && f.Refuse {
		return errors.New("fault proxy: a serial line cannot refuse connections: use BlackHole")
	}
	for _, d := range []time.Duration{f.Delay, f.Jitter, f.PerByte, f.LateBy, f.LateSpread, f.StallFor, f.Pause, time.Duration(f.CutAfter)} {
		if d < 0 {
			return errors.New("fault proxy: a negative time or length")
		}
	}
	return nil
}

// withDefaults fills in the times that are not given.
func (f Faults) withDefaults() *Faults {
	if f.LateBy == 0 && f.LateSpread == 0 {
		f.LateBy = time.Second
	}
	if f.StallFor == 0 {
		f.StallFor = time.Second
	}
	if f.Pause == 0 {
		f.Pause = 5 * time.Millisecond
	}
	if len(f.Codes) == 0 {
		f.Codes = []uint8{4}
	}
	return &f
}
