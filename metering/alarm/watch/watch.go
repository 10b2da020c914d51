package watch

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"asue/metering/alarm"
)

// Source is who says that something is so.
type Source string

// Sources.
const (
	Balancer Source = "balancer"
	Network  Source = "network"
	Meters   Source = "meters"
	Rules    Source = "rules" // findings of validation
	Program  Source = "program"
)

// Sources lists every source.
func Sources() []Source { return []Source{Balancer, Network, Meters, Rules, Program} }

// Said is what a source says: a condition, or something that happened at a moment.
type Said struct {
	alarm.Condition
	// At is set for what happened: it is no condition that lasts, and alarms once.
	At time.Time
}

// Watcher tells what has begun and what is over. It is not safe for use by several
// goroutines at once.
type Watcher struct {
	said map[Source]map[alarm.ID]alarm.Condition
	seen map[Source]map[alarm.ID]time.Time // of what happened: the last that was told
	told map[Source]time.Time              // the youngest of seen, that of an earlier run included
	from map[Source]time.Time              // what happened up to then was told by an earlier run
}

// New makes a watcher that has heard nothing.
func New() *Watcher {
	return &Watcher{said: map[Source]map[alarm.ID]alarm.Condition{}, seen: map[Source]map[alarm.ID]time.Time{}, told: map[Source]time.Time{}, from: map[Source]time.Time{}}
}

// Tell takes all that a source says now, and returns what a book has to observe for it,
// by id: conditions that have begun or say something new, and those that are over. What
// happened comes twice, as begun and as over; not at all if it is also said to be so.
func (w *Watcher) Tell(s Source, list []Said) []alarm.Condition {
	now := make(map[alarm.ID]alarm.Condition, len(list))
	for _, said := range list {
		if said.At.IsZero() {
			now[alarm.IDOf(said.Kind, said.Subject)] = said.Condition
		}
	}
	var changes []alarm.Condition
	for _, said := range list {
		id := alarm.IDOf(said.Kind, said.Subject)
		if said.At.IsZero() || !said.At.After(w.from[s]) || !said.At.After(w.seen[s][id]) {
			continue
		}
		if w.seen[s] == nil {
			w.seen[s] = map[alarm.ID]time.Time{}
		}
		w.seen[s][id] = said.At
		if said.At.After(w.told[s]) {
			w.told[s] = said.At
		}
		if _, stands := now[id]; !stands {
			over := said.Condition
			over.Active = false
			changes = append(changes, said.Condition, over)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if old, was := w.said[s][id]; !was || !reflect.DeepEqual(old, now[id]) {
			changes = append(changes, now[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.said[s])) {
		if _, is := now[id]; !is {
			over := w.said[s][id]
			over.Active = false
			changes = append(changes, over)
		}
	}
	w.said[s] = now
	return changes
}

// Told is, by source, when the youngest of what happened was that has been told.
func (w *Watcher) Told() map[Source]time.Time { return maps.Clone(w.told) }

// Remember takes up where an earlier run has left off: what its book has observed
// (alarm.Book.Observed) and is not said again will be over, and what happened up to the
// youngest that it told (Told) is not told again.
func (w *Watcher) Remember(observed []alarm.Condition, told map[Source]time.Time, of func(alarm.Kind) Source) {
	for _, c := range observed {
		s := of(c.Kind)
		if w.said[s] == nil {
			w.said[s] = map[alarm.ID]alarm.Condition{}
		}
		w.said[s][alarm.IDOf(c.Kind, c.Subject)] = c
	}
	for s, at := range told {
		w.told[s], w.from[s] = at, at
	}
}

// Kinds lists every kind that this package says.
func Kinds() []alarm.Kind {
	set := map[alarm.Kind]bool{"node-overload": true, "voltage": true, "reserve-overload": true, "breaker-open": true, "meter-silent": true, "conditions-exceeded": true, "power-factor": true}
	for _, of := range []map[string]alarm.Kind{standing, momentary, findingKinds} {
		for _, k := range of {
			set[k] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// Of is the source that says a kind; Program for those that the program says itself.
func Of(k alarm.Kind) Source {
	for _, of := range []map[string]alarm.Kind{standing, momentary} {
		if slices.Contains(slices.Collect(maps.Values(of)), k) {
			return Balancer
		}
	}
	switch k {
	case "node-overload", "voltage", "reserve-overload", "breaker-open":
		return Network
	case "meter-silent", "conditions-exceeded", "power-factor":
		return Meters
	case "imbalance", "clock-drift":
		return Rules
	}
	return Program
}
