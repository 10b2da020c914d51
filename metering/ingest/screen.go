package ingest

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// screened is a group of messages sorted into what each part of it is for.
type screened struct {
	batches         []wire.Batch
	stored          []metering.StoredBatch
	lost            map[metering.BatchID]metering.Range
	streams         map[stream]bool // those to be acknowledged
	readings        map[registerKey][]metering.RegisterReading
	witnesses       []metering.Witness
	poison          []metering.Poison
	notes           []string // faults of which this group's poison tells
	refusedReadings map[string]int
}

// Kinds of refused readings, as Stats names them.
const (
	unknownMeter  = "unknown_meter"
	inTheFuture   = "future"
	brokenCounter = "broken_counter"
)

// noteEvery is how often the same fault of the same meter goes into the
// quarantine: a meter that nobody knows is polled every second.
const noteEvery = time.Hour

const maxNotes = 10_000

func (in *Ingest) screen(messages []Message) *screened {
	s := &screened{
		lost: map[metering.BatchID]metering.Range{}, streams: map[stream]bool{},
		readings: map[registerKey][]metering.RegisterReading{}, refusedReadings: map[string]int{},
	}
	for _, m := range messages {
		in.screenMessage(s, m)
	}
	return s
}

func (in *Ingest) screenMessage(s *screened, m Message) {
	if n := len(m.Payload); n > in.cfg.Limits.Payload {
		s.reject(m, fmt.Sprintf("oversized: %d bytes, at most %d are taken", n, in.cfg.Limits.Payload))
		return
	}
	b, err := in.cfg.Decode(m.Payload)
	switch {
	case err != nil:
		s.reject(m, "undecodable: "+err.Error())
	case m.Collector != "" && b.ID.Collector != m.Collector:
		s.reject(m, fmt.Sprintf("collector %q sent a batch in the name of %q", m.Collector, b.ID.Collector))
	case b.ID.Collector == "" || b.ID.Seq == 0:
		s.reject(m, fmt.Sprintf("batch without an identity: %+v", b.ID))
	case b.Site != in.cfg.Site.ID:
		s.reject(m, fmt.Sprintf("of site %q, this is %q: correct the collector's configuration", b.Site, in.cfg.Site.ID))
		s.handled(b)
	default:
		s.accept(m, b)
		in.screenSnapshots(s, m, b)
	}
}

func (s *screened) reject(m Message, reason string) {
	s.poison = append(s.poison, metering.Poison{At: m.ReceivedAt, Topic: m.Topic, Reason: reason, Payload: m.Payload})
}

// handled counts a refused batch as received, so that its collector does not
// send it for ever.
func (s *screened) handled(b wire.Batch) {
	s.streams[stream{b.ID.Collector, b.ID.Epoch}] = true
	s.addLost(b, metering.Range{From: b.ID.Seq, To: b.ID.Seq})
}

func (s *screened) addLost(b wire.Batch, r metering.Range) {
	s.lost[metering.BatchID{Collector: b.ID.Collector, Epoch: b.ID.Epoch, Seq: uint64(len(s.lost))}] = r
}

func (s *screened) accept(m Message, b wire.Batch) {
	s.streams[stream{b.ID.Collector, b.ID.Epoch}] = true
	s.batches = append(s.batches, b)
	s.stored = append(s.stored, metering.StoredBatch{ID: b.ID, ReceivedAt: m.ReceivedAt, Payload: m.Payload})
	for _, r := range b.Lost {
		s.addLost(b, r)
	}
}

// refuse turns the only message of a group into poison: the ledger will not have
// it.
func (s *screened) refuse(m Message, err error) {
	batches := s.batches
	s.batches, s.stored, s.readings, s.witnesses = nil, nil, nil, nil
	clear(s.lost)
	s.poison = nil
	s.reject(m, err.Error())
	for _, b := range batches {
		s.handled(b)
	}
}

// screenSnapshots picks the register readings that may enter intervals.
func (in *Ingest) screenSnapshots(s *screened, m Message, b wire.Batch) {
	now := in.cfg.Clock.Now()
	var faults []string
	note := func(kind string, readings int, meter metering.MeterID, text string) {
		s.refusedReadings[kind] += readings
		key := kind + "/" + string(meter)
		if last, ok := in.lastNote[key]; ok && now.Sub(last).Abs() < noteEvery {
			return
		}
		s.notes = append(s.notes, key)
		if len(faults) < 5 {
			faults = append(faults, text)
		}
	}
	for _, snap := range b.Snapshots {
		if !in.meters[snap.Meter] {
			note(unknownMeter, len(snap.Readings), snap.Meter, fmt.Sprintf("meter %q is not in the site file: add it, or take it from the collector", snap.Meter))
			continue
		}
		if ahead := snap.At.Sub(now); ahead > in.cfg.Limits.Ahead {
			note(inTheFuture, len(snap.Readings), snap.Meter, fmt.Sprintf("meter %q: read at %s, %v ahead of the clock here: set the collector's clock", snap.Meter, snap.At.Format(time.RFC3339), ahead.Round(time.Second)))
			continue
		}
		if !snap.Quality.Usable() {
			continue
		}
		if w, says := in.witness(b, snap); says {
			s.witnesses = append(s.witnesses, w)
		}
		for _, r := range snap.Readings {
			switch {
			case !r.Quantity.Counter() || !r.Usable():
			case r.Count.Raw < 0 || r.Count.Step <= 0 || snap.Took < 0:
				note(brokenCounter, 1, snap.Meter, fmt.Sprintf("meter %q: %v: %d counts of %d thousandths, read in %v", snap.Meter, r.Quantity, r.Count.Raw, r.Count.Step, snap.Took))
			default:
				key := registerKey{snap.Meter, r.Quantity}
				s.readings[key] = append(s.readings[key], metering.RegisterReading{
					At: snap.At.UTC().Truncate(time.Millisecond), Took: snap.Took, Count: r.Count,
				})
			}
		}
	}
	if len(faults) > 0 {
		s.reject(m, "taken in, but not all of it can be used: "+strings.Join(faults, "; "))
	}
}

// noted remembers which faults the quarantine has.
func (in *Ingest) noted(s *screened, now time.Time) {
	if len(in.lastNote) > maxNotes {
		clear(in.lastNote)
	}
	for _, key := range s.notes {
		in.lastNote[key] = now
	}
}
