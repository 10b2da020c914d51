package office_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// kept is an office at work in which everything is possible, for tests of deeds.
func kept(t *testing.T) (*office.Office, []metering.Deed) {
	o := opened(t, config())
	var all []metering.Deed
	record := func(deeds []metering.Deed, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deeds {
			d.Seq = o.Seq() + 1
			all = append(all, d)
			if err := o.Replay([]metering.Deed{d}); err != nil {
				t.Fatal(err)
			}
		}
	}
	aliya, bolat := office.Person{Name: "aliya"}, office.Person{Name: "bolat"}
	record(o.Do(aliya, day(0), office.Action{Kind: office.OpenCase, Document: "finding 1",
		Evidence: evidence(o, "ceramics", "f-1", []metering.NodeID{"f-1"}, reclaim.Underused, 3250*kW, day(0))}))
	record(o.Do(aliya, day(1), office.Action{Kind: office.StepCase, Case: "ТУ-2026-001", Document: "letter 2", Basis: "contract 5.4", Event: &reclaim.Event{Kind: reclaim.Notice}}))
	record(o.Sign(bolat, day(1), "D-2"))
	record(o.Do(aliya, day(2), office.Action{Kind: office.ChangeBooks, Document: "order 3", Basis: "charter",
		Entries: []pool.Entry{{From: pool.Supply("line"), To: pool.Free("line"), Power: 500 * kW}}}))
	record(o.Sign(bolat, day(3), "D-4"))
	return o, all
}

// A deed that cannot be applied says which it is and why, and changes nothing; what went
// before it stands.
func TestDeedsThatCannotBeReplayed(t *testing.T) {
	_, deeds := kept(t)
	for _, c := range []struct {
		name  string
		spoil func(d *metering.Deed)
		want  []string
	}{
		{"left out", func(d *metering.Deed) { d.Seq++ }, []string{"deed 6", "follows deed 4"}},
		{"back in time", func(d *metering.Deed) { d.At = day(1) }, []string{"deed 5", "before the deed before it"}},
		{"of a newer release", func(d *metering.Deed) { d.Kind = "case.arbitrate" }, []string{"deed 5 (case.arbitrate", "a newer one has written it"}},
		{"with a field of a newer release", func(d *metering.Deed) { d.Body = strings.Replace(d.Body, `"action":{`, `"action":{"witness":"x",`, 1) }, []string{"witness", "a newer release"}},
		{"with effects of a newer release", func(d *metering.Deed) { d.Body = strings.Replace(d.Body, `"effects":{`, `"effects":{"fees":[],`, 1) }, []string{"fees", "a newer release"}},
		{"cut off", func(d *metering.Deed) { d.Body = d.Body[:40] }, []string{"deed 5", "its body"}},
		{"twice", func(d *metering.Deed) { d.Body += d.Body }, []string{"something follows"}},
		{"without effects", func(d *metering.Deed) { d.Body = `{"action":{"kind":"pool.post","document":"order 3"}}` }, []string{"no effects"}},
		{"of a draft that is not there", func(d *metering.Deed) { d.Body = strings.Replace(d.Body, `"D-4"`, `"D-9"`, 1) }, []string{`draft "D-9" does not wait`}},
		{"of a draft dropped twice", func(d *metering.Deed) { d.Kind, d.Body = "draft.drop", strings.Replace(d.Body, `"D-4"`, `"D-9"`, 1) }, []string{`draft "D-9" does not wait`}},
		{"of more than there is", func(d *metering.Deed) { d.Body = strings.ReplaceAll(d.Body, `"power_w":500000`, `"power_w":501000`) }, []string{"the books do not bear it", "1 kW short"}},
		{"of a case that is not there", func(d *metering.Deed) {
			d.Kind, d.Subject, d.Body = "case.step", "ТУ-2026-007", `{"action":{"kind":"case.step","document":"x"},"effects":{"event":{"kind":"notice","at":"2026-07-09T00:00:00Z","by":"a","document":"b"}}}`
		}, []string{`case "ТУ-2026-007" is not known`}},
		{"of a step that no terms permit", func(d *metering.Deed) {
			d.Kind, d.Subject, d.Body = "case.step", "ТУ-2026-001", `{"action":{"kind":"case.step","document":"x"},"effects":{"event":{"kind":"terminate","at":"2026-07-09T00:00:00Z","by":"a","document":"b","legal_basis":"c"}}}`
		}, []string{"terminate at NOTICE", "possible at SANCTION"}},
		{"of evidence in a form to come", func(d *metering.Deed) {
			d.Kind, d.Subject, d.Body = "case.open", "ТУ-2026-002", `{"action":{"kind":"case.open","document":"x","evidence":"asue reclaim evidence 2\n"},"effects":{"case":{"resident":"plastics","node":"f-2","nodes":["f-2"]},"event":{"kind":"open","at":"2026-07-09T00:00:00Z","by":"a","document":"b"}}}`
		}, []string{"case ТУ-2026-002", `"asue reclaim evidence 2"`, "a newer release"}},
		{"of a ceiling that is none", func(d *metering.Deed) {
			d.Kind, d.Body = "pool.ceiling", `{"action":{"kind":"pool.ceiling","document":"x"},"effects":{"ceiling":{"node":"line","ceiling":{"from":"2026-07-09T00:00:00Z"}}}}`
		}, []string{"ceiling at node line"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := opened(t, config())
			if err := o.Replay(deeds[:4]); err != nil {
				t.Fatal(err)
			}
			d := deeds[4]
			c.spoil(&d)
			if d.Body == deeds[4].Body && d.Kind == deeds[4].Kind && d.Seq == deeds[4].Seq && d.At.Equal(deeds[4].At) {
				t.Fatal("nothing was spoilt")
			}
			err := o.Replay([]metering.Deed{d})
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("want %q in: %v", want, err)
				}
			}
			if o.Seq() != 4 || len(o.Drafts(day(9))) != 1 || len(o.Books().Postings()) != 1 {
				t.Errorf("it changed something: %d deeds, drafts %v", o.Seq(), o.Drafts(day(9)))
			}
			if err := o.Replay(deeds[4:]); err != nil {
				t.Errorf("the right one afterwards: %v", err)
			}
		})
	}
}

// An office says when it cannot be opened, all faults at once.
func TestOfficesThatCannotBeOpened(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(c *office.Config)
		want []string
	}{
		{"no time", func(c *office.Config) { c.Opened = time.Time{} }, []string{"the time at which the books begin"}},
		{"no site", func(c *office.Config) { c.Site = nil }, []string{"with a site"}},
		{"half kilowatts", func(c *office.Config) { c.Site.Conditions[0].Power += 500; c.Site.Conditions[2].Power += 7 },
			[]string{"4.0005 MW: want a whole number of kilowatts", "2.500007 MW: want a whole number of kilowatts"}},
		{"a node that is not there", func(c *office.Config) { c.Site.Conditions[0].Node = "f-9" }, []string{`condition tu-1`, `"f-9"`}},
		{"one id for two", func(c *office.Config) { c.Site.Conditions[2].ID = "tu-1" }, []string{"tu-1"}},
		{"books of another network", func(c *office.Config) { c.Nodes = c.Nodes[1:] }, []string{`"line" is not known`}},
	} {
		config := config()
		c.do(&config)
		_, err := office.New(config)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: want %q in: %v", c.name, want, err)
			}
		}
	}
}

// Ceilings are contracts at sources, 0 where a line cannot be counted on, and limits of
// nodes.
func TestNodesOfASite(t *testing.T) {
	site := zone()
	site.Topology.Nodes[0].Limit = metering.LimitOf(12_000 * kW)
	got := map[metering.NodeID]string{}
	for _, n := range office.NodesOf(site) {
		got[n.ID] = "no ceiling"
		for _, c := range n.Ceilings {
			got[n.ID] = c.Limit.String() + " by " + c.Document
		}
	}
	want := map[metering.NodeID]string{
		"line": "10 MW by site file: contract of line", "input": "unlimited by site file: limit of the node", "f-1": "6 MW by site file: limit of the node",
		"f-2": "4 MW by site file: limit of the node", "f-3": "no ceiling", "backup": "0 W by site file: backup is not available",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What no ledger would keep is refused before it is recorded.
func TestDeedsThatAreTooLong(t *testing.T) {
	o := opened(t, config())
	long := strings.Repeat("ТУ ", 400)
	for _, a := range []office.Action{
		{Kind: office.Apply, Document: long, Newcomer: &office.Application{Name: "Works", Node: "f-1", Power: 100 * kW}},
		{Kind: office.Apply, Document: "wish", Newcomer: &office.Application{Name: strings.Repeat(long, 300), Node: "f-1", Power: 100 * kW}},
	} {
		if deeds, err := o.Do(office.Person{Name: "aliya"}, day(0), a); err == nil || !strings.Contains(err.Error(), "bytes") {
			t.Errorf("%d deeds, %v", len(deeds), err)
		}
	}
	if _, err := o.Do(office.Person{}, day(0), office.Action{Kind: office.Apply, Document: "wish"}); err == nil {
		t.Error("nobody has signed")
	}
	if _, err := o.Do(office.Person{Name: "aliya"}, day(-31), office.Action{Kind: office.Apply, Document: "wish"}); err == nil {
		t.Error("before the books began")
	}
}

// Which actions need a second person.
func TestTwoSigned(t *testing.T) {
	alone := map[reclaim.Kind]bool{reclaim.Explain: true, reclaim.Met: true, reclaim.Missed: true, reclaim.Suspend: true, reclaim.Resume: true, reclaim.Recovered: true}
	for _, k := range reclaim.Kinds() {
		if got := office.TwoSigned(office.Action{Kind: office.StepCase, Event: &reclaim.Event{Kind: k}}); got == alone[k] {
			t.Errorf("step %s: two signatures %v", k, got)
		}
	}
	one := map[office.Kind]bool{office.OpenCase: true, office.Apply: true, office.Refuse: true, office.Drop: true}
	for _, k := range office.Kinds() {
		if got := office.TwoSigned(office.Action{Kind: k}); got == one[k] {
			t.Errorf("%s: two signatures %v", k, got)
		}
	}
}

// Bodies come from a ledger that others can write to: whatever they say, an office
// answers with an error or takes them, and keeps its word about what it has.
func FuzzDeeds(f *testing.F) {
	for _, b := range []string{
		`{"action":{"kind":"pool.ceiling","document":"x"},"effects":{"ceiling":{"node":"line","ceiling":{"from":"2026-07-09T00:00:00Z","limit_w":1,"document":"d"}}}}`,
		`{"action":{"kind":"case.open","document":"x","evidence":"asue reclaim evidence 1"},"effects":{"case":{"resident":"centre","node":"f-1","nodes":["f-1"]},"event":{"kind":"open","at":"2026-07-09T00:00:00Z","by":"a","document":"b","evidence":"` + strings.Repeat("0a", 32) + `","volume_w":1000,"allowed_w":1000}}}`,
		`{"action":{"kind":"register.act","document":"x"},"effects":{"acts":[{"kind":"issue","resident":"centre","condition":"c","from":"2026-07-09T00:00:00Z","terms":{"node":"f-1","firm_w":1000},"legal_basis":"b","document":"d"}]}}`,
		`{"action":{"kind":"application.enter","document":"x"},"effects":{"application":{"id":"З-1","name":"n","node":"f-1","power_w":1}}}`,
	} {
		for kind := range len(office.Kinds()) {
			f.Add(uint8(kind), "ТУ-2026-001", b)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, subject, body string) {
		o := opened(t, config())
		d := metering.Deed{Seq: 1, At: day(10), Kind: string(office.Kinds()[int(kind)%len(office.Kinds())]), Subject: subject, Author: "a", Approver: "b", Basis: "c", Document: "d", Body: body}
		if err := o.Replay([]metering.Deed{d}); err != nil {
			if o.Seq() != 0 {
				t.Fatalf("refused and taken: %v", err)
			}
			return
		}
		if _, err := json.Marshal([]any{o.Cases(day(11)), o.Drafts(day(11)), o.Applications(day(11)), o.Books().Postings()}); err != nil {
			t.Fatal(err)
		}
	})
}
