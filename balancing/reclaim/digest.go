package reclaim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is String, for JSON.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return fmt.Errorf("hash %.80q: want %d hexadecimal digits", text, 2*len(h))
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		return fmt.Errorf("hash %q: %w", text, err)
	}
	return nil
}

// Digest names a set of interval versions: whoever has the same intervals in the same
// versions has the same digest, and nobody else.
type Digest struct {
	SHA256 Hash
	Count  int // of intervals
}

// String is "35040 intervals, sha256 ab12…", in full.
func (d Digest) String() string {
	return fmt.Sprintf("%d intervals, sha256 %v", d.Count, d.SHA256)
}

// DigestOf finds the digest of some intervals, whatever their order. It fails if one
// base interval of a channel comes twice: only one version of it can be meant.
//
// Intervals are hashed in the order of point, channel and start, each as
//
//	point          u16 length, then its bytes
//	channel        u8
//	start          i64, ms since 1970 UTC
//	version        u32
//	energy         i64
//	uncertainty    i64
//	grade, method  u8, u8
//	flags          u32
//
// with the most significant byte first.
func DigestOf(intervals []metering.Interval) (Digest, error) {
	order := make([]*metering.Interval, len(intervals))
	for i := range intervals {
		order[i] = &intervals[i]
	}
	slices.SortFunc(order, func(a, b *metering.Interval) int {
		return cmp.Or(cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel), a.Start.Compare(b.Start))
	})
	hash := sha256.New()
	var buf []byte
	for i, iv := range order {
		if i > 0 && same(order[i-1], iv) {
			return Digest{}, fmt.Errorf("point %s, channel %v: the interval of %s comes twice; give one version of each",
				iv.Point, iv.Channel, iv.Start.UTC().Format(time.RFC3339))
		}
		if len(iv.Point) > 1<<16-1 {
			return Digest{}, fmt.Errorf("point %.40s…: its name is longer than 65535 bytes", iv.Point)
		}
		buf = appendInterval(buf[:0], iv)
		hash.Write(buf)
	}
	d := Digest{Count: len(order)}
	hash.Sum(d.SHA256[:0])
	return d, nil
}

func same(a, b *metering.Interval) bool {
	return a.Point == b.Point && a.Channel == b.Channel && a.Start.Equal(b.Start)
}

func appendInterval(buf []byte, iv *metering.Interval) []byte {
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(iv.Point)))
	buf = append(buf, iv.Point...)
	buf = append(buf, byte(iv.Channel))
	buf = binary.BigEndian.AppendUint64(buf, uint64(iv.Start.UnixMilli()))
	buf = binary.BigEndian.AppendUint32(buf, uint32(iv.Version))
	buf = binary.BigEndian.AppendUint64(buf, uint64(iv.Energy))
	buf = binary.BigEndian.AppendUint64(buf, uint64(iv.Uncertainty))
	buf = append(buf, byte(iv.Grade), byte(iv.Method))
	return binary.BigEndian.AppendUint32(buf, uint32(iv.Flags))
}
