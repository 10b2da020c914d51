package hosting

import "math"

// crude is what a normal distribution needs to be told of the loads at a node.
type crude struct {
	mean     float64 // sum of means, kW
	variance float64 // sum of variances, kW²
	spread   float64 // sum of standard deviations, kW
}

type spread struct{ mean, sd float64 }

func (c *crude) add(s spread) {
	c.mean += s.mean
	c.variance += s.sd * s.sd
	c.spread += s.sd
}

// sd is the standard deviation of the sum where every two loads are correlated by rho.
func (c crude) sd(rho float64) float64 {
	return math.Sqrt(c.variance + rho*(c.spread*c.spread-c.variance))
}

// above is the probability that the sum is above a limit in a block, taken for normal.
// It is a check of the order of magnitude, and shows what the assumption of
// independence (rho 0) hides; no decision rests on it.
func (c crude) above(limit, rho float64) float64 {
	sd := c.sd(rho)
	if sd == 0 {
		if c.mean > limit {
			return 1
		}
		return 0
	}
	return 0.5 * math.Erfc((limit-c.mean)/sd/math.Sqrt2)
}

// spreadOf is the mean and the standard deviation of the blocks of some weeks.
func spreadOf(weeks []Week, usable []int) spread {
	n, sum, squares := 0.0, 0.0, 0.0
	for _, i := range usable {
		for _, p := range weeks[i].Power {
			n++
			sum += float64(p)
			squares += float64(p) * float64(p)
		}
	}
	if n == 0 {
		return spread{}
	}
	mean := sum / n
	return spread{mean, math.Sqrt(max(0, squares/n-mean*mean))}
}
