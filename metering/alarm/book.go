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
