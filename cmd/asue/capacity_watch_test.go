package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/mqtt"
	"asue/metering/sqlite"
	"asue/metering/wire"
)

// zoneWithTwo is a line of 10 MW with two residents, each at a feeder of its own.
func zoneWithTwo() *metering.Site {
	from := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	return &metering.Site{
		ID: "zone", Name: "Zone", Location: time.UTC,
		Topology: metering.Topology{Nodes: []metering.Node{{ID: "line", Kind: metering.NodeSource}, {ID: "in", Parent: "line", Kind: metering.NodeInput},
			{ID: "f-1", Parent: "in", Kind: metering.NodeFeeder, Limit: metering.LimitOf(8 * metering.Megawatt)}, {ID: "f-2", Parent: "in", Kind: metering.NodeFeeder, Limit: metering.LimitOf(8 * metering.Megawatt)}}},
		Sources:   []metering.Source{{ID: "line", Name: "Line", Node: "line", Contract: metering.LimitOf(10 * metering.Megawatt), Available: true}},
		Residents: []metering.Resident{{ID: "ceramics", Name: "Ceramics-1"}, {ID: "plastics", Name: "Plastics-2"}},
		Conditions: []metering.Condition{{ID: "tu-1", Resident: "ceramics", Node: "f-1", Power: 5 * metering.Megawatt, Document: "No. 1", From: from},
			{ID: "tu-2", Resident: "plastics", Node: "f-2", Power: 3 * metering.Megawatt, Document: "No. 2", From: from}},
		Points: []metering.Point{{ID: "p-in", Node: "in", Role: metering.RoleInput}, {ID: "p-1", Node: "f-1", Role: metering.RoleResident, Resident: "ceramics"},
			{ID: "p-2", Node: "f-2", Role: metering.RoleResident, Resident: "plastics"}},
	}
}

// clerks record acts in a ledger, two persons each, as the page does.
type clerks struct {
	testing.TB
	ledger metering.Ledger
	office *office.Office
	now    time.Time
}

func newClerks(t testing.TB, site *metering.Site, ledger metering.Ledger, now time.Time) *clerks {
	o, err := openOffice(t.Context(), site, ledger)
	if err != nil {
		t.Fatal(err)
	}
	return &clerks{t, ledger, o, now.UTC().Truncate(time.Millisecond)}
}

// change records another version of a condition.
func (c *clerks) change(resident metering.ResidentID, condition string, node metering.NodeID, firm metering.Power, from time.Time) {
	c.Helper()
	a := office.Action{Kind: office.ChangeTerms, Document: "Letter 5", Basis: "clause 4", Acts: []register.Act{{Kind: register.Change, Resident: resident, Condition: condition,
		From: from, Basis: "clause 4", Document: "Letter 5", Terms: &register.Terms{Node: node, Firm: firm}}}}
	c.record(c.office.Do(office.Person{Name: "a.author"}, c.now, a))
	drafts := c.office.Drafts(c.now)
	c.record(c.office.Sign(office.Person{Name: "b.second"}, c.now, drafts[len(drafts)-1].ID))
}

func (c *clerks) record(deeds []metering.Deed, err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	why := metering.AuditRecord{At: c.now, Actor: deeds[0].Author, Role: metering.RoleEngineer, Kind: metering.DeedAudit + deeds[0].Kind, Subject: "register"}
	kept, err := c.ledger.RecordDeeds(c.Context(), c.office.Seq(), deeds, why)
	if err == nil {
		err = c.office.Replay(kept)
	}
	if err != nil {
		c.Fatal(err)
	}
}

func ledgerIn(t testing.TB, dir string) *sqlite.Ledger {
	l, err := sqlite.Open(t.Context(), filepath.Join(dir, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// badDeeds is a ledger's part that cannot be read, or says what nobody understands.
type badDeeds struct {
	metering.Ledger
	away    atomic.Bool
	strange atomic.Bool
}

func (b *badDeeds) Deeds(ctx context.Context, after uint64, limit int) ([]metering.Deed, error) {
	if b.away.Load() {
		return nil, errors.New("the ledger is away")
	}
	list, err := b.Ledger.Deeds(ctx, after, limit)
	if b.strange.Load() {
		for i := range list {
			list[i].Body = `{"action":{},"effects":{"rights":[]}}`
		}
	}
	return list, err
}

// The watch follows acts as they are recorded; while the ledger is away, or says what this
// release does not know, the rights that were known last hold, and it is told.
func TestRegisterWatchFollowsTheLedger(t *testing.T) {
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	site := zoneWithTwo()
	ledger := &badDeeds{Ledger: ledgerIn(t, t.TempDir())}
	people := newClerks(t, site, ledger.Ledger, now)
	w := newRegisterWatch(site, ledger, slog.New(slog.DiscardHandler))
	news := w.changes()
	allowed := func() metering.Power { return w.rights().site.Allowed("ceramics", now) }
	heard := func() bool {
		select {
		case <-news:
			return true
		default:
			return false
		}
	}

	ledger.away.Store(true)
	w.look(t.Context())
	if k := w.rights(); k.read || k.site != site || heard() || w.trouble() == nil {
		t.Fatalf("the ledger was away at the start: %+v, %v", k, w.trouble())
	}
	ledger.away.Store(false)
	w.look(t.Context())
	if k := w.rights(); !k.read || k.deed != 0 || allowed() != 5*metering.Megawatt || !heard() || w.trouble() != nil {
		t.Fatalf("an empty ledger: %+v, %v", k, w.trouble())
	}
	w.look(t.Context())
	if heard() {
		t.Error("nothing was recorded, and it was told")
	}

	people.change("ceramics", "tu-1", "f-1", 3*metering.Megawatt, now.Add(-time.Hour))
	w.look(t.Context())
	if k := w.rights(); k.deed != 2 || allowed() != 3*metering.Megawatt || !heard() {
		t.Fatalf("a draft and its deed: %+v, %v allowed", k, allowed())
	}
	if site.Allowed("ceramics", now) != 5*metering.Megawatt {
		t.Fatal("the site of the file was changed")
	}

	people.change("plastics", "tu-2", "f-2", 2*metering.Megawatt, now.Add(-time.Hour))
	people.change("ceramics", "tu-1", "f-1", metering.Megawatt, now.Add(24*time.Hour))
	for name, trouble := range map[string]*atomic.Bool{"away": &ledger.away, "strange": &ledger.strange} {
		trouble.Store(true)
		w.look(t.Context())
		if k := w.rights(); k.deed != 2 || allowed() != 3*metering.Megawatt || heard() || w.trouble() == nil {
			t.Errorf("%s: %+v, trouble %v; want what was known before", name, k, w.trouble())
		}
		trouble.Store(false)
	}
	w.look(t.Context())
	if k := w.rights(); k.deed != 6 || k.site.Allowed("plastics", now) != 2*metering.Megawatt || allowed() != 3*metering.Megawatt || k.site.Allowed("ceramics", now.Add(25*time.Hour)) != metering.Megawatt || w.trouble() != nil {
		t.Errorf("after the trouble: %+v, %v", k, w.trouble())
	}
	// A start begins with all of it.
	again := newRegisterWatch(site, ledger, slog.New(slog.DiscardHandler))
	again.look(t.Context())
	if k := again.rights(); k.deed != 6 || k.site.Allowed("ceramics", now) != 3*metering.Megawatt {
		t.Errorf("a new start: %+v", k)
	}
}

// A deed that is missing is no "nothing new".
func TestRegisterWatchSeesAGap(t *testing.T) {
	w := newRegisterWatch(zoneWithTwo(), gap{}, slog.New(slog.DiscardHandler))
	w.look(t.Context())
	if k := w.rights(); k.read || w.trouble() == nil || !strings.Contains(w.trouble().Error(), "one is missing") {
		t.Errorf("%+v, %v", k, w.trouble())
	}
}

type gap struct{ metering.Ledger }

func (gap) Deeds(context.Context, uint64, int) ([]metering.Deed, error) {
	return []metering.Deed{{Seq: 2, Kind: "draft", Body: `{"action":{}}`}}, nil
}

// The model of the network goes on with the rights of the register, and what it knows of
// the meters comes back with the next batch.
func TestTheNetworkTakesRightsOver(t *testing.T) {
	s := newNetworkStand(t)
	s.pass(15 * time.Second)
	first := s.w.site
	c := first.Conditions[0]
	s.w.register = newRegisterWatch(first, s.ledger, slog.New(slog.DiscardHandler))
	s.w.register.look(t.Context())
	s.w.renew(s.now)
	if s.w.site != first {
		t.Fatal("the model was made anew and nothing had changed")
	}
	people := newClerks(t, first, s.ledger, s.now)
	people.change(c.Resident, c.ID, c.Node, c.Power-metering.Megawatt/10, s.now.Add(-time.Hour))
	s.w.register.look(t.Context())
	s.w.renew(s.now)
	if got, want := s.w.site.Allowed(c.Resident, s.now), first.Allowed(c.Resident, s.now)-metering.Megawatt/10; got != want {
		t.Fatalf("the model goes by %v, want %v", got, want)
	}
	s.pass(15 * time.Second)
	if s.last.Problem != "" || s.last.At.IsZero() {
		t.Errorf("the network after the act: %+v", s.last)
	}
}

// A process with a balancer and no page runs on a ledger in a file. People record an act
// beside it, and seconds later the balancer's report tells the right by which it shares.
func TestAnActReachesTheBalancersReport(t *testing.T) {
	dir := t.TempDir()
	cfg := settings.Default()
	cfg.Data, cfg.HTTP, cfg.Broker.Listen = dir, "", "127.0.0.1:0"
	cfg.Roles = []settings.Role{settings.RoleBroker, settings.RoleBalancer}
	site := zoneWithTwo()
	p := &process{Node: node.New(cfg, site, clock.Clock{}, slog.New(slog.DiscardHandler), "test")}
	ready := make(chan struct{})
	p.ready = func() { close(ready) }
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("the process has ended: %v", err)
	}
	subscriber, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{Options: mqtt.Options{URL: p.Config.BrokerURL(), ClientID: "listener"}, Filters: []string{wire.ControlTopic(site.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	listens := make(chan struct{})
	go func() { defer close(listens); _ = subscriber.Run(ctx) }() // ends with ctx
	// told waits for a report that says so much, by a deed.
	told := func(want metering.Power, deed uint64) {
		t.Helper()
		for {
			select {
			case err := <-ended:
				t.Fatalf("the process has ended: %v", err)
			case <-ctx.Done():
				t.Fatalf("no report tells %v by deed %d", want, deed)
			case m := <-subscriber.Messages():
				c, err := wire.DecodeControl(m.Payload)
				m.Ack()
				if err != nil {
					t.Fatal(err)
				}
				if c.Acts == nil || len(c.Acts.Rights) != 2 {
					t.Fatalf("the report tells no rights: %s", m.Payload)
				}
				if r := c.Acts.Rights[0]; r.Resident == "ceramics" && r.Node == "f-1" && r.AllowedW == want && c.Acts.RightsDeed == deed {
					return
				}
			}
		}
	}
	told(5*metering.Megawatt, 0)
	people := newClerks(t, site, ledgerIn(t, dir), time.Now())
	began := time.Now()
	people.change("ceramics", "tu-1", "f-1", 2*metering.Megawatt, time.Now().Add(-time.Minute))
	told(2*metering.Megawatt, 2)
	t.Logf("told %v after it was recorded", time.Since(began).Round(time.Millisecond))
	// An act of a moment to come is known at once and holds when its time has come.
	people.now = time.Now().UTC().Truncate(time.Millisecond)
	people.change("ceramics", "tu-1", "f-1", 4*metering.Megawatt, time.Now().Add(7*time.Second).Truncate(time.Second))
	told(2*metering.Megawatt, 4)
	told(4*metering.Megawatt, 4)
	cancel()
	<-listens
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A question that cannot be answered costs nobody a year of judging.
func TestAnUnknownProfileIsRefusedAtOnce(t *testing.T) {
	c, err := newCapacity(zoneWithTwo(), ledgerIn(t, t.TempDir()), time.Now, hostingBlock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Hosting(t.Context(), dispatcher.HostingQuestion{Node: "f-1", PowerW: 1_000_000, Profile: "nobody"}, func(float64) { t.Error("a year is being judged") })
	if err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v", err)
	}
}

// Reports are taken in while the office waits for its ledger; who reports last counts, and a
// start gives a balancer in another process time to be heard.
func TestReportsDoNotWaitForTheOffice(t *testing.T) {
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	c, err := newCapacity(zoneWithTwo(), ledgerIn(t, t.TempDir()), func() time.Time { return now }, hostingBlock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.awaited(nil, now); err != nil {
		t.Errorf("there is no balancer, and it is waited for: %v", err)
	}
	for _, expected := range []func(){func() { c.hearBy = time.Now().Add(time.Hour) }, func() { c.hearBy, c.balanced = time.Time{}, true }} {
		if expected(); c.awaited(nil, now) == nil {
			t.Error("a balancer that has not reported is not waited for")
		}
	}
	c.mu.Lock()
	c.hear(wire.Control{At: now, Acts: &wire.ControlActs{Rights: []wire.ControlRight{{Resident: "ceramics", Node: "f-1", AllowedW: 3_000_000}, {Resident: "ceramics", AllowedW: 1_000_000}, {Resident: "plastics", AllowedW: 9}}}})
	c.hear(wire.Control{At: now.Add(-time.Hour), Acts: &wire.ControlActs{}}) // what a broker has kept
	c.hear(wire.Control{At: now.Add(time.Hour)})                             // of a balancer that moves nothing
	c.mu.Unlock()
	if w := c.right("ceramics"); w == nil || *w != 4*metering.Megawatt {
		t.Errorf("the right of ceramics is %v, want that of both places together", w)
	}
	for after, silent := range map[time.Duration]bool{time.Minute: false, 2 * time.Minute: true} {
		if err := c.awaited(c.heard.Load(), now.Add(after)); (err != nil) != silent {
			t.Errorf("%v after the report: %v", after, err)
		}
	}
	c.silent = 10 * time.Minute // in a run that is warped so far
	if err := c.awaited(c.heard.Load(), now.Add(2*time.Minute)); err != nil {
		t.Errorf("two minutes are nothing in this run: %v", err)
	}
	if w := c.right("nobody"); w != nil {
		t.Errorf("nobody has a right of %v", *w)
	}
}
