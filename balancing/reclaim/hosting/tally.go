package hosting

// demand is what is drawn at a node: what was, and what newcomers add at their level.
type demand struct {
	node  int
	extra []float32 // of others, by usable weeks and blocks; nil: none
	power float64   // kW of the one who asks
	parts [][]float32
}

// level is one of the levels of a policy, once.
type level struct {
	value  float32
	weight float64 // its part of the years
	of     []int   // numbers of the policy's levels
}

func levelsOf(list []float64) []level {
	var out []level
	for i, v := range list {
		found := false
		for k := range out {
			if out[k].value == float32(v) {
				out[k].weight += 1 / float64(len(list))
				out[k].of = append(out[k].of, i)
				found = true
			}
		}
		if !found {
			out = append(out, level{float32(v), 1 / float64(len(list)), []int{i}})
		}
	}
	return out
}

// at lays the demand of a week out into buf.
func (d demand) at(m *Model, week int, lv float32, buf []float32) []float32 {
	copy(buf, m.week(d.node, week))
	if d.extra != nil {
		for b, v := range d.extra[week*m.perWeek : (week+1)*m.perWeek] {
			buf[b] += lv * v
		}
	}
	if d.power > 0 {
		x := lv * float32(d.power)
		for b, v := range d.parts[week] {
			buf[b] += x * v
		}
	}
	return buf
}

// tally is what of a week is above a power.
type tally struct {
	blocks int
	energy float64 // kWh
	depth  float64 // kW
}

func (t *tally) add(o tally) {
	t.blocks += o.blocks
	t.energy += o.energy
	t.depth = max(t.depth, o.depth)
}

// tallyOf tallies some blocks.
func tallyOf(blocks []float32, above float32, hours float64) (t tally) {
	excess, deepest := 0.0, float32(0)
	for _, p := range blocks {
		if p > above {
			t.blocks++
			excess += float64(p - above)
			deepest = max(deepest, p-above)
		}
	}
	t.energy, t.depth = excess*hours, float64(deepest)
	return t
}

// tallies are those of each usable week, by number of the policy's levels.
func (s *study) tallies(d demand, above float64) [][]tally {
	list := make([][]tally, len(s.policy.Levels))
	buf := make([]float32, s.m.perWeek)
	for _, lv := range s.levels {
		weeks := make([]tally, len(s.m.season))
		for w := range weeks {
			weeks[w] = tallyOf(d.at(s.m, w, lv.value, buf), float32(above), s.m.block.Hours())
		}
		for _, i := range lv.of {
			list[i] = weeks
		}
	}
	return list
}
