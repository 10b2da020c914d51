package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"asue/cmd/internal/node"
)

// bar shows progress on a terminal only.
type bar struct {
	out   *os.File // nil: nobody looks
	shown time.Time
	dirty bool
}

func newBar(f *os.File) *bar {
	if !node.IsTerminal(f) {
		return &bar{}
	}
	return &bar{out: f}
}

// show draws at most five times a second; share is 0..1, or negative if nobody
// knows.
func (b *bar) show(what string, n int, unit string, share float64) {
	if b.out == nil || (share >= 0 && time.Since(b.shown) < 200*time.Millisecond) {
		return
	}
	b.shown, b.dirty = time.Now(), true
	if share < 0 {
		fmt.Fprintf(b.out, "\r%s, %d %s\x1b[K", what, n, unit)
		return
	}
	const width = 30
	full := int(share * width)
	fmt.Fprintf(b.out, "\r%s [%s%s] %3.0f %%, %d %s\x1b[K", what, strings.Repeat("#", full), strings.Repeat(".", width-full), 100*share, n, unit)
}

func (b *bar) clear() {
	if b.dirty {
		fmt.Fprint(b.out, "\r\x1b[K")
		b.dirty = false
	}
}
