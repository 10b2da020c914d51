package metering

import (
	"fmt"
	"time"
)

// Severity says what a finding means for the interval it is about.
type Severity uint8

// Severities, the mildest first.
const (
	Info        Severity = 1 // worth knowing
	Event       Severity = 2 // of billing, no fault of the data: power above the declared one
	Warning     Severity = 3 // a person should look
	Alarm       Severity = 4 // a person must look
	Failure     Severity = 5 // the energy is not to be believed: it is estimated
	Termination Severity = 6 // nothing else can be said; later rules are not tried
)

var severityNames = [...]string{Info: "info", Event: "event", Warning: "warning", Alarm: "alarm", Failure: "failure", Termination: "termination"}

// String is the severity's name as the API carries it ("warning").
func (s Severity) String() string {
	if int(s) < len(severityNames) && severityNames[s] != "" {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// SeverityNamed finds a severity by its name; the second result is false for an
// unknown one.
func SeverityNamed(name string) (Severity, bool) {
	for s, n := range severityNames {
		if n == name && n != "" {
			return Severity(s), true
		}
	}
	return 0, false
}

// Number is one of the figures that caused a finding.
type Number struct {
	Name  string  // small letters and '_': "register_energy"
	Value float64 // finite
	Unit  string  // Wh, W, %, s, 1, …
}

// Finding is what a validation rule has found about a stretch of one channel of
// a point, or about a node, with the figures that show it again.
type Finding struct {
	Rule     string // the rule's name: "spike"
	Severity Severity
	Point    PointID // empty for a finding about a node
	Node     NodeID  // set for a finding about a node
	Channel  Channel // 0: all of them
	From, To time.Time
	Numbers  []Number
	Text     string // in words, with the figures
	RuleSet  string // name and first day of the rule set that was in force
	// FoundAt is when the ledger took the finding in first, ClearedAt when the
	// rules did not find it any more; zero while it holds. The ledger gives both.
	FoundAt   time.Time
	ClearedAt time.Time
}

// SameAs reports whether two findings say the same: everything but FoundAt and
// ClearedAt is equal.
func (f Finding) SameAs(g Finding) bool {
	if f.Rule != g.Rule || f.Severity != g.Severity || f.Point != g.Point || f.Node != g.Node ||
		f.Channel != g.Channel || !f.From.Equal(g.From) || !f.To.Equal(g.To) ||
		f.Text != g.Text || f.RuleSet != g.RuleSet || len(f.Numbers) != len(g.Numbers) {
		return false
	}
	for i := range f.Numbers {
		if f.Numbers[i] != g.Numbers[i] {
			return false
		}
	}
	return true
}

// Findings are all findings about one subject whose From lies in [From, To):
// what the ledger has there and is not among them does not hold any more.
type Findings struct {
	Point    PointID
	Node     NodeID
	Channel  Channel
	From, To time.Time
	List     []Finding
}

// FindingQuery selects findings that touch [From, To), newest From first.
type FindingQuery struct {
	Points   []PointID // all, and those about nodes, if empty
	Nodes    []NodeID
	Rules    []string // all if empty
	Severity Severity // at least this one
	From, To time.Time
	// Cleared includes those that do not hold any more.
	Cleared bool
	Limit   int // at most this many; 0: 10,000
}
