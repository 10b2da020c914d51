package agent

import (
	"fmt"
	"time"

	"asue/metering"
)

// Log is the agent's durable memory. An agent alone uses it.
type Log interface {
	// Append makes a record durable before it returns. After an error the record
	// may or may not be there.
	Append(Record) error
	// Replay gives all records in their order, the compacted ones first. It is
	// called once, before anything else.
	Replay(each func(Record) error) error
	// Large reports that it is time to compact.
	Large() bool
	// Compact replaces all records by fewer that mean the same, all or nothing.
	Compact([]Record) error
}

// RecordKind is what a record tells.
type RecordKind string

// Kinds of records.
const (
	RecordBoot   RecordKind = "boot"   // the agent has started
	RecordTerm   RecordKind = "term"   // a new term has begun
	RecordMode   RecordKind = "mode"   // Text: the balancer commands from now on, or it advises
	RecordBand   RecordKind = "band"   // a hard band was commissioned
	RecordStage  RecordKind = "stage"  // a command has come to a stage
	RecordLapse  RecordKind = "lapse"  // the lease of a command is over
	RecordOwn    RecordKind = "own"    // a step of the agent's own is about to be written
	RecordChange RecordKind = "change" // a change by a command; only after compacting
	RecordHold   RecordKind = "hold"   // the output is on hold until At; only after compacting
	RecordState  RecordKind = "state"  // what is in force, in its position since At; only after compacting
)

// Record is one line of the agent's memory.
type Record struct {
	At       time.Time           `json:"t"`
	Kind     RecordKind          `json:"kind"`
	Term     uint64              `json:"term,omitempty"`
	Boot     uint64              `json:"boot,omitempty"`
	Actuator metering.ActuatorID `json:"actuator,omitempty"`
	// Of a command.
	ID      string           `json:"id,omitempty"`
	Digest  []byte           `json:"digest,omitempty"` // SHA-256 of its content
	Stage   metering.Stage   `json:"stage,omitempty"`
	Refusal string           `json:"refusal,omitempty"`
	Want    metering.Desired `json:"want,omitzero"`
	Seen    metering.Desired `json:"seen,omitzero"`
	Change  bool             `json:"change,omitempty"`  // executing: something is written
	Overdue bool             `json:"overdue,omitempty"` // state: shed without a lease
	Text    string           `json:"text,omitempty"`

	Band *metering.HardBand `json:"band,omitempty"`
}

func recordOf(o metering.Outcome, m metering.Allotment, digest [32]byte) Record {
	return Record{
		At: o.At, Kind: RecordStage, Term: o.Term, Actuator: o.Actuator, ID: o.ID, Digest: digest[:], Stage: o.Stage,
		Refusal: o.Refusal, Want: m.Want, Seen: o.Seen, Text: o.Text,
	}
}

// keep makes a record durable, and reports whether it is. A log that fails is tried
// again with the next record.
func (a *Agent) keep(r Record) bool {
	err := a.log.Append(r)
	switch {
	case err == nil && a.trouble != nil:
		a.alarm(nil, "the log can be written again")
	case err != nil:
		a.counts.LogErrors++
		if a.trouble == nil {
			a.alarm(nil, "the log cannot be written, and no command is carried out: %v", err)
		}
	}
	a.trouble = err
	return err == nil
}

// recall takes one record back in.
func (a *Agent) recall(r Record) error {
	a.term = max(a.term, r.Term)
	if r.Kind == RecordMode {
		a.advised = r.Text == advises
		return nil
	}
	x := a.find(r.Actuator)
	if r.Kind == RecordStage {
		if len(r.Digest) != 32 {
			return fmt.Errorf("record of command %s: a digest of %d bytes", r.ID, len(r.Digest))
		}
		a.known.put(r.ID, [32]byte(r.Digest), metering.Outcome{
			ID: r.ID, Agent: a.cfg.Name, Actuator: r.Actuator, Stage: r.Stage, Refusal: r.Refusal, Text: r.Text, At: r.At, Seen: r.Seen, Term: r.Term,
		})
	}
	if x == nil {
		return nil // it is not this agent's any more
	}
	switch r.Kind {
	case RecordBand:
		if r.Band == nil {
			return fmt.Errorf("record of %s: a hard band without its values", r.Actuator)
		}
		x.band, x.narrowed = *r.Band, r.ID != ""
	case RecordStage:
		x.recallStage(r, a.t)
	case RecordLapse:
		x.overdue = x.command == r.ID && x.want.Position == metering.PositionOpen
		x.command = ""
	case RecordChange:
		x.change(r.At)
		if x.Kind != metering.ActuatorSetpoint {
			x.since = r.At
		}
	case RecordHold:
		x.hold, x.holdText = r.At, r.Text
	case RecordState:
		x.command, x.want, x.overdue, x.since = r.ID, r.Want, r.Overdue, r.At
	}
	return nil
}

func (x *output) recallStage(r Record, t Timing) {
	switch r.Stage {
	case metering.StageExecuting:
		x.flight = &flight{
			m: metering.Allotment{ID: r.ID, Actuator: x.ID, Kind: x.Kind, Want: r.Want, Term: r.Term}, digest: [32]byte(r.Digest), begun: r.At, remembered: true,
		}
		if r.Change {
			x.change(r.At)
			if x.Kind != metering.ActuatorSetpoint {
				x.since = r.At
			}
		}
	case metering.StageConfirmed:
		x.flight = nil
		x.overdue = false
		if r.Want != (metering.Desired{}) || x.Kind == metering.ActuatorSetpoint {
			x.command, x.want = r.ID, r.Want
		}
	case metering.StageFailed:
		x.flight = nil
		x.command = ""
		x.overdue = r.Seen.Position == metering.PositionOpen
		x.hold, x.holdText = r.At.Add(t.Hold), fmt.Sprintf("command %s failed: %s", r.ID, r.Text)
	case metering.StageReverted:
		x.command = ""
	}
}

// wake makes of what was remembered what a start means: reservations are void,
// leases are over, hard bands stand, and what was being carried out is looked at.
func (a *Agent) wake(now time.Time) {
	a.keep(Record{At: now, Kind: RecordBoot, Boot: a.boot, Term: a.term})
	for _, x := range a.outputs {
		if x.Kind == metering.ActuatorSetpoint {
			if x.band == (metering.HardBand{}) {
				band := metering.HardBand{Least: x.Least, Most: x.Most, FailSafe: x.FailSafe}
				a.keep(Record{At: now, Kind: RecordBand, Actuator: x.ID, Band: &band, Text: "first start"})
				x.band = band
			}
			x.take(x.band)
			if x.bandText != "" {
				a.alarm(x, "%s", x.bandText)
			}
		}
		x.wake(now, a.t)
		switch {
		case x.flight != nil:
			x.command = "" // another command was taking its place
		case x.command != "":
			a.revert(now, x, "its lease ended with the restart of the agent")
		}
	}
	for _, id := range a.known.ids {
		k := a.known.find(id)
		if k.outcome.Stage == metering.StageSelected {
			o := a.outcome(now, id, k.outcome.Actuator, metering.StageExpired, "the agent was restarted")
			a.keep(recordOf(o, metering.Allotment{}, k.digest))
			a.tell(k.digest, o)
		}
	}
}

// wake does not let moments lie in the future, because the wall clock went
// backwards meanwhile.
func (x *output) wake(now time.Time, t Timing) {
	for _, at := range []*time.Time{&x.changed, &x.since} {
		if at.After(now) {
			*at = now
		}
	}
	for i := range x.changes {
		if x.changes[i].After(now) {
			x.changes[i] = now
		}
	}
	if latest := now.Add(t.Hold); x.hold.After(latest) {
		x.hold = latest
	}
	if x.flight != nil {
		x.flight.begun = now // for how long it may be looked for
	}
}

// compact writes what is remembered as few records.
func (a *Agent) compact(now time.Time) {
	rs := []Record{{At: now, Kind: RecordBoot, Boot: a.boot, Term: a.term}, a.modeRecord(now)}
	for _, id := range a.known.ids {
		k := a.known.find(id)
		if f := a.flightOf(k.outcome.Actuator); f != nil && f.m.ID == id {
			continue // it comes last, as what is not settled
		}
		o := k.outcome
		rs = append(rs, recordOf(o, metering.Allotment{}, k.digest))
	}
	for _, x := range a.outputs {
		if x.Kind == metering.ActuatorSetpoint {
			band := x.band
			rs = append(rs, Record{At: now, Kind: RecordBand, Actuator: x.ID, Band: &band, Text: "compacted"})
		}
		rs = append(rs, x.compact(a.term)...)
	}
	if err := a.log.Compact(rs); err != nil {
		a.counts.LogErrors++
		a.alarm(nil, "the log cannot be compacted and grows: %v", err)
	}
}

func (a *Agent) flightOf(id metering.ActuatorID) *flight {
	if x := a.find(id); x != nil {
		return x.flight
	}
	return nil
}

// compact is what must be known of an output beside the answers to commands: in an
// order in which recalling the answers before changes nothing of it.
func (x *output) compact(term uint64) []Record {
	var rs []Record
	for _, at := range x.changes {
		rs = append(rs, Record{At: at, Kind: RecordChange, Actuator: x.ID})
	}
	rs = append(rs,
		Record{At: x.hold, Kind: RecordHold, Actuator: x.ID, Text: x.holdText},
		Record{At: x.since, Kind: RecordState, Actuator: x.ID, ID: x.command, Want: x.want, Overdue: x.overdue})
	if f := x.flight; f != nil {
		rs = append(rs, Record{
			At: f.begun, Kind: RecordStage, Term: term, Actuator: x.ID, ID: f.m.ID, Digest: f.digest[:], Stage: metering.StageExecuting, Want: f.m.Want,
		})
	}
	return rs
}
