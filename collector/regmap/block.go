package regmap

import (
	"cmp"
	"fmt"
	"slices"
)

// Block is one Modbus read: Count registers from Address on, and the values of
// interest in them.
type Block struct {
	Function uint8
	Address  uint16
	Count    uint16
	Group    Group
	// Registers ascend by address; scale factors stand among them. Their addresses
	// are those of the map: see Offset.
	Registers []*Register

	even bool   // start and count are kept even when the block is split
	base uint16 // what At has added to the map's addresses
}

// end is the address after the last word of the block.
func (b Block) end() int { return int(b.Address) + int(b.Count) }

// Offset is where a register's first word lies among those of the block.
func (b Block) Offset(r *Register) int { return int(r.Address) + int(b.base) - int(b.Address) }

// At is the same read in a meter whose map begins at base: the place of its
// SunSpec model. It fails where the read would go beyond address 65535.
func (b Block) At(base uint16) (Block, error) {
	if b.end()+int(base) > 65536 {
		return Block{}, fmt.Errorf("block %v: at base %d it ends beyond address 65535", b, base)
	}
	b.Address += base
	b.base += base
	return b, nil
}

// String is one line for people: "fc 3 2999..3076 (78) fast: i_a … s, 24 values".
func (b Block) String() string {
	names := "nothing"
	switch n := len(b.Registers); n {
	case 0:
	case 1:
		names = b.Registers[0].Name
	default:
		names = fmt.Sprintf("%s … %s, %d values", b.Registers[0].Name, b.Registers[n-1].Name, n)
	}
	return fmt.Sprintf("fc %d %d..%d (%d) %v: %s", b.Function, b.Address, b.end()-1, b.Count, b.Group, names)
}

// Split cuts the block down to what touches, for a meter that refuses to read
// over a hole or beyond a value (exceptions 2 and 3). A block that has nothing to
// spare comes back alone.
func (b Block) Split() []Block {
	var parts []Block
	for _, run := range b.touching() {
		part := newBlock(b.Function, b.Group, b.even, run)
		part.Address += b.base // within the block, so within the addresses
		part.base = b.base
		parts = append(parts, part)
	}
	if len(parts) == 0 || len(parts) == 1 && parts[0].Count == b.Count {
		return []Block{b}
	}
	return parts
}

// Halves cuts the block in two between values, as near to the middle as can be, so
// that each half is shorter than the whole; nil if it cannot be cut. A value and
// its scale factor stay together.
func (b Block) Halves() []Block {
	wanted := slices.DeleteFunc(slices.Clone(b.Registers), func(r *Register) bool { return r.ScalesOthers })
	sortByReach(wanted)
	best, end := 0, 0
	for i, r := range wanted {
		first, last := r.reach()
		if b.even {
			first, last = first&^1, (last+1)&^1
		}
		if i > 0 && first >= end && abs(2*i-len(wanted)) < abs(2*best-len(wanted)) {
			best = i
		}
		end = max(end, last)
	}
	if best == 0 {
		return nil
	}
	var halves []Block
	for _, list := range [][]*Register{wanted[:best], wanted[best:]} {
		half := newBlock(b.Function, b.Group, b.even, withExponents(slices.Clone(list), b.Registers))
		if half.Count >= b.Count {
			return nil
		}
		half.Address += b.base // within the block, so within the addresses
		half.base = b.base
		halves = append(halves, half)
	}
	return halves
}

func abs(n int) int { return max(n, -n) }

// touching are the block's registers in runs without a hole, a value and its
// scale factor being one piece.
func (b Block) touching() [][]*Register {
	wanted := slices.DeleteFunc(slices.Clone(b.Registers), func(r *Register) bool { return r.ScalesOthers })
	sortByReach(wanted)
	var runs [][]*Register
	end := 0
	for i, r := range wanted {
		first, last := r.reach()
		if b.even {
			first, last = first&^1, (last+1)&^1
		}
		if i == 0 || first > end {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], r)
		end = max(end, last)
	}
	for i, run := range runs {
		runs[i] = withExponents(run, b.Registers)
	}
	return runs
}

// withExponents adds the scale factors of a run, which are among all.
func withExponents(run, all []*Register) []*Register {
	for _, r := range all {
		needs := func(v *Register) bool { return v.Exponent != nil && v.Exponent.Name == r.Name }
		if r.ScalesOthers && slices.ContainsFunc(run, needs) {
			run = append(run, r)
		}
	}
	slices.SortStableFunc(run, func(a, b *Register) int { return cmp.Compare(a.Address, b.Address) })
	return run
}

// reach is what must be read in one go for the register's value: from the first
// address to the one after the last, its scale factor included.
func (r *Register) reach() (first, end int) {
	first, end = int(r.Address), r.end()
	if x := r.Exponent; x != nil {
		first, end = min(first, int(x.Address)), max(end, int(x.Address)+1)
	}
	return first, end
}

func sortByReach(list []*Register) {
	slices.SortStableFunc(list, func(a, b *Register) int {
		aFirst, aEnd := a.reach()
		bFirst, bEnd := b.reach()
		return cmp.Or(cmp.Compare(aFirst, bFirst), cmp.Compare(aEnd, bEnd), cmp.Compare(a.Address, b.Address))
	})
}

// newBlock makes the read that covers the registers and their scale factors.
func newBlock(fn uint8, g Group, even bool, list []*Register) Block {
	first, end := list[0].reach()
	for _, r := range list[1:] {
		f, e := r.reach()
		first, end = min(first, f), max(end, e)
	}
	if even {
		first, end = first&^1, (end+1)&^1
	}
	return Block{Function: fn, Address: uint16(first), Count: uint16(end - first), Group: g, Registers: list, even: even}
}
