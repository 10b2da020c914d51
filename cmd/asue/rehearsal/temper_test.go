package rehearsal

import "time"

// temper is how rough a run is.
type temper struct {
	name     string
	calm     bool // so little is broken that the limit can be asked for
	weather  weather
	bus      float64       // probability of a fault of a write
	troubles time.Duration // mean time between two faults; 0: none
	mischief time.Duration // mean time between two false messages; 0: none
	whims    time.Duration // mean time between two orders that nobody needs; 0: none
	unarmed  float64       // probability that nobody arms
	length   time.Duration
	silence  time.Duration // all balancers are dead for so long at the end; 0: they live
}

func temperOf(s *stage) temper {
	var t temper
	switch dice := s.dice.Float64(); {
	case dice < 0.15:
		t = temper{name: "calm", calm: true, mischief: 40 * time.Second, length: s.between(43*time.Minute, 50*time.Minute),
			weather: weather{drop: 0.01, double: 0.02, slow: 0.01, slowFor: 500 * time.Millisecond}}
	case dice < 0.7:
		t = temper{name: "rough", troubles: time.Minute, mischief: 15 * time.Second, whims: 2 * time.Minute, bus: 0.03, unarmed: 0.05, length: s.between(7*time.Minute, 15*time.Minute),
			weather: weather{drop: 0.03, double: 0.1, slow: 0.05, slowFor: 4 * time.Second, flip: 0.01}}
	default:
		t = temper{name: "wild", troubles: 20 * time.Second, mischief: 4 * time.Second, whims: time.Minute, bus: 0.15, unarmed: 0.05, length: s.between(6*time.Minute, 13*time.Minute),
			weather: weather{drop: 0.15, double: 0.3, slow: 0.2, slowFor: 15 * time.Second, flip: 0.05}}
	}
	switch dice := s.dice.Float64(); {
	case dice < 0.005:
		t.silence = 2*time.Hour + 10*time.Minute
	case dice < 0.15:
		t.silence = 11 * time.Minute
	}
	return t
}
