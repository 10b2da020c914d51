package table

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim/register"
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
