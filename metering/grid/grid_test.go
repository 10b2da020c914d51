package grid_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/grid"
)

var midnight = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

func interval(point metering.PointID, slot int, e metering.Energy) metering.Interval {
	return metering.Interval{
		Point: point, Channel: metering.ChannelActiveImport, Energy: e, Grade: metering.Actual,
		Start: midnight.Add(time.Duration(slot) * metering.BasePeriod),
	}
}

func TestIntervalsAreFoundWhateverTheirOrder(t *testing.T) {
	var list []metering.Interval
	for slot := range 96 {
		list = append(list, interval("a", slot, metering.Energy(slot)), interval("b", slot, metering.Energy(1000+slot)))
	}
	list = append(list, interval("a", 96, 7), interval("a", -1, 7)) // outside the day
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	g, err := grid.New(midnight, midnight.Add(24*time.Hour), list)
	if err != nil {
		t.Fatal(err)
	}
	for slot := range g.Len() {
		a, okA := g.Row("a", metering.ChannelActiveImport).Energy(slot)
		b, okB := g.Row("b", metering.ChannelActiveImport).Energy(slot)
		if !okA || !okB || a != metering.Energy(slot) || b != metering.Energy(1000+slot) {
			t.Fatalf("slot %d: %v %v, %v %v", slot, a, okA, b, okB)
		}
		if at, ok := g.Slot(g.Start(slot).Add(time.Minute)); !ok || at != slot {
			t.Fatalf("slot of %v is %d", g.Start(slot), at)
		}
	}
}

func TestAbsenceIsNotZero(t *testing.T) {
	null := interval("a", 1, 5)
	null.Grade = metering.Null
	g, err := grid.New(midnight, midnight.Add(time.Hour), []metering.Interval{interval("a", 0, 5), null})
	if err != nil {
		t.Fatal(err)
	}
	row := g.Row("a", metering.ChannelActiveImport)
	if _, ok := row.Energy(1); ok || row.At(1) == nil {
		t.Error("an interval without energy: it is there, and its energy is not")
	}
	if _, ok := row.Energy(2); ok || row.At(2) != nil || row.At(-1) != nil || row.At(9) != nil {
		t.Error("an interval that nobody gave was found")
	}
	if none := g.Row("b", metering.ChannelActiveImport); none.Known() || none.At(0) != nil {
		t.Error("a point that nobody gave was found")
	}
	more, err := g.With([]metering.Interval{interval("b", 3, 9)})
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := more.Row("b", metering.ChannelActiveImport).Energy(3); !ok || e != 9 {
		t.Errorf("added interval: %v %v", e, ok)
	}
}

func TestWhatCannotBeLaidOutIsRefused(t *testing.T) {
	crooked := interval("a", 0, 1)
	crooked.Start = crooked.Start.Add(time.Second)
	f := func(want string, from, to time.Time, list ...metering.Interval) {
		t.Helper()
		if _, err := grid.New(from, to, list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	hour := midnight.Add(time.Hour)
	f("comes twice", midnight, hour, interval("a", 0, 1), interval("a", 0, 1))
	f("no multiple", midnight, hour, crooked)
	f("must be multiples", midnight.Add(time.Minute), hour)
	f("must be multiples", hour, midnight)
}
