package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"asue/metering"
)

// A page is a day of one series, packed:
//
//	byte     format, 1
//	entries  ascending by slot, the quarter of an hour within the UTC day, 0..95
//	uint32   CRC-32C (Castagnoli) of everything before, little endian
//
// Numbers are varints of encoding/binary; "signed" ones are zigzag.
const (
	pageFormat = 1
	// Slots is how many intervals a day has.
	Slots    = int(24 * time.Hour / metering.BasePeriod)
	slotMask = 0x7f // of an entry's first byte; the top bit is the entry's own
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// DayOf splits the start of a base period into day, counted from 1970-01-01 UTC,
// and slot, the quarter of an hour within the day.
func DayOf(t time.Time) (day int64, slot int) {
	s := t.Unix()
	day = s / 86400
	if s%86400 < 0 {
		day--
	}
	return day, int((s - day*86400) / int64(metering.BasePeriod/time.Second))
}

// SlotStart is the inverse of DayOf.
func SlotStart(day int64, slot int) time.Time {
	return time.Unix(day*86400+int64(slot)*int64(metering.BasePeriod/time.Second), 0).UTC()
}

// Instant is the time at some Unix milliseconds, in UTC.
func Instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func seal(page []byte) []byte {
	return binary.LittleEndian.AppendUint32(page, crc32.Checksum(page, castagnoli))
}

// unseal checks a page and returns its entries.
func unseal(page []byte) (*unpacker, error) {
	n := len(page) - 4
	if n < 1 {
		return nil, ErrDamaged
	}
	if crc32.Checksum(page[:n], castagnoli) != binary.LittleEndian.Uint32(page[n:]) {
		return nil, ErrDamaged
	}
	if page[0] != pageFormat {
		return nil, fmt.Errorf("page of format %d, this program knows %d: run the newer program that wrote it", page[0], pageFormat)
	}
	return &unpacker{rest: page[1:n]}, nil
}

// ErrDamaged says that a page does not match its checksum, or what it holds makes
// no sense.
var ErrDamaged = errors.New("damaged page: the file was changed or the disk failed: keep the file, and restore a backup")

// unpacker reads a page's entries and remembers a fault.
type unpacker struct {
	rest []byte
	bad  bool
}

func (u *unpacker) more() bool { return len(u.rest) > 0 && !u.bad }

func (u *unpacker) byte() byte {
	if len(u.rest) == 0 {
		u.bad = true
		return 0
	}
	b := u.rest[0]
	u.rest = u.rest[1:]
	return b
}

func (u *unpacker) unsigned() uint64 {
	v, n := binary.Uvarint(u.rest)
	u.skip(n)
	return v
}

func (u *unpacker) signed() int64 {
	v, n := binary.Varint(u.rest)
	u.skip(n)
	return v
}

func (u *unpacker) text() string {
	n := u.unsigned()
	if n > uint64(len(u.rest)) {
		u.bad = true
		return ""
	}
	s := string(u.rest[:n])
	u.rest = u.rest[n:]
	return s
}

func (u *unpacker) skip(n int) {
	if n <= 0 {
		u.bad = true
		return
	}
	u.rest = u.rest[n:]
}

// CeilMilli is the first whole millisecond that is not before t: of times that
// are kept to the millisecond, those before t are those before CeilMilli(t).
func CeilMilli(t time.Time) int64 {
	ms := t.UnixMilli()
	if Instant(ms).Before(t) {
		ms++
	}
	return ms
}
