package table

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim/register"
)

// condition finds the act of a condition's row: it is issued, or changed to what the row
// says, on the row's own day where that is another one than of what stands there.
func (p *planner) condition(row Row) {
	a := row.Act
	known := p.history(a.Condition)
	if len(known) == 0 {
		if a.From.IsZero() {
			a.From = p.d.From
		}
		p.paper(&a, nil, nil)
		p.step(row, a, p.differences(register.Terms{}, *a.Terms))
		return
	}
	from, base := p.d.From, known[len(known)-1]
	for _, v := range known {
		if v.From.Truncate(time.Second).Equal(a.From) {
			if p.same(row, v, known) {
				p.unless(row, v, p.d.From)
				return // an old row that nobody has touched
			}
			if from.IsZero() {
				base = v
			}
			a.From = time.Time{}
		}
	}
	if !a.From.IsZero() {
		from = a.From
	}
	for _, v := range known {
		if v.Holds(from) {
			base = v
		}
	}
	changes := p.changes(row, base, known)
	if len(changes) == 0 {
		if !row.Act.From.IsZero() && !base.From.Truncate(time.Second).Equal(row.Act.From) {
			p.note(row, "%s is as the register has it from %s; nothing is done", a.Condition, p.moment(base.From))
		}
		return
	}
	terms := row.over(base.Terms)
	a.Kind, a.Terms, a.From = register.Change, &terms, from
	papers, clauses := papersOf(known)
	p.paper(&a, papers, clauses)
	p.step(row, a, changes)
}

// changes are what a row says otherwise than a version.
func (p *planner) changes(row Row, base register.Version, known []register.Version) []Change {
	a := row.Act
	changes := p.differences(base.Terms, row.over(base.Terms))
	if a.Resident != base.Resident {
		changes = append(changes, Change{"resident", string(base.Resident), string(a.Resident)})
	}
	// A paper alone is a change as well: the condition was issued anew.
	papers, clauses := papersOf(known)
	if row.says(fDocument) && a.Document != "" && !slices.Contains(papers, a.Document) {
		changes = append(changes, Change{"document", base.Document, a.Document})
	}
	if row.says(fBasis) && a.Basis != "" && !slices.Contains(clauses, a.Basis) {
		changes = append(changes, Change{"legal basis", base.Basis, a.Basis})
	}
	return changes
}

func (p *planner) same(row Row, v register.Version, known []register.Version) bool {
	return len(p.changes(row, v, known)) == 0
}

// unless notes that a row repeats what holds no more on the day of the changes.
func (p *planner) unless(row Row, v register.Version, from time.Time) {
	if !from.IsZero() && !v.Holds(from) {
		p.note(row, "%s is as it stood from %s, and not as from %s; nothing is done", v.Condition, p.moment(v.From), p.moment(from))
	}
}

func (p *planner) note(row Row, format string, args ...any) {
	p.plan.Notes = append(p.plan.Notes, fmt.Sprintf("row %d: %s", row.Line, fmt.Sprintf(format, args...)))
}

func (row Row) says(f field) bool { _, ok := row.said[f]; return ok }

// over is terms of which a row says some: columns that the file does not have leave them
// as they are.
func (row Row) over(base register.Terms) register.Terms {
	t, is := base, row.Act.Terms
	set := func(do func(), fields ...field) {
		if slices.ContainsFunc(fields, row.says) {
			do()
		}
	}
	set(func() { t.Node = is.Node }, fNode)
	set(func() { t.Medium = is.Medium }, fMedium)
	set(func() { t.Firm = is.Firm }, fFirm)
	set(func() { t.NonFirm = is.NonFirm }, fNonFirm)
	set(func() { t.Flow = is.Flow }, fFlow)
	set(func() { t.Voltage = is.Voltage }, fVoltage)
	set(func() { t.Category = is.Category }, fCategory)
	set(func() { t.Until = is.Until }, fUntil, fThrough)
	set(func() { t.Stages = is.Stages }, fDue, fMilestones)
	if t.Until.IsZero() == base.Until.IsZero() && t.Until.Equal(base.Until.Truncate(time.Second)) {
		t.Until = base.Until // to the second is all that a file says
	}
	return t
}

// papersOf are the documents and bases of versions, as a file has them.
func papersOf(known []register.Version) (papers, clauses []string) {
	for _, v := range known {
		papers, clauses = append(papers, strings.TrimSpace(v.Document)), append(clauses, strings.TrimSpace(v.Basis))
	}
	return papers, clauses
}

// paper fills in document and basis: the row's own where they are not those of what
// stands there, else those of all changes.
func (p *planner) paper(a *register.Act, papers, clauses []string) {
	if a.Document == "" || slices.Contains(papers, a.Document) {
		a.Document = p.d.Document
	}
	if a.Basis == "" || slices.Contains(clauses, a.Basis) && p.d.Basis != "" {
		a.Basis = p.d.Basis
	}
}

func (p *planner) step(row Row, a register.Act, changes []Change) {
	if a.From.IsZero() {
		p.fault(row, fFrom, "", "no-time", "says something else than the register, and not from when", "state the day of all changes, or one of its own in the row")
		return
	}
	p.plan.Steps = append(p.plan.Steps, Step{row, a, changes})
}

// history is the condition through its versions.
func (p *planner) history(id string) []register.Version {
	var list []register.Version
	for _, v := range p.r.Versions() {
		if v.Condition == id {
			list = append(list, v)
		}
	}
	return list
}

// effective is from when a row holds: its own day, unless that is the day of what stands
// there, else that of all changes. Zero: neither is said.
func (p *planner) effective(own time.Time, standing []time.Time) time.Time {
	if !own.IsZero() && !slices.ContainsFunc(standing, own.Equal) {
		return own
	}
	return p.d.From
}
