package simulator

import (
	"time"

	"asue/metering"
)

// Comm is how a meter behaves on its line.
type Comm uint8

// States of a meter on its line.
const (
	Answers Comm = 0
	Silent  Comm = 1 // requests to it are never answered
)

// LineState is how a line behaves.
type LineState struct {
	// DelayMin and DelayMax bound the time that every answer takes longer than
	// usual; zero for a line that is well.
	DelayMin, DelayMax time.Duration
}

// Comm tells how a meter behaves now.
func (w *World) Comm(m metering.MeterID) Comm { return w.shared.commOf(w.active, m) }

// Line tells how a line behaves now.
func (w *World) Line(l metering.LineID) LineState { return lineOf(w.active, l) }

func (s *shared) commOf(active []Active, m metering.MeterID) Comm {
	for _, a := range active {
		if a.Name == MeterSilent && a.Target == string(m) || a.Name == DeadMeters && s.dead[m] {
			return Silent
		}
	}
	return Answers
}

func lineOf(active []Active, l metering.LineID) LineState {
	for _, a := range active {
		if a.Name == GatewaySlow && a.Target == string(l) {
			return LineState{DelayMin: slowAnswerFrom, DelayMax: slowAnswerTo}
		}
	}
	return LineState{}
}
