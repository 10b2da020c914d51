package table

import (
	"fmt"
	"strings"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"
)

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
