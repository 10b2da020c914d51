package estimate

import (
	"cmp"
	"fmt"
	"time"

	"asue/balancing/study"
	"asue/metering"
)

// Config is what an Estimator is made from. A zero duration takes its default.
type Config struct {
	Site    *metering.Site
	Ambient Ambient
	// Fresh is how old a value may be to count as that of now; 15 s.
	Fresh time.Duration
	// Keep is how long the last value of a silent meter is taken; 15 min.
	Keep time.Duration
	// Persist is how long a contradiction must last to be a finding, and an agreement to
	// end it; 15 min.
	Persist time.Duration
}

// Ambient is the temperature of the air. The zero Ambient is +25 °C, assumed.
type Ambient struct {
	C float64
	// Source is where it comes from; empty: nobody has stated it, and C does not count.
	Source string
	// Measured: it is that of now. What is stated once and for all is an assumption.
	Measured bool
}

func (a Ambient) celsius() float64 {
	if a.Source == "" {
		return study.DefaultAmbientC
	}
	return a.C
}

// Estimator follows the network by its meters. It belongs to one goroutine.
type Estimator struct {
	cfg    Config
	model  *study.Model
	live   *study.Live
	armour study.Armour
	grid   *grid
	meters map[metering.PointID]*kept
	expect map[metering.ResidentID]float64 // MW

	started time.Time
	setting study.Setting // as concluded last
	lost    losses        // of the last state
	doubts  map[doubtKey]*doubt
}

// Picture is the network as its meters show it.
type Picture struct {
	State   metering.NetworkState // Residuals and Assumed included
	Setting study.Setting         // what the state was calculated with
	Loads   []study.Load
	// Doubts are the contradictions that have become findings or have ceased to be some
	// since the last step.
	Raised, Cleared []metering.Finding
}

// New makes the model of a site's network as it is at a moment, and an estimator that
// has heard nothing yet. It fails with study.Faults.
func New(cfg Config, at time.Time) (*Estimator, error) {
	cfg.Fresh = cmp.Or(cfg.Fresh, 15*time.Second)
	cfg.Keep = cmp.Or(cfg.Keep, 15*time.Minute)
	cfg.Persist = cmp.Or(cfg.Persist, 15*time.Minute)
	model, err := study.New(cfg.Site, at)
	if err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	e := &Estimator{
		cfg: cfg, model: model, live: model.Live(), armour: study.ArmourOf(cfg.Site, at), grid: newGrid(cfg.Site, at),
		meters: map[metering.PointID]*kept{}, expect: map[metering.ResidentID]float64{}, doubts: map[doubtKey]*doubt{}, started: at,
	}
	e.setting = study.Setting{Closed: map[metering.ElementID]bool{}, Positions: map[metering.NodeID]int{}, FeedKV: map[string]float64{}}
	return e, nil
}

// Model is the model that the estimator asks; anybody may ask it at once.
func (e *Estimator) Model() *study.Model { return e.model }

// SetAmbient changes the temperature of the air.
func (e *Estimator) SetAmbient(a Ambient) { e.cfg.Ambient = a }

// Expect says what a resident will draw on the whole while its meters are silent, MW.
func (e *Estimator) Expect(r metering.ResidentID, mw float64) { e.expect[r] = mw }

// rounds bounds how often one step asks the model: losses, voltages of feeds and taps
// follow from its answer and change the question a little.
const rounds = 4

// Step is the network at a moment, by what has been heard until then.
func (e *Estimator) Step(now time.Time) Picture {
	seen := e.look(now)
	e.conclude(seen)
	said := e.gather(seen)
	var p Picture
	var sums sums
	for range rounds {
		sums = e.solve(said)
		p.Loads = e.loads(seen, sums)
		p.Setting = e.question()
		p.State = e.live.Step(study.Measured{At: now, Setting: p.Setting, Loads: p.Loads, Switches: seen.switches, KV: seen.kv})
		moved := e.lost.learn(e.grid, p.State)
		if p.State.Problem != "" || !e.calibrate(seen, p.State) && !moved {
			break
		}
	}
	p.State.Residuals = e.residuals(seen, sums, p.State)
	p.State.Assumed = append(p.State.Assumed, e.assumed(seen)...)
	p.Raised, p.Cleared = e.judge(now)
	return p
}

// Readiness is what would happen if the line in service tripped now.
func (e *Estimator) Readiness(p Picture) metering.Readiness {
	return e.model.Readiness(p.Setting, p.Loads, e.armour)
}

// question is a copy of what was concluded, for the model and for who asks it next.
func (e *Estimator) question() study.Setting {
	s := study.Setting{Sources: append([]string{}, e.setting.Sources...), Out: append([]string(nil), e.setting.Out...),
		Closed: map[metering.ElementID]bool{}, Positions: map[metering.NodeID]int{}, FeedKV: map[string]float64{}}
	for k, v := range e.setting.Closed {
		s.Closed[k] = v
	}
	for k, v := range e.setting.Positions {
		s.Positions[k] = v
	}
	for k, v := range e.setting.FeedKV {
		s.FeedKV[k] = v
	}
	celsius := e.cfg.Ambient.celsius()
	s.AmbientC = &celsius
	return s
}
