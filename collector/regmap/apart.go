package regmap

import "slices"

// On a serial line an answer says which unit sent it, by which function and how
// many registers it holds, but not which ones. Two reads of the same length that
// follow each other can therefore be taken for one another when an answer is
// late. Blocks of different lengths cannot.

// apart gives the blocks of each function different lengths as far as there is
// room, by reading on over what lies beside a block in the map: to the end of a
// neighbouring register, or over a hole to its beginning. It never leaves the
// map, never cuts a value and keeps all limits. As many blocks as possible get a
// length of their own, with as few more registers in an hour as possible. The
// reads of an archive, which have one length only, count too.
func (m *Model) apart(blocks []Block) {
	for _, fn := range []uint8{3, 4} {
		var options [][]Block // of each block, its own length first
		var at []int
		marks := m.marks(fn)
		for i, b := range blocks {
			if b.Function == fn {
				at = append(at, i)
				options = append(options, m.stretches(b, marks))
			}
		}
		for _, b := range m.archiveReads() {
			if b.Function == fn && len(at) > 0 {
				options = append(options, []Block{b})
			}
		}
		for i, b := range assign(options)[:len(at)] {
			blocks[at[i]] = b
		}
	}
}

// archiveReads are one read of each kind that the archive takes.
func (m *Model) archiveReads() []Block {
	newest, ok := m.NewestBlock()
	if !ok {
		return nil
	}
	return []Block{newest, m.Archive.Block(0)}
}

// marks are the addresses of a function at which a read may begin or end without
// cutting a value that the map knows: where values begin and end.
func (m *Model) marks(fn uint8) []int {
	var at []int
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Function == fn && r.Unsure == "" && !r.ReadAlone {
			at = append(at, int(r.Address), r.end())
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// stretches are the reads that may stand for a block, from its own on, one of
// each length.
func (m *Model) stretches(b Block, marks []int) []Block {
	longer := []Block{b}
	if len(b.Registers) == 1 && b.Registers[0].ReadAlone {
		return longer
	}
	for _, first := range marks {
		for _, end := range marks {
			s := b
			if m.Even {
				first, end = first&^1, (end+1)&^1
			}
			if first > int(b.Address) || end < b.end() || end-first > m.MaxRegisters || m.forbids(first, end) || m.leaves(b.Function, first, end) {
				continue
			}
			s.Address, s.Count = uint16(first), uint16(end-first)
			longer = append(longer, s)
		}
	}
	slices.SortStableFunc(longer, func(x, y Block) int { return int(x.Count) - int(y.Count) })
	return slices.CompactFunc(longer, func(x, y Block) bool { return x.Count == y.Count })
}

// leaves reports whether a read touches what is no part of the map, a hole larger
// than MaxHole, or cuts a value of it.
func (m *Model) leaves(fn uint8, first, end int) bool {
	known, slack := first, 0
	if m.Even {
		slack = 1 // a read may have to begin or end one address further out
	}
	for i := range m.Registers { // ascending
		r := &m.Registers[i]
		if r.Function != fn || r.Unsure != "" || r.ReadAlone || r.end() <= first {
			continue
		}
		if int(r.Address) >= end {
			// A hole that is read to its end lies between two values of the map.
			return end-known > slack && (int(r.Address)-end > slack || end-known > m.MaxHole)
		}
		if known == first && int(r.Address)-first <= slack {
			known = max(first, int(r.Address))
		}
		if int(r.Address) < first || r.end() > end || int(r.Address)-known > m.MaxHole {
			return true
		}
		known = max(known, r.end())
	}
	return end-known > slack
}
