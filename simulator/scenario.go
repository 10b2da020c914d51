package simulator

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Names of the scenarios.
const (
	Calm          = "calm"
	MorningPeak   = "morning-peak"
	MeterSilent   = "meter-silent"
	GatewaySlow   = "gateway-slow"
	KaratagaiLost = "karatagai-lost"
)

// What the scenarios do.
const (
	peakRise       = 2 * time.Minute
	peakHold       = 30 * time.Minute
	peakFall       = 5 * time.Minute
	peakOverLimit  = 1.08 // of the contract: 32.1 MW at 29.7
	slowAnswerFrom = 2 * time.Second
	slowAnswerTo   = 4 * time.Second
)

// Target says what a scenario may be aimed at.
type Target string

// Targets of scenarios.
const (
	TargetNone  Target = ""
	TargetMeter Target = "meter"
	TargetLine  Target = "line"
)

// Scenario is something that can happen to the zone.
type Scenario struct {
	Name        string
	Description string // English
	Target      Target
	Lasts       time.Duration // 0: until it is stopped
}

// Scenarios lists what can be started, in the order of a menu.
func Scenarios() []Scenario {
	return []Scenario{
		{Calm, "ends every other scenario", TargetNone, 0},
		{MorningPeak, "within 2 minutes the zone's load climbs to 8 % above the contract, stays there for half an hour and falls back in 5", TargetNone, peakRise + peakHold + peakFall},
		{MeterSilent, "one meter stops answering; its registers go on counting", TargetMeter, 0},
		{GatewaySlow, "one line answers every request only after 2 to 4 seconds", TargetLine, 0},
		{KaratagaiLost, "the supply line in service trips: the zone is dead unless another line is available; meters go on answering from auxiliary supply", TargetNone, 0},
	}
}

// Active is a scenario that is going on.
type Active struct {
	Name   string
	Target string
	Since  time.Time
	Until  time.Time // zero: until it is stopped
}

// Start starts a scenario now. target names the meter or line that it is aimed
// at; empty takes one: the first resident's meter, or a line that does not carry
// the meters of the input. A scenario that is going on begins anew.
//
// It fails on an unknown name and on a target that the site does not have.
func (w *World) Start(name, target string) error {
	return w.Schedule(Event{At: w.Now(), Scenario: name, Target: target})
}

// Stop ends a scenario now, with whatever target; one that is not going on stays
// so. It fails on an unknown name.
func (w *World) Stop(name string) error {
	return w.Schedule(Event{At: w.Now(), Scenario: name, Stop: true})
}

// Schedule puts an event on the world's programme; one for the present moment
// happens at once. It fails like Start, and on a time that has passed.
func (w *World) Schedule(e Event) error {
	e.At = e.At.UTC()
	if e.At.UnixNano() < w.now {
		return fmt.Errorf("scenario %s at %s: the world stands at %s already", e.Scenario, e.At.Format(time.RFC3339Nano), w.Now().Format(time.RFC3339Nano))
	}
	if err := w.aim(&e); err != nil {
		return err
	}
	i, _ := slices.BinarySearchFunc(w.events, e, func(a, b Event) int {
		if !a.At.After(b.At) { // after what is due at the same moment
			return -1
		}
		return 1
	})
	w.events = slices.Insert(w.events, i, e)
	if w.happen() {
		w.enterSlot()
	}
	return nil
}

// aim checks an event and fills in its target.
func (w *World) aim(e *Event) error {
	i := slices.IndexFunc(Scenarios(), func(s Scenario) bool { return s.Name == e.Scenario })
	if i < 0 {
		var names []string
		for _, s := range Scenarios() {
			names = append(names, s.Name)
		}
		return fmt.Errorf("unknown scenario %q: use one of %s", e.Scenario, strings.Join(names, ", "))
	}
	switch kind := Scenarios()[i].Target; {
	case e.Stop:
	case kind == TargetNone && e.Target != "":
		return fmt.Errorf("scenario %s takes no target, not %q", e.Scenario, e.Target)
	case kind == TargetMeter:
		if e.Target == "" {
			e.Target = string(w.shared.firstMeter)
		}
		if _, ok := w.site.Meter(metering.MeterID(e.Target)); !ok {
			return fmt.Errorf("scenario %s: the site has no meter %q", e.Scenario, e.Target)
		}
	case kind == TargetLine:
		if e.Target == "" {
			e.Target = string(w.shared.slowLine)
		}
		if !slices.Contains(w.shared.lines, metering.LineID(e.Target)) {
			return fmt.Errorf("scenario %s: the site has no line %q", e.Scenario, e.Target)
		}
	}
	return nil
}

// nextEvent is when a scenario begins or ends next.
func (w *World) nextEvent() int64 {
	next := int64(math.MaxInt64)
	if len(w.events) > 0 {
		next = w.events[0].At.UnixNano()
	}
	for _, a := range w.active {
		if !a.Until.IsZero() {
			next = min(next, a.Until.UnixNano())
		}
	}
	return next
}

// happen carries out what is due and ends what is over. It reports whether
// powers change by it.
func (w *World) happen() bool {
	changed := false
	for len(w.events) > 0 && w.events[0].At.UnixNano() <= w.now {
		e := w.events[0]
		w.events = w.events[1:]
		w.past = append(w.past, e)
		w.active = slices.DeleteFunc(slices.Clone(w.active), func(a Active) bool {
			return e.Scenario == Calm || a.Name == e.Scenario
		})
		if e.Scenario != Calm && !e.Stop {
			a := Active{Name: e.Scenario, Target: e.Target, Since: e.At}
			if e.Scenario == MorningPeak {
				a.Until = e.At.Add(peakRise + peakHold + peakFall)
			}
			w.active = append(w.active, a)
		}
		changed = true
	}
	over := func(a Active) bool { return !a.Until.IsZero() && a.Until.UnixNano() <= w.now }
	if slices.ContainsFunc(w.active, over) {
		w.active = slices.DeleteFunc(slices.Clone(w.active), over)
		changed = true
	}
	if changed {
		w.supply()
	}
	return changed
}

// Active lists the scenarios that are going on, in the order of their start.
func (w *World) Active() []Active { return slices.Clone(w.active) }

func (w *World) going(name string) (Active, bool) {
	for _, a := range w.active {
		if a.Name == name {
			return a, true
		}
	}
	return Active{}, false
}

// tripped reports whether a scenario has taken a supply line out.
func (w *World) tripped(source string) bool {
	if _, lost := w.going(KaratagaiLost); !lost {
		return false
	}
	feeding, ok := w.site.Feeding()
	return ok && feeding.ID == source
}

// surge is the power in W by which the morning peak lifts the zone in this slot:
// up to its target, however much the zone draws by itself.
func (w *World) surge() float64 {
	peak, ok := w.going(MorningPeak)
	if !ok {
		return 0
	}
	now := 0.0
	for _, p := range w.site.Inputs() {
		now += float64(w.net.carry[p.ID].p) / 1000
	}
	target := 1.2 * now
	if feeding, ok := w.site.Feeding(); ok {
		if contract, stated := feeding.Contract.Power(); stated {
			target = peakOverLimit * float64(contract)
		}
	}
	// At the slot's end, so that the climb is seen at once.
	since := time.Duration(w.slotEnd() - peak.Since.UnixNano())
	level := min(1, float64(since)/float64(peakRise))
	if falling := since - peakRise - peakHold; falling > 0 {
		level = max(0, 1-float64(falling)/float64(peakFall))
	}
	return max(0, level*(target-now))
}

// add spreads extra power over the working residents by their peaks.
func (w *World) add(watts float64) {
	sum := 0.0
	for i := range w.net.loads {
		if l := &w.net.loads[i]; l.working && l.at.live {
			sum += l.peak
		}
	}
	if sum == 0 {
		return
	}
	for i := range w.net.loads {
		if l := &w.net.loads[i]; l.working && l.at.live {
			more := watts * l.peak / sum
			l.set(l.p+int64(more*1000), l.q+int64(more*l.tan*1000))
		}
	}
}

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
func (w *World) Comm(m metering.MeterID) Comm { return commOf(w.active, m) }

// Line tells how a line behaves now.
func (w *World) Line(l metering.LineID) LineState { return lineOf(w.active, l) }

func commOf(active []Active, m metering.MeterID) Comm {
	for _, a := range active {
		if a.Name == MeterSilent && a.Target == string(m) {
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
