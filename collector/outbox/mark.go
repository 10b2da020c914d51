package outbox

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	markMagic = "AOM1"
	slotSize  = 32
)

// mark is the little file beside the database that remembers how far numbers
// have been given, in case the database forgets it.
type mark struct {
	file       *os.File
	generation uint32
	epoch      uint64 // that the file named when it was opened
}

// openMark opens or makes the file and returns the newest epoch and number in
// it, zero if there is none. A damaged slot counts as absent.
func openMark(path string) (m *mark, epoch, last uint64, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, 0, err
	}
	m = &mark{file: file}
	var slots [2 * slotSize]byte
	n, _ := file.ReadAt(slots[:], 0) // a short or unreadable file has no valid slot
	newest, _ := readSlots(slots[:n])
	m.generation, m.epoch = newest.generation, newest.epoch
	return m, newest.epoch, newest.last, nil
}

// slot is what one of the two says.
type slot struct {
	epoch, last uint64
	generation  uint32
}

// readSlots returns the newest sound slot, zero if there is none, and how many
// have content that does not match their CRC.
func readSlots(data []byte) (newest slot, damaged int) {
	for i := 0; i+slotSize <= len(data); i += slotSize {
		raw := data[i : i+slotSize]
		if string(raw[:4]) != markMagic || crc32.Checksum(raw[:28], castagnoli) != binary.BigEndian.Uint32(raw[28:]) {
			if [slotSize]byte(raw) != [slotSize]byte{} { // not one that waits for its first turn
				damaged++
			}
			continue
		}
		if g := binary.BigEndian.Uint32(raw[24:]); g >= newest.generation {
			newest = slot{binary.BigEndian.Uint64(raw[8:]), binary.BigEndian.Uint64(raw[16:]), g}
		}
	}
	if rest := len(data) % slotSize; rest != 0 {
		damaged++
	}
	return newest, damaged
}

// set writes the other slot.
func (m *mark) set(epoch, last uint64) error {
	m.generation++
	var slot [slotSize]byte
	copy(slot[:], markMagic)
	binary.BigEndian.PutUint64(slot[8:], epoch)
	binary.BigEndian.PutUint64(slot[16:], last)
	binary.BigEndian.PutUint32(slot[24:], m.generation)
	binary.BigEndian.PutUint32(slot[28:], crc32.Checksum(slot[:28], castagnoli))
	if _, err := m.file.WriteAt(slot[:], int64(m.generation%2)*slotSize); err != nil {
		return fmt.Errorf("write %s: %w", m.file.Name(), err)
	}
	return nil
}

func (m *mark) close() error { return m.file.Close() }

// checksum binds a row's bytes to its place.
func checksum(epoch, seq uint64, class uint8, at int64, payload []byte) uint32 {
	var head [25]byte
	binary.BigEndian.PutUint64(head[0:], epoch)
	binary.BigEndian.PutUint64(head[8:], seq)
	binary.BigEndian.PutUint64(head[16:], uint64(at))
	head[24] = class
	return crc32.Update(crc32.Checksum(head[:], castagnoli), castagnoli, payload)
}

// gapChecksum binds a gap's fields to each other. No batch is of class 0.
func gapChecksum(epoch, from, to uint64, at int64, reason string) uint32 {
	return checksum(epoch, from, 0, at, append(binary.BigEndian.AppendUint64(nil, to), reason...))
}
