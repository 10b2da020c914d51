package papers

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/metering"
)

// Case is a case as its papers tell it.
type Case struct {
	Zone     Zone
	ID       string // "ТУ-2026-003"
	Resident string // as people call it: "Керамика-1"
	Place    Place
	// State is how the case stands; Steps are all that led there, in their order.
	State reclaim.Case
	Steps []Step
	// Prepared is a step that is not on record yet; its paper is a draft without a day, for
	// that of the second signature is not known, and its At does not count. Nil if there is
	// none: then the next paper is a draft with lines to be filled in.
	Prepared *Step
	// Terms are those of the procedure.
	Terms reclaim.Terms
	// Evidence is the text on which the present round rests (reclaim.Evidence): its
	// SHA-256 is that of the state.
	Evidence string
	// Days are the daily maxima of the year looked at, ascending, for the evidence; they
	// are not part of its text. Nil: they are not drawn.
	Days []Day
	// Program is the release that writes the paper, "asue 0.7"; empty if it is not said.
	Program string
}

// Zone is where and by whom papers are written.
type Zone struct {
	Name string
	// Operator is the organisation that runs it; empty: "the operator of Name".
	Operator string
	Location *time.Location
	// Demo marks every page: its data are invented.
	Demo bool
}

// ZoneOf is the zone of a site. The name of a demo loses what follows it in brackets:
// its papers bear the mark themselves, in their own language.
func ZoneOf(site *metering.Site, demo bool) Zone {
	name := site.Name
	if before, _, found := strings.Cut(name, " ("); demo && found {
		name = before
	}
	return Zone{Name: name, Location: site.Location, Demo: demo}
}

// Place is where the resident is connected.
type Place struct {
	Name string // of the node: "Ф-10-101 Химия-1, ввод 1"
	// Path are the names of the nodes that feed it, the source first.
	Path      []string
	VoltageKV float64 // 0 if it is not stated
}

// PlaceOf is the place of a node of a topology.
func PlaceOf(t metering.Topology, id metering.NodeID) Place {
	var p Place
	for _, n := range t.Path(id) {
		if n.ID == id {
			p.Name, p.VoltageKV = n.Name, n.VoltageKV
		} else {
			p.Path = append(p.Path, n.Name)
		}
	}
	slices.Reverse(p.Path) // a topology tells it from the node towards the source
	return p
}

// Step is a step of a case and who signed it second; empty where one person was enough.
type Step struct {
	reclaim.Event
	Approver string
}

// Day is the greatest valid block of a local day; nil on a day without one.
type Day struct {
	Date string // "2026-06-30"
	Max  *metering.Power
}

// Papers lists the papers that can be printed: those whose step is on record in the
// present round or is being prepared, the next one of the ladder, and the evidence.
func (c Case) Papers() []Kind {
	var list []Kind
	for _, k := range Kinds() {
		_, recorded, known := c.stepOf(k)
		if k == Evidence || recorded || known || (next[c.State.Stage] == k && !c.kept()) {
			list = append(list, k)
		}
	}
	return list
}

// kept reports whether a plan was met in full: no sanction follows then.
func (c Case) kept() bool {
	return c.State.Stage == reclaim.Warned && !slices.ContainsFunc(c.State.Progress, func(s reclaim.Status) bool { return s != reclaim.IsMet })
}

// next is the paper that the ladder permits next.
var next = map[reclaim.Stage]Kind{reclaim.Found: Notice, reclaim.Noticed: Warning, reclaim.Warned: Sanction, reclaim.Sanctioned: Act}

// stepsOf are the steps that a paper is about.
var stepsOf = map[Kind][]reclaim.Kind{
	Notice: {reclaim.Notice}, Warning: {reclaim.Warning}, Sanction: {reclaim.Sanction}, Act: {reclaim.Terminate, reclaim.Offer},
}

// stepOf finds the step of a paper in the present round: on record, or being prepared.
// known is false if there is neither.
func (c Case) stepOf(k Kind) (s Step, recorded, known bool) {
	for _, s := range c.round() {
		if slices.Contains(stepsOf[k], s.Kind) {
			return s, true, true
		}
	}
	if p := c.Prepared; p != nil && slices.Contains(stepsOf[k], p.Kind) {
		s := *p
		s.At = time.Time{} // its day, and with it every term, is that of the second signature
		return s, false, true
	}
	return Step{}, false, false
}

// round are the steps since the case was taken up the last time.
func (c Case) round() []Step {
	first := 0
	for i, s := range c.Steps {
		if s.Kind == reclaim.Open || s.Kind == reclaim.ReopenCase {
			first = i
		}
	}
	return c.Steps[first:]
}

// file is a case opened: with what its evidence says.
type file struct {
	Case
	proof
}

// open reads the evidence of a case. It fails if it is not the one that the case rests
// on.
func (c Case) open() (*file, error) {
	if hash := reclaim.Hash(sha256.Sum256([]byte(c.Evidence))); hash != c.State.Evidence {
		return nil, fmt.Errorf("its evidence has the SHA-256 %v, but it rests on %v: give the text that was recorded", hash, c.State.Evidence)
	}
	p, err := readProof(c.Evidence)
	if err != nil {
		return nil, err
	}
	return &file{Case: c, proof: p}, nil
}
