package outbox_test

import (
	"encoding/binary"
	"testing"
)

// Which bytes of a database hold no information is read off the file format,
// https://www.sqlite.org/fileformat2.html, by a parser of its own: what neither
// the header, nor a b-tree's cell, nor an overflow page, nor the list of free
// pages needs. A damage that nobody notices must lie there.

// spareBytes returns, for each byte of a database file, whether it is spare. Pages
// for which superseded holds are overlaid by the log.
func spareBytes(t *testing.T, db []byte, superseded func(page uint32) bool) []bool {
	t.Helper()
	s := &surveyor{db: db, size: int(binary.BigEndian.Uint16(db[16:])), used: make([]bool, len(db))}
	s.use(0, 100)
	for _, free := range [][2]int{
		{24, 28},  // counts changes, which nobody heeds in WAL mode
		{28, 32},  // pages in the file: taken from the log, or from the file's length
		{40, 44},  // counts changes of the schema, for statements of other processes
		{92, 100}, // which program wrote last
	} {
		clear(s.used[free[0]:free[1]])
	}
	s.tree(1)
	for _, root := range s.roots {
		s.tree(root)
	}
	s.freePages()
	spare := make([]bool, len(db))
	for at := range spare {
		spare[at] = !s.used[at] || superseded(uint32(at/s.size)+1)
	}
	return spare
}

type surveyor struct {
	db    []byte
	size  int // of a page
	used  []bool
	roots []uint32
}

func (s *surveyor) use(from, n int) {
	for at := from; at < from+n; at++ {
		s.used[at] = true
	}
}

// tree marks the pages of a table.
func (s *surveyor) tree(page uint32) {
	base := int(page-1) * s.size
	head := base
	if page == 1 {
		head += 100
	}
	cells := int(binary.BigEndian.Uint16(s.db[head+3:]))
	leaf := s.db[head] == 13
	length := 12
	if leaf {
		length = 8
	}
	s.use(head, length+2*cells)
	for free := int(binary.BigEndian.Uint16(s.db[head+1:])); free != 0; free = int(binary.BigEndian.Uint16(s.db[base+free:])) {
		s.use(base+free, 4) // the next one and the size; what lay there before is spare
	}
	for i := range cells {
		cell := base + int(binary.BigEndian.Uint16(s.db[head+length+2*i:]))
		if leaf {
			s.leafCell(cell, page == 1)
			continue
		}
		_, n := varint(s.db[cell+4:])
		s.use(cell, 4+n)
		s.tree(binary.BigEndian.Uint32(s.db[cell:]))
	}
	if !leaf {
		s.tree(binary.BigEndian.Uint32(s.db[head+8:]))
	}
}

// leafCell marks a row and the pages it overflows to.
func (s *surveyor) leafCell(at int, schema bool) {
	payload, n := varint(s.db[at:])
	_, m := varint(s.db[at+n:])
	body := at + n + m
	local, most := payload, s.size-35
	if payload > most {
		least := (s.size-12)*32/255 - 23
		if local = least + (payload-least)%(s.size-4); local > most {
			local = least
		}
	}
	s.use(at, n+m+local)
	if schema {
		s.roots = append(s.roots, s.rootOf(s.db[body:body+local]))
	}
	if local == payload {
		return
	}
	s.use(body+local, 4)
	rest := payload - local
	for next := binary.BigEndian.Uint32(s.db[body+local:]); rest > 0; {
		base := int(next-1) * s.size
		s.use(base, 4+min(rest, s.size-4))
		rest -= s.size - 4
		next = binary.BigEndian.Uint32(s.db[base:])
	}
}

// rootOf reads the fourth column of a row of the schema, a small integer.
func (s *surveyor) rootOf(record []byte) uint32 {
	header, at := varint(record)
	offset := header
	for column := 0; ; column++ {
		kind, n := varint(record[at:])
		at += n
		if column == 3 {
			var root uint32
			for _, b := range record[offset : offset+kind] { // types 1 to 3 are so many bytes
				root = root<<8 | uint32(b)
			}
			return root
		}
		offset += (kind - 13) / 2 // a text
	}
}

// freePages marks what the list of free pages needs; the pages on it are spare.
func (s *surveyor) freePages() {
	for trunk := binary.BigEndian.Uint32(s.db[32:]); trunk != 0; {
		base := int(trunk-1) * s.size
		s.use(base, 8+4*int(binary.BigEndian.Uint32(s.db[base+4:])))
		trunk = binary.BigEndian.Uint32(s.db[base:])
	}
}

// varint is the format's own: big endian, up to nine bytes.
func varint(b []byte) (v, n int) {
	for n < 8 {
		v = v<<7 | int(b[n]&0x7f)
		if n++; b[n-1] < 0x80 {
			return v, n
		}
	}
	return v<<8 | int(b[8]), 9
}
