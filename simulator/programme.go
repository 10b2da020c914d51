package simulator

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Event is a scenario that was or is to be started or stopped, or a write to an
// actuator.
type Event struct {
	At       time.Time `json:"at"`
	Scenario string    `json:"scenario,omitempty"`
	Target   string    `json:"target,omitempty"` // a meter, a line or an actuator, where the scenario takes one
	Stop     bool      `json:"stop,omitempty"`
	Write    *Write    `json:"write,omitempty"` // with no scenario
}

// Events lists what has happened so far, in order: scenarios, and writes that a
// device has taken. The same events scheduled in a new world of the same site, seed
// and start replay this one.
func (w *World) Events() []Event { return slices.Clone(w.past) }

// EventsFrom are Events without the first n.
func (w *World) EventsFrom(n int) []Event { return slices.Clone(w.past[n:]) }

// EventCount is how many Events there are.
func (w *World) EventCount() int { return len(w.past) }

// Start starts a scenario now. target names the meter, line or actuator that it is
// aimed at; empty takes one: the first resident's meter, a line that does not carry
// the meters of the input, the first actuator that can fail so. A scenario that is
// going on begins anew; those of actuators go on for several at once.
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
// happens at once. It fails like Start, on a write that no device could take, and on
// a time that has passed. What a device says to a write when its time has come, Writes
// tells.
func (w *World) Schedule(e Event) error {
	e.At = e.At.UTC()
	if e.At.UnixNano() < w.now {
		return fmt.Errorf("%s at %s: the world stands at %s already", e.title(), e.At.Format(time.RFC3339Nano), w.Now().Format(time.RFC3339Nano))
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

func (e Event) title() string {
	if e.Write != nil {
		return fmt.Sprintf("write to %s", e.Write.Actuator)
	}
	return "scenario " + e.Scenario
}

// aim checks an event and fills in its target.
func (w *World) aim(e *Event) error {
	if e.Write != nil {
		if e.Scenario != "" {
			return fmt.Errorf("an event is a scenario or a write, not both: %s", e.Scenario)
		}
		return w.possible(*e.Write)
	}
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
	case kind == TargetActuator:
		return w.aimAtActuator(e)
	case kind == TargetTransformer:
		return w.aimAtTransformer(e)
	}
	return nil
}

// nextEvent is when a scenario or a write begins, goes on or ends next.
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
	for _, at := range w.turns() {
		if at > w.now {
			next = min(next, at)
		}
	}
	return next
}

// happen carries out what is due and ends what is over. It reports whether
// powers change by it.
func (w *World) happen() bool {
	changed := slices.Contains(w.turns(), w.now)
	for len(w.events) > 0 && w.events[0].At.UnixNano() <= w.now {
		e := w.events[0]
		w.events = w.events[1:]
		if e.Write != nil {
			_ = w.obey(*e.Write) // Writes tells what came of it
			continue
		}
		w.past = append(w.past, e)
		w.begin(e)
		changed = true
	}
	over := func(a Active) bool { return !a.Until.IsZero() && a.Until.UnixNano() <= w.now }
	if slices.ContainsFunc(w.active, over) {
		w.active = slices.DeleteFunc(slices.Clone(w.active), over)
		changed = true
	}
	if changed {
		w.afflict()
		w.supply()
	}
	return changed
}

// begin starts or stops the scenario of an event. Snapshots share w.active, so it is
// never changed in place.
func (w *World) begin(e Event) {
	target := TargetNone
	var lasts time.Duration
	for _, s := range Scenarios() {
		if s.Name == e.Scenario {
			target, lasts = s.Target, s.Lasts
		}
	}
	w.active = slices.DeleteFunc(slices.Clone(w.active), func(a Active) bool {
		other := target == TargetActuator && e.Target != "" && a.Target != e.Target
		return e.Scenario == Calm || a.Name == e.Scenario && !other
	})
	if e.Scenario == Calm || e.Stop {
		return
	}
	a := Active{Name: e.Scenario, Target: e.Target, Since: e.At}
	if lasts > 0 {
		a.Until = e.At.Add(lasts)
	}
	w.active = append(w.active, a)
	if e.Scenario == DeviceRestart {
		w.loseSupply(metering.ActuatorID(e.Target))
	}
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
