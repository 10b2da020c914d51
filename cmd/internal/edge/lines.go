package edge

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"

	"asue/cmd/internal/settings"
	"asue/collector"
	"asue/collector/modbus"
	"asue/collector/registers"
	"asue/collector/regmap"
	"asue/metering"
)

// planner plans each model once for each kind of line: meters of one model share
// their plan.
type planner struct {
	library *regmap.Library

	mu    sync.Mutex // guards plans
	plans map[planKey]*registers.Plan
}

type planKey struct {
	model  string
	cost   regmap.Cost
	medium metering.Medium // of pulse counters; they are asked for one input
	pulse  int64
}

func newPlanner(library *regmap.Library) *planner {
	return &planner{library: library, plans: map[planKey]*registers.Plan{}}
}

func (p *planner) plan(id string, c regmap.Cost, medium metering.Medium, pulse int64) (*registers.Plan, error) {
	model, ok := p.library.Model(id)
	if !ok {
		return nil, fmt.Errorf("unknown model %q; asue probe --models lists the known ones", id)
	}
	key := planKey{model: id, cost: c}
	if model.Pulses() {
		model = model.Counting(medium, pulse)
		key.medium, key.pulse = medium, pulse
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.plans[key] == nil {
		p.plans[key] = registers.NewPlan(model, c)
	}
	return p.plans[key], nil
}

// ModelAt is the register map of a meter as it stands at the point of an install:
// of a pulse counter the input that counts the point's medium. The second result is
// false for an unknown meter or model.
func ModelAt(library *regmap.Library, site *metering.Site, i metering.Install) (*regmap.Model, bool) {
	meter, _ := site.Meter(i.Meter)
	model, ok := library.Model(meter.Model)
	if !ok {
		return nil, false
	}
	point, _ := site.Point(i.Point)
	return model.Counting(point.MediumOf(), i.Pulse), true
}

// lineSetup is everything that decides how a line is polled. Two with the same
// fingerprint are polled alike.
type lineSetup struct {
	settings.Line
	pace
	meters   []metering.Meter
	installs []metering.Install
	media    []metering.Medium // of the points where the meters stand
}

// pace is what a line needs of the collector's settings.
type pace struct{ fast, energy, slow, timeout time.Duration }

// setupOf gathers what the process file and the site file say of a line, with the
// installs that are in force now.
func (c *Collector) setupOf(cfg settings.Config, site *metering.Site, l settings.Line) lineSetup {
	its := cfg.Collector
	s := lineSetup{Line: l, pace: pace{its.Fast, its.Energy, its.Slow, its.Timeout}}
	now := c.Clock.Now()
	for _, m := range site.Meters {
		if m.Line != l.ID {
			continue
		}
		if install, ok := site.InstallOf(m.ID, now); ok {
			point, _ := site.Point(install.Point)
			s.meters, s.installs = append(s.meters, m), append(s.installs, install)
			s.media = append(s.media, point.MediumOf())
		}
	}
	return s
}

// fingerprint stands for a setup, which for thousands of lines would take more memory
// than polling them: SHA-256 of all that counts.
type fingerprint [sha256.Size]byte

func (s lineSetup) fingerprint() fingerprint {
	type standing struct { // of a meter at a point
		Meter  metering.MeterID
		Point  metering.PointID
		CT, VT metering.Ratio
		Pulse  int64
	}
	var installs []standing
	for _, i := range s.installs {
		installs = append(installs, standing{i.Meter, i.Point, i.CT, i.VT, i.Pulse})
	}
	text, err := json.Marshal([]any{s.Line, s.fast, s.energy, s.slow, s.timeout, s.meters, installs, s.media})
	if err != nil {
		panic(fmt.Sprintf("BUG: line %s: setup as JSON: %v", s.ID, err))
	}
	return sha256.Sum256(text)
}

// models are those of the line's meters.
func (s lineSetup) models(library *regmap.Library) ([]*regmap.Model, error) {
	var list []*regmap.Model
	for _, m := range s.meters {
		model, ok := library.Model(m.Model)
		if !ok {
			return nil, fmt.Errorf("meter %s: unknown model %q; asue probe --models lists the known ones", m.ID, m.Model)
		}
		list = append(list, model)
	}
	return list, nil
}

// openLine makes the bus of a line and hangs its meters on it. No connection is
// made yet.
func (c *Collector) openLine(s lineSetup) (collector.LineConfig, error) {
	models, err := s.models(c.library)
	if err != nil {
		return collector.LineConfig{}, err
	}
	options := modbus.Options{Timeout: s.timeout, Claim: true, Log: c.wireLog}
	for _, m := range models {
		options.Response = max(options.Response, m.ResponseTime)
	}
	bus, err := modbus.Open(s.URL, options)
	if err != nil {
		return collector.LineConfig{}, fmt.Errorf("line %s: %w", s.ID, err)
	}
	line := collector.LineConfig{ID: s.ID, Line: bus}
	cost := CostOf(s.URL)
	for i, m := range s.meters {
		install := s.installs[i]
		plan, err := c.planner.plan(m.Model, cost, s.media[i], install.Pulse)
		if err != nil {
			return line, fmt.Errorf("meter %s: %w", m.ID, err)
		}
		line.Meters = append(line.Meters, collector.MeterConfig{
			ID: m.ID, Device: registers.New(bus, m.Unit, plan, install.CT, install.VT),
			Serial: m.Serial, CT: install.CT, VT: install.VT, MaxPower: ratedPower(install),
			// A meter that renews its values more rarely gives nothing to faster polls.
			Fast: max(s.fast, models[i].MinPeriod), Energy: s.energy, Slow: s.slow,
		})
	}
	c.lines.put(s, bus)
	return line, nil
}

// lowVoltage is the line voltage at a meter without voltage transformers.
const lowVoltage = 400

// ratedPower is what the transformers of an install are rated for: √3·U·I of their
// primary sides. It is 0 where no current transformer stands, because then nobody
// has said.
func ratedPower(i metering.Install) metering.Power {
	current, _ := i.CT.Factor()
	if current == 1 {
		return 0
	}
	voltage, secondary := i.VT.Factor()
	if voltage == secondary {
		voltage = lowVoltage
	}
	return metering.Power(math.Round(math.Sqrt(3) * float64(voltage) * float64(current)))
}
