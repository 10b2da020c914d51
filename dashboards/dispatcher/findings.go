package dispatcher

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// FindingList is the answer of /api/v1/findings.
type FindingList struct {
	Time     time.Time     `json:"time"`
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Findings []FindingView `json:"findings" doc:"newest from first"`
	More     bool          `json:"more" doc:"the answer was cut at limit: ask for a shorter range or a higher severity"`
}

// FindingView is what a validation rule has found, with the figures that show it.
type FindingView struct {
	Rule      string       `json:"rule" example:"spike"`
	Severity  string       `json:"severity" enum:"info,event,warning,alarm,failure,termination"`
	Point     string       `json:"point,omitempty"`
	Node      string       `json:"node,omitempty" doc:"of a finding about a node"`
	Name      string       `json:"name" doc:"of the point or node"`
	Resident  string       `json:"resident,omitempty"`
	Channel   string       `json:"channel,omitempty" doc:"absent: all of them"`
	From      time.Time    `json:"from"`
	To        time.Time    `json:"to" doc:"exclusive"`
	Numbers   []NumberView `json:"numbers" doc:"the figures that caused it"`
	Text      string       `json:"text"`
	RuleSet   string       `json:"rule_set" doc:"name and first day of the rule set that was in force"`
	FoundAt   time.Time    `json:"found_at" doc:"when the ledger took it in first"`
	ClearedAt *time.Time   `json:"cleared_at,omitempty" doc:"since when it does not hold any more"`
}

// NumberView is one figure.
type NumberView struct {
	Name  string  `json:"name" example:"register_energy"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit" example:"Wh"`
}

type findingQuestion struct {
	Strict   strict
	Point    string `query:"point" maxLength:"64" doc:"only of this point"`
	Resident string `query:"resident" maxLength:"64" doc:"only of this resident's points"`
	Node     string `query:"node" maxLength:"64" doc:"only of this node"`
	Rule     string `query:"rule" maxLength:"64" doc:"only of this rule"`
	Severity string `query:"severity" maxLength:"16" doc:"at least this: info, event, warning, alarm, failure or termination"`
	From     string `query:"from" maxLength:"40" doc:"31 days before to if left out"`
	To       string `query:"to" maxLength:"40" doc:"exclusive; the end of today if left out"`
	Cleared  bool   `query:"cleared" doc:"those too that do not hold any more"`
	Limit    int    `query:"limit" default:"500" minimum:"1" maximum:"5000"`
}

// Resolve is called by huma.
func (in *findingQuestion) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	in.read(j)
	return j.faults
}

func (in *findingQuestion) read(j *judge) metering.FindingQuery {
	q := metering.FindingQuery{Severity: j.severity("query.severity", in.Severity), Cleared: in.Cleared, Limit: in.Limit + 1}
	if in.Point != "" {
		q.Points = append(q.Points, j.point("query.point", in.Point).ID)
	}
	if in.Resident != "" {
		q.Points = append(q.Points, residentPoints(j.site, j.resident("query.resident", in.Resident))...)
		if len(q.Points) == 0 && len(j.faults) == 0 {
			j.fault("query.resident", in.Resident, "the resident has no metering point")
		}
	}
	if in.Node != "" {
		q.Nodes = append(q.Nodes, j.node("query.node", in.Node))
	}
	if in.Rule != "" {
		q.Rules = []string{in.Rule}
	}
	q.From, q.To = j.recent(in.From, in.To, 31, longestQuery)
	return q
}

// residentPoints lists every point of a resident, of whatever medium, and the
// check meters beside them.
func residentPoints(site *metering.Site, r metering.ResidentID) []metering.PointID {
	var ids []metering.PointID
	for _, p := range site.Points {
		if r != "" && p.Resident == r {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// getFindings tells what validation has found.
func (s *Server) getFindings(ctx context.Context, in *findingQuestion) (*answer[FindingList], error) {
	if s.cfg.Ledger == nil {
		return nil, noLedger()
	}
	q := in.read(s.judge())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Limits.QueryWait)
	defer cancel()
	found, err := s.cfg.Ledger.Findings(ctx, q)
	if err != nil {
		return nil, s.storeError("findings", err)
	}
	list := FindingList{Time: s.cfg.Now().UTC(), From: q.From, To: q.To, Findings: []FindingView{}}
	if list.More = len(found) > in.Limit; list.More {
		found = found[:in.Limit]
	}
	for _, f := range found {
		list.Findings = append(list.Findings, s.finding(f))
	}
	return &answer[FindingList]{list}, nil
}

func (s *Server) finding(f metering.Finding) FindingView {
	v := FindingView{
		Rule: f.Rule, Severity: f.Severity.String(), Point: string(f.Point), Node: string(f.Node), From: f.From.UTC(), To: f.To.UTC(),
		Numbers: []NumberView{}, Text: f.Text, RuleSet: f.RuleSet, FoundAt: f.FoundAt.UTC(),
	}
	if p, ok := pointOf(s.cfg.Site, f.Point); ok {
		v.Name, v.Resident = p.Name, string(p.Resident)
	} else if n, ok := s.cfg.Site.Topology.Node(f.Node); ok {
		v.Name = n.Name
	}
	if f.Channel != 0 {
		v.Channel = f.Channel.String()
	}
	for _, n := range f.Numbers {
		v.Numbers = append(v.Numbers, NumberView(n))
	}
	if !f.ClearedAt.IsZero() {
		v.ClearedAt = ptr(f.ClearedAt.UTC())
	}
	return v
}
