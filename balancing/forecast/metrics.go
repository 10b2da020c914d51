package forecast

// pinball is the loss of a forecast of the q-quantile: an upper quantile that is
// too low costs more than one that is too high. Koenker, Bassett 1978.
func pinball(q, y, forecast float64) float64 {
	if y >= forecast {
		return q * (y - forecast)
	}
	return (1 - q) * (forecast - y)
}

// winkler is the score of a band that should miss with a probability: its width,
// and a fine for what lies outside. Winkler 1972.
func winkler(miss, y, low, high float64) float64 {
	score := high - low
	switch {
	case y < low:
		score += 2 / miss * (low - y)
	case y > high:
		score += 2 / miss * (y - high)
	}
	return score
}
