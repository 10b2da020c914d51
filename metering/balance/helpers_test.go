package balance_test

import (
	"maps"
	"slices"
	"time"

	"asue/metering"
)

func timeOf(n int) time.Duration { return time.Duration(n) }

func sortedKeys(m map[metering.ResidentID]metering.Energy) []metering.ResidentID {
	return slices.Sorted(maps.Keys(m))
}
