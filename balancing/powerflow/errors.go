package powerflow

import (
	"errors"
	"fmt"
)

// ErrNoSource is returned when nothing in the network holds voltage and angle.
var ErrNoSource = errors.New("no source: no bus of kind slack has a generator in service, so nothing is energised")

// ErrTooMeshed is returned for networks whose elimination would take too much memory.
var ErrTooMeshed = errors.New("the network is meshed too densely for this solver")

// NotConvergedError says that no solution was found and where it hurt most. The load
// may be more than the network can carry.
type NotConvergedError struct {
	Island      int     // index in Result.Islands
	Iterations  int     // of Newton's method, all attempts together
	WorstBus    string  // whose power is most out of balance
	MismatchMVA float64 // there, the greater of MW and Mvar
	Carried     float64 // part of loads and generation, 0…1, up to which solutions were found; −1: not tried
	History     []float64
}

// Error names the worst bus.
func (e *NotConvergedError) Error() string {
	text := fmt.Sprintf("not converged after %d iterations: worst at bus %s, %.4g MVA out of balance", e.Iterations, e.WorstBus, e.MismatchMVA)
	switch {
	case e.Carried > 0:
		return fmt.Sprintf("%s; up to %.1f %% of the load there is a solution: it may be more than the network can carry", text, e.Carried*100)
	case e.Carried == 0:
		return text + "; not even without load is there a solution: check impedances and set voltages"
	}
	return text
}

// SingularError says that the equations do not determine the voltage of a bus.
type SingularError struct {
	Bus       string
	Iteration int
}

// Error names the bus.
func (e *SingularError) Error() string {
	return fmt.Sprintf("singular at bus %s in iteration %d: check the impedances there", e.Bus, e.Iteration)
}

// LowVoltageError says that only a solution was found that a network does not work
// on: a bus lies below 0.7 of the voltage held, and no way leads there from no load.
type LowVoltageError struct {
	Bus string
	PU  float64
}

// Error names the lowest bus.
func (e *LowVoltageError) Error() string {
	return fmt.Sprintf("only the low-voltage branch of the solution was found: bus %s at %.3f pu; the load is more than the network can carry", e.Bus, e.PU)
}

// TapHuntingError says that a tap changer goes to and fro: at one position its bus is
// above its band, at the next below, because a step moves it by more than the band is
// wide. Near the end of its range and with much load a step moves more than nominal.
type TapHuntingError struct {
	Regulator int // index in Network.Regulators
	Branch    string
	Bus       string
	Low, High int        // positions between which it goes
	PU        [2]float64 // of the bus at Low and at High, with all other changers where they stand
	Band      [2]float64 // pu
	Passes    int
}

// Error names the regulator and the remedy.
func (e *TapHuntingError) Error() string {
	return fmt.Sprintf("tap changer %d (branch %s, bus %s) hunts between positions %d and %d, where the bus has %.4f and %.4f pu: make its dead band, %.4f to %.4f pu, wider than that step",
		e.Regulator, e.Branch, e.Bus, e.Low, e.High, e.PU[0], e.PU[1], e.Band[0], e.Band[1])
}
