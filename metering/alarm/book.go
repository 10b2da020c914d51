package alarm

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
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
	set     Settings
	entries map[ID]*entry
	order   []Kind // definitions, those that roll up first come first
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
}

func (e *entry) weigh(now time.Time) {
	if raw := e.Observed || e.Rolled; raw != e.Raw {
		e.Raw, e.RawSince = raw, now
	}
}

// New opens an empty book. definitions have passed Check, with the languages in which
// they are shown.
func New(definitions []Definition, set Settings) (*Book, error) {
	b := &Book{defs: map[Kind]Definition{}, set: set, entries: map[ID]*entry{}}
	if set.ShelfMost <= 0 || set.OutMost <= 0 || set.SilenceMost <= 0 || set.Release < 0 {
		return nil, fmt.Errorf("alarm settings: shelf %v, out of service %v, silence %v, release %v: want more than nothing", set.ShelfMost, set.OutMost, set.SilenceMost, set.Release)
	}
	for _, d := range definitions {
		b.defs[d.Kind] = d
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

// Observe takes what is so, or no longer, about a subject. Saying the same again costs
// nothing. It fails for a kind that the catalogue does not have.
func (b *Book) Observe(c Condition, now time.Time) ([]Transition, error) {
	if _, ok := b.defs[c.Kind]; !ok {
		return nil, fmt.Errorf("alarm of kind %q about %q: the catalogue has no such kind: %w", c.Kind, c.Subject, ErrNoAlarm)
	}
	id := IDOf(c.Kind, c.Subject)
	e := b.entries[id]
	if e == nil && !c.Active {
		return nil, nil
	}
	if e == nil {
		e = b.enter(c.Kind, c.Subject)
	}
	e.Observed = c.Active
	e.weigh(now)
	if c.Active {
		e.Args, e.Within = maps.Clone(c.Args), slices.Clone(c.Within)
	}
	return b.Tick(now), nil
}

func (b *Book) enter(kind Kind, subject string) *entry {
	e := &entry{Alarm: Alarm{ID: IDOf(kind, subject), Kind: kind, Subject: subject, Priority: b.defs[kind].Priority}}
	b.entries[e.ID] = e
	return e
}

// Tick lets time pass: delays run out, shelves end. It returns what has changed, by id.
func (b *Book) Tick(now time.Time) []Transition {
	before := map[ID]entry{}
	for id, e := range b.entries {
		before[id] = *e
	}
	for _, k := range b.order {
		for _, e := range b.of(k) {
			b.turn(e, now)
		}
		b.rollUp(k, now)
	}
	b.explain(now)
	var list []Transition
	for _, id := range slices.Sorted(maps.Keys(b.entries)) {
		e := b.entries[id]
		list = append(list, b.settle(e, before[id], now)...)
		if e.State() == Normal && !e.Raw && e.RawSince.Add(b.defs[e.Kind].OffDelay).Compare(now) <= 0 {
			delete(b.entries, id)
		}
	}
	return list
}

// of are the entries of a kind, by subject.
func (b *Book) of(k Kind) []*entry {
	var list []*entry
	for _, e := range b.entries {
		if e.Kind == k {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(x, y *entry) int { return strings.Compare(x.Subject, y.Subject) })
	return list
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

// explain finds for each alarm the one that suppresses it. What was suppressed stays so
// for a while after its cause has gone.
func (b *Book) explain(now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(b.entries)) {
		e := b.entries[id]
		d := b.defs[e.Kind]
		causes := slices.Clone(d.Behind)
		if d.Together != nil {
			causes = append(causes, d.Together.Kind)
		}
		found := ID("")
		for _, k := range causes {
			for _, s := range append([]string{e.Subject}, e.Within...) {
				c := b.entries[IDOf(k, s)]
				if c != nil && c != e && c.Active && found == "" {
					found = c.ID
				}
			}
		}
		if found == "" && e.Cause != "" && e.Raw {
			if e.Freed.IsZero() {
				e.Freed = now
			}
			if now.Sub(e.Freed) < b.set.Release {
				continue
			}
		}
		e.Cause, e.Freed = found, time.Time{}
	}
}

// settle ends shelves whose time has come, and says what has changed since before.
func (b *Book) settle(e *entry, before entry, now time.Time) []Transition {
	why := ""
	if e.Shelf != nil && (!now.Before(e.Shelf.Until) || (e.Shelf.OneShot && before.Active && !e.Active)) {
		why = "shelf of " + e.Shelf.By + " ended"
		e.Shelf = nil
	}
	if e.Out != nil && !now.Before(e.Out.Until) {
		why = "back in service by time"
		e.Out = nil
	}
	return b.change(e, before, now, "", why)
}

// change sets the second bit by what has happened, and makes the transition of it.
func (b *Book) change(e *entry, before entry, now time.Time, by, why string) []Transition {
	began := e.Active && (!before.Active || e.Times > before.Times)
	cameOut := before.Hidden() && !e.Hidden() && e.Active
	announced := (began || cameOut) && !e.Hidden()
	switch {
	case announced:
		e.Unacked, e.Silenced = true, time.Time{}
	case e.Cause != "" && before.Cause == "": // its cause stands for it
		e.Unacked = false
	case before.Active && !e.Active && b.defs[e.Kind].Passes:
		e.Unacked = false
	}
	if !e.Active && !e.Unacked {
		e.Times = 0
	}
	from, to := before.State(), e.State()
	if before.ID == "" {
		from = Normal
	}
	if from == to && !announced {
		return nil
	}
	if why == "" && to == Suppressed {
		why = "behind " + string(e.Cause)
	}
	return []Transition{{ID: e.ID, Kind: e.Kind, Subject: e.Subject, Priority: e.Priority, At: now, From: from, To: to, Announced: announced, By: by, Why: why}}
}

// List returns every alarm that is not normal: those that are announced first, by
// priority, the youngest first; then what is hidden.
func (b *Book) List() []Alarm {
	var list []Alarm
	for _, e := range b.entries {
		if e.State() != Normal {
			list = append(list, e.copy())
		}
	}
	slices.SortFunc(list, func(x, y Alarm) int {
		hidden := func(a Alarm) int {
			if a.Hidden() {
				return 1
			}
			return 0
		}
		return cmp.Or(
			cmp.Compare(hidden(x), hidden(y)),
			cmp.Compare(slices.Index(Priorities(), x.Priority), slices.Index(Priorities(), y.Priority)),
			y.Since.Compare(x.Since), cmp.Compare(x.ID, y.ID))
	})
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
