package regmap

// The words of one value, gathered into 64 bits and laid out again. Everything
// about word order is in this file.

// gather puts a value's words together; the value has 1, 2 or 4 words.
func (o Order) gather(w []uint16) uint64 {
	switch len(w) {
	case 1:
		return uint64(w[0])
	case 2:
		if o == LittleWords {
			return uint64(w[1])<<16 | uint64(w[0])
		}
		return uint64(w[0])<<16 | uint64(w[1])
	case 4:
		a, b, c, d := uint64(w[0]), uint64(w[1]), uint64(w[2]), uint64(w[3])
		switch o {
		case LittleWords:
			a, b, c, d = d, c, b, a
		case BigHalves:
			a, b, c, d = b, a, d, c
		case SwapHalves:
			a, b, c, d = c, d, a, b
		}
		return a<<48 | b<<32 | c<<16 | d
	}
	panic("BUG: a value of an odd number of words")
}

// scatter is the inverse of gather.
func (o Order) scatter(bits uint64, w []uint16) {
	switch len(w) {
	case 1:
		w[0] = uint16(bits)
	case 2:
		w[0], w[1] = uint16(bits>>16), uint16(bits)
		if o == LittleWords {
			w[0], w[1] = w[1], w[0]
		}
	case 4:
		a, b, c, d := uint16(bits>>48), uint16(bits>>32), uint16(bits>>16), uint16(bits)
		switch o {
		case LittleWords:
			a, b, c, d = d, c, b, a
		case BigHalves:
			a, b, c, d = b, a, d, c
		case SwapHalves:
			a, b, c, d = c, d, a, b
		}
		w[0], w[1], w[2], w[3] = a, b, c, d
	default:
		panic("BUG: a value of an odd number of words")
	}
}

// signed widens the two's complement of a value of so many words.
func signed(bits uint64, words int) int64 {
	shift := uint(64 - 16*words)
	return int64(bits<<shift) >> shift
}
