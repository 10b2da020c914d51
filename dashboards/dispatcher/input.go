package dispatcher

import (
	"encoding/json"
	"maps"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// Value is a power that may be unknown, with the reason if it is.
type Value struct {
	Power  metering.Power
	Known  bool
	Reason string // why it is not known, or why it is less than sure
}

// Known is a known power.
func Known(p metering.Power) Value { return Value{Power: p, Known: true} }

// Unknown is a power that is not known, for a reason.
func Unknown(reason string) Value { return Value{Reason: reason} }

// Bands of the projection against the limit.
const (
	BandNormal = "normal" // below 90 % of the limit
	BandWatch  = "watch"  // from 90 %
	BandWarn   = "warn"   // from 95 %
	BandLimit  = "limit"  // from 98 %
	BandOver   = "over"   // above it
	// BandUnknown: there is no projection, or it is too early in the block to judge it.
	BandUnknown = "unknown"
)

// Control is what the controller knows at one moment. The page shows it and
// derives nothing from it.
type Control struct {
	At          time.Time
	Power       Value  // zone power now
	PowerSource string // how Power was found: "inputs", "transformers" or "feeders"
	BlockStart  time.Time
	BlockEnd    time.Time // zero: BlockStart plus metering.BasePeriod
	BlockMean   Value     // mean of the block so far
	Projection  Value     // mean of the whole block as it will come out
	Allowable   Value     // mean power allowed for the rest of the block
	// SlidingAllowable is the same by the sliding window.
	SlidingAllowable Value
	Headroom         Value // limit less projection; negative above the limit
	Limit            metering.Limit
	Band             string // one of the Band constants, or a word of the controller's own
	Feeding          string // name of the supply line in service; empty if none
	Degraded         bool   // decided on partial data
	Reason           string // why it is degraded
	State            string // of the controller, a word of its own
	Mode             string // how far it may go by itself: a metering.Mode by its name
	// Acts is what it does and would do; nil where it only watches.
	Acts *wire.ControlActs
}

// Severities of a notice.
const (
	SeverityAlarm   = "alarm"   // act now
	SeverityWarning = "warning" // act soon
	SeverityInfo    = "info"    // know
)

// Notice is one event for the dispatcher. A notice with the ID of an earlier one
// replaces it; that is how one ends (Active false).
type Notice struct {
	ID       string
	At       time.Time // when it came to be as it is
	Kind     string    // chooses the text: message "notice.<kind>" of web/i18n
	Severity string
	// Args fill the text. A name that ends with a unit is written as such a
	// quantity: _w power, _wh energy, _s duration, _pct share, _at time (a time.Time
	// or RFC 3339 text); any other is put in as it is.
	Args   map[string]any
	Active bool
}

// Observe takes in live readings, in any order; an older one never replaces a
// newer one. Snapshots of meters that the site file does not name are dropped
// and counted in the log. It is safe for concurrent use and never blocks on a
// client.
func (s *Server) Observe(snapshots []metering.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, snap := range snapshots {
		if m, ok := s.meters[snap.Meter]; ok {
			m.take(snap)
			continue
		}
		if !s.strangers[snap.Meter] && len(s.strangers) < 1000 {
			s.strangers[snap.Meter] = true
			s.log.Warn("reading of a meter that the site file does not name is dropped", "meter", snap.Meter)
		}
	}
}

// SetControl takes in the controller's latest state; an older one is dropped.
func (s *Server) SetControl(c Control) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !c.At.Before(s.control.At) {
		s.control = c
	}
}

// Notice takes in a notice. Args that cannot be written as JSON are left out and
// logged; the notice itself is always shown.
func (s *Server) Notice(n Notice) {
	n.Args = maps.Clone(n.Args)
	for name, v := range n.Args {
		if _, err := json.Marshal(v); err != nil {
			s.log.Warn("argument of a notice is left out", "notice", n.ID, "argument", name, "error", err)
			delete(n.Args, name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices.put(n)
}
