package reclaim

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// Evidence is everything that a finding rests on, as bytes that can be kept, signed and
// found again from the same intervals.
type Evidence struct {
	// Text is lines of UTF-8, each a name and its values. The format is fixed by its
	// first line: what it says is never said in another way under the same number.
	Text   string
	SHA256 Hash
}

// evidenceFormat is the first line of evidence.
const evidenceFormat = "asue reclaim evidence 1"

// NewEvidence writes down a finding with the record and the intervals it was made of.
// The same input gives the same bytes on every machine.
//
// The lines are, in this order: rules, subject with its conditions and commitments,
// time, intervals and their digest, outages and times held back, figures of the use, months,
// duration curve, fills, then class, reason and the steps of the volume. Powers are in
// W, energies in Wh, times in UTC, texts in quotes of Go; there are no fractions.
func NewEvidence(f Finding, r Record, intervals Digest) Evidence {
	w := &lines{}
	w.line(evidenceFormat)
	w.rules(f.Rules)
	w.subject(f.Subject)
	u := f.Use
	w.line("time", at(u.From), at(u.To), u.Minutes)
	w.line("intervals", intervals.Count, intervals.SHA256.String())
	w.periods("outage", r.Outages)
	w.periods("held", r.Held)
	w.use(u)
	w.line("class", f.Class)
	w.line("reason", f.Reason)
	if v := f.Volume; v != nil {
		for _, s := range v.Steps {
			w.line("step", s.Name, s.Value, s.Rule, s.How)
		}
		w.line("volume", v.Retained, v.Returnable)
	}
	text := w.text.String()
	return Evidence{Text: text, SHA256: sha256.Sum256([]byte(text))}
}

// lines are written one after the other.
type lines struct{ text strings.Builder }

// line writes a name and values. What can hold a space or a line end is quoted.
func (w *lines) line(name string, values ...any) {
	w.text.WriteString(name)
	for _, v := range values {
		w.text.WriteByte(' ')
		w.text.WriteString(value(v))
	}
	w.text.WriteByte('\n')
}

func value(v any) string {
	switch v := v.(type) {
	case int:
		return strconv.Itoa(v)
	case uint64:
		return strconv.FormatUint(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case metering.Power:
		return strconv.FormatInt(int64(v), 10)
	case metering.Energy:
		return strconv.FormatInt(int64(v), 10)
	case *metering.Power:
		if v == nil {
			return "-"
		}
		return value(*v)
	case at:
		if time.Time(v).IsZero() {
			return "-"
		}
		return time.Time(v).UTC().Format(time.RFC3339Nano)
	case *time.Time:
		if v == nil {
			return "-"
		}
		return value(at(*v))
	case string:
		return strconv.Quote(v)
	case metering.ResidentID:
		return strconv.Quote(string(v))
	case metering.NodeID:
		return strconv.Quote(string(v))
	case Class:
		return strconv.Quote(string(v))
	}
	panic(fmt.Sprintf("BUG: evidence of a %T", v))
}

// at is a moment; the zero one is open.
type at time.Time

func (w *lines) rules(s Settings) {
	w.line("rules", s.Version)
	w.line("coverage", s.Coverage, s.MonthCoverage)
	w.line("grace", s.GraceMonths)
	w.line("maximum", s.Days)
	w.line("classes", s.Idle, s.Underused, s.Normal, s.Unused)
	w.line("quiet", s.QuietDays, s.Nothing)
	w.line("exceed", s.ExceedBlocks, s.ExceedDays)
	w.line("keep", s.Margin, s.GrowthMonths)
	w.line("return", s.Step, s.Least, s.LeastShare)
	w.line("bootstrap", s.Replicates, s.Upper, s.Seed)
}

func (w *lines) subject(s Subject) {
	w.line("resident", s.Resident, s.Node)
	w.line("commissioned", at(s.Commissioned))
	if s.GraceMonths != nil {
		w.line("grace-by", *s.GraceMonths, s.GraceBy)
	}
	w.line("armour", s.Armour)
	for _, c := range s.Conditions {
		w.line("condition", c.ID, string(c.Resident), string(c.Node), c.Power, int(c.Category), c.Document, at(c.From), at(c.To))
	}
	for _, g := range s.Growth {
		w.line("growth", g.Power, at(g.Due), g.Milestones, g.Document)
	}
}

func (w *lines) periods(name string, periods []metering.Period) {
	for _, p := range periods {
		w.line(name, at(p.From), at(p.To))
	}
}

func (w *lines) use(u Use) {
	w.line("allowed", u.Allowed)
	w.counts("coverage-of-all", at(u.From), u.Intervals)
	w.line("energy", u.Energy, u.Blocks)
	w.line("percentiles", u.Max, u.P999, u.P995, u.P95)
	w.line("daily-maximum", u.DailyMaximum, u.Upper)
	w.line("above", u.Above50, u.Above80, u.Above100)
	w.line("activity", u.First, u.Last, u.Quiet)
	w.line("trend", u.Trend)
	for _, m := range u.Months {
		w.counts("coverage-of-month", at(m.From), m.Intervals)
		w.line("month", at(m.From), m.Energy, m.Blocks, m.Max, m.OverBlocks, m.OverDays)
	}
	for i, p := range u.Curve {
		w.line("curve", i, p)
	}
	for _, f := range u.Fills {
		w.line("fill", f.Name, f.Need, f.Filled)
	}
}

func (w *lines) counts(name string, from at, c Counts) {
	w.line(name, from, c.Expected, c.Valid, c.Imputed, c.Missing, c.Outage, c.Held)
}
