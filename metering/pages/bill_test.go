package pages

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
)

// TestInOrder compares with taking what lies within and sorting it.
func TestInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const day = 100
		var channels []ChannelDay
		s := metering.Settlement{
			From: SlotStart(day, rapid.IntRange(-5, 96).Draw(rt, "from")).Add(time.Duration(rapid.IntRange(0, 1).Draw(rt, "ns"))),
			To:   SlotStart(day, rapid.IntRange(0, 100).Draw(rt, "to")),
		}
		if !s.From.Before(s.To) {
			return
		}
		var want []metering.Interval
		for _, p := range []metering.PointID{"q", "a", "p"} {
			for ch := range metering.Channel(3) {
				c := ChannelDay{Point: p, Channel: 3 - ch}
				for slot := range Slots {
					if rapid.IntRange(0, 3).Draw(rt, "there") == 0 {
						continue
					}
					e := Interval{Slot: slot, Energy: metering.Energy(slot), Meta: Meta{Version: 1}}
					c.Entries = append(c.Entries, e)
					if iv := e.Interval(day, c.Point, c.Channel); !iv.Start.Before(s.From) && iv.Start.Before(s.To) {
						want = append(want, iv)
					}
				}
				c.Entries = Within(day, c.Entries, s)
				channels = append(channels, c)
			}
		}
		slices.SortFunc(want, func(a, b metering.Interval) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel))
		})
		var got []metering.Interval
		InOrder(day, channels, func(i metering.Interval) { got = append(got, i) })
		if !slices.Equal(want, got) {
			rt.Fatalf("%d intervals, want %d in order", len(got), len(want))
		}
	})
}
