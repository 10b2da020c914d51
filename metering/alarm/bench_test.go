package alarm_test

import (
	"fmt"
	"testing"
	"time"

	"asue/metering/alarm"
)

// standing is how many alarms stand in the benchmarks: more than any zone has meters.
const standing = 1000

// storm is as many meters that fall silent at once, on lines of 25.
func storm() []alarm.Condition {
	var list []alarm.Condition
	for i := range standing {
		list = append(list, alarm.Condition{Kind: "meter-silent", Subject: fmt.Sprintf("m-%04d", i), Active: true,
			Within: []string{fmt.Sprintf("line/l-%d", i/25), fmt.Sprintf("collector/c-%d", i/250)}, Args: map[string]any{"meter": i}})
	}
	return list
}

// BenchmarkStorm is what it costs to hear of a thousand conditions at once, and what a
// second costs while they all stand.
func BenchmarkStorm(b *testing.B) {
	filled := func(b *testing.B) *alarm.Book {
		b.Helper()
		book, err := alarm.New(zone(), settings())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := book.ObserveAll(storm(), midnight); err != nil {
			b.Fatal(err)
		}
		book.Tick(midnight.Add(time.Minute))
		if n := len(book.List()); n < standing {
			b.Fatalf("%d alarms stand, want %d", n, standing)
		}
		return book
	}
	b.Run("begins", func(b *testing.B) {
		for b.Loop() {
			filled(b)
		}
	})
	b.Run("stands", func(b *testing.B) {
		book, now := filled(b), midnight.Add(time.Minute)
		for b.Loop() {
			now = now.Add(time.Millisecond)
			book.Tick(now)
		}
	})
	b.Run("horn", func(b *testing.B) {
		book, now := filled(b), midnight.Add(time.Minute)
		for b.Loop() {
			book.Horn(now)
		}
	})
	b.Run("list", func(b *testing.B) {
		book := filled(b)
		for b.Loop() {
			book.List()
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		book := filled(b)
		for b.Loop() {
			book.Snapshot()
		}
	})
}
