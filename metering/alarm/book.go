package alarm

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Settings are what a site decides about its alarms.
type Settings struct {
	// ShelfMost is the longest that an alarm may be put aside; 8 h, a shift, as a rule.
	ShelfMost time.Duration
	// OutMost is the longest that one may be out of service.
	OutMost time.Duration
	// SilenceMost is the longest that the horn may be silenced at a time.
	SilenceMost time.Duration
	// Release is how long what was suppressed stays so after its cause has gone: the
	// meters of a line come back one after the other.
	Release time.Duration
	// Groups is how many members a group has, for shares; 0: not known, shares are not
	// asked.
	Groups map[string]int
}

// DefaultSettings are the usual ones.
func DefaultSettings() Settings {
	return Settings{ShelfMost: 8 * time.Hour, OutMost: 90 * 24 * time.Hour, SilenceMost: 10 * time.Minute, Release: time.Minute}
}

// Errors of what people do; all are wrapped with the alarm and the remedy.
var (
	ErrNoAlarm = errors.New("no such alarm")
	ErrRefused = errors.New("refused")
)

// Book holds all alarms of a site. It is not safe for use by several goroutines at once.
type Book struct {
	defs    map[Kind]Definition
	causes  map[Kind][]Kind // what a kind is behind, what it is rolled up into included
	set     Settings
	entries map[ID]*entry
	sorted  []*entry // the same, by id; so those of a kind stand together
	order   []Kind   // definitions, those that roll up first come first
	version uint64
}

// entry is an alarm with what is not shown of it.
type entry struct {
	Alarm
	// Observed is whether somebody says that it is so, Rolled whether it stands for
	// others; Raw is one of both, and RawSince since when it is as it is.
	Observed bool      `json:"observed,omitempty"`
	Rolled   bool      `json:"rolled,omitempty"`
	Raw      bool      `json:"raw,omitempty"`
	RawSince time.Time `json:"raw_since,omitzero"`
	// Freed is when the cause went that still suppresses it; zero while there is one.
	Freed time.Time `json:"freed,omitzero"`

	was look // at the beginning of a tick
}

func (e *entry) weigh(now time.Time) {
	if raw := e.Observed || e.Rolled; raw != e.Raw {
		e.Raw, e.RawSince = raw, now
	}
}

// New opens an empty book. definitions have passed Check, with the languages in which
// they are shown.
func New(definitions []Definition, set Settings) (*Book, error) {
	b := &Book{defs: map[Kind]Definition{}, causes: map[Kind][]Kind{}, set: set, entries: map[ID]*entry{}}
	if set.ShelfMost <= 0 || set.OutMost <= 0 || set.SilenceMost <= 0 || set.Release < 0 {
		return nil, fmt.Errorf("alarm settings: shelf %v, out of service %v, silence %v, release %v: want more than nothing", set.ShelfMost, set.OutMost, set.SilenceMost, set.Release)
	}
	for _, d := range definitions {
		b.defs[d.Kind] = d
		b.causes[d.Kind] = slices.Clone(d.Behind)
		if d.Together != nil {
			b.causes[d.Kind] = append(b.causes[d.Kind], d.Together.Kind)
		}
	}
	b.order = slices.Sorted(maps.Keys(b.defs))
	slices.SortStableFunc(b.order, func(x, y Kind) int { return cmp.Compare(b.height(x), b.height(y)) })
	return b, nil
}

// height is how many times a kind is what others are rolled up into, one on the other.
func (b *Book) height(k Kind) int {
	most := 0
	for _, d := range b.defs {
		if d.Together != nil && d.Together.Kind == k {
			most = max(most, 1+b.height(d.Kind))
		}
	}
	return most
}

// Version goes up whenever anything that List shows has changed.
func (b *Book) Version() uint64 { return b.version }

// Observe takes what is so, or no longer, about a subject. Saying the same again costs
// nothing. It fails for a kind that the catalogue does not have.
func (b *Book) Observe(c Condition, now time.Time) ([]Transition, error) {
	return b.ObserveAll([]Condition{c}, now)
}

// ObserveAll takes all that has changed at a moment, and thinks once: what explains
// others is known before any of them is announced. One that is named more than once, as
// what only happened is, begins and ends in this order. It fails for kinds that the
// catalogue does not have, all told together, and takes the others.
func (b *Book) ObserveAll(list []Condition, now time.Time) ([]Transition, error) {
	var all []Transition
	var faults []error
	for len(list) > 0 {
		var later []Condition
		seen := make(map[ID]bool, len(list))
		for _, c := range list {
			id := IDOf(c.Kind, c.Subject)
			switch _, known := b.defs[c.Kind]; {
			case !known:
				faults = append(faults, fmt.Errorf("alarm of kind %q about %q: the catalogue has no such kind: %w", c.Kind, c.Subject, ErrNoAlarm))
			case seen[id]:
				later = append(later, c)
			default:
				seen[id] = true
				b.observe(id, c, now)
			}
		}
		all = append(all, b.Tick(now)...)
		list = later
	}
	return all, errors.Join(faults...)
}

func (b *Book) observe(id ID, c Condition, now time.Time) {
	e := b.entries[id]
	if e == nil && !c.Active {
		return
	}
	if e == nil {
		e = b.enter(c.Kind, c.Subject)
	}
	e.Observed = c.Active
	e.weigh(now)
	if c.Active && !(reflect.DeepEqual(e.Args, c.Args) && slices.Equal(e.Within, c.Within)) {
		e.Args, e.Within = maps.Clone(c.Args), slices.Clone(c.Within)
		b.version++
	}
}

// Observed are the conditions that are said to be so and no longer to be, whether an
// alarm has come of them yet or not, by id.
func (b *Book) Observed() []Condition {
	var list []Condition
	for _, e := range b.sorted {
		if e.Observed {
			list = append(list, Condition{Kind: e.Kind, Subject: e.Subject, Active: true, Within: slices.Clone(e.Within), Args: maps.Clone(e.Args)})
		}
	}
	return list
}

// Forget lets go of conditions that no alarm has come of yet, when who said so is asked
// anew, as after a restart: a delay runs only while somebody says so.
func (b *Book) Forget(now time.Time) {
	for _, e := range b.sorted {
		if e.Observed && !e.Active {
			e.Observed = false
			e.weigh(now)
		}
	}
}

func (b *Book) enter(kind Kind, subject string) *entry {
	e := &entry{Alarm: Alarm{ID: IDOf(kind, subject), Kind: kind, Subject: subject, Priority: b.defs[kind].Priority}}
	b.entries[e.ID] = e
	i, _ := b.find(e.ID)
	b.sorted = slices.Insert(b.sorted, i, e)
	return e
}

func (b *Book) find(id ID) (int, bool) {
	return slices.BinarySearchFunc(b.sorted, id, func(e *entry, id ID) int { return strings.Compare(string(e.ID), string(id)) })
}

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

// List returns every alarm that is not normal: those that are announced first, by
// priority, the youngest first; then what is hidden.
func (b *Book) List() []Alarm {
	shown := slices.DeleteFunc(slices.Clone(b.sorted), func(e *entry) bool { return e.State() == Normal })
	rank := func(e *entry) int {
		r := slices.Index(priorities[:], e.Priority)
		if e.Hidden() {
			r += len(priorities)
		}
		return r
	}
	slices.SortStableFunc(shown, func(x, y *entry) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), y.Since.Compare(x.Since)) })
	list := make([]Alarm, len(shown))
	for i, e := range shown {
		list[i] = e.copy()
	}
	return list
}

// Alarm returns one alarm; false if it is normal and nothing is known of it.
func (b *Book) Alarm(id ID) (Alarm, bool) {
	e := b.entries[id]
	if e == nil {
		return Alarm{}, false
	}
	return e.copy(), true
}

func (e *entry) copy() Alarm {
	a := e.Alarm
	a.Args, a.Within, a.Comments = maps.Clone(a.Args), slices.Clone(a.Within), slices.Clone(a.Comments)
	for _, p := range []**Shelf{&a.Shelf, &a.Out} {
		if *p != nil {
			s := **p
			*p = &s
		}
	}
	if a.Acked != nil {
		m := *a.Acked
		a.Acked = &m
	}
	return a
}
