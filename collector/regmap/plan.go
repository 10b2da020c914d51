package regmap

import (
	"cmp"
	"fmt"
	"slices"
)

// Block is one Modbus read: Count registers from Address on, and the values of
// interest in them.
type Block struct {
	Function  uint8
	Address   uint16
	Count     uint16
	Group     Group
	Registers []*Register // ascending address

	even bool // start and count are kept even when the block is split
}

// end is the address after the last word of the block.
func (b Block) end() int { return int(b.Address) + int(b.Count) }

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

// Plan lists the reads that fetch every register of the groups: each register in
// exactly one block, blocks ascending by function, then address. Neighbours of
// one group are joined while the hole between them is at most MaxHole, the
// length at most MaxRegisters and nothing of NoRead lies between; a value is
// never split, a ReadAlone register never joined. Registers that are Unsure are
// left out. The same call gives the same plan.
func (m *Model) Plan(groups ...Group) []Block { return m.PlanHole(m.MaxHole, groups...) }

// PlanHole is Plan with another greatest hole: a slow serial line does better
// with a smaller one (19 to 32 registers at 9600 baud cost as much as a request
// of their own), and 0 joins only what touches.
func (m *Model) PlanHole(maxHole int, groups ...Group) []Block {
	var blocks []Block
	for _, g := range Groups() {
		if !slices.Contains(groups, g) {
			continue
		}
		for _, fn := range []uint8{3, 4} {
			blocks = append(blocks, m.join(g, m.wanted(g, fn), maxHole)...)
		}
	}
	slices.SortStableFunc(blocks, func(a, b Block) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Address, b.Address))
	})
	return blocks
}

// wanted lists the plannable registers of a group and function, ascending.
func (m *Model) wanted(g Group, fn uint8) []*Register {
	var list []*Register
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Group == g && r.Function == fn && r.Unsure == "" {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *Register) int { return cmp.Compare(a.Address, b.Address) })
	return list
}

// join goes from left to right and makes each block as long as the rules allow,
// which gives the fewest blocks.
func (m *Model) join(g Group, list []*Register, maxHole int) []Block {
	var blocks []Block
	var run []*Register
	flush := func() {
		if len(run) > 0 {
			blocks = append(blocks, m.block(g, run))
			run = nil
		}
	}
	for _, r := range list {
		if r.ReadAlone {
			blocks = append(blocks, m.block(g, []*Register{r}))
			continue
		}
		if len(run) > 0 && !m.joins(run, r, maxHole) {
			flush()
		}
		run = append(run, r)
	}
	flush()
	return blocks
}

func (m *Model) joins(run []*Register, r *Register, maxHole int) bool {
	if int(r.Address)-lastEnd(run) > maxHole {
		return false
	}
	b := m.block(r.Group, append(slices.Clip(run), r))
	if int(b.Count) > m.MaxRegisters {
		return false
	}
	return !slices.ContainsFunc(m.NoRead, func(s Span) bool {
		return int(s.Last) >= int(b.Address) && int(s.First) < b.end()
	})
}

// block makes the read that covers the registers, which ascend by address.
func (m *Model) block(g Group, list []*Register) Block {
	return newBlock(list[0].Function, g, m.Even, list)
}

func newBlock(fn uint8, g Group, even bool, list []*Register) Block {
	first, end := int(list[0].Address), lastEnd(list)
	if even {
		first, end = first&^1, (end+1)&^1
	}
	return Block{Function: fn, Address: uint16(first), Count: uint16(end - first), Group: g, Registers: list, even: even}
}

func lastEnd(list []*Register) int {
	end := 0
	for _, r := range list {
		end = max(end, r.end())
	}
	return end
}

// Split cuts the block at every hole, for a meter that refuses to read over one
// (exceptions 2 and 3). A block without a hole comes back alone.
func (b Block) Split() []Block {
	var parts []Block
	for from := 0; from < len(b.Registers); {
		to := from + 1
		for to < len(b.Registers) && int(b.Registers[to].Address) <= newBlock(b.Function, b.Group, b.even, b.Registers[from:to]).end() {
			to++
		}
		parts = append(parts, newBlock(b.Function, b.Group, b.even, b.Registers[from:to:to]))
		from = to
	}
	if len(parts) <= 1 {
		return []Block{b}
	}
	return parts
}
