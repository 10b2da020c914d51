package veetest

import (
	"math/rand/v2"
	"slices"
	"time"

	"asue/metering"
)

// Spans merges readings of one register the way a ledger does, in the order given.
func Spans(meter metering.MeterID, q metering.Quantity, readings []metering.RegisterReading) []metering.RegisterSpan {
	index := map[time.Time]int{}
	var spans []metering.RegisterSpan
	for _, r := range readings {
		s := metering.SpanOf(meter, q, r)
		if i, ok := index[s.Start]; ok {
			spans[i] = spans[i].Merge(s)
			continue
		}
		index[s.Start] = len(spans)
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b metering.RegisterSpan) int { return a.Start.Compare(b.Start) })
	return spans
}

// Witnesses merges witnesses of one meter the way a ledger does.
func Witnesses(list []metering.Witness) []metering.Witness {
	index := map[time.Time]int{}
	var merged []metering.Witness
	for _, w := range list {
		if i, ok := index[w.Start]; ok {
			merged[i] = merged[i].Merge(w)
			continue
		}
		index[w.Start] = len(merged)
		merged = append(merged, w)
	}
	slices.SortFunc(merged, func(a, b metering.Witness) int { return a.Start.Compare(b.Start) })
	return merged
}

// Shuffled is a list in another order, with some of it twice.
func Shuffled[T any](seed uint64, list []T) []T {
	rng := rand.New(rand.NewPCG(seed, 0x5e))
	mixed := slices.Clone(list)
	for range len(list) / 10 {
		mixed = append(mixed, list[rng.IntN(len(list))])
	}
	rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}
