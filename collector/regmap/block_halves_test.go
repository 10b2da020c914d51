package regmap

import (
	"slices"
	"testing"
)

// TestHalves: every block of every model that has more than one value can be cut
// where values meet; the halves are shorter, hold each register once and can be
// read.
func TestHalves(t *testing.T) {
	library, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	cut := 0
	for _, id := range library.IDs() {
		m, _ := library.Model(id)
		for _, cost := range []Cost{TCPCost(), SerialCost(9600, true)} {
			for _, b := range m.PlanFor(cost, Groups()...) {
				halves := b.Halves()
				if halves == nil {
					continue
				}
				cut++
				var names, want []string
				for _, h := range halves {
					if h.Count >= b.Count || h.Count == 0 || int(h.Count) > m.MaxRegisters {
						t.Errorf("%s: %v cut into %v", id, b, h)
					}
					if err := h.fits(make([]uint16, h.Count)); err != nil {
						t.Errorf("%s: %v", id, err)
					}
					for _, r := range h.Registers {
						if !r.ScalesOthers {
							names = append(names, r.Name)
						}
					}
				}
				for _, r := range b.Registers {
					if !r.ScalesOthers {
						want = append(want, r.Name)
					}
				}
				slices.Sort(names)
				slices.Sort(want)
				if !slices.Equal(names, want) {
					t.Errorf("%s: %v: halves hold %v, the whole %v", id, b, names, want)
				}
			}
		}
	}
	if cut < 100 {
		t.Errorf("only %d blocks could be cut", cut)
	}
}
