package alarm

import (
	"fmt"
	"strings"
	"time"
)

// Acknowledge notes that a person has seen an alarm. It may still be so, and then stays
// on the list. Doing it twice changes nothing.
func (b *Book) Acknowledge(id ID, who Person, now time.Time) ([]Transition, error) {
	e, err := b.entry(id, who)
	if err != nil {
		return nil, err
	}
	if e.Hidden() {
		return nil, fmt.Errorf("acknowledge %s: it is %s: what is not announced cannot have been seen: %w", id, e.State(), ErrRefused)
	}
	before := e.look()
	if !e.Unacked {
		return nil, nil
	}
	e.Unacked, e.Acked = false, &Mark{string(who), now}
	list := b.change(e, before, now, string(who), "")
	return append(list, b.Tick(now)...), nil
}

// Shelve puts an alarm aside until a time, or with oneShot until it returns to normal,
// at that time at the latest. One that is normal at the moment can be put aside too.
func (b *Book) Shelve(id ID, who Person, until time.Time, oneShot bool, why string, now time.Time) ([]Transition, error) {
	return b.hide(id, who, Shelf{Mark{string(who), now}, why, until, oneShot}, b.set.ShelfMost, func(e *entry) **Shelf { return &e.Shelf })
}

// TakeOut takes an alarm out of service until a time: somebody works on what it is
// about.
func (b *Book) TakeOut(id ID, who Person, until time.Time, why string, now time.Time) ([]Transition, error) {
	return b.hide(id, who, Shelf{Mark: Mark{string(who), now}, Why: why, Until: until}, b.set.OutMost, func(e *entry) **Shelf { return &e.Out })
}

func (b *Book) hide(id ID, who Person, s Shelf, most time.Duration, where func(*entry) **Shelf) ([]Transition, error) {
	if strings.TrimSpace(s.Why) == "" {
		return nil, fmt.Errorf("put %s aside: say why: the next shift has to know: %w", id, ErrRefused)
	}
	if left := s.Until.Sub(s.At); left <= 0 || left > most {
		return nil, fmt.Errorf("put %s aside until %s: want a time within %v from now: %w", id, s.Until.UTC().Format("2006-01-02T15:04Z"), most, ErrRefused)
	}
	e, err := b.entry(id, who)
	if err != nil {
		kind, subject, _ := strings.Cut(string(id), "/")
		if _, known := b.defs[Kind(kind)]; !known || subject == "" || who == "" {
			return nil, err
		}
		e = b.enter(Kind(kind), subject)
	}
	before := e.look()
	*where(e) = &s
	b.version++
	list := b.change(e, before, s.At, string(who), s.Why)
	return append(list, b.Tick(s.At)...), nil
}

// Unshelve brings a shelved alarm back, PutBack one that is out of service. What is still
// so is announced anew.
func (b *Book) Unshelve(id ID, who Person, now time.Time) ([]Transition, error) {
	return b.show(id, who, now, func(e *entry) **Shelf { return &e.Shelf })
}

// PutBack puts an alarm back into service.
func (b *Book) PutBack(id ID, who Person, now time.Time) ([]Transition, error) {
	return b.show(id, who, now, func(e *entry) **Shelf { return &e.Out })
}

func (b *Book) show(id ID, who Person, now time.Time, where func(*entry) **Shelf) ([]Transition, error) {
	e, err := b.entry(id, who)
	if err != nil {
		return nil, err
	}
	if *where(e) == nil {
		return nil, nil
	}
	before := e.look()
	*where(e) = nil
	b.version++
	list := b.change(e, before, now, string(who), "")
	return append(list, b.Tick(now)...), nil
}

// commentsMost is how many notes an alarm may have.
const commentsMost = 100

// Comment adds a note to an alarm.
func (b *Book) Comment(id ID, who Person, text string, now time.Time) error {
	e, err := b.entry(id, who)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" || len(text) > 1000 {
		return fmt.Errorf("comment to %s: want 1 to 1000 bytes of text: %w", id, ErrRefused)
	}
	if len(e.Comments) >= commentsMost {
		return fmt.Errorf("comment to %s: it has %d already; write into the log: %w", id, commentsMost, ErrRefused)
	}
	e.Comments = append(e.Comments, Comment{Mark{string(who), now}, text})
	b.version++
	return nil
}

// Silence keeps the horn quiet for a while about all that has been announced up to now.
// What begins later sounds.
func (b *Book) Silence(who Person, lasting time.Duration, now time.Time) error {
	if who == "" || lasting <= 0 || lasting > b.set.SilenceMost {
		return fmt.Errorf("silence the horn for %v: want a person, and at most %v: %w", lasting, b.set.SilenceMost, ErrRefused)
	}
	for _, e := range b.sorted {
		if e.Unacked {
			e.Silenced = now.Add(lasting)
		}
	}
	b.version++
	return nil
}

// BeginShift ends all shelves: who comes on sees what the last shift had put aside.
func (b *Book) BeginShift(who Person, now time.Time) []Transition {
	var list []Transition
	for _, e := range b.sorted {
		if e.Shelf == nil {
			continue
		}
		before := e.look()
		why := fmt.Sprintf("shift begins; put aside by %s: %s", e.Shelf.By, e.Shelf.Why)
		e.Shelf = nil
		b.version++
		list = append(list, b.change(e, before, now, string(who), why)...)
	}
	return append(list, b.Tick(now)...)
}

func (b *Book) entry(id ID, who Person) (*entry, error) {
	e := b.entries[id]
	if e == nil {
		return nil, fmt.Errorf("alarm %s: it is normal, or there is no such alarm: %w", id, ErrNoAlarm)
	}
	if who == "" {
		return nil, fmt.Errorf("alarm %s: nobody is named: %w", id, ErrRefused)
	}
	return e, nil
}

// Sound is what the horn does for a priority: the alarm that it sounds for, and after
// how long it sounds again.
type Sound struct {
	Priority Priority      `json:"priority"`
	Alarm    ID            `json:"alarm"`
	Since    time.Time     `json:"since"`
	Every    time.Duration `json:"every"`
}

// Horn says what sounds at a time, the highest priority first; empty: silence. It sounds
// until somebody acknowledges or silences, though the alarm may have returned.
func (b *Book) Horn(now time.Time) []Sound {
	best := map[Priority]Sound{}
	for _, e := range b.sorted {
		every := b.defs[e.Kind].Horn
		if !e.Unacked || e.Hidden() || every == 0 || now.Before(e.Silenced) {
			continue
		}
		s, found := best[e.Priority]
		if !found || every < s.Every || every == s.Every && e.Since.After(s.Since) {
			best[e.Priority] = Sound{e.Priority, e.ID, e.Since, every}
		}
	}
	var list []Sound
	for _, p := range priorities {
		if s, found := best[p]; found {
			list = append(list, s)
		}
	}
	return list
}
