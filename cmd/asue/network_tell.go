package main

import (
	"math"
	"time"

	"asue/balancing/estimate"
	"asue/cmd/internal/node"
	"asue/metering"
)

// networkFigures are what /metrics tells.
type networkFigures struct {
	state     metering.NetworkState
	took      time.Duration
	readyTook time.Duration
	steps     int
	findings  int
}

func (w *networker) show(p estimate.Picture, took time.Duration) {
	held := 0
	for _, list := range w.held {
		held += len(list)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = &p
	w.shown.state, w.shown.took, w.shown.findings = p.State, took, held
	w.shown.steps++
}

// lights are the lights of readiness as numbers: the more the better.
var lights = map[metering.Light]float64{metering.LightRed: 0, metering.LightAmber: 1, metering.LightGreen: 2}

func (w *networker) metrics(e node.Emitter) {
	w.mu.Lock()
	f := w.shown
	w.mu.Unlock()
	e.Counter("asue_network_states_total", "States of the network calculated.", float64(f.steps))
	if f.steps == 0 {
		return
	}
	s := f.state
	e.Gauge("asue_network_solve_seconds", "How long the last state took.", f.took.Seconds())
	e.Gauge("asue_network_readiness_seconds", "How long it took to say what would happen if the line in service tripped.", f.readyTook.Seconds())
	e.Gauge("asue_network_age_seconds", "Age of the last state.", w.Clock.Now().Sub(s.At).Seconds())
	e.Gauge("asue_network_problem", "1 while no power flow can be calculated.", node.Truth(s.Problem != ""))
	e.Gauge("asue_network_findings", "Meters that contradict the model, by findings that hold.", float64(f.findings))
	e.Gauge("asue_network_residual_sigma", "Greatest contradiction of a meter and the model, in standard deviations.", worstSigma(s))
	e.Gauge("asue_network_violations", "Limits that are broken.", float64(len(s.Violations)))
	e.Gauge("asue_network_unserved_mw", "Load of dead buses.", s.UnservedMW)
	if s.Problem == "" {
		e.Gauge("asue_network_loss_mw", "Losses in lines and transformers of the model.", s.LossMW)
		e.Gauge("asue_network_no_load_loss_mw", "Part of them in the iron of transformers.", s.NoLoadMW)
	}
	for _, b := range s.Buses {
		e.Gauge("asue_network_voltage_kv", "Voltage of a bus by the model, phase to phase; 0 while it is dead.", b.KV, "bus", string(b.Node))
	}
	for _, l := range s.Lines {
		e.Gauge("asue_network_line_loading_pct", "Current of a line over what it may carry at the temperature of the air.", l.LoadingPct, "line", string(l.ID))
	}
	for _, t := range s.Transformers {
		e.Gauge("asue_network_transformer_loading_pct", "Current of the worst winding over its rated current.", t.LoadingPct, "transformer", string(t.Node))
	}
	readinessMetrics(e, s.Readiness)
}

func readinessMetrics(e node.Emitter, r *metering.Readiness) {
	if r == nil {
		return
	}
	e.Gauge("asue_network_readiness", "Whether the reserve carries the armour of all: 2 the technological one, 1 the emergency one, 0 not even that.", lights[r.Light], "light", string(r.Light))
	e.Gauge("asue_network_backup_sources", "Sources that would feed after the loss of the line in service.", float64(len(r.Backup)))
	e.Gauge("asue_network_backup_limit_mw", "What they could carry of the present load as it is spread.", r.LimitMW)
	e.Gauge("asue_network_shed_mw", "What would have to be taken off then.", r.ShedMW)
	e.Gauge("asue_network_overload_minutes", "How long what is overloaded then could stand it; 0: nothing is.", r.Minutes)
}

func worstSigma(s metering.NetworkState) float64 {
	if len(s.Residuals) == 0 {
		return 0
	}
	return math.Abs(s.Residuals[0].Sigma) // greatest first
}
