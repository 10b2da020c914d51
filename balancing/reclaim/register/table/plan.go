package table

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"
	"asue/metering/exchange"
)

// Defaults are what rows do not say themselves.
type Defaults struct {
	// From is when changes are effective. A row with another day than that of the version
	// it changes says so itself.
	From time.Time
	// Document and Basis are the paper of the change and what it stands on. A row with
	// others than those in the register says so itself.
	Document, Basis string
}

// Plan is what a file would change.
type Plan struct {
	Steps []Step
	// Missing are conditions that no row names. They stay as they are.
	Missing []register.Version
	Notes   []string
	Faults  []exchange.Fault // the first FaultsMost
}

// Acts are those of the steps, in the order of the file.
func (p *Plan) Acts() []register.Act {
	var acts []register.Act
	for _, s := range p.Steps {
		acts = append(acts, s.Act)
	}
	return acts
}

// Step is the act of one row, and what it makes different.
type Step struct {
	Row     Row
	Act     register.Act
	Changes []Change
}

// Change is what was and what is to be, as people read it; empty is nothing.
type Change struct{ What, Was, Is string }

// Plan holds the rows of a file against a register: one act for each that says something
// else than stands there. What the register refuses of them is told at the cells of the
// file.
func (f *File) Plan(r *register.Register, d Defaults) *Plan {
	p := &planner{r: r, d: d, zone: f.zone, plan: &Plan{}}
	for _, row := range f.Rows {
		switch row.Act.Kind {
		case register.Issue:
			p.condition(row)
		case register.Withdraw:
			p.withdraw(row)
		case register.Armour:
			p.armour(row)
		case register.Commission:
			p.commission(row)
		case register.Grace:
			p.grace(row)
		}
	}
	p.missing(f)
	p.refusals()
	slices.SortStableFunc(p.plan.Faults, func(a, b exchange.Fault) int {
		place := func(x exchange.Fault) int {
			return slices.IndexFunc(f.Rows, func(r Row) bool { return r.Sheet == x.Sheet })
		}
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Row, b.Row))
	})
	p.plan.Faults = p.plan.Faults[:min(len(p.plan.Faults), FaultsMost)]
	return p.plan
}

type planner struct {
	r    *register.Register
	d    Defaults
	zone *time.Location
	plan *Plan
}

func (p *planner) fault(row Row, f field, value, code, what, remedy string) {
	p.plan.Faults = append(p.plan.Faults, row.fault(f, value, code, what, remedy))
}

func (row Row) fault(f field, value, code, what, remedy string) exchange.Fault {
	fault := exchange.Fault{Sheet: row.Sheet, Row: row.Line, Value: short(value), Code: code, What: what, Remedy: remedy}
	if c, ok := row.said[f]; ok {
		fault.Column = exchange.ColumnLetter(c)
	}
	return fault
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

func (p *planner) withdraw(row Row) {
	a := row.Act
	known := p.history(a.Condition)
	var begins []time.Time
	for _, v := range known {
		begins = append(begins, v.From.Truncate(time.Second))
	}
	a.From = p.effective(a.From, begins)
	papers, clauses := papersOf(known)
	if n := len(known); n > 0 && !known[n-1].To.IsZero() && !a.From.IsZero() && !known[n-1].To.After(a.From) {
		return // it has ended by then
	}
	p.paper(&a, papers, clauses)
	p.step(row, a, []Change{{"condition", "in force", "withdrawn"}})
}

func (p *planner) armour(row Row) {
	a := row.Act
	var known []metering.Armour
	var begins []time.Time
	var papers []string
	for _, s := range p.r.Armours() {
		if s.Resident == a.Resident {
			known, begins, papers = append(known, s), append(begins, s.From.Truncate(time.Second)), append(papers, strings.TrimSpace(s.Act))
		}
	}
	from := p.effective(a.From, begins)
	var base metering.Armour
	for _, s := range known {
		if s.From.Truncate(time.Second).Equal(a.From) && len(p.armourChanges(s, *a.Protected)) == 0 {
			return // an old row that nobody has touched
		}
		if s.At(from) || from.IsZero() && s.From.Truncate(time.Second).Equal(a.From) {
			base = s
		}
	}
	changes := p.armourChanges(base, *a.Protected)
	if len(changes) == 0 {
		return
	}
	a.From = from
	p.paper(&a, papers, nil)
	p.step(row, a, changes)
}

func (p *planner) armourChanges(was metering.Armour, is register.Protected) []Change {
	return compared([]Change{
		{"technological", watts(was.Technological), watts(is.Technological)}, {"for", lasting(was.TechnologicalFor), lasting(is.TechnologicalFor)},
		{"emergency", watts(was.Emergency), watts(is.Emergency)}, {"until", p.moment(was.ValidTo), p.moment(is.Until)},
	})
}

func (p *planner) commission(row Row) {
	a, was := row.Act, p.r.Of(row.Act.Resident).Commissioned
	if was.Truncate(time.Second).Equal(a.From) {
		return
	}
	p.paper(&a, nil, nil)
	p.step(row, a, []Change{{"commissioned", p.moment(was), p.moment(a.From)}})
}

func (p *planner) grace(row Row) {
	a, of := row.Act, p.r.Of(row.Act.Resident)
	was := ""
	if of.GraceMonths != nil {
		if *of.GraceMonths == a.Months {
			return
		}
		was = fmt.Sprint(*of.GraceMonths)
	}
	if a.From.IsZero() {
		a.From = p.d.From
	}
	p.paper(&a, []string{strings.TrimSpace(of.GraceBy)}, nil)
	p.step(row, a, []Change{{"months of grace", was, fmt.Sprint(a.Months)}})
}

// missing are the conditions that are not over by the day of the changes, and that no
// row names.
func (p *planner) missing(f *File) {
	named := map[string]bool{}
	for _, row := range f.Rows {
		named[row.Act.Condition] = true
	}
	for _, v := range p.r.Versions() {
		if !named[v.Condition] && (v.To.IsZero() || v.To.After(p.d.From)) {
			named[v.Condition] = true
			p.plan.Missing = append(p.plan.Missing, v)
		}
	}
}

// refusals tells what the register itself says of the acts, at their rows.
func (p *planner) refusals() {
	if len(p.plan.Steps) == 0 {
		return
	}
	_, err := p.r.With(p.plan.Acts()...)
	var list interface{ Unwrap() []error }
	if err == nil || !errors.As(err, &list) {
		return
	}
	incomplete := len(p.plan.Faults) > 0
	for _, one := range list.Unwrap() {
		var why *register.Fault
		if !errors.As(one, &why) {
			continue
		}
		if why.Field == "armour" && why.Act > 0 && incomplete {
			continue // a row that is not read yet may be what covers it
		}
		p.plan.Faults = append(p.plan.Faults, p.plan.Steps[why.Act-1].Row.refusal(why))
	}
}

// refusal is a fault of the register at the cell that it is about.
func (row Row) refusal(why *register.Fault) exchange.Fault {
	f := field(why.Field)
	var stage int
	var part string
	if n, _ := fmt.Sscanf(why.Field, "stages[%d].%s", &stage, &part); n == 2 && stage < len(row.stages) {
		at := Row{Sheet: row.Sheet, Line: row.stages[stage].line, said: row.stages[stage].said}
		f = field(strings.Replace(part, "power_w", string(fFirm), 1))
		return at.fault(f, "", "refused", why.Text, why.Remedy)
	}
	for prefix, to := range map[string]field{"flow": fFlow, "armour.technological_w": fTechnological, "armour.technological_for": fTechFor,
		"armour.emergency": fEmergency, "armour.until": fUntil, "kind": fRecord} {
		if strings.HasPrefix(why.Field, prefix) {
			f = to
		}
	}
	if f == fUntil && !row.says(fUntil) {
		f = fThrough
	}
	return row.fault(f, "", "refused", why.Text, why.Remedy)
}
