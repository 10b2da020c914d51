package fakezone

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/balancing/reclaim"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// Office is an invented office of technical conditions: every class, a case at every
// stage, a pool and applications. Its cases go by the rules of the real procedure
// (reclaim.Case); uses, books and answers are formulas. Safe for concurrent use.
type Office struct {
	site  *metering.Site
	now   func() time.Time
	terms reclaim.Terms

	mu     sync.Mutex // guards all below
	uses   []*use
	cases  []*file
	drafts []draft
	pooled map[string]int64 // free, by node
	wishes []dispatcher.PoolApplication
	posts  []dispatcher.PoolPosting
	seq    uint64
	silent bool
}

// file is a case of the invented office.
type file struct {
	id     string
	use    *use
	state  reclaim.Case
	events []reclaim.Event
	second []string // who signed each of the events after its author
	// changed is when the register was: the balancer hears of it a little later.
	changed time.Time
}

// draft is an action that waits.
type draft struct {
	id, author string
	at         time.Time
	raw        json.RawMessage
	want       wanted
}

// wanted is an action as the page writes it.
type wanted struct {
	Kind        string              `json:"kind"`
	Document    string              `json:"document"`
	Basis       string              `json:"legal_basis"`
	Why         string              `json:"why"`
	Case        string              `json:"case"`
	Evidence    string              `json:"evidence"`
	Event       *reclaim.Event      `json:"event"`
	Application string              `json:"application"`
	Resident    metering.ResidentID `json:"resident"`
	Newcomer    *struct {
		Name, Node string
		Power      int64 `json:"power_w"`
		Jobs       int
	} `json:"newcomer"`
}

// hears is how long the balancer takes to hear of the register.
const hears = 2 * time.Second

// NewOffice is the office of a zone whose residents and feeders are there already.
func NewOffice(z *Zone, now func() time.Time) *Office {
	o := &Office{site: z.site, now: now, terms: reclaim.DefaultTerms(metering.Calendar{}, z.site.Location), pooled: map[string]int64{"f2": 350_000}}
	for i, r := range z.site.Residents {
		o.uses = append(o.uses, newUse(i, r, o.feeder(i)))
	}
	o.history()
	return o
}

// nodes are those of the books: the input and three feeders.
func (o *Office) nodes() (list []metering.Node) {
	for _, n := range o.site.Topology.Nodes {
		if ceilings[string(n.ID)] > 0 {
			list = append(list, n)
		}
	}
	return list
}

func (o *Office) feeder(i int) metering.Node { return o.nodes()[1+i/2%3] }

// Silence lets questions fail, as if the ledger could not be read.
func (o *Office) Silence(silent bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.silent = silent
}

// errSilent is how it fails.
var errSilent = errors.New("ledger: disk is not readable")

func (o *Office) lock() error {
	o.mu.Lock()
	if o.silent {
		o.mu.Unlock()
		return errSilent
	}
	return nil
}

// Cases lists all.
func (o *Office) Cases(context.Context) ([]dispatcher.CaseView, error) {
	if err := o.lock(); err != nil {
		return nil, err
	}
	defer o.mu.Unlock()
	var list []dispatcher.CaseView
	for _, f := range o.cases {
		v := o.view(f)
		v.Events, v.Evidence, v.Papers = nil, "", nil
		list = append(list, v)
	}
	return list, nil
}

// Case shows one.
func (o *Office) Case(_ context.Context, id string) (dispatcher.CaseView, error) {
	if err := o.lock(); err != nil {
		return dispatcher.CaseView{}, err
	}
	defer o.mu.Unlock()
	f, err := o.file(id)
	if err != nil {
		return dispatcher.CaseView{}, err
	}
	return o.view(f), nil
}

func (o *Office) file(id string) (*file, error) {
	i := slices.IndexFunc(o.cases, func(f *file) bool { return f.id == id })
	if i < 0 {
		return nil, fmt.Errorf("case %s: %w", id, dispatcher.ErrUnknown)
	}
	return o.cases[i], nil
}

// alone are the steps for which one person is enough.
var alone = []reclaim.Kind{reclaim.Explain, reclaim.Met, reclaim.Missed, reclaim.Suspend, reclaim.Resume, reclaim.Recovered}

func (o *Office) view(f *file) dispatcher.CaseView {
	c, now := f.state, o.now()
	v := dispatcher.CaseView{
		ID: f.id, Resident: f.use.row.Resident, Name: f.use.row.Name, Node: f.use.row.Node, NodeName: f.use.row.NodeName, Stage: string(c.Stage), Since: c.Since,
		VolumeW: int64(c.Volume), AllowedW: int64(c.Allowed), Voluntary: c.Voluntary, Why: c.Why, Evidence: c.Evidence.String(),
		Possible: []string{}, TwoSigned: []string{}, Papers: []string{"evidence"},
	}
	if end, ok := c.Deadline(o.terms); ok {
		v.Deadline = &end
	}
	for _, p := range c.Pauses {
		if p.To.IsZero() {
			v.Paused = append(v.Paused, string(p.Cause))
		}
	}
	if c.Plan != nil {
		for n, m := range c.Plan.Milestones {
			line := dispatcher.CaseMilestone{What: m.What, Status: string(c.Progress[n])}
			if due, ok := c.MilestoneDeadline(n, o.terms); ok {
				line.Due = &due
			}
			v.Plan = append(v.Plan, line)
		}
	}
	for _, k := range c.Possible(now, o.terms) {
		v.Possible = append(v.Possible, string(k))
		if !slices.Contains(alone, k) {
			v.TwoSigned = append(v.TwoSigned, string(k))
		}
	}
	for _, k := range c.Lacks() {
		v.Lacks = append(v.Lacks, string(k))
	}
	if w, ok := o.balancer(f); ok {
		v.BalancerW = &w
	}
	for n, e := range f.events {
		v.Events = append(v.Events, dispatcher.CaseEvent{At: e.At, Kind: string(e.Kind), By: e.By, Approver: f.second[n], Document: e.Document, Basis: e.Basis, VolumeW: int64(e.Volume)})
		switch e.Kind {
		case reclaim.Notice, reclaim.Warning, reclaim.Sanction:
			v.Papers = append(v.Papers, string(e.Kind))
		case reclaim.Offer, reclaim.Terminate:
			v.Papers = append(v.Papers, "act")
		}
	}
	return v
}

// balancer is what the invented balancer shares by; it knows no resident of the second
// feeder.
func (o *Office) balancer(f *file) (int64, bool) {
	if f.use.row.Node == "f2" {
		return 0, false
	}
	if !f.changed.IsZero() && o.now().Sub(f.changed) > hears {
		return int64(f.state.Allowed - f.state.Volume), true
	}
	return int64(f.state.Allowed), true
}

// Drafts lists what waits.
func (o *Office) Drafts(context.Context) ([]dispatcher.DraftView, error) {
	if err := o.lock(); err != nil {
		return nil, err
	}
	defer o.mu.Unlock()
	var list []dispatcher.DraftView
	for _, d := range o.drafts {
		v := dispatcher.DraftView{ID: d.id, Kind: d.want.Kind, Case: d.want.Case, Author: d.author, At: d.at, Document: d.want.Document, Basis: d.want.Basis, Action: d.raw}
		if d.want.Event != nil {
			v.Step = string(d.want.Event.Kind)
		}
		if err := o.possible(d.want, d.author); err != nil {
			v.Fault = err.Error()
		}
		list = append(list, v)
	}
	return list, nil
}

// Paper writes a paper that says what it is.
func (o *Office) Paper(_ context.Context, w io.Writer, id, paper, format, lang string) (string, error) {
	if err := o.lock(); err != nil {
		return "", err
	}
	defer o.mu.Unlock()
	f, err := o.file(id)
	if err != nil {
		return "", err
	}
	words := map[string]string{"ru": "Акт о возврате мощности", "kk": "Қуатты қайтару актісі: ә ғ қ ң ө ұ ү һ і", "en": "Act of return"}
	fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><title>%s</title><h1>%s</h1><p>%s, %s</p>", id, words[lang], paper, f.use.row.Name)
	return strings.Join([]string{id, paper, lang}, "-") + "." + format, nil
}

// Season writes the report of a season, as short as can be.
func (o *Office) Season(_ context.Context, w io.Writer, _ time.Time, format, lang string) (string, error) {
	fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><title>%s</title><h1>%s</h1>", lang, map[string]string{"ru": "Отчёт сезона", "kk": "Маусым есебі", "en": "Report of the season"}[lang])
	return "season-" + lang + "." + format, nil
}

func evidenceOf(text string) reclaim.Hash { return sha256.Sum256([]byte(text)) }
