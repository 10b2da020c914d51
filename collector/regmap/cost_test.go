package regmap_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"asue/collector/regmap"
)

// How many unused registers cost as much as another request: 19 to 32 at 9600
// baud, 28 to 54 at 19200 and more than 110 at 115200 (11 bits a character, a
// turnaround of 20 to 50 ms).
func TestBreakEven(t *testing.T) {
	f := func(c regmap.Cost, least, most int) {
		t.Helper()
		n := int(c.Request / c.Register)
		if n < least || n > most {
			t.Errorf("%v for a request, %v for a register: even at %d registers, want %d to %d", c.Request, c.Register, n, least, most)
		}
	}
	f(regmap.SerialCost(9600, true), 19, 32)
	f(regmap.SerialCost(9600, false), 19, 32)
	f(regmap.SerialCost(19200, true), 28, 54)
	f(regmap.SerialCost(115200, true), 110, 250)
	f(regmap.TCPCost(), 125, 1<<20) // always join
	if regmap.TCPCost().Untagged || !regmap.SerialCost(9600, true).Untagged {
		t.Error("only TCP has tags")
	}
	c := regmap.Cost{Request: 50 * time.Millisecond, Register: 2 * time.Millisecond}
	if got := c.Of(30); got != 110*time.Millisecond {
		t.Errorf("30 registers cost %v", got)
	}
}

func anyCost(t *rapid.T) regmap.Cost {
	return regmap.Cost{
		Request:  time.Duration(rapid.Int64Range(0, 100).Draw(t, "request")) * time.Millisecond,
		Register: time.Duration(rapid.Int64Range(0, 5).Draw(t, "register")) * time.Millisecond,
	}
}

func total(c regmap.Cost, plan []regmap.Block) (sum time.Duration) {
	for _, b := range plan {
		sum += c.Of(int(b.Count))
	}
	return sum
}

// A plan by cost keeps every rule, costs what the twin's best costs, and so never
// more than any greedy one or none at all.
func TestPlanForAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, c := anyModel(t), anyCost(t)
		groups := []regmap.Group{regmap.Fast, regmap.EnergyGroup, regmap.Ident}
		plan := m.PlanFor(c, groups...)
		checkPlan(t, m, plan, groups)
		for _, b := range plan {
			checkBlock(t, m, b)
		}
		if got, want := total(c, plan), cheapest(m, c, groups); got != want {
			t.Fatalf("costs %v, the twin's %v: %v", got, want, plan)
		}
		for _, hole := range []int{0, 1, 4, 16, m.MaxHole} {
			if greedy := m.PlanHole(min(hole, m.MaxHole), groups...); total(c, plan) > total(c, greedy) {
				t.Fatalf("costs %v, joining holes of %d costs %v: %v and %v", total(c, plan), hole, total(c, greedy), plan, greedy)
			}
		}
		if again := m.PlanFor(c, groups...); fmt.Sprint(plan) != fmt.Sprint(again) {
			t.Fatalf("planned twice:\n%v\n%v", plan, again)
		}
	})
}

// cheapest tries every way to cut each list of registers.
func cheapest(m *regmap.Model, c regmap.Cost, groups []regmap.Group) (sum time.Duration) {
	for _, g := range groups {
		for _, fn := range []uint8{3, 4} {
			list, alone := lists(m, g, fn)
			for _, r := range alone {
				sum += costOf(m, c, []*regmap.Register{r})
			}
			best := make([]time.Duration, len(list)+1)
			for n := 1; n <= len(list); n++ {
				best[n] = best[n-1] + costOf(m, c, list[n-1:n])
				for from := n - 2; from >= 0; from-- {
					if allowed(m, list[from:n]) == "" {
						best[n] = min(best[n], best[from]+costOf(m, c, list[from:n]))
					}
				}
			}
			sum += best[len(list)]
		}
	}
	return sum
}

func costOf(m *regmap.Model, c regmap.Cost, list []*regmap.Register) time.Duration {
	first, end := bounds(m, list)
	return c.Of(end - first)
}

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

// The plans of all models for a serial line of 9600 baud, and how far the lengths
// of their blocks could be told apart.
func TestPlansAt9600Baud(t *testing.T) {
	lib := library(t)
	var out strings.Builder
	var same, models int
	for _, id := range lib.IDs() {
		m, _ := lib.Model(id)
		plan := m.PlanFor(regmap.SerialCost(9600, true), regmap.Groups()...)
		fmt.Fprintf(&out, "%s\n", id)
		twins := map[string]int{}
		for _, b := range plan {
			fmt.Fprintf(&out, "  %v\n", b)
			twins[fmt.Sprintf("fc %d, %d registers", b.Function, b.Count)]++
		}
		var told []string
		for what, n := range twins {
			if n > 1 {
				told = append(told, fmt.Sprintf("%s %d times", what, n))
			}
		}
		slices.Sort(told)
		if len(told) > 0 {
			models++
			same += len(told)
			fmt.Fprintf(&out, "  the same length: %s\n", strings.Join(told, "; "))
		}
	}
	fmt.Fprintf(&out, "\nof %d models %d have blocks of the same length\n", len(lib.IDs()), models)
	const file = "testdata/plans/9600-baud.txt"
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("plans have changed (renew the file with -rewrite): %s", diff)
	}
}
