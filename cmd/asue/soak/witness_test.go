package soak

import (
	"fmt"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// witness looks at everything that the collector delivers.
type witness struct {
	began time.Time

	mu     sync.Mutex
	good   uint64
	absent uint64                         // snapshots and readings that say themselves that they are none
	fresh  map[metering.MeterID]time.Time // of the last good reading of the group fast: when its answer was there
	count  map[metering.MeterID]uint64    // of good snapshots of the group fast
	wrong  []string
}

func newWitness(began time.Time) *witness {
	return &witness{began: began, fresh: map[metering.MeterID]time.Time{}, count: map[metering.MeterID]uint64{}}
}

// take is the collector's sink.
func (w *witness) take(b wire.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range b.Snapshots {
		w.look(s)
	}
}

// rounding is how much of a moment the snapshot's and the register's whole
// milliseconds take away.
const rounding = 2 * time.Millisecond

func (w *witness) look(s metering.Snapshot) {
	if s.Quality != metering.Good {
		w.absent++
		return
	}
	start, end := s.At.Add(-s.Took/2), s.At.Add(s.Took/2)
	first := map[[2]uint16]content{} // by block
	for _, r := range s.Readings {
		if r.Quality != metering.Good {
			w.absent++
			continue
		}
		w.good++
		bits := uint64(r.Value)
		if r.Quantity.Counter() {
			bits = uint64(r.Count.Raw)
		}
		place, got := placeOf[r.Quantity], contentOf(bits)
		want := content{unit: unitOf(s.Meter), function: place.Function, address: place.Address, at: got.at}
		at := w.began.Add(got.at)
		switch in := [2]uint16{uint16(place.Function), place.Address / 400}; {
		case got != want:
			w.complain(s, r, "it is of %v, not of %v", got, want)
		case at.Before(start.Add(-rounding)) || at.After(end.Add(rounding)):
			w.complain(s, r, "it is of %v, the question ran from %v to %v", got.at, start.Sub(w.began), end.Sub(w.began))
		case first[in] == content{}:
			first[in] = got
		case first[in].at != got.at:
			w.complain(s, r, "one block is of %v and of %v", first[in].at, got.at)
		}
		if place.Group == fastGroup {
			w.fresh[s.Meter] = end
		}
	}
	if len(s.Readings) > 0 && placeOf[s.Readings[0].Quantity].Group == fastGroup {
		w.count[s.Meter]++
	}
}

func (w *witness) complain(s metering.Snapshot, r metering.Reading, format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf("meter %s, %v = %v, took %v: ", s.Meter, r.Quantity, r.Value, s.Took)+fmt.Sprintf(format, args...))
}

// stale lists the meters without a good reading of the group fast since then.
func (w *witness) stale(since time.Time, meters []metering.MeterID) []metering.MeterID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []metering.MeterID
	for _, m := range meters {
		if !w.fresh[m].After(since) {
			list = append(list, m)
		}
	}
	return list
}

// counted is how many good snapshots of the group fast the meters gave.
func (w *witness) counted(meters []metering.MeterID) (sum uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range meters {
		sum += w.count[m]
	}
	return sum
}

// verdict is the number of good readings, of absent ones, and what was wrong.
func (w *witness) verdict() (good, absent uint64, wrong []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.good, w.absent, append([]string(nil), w.wrong...)
}
