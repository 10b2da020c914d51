package regmap_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/collector/regmap"
	"asue/metering"
)

// anyModel is a model of random registers that do not overlap, under random limits.
func anyModel(t *rapid.T) *regmap.Model {
	m := &regmap.Model{
		ID: "any", MaxRegisters: rapid.IntRange(6, 60).Draw(t, "max registers"),
		MaxHole: rapid.IntRange(0, 30).Draw(t, "max hole"), Even: rapid.Bool().Draw(t, "even"),
	}
	at := rapid.IntRange(0, 20).Draw(t, "start")
	for i := range rapid.IntRange(0, 25).Draw(t, "registers") {
		at += rapid.SampledFrom([]int{0, 0, 0, 1, 2, 5, 17, 40}).Draw(t, "hole")
		r := regmap.Register{
			Name: fmt.Sprint("r", i), Quantity: metering.ActivePower, Address: uint16(at), Order: regmap.BigWords, Scale: 1,
			Function:  uint8(rapid.IntRange(3, 4).Draw(t, "function")),
			Type:      rapid.SampledFrom([]regmap.Type{regmap.U16, regmap.F32, regmap.U32U16, regmap.U64}).Draw(t, "type"),
			Group:     rapid.SampledFrom(regmap.Groups()).Draw(t, "group"),
			ReadAlone: rapid.IntRange(0, 9).Draw(t, "alone") == 0,
		}
		if rapid.IntRange(0, 9).Draw(t, "unsure") == 0 {
			r.Unsure = "seen once"
		}
		at += r.Words()
		m.Registers = append(m.Registers, r)
		last := &m.Registers[len(m.Registers)-1]
		if kind := rapid.IntRange(0, 5).Draw(t, "scale factor"); kind == 0 && r.Type == regmap.U16 && !r.ReadAlone {
			x := regmap.Register{Name: r.Name + "_sf", Function: r.Function, Address: uint16(at), Type: regmap.I16, Group: regmap.Ident, ScalesOthers: true, Unsure: r.Unsure}
			last.Exponent = &regmap.Exponent{Name: x.Name, Address: x.Address, Type: x.Type}
			m.Registers = append(m.Registers, x)
			at++
		}
		if rapid.IntRange(0, 9).Draw(t, "wall") == 0 {
			at += 2 // two, so that even reads around it do not touch it
			m.NoRead = append(m.NoRead, regmap.Span{First: uint16(at), Last: uint16(at + 1)})
			at += 4
		}
	}
	shareExponents(t, m)
	return m
}

// shareExponents gives scale factors to other values too, before and behind them,
// as far as one read holds both.
func shareExponents(t *rapid.T, m *regmap.Model) {
	for i := range m.Registers {
		x := &m.Registers[i]
		for j := range m.Registers {
			e := &m.Registers[j]
			if !x.ScalesOthers || e.Type != regmap.U16 || e.Function != x.Function || e.ReadAlone || e.Exponent != nil || e.Unsure != x.Unsure || rapid.IntRange(0, 2).Draw(t, "shared") > 0 {
				continue
			}
			e.Exponent = &regmap.Exponent{Name: x.Name, Address: x.Address, Type: x.Type}
			first, end := bounds(m, []*regmap.Register{e})
			reads := func(s regmap.Span) bool { return first <= int(s.Last) && end > int(s.First) }
			hole := max(int(x.Address)-int(e.Address), int(e.Address)-int(x.Address)) - 1
			if end-first > m.MaxRegisters || hole > m.MaxHole || slices.ContainsFunc(m.NoRead, reads) {
				e.Exponent = nil
			}
		}
	}
}

// TestPlanAgainstTwin holds a plan against the rules one by one, and its length
// against a twin that tries every way to cut the list of registers.
func TestPlanAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModel(t)
		groups := rapid.SliceOfDistinct(rapid.SampledFrom(regmap.Groups()), func(g regmap.Group) regmap.Group { return g }).Draw(t, "groups")
		plan := m.Plan(groups...)
		checkPlan(t, m, plan, groups)
		for _, b := range plan {
			checkBlock(t, m, b)
		}
		if want := fewest(m, groups); len(plan) != want {
			t.Fatalf("%d blocks, the twin needs %d: %v", len(plan), want, plan)
		}
		again := m.Plan(groups...)
		if fmt.Sprint(plan) != fmt.Sprint(again) {
			t.Fatalf("planned twice:\n%v\n%v", plan, again)
		}
	})
}

// checkPlan: every register of the groups is read once, and a scale factor with
// every block that needs it and no other.
func checkPlan(t *rapid.T, m *regmap.Model, plan []regmap.Block, groups []regmap.Group) {
	seen := map[string]int{}
	for _, b := range plan {
		needed := map[string]bool{}
		for _, r := range b.Registers {
			if r.Exponent != nil {
				needed[r.Exponent.Name] = true
			}
		}
		for _, r := range b.Registers {
			if r.ScalesOthers {
				if !needed[r.Name] {
					t.Fatalf("%v reads %s for nothing", b, r.Name)
				}
				delete(needed, r.Name)
				continue
			}
			seen[r.Name]++
		}
		if len(needed) > 0 {
			t.Fatalf("%v lacks %v", b, needed)
		}
	}
	for i := range m.Registers {
		r := &m.Registers[i]
		want := 0
		if slices.Contains(groups, r.Group) && r.Unsure == "" && !r.ScalesOthers {
			want = 1
		}
		if seen[r.Name] != want {
			t.Fatalf("%s is read %d times, want %d:\n%v", r.Name, seen[r.Name], want, plan)
		}
	}
	if !slices.IsSortedFunc(plan, func(a, b regmap.Block) int {
		return (int(a.Function)-int(b.Function))<<16 + int(a.Address) - int(b.Address)
	}) {
		t.Fatalf("not in order: %v", plan)
	}
}

func checkBlock(t *rapid.T, m *regmap.Model, b regmap.Block) {
	if why := allowed(m, b.Registers); why != "" {
		t.Fatalf("%v: %s", b, why)
	}
	first, end := bounds(m, b.Registers)
	if int(b.Address) != first || int(b.Address)+int(b.Count) != end {
		t.Fatalf("%v reads %d..%d, its registers need %d..%d", b, b.Address, int(b.Address)+int(b.Count)-1, first, end-1)
	}
	for _, r := range b.Registers {
		if r.Function != b.Function || r.Group != b.Group && !r.ScalesOthers {
			t.Fatalf("%v: %s is of another kind", b, r.Name)
		}
	}
}

// bounds are the first address and the one after the last of a read.
func bounds(m *regmap.Model, list []*regmap.Register) (first, end int) {
	first = 1 << 20
	for _, r := range list {
		first, end = min(first, int(r.Address)), max(end, int(r.Address)+r.Words())
		if x := r.Exponent; x != nil {
			first, end = min(first, int(x.Address)), max(end, int(x.Address)+1)
		}
	}
	if m.Even {
		first, end = first-first%2, end+end%2
	}
	return first, end
}

// allowed says which rule a read of these registers breaks.
func allowed(m *regmap.Model, list []*regmap.Register) string {
	used := map[int]bool{}
	for _, r := range list {
		if r.ReadAlone && len(list) > 1 {
			return r.Name + " is not alone"
		}
		from, to := bounds(&regmap.Model{}, []*regmap.Register{r})
		for at := from; at < to; at++ { // what lies between a value and its scale factor belongs to it
			used[at] = true
		}
	}
	first, end := bounds(m, list)
	if end-first > m.MaxRegisters {
		return "too long"
	}
	hole, within := 0, false // a hole lies between two values
	for at := first; at < end; at++ {
		hole++
		if used[at] {
			if within && hole-1 > m.MaxHole {
				return "a hole too large"
			}
			hole, within = 0, true
		}
		for _, s := range m.NoRead {
			if len(list) > 1 && at >= int(s.First) && at <= int(s.Last) {
				return "reads what must not be read"
			}
		}
	}
	return ""
}

// lists are a group's registers of one function: those that may be joined, in the
// order of what must be read for them, and those that may not.
func lists(m *regmap.Model, g regmap.Group, fn uint8) (list, alone []*regmap.Register) {
	for i := range m.Registers {
		r := &m.Registers[i]
		if r.Group != g || r.Function != fn || r.Unsure != "" || r.ScalesOthers {
			continue
		}
		if r.ReadAlone {
			alone = append(alone, r)
		} else {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *regmap.Register) int {
		aFirst, aEnd := bounds(&regmap.Model{}, []*regmap.Register{a})
		bFirst, bEnd := bounds(&regmap.Model{}, []*regmap.Register{b})
		return cmp0(cmp0(aFirst-bFirst, aEnd-bEnd), int(a.Address)-int(b.Address))
	})
	return list, alone
}

func cmp0(first, then int) int {
	if first != 0 {
		return first
	}
	return then
}

// fewest is the least number of reads, by trying every cut (dynamic programming
// over the registers of each group and function).
func fewest(m *regmap.Model, groups []regmap.Group) int {
	total := 0
	for _, g := range groups {
		for _, fn := range []uint8{3, 4} {
			list, alone := lists(m, g, fn)
			total += len(alone)
			best := make([]int, len(list)+1)
			for n := 1; n <= len(list); n++ {
				best[n] = best[n-1] + 1
				for from := n - 2; from >= 0; from-- {
					if allowed(m, list[from:n]) == "" {
						best[n] = min(best[n], best[from]+1)
					}
				}
			}
			total += best[len(list)]
		}
	}
	return total
}

// Blocks cut at their holes read the same registers and nothing else.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyModel(t)
		for _, b := range m.Plan(regmap.Groups()...) {
			var names, parts []string
			for _, r := range b.Registers {
				names = append(names, r.Name)
			}
			split := b.Split()
			for _, p := range split {
				for _, r := range p.Registers {
					parts = append(parts, r.Name)
				}
				if slack := int(p.Count) - wordsOf(p); slack > 0 && !m.Even {
					t.Fatalf("%v has a hole of %d", p, slack)
				}
				if again := p.Split(); len(again) != 1 {
					t.Fatalf("%v splits again: %v", p, again)
				}
				if m.Even && (p.Address%2 != 0 || p.Count%2 != 0) {
					t.Fatalf("%v is not even", p)
				}
			}
			if diff := cmp.Diff(names, parts); diff != "" {
				t.Fatalf("%v became %v: %s", b, split, diff)
			}
			if len(split) > 1 && int(b.Count) == wordsOf(b) {
				t.Fatalf("%v has no hole and became %v", b, split)
			}
		}
	})
}

// wordsOf is how many of a block's registers belong to its values.
func wordsOf(b regmap.Block) int {
	used := map[int]bool{}
	for _, r := range b.Registers {
		from, to := bounds(&regmap.Model{}, []*regmap.Register{r})
		for at := from; at < to; at++ {
			used[at] = true
		}
	}
	return len(used)
}
