package waterfill

import "slices"

// greedy takes the next load in order until each node has what it needs, the
// deepest node first.
func (s *shedding) greedy(use []bool) {
	s.fill(use, func(a, b Step) bool {
		if a.Importance != b.Importance {
			return a.Importance < b.Importance
		}
		return a.ShedMinutes < b.ShedMinutes
	})
	s.takeBack()
}

// fill takes usable steps in order wherever a node is still short, the deepest
// node first.
func (s *shedding) fill(use []bool, before func(a, b Step) bool) {
	shed := s.shed()
	var line []int32
	for _, v := range s.f.order {
		if shed[v] >= s.need[v] {
			continue
		}
		line = line[:0]
		end := s.f.place[v]
		for _, u := range s.f.order[end-s.f.size[v]+1 : end+1] {
			for _, i := range s.f.of(u) {
				if use[i] && !s.taken[i] {
					line = append(line, i)
				}
			}
		}
		slices.SortFunc(line, func(a, b int32) int {
			switch {
			case before(s.steps[a], s.steps[b]):
				return -1
			case before(s.steps[b], s.steps[a]):
				return 1
			}
			return int(a - b)
		})
		for _, i := range line {
			if shed[v] >= s.need[v] {
				break
			}
			s.take(i, shed)
		}
	}
}

func (s *shedding) take(i int32, shed []int64) {
	s.taken[i] = true
	for v := s.f.at[i]; v >= 0; v = s.f.parent[v] {
		shed[v] += s.steps[i].KW
	}
}

// takeBack gives back what is not needed by measured power, the costliest first.
func (s *shedding) takeBack() {
	shed := s.shed()
	var line []int32
	for i, taken := range s.taken {
		if taken {
			line = append(line, int32(i))
		}
	}
	slices.SortStableFunc(line, func(a, b int32) int {
		switch x, y := s.steps[a].cost(), s.steps[b].cost(); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, i := range line {
		needed := false
		for v := s.f.at[i]; v >= 0 && !needed; v = s.f.parent[v] {
			needed = shed[v]-s.steps[i].KW < s.need[v]
		}
		if needed {
			continue
		}
		s.taken[i] = false
		for v := s.f.at[i]; v >= 0; v = s.f.parent[v] {
			shed[v] -= s.steps[i].KW
		}
	}
}
