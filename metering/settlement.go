package metering

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"time"
	"unicode/utf8"
)

// Settlement is a closed billing period: which version of each interval was
// billed, and a digest of what they said. What comes later makes new versions
// of the intervals, which are corrections of the settlement and leave it as it
// is.
type Settlement struct {
	ID       string // "2026-01", or with a suffix for a second settlement of a month
	From, To time.Time
	Author   string
	Note     string
	MadeAt   time.Time // the ledger gives it
	// Digest of the pinned intervals (see Digest), which the ledger makes in the
	// same transaction as the pins.
	Digest    string
	Intervals int // how many are pinned
}

// Correction is an interval whose current version says something else than the
// settled one. Settled.Version is 0 for an interval that came afterwards.
type Correction struct {
	Settled, Current Interval
}

// Digest makes the fingerprint of intervals: SHA-256 over one line for each, in
// the order in which they are added: the point in Go's quotes, channel, start in
// Unix milliseconds, grade letter, energy, uncertainty, method and flags as
// numbers, with a space between them and a line feed at the end. It covers what is billed (point, channel,
// start, energy, grade, method, flags and uncertainty) and neither version
// numbers nor the time of recording, so that a rebuild from the same readings
// gives the same digest. The flags Late and Provisional, which tell how readings
// came in and not what they say, are left out. Add intervals in the ledger's
// order: start, point, channel.
type Digest struct {
	h    hash.Hash
	n    int
	line []byte
}

// DigestFlags are the flags that a digest covers.
const DigestFlags = ^(FlagLate | FlagProvisional)

// NewDigest begins a fingerprint.
func NewDigest() *Digest { return &Digest{h: sha256.New()} }

// Add takes one more interval in.
func (d *Digest) Add(i Interval) {
	line := strconv.AppendQuote(d.line[:0], string(i.Point))
	number := func(n int64) { line = strconv.AppendInt(append(line, ' '), n, 10) }
	number(int64(i.Channel))
	number(i.Start.UnixMilli())
	line = utf8.AppendRune(append(line, ' '), rune(i.Grade))
	number(int64(i.Energy))
	number(int64(i.Uncertainty))
	number(int64(i.Method))
	number(int64(i.Flags & DigestFlags))
	d.line = append(line, '\n')
	d.h.Write(d.line)
	d.n++
}

// Len is how many intervals were added.
func (d *Digest) Len() int { return d.n }

// Sum is the fingerprint so far, 64 hexadecimal digits.
func (d *Digest) Sum() string { return hex.EncodeToString(d.h.Sum(nil)) }
