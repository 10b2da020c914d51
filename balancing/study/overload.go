package study

import "asue/metering"

// Overload is how long a transformer stands what an outage has put on it.
type Overload struct {
	Transformer metering.NodeID `json:"transformer"`
	BeforePct   float64         `json:"before_pct"` // its load before the outage, which had lasted
	AfterPct    float64         `json:"after_pct"`  // its load when transfers and tap changers have acted
	Long        Endurance       `json:"long"`       // by the limits of long-time emergency loading
	Short       Endurance       `json:"short"`      // by those of short-time emergency loading
}

// Endurance is a time that a load can be stood.
type Endurance struct {
	Minutes float64 `json:"minutes"` // 0 with Endless
	Endless bool    `json:"endless"` // no limit is ever passed
}

// Overloads are the transformers that are loaded above their continuous rating after an
// outage: before is the state of the setting without it. They are in the order of the
// site file; one that was dead before is taken to be cold.
func (m *Model) Overloads(s Setting, before metering.NetworkState, c Contingency) []Overload {
	var list []Overload
	for i, after := range c.Later.State.Transformers {
		t := &m.transformers[i]
		if !after.Live || after.LoadingPct <= m.factor(t, Setting{AmbientC: s.AmbientC})*100 {
			continue
		}
		o := Overload{Transformer: after.Node, AfterPct: after.LoadingPct}
		if i < len(before.Transformers) {
			o.BeforePct = before.Transformers[i].LoadingPct
		}
		step := Step{s.ambient(), o.BeforePct / 100, o.AfterPct / 100}
		o.Long, o.Short = t.cooling.endurance(step, LongEmergency), t.cooling.endurance(step, ShortEmergency)
		list = append(list, o)
	}
	return list
}

// endurance is how long a step is stood. The exponents of steps let a little more pass
// for good than those of lasting loads do; between both it ends when nothing changes
// any more.
func (c Cooling) endurance(s Step, r Regime) Endurance {
	d, passes := c.Stands(s, r)
	if !passes && s.After <= c.Factor(s.AmbientC, r) {
		return Endurance{Endless: true}
	}
	return Endurance{Minutes: d.Minutes()}
}
