package sqlite

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
	slots      = int(24 * time.Hour / metering.BasePeriod)
	slotMask   = 0x7f // of an entry's first byte; the top bit is the entry's own
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// dayOf splits the start of a base period into day and slot.
func dayOf(t time.Time) (day int64, slot int) {
	s := t.Unix()
	day = s / 86400
	if s%86400 < 0 {
		day--
	}
	return day, int((s - day*86400) / int64(metering.BasePeriod/time.Second))
}

func slotStart(day int64, slot int) time.Time {
	return time.Unix(day*86400+int64(slot)*int64(metering.BasePeriod/time.Second), 0).UTC()
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func seal(page []byte) []byte {
	return binary.LittleEndian.AppendUint32(page, crc32.Checksum(page, castagnoli))
}

// unseal checks a page and returns its entries.
func unseal(page []byte) (*unpacker, error) {
	n := len(page) - 4
	if n < 1 {
		return nil, errDamaged
	}
	if crc32.Checksum(page[:n], castagnoli) != binary.LittleEndian.Uint32(page[n:]) {
		return nil, errDamaged
	}
	if page[0] != pageFormat {
		return nil, fmt.Errorf("page of format %d, this program knows %d: run the newer program that wrote it", page[0], pageFormat)
	}
	return &unpacker{rest: page[1:n]}, nil
}

var errDamaged = errors.New("damaged page: the file was changed or the disk failed: keep the file, and restore a backup")

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
