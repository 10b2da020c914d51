package balancing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"
)

// BenchmarkTickActing is one tick of a zone of 47 residents with 150 actuators that
// has to shed: readings of all points and beats of all agents, shares, steps and
// messages.
func BenchmarkTickActing(b *testing.B) {
	cfg := balancing.Defaults()
	cfg.Limit = metering.LimitOf(29_700 * metering.Kilowatt)
	cfg.Acting.Mode = metering.ModeConfirm
	for i := range 8 {
		cfg.Nodes = append(cfg.Nodes, balancing.Node{ID: metering.NodeID(fmt.Sprintf("t%d", i)), Limit: metering.LimitOf(6 * metering.Megawatt)})
	}
	cfg.Points = append(cfg.Points, balancing.Point{ID: "in", Level: balancing.Inputs, Poll: time.Second, InService: true})
	f := newField()
	for i := range 47 {
		r := metering.ResidentID(fmt.Sprintf("r%d", i))
		n := metering.NodeID(fmt.Sprintf("t%d", i%8))
		p := metering.PointID("p-" + string(r))
		cfg.Residents = append(cfg.Residents, balancing.Resident{ID: r, Allowed: metering.Megawatt})
		cfg.Claims = append(cfg.Claims, balancing.Claim{Resident: r, Node: n, Allowed: metering.Megawatt, Technological: 100_000, Class: 1 + i%3})
		cfg.Points = append(cfg.Points, balancing.Point{ID: p, Level: balancing.Feeders, Node: n, Resident: r, Poll: 5 * time.Second, Cap: metering.LimitOf(metering.Megawatt)})
		for k := range 4 {
			if len(cfg.Actuators) == 150 {
				break
			}
			a := metering.Actuator{ID: metering.ActuatorID(fmt.Sprintf("a%d-%d", i, k)), Kind: metering.ActuatorRelay, Resident: r, Node: n, Point: p,
				Agent: metering.AgentID(n), Power: metering.Power(90_000 + 10_000*k), Importance: 1 + (i+k)%9, Mode: metering.ModeAuto}
			if k == 3 {
				a.Kind, a.Power, a.Least, a.Most = metering.ActuatorSetpoint, metering.Megawatt, 100_000, metering.Megawatt
				a.FailSafe = a.Least
			}
			cfg.Actuators = append(cfg.Actuators, a)
			f.add(a, a.Power, 5*time.Second)
		}
	}
	c := controller(b, cfg)
	now := morning
	c.Step(balancing.Leadership{At: now, Term: 1, Held: true})
	var st balancing.State
	var took []time.Duration
	step := func() {
		now = now.Add(5 * time.Second)
		for _, p := range cfg.Points {
			w := 0.66e6
			if p.ID == "in" {
				w = 0.66e6 * 47
			}
			c.Step(balancing.Reading{Point: p.ID, Meter: "m", At: now, HasPower: true, PowerW: w})
		}
		for _, m := range f.step(now) {
			c.Step(m)
		}
		begin := time.Now()
		st = c.Tick(now).State
		took = append(took, time.Since(begin))
	}
	for range 400 {
		step()
	}
	if len(st.Hands.Proposals) == 0 {
		b.Fatalf("nothing had to be shed: this shows nothing: %s %s", st.Phase, st.Condition)
	}
	took = nil
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
	slices.Sort(took) // a plan is made at every fourth tick
	b.ReportMetric(float64(took[len(took)*7/8].Microseconds()), "µs/tick-with-plan")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/tick")
}
