package alarm

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Tick lets time pass: delays run out, shelves end. It returns what has changed, by id.
func (b *Book) Tick(now time.Time) []Transition {
	for _, e := range b.sorted {
		e.was = e.look()
		b.mend(e, now)
	}
	for _, k := range b.order {
		for _, e := range b.of(k) {
			b.turn(e, now)
		}
		b.rollUp(k, now)
	}
	for _, e := range b.sorted {
		b.explain(e, now)
	}
	var list []Transition
	normal := func(e *entry) bool {
		return e.State() == Normal && !e.Raw && e.RawSince.Add(b.defs[e.Kind].OffDelay).Compare(now) <= 0
	}
	gone := false
	for _, e := range b.sorted {
		list = append(list, b.settle(e, e.was, now)...)
		if e.look() != e.was {
			b.version++
		}
		if normal(e) {
			delete(b.entries, e.ID)
			gone = true
		}
	}
	if gone {
		b.sorted = slices.DeleteFunc(b.sorted, normal)
	}
	return list
}

// mend keeps promises when the clock was set back: no delay, no shelf and no silence
// lasts longer than it may, counted from now.
func (b *Book) mend(e *entry, now time.Time) {
	for _, at := range []*time.Time{&e.RawSince, &e.Freed} {
		if at.After(now) {
			*at = now
		}
	}
	if most := now.Add(b.set.SilenceMost); e.Silenced.After(most) {
		e.Silenced = most
	}
	if most := now.Add(b.set.ShelfMost); e.Shelf != nil && e.Shelf.Until.After(most) {
		s := *e.Shelf
		s.Until, e.Shelf = most, &s
	}
	if most := now.Add(b.set.OutMost); e.Out != nil && e.Out.Until.After(most) {
		s := *e.Out
		s.Until, e.Out = most, &s
	}
}

// of are the entries of a kind, by subject; valid until one is entered or goes.
func (b *Book) of(k Kind) []*entry {
	from, _ := b.find(IDOf(k, ""))
	to := from
	for to < len(b.sorted) && b.sorted[to].Kind == k {
		to++
	}
	return b.sorted[from:to]
}

// turn makes an alarm active, or no longer, when its delay has run out.
func (b *Book) turn(e *entry, now time.Time) {
	d := b.defs[e.Kind]
	wait := d.OffDelay
	if e.Raw {
		wait = d.OnDelay
	}
	if e.Active == e.Raw || now.Sub(e.RawSince) < wait {
		return
	}
	e.Active = e.Raw
	if e.Active {
		e.Since, e.Until = now, time.Time{}
		e.Times++
		return
	}
	e.Until = now
}

// rollUp makes one alarm of many of a kind, by groups.
func (b *Book) rollUp(k Kind, now time.Time) {
	t := b.defs[k].Together
	if t == nil {
		return
	}
	members := map[string]int{}
	within := map[string][]string{}
	for _, e := range b.of(k) {
		for i, g := range e.Within {
			if kind, _, _ := strings.Cut(g, "/"); kind == t.Group && e.Active && e.Out == nil {
				members[g]++
				within[g] = e.Within[i+1:]
			}
		}
	}
	for _, e := range b.of(t.Kind) { // groups that no member is left of
		if _, ok := members[e.Subject]; e.Rolled && !ok {
			members[e.Subject] = 0
		}
	}
	for _, g := range slices.Sorted(maps.Keys(members)) {
		n := members[g]
		size := b.set.Groups[g]
		enough := n >= t.AtLeast && (size == 0 || float64(n) >= t.Share*float64(size))
		e := b.entries[IDOf(t.Kind, g)]
		if e == nil && !enough {
			continue
		}
		if e == nil {
			e = b.enter(t.Kind, g)
		}
		e.Rolled = enough
		e.weigh(now)
		if e.Members = 0; enough {
			e.Within, e.Members = slices.Clone(within[g]), n
		}
	}
}

// explain finds the alarm that suppresses another. What was suppressed stays so for a
// while after its cause has gone.
func (b *Book) explain(e *entry, now time.Time) {
	found := b.causeOf(e)
	if found == "" && e.Cause != "" && e.Raw {
		if e.Freed.IsZero() {
			e.Freed = now
		}
		if now.Sub(e.Freed) < b.set.Release {
			return
		}
	}
	e.Cause, e.Freed = found, time.Time{}
}

// causeOf is empty for what is not so: there is nothing to explain.
func (b *Book) causeOf(e *entry) ID {
	if !e.Raw && !e.Active {
		return ""
	}
	for _, k := range b.causes[e.Kind] {
		if c := b.entries[IDOf(k, e.Subject)]; c != nil && c != e && c.Active {
			return c.ID
		}
		for _, g := range e.Within {
			if c := b.entries[IDOf(k, g)]; c != nil && c != e && c.Active {
				return c.ID
			}
		}
	}
	return ""
}

// settle ends shelves whose time has come, and says what has changed since before.
func (b *Book) settle(e *entry, before look, now time.Time) []Transition {
	why := ""
	if e.Shelf != nil && (!now.Before(e.Shelf.Until) || (e.Shelf.OneShot && before.active && !e.Active)) {
		why = "shelf of " + e.Shelf.By + " ended"
		e.Shelf = nil
	}
	if e.Out != nil && !now.Before(e.Out.Until) {
		why = "back in service by time"
		e.Out = nil
	}
	return b.change(e, before, now, "", why)
}

// look is what people see of an entry at a moment.
type look struct {
	state           State
	active, unacked bool
	hidden          bool
	times, members  int
	cause           ID
	shelf, out      *Shelf
}

func (e *entry) look() look {
	return look{e.State(), e.Active, e.Unacked, e.Hidden(), e.Times, e.Members, e.Cause, e.Shelf, e.Out}
}

// change sets the second bit by what has happened, and makes the transition of it.
func (b *Book) change(e *entry, before look, now time.Time, by, why string) []Transition {
	began := e.Active && (!before.active || e.Times > before.times)
	cameOut := before.hidden && !e.Hidden() && e.Active
	announced := (began || cameOut) && !e.Hidden()
	switch {
	case announced:
		e.Unacked, e.Silenced = true, time.Time{}
	case e.Cause != "" && before.cause == "": // its cause stands for it
		e.Unacked = false
	case before.active && !e.Active && b.defs[e.Kind].Passes:
		e.Unacked = false
	}
	if !e.Active && !e.Unacked {
		e.Times = 0
	}
	from, to := before.state, e.State()
	if from == "" { // it was not in the book
		from = Normal
	}
	if from == to && !announced {
		return nil
	}
	if why == "" && to == Suppressed {
		why = "behind " + string(e.Cause)
	}
	b.version++
	return []Transition{{ID: e.ID, Kind: e.Kind, Subject: e.Subject, Priority: e.Priority, At: now, From: from, To: to, Announced: announced, By: by, Why: why}}
}
