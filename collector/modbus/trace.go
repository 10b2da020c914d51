package modbus

import (
	"errors"
	"sync"
	"time"
)

// Direction says which way a frame went.
type Direction uint8

// Directions.
const (
	Sent     Direction = 1 // a question
	Received Direction = 2 // a whole frame that came, an answer to the present question or a late one
	Drained  Direction = 3 // bytes that were thrown away: nobody had asked for them, or they were no answer
)

// Frame is what went over a line at one moment.
type Frame struct {
	Time      time.Time // of sending, or of having been read
	Direction Direction
	Unit      uint8  // that was asked, or that the frame names; 0 of drained bytes
	Bytes     []byte // as on the wire, header and check sum included
	// Outcome is what became of it: "ok", the exception, or the error. A question
	// has that of its transaction; it is empty while that goes on, and of drained
	// bytes that nobody had asked for.
	Outcome string

	framing framing
}

type framing uint8

const (
	framedMBAP framing = 1
	framedRTU  framing = 2
)

// errLate is the outcome of an answer to an older question.
var errLate = errors.New("late: it answers an older question")

// ring keeps the last frames of a line. A nil ring keeps nothing.
type ring struct {
	mu     sync.Mutex
	frames []Frame // as a ring: frame number n is at n % len
	count  uint64  // frames that were ever added
}

// Trace keeps the last n frames of the line from now on, sent, received and
// thrown away; 0 ends that and forgets them. More than 100,000 are as many. It
// may be called at any time from any goroutine. It costs memory and a little
// time; off, it costs nothing.
func (l *Line) Trace(n int) {
	if n <= 0 {
		l.trace.Store(nil)
		return
	}
	l.trace.Store(&ring{frames: make([]Frame, min(n, 100_000))})
}

// Frames copies what Trace has kept, the oldest frame first; nil if it is off.
func (l *Line) Frames() []Frame {
	r := l.trace.Load()
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	size := uint64(len(r.frames))
	var all []Frame
	for n := r.count - min(r.count, size); n < r.count; n++ {
		f := r.frames[n%size]
		f.Bytes = append([]byte(nil), f.Bytes...)
		all = append(all, f)
	}
	return all
}

// sent returns the frame's number, for became.
func (r *ring) sent(frame []byte, unit uint8, f framing) uint64 {
	return r.add(Frame{Direction: Sent, Unit: unit, framing: f}, frame)
}

func (r *ring) received(frame []byte, unit uint8, f framing, err error) {
	if r != nil {
		r.add(Frame{Direction: Received, Unit: unit, Outcome: outcome(err), framing: f}, frame)
	}
}

// drained adds bytes that were thrown away because of err, or because nobody had
// asked for them.
func (r *ring) drained(bytes []byte, f framing, err error) {
	if r == nil || len(bytes) == 0 {
		return
	}
	d := Frame{Direction: Drained, framing: f}
	if err != nil {
		d.Outcome = outcome(err)
	}
	r.add(d, bytes)
}

// became says how the transaction of a question has ended.
func (r *ring) became(number uint64, err error) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if size := uint64(len(r.frames)); number+size >= r.count { // it was not written over
		r.frames[number%size].Outcome = outcome(err)
	}
}

func (r *ring) add(f Frame, bytes []byte) uint64 {
	if r == nil {
		return 0
	}
	f.Time = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.frames[r.count%uint64(len(r.frames))]
	f.Bytes = append(slot.Bytes[:0], bytes...)
	*slot = f
	r.count++
	return r.count - 1
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}
