package regmap_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"asue/collector/regmap"
)

// On a line without tags a block may be longer than its registers need, but it
// keeps the limits, stays in the map and cuts no value; and as many lengths differ
// as the twin finds possible.
func TestLengthsApartAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, c := anyModel(t), anyCost(t)
		groups := []regmap.Group{regmap.Fast, regmap.Slow}
		tight := m.PlanFor(c, groups...)
		c.Untagged = true
		plan := m.PlanFor(c, groups...)
		checkPlan(t, m, plan, groups)
		if len(plan) != len(tight) {
			t.Fatalf("%d blocks became %d", len(tight), len(plan))
		}
		for _, fn := range []uint8{3, 4} {
			var blocks []regmap.Block
			for _, b := range tight {
				if b.Function == fn {
					blocks = append(blocks, b)
				}
			}
			if len(blocks) > 5 {
				continue // the twin tries everything
			}
			own, wasted := bestApart(m, blocks, nil)
			gotOwn, gotWasted := different(plan, fn), waste(plan, fn)-waste(tight, fn)
			if gotOwn != own || gotWasted != wasted {
				t.Fatalf("function %d: %d lengths differ for %d registers an hour, the twin makes %d for %d: %v of %v", fn, gotOwn, gotWasted, own, wasted, plan, tight)
			}
		}
		for _, b := range plan {
			if why := strays(m, b); why != "" {
				t.Fatalf("%v: %s", b, why)
			}
		}
	})
}

// The reads of an archive have one length; the polled blocks keep out of its way.
func TestLengthsApartFromTheArchive(t *testing.T) {
	m, _ := library(t).Model("asue-reference-meter")
	for _, b := range m.PlanFor(regmap.SerialCost(9600, true), regmap.Groups()...) {
		if int(b.Count) == m.Archive.Words || b.Count == 1 {
			t.Errorf("%v is as long as a read of the archive", b)
		}
	}
	tagged := m.PlanFor(regmap.TCPCost(), regmap.Groups()...)
	if got := tagged[0].String(); got != "fc 3 0..17 (18) ident: product_id … clock, 9 values" {
		t.Errorf("with tags: %s", got)
	}
}

func different(plan []regmap.Block, fn uint8) int {
	lengths := map[uint16]bool{}
	for _, b := range plan {
		if b.Function == fn {
			lengths[b.Count] = true
		}
	}
	return len(lengths)
}

// lengthsOf are all lengths that a block may have, by trying every stretch.
func lengthsOf(m *regmap.Model, b regmap.Block) []int {
	var all []int
	first, end := bounds(m, b.Registers)
	for from := max(0, first-m.MaxRegisters); from <= first; from++ {
		for to := end; to <= from+m.MaxRegisters; to++ {
			b.Address, b.Count = uint16(from), uint16(to-from)
			if strays(m, b) == "" && !slices.Contains(all, to-from) {
				all = append(all, to-from)
			}
		}
	}
	return all
}

// often is about how many times in an hour a group is read.
var often = map[regmap.Group]int{regmap.Fast: 720, regmap.EnergyGroup: 60, regmap.Slow: 12, regmap.Ident: 1}

// waste is the registers of a plan in an hour.
func waste(plan []regmap.Block, fn uint8) (sum int) {
	for _, b := range plan {
		if b.Function == fn {
			sum += int(b.Count) * often[b.Group]
		}
	}
	return sum
}

// bestApart is how many blocks can have a length that was not taken before, and
// the fewest registers an hour that this takes more, by trying every choice.
func bestApart(m *regmap.Model, blocks []regmap.Block, taken []int) (own, wasted int) {
	if len(blocks) == 0 {
		return 0, 0
	}
	b := blocks[0]
	own, wasted = bestApart(m, blocks[1:], taken) // this one shares a length
	for _, n := range lengthsOf(m, b) {
		if slices.Contains(taken, n) {
			continue
		}
		o, w := bestApart(m, blocks[1:], append(slices.Clip(taken), n))
		o, w = o+1, w+(n-int(b.Count))*often[b.Group]
		if o > own || o == own && w < wasted {
			own, wasted = o, w
		}
	}
	return own, wasted
}

// strays says which rule a block breaks that is longer than its registers need.
func strays(m *regmap.Model, b regmap.Block) string {
	first, end := int(b.Address), int(b.Address)+int(b.Count)
	tightFirst, tightEnd := bounds(m, b.Registers)
	switch {
	case first > tightFirst || end < tightEnd:
		return "leaves out a register of its own"
	case first == tightFirst && end == tightEnd:
		return ""
	case len(b.Registers) == 1 && b.Registers[0].ReadAlone:
		return "is read alone"
	case int(b.Count) > m.MaxRegisters:
		return "too long"
	case m.Even && (first%2 != 0 || end%2 != 0):
		return "not even"
	}
	for _, s := range m.NoRead {
		if first <= int(s.Last) && end > int(s.First) {
			return "reads what must not be read"
		}
	}
	// Walk over the addresses: what lies in no value is a hole, and a hole lies
	// between two values.
	hole := 0
	slack := 0
	if m.Even {
		slack = 1
	}
	for at := first; at < end; at++ {
		r := valueAt(m, b.Function, at)
		if r == nil {
			hole++
			continue
		}
		if int(r.Address) < first || int(r.Address)+r.Words() > end {
			return "cuts " + r.Name
		}
		switch begins := at == first+hole; {
		case begins && hole <= slack:
		case hole > m.MaxHole:
			return "carries a hole too large"
		case begins && hole > 0 && valueAt(m, b.Function, first-1) == nil:
			return "begins in the middle of a hole"
		}
		hole = 0
	}
	if hole > slack && (hole > m.MaxHole || valueAt(m, b.Function, end) == nil) {
		return "ends in a hole"
	}
	return ""
}

// valueAt is the value of the map that an address belongs to.
func valueAt(m *regmap.Model, fn uint8, at int) *regmap.Register {
	for i := range m.Registers {
		if r := &m.Registers[i]; r.Function == fn && r.Unsure == "" && !r.ReadAlone && at >= int(r.Address) && at < int(r.Address)+r.Words() {
			return r
		}
	}
	return nil
}
