package ingest

import (
	"maps"
	"time"
)

// Stats are counters since the start, for metrics.
type Stats struct {
	Messages  int64 // taken, committed or quarantined
	Batches   int64 // handed to the ledger, repeated ones too
	Readings  int64 // of registers, handed to intervals
	Intervals int64 // new ones and new versions
	Commits   int64
	Failures  int64 // groups that could not be committed and come again
	Poison    int64 // payloads put into the quarantine
	// Refused are readings that did not enter intervals, by kind:
	// "unknown_meter", "future", "broken_counter".
	Refused    map[string]int64
	LastCommit time.Time
	Waiting    int // messages in the queue of Run now
	Registers  int // states in memory now
}

func (s *Stats) refuse(kind string, n int) {
	if s.Refused == nil {
		s.Refused = map[string]int64{}
	}
	s.Refused[kind] += int64(n)
}

// Stats returns the counters as they are now.
func (in *Ingest) Stats() Stats {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.stats
	s.Refused = maps.Clone(s.Refused)
	s.Waiting, s.Registers = len(in.queue), len(in.registers)
	return s
}
