package forecast

// switching is by how much another method must be better to take over; leastDays
// is how many judged days a choice needs.
const (
	switching = 0.03
	leastDays = 7
)

// choose picks a method by the losses of those that were tried. The present one
// stays until another is better by more than 3 %, unless it does worse than the
// naive one.
func choose(present int, losses [methods]float64, tried []int) int {
	best := -1
	for _, m := range tried {
		if known(losses[m]) && (best < 0 || losses[m] < losses[best]) {
			best = m
		}
	}
	switch {
	case best < 0:
		return present
	case !contains(tried, present) || !known(losses[present]):
		return best
	case losses[best] < (1-switching)*losses[present]:
		return best
	case losses[naive] < losses[present]:
		return naive
	}
	return present
}

func contains(list []int, x int) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}
