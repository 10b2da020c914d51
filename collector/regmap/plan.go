package regmap

import (
	"cmp"
	"slices"
)

// Plan lists the reads that fetch every register of the groups: each register in
// exactly one block, blocks ascending by function, then address. Neighbours of
// one group are joined while the hole between them is at most MaxHole, the
// length at most MaxRegisters and nothing of NoRead lies between; a value is
// never split, a ReadAlone register never joined. A scale factor stands in every
// block that has values of it. Registers that are Unsure are left out. The same
// call gives the same plan.
func (m *Model) Plan(groups ...Group) []Block { return m.PlanHole(m.MaxHole, groups...) }

// PlanHole is Plan with another greatest hole; 0 joins only what touches. PlanFor
// weighs holes against requests.
func (m *Model) PlanHole(maxHole int, groups ...Group) []Block {
	return m.plan(groups, func(list []*Register) [][]*Register { return m.joinByHole(list, maxHole) })
}

// plan cuts the registers of each group and function into runs, each of which
// becomes a block.
func (m *Model) plan(groups []Group, cut func([]*Register) [][]*Register) []Block {
	var blocks []Block
	for _, g := range []Group{Fast, EnergyGroup, Slow, Ident, Profile} {
		if !slices.Contains(groups, g) {
			continue
		}
		for _, fn := range []uint8{3, 4} {
			joinable, alone := m.wanted(g, fn)
			for _, run := range append(cut(joinable), alone...) {
				blocks = append(blocks, m.block(g, run))
			}
		}
	}
	sortBlocks(blocks)
	return blocks
}

func sortBlocks(blocks []Block) {
	slices.SortStableFunc(blocks, func(a, b Block) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Address, b.Address))
	})
}

// wanted lists the plannable registers of a group and function, by what they
// reach: those that may be joined, and each of the others alone.
func (m *Model) wanted(g Group, fn uint8) (joinable []*Register, alone [][]*Register) {
	for i := range m.Registers {
		r := &m.Registers[i]
		switch {
		case r.Group != g || r.Function != fn || r.Unsure != "" || r.ScalesOthers:
		case r.ReadAlone:
			alone = append(alone, []*Register{r})
		default:
			joinable = append(joinable, r)
		}
	}
	sortByReach(joinable)
	return joinable, alone
}

// joinByHole goes from left to right and makes each block as long as the rules
// allow, which gives the fewest blocks.
func (m *Model) joinByHole(list []*Register, maxHole int) [][]*Register {
	var runs [][]*Register
	for i, from := 1, 0; i <= len(list); i++ {
		if i < len(list) && m.allows(list[from:i+1], maxHole) {
			continue
		}
		runs = append(runs, list[from:i:i])
		from = i
	}
	return runs
}

// allows reports whether one read may take these registers, sorted by what they
// reach, together.
func (m *Model) allows(list []*Register, maxHole int) bool {
	end := 0
	for i, r := range list {
		first, last := r.reach()
		if i > 0 && first-end > maxHole {
			return false
		}
		end = max(end, last)
	}
	b := newBlock(list[0].Function, list[0].Group, m.Even, list)
	return int(b.Count) <= m.MaxRegisters && !m.forbids(int(b.Address), b.end())
}

// forbids reports whether a read from first up to end touches what must not be
// read.
func (m *Model) forbids(first, end int) bool {
	return slices.ContainsFunc(m.NoRead, func(s Span) bool { return int(s.Last) >= first && int(s.First) < end })
}

// block makes the read of a run, with the scale factors that it needs.
func (m *Model) block(g Group, run []*Register) Block {
	b := newBlock(run[0].Function, g, m.Even, run)
	var exponents []*Register
	for i := range m.Registers {
		if r := &m.Registers[i]; r.ScalesOthers && r.Function == b.Function {
			exponents = append(exponents, r)
		}
	}
	b.Registers = withExponents(slices.Clone(run), exponents)
	return b
}
