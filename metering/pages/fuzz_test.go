package pages

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

// FuzzPages gives decoders any body with a right checksum: they fail with
// ErrDamaged, or give what packs to something that reads the same.
func FuzzPages(f *testing.F) {
	body := func(page []byte) []byte { return page[1 : len(page)-4] }
	f.Add(body(PackIntervals(100, []Interval{{Slot: 3, Energy: 5}, {Slot: 95, Energy: -7, Recorded: 9, Meta: Meta{Reason: "r", Grade: 'N'}}})), int64(100))
	r := metering.RegisterReading{At: SlotStart(100, 3), Count: metering.Count{Raw: 5, Step: 10}}
	f.Add(body(PackSpans(100, []Span{{Slot: 3, Readings: []metering.RegisterReading{r}, Many: true}})), int64(100))
	w := metering.Witness{Start: SlotStart(100, 0), Powers: []metering.PowerSample{{At: SlotStart(100, 0).Add(time.Second), Power: -9}}}
	w.Signs[metering.SignClockStep] = -1 << 31
	f.Add(body(PackWitness(w)), int64(100))
	f.Add(body(PackPins(&Pins{3: 1, 4: 1, 5: 2, 95: 1 << 20})), int64(100))
	f.Fuzz(func(t *testing.T, body []byte, day int64) {
		day %= 100_000
		page := seal(append([]byte{pageFormat}, body...))
		if entries, err := UnpackIntervals(day, page); sound(t, err) {
			again, err := UnpackIntervals(day, PackIntervals(day, entries))
			same(t, entries, again, err)
		}
		if entries, err := UnpackSpans(day, page); sound(t, err) && tidy(entries, day) {
			again, err := UnpackSpans(day, PackSpans(day, entries))
			same(t, entries, again, err)
		}
		if w, err := UnpackWitness("m", day*86_400_000, page); sound(t, err) {
			again, err := UnpackWitness("m", day*86_400_000, PackWitness(w))
			same(t, w, again, err)
		}
		if p, err := UnpackPins(page); sound(t, err) {
			again, err := UnpackPins(PackPins(p))
			same(t, p, again, err)
		}
	})
}

func sound(t *testing.T, err error) bool {
	if err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("an error of another kind: %v", err)
	}
	return err == nil
}

func same[T any](t *testing.T, want, got T, err error) {
	t.Helper()
	if err != nil || fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("%v became %v, %v", want, got, err)
	}
}

// tidy reports whether the readings are such as a ledger takes: within their
// period. Others unpack, and pack to something else.
func tidy(entries []Span, day int64) bool {
	for _, e := range entries {
		start := SlotStart(day, e.Slot)
		if slices.ContainsFunc(e.Readings, func(r metering.RegisterReading) bool {
			return r.At.Before(start) || !r.At.Before(start.Add(metering.BasePeriod)) || r.Took < 0 || r.Count.Step < 0
		}) {
			return false
		}
	}
	return true
}

// Any flipped bit is found.
func TestDamageIsFound(t *testing.T) {
	page := PackIntervals(100, []Interval{{Slot: 3, Energy: 5}, {Slot: 4, Energy: 1 << 60}})
	for i := range len(page) * 8 {
		page[i/8] ^= 1 << (i % 8)
		if _, err := UnpackIntervals(100, page); err == nil {
			t.Errorf("bit %d was flipped and nobody saw it", i)
		}
		page[i/8] ^= 1 << (i % 8)
	}
	for n := range page {
		if _, err := UnpackIntervals(100, page[:n]); err == nil {
			t.Errorf("cut to %d bytes and nobody saw it", n)
		}
	}
	if _, err := UnpackIntervals(100, seal([]byte{pageFormat + 1})); err == nil {
		t.Error("a page of a newer format was read")
	}
}

// TestSet compares with the rules in words: nothing there, the same, and who
// yields.
func TestSet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var day []Interval
		current := map[int]metering.Interval{}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			slot := rapid.IntRange(0, 2).Draw(rt, "slot") * 47
			a := metering.Authority(rapid.IntRange(0, 2).Draw(rt, "authority"))
			iv := metering.Interval{
				Point: "p", Channel: 1, Start: SlotStart(100, slot), Energy: metering.Energy(rapid.IntRange(0, 1).Draw(rt, "energy")),
				Grade:  rapid.SampledFrom([]metering.Grade{metering.Actual, metering.Null}).Draw(rt, "grade"),
				Method: rapid.SampledFrom([]metering.Method{metering.MethodRegister, metering.MethodScaled}).Draw(rt, "method"),
				Flags:  rapid.SampledFrom([]metering.Flags{0, metering.FlagManual}).Draw(rt, "flags"),
			}
			have, exists := current[slot]
			before, now, found, changed := Set(&day, iv, a, 5)
			due := !exists || !have.SameAs(iv) && have.Yields(iv, a)
			if found != exists || changed != due || exists && before.Interval(100, "p", 1) != have {
				rt.Fatalf("Set = %+v, %+v, %v, %v; there was %+v", before, now, found, changed, have)
			}
			if due {
				iv.Version, iv.RecordedAt = have.Version+1, Instant(5)
				current[slot] = iv
			}
			if now.Interval(100, "p", 1) != current[slot] {
				rt.Fatalf("now %+v, want %+v", now, current[slot])
			}
		}
		again, err := UnpackIntervals(100, PackIntervals(100, day))
		if err != nil || !slices.Equal(day, again) || len(day) != len(current) {
			rt.Fatalf("%+v became %+v, %v", day, again, err)
		}
	})
}
