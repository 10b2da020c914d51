package reclaim

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
)

// Finding is what comes out for one subject. It proposes; people decide.
type Finding struct {
	Subject Subject  `json:"subject"`
	Use     Use      `json:"use"`
	Rules   Settings `json:"rules"`
	Class   Class    `json:"class"`
	Reason  string   `json:"reason"`
	// Volume is nil where nothing can be reckoned: Insufficient and Grace.
	Volume *Volume `json:"volume"`
}

// Judge finds the class of a use and what can be returned. Subject and settings are
// those with which the use was found.
func Judge(s Subject, u Use, set Settings) Finding {
	f := Finding{Subject: s, Use: u, Rules: set}
	need, ok := u.Need()
	if why := u.insufficient(set); why != "" {
		f.Class, f.Reason = Insufficient, why
		return f
	}
	if !ok {
		f.Class, f.Reason = Insufficient, fmt.Sprintf("fewer than %d days have a valid block", set.Days)
		return f
	}
	if s.young(u.To, set) {
		f.Class = Grace
		f.Reason = fmt.Sprintf("draws since %s, less than %d months before the end of the time", s.Commissioned.UTC().Format("2006-01-02T15:04Z"), s.grace(set))
		return f
	}
	facts := facts{allowed: u.Allowed, exceeding: u.exceeds(set), quiet: u.Quiet, held: u.Intervals.Held > 0}
	f.Class, f.Reason = classOf(need, facts, set)
	for _, fill := range u.Fills {
		class, _ := classOf(fill.Need, facts, set)
		if class != f.Class {
			f.Reason = fmt.Sprintf("%s by what is known; but %s if what is not known is filled in by %s (need %v instead of %v, %d blocks)",
				f.Class, class, fill.Name, fill.Need, need, fill.Filled)
			f.Class = Insufficient
			return f
		}
	}
	growth, by := s.committed(u.To, set)
	v := volumeOf(basis{allowed: u.Allowed, need: need, growth: growth, growthBy: by, armour: s.Armour, upper: u.Upper}, set)
	if !f.Class.Returnable() {
		v.keepAll(f.Class)
	}
	f.Volume = &v
	return f
}

// keepAll returns nothing, whatever the arithmetic says.
func (v *Volume) keepAll(c Class) {
	if v.Returnable > 0 {
		v.Returnable = 0
		v.Steps = append(v.Steps, Step{"returnable", 0, "return", fmt.Sprintf("nothing is asked back from a use of class %s", c)})
	}
}

// committed is the growth that counts, and its papers. What was due before has shown
// itself in the need, or was not kept.
func (s Subject) committed(to time.Time, set Settings) (sum metering.Power, by string) {
	var papers []string
	for _, g := range s.Growth {
		if g.Milestones > 0 && g.Due.After(to) && !g.Due.After(to.AddDate(0, set.GrowthMonths, 0)) {
			sum += g.Power
			papers = append(papers, g.Document)
		}
	}
	if len(papers) > 0 {
		by = " (" + strings.Join(papers, ", ") + ")"
	}
	return sum, by
}
