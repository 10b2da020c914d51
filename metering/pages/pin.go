package pages

import "encoding/binary"

// Pins say which version of each interval of a day a settlement has taken: by
// slot, 0 for none. The entries of their page are runs of slots with the same
// version, ascending:
//
//	byte      first slot
//	byte      number of slots, at least 1
//	unsigned  version
type Pins [Slots]int

// PackPins packs pins.
func PackPins(p *Pins) []byte {
	page := append(make([]byte, 0, 16), pageFormat)
	for slot := 0; slot < Slots; {
		n := 1
		for slot+n < Slots && p[slot+n] == p[slot] {
			n++
		}
		if p[slot] != 0 {
			page = binary.AppendUvarint(append(page, byte(slot), byte(n)), uint64(p[slot]))
		}
		slot += n
	}
	return seal(page)
}

// UnpackPins is the inverse of PackPins. ErrDamaged for a page that was changed.
func UnpackPins(page []byte) (*Pins, error) {
	u, err := unseal(page)
	if err != nil {
		return nil, err
	}
	var p Pins
	next := 0
	for u.more() {
		slot, n, version := int(u.byte()), int(u.byte()), u.unsigned()
		if u.bad || slot < next || n < 1 || slot+n > Slots || version == 0 || version > 1<<31 {
			return nil, ErrDamaged
		}
		for i := range n {
			p[slot+i] = int(version)
		}
		next = slot + n
	}
	if u.bad {
		return nil, ErrDamaged
	}
	return &p, nil
}
