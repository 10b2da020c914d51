package validation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/validation"
)

const a = metering.ChannelActiveImport

func hours(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }

// settled lets a validator, as after a start, look at what is ripe.
func (p *plant) settled(v *validation.Validator) {
	p.Helper()
	if err := v.Resume(p.Context()); err != nil {
		p.Fatal(err)
	}
	p.clock.set(p.clock.Now().Add(2 * time.Minute)) // a backlog is left alone at first
	v.Look(p.Context())
	if s := v.Stats(); s.LastError != "" || s.Waiting > 2 {
		p.Fatalf("%+v", s)
	}
}

// quietly lets the days become still, so that their balances are drawn.
func (p *plant) quietly(v *validation.Validator) {
	p.Helper()
	p.clock.set(p.clock.Now().Add(time.Minute))
	v.Look(p.Context())
	if s := v.Stats(); s.LastError != "" {
		p.Fatalf("%+v", s)
	}
}

// A meter is silent for two hours on Tuesday and the register goes on: the shape
// of these hours is estimated, their energy is the register's to the Wh.
func TestGapKeepsTheRegistersEnergy(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(48))
	all := readings(hours(0), hours(48))
	p.take(without(all, "m-0", hours(33), hours(35)))
	before := p.intervals("p-0", hours(24), hours(47))
	if g := grades(before); strings.Count(g, "N") != 9 {
		t.Fatalf("ingest derives %s; want nine periods without energy", g)
	}
	p.settled(p.validator())
	got := p.intervals("p-0", hours(24), hours(47))
	if g := grades(got); strings.Count(g, "S") != 9 || strings.Count(g, "A") != len(got)-9 {
		t.Errorf("validated %s; want nine substitutes", g)
	}
	want := metering.Energy(wh(all, "m-0", hours(47)) - wh(all, "m-0", hours(24)))
	if s := sum(got); s != want {
		t.Errorf("the day adds up to %d Wh, the register says %d", s, want)
	}
	for _, iv := range got {
		if iv.Grade == metering.Substitute && (iv.Method != metering.MethodScaled || iv.Reason == "" || iv.Flags&metering.FlagGap == 0) {
			t.Errorf("%+v", iv)
		}
	}
}

// What comes late takes the place of the estimate.
func TestLateReadingsReplaceEstimates(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(48))
	all := readings(hours(0), hours(48))
	p.take(without(all, "m-0", hours(33), hours(35)))
	p.settled(p.validator())
	v := p.validator()
	p.take(all)
	v.Changed(p.intervals("p-0", hours(32), hours(36)))
	p.settled(v)
	got := p.intervals("p-0", hours(24), hours(47))
	if g := grades(got); strings.Trim(g, "A") != "" {
		t.Errorf("%s; want all actual", g)
	}
	history, err := p.ledger.History(t.Context(), "p-0", a, hours(34))
	if err != nil || len(history) < 3 {
		t.Errorf("versions %+v, %v; want none, substitute, actual", history, err)
	}
}

// The same readings in any order, with validation under way, or all at once into
// an empty ledger and rebuilt: the digest is the same, and rebuilding again
// changes nothing.
func TestRebuildGivesTheSame(t *testing.T) {
	all := readings(hours(0), hours(24*9))
	all = without(all, "m-0", hours(24*7+9), hours(24*7+13))
	all = without(all, "m-1", hours(50), hours(50.5))

	online := newPlant(t)
	v := online.validator()
	for day := range 9 {
		online.clock.set(hours(float64(24*(day+1)) + 0.1))
		online.take(slices.DeleteFunc(slices.Clone(all), func(r reading) bool {
			return r.at.Before(hours(float64(24*day))) || !r.at.Before(hours(float64(24*(day+1))))
		}))
		v.Changed(online.intervals("p-0", hours(0), hours(24*9)))
		v.Changed(online.intervals("p-1", hours(0), hours(24*9)))
		online.settled(v)
	}
	from, to := hours(0), hours(24*9-1)
	want := online.digest(from, to)

	again := newPlant(t)
	again.clock.set(online.clock.Now())
	again.take(shuffled(all, 5))
	if again.digest(from, to) == want {
		t.Error("the digest does not tell estimates from gaps")
	}
	r := again.validator()
	sum, err := r.Rebuild(t.Context(), from, to, false, nil)
	if err != nil || sum.Changed == 0 {
		t.Errorf("rebuild %+v, %v", sum, err)
	}
	if got := again.digest(from, to); got != want {
		t.Errorf("rebuilt from the readings: digest %s, want %s", got, want)
	}
	for _, dry := range []bool{true, false} {
		if sum, err := again.validator().Rebuild(t.Context(), from, to, dry, nil); err != nil || sum.Changed != 0 {
			t.Errorf("a second rebuild (dry %v) changes %d intervals, %v", dry, sum.Changed, err)
		}
	}
}

// Metering was faulty, says an act, and an average takes the place of what the
// register said. A reading that comes late and says nothing new does not bring the
// register's word back.
func TestNoNewsDoesNotUndoTheRules(t *testing.T) {
	p := newPlant(t)
	p.site.Points[0].Faulty = []metering.Period{{From: hours(33), To: hours(35)}}
	p.clock.set(hours(48))
	all := readings(hours(0), hours(48))
	late := slices.DeleteFunc(slices.Clone(all), func(r reading) bool {
		return r.meter != "m-0" || r.at.Before(hours(33)) || !r.at.Before(hours(35)) || r.at.Minute()%15 != 1
	})
	p.take(slices.DeleteFunc(slices.Clone(all), func(r reading) bool { return slices.Contains(late, r) }))
	p.settled(p.validator())
	before := p.intervals("p-0", hours(32), hours(36))
	if g := grades(before); len(late) != 8 || strings.Count(g, "A") != 8 {
		t.Fatalf("%d late readings, validated %s; want half of it estimated", len(late), g)
	}
	p.take(late)
	after := p.intervals("p-0", hours(32), hours(36))
	for i := range after {
		if after[i].Version != before[i].Version {
			t.Errorf("%v: %+v, was %+v", after[i].Start, after[i], before[i])
		}
	}
}

// Nothing is missing before the first reading: a rebuild of the month in which it
// all began changes nothing and finds nothing in the days before.
func TestNothingIsMissingBeforeTheBeginning(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(24))
	p.take(readings(hours(9.1), hours(24)))
	p.settled(p.validator())
	for _, dry := range []bool{true, false} {
		if sum, err := p.validator().Rebuild(t.Context(), hours(0), hours(23), dry, nil); err != nil || sum.Changed != 0 {
			t.Errorf("a rebuild (dry %v) changes %d intervals, %v", dry, sum.Changed, err)
		}
	}
	if list := p.intervals("p-0", hours(-24*12), hours(24)); !list[0].Start.Equal(hours(9)) {
		t.Errorf("begins with %+v", list[0])
	}
	list, err := p.ledger.Findings(t.Context(), metering.FindingQuery{From: hours(-24 * 12), To: hours(9), Rules: []string{"missing"}})
	if err != nil || len(list) > 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// A meter is silent for two days and has not come back. Its gap grows from hour to
// hour; what is estimated of a day that is over stays, whichever day is looked at,
// and a rebuild makes the same.
func TestAGapThatGoesOnIsEstimatedOnce(t *testing.T) {
	p := newPlant(t)
	p.site.Points[1].Node = "" // nobody else knows what flows
	p.clock.set(hours(24 * 8))
	all := without(readings(hours(0), hours(24*10.5)), "m-0", hours(24*8-2), hours(24*11))
	p.take(slices.DeleteFunc(slices.Clone(all), func(r reading) bool { return !r.at.Before(hours(24 * 8)) }))
	v := p.validator()
	if _, err := v.Rebuild(t.Context(), hours(0), hours(24*8), false, nil); err != nil {
		t.Fatal(err)
	}
	for h := 24 * 8.0; h < 24*10.5; h += 2 {
		p.clock.set(hours(h + 2.05))
		if err := p.in.Close(t.Context(), p.clock.Now()); err != nil {
			t.Fatal(err)
		}
		p.take(slices.DeleteFunc(slices.Clone(all), func(r reading) bool { return r.at.Before(hours(h)) || !r.at.Before(hours(h+2)) }))
		for _, point := range []metering.PointID{"p-0", "p-1"} {
			v.Changed(p.intervals(point, hours(h-0.25), hours(h+2)))
		}
		p.quietly(v)
	}
	for _, iv := range p.intervals("p-0", hours(24*8), hours(24*10)) {
		if iv.Grade != metering.Estimated || iv.Version > 4 {
			t.Errorf("%+v", iv)
		}
	}
	if sum, err := p.validator().Rebuild(t.Context(), hours(0), hours(24*10), true, nil); err != nil || sum.Changed != 0 {
		t.Errorf("a rebuild would change %d intervals, %v", sum.Changed, err)
	}
}

// What a person has set stands against registers, rules and rebuilds.
func TestActsStand(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(48))
	p.take(readings(hours(0), hours(48)))
	p.settled(p.validator())
	set := metering.Interval{
		Point: "p-0", Channel: a, Start: hours(30), Energy: 12345, Grade: metering.FinalGrade,
		Method: metering.MethodAgreed, Flags: metering.FlagManual, Reason: "act 7",
	}
	err := p.ledger.Commit(t.Context(), metering.Commit{ReceivedAt: p.clock.Now(), Authority: metering.ByPerson, Acts: []metering.Act{{
		ID: "act-7", Author: "Metrologist", Reason: "fuse of phase B", Changes: []metering.ActChange{{After: set}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.validator().Rebuild(t.Context(), hours(0), hours(48), false, nil); err != nil {
		t.Fatal(err)
	}
	got := p.intervals("p-0", hours(30), hours(30.25))
	if len(got) != 1 || got[0].Energy != 12345 || got[0].Version != 2 {
		t.Errorf("%+v", got)
	}
}

// brokenLedger fails to write what concerns one point, for a while.
type brokenLedger struct {
	validation.Ledger
	point metering.PointID
	times int
}

func (b *brokenLedger) Commit(ctx context.Context, c metering.Commit) error {
	for _, f := range c.Findings {
		if f.Point == b.point && b.times > 0 {
			b.times--
			return errors.New("disk is full")
		}
	}
	return b.Ledger.Commit(ctx, c)
}

// One point that cannot be written does not stop the others, and is tried again.
func TestOneFailingPointDoesNotStopTheOthers(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(24))
	all := readings(hours(0), hours(24))
	p.take(without(without(all, "m-0", hours(9), hours(11)), "m-1", hours(9), hours(11)))
	broken := &brokenLedger{p.ledger, "p-0", 3}
	v := p.validatorOn(broken)
	if err := v.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	for look := range 4 {
		v.Look(t.Context())
		if s := v.Stats(); int(s.Failures) != min(look+1, 3) || (s.LastError == "") != (look == 3) {
			t.Errorf("after look %d: %+v", look, s)
		}
		if g := grades(p.intervals("p-1", hours(0), hours(23))); strings.Contains(g, "N") {
			t.Errorf("p-1 after look %d: %s", look, g)
		}
		p.clock.set(p.clock.Now().Add(2 * time.Minute))
	}
	for _, point := range []metering.PointID{"p-0", "p-1"} {
		if g := grades(p.intervals(point, hours(0), hours(23))); strings.Contains(g, "N") {
			t.Errorf("%s: %s", point, g)
		}
	}
}

// A point that fails for ever is tried less and less often, and what it holds up
// stays held up.
func TestAPointThatAlwaysFailsIsLetAlone(t *testing.T) {
	p := newPlant(t)
	p.clock.set(hours(24))
	p.take(without(readings(hours(0), hours(24)), "m-0", hours(9), hours(11)))
	v := p.validatorOn(&brokenLedger{p.ledger, "p-0", 1 << 30})
	if err := v.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.clock.set(p.clock.Now().Add(2 * time.Minute))
	for range 360 { // half an hour of looks
		v.Look(t.Context())
		p.clock.set(p.clock.Now().Add(5 * time.Second))
	}
	s := v.Stats()
	if s.Failures < 5 || s.Failures > 10 {
		t.Errorf("%d attempts in half an hour, want 5 to 10", s.Failures)
	}
	if s.LastError == "" || s.Waiting == 0 || s.UpTo.After(hours(9)) {
		t.Errorf("after half an hour: %+v; the point's stretch has to wait", s)
	}
}

// wh is what a meter's register shows at a moment that was read.
func wh(list []reading, m metering.MeterID, at time.Time) int64 {
	for _, r := range list {
		if r.meter == m && r.at.Equal(at) {
			return r.wh
		}
	}
	panic("BUG: not read")
}
