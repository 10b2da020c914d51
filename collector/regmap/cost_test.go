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
