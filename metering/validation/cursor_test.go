package validation_test

import (
	"strings"
	"testing"
	"time"

	"asue/metering/validation"
)

// cursor is up to where the ledger says that everything is validated.
func (p *plant) cursor() time.Time {
	p.Helper()
	at, err := validation.UpTo(p.Context(), p.ledger)
	if err != nil {
		p.Fatal(err)
	}
	return at
}

// A collector hands over what it held for three days, and the process is killed
// before the rules have looked at it: the next one does.
func TestASuddenEndLosesNoBacklog(t *testing.T) {
	p := newPlant(t)
	all := readings(hours(0), hours(24*6))
	p.clock.set(hours(24*6 - 0.1))
	p.take(without(all, "m-0", hours(33), hours(24*5)))
	v := p.validator()
	p.settled(v)
	p.quietly(v)
	p.quietly(v)
	if at := p.cursor(); at.Before(hours(24*6 - 0.5)) {
		t.Fatalf("validated up to %v", at)
	}
	backlog := without(all, "m-0", hours(40), hours(42))
	p.take(backlog)
	v.Changed(p.intervals("p-0", hours(33), hours(24*5)))
	if at := p.cursor(); at.After(hours(33)) {
		t.Errorf("the cursor stands at %v, and something of %v is not validated", at, hours(33))
	}
	p.settled(p.validator())
	if g := grades(p.intervals("p-0", hours(33), hours(48))); strings.Count(g, "S") != 9 || strings.Contains(g, "N") {
		t.Errorf("after the restart %s; want two hours estimated", g)
	}
}

// Of a new ledger the first backlog is not lost either.
func TestTheCursorBegins(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(24))
	v := p.validator()
	if err := v.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := p.cursor(); at.IsZero() || at.After(hours(24)) {
		t.Errorf("the cursor stands at %v", at)
	}
}

// A meter comes back after five days. The gap is judged as long as its day goes on,
// and the days in which nothing changes are not balanced again: the cursor stands
// at the present.
func TestALongGapDoesNotHoldTheCursor(t *testing.T) {
	p := newPlant(t)
	all := readings(hours(0), hours(24*6))
	p.clock.set(hours(24*5 + 12))
	p.take(without(without(all, "m-0", hours(24), hours(24*5)), "m-0", hours(24*5+12), hours(24*6)))
	v := p.validator()
	p.settled(v)
	p.quietly(v)
	p.quietly(v)
	if at := p.cursor(); at.Before(hours(24*5 + 11.5)) {
		t.Fatalf("validated up to %v", at)
	}
	p.clock.set(hours(24*5 + 13))
	v.Changed(p.intervals("p-0", hours(24*5+11.5), hours(24*5+12)))
	v.Look(t.Context())
	if at := p.cursor(); at.Before(hours(24*5 + 11.5)) {
		t.Errorf("back at %v, though nothing of that time has changed", at)
	}
}
