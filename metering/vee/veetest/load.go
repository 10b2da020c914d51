package veetest

import (
	"math/rand/v2"
	"time"

	"asue/metering"
)

// Load is what really flowed at a point, drawn from the grid, second by second.
type Load struct {
	Start time.Time
	// sum is the energy since Start at each whole second, thousandths of Wh.
	sum []int64
}

// Furnace is the load of a steel works: a level that wanders around a mean from one
// quarter of an hour to the next, and a furnace that switches every minute to a
// few.
func Furnace(seed uint64, start time.Time, length time.Duration, mean metering.Power) Load {
	rng := rand.New(rand.NewPCG(seed, 0xf0))
	base := float64(mean)
	on, left := true, 0
	return made(start, length, func(second int) float64 {
		if second%900 == 0 {
			base += 0.55 * (float64(mean)*(0.4+1.2*rng.Float64()) - base)
		}
		if left == 0 {
			if on = !on; on {
				left = 90 + rng.IntN(270)
			} else {
				left = 45 + rng.IntN(135)
			}
		}
		left--
		power := base * 0.65
		if on {
			power = base * 1.15
		}
		return power * (1 + 0.03*rng.NormFloat64())
	})
}

// Shifts is the load of a works in shifts: much by day, little by night, nothing
// for some hours now and then.
func Shifts(seed uint64, start time.Time, length time.Duration, most metering.Power) Load {
	rng := rand.New(rand.NewPCG(seed, 0x5f))
	level := 0.0
	return made(start, length, func(second int) float64 {
		if second%1800 == 0 {
			level = float64(most) * [...]float64{0, 0.02, 0.05, 0.3, 0.6, 0.9}[rng.IntN(6)]
		}
		return level * (0.9 + 0.1*rng.Float64())
	})
}

func made(start time.Time, length time.Duration, power func(second int) float64) Load {
	n := int(length / time.Second)
	l := Load{Start: start, sum: make([]int64, n+1)}
	for i := range n {
		l.sum[i+1] = l.sum[i] + int64(max(0, power(i))*1000/3600)
	}
	return l
}

// End is until when the load is known.
func (l Load) End() time.Time { return l.Start.Add(time.Duration(len(l.sum)-1) * time.Second) }

// Until is the energy from Start to a moment, in thousandths of Wh: even within
// each second, nothing before Start and after End.
func (l Load) Until(t time.Time) int64 {
	ms := t.Sub(l.Start).Milliseconds()
	i := int(ms / 1000)
	switch {
	case ms <= 0:
		return 0
	case i >= len(l.sum)-1:
		return l.sum[len(l.sum)-1]
	}
	return l.sum[i] + (l.sum[i+1]-l.sum[i])*(ms%1000)/1000
}

// Between is the energy of [a, b) in thousandths of Wh.
func (l Load) Between(a, b time.Time) int64 { return l.Until(b) - l.Until(a) }

// Power is the mean power of the second that holds t.
func (l Load) Power(t time.Time) metering.Power {
	t = t.Truncate(time.Second)
	return metering.Power(l.Between(t, t.Add(time.Second)) * 3600 / 1000)
}
