package dispatcher

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// ringSize is how many events a client may have missed and still resume: a
// minute at one event a second.
const ringSize = 60

// hub numbers the events of the live stream and keeps the last of them. No queue
// is kept for a client: each comes for the events after its own last one, so a
// slow client costs nothing and falls back to a snapshot when the ring has gone
// past it.
type hub struct {
	boot string // changes with every start, so that old ids resume nothing

	mu   sync.Mutex
	seq  uint64
	ring [ringSize][]byte // event n stands at n % ringSize
	wake chan struct{}    // closed and renewed with every event
}

func newHub() *hub {
	var b [4]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program first
	return &hub{boot: hex.EncodeToString(b[:]), wake: make(chan struct{})}
}

// add gives an event its number; encode gets the number and returns the data.
func (h *hub) add(name string, data []byte, seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq = seq
	h.ring[seq%ringSize] = frame(h.id(seq), name, data)
	close(h.wake)
	h.wake = make(chan struct{})
}

// skip leaves numbers out, so that nobody can resume across them: every client needs a
// snapshot. It returns the last of them; the next event has to follow.
func (h *hub) skip() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq += ringSize + 1
	h.ring = [ringSize][]byte{}
	return h.seq
}

func (h *hub) id(seq uint64) string { return h.boot + "-" + strconv.FormatUint(seq, 10) }

// after reads an event id that a client gave back. It is false for an id of
// another start, a malformed one and one that was never given out.
func (h *hub) after(id string) (seq uint64, ok bool) {
	boot, number, found := strings.Cut(id, "-")
	seq, err := strconv.ParseUint(number, 10, 64)
	if !found || err != nil || boot != h.boot {
		return 0, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return seq, seq <= h.seq
}

// next returns the events after seq as one chunk and the number of the last. It
// waits for one if there is none, until the context ends. Lost is true when the
// ring no longer holds them all: the client needs a snapshot.
func (h *hub) next(ctx context.Context, seq uint64) (chunk []byte, last uint64, lost bool, err error) {
	for {
		h.mu.Lock()
		if h.seq > seq {
			defer h.mu.Unlock()
			if h.seq-seq > ringSize {
				return nil, 0, true, nil
			}
			for n := seq + 1; n <= h.seq; n++ {
				chunk = append(chunk, h.ring[n%ringSize]...)
			}
			return chunk, h.seq, false, nil
		}
		wake := h.wake
		h.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, seq, false, ctx.Err()
		}
	}
}

// frame is one event of the text/event-stream format (WHATWG HTML, 9.2). The
// data is JSON of one line.
func frame(id, name string, data []byte) []byte {
	return fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", id, name, data)
}
