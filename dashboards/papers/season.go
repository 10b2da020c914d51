package papers

import (
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// Season is the report of a season: how many megawatts stand on paper, are needed, could
// be returned, and about how many nothing can be said.
type Season struct {
	Zone     Zone
	From, To time.Time // To is exclusive
	Minutes  int       // of a block
	Rules    string    // version of the rules
	// Rows are the findings, by node in the order of the site.
	Rows []Row
	// Nodes are the sums of what is connected at a node and below it, each node before
	// those that it feeds.
	Nodes []NodeSum
	Cases []CaseLine
	// Before is the season before; nil if it is not known.
	Before *Before
	// Notes are what a reader should know beside, in the words of the calculation.
	Notes   []string
	Program string // the release that writes the report; empty if it is not said
}

// Row is what came out for a resident at a node.
type Row struct {
	// Key is what the row is known by through seasons.
	Key      string
	Resident string // names, as people say them
	Node     string
	Allowed  metering.Power
	Class    reclaim.Class
	// Need, Retained and Returnable are nil where they are not known.
	Need, Retained, Returnable *metering.Power
	Coverage                   int // hundredths of a percent
	Evidence                   reclaim.Hash
	Case                       string    // the open case about it, if any
	EnoughFrom                 time.Time // from when the history will be long enough; zero: it is, or it is not known
}

// RowOf is the row of a finding.
func RowOf(f reclaim.Finding, evidence reclaim.Hash, resident, node string) Row {
	c := f.Use.Intervals
	r := Row{Key: string(f.Subject.Resident) + "@" + string(f.Subject.Node), Resident: resident, Node: node, Allowed: f.Use.Allowed, Class: f.Class,
		Coverage: c.Share(c.Valid), Evidence: evidence}
	if need, ok := f.Use.Need(); ok && f.Class != reclaim.Insufficient {
		r.Need = &need
	}
	if v := f.Volume; v != nil {
		r.Retained, r.Returnable = &v.Retained, &v.Returnable
	}
	return r
}

// NodeSum is a node with its sums; Depth counts the nodes above it.
type NodeSum struct {
	Name  string
	Depth int
	Sums
}

// Sums add rows up.
type Sums struct {
	Rows       int
	OnPaper    metering.Power
	Needed     metering.Power
	Returnable metering.Power
	Unknown    metering.Power // of conditions about which nothing can be said
}

// Add takes another row in.
func (s *Sums) Add(r Row) {
	s.Rows++
	s.OnPaper += r.Allowed
	if r.Need != nil {
		s.Needed += *r.Need
	} else {
		s.Unknown += r.Allowed
	}
	if r.Returnable != nil {
		s.Returnable += *r.Returnable
	}
}

// CaseLine is a case in the list of a season.
type CaseLine struct {
	ID       string
	Resident string
	Node     string
	Stage    reclaim.Stage
	Since    time.Time
	Deadline *time.Time // nil where there is none or clocks stand still
	Volume   metering.Power
}

// Before is an earlier season, to say what has changed since.
type Before struct {
	To   time.Time // exclusive
	Rows []Row
}

func (s Season) zone() Zone { return s.Zone }

// sumsOf adds up the rows of a class; of all, if it is empty.
func sumsOf(rows []Row, class reclaim.Class) Sums {
	var s Sums
	for _, r := range rows {
		if class == "" || r.Class == class {
			s.Add(r)
		}
	}
	return s
}
