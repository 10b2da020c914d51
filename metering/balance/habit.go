package balance

import (
	"math"

	"asue/metering"
)

// Habit is what a feeder usually looks like, from earlier weeks.
type Habit struct {
	Mean metering.Energy // Wh in a base interval; 0 if unknown
	// Slope of the imbalance over the feeder's energy and its standard deviation,
	// from the regression behind Proportional on days that balanced. A Spread of 0
	// means unknown.
	Slope, Spread float64
}

// minHabit is how many days make a habit.
const minHabit = 5

// Habits are what the flows of the balance usually look like, from the local days
// of the grid that are complete and within what is permitted, for Config.Habits of
// a later stretch. The spread is known from five such days on.
func (r *Run) Habits() map[metering.PointID]Habit {
	habits := map[metering.PointID]Habit{}
	var days []window
	for _, d := range r.days() {
		if t := r.Total(d.From, d.To); t.Complete && !t.Beyond {
			first, _ := r.e.g.Slot(d.From)
			days = append(days, r.window(first, first+t.Expected))
		}
	}
	for _, f := range r.flows {
		if f.channel != metering.ChannelActiveImport || len(days) == 0 {
			continue
		}
		habits[f.point] = r.habit(f, days)
	}
	return habits
}

func (r *Run) habit(f *flow, days []window) Habit {
	var energy, n, slope, squares float64
	for _, w := range days {
		x, y := r.beside(w, f)
		for _, e := range x {
			energy += e
		}
		n += float64(len(x))
		s := fit(x, y).slope * f.sign()
		slope += s
		squares += s * s
	}
	h := Habit{Mean: wh(energy / n)}
	if k := float64(len(days)); k >= minHabit {
		h.Slope = slope / k
		h.Spread = math.Sqrt(max(0, (squares-k*h.Slope*h.Slope)/(k-1)))
	}
	return h
}

// beside are a flow's energies and the imbalances of a window.
func (r *Run) beside(w window, f *flow) (energy, imbalance []float64) {
	for _, slot := range w.slots {
		energy = append(energy, f.cells[slot].energy)
		imbalance = append(imbalance, r.slots[slot].Imbalance)
	}
	return energy, imbalance
}
