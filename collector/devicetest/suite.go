// Package devicetest is the suite that every driver of meters passes: what package
// device promises to the scheduler, tried against a meter at whose other end the
// suite can make things go wrong.
//
// It must not know any protocol.
package devicetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"asue/collector/device"
	"asue/metering"
)

// Behaviour is how the other end of a Subject treats what it is asked.
type Behaviour int

// Behaviours.
const (
	Answers   Behaviour = iota // as a meter in good order
	Silent                     // it says nothing
	Refuses                    // it knows nothing of what it is asked: device.Unknown
	Busy                       // device.Busy
	Faulty                     // device.Faulty
	Absent                     // a gateway does not reach it: device.Absent
	Unplugged                  // the line has no connection
)

var refusals = map[Behaviour]device.Refusal{Refuses: device.Unknown, Busy: device.Busy, Faulty: device.Faulty, Absent: device.Absent}

// Subject is a meter of the driver under test.
type Subject struct {
	Line  device.Line
	Meter device.Meter
	// Behave sets the other end's behaviour from the next request on. It returns
	// false for one that the protocol does not know.
	Behave func(Behaviour) bool
	// Serial is what the meter says of itself; empty if it does not tell.
	Serial string
}

// Run tries a driver. Each case makes a Subject of its own.
func Run(t *testing.T, subject func(t *testing.T) Subject) {
	t.Helper()
	cases := []struct {
		name string
		try  func(t *testing.T, s Subject)
	}{
		{"the list of requests is in order and stays", list},
		{"every quantity comes once, finite, and who it is comes too", everything},
		{"what was gathered before stays", appends},
		{"a refusal is the meter's own word", refuses},
		{"silence is neither a refusal nor a dead line", silence},
		{"a dead line is told from a dead meter", unplugged},
		{"after each trouble the next answer is right", recovers},
		{"an ended context ends the request", contextEnds},
		{"the pieces of a request give what the whole gives", pieces},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := subject(t)
			c.try(t, s)
			if err := s.Line.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

func list(t *testing.T, s Subject) {
	if s.Meter.Model() == "" || s.Meter.Address() == "" {
		t.Errorf("model %q, address %q", s.Meter.Model(), s.Meter.Address())
	}
	first := s.Meter.Requests()
	if len(first) == 0 {
		t.Fatal("nothing can be asked")
	}
	for i, r := range first {
		if !slices.Contains(device.Groups(), r.Group()) || r.Group() == device.Profile {
			t.Errorf("%v is of group %v", r, r.Group())
		}
		if r.String() == "" || r.Size() < 1 {
			t.Errorf("request %d: %q of size %d", i, r, r.Size())
		}
	}
	if !slices.Equal(first, s.Meter.Requests()) {
		t.Error("the second list is another one")
	}
}

func everything(t *testing.T, s Subject) {
	s.Behave(Answers)
	seen := map[metering.Quantity]device.Request{}
	serial := ""
	for _, r := range s.Meter.Requests() {
		var a device.Answer
		if err := r.Ask(t.Context(), &a); err != nil {
			t.Errorf("%v: %v", r, err)
		}
		for _, reading := range a.Readings {
			if other, twice := seen[reading.Quantity]; twice {
				t.Errorf("%v comes with %v and with %v", reading.Quantity, other, r)
			}
			seen[reading.Quantity] = r
			if math.IsNaN(reading.Value) || math.IsInf(reading.Value, 0) {
				t.Errorf("%v: %v", reading.Quantity, reading.Value)
			}
			if counter := reading.Count.Step > 0; counter && !r.Billing() {
				t.Errorf("%v is a counter, and %v is not for billing", reading.Quantity, r)
			}
		}
		if a.Identity.Serial != "" {
			serial = a.Identity.Serial
		}
	}
	if len(seen) == 0 || serial != s.Serial {
		t.Errorf("%d quantities, serial %q, not %q", len(seen), serial, s.Serial)
	}
}

func appends(t *testing.T, s Subject) {
	s.Behave(Answers)
	mark := metering.Reading{Quantity: metering.Frequency, Value: 49.99}
	for _, r := range s.Meter.Requests() {
		a := device.Answer{Readings: []metering.Reading{mark}}
		if err := r.Ask(t.Context(), &a); err != nil || len(a.Readings) == 0 || a.Readings[0] != mark {
			t.Errorf("%v: %v, %v", r, a.Readings, err)
		}
	}
}

// nothing asks every request, and fails the test if one adds anything.
func nothing(t *testing.T, s Subject, b Behaviour, is func(error) error) {
	t.Helper()
	if !s.Behave(b) {
		return
	}
	for _, r := range s.Meter.Requests() {
		a := device.Answer{Readings: []metering.Reading{{Quantity: metering.Frequency}}}
		err := r.Ask(t.Context(), &a)
		if err == nil {
			t.Errorf("%v: no error", r)
			continue
		}
		if wrong := is(err); wrong != nil {
			t.Errorf("%v: %v: %v", r, err, wrong)
		}
		if len(a.Readings) != 1 || a.Identity.Serial != "" {
			t.Errorf("%v: an error, and yet %+v", r, a)
		}
	}
}

func refuses(t *testing.T, s Subject) {
	for b, want := range refusals {
		nothing(t, s, b, func(err error) error {
			if got, ok := device.RefusalOf(err); !ok || got != want || device.Unreachable(err) {
				return fmt.Errorf("refusal %v (%v), want %v", got, ok, want)
			}
			return nil
		})
	}
}

func silence(t *testing.T, s Subject) {
	nothing(t, s, Silent, func(err error) error {
		if got, ok := device.RefusalOf(err); ok || device.Unreachable(err) {
			return fmt.Errorf("refusal %v (%v), unreachable %v", got, ok, device.Unreachable(err))
		}
		return nil
	})
}

func unplugged(t *testing.T, s Subject) {
	nothing(t, s, Unplugged, func(err error) error {
		if !device.Unreachable(err) {
			return errors.New("not told as unreachable")
		}
		return nil
	})
}

func recovers(t *testing.T, s Subject) {
	for _, b := range []Behaviour{Refuses, Silent, Busy, Faulty, Absent, Unplugged} {
		if !s.Behave(b) {
			continue
		}
		r := s.Meter.Requests()[0]
		if err := r.Ask(t.Context(), new(device.Answer)); err == nil {
			t.Errorf("behaviour %d: no error", b)
		}
		s.Behave(Answers)
		var err error
		for range 3 { // a line may need a turn to find back
			if err = r.Ask(t.Context(), new(device.Answer)); err == nil {
				break
			}
		}
		if err != nil {
			t.Errorf("after behaviour %d: %v", b, err)
		}
	}
}

func contextEnds(t *testing.T, s Subject) {
	s.Behave(Answers)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := new(device.Answer)
	if err := s.Meter.Requests()[0].Ask(ctx, a); err == nil || len(a.Readings) > 0 {
		t.Errorf("%v with %v", err, a.Readings)
	}
}

func pieces(t *testing.T, s Subject) {
	s.Behave(Answers)
	for _, r := range s.Meter.Requests() {
		parts := r.Split()
		if len(parts) == 0 {
			continue
		}
		var whole, sum device.Answer
		if err := r.Ask(t.Context(), &whole); err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if p.Group() != r.Group() || p.Size() >= r.Size() {
				t.Errorf("%v is a piece of %v", p, r)
			}
			if err := p.Ask(t.Context(), &sum); err != nil {
				t.Errorf("%v: %v", p, err)
			}
		}
		of := func(a device.Answer) (list []metering.Quantity) {
			for _, r := range a.Readings {
				list = append(list, r.Quantity)
			}
			slices.Sort(list)
			return list
		}
		if !slices.Equal(of(whole), of(sum)) {
			t.Errorf("%v gives %v, its pieces %v", r, of(whole), of(sum))
		}
	}
}
