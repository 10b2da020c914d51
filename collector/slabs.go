package collector

import (
	"sync"

	"asue/collector/device"
	"asue/metering"
)

// slabs are memory for snapshots and their readings that is used again and again:
// what a read gives lives for milliseconds, and made anew each time it would be
// nearly all that the process allocates. Lines borrow them while they read, the
// Deliverer while batches wait for the disk.
type slabs struct {
	snapshots []metering.Snapshot
	readings  []metering.Reading
}

var freeSlabs = sync.Pool{New: func() any { return new(slabs) }}

func borrowSlabs() *slabs { return freeSlabs.Get().(*slabs) }

// giveBack ends the use of all that lies in the slabs. None at all are no harm.
func (s *slabs) giveBack() {
	if s == nil {
		return
	}
	s.snapshots, s.readings = s.snapshots[:0], s.readings[:0]
	freeSlabs.Put(s)
}

// copy puts copies of snapshots, with their readings, into the slabs and returns them.
func (s *slabs) copy(list []metering.Snapshot) []metering.Snapshot {
	from := len(s.snapshots)
	s.snapshots = append(s.snapshots, list...)
	own := s.snapshots[from:len(s.snapshots):len(s.snapshots)]
	for i := range own {
		if own[i].Readings == nil {
			continue
		}
		from := len(s.readings)
		s.readings = append(s.readings, own[i].Readings...)
		own[i].Readings = s.readings[from:len(s.readings):len(s.readings)]
	}
	return own
}

// scratch is what a task works with while it reads. Lines borrow it for that long.
type scratch struct {
	answer device.Answer
	reads  []*read // of the task's cycle
}

var freeScratch = sync.Pool{New: func() any { return new(scratch) }}

func borrowScratch() *scratch { return freeScratch.Get().(*scratch) }

func (s *scratch) giveBack() {
	s.answer = device.Answer{}
	clear(s.reads)
	freeScratch.Put(s)
}
