package papers

import (
	"errors"
	"fmt"
	"strings"

	"asue/balancing/reclaim"
	"asue/metering"
)

// proof is what evidence says, read off its text: the finding, the times that do not
// count, and the intervals that it was made of.
type proof struct {
	finding   reclaim.Finding
	record    reclaim.Record // of its Load nothing is in the text
	intervals reclaim.Digest
}

// proofFormat is the first line of the format that is read, see reclaim.NewEvidence.
const proofFormat = "asue reclaim evidence 1"

// readProof reads evidence. It fails on a text of another format, and on a line that
// says something else than its name promises.
func readProof(text string) (proof, error) {
	var p proof
	head, rest, _ := strings.Cut(text, "\n")
	if head != proofFormat {
		return p, fmt.Errorf("evidence: the first line is %.60q: want %q", head, proofFormat)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(rest) {
		name, args, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		read, ok := proofLines[name]
		if !ok {
			return p, fmt.Errorf("evidence: there is no line %.40q in its format", name)
		}
		s := &scanner{rest: args}
		read(&p, s)
		if s.err == nil && s.rest != "" {
			s.err = fmt.Errorf("%.40q is too much", s.rest)
		}
		if s.err != nil {
			return p, fmt.Errorf("evidence: line %q: %w", name, s.err)
		}
		seen[name] = true
	}
	for _, name := range []string{"rules", "resident", "time", "intervals", "allowed", "class"} {
		if !seen[name] {
			return p, fmt.Errorf("evidence: it has no line %q", name)
		}
	}
	u := &p.finding.Use
	u.Resident, u.Node = p.finding.Subject.Resident, p.finding.Subject.Node
	return p, nil
}

// proofLines are the lines by name, in the order in which they stand.
var proofLines = map[string]func(*proof, *scanner){
	"rules":    func(p *proof, s *scanner) { p.finding.Rules.Version = s.quoted() },
	"coverage": func(p *proof, s *scanner) { r := &p.finding.Rules; r.Coverage, r.MonthCoverage = s.int(), s.int() },
	"grace":    func(p *proof, s *scanner) { p.finding.Rules.GraceMonths = s.int() },
	"maximum":  func(p *proof, s *scanner) { p.finding.Rules.Days = s.int() },
	"quiet":    func(p *proof, s *scanner) { r := &p.finding.Rules; r.QuietDays, r.Nothing = s.int(), s.power() },
	"exceed":   func(p *proof, s *scanner) { r := &p.finding.Rules; r.ExceedBlocks, r.ExceedDays = s.int(), s.int() },
	"keep":     func(p *proof, s *scanner) { r := &p.finding.Rules; r.Margin, r.GrowthMonths = s.int(), s.int() },
	"return": func(p *proof, s *scanner) {
		r := &p.finding.Rules
		r.Step, r.Least, r.LeastShare = s.power(), s.power(), s.int()
	},
	"bootstrap": func(p *proof, s *scanner) {
		r := &p.finding.Rules
		r.Replicates, r.Upper, r.Seed = s.int(), s.int(), s.uint()
	},
	"classes": func(p *proof, s *scanner) {
		r := &p.finding.Rules
		r.Idle, r.Underused, r.Normal, r.Unused = s.int(), s.int(), s.int(), s.power()
	},
	"resident": func(p *proof, s *scanner) {
		p.finding.Subject.Resident, p.finding.Subject.Node = metering.ResidentID(s.quoted()), metering.NodeID(s.quoted())
	},
	"commissioned": func(p *proof, s *scanner) { p.finding.Subject.Commissioned = s.moment() },
	"grace-by": func(p *proof, s *scanner) {
		months := s.int()
		p.finding.Subject.GraceMonths, p.finding.Subject.GraceBy = &months, s.quoted()
	},
	"armour": func(p *proof, s *scanner) { p.finding.Subject.Armour = s.power() },
	"condition": func(p *proof, s *scanner) {
		p.finding.Subject.Conditions = append(p.finding.Subject.Conditions, metering.Condition{
			ID: s.quoted(), Resident: metering.ResidentID(s.quoted()), Node: metering.NodeID(s.quoted()), Power: s.power(),
			Category: metering.Category(s.int()), Document: s.quoted(), From: s.moment(), To: s.moment()})
	},
	"growth": func(p *proof, s *scanner) {
		p.finding.Subject.Growth = append(p.finding.Subject.Growth,
			reclaim.Commitment{Power: s.power(), Due: s.moment(), Milestones: s.int(), Document: s.quoted()})
	},
	"time": func(p *proof, s *scanner) {
		u := &p.finding.Use
		u.From, u.To, u.Minutes = s.moment(), s.moment(), s.int()
	},
	"intervals": func(p *proof, s *scanner) {
		p.intervals.Count = s.int()
		s.fail(p.intervals.SHA256.UnmarshalText([]byte(s.quoted())))
	},
	"outage": func(p *proof, s *scanner) {
		p.record.Outages = append(p.record.Outages, metering.Period{From: s.moment(), To: s.moment()})
	},
	"held": func(p *proof, s *scanner) {
		p.record.Held = append(p.record.Held, metering.Period{From: s.moment(), To: s.moment()})
	},
	"allowed": func(p *proof, s *scanner) { p.finding.Use.Allowed = s.power() },
	"coverage-of-all": func(p *proof, s *scanner) {
		s.moment() // the beginning once more
		p.finding.Use.Intervals = s.counts()
	},
	"energy": func(p *proof, s *scanner) {
		u := &p.finding.Use
		u.Energy, u.Blocks = metering.Energy(s.power()), s.int()
	},
	"percentiles": func(p *proof, s *scanner) {
		u := &p.finding.Use
		u.Max, u.P999, u.P995, u.P95 = s.power(), s.power(), s.power(), s.power()
	},
	"daily-maximum": func(p *proof, s *scanner) { u := &p.finding.Use; u.DailyMaximum, u.Upper = s.known(), s.power() },
	"above": func(p *proof, s *scanner) {
		u := &p.finding.Use
		u.Above50, u.Above80, u.Above100 = s.int(), s.int(), s.int()
	},
	"activity": func(p *proof, s *scanner) {
		u := &p.finding.Use
		u.First, u.Last, u.Quiet = s.maybe(), s.maybe(), s.bool()
	},
	"trend": func(p *proof, s *scanner) { p.finding.Use.Trend = s.power() },
	"coverage-of-month": func(p *proof, s *scanner) {
		from := s.moment()
		p.finding.Use.Months = append(p.finding.Use.Months, reclaim.Month{From: from, Intervals: s.counts()})
	},
	"month": func(p *proof, s *scanner) {
		months := p.finding.Use.Months
		if len(months) == 0 || !months[len(months)-1].From.Equal(s.moment()) {
			s.fail(errors.New("it does not follow the coverage of the same month"))
			return
		}
		m := &months[len(months)-1]
		m.Energy, m.Blocks, m.Max, m.OverBlocks, m.OverDays = metering.Energy(s.power()), s.int(), s.power(), s.int(), s.int()
	},
	"curve": func(p *proof, s *scanner) {
		u := &p.finding.Use
		if pct := s.int(); pct != len(u.Curve) || pct > 100 {
			s.fail(fmt.Errorf("%d %% after %d values", pct, len(u.Curve)))
		}
		u.Curve = append(u.Curve, s.power())
	},
	"fill": func(p *proof, s *scanner) {
		p.finding.Use.Fills = append(p.finding.Use.Fills, reclaim.Fill{Name: s.quoted(), Need: s.power(), Filled: s.int()})
	},
	"class":  func(p *proof, s *scanner) { p.finding.Class = reclaim.Class(s.quoted()) },
	"reason": func(p *proof, s *scanner) { p.finding.Reason = s.quoted() },
	"step": func(p *proof, s *scanner) {
		v := p.volume()
		v.Steps = append(v.Steps, reclaim.Step{Name: s.quoted(), Value: s.power(), Rule: s.quoted(), How: s.quoted()})
	},
	"volume": func(p *proof, s *scanner) { v := p.volume(); v.Retained, v.Returnable = s.power(), s.power() },
}

func (p *proof) volume() *reclaim.Volume {
	if p.finding.Volume == nil {
		p.finding.Volume = &reclaim.Volume{}
	}
	return p.finding.Volume
}
