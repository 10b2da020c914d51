package balance

import (
	"cmp"
	"slices"
	"time"

	"asue/metering"
)

// Report is everything about the balances of a stretch of time, for a page, a
// file and a person.
type Report struct {
	Site     metering.SiteID `json:"site"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Balances []Entry         `json:"balances"` // in the order of Model.Subjects
}

// Entry is one balance of a report.
type Entry struct {
	Subject Subject  `json:"subject"`
	Total   Result   `json:"total"`
	Days    []Day    `json:"days"` // local days that lie in the stretch as a whole
	Notices []Notice `json:"notices,omitempty"`
	// Culprits are there when the stretch, or a part of it, is beyond what is
	// permitted: for the notice of the largest imbalance, for the whole stretch
	// if there is no notice.
	Culprits []Culprit `json:"culprits,omitempty"`
}

// Day is the balance of one local day without its details.
type Day struct {
	From             time.Time       `json:"from"`
	In               metering.Energy `json:"in_wh"`
	Imbalance        metering.Energy `json:"imbalance_wh"`
	ActualPercent    float64         `json:"actual_percent"`
	PermittedPercent float64         `json:"permitted_percent"`
	Complete         bool            `json:"complete"`
	Beyond           bool            `json:"beyond"`
}

// Notice is a finding in a report.
type Notice struct {
	Rule     string    `json:"rule"`
	Severity string    `json:"severity"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Text     string    `json:"text"`
}

// reportCulprits is how many suspects a report names.
const reportCulprits = 5

// Report draws the named balances over the whole grid, or all of them, and
// returns their findings beside the report. It fails on an unknown name.
func (e *Evaluation) Report(subjects ...metering.NodeID) (Report, []metering.Findings, error) {
	rep := Report{Site: e.m.site.ID, From: e.g.From(), To: e.g.To()}
	for _, id := range subjects {
		if _, ok := e.m.Subject(id); !ok {
			return Report{}, nil, &UnknownSubjectError{id}
		}
	}
	var found []metering.Findings
	for _, s := range e.m.subjects {
		if len(subjects) > 0 && !slices.Contains(subjects, s.ID) {
			continue
		}
		run := e.Run(s)
		list := run.Findings()
		rep.Balances = append(rep.Balances, run.entry(list))
		found = append(found, metering.Findings{Node: s.ID, From: rep.From, To: rep.To, List: list})
	}
	return rep, found, nil
}

// UnknownSubjectError names a balance that the site does not allow.
type UnknownSubjectError struct{ ID metering.NodeID }

// Error says which, and what to look at.
func (e *UnknownSubjectError) Error() string {
	return "no balance " + string(e.ID) + ": it needs meters at the node's head and below"
}

func (r *Run) entry(list []metering.Finding) Entry {
	g := r.e.g
	entry := Entry{Subject: r.subject, Total: r.Total(g.From(), g.To())}
	for _, d := range r.days() {
		t := r.Total(d.From, d.To)
		entry.Days = append(entry.Days, Day{d.From, t.In, t.Imbalance, t.ActualPercent, t.PermittedPercent, t.Complete, t.Beyond})
	}
	for _, f := range list {
		entry.Notices = append(entry.Notices, Notice{f.Rule, f.Severity.String(), f.From, f.To, f.Text})
	}
	if worst, ok := worstOf(list); ok {
		first, _ := g.Slot(worst.From)
		entry.Culprits = r.Culprits(first, first+int(worst.To.Sub(worst.From)/metering.BasePeriod), reportCulprits)
	} else if entry.Total.Alarming {
		entry.Culprits = r.Culprits(0, g.Len(), reportCulprits)
	}
	return entry
}

// worstOf is the run with the largest imbalance, a day only if there is no run:
// in a run the fault lasts all the time, and shows its face.
func worstOf(list []metering.Finding) (metering.Finding, bool) {
	if len(list) == 0 {
		return metering.Finding{}, false
	}
	return slices.MaxFunc(list, func(a, b metering.Finding) int {
		return cmp.Or(cmp.Compare(b.Rule, a.Rule), cmp.Compare(imbalanceOf(a), imbalanceOf(b)))
	}), true
}

// imbalanceOf is the magnitude of a finding's imbalance, Wh.
func imbalanceOf(f metering.Finding) float64 {
	for _, n := range f.Numbers {
		if n.Name == "imbalance" {
			return max(n.Value, -n.Value)
		}
	}
	return 0
}
