package pages

import (
	"cmp"
	"slices"

	"asue/metering"
)

// ChannelDay are the intervals of a day of one channel of a point, ascending by
// slot.
type ChannelDay struct {
	Point   metering.PointID
	Channel metering.Channel
	Entries []Interval
}

// InOrder calls f with all intervals of one day in the ledger's order: by start,
// then point, then channel. It orders the channels, once, instead of the
// intervals.
func InOrder(day int64, channels []ChannelDay, f func(metering.Interval)) {
	channels = slices.Clone(channels)
	slices.SortFunc(channels, func(a, b ChannelDay) int {
		return cmp.Or(cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel))
	})
	for slot := range Slots {
		for i := range channels {
			c := &channels[i]
			if len(c.Entries) > 0 && c.Entries[0].Slot == slot {
				f(c.Entries[0].Interval(day, c.Point, c.Channel))
				c.Entries = c.Entries[1:]
			}
		}
	}
}

// Within are those entries of a day that start in the range of a settlement.
func Within(day int64, entries []Interval, s metering.Settlement) []Interval {
	edge := func(t int64) int {
		at, _ := slices.BinarySearchFunc(entries, t, func(e Interval, ms int64) int {
			return cmp.Compare(SlotStart(day, e.Slot).UnixMilli(), ms)
		})
		return at
	}
	return entries[edge(CeilMilli(s.From)):edge(CeilMilli(s.To))]
}
