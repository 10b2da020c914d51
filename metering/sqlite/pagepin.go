package sqlite

import "encoding/binary"

// A page of pins says which version of each interval of a day a settlement has
// taken. Its entries are runs of slots with the same version, ascending:
//
//	byte      first slot
//	byte      number of slots, at least 1
//	unsigned  version
type pins [slots]int // version by slot, 0: not pinned

func packPins(p *pins) []byte {
	page := append(make([]byte, 0, 16), pageFormat)
	for slot := 0; slot < slots; {
		n := 1
		for slot+n < slots && p[slot+n] == p[slot] {
			n++
		}
		if p[slot] != 0 {
			page = binary.AppendUvarint(append(page, byte(slot), byte(n)), uint64(p[slot]))
		}
		slot += n
	}
	return seal(page)
}

func unpackPins(page []byte) (*pins, error) {
	u, err := unseal(page)
	if err != nil {
		return nil, err
	}
	var p pins
	next := 0
	for u.more() {
		slot, n, version := int(u.byte()), int(u.byte()), u.unsigned()
		if u.bad || slot < next || n < 1 || slot+n > slots || version == 0 || version > 1<<31 {
			return nil, errDamaged
		}
		for i := range n {
			p[slot+i] = int(version)
		}
		next = slot + n
	}
	if u.bad {
		return nil, errDamaged
	}
	return &p, nil
}
