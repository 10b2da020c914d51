package ingest

import (
	"maps"
	"slices"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

// mergeSpans joins spans of one register into an ascending list and reports
// whether they brought anything new.
func mergeSpans(list, more []metering.RegisterSpan) (merged []metering.RegisterSpan, news bool) {
	merged = slices.Clone(list)
	for _, s := range more {
		i, found := slices.BinarySearchFunc(merged, s.Start, func(have metering.RegisterSpan, start time.Time) int {
			return have.Start.Compare(start)
		})
		if !found {
			merged = slices.Insert(merged, i, s)
			news = true
			continue
		}
		joined := merged[i].Merge(s)
		news = news || !joined.SameAs(merged[i])
		merged[i] = joined
	}
	return merged, news
}

// mergeWitness joins a witness into an ascending list of one meter's and reports
// whether it told anything new. The list given is not changed.
func mergeWitness(list []metering.Witness, w metering.Witness) (merged []metering.Witness, news bool) {
	i, found := slices.BinarySearchFunc(list, w.Start, func(have metering.Witness, start time.Time) int {
		return have.Start.Compare(start)
	})
	if !found {
		return slices.Insert(slices.Clone(list), i, w), true
	}
	joined := list[i].Merge(w)
	if joined.Signs == list[i].Signs && slices.EqualFunc(joined.Powers, list[i].Powers, func(a, b metering.PowerSample) bool {
		return a.At.Equal(b.At) && a.Power == b.Power
	}) {
		return list, false
	}
	merged = slices.Clone(list)
	merged[i] = joined
	return merged, true
}

func sortedKeys[V any](m map[metering.MeterID]V) []metering.MeterID {
	return slices.Sorted(maps.Keys(m))
}

// newest cuts a list down to the tail.
func newest(list []metering.RegisterSpan, coarse bool) []metering.RegisterSpan {
	n := max(tailSpans, len(list)-back(list, len(list), 2*doubtful))
	if coarse {
		n += 2 // the interval before the one that closes is refined
	}
	n = min(n, len(list))
	for coarse && n < min(farSpans, len(list)) && !stepped(list[len(list)-n:len(list)-n+1]) {
		n++
	}
	return slices.Clone(list[len(list)-n:])
}

// doubtful is how many readings back or ahead of a new one may turn into garbage,
// or out of it, because of it.
const doubtful = 8

// back is the span, going back from before the one at i, with which n readings
// are together; the first if there are not so many.
func back(spans []metering.RegisterSpan, i, n int) int {
	for i > 0 && n > 0 {
		i--
		n -= len(spans[i].Readings)
	}
	return i
}

// ahead is the span, going on from after the one at i, with which n readings are
// together; the last if there are not so many.
func ahead(spans []metering.RegisterSpan, i, n int) int {
	for i < len(spans)-1 && n > 0 {
		i++
		n -= len(spans[i].Readings)
	}
	return i
}

// stepped reports whether a register showed more than one content in some spans.
func stepped(spans []metering.RegisterSpan) bool {
	return len(spans) > 0 && spans[0].First().Count != spans[len(spans)-1].Last().Count
}

// steady reports whether the readings from shortly before a moment on simply go
// on: no earlier one can turn out to be garbage because of them.
func steady(link vee.Link, spans []metering.RegisterSpan, from time.Time) bool {
	var last [doubtful]metering.RegisterReading
	n := 0
	for _, s := range spans {
		for _, r := range s.Readings {
			if n > 0 && !r.At.Before(from) {
				for i := 1; i < min(n, doubtful); i++ {
					if !link.GoesOn(last[(n-i-1)%doubtful], last[(n-i)%doubtful]) {
						return false
					}
				}
				if !link.GoesOn(last[(n-1)%doubtful], r) {
					return false
				}
			}
			last[n%doubtful] = r
			n++
		}
	}
	return true
}
