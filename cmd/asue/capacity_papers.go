package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/dashboards/dispatcher"
	"asue/dashboards/papers"
	"asue/metering"
)

// Paper implements dispatcher.Capacity.
func (c *capacity) Paper(ctx context.Context, w io.Writer, id, paper, format, lang string) (name string, err error) {
	var about papers.Case
	err = c.inOffice(ctx, func(o *office.Office) error {
		f, ok := o.Case(id, c.now())
		if !ok {
			return fmt.Errorf("there is no case %q: GET /api/v1/cases lists them: %w", id, dispatcher.ErrUnknown)
		}
		about = c.paperCase(o, f)
		return nil
	})
	if err != nil {
		return "", err
	}
	kind := papers.Kind(paper)
	name = fmt.Sprintf("%s.%s.%s.%s", id, paper, lang, format)
	if format == "txt" {
		_, err := io.WriteString(w, about.Evidence)
		return id + ".evidence", err
	}
	if kind == papers.Evidence {
		if about.Days, err = c.daysOf(ctx, about.Evidence); err != nil {
			return "", err
		}
	}
	return name, writePaper(w, papers.Paper{Kind: kind, Case: about}, format, lang)
}

func writePaper(w io.Writer, d papers.Document, format, lang string) error {
	write := papers.HTML
	if format == "xlsx" {
		write = papers.XLSX
	}
	if err := write(w, d, papers.Lang(lang)); err != nil {
		return refused("%v", err)
	}
	return nil
}

// paperCase is a case as its papers tell it; a step that waits for its second signature
// is printed as a draft.
func (c *capacity) paperCase(o *office.Office, f office.File) papers.Case {
	p := papers.Case{
		Zone: papers.ZoneOf(c.site, c.demo), ID: f.ID, Resident: c.residentName(f.Resident), Place: papers.PlaceOf(c.site.Topology, f.Node),
		State: f.Case, Terms: officeTerms(c.site), Evidence: f.Evidence[len(f.Evidence)-1], Program: "asue " + version,
	}
	for i, e := range f.Events {
		p.Steps = append(p.Steps, papers.Step{Event: e, Approver: f.Approvers[i]})
	}
	for _, d := range o.Drafts(c.now()) {
		if d.Action.Kind != office.StepCase || d.Action.Case != f.ID || d.Action.Event == nil {
			continue
		}
		e := *d.Action.Event
		e.At, e.By, e.Document, e.Basis = d.At, d.Author, d.Action.Document, d.Action.Basis
		p.Prepared = &papers.Step{Event: e} // the youngest one of several
	}
	return p
}

// papersOf are the papers of a case that can be printed. c.mu is held.
func (c *capacity) papersOf(o *office.Office, f office.File) []string {
	return texts(c.paperCase(o, f).Papers())
}

// daysOf are the daily maxima on which evidence rests, if the ledger still bears it out;
// nil if it does not.
func (c *capacity) daysOf(ctx context.Context, evidence string) ([]papers.Day, error) {
	claim, err := reclaim.ClaimOf(evidence)
	if err != nil {
		return nil, err
	}
	site, _, err := c.registered(ctx)
	if err != nil {
		return nil, err
	}
	j, err := judgeAnew(ctx, site, c.ledger, claim)
	if err != nil || j == nil || j.evidence.Text != evidence {
		return nil, err
	}
	year, err := reclaim.NewYear(reclaim.YearTo(claim.To, site.Location).UTC(), claim.To, site.Location, site.Calendar, time.Duration(claim.Minutes)*time.Minute)
	if err != nil {
		return nil, err
	}
	maxima, err := year.DailyMaxima(j.Subject, j.record)
	if err != nil {
		return nil, err
	}
	var days []papers.Day
	for _, d := range maxima {
		days = append(days, papers.Day{Date: d.Date, Max: d.Max})
	}
	return days, nil
}

// Season implements dispatcher.Capacity.
func (c *capacity) Season(ctx context.Context, w io.Writer, asOf time.Time, format, lang string) (name string, err error) {
	y, err := c.asked(ctx, asOf, nil)
	if err != nil {
		return "", err
	}
	cases, err := c.openCases(ctx)
	if err != nil {
		return "", err
	}
	s := papers.Season{Zone: papers.ZoneOf(c.site, c.demo), From: y.uses.from, To: y.uses.to, Minutes: int(y.uses.block / time.Minute), Rules: y.uses.rules.Version,
		Notes: y.uses.notes, Program: "asue " + version}
	for _, j := range y.list {
		row := papers.RowOf(j.finding, j.evidence.SHA256, c.residentName(j.Resident), c.nodeName(j.Node))
		row.Case = cases[caseAt{string(j.Resident), string(j.Node)}]
		if j.finding.Class == reclaim.Insufficient && j.enough.From.After(y.uses.to) {
			row.EnoughFrom = j.enough.From
		}
		s.Rows = append(s.Rows, row)
	}
	s.Nodes = c.nodeSums(y, s.Rows)
	err = c.inOffice(ctx, func(o *office.Office) error {
		for _, f := range o.Cases(c.now()) {
			s.Cases = append(s.Cases, papers.CaseLine{ID: f.ID, Resident: c.residentName(f.Resident), Node: c.nodeName(f.Node), Stage: f.Case.Stage,
				Since: f.Case.Since, Deadline: f.Deadline, Volume: f.Case.Volume})
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	name = strings.Join([]string{"season", day(y.uses.to.Add(-1), c.site.Location), lang, format}, ".")
	return name, writePaper(w, s, format, lang)
}

// nodeSums add up what is connected at each node and below, each node before those that
// it feeds. Rows stand in the order of the year's findings.
func (c *capacity) nodeSums(y *judgedYear, rows []papers.Row) (list []papers.NodeSum) {
	var walk func(nodes []metering.Node, depth int)
	walk = func(nodes []metering.Node, depth int) {
		for _, n := range nodes {
			sum := papers.NodeSum{Name: c.nodeName(n.ID), Depth: depth}
			for i, j := range y.list {
				if below(c.site, j.Node, n.ID) {
					sum.Add(rows[i])
				}
			}
			if sum.Rows > 0 {
				list = append(list, sum)
				walk(c.site.Topology.Children(n.ID), depth+1)
			}
		}
	}
	walk(c.site.Topology.Children(""), 0)
	return list
}
