package pages

import (
	"cmp"
	"slices"

	"asue/metering"
)

// Order puts intervals, of which no two are of the same channel and start, in the
// ledger's order: by start, then point, then channel. It is quick when they come as
// ledgers read them, channel by channel and day by day.
func Order(list []metering.Interval) {
	if slices.IsSortedFunc(list, byStart) {
		return
	}
	runs := runsOf(list)
	slots, least, ok := slotsOf(list)
	if !ok {
		slices.SortFunc(list, byStart)
		return
	}
	// How many start before each slot: there the slot's intervals will stand, in
	// the order of their channels.
	next := make([]int, slots)
	for i := range list {
		next[slotOf(&list[i], least)]++
	}
	sum := 0
	for i, n := range next {
		next[i] = sum
		sum += n
	}
	ordered := make([]metering.Interval, len(list))
	for _, r := range runs {
		for i := r.from; i < r.to; i++ {
			slot := slotOf(&list[i], least)
			ordered[next[slot]] = list[i]
			next[slot]++
		}
	}
	copy(list, ordered)
}

func byStart(a, b metering.Interval) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel))
}

// run is a part of a list that is of one channel.
type run struct{ from, to int }

// runsOf cuts a list into runs, in the order of points and channels.
func runsOf(list []metering.Interval) []run {
	var runs []run
	for i := 0; i < len(list); {
		r := run{i, i + 1}
		for r.to < len(list) && list[r.to].Channel == list[i].Channel && list[r.to].Point == list[i].Point {
			r.to++
		}
		runs = append(runs, r)
		i = r.to
	}
	slices.SortStableFunc(runs, func(a, b run) int {
		x, y := &list[a.from], &list[b.from]
		return cmp.Or(cmp.Compare(x.Point, y.Point), cmp.Compare(x.Channel, y.Channel))
	})
	return runs
}

const periodMillis = int64(metering.BasePeriod / 1e6)

func slotOf(iv *metering.Interval, least int64) int {
	return int(iv.Start.UnixMilli()/periodMillis - least)
}

// slotsOf is how many base periods the list spans, and the first of them; false if
// they are so many that counting is no help, or a start is off the grid.
func slotsOf(list []metering.Interval) (slots int, least int64, ok bool) {
	least = list[0].Start.UnixMilli() / periodMillis
	most := least
	for i := range list {
		ms := list[i].Start.UnixMilli()
		if ms%periodMillis != 0 {
			return 0, 0, false
		}
		least, most = min(least, ms/periodMillis), max(most, ms/periodMillis)
	}
	n := most - least + 1
	return int(n), least, n <= int64(8*len(list)+1024)
}
