package ingest

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
)

// clockWatch compares a collector's wall clock with its monotonic one, by meter
// and start of the collector's process, to see when the wall clock was set.
type clockWatch map[clockKey][]clockPair

type clockKey struct {
	boot  uint64
	meter metering.MeterID
}

// clockPair is one moment on both clocks.
type clockPair struct {
	mono time.Duration
	at   time.Time
}

const (
	clockPairs = 64          // remembered of a meter
	clockKeys  = 100_000     // meters and boots remembered
	clockSet   = time.Second // what is no set clock: jitter and slow correction
)

// step is by how much the wall clock was set between the snapshot and the one
// before it, 0 if it was not or nothing is known of one before. Telling the same
// snapshot again gives the same.
func (w clockWatch) step(boot uint64, snap metering.Snapshot) time.Duration {
	if snap.Mono <= 0 {
		return 0
	}
	key := clockKey{boot, snap.Meter}
	list := w[key]
	i, found := slices.BinarySearchFunc(list, snap.Mono, func(p clockPair, mono time.Duration) int { return cmp.Compare(p.mono, mono) })
	var step time.Duration
	if i > 0 {
		went := snap.Mono - list[i-1].mono
		step = (snap.At.Sub(list[i-1].at) - went).Abs()
		// A clock that is corrected slowly drifts by up to a thousandth.
		if step <= clockSet+went/1000 {
			step = 0
		}
	}
	if !found {
		if len(w) >= clockKeys && list == nil {
			clear(w)
		}
		list = slices.Insert(list, i, clockPair{snap.Mono, snap.At})
		w[key] = list[max(0, len(list)-clockPairs):]
	}
	return step
}
