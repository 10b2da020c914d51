package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// officeStage is an office over the ledger of the zone of testdata/conditions, with a
// clock that the test moves.
type officeStage struct {
	*capacity
	t       testing.TB
	process string
	clock   time.Time
}

// The two who sign.
var (
	ahmetova = dispatcher.CapacityPerson{Account: "ahmetova", Role: "engineer"}
	bekov    = dispatcher.CapacityPerson{Account: "bekov", Role: "engineer"}
)

func newOfficeStage(t testing.TB, process string) *officeStage {
	t.Helper()
	cfg, site, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &officeStage{t: t, process: process, clock: usedTo.AddDate(0, 0, 4).Add(6 * time.Hour)}
	if s.capacity, err = newCapacity(site, ledger, func() time.Time { return s.clock }, hostingBlock, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *officeStage) later(days int) { s.clock = s.clock.AddDate(0, 0, days) }

// do does something that must succeed.
func (s *officeStage) do(who dispatcher.CapacityPerson, action map[string]any) dispatcher.DoneView {
	s.t.Helper()
	done, err := s.try(who, action)
	if err != nil {
		s.t.Fatalf("%v: %v", action, err)
	}
	return done
}

func (s *officeStage) try(who dispatcher.CapacityPerson, action map[string]any) (dispatcher.DoneView, error) {
	s.t.Helper()
	raw, err := json.Marshal(action)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.Do(s.t.Context(), who, raw)
}

// both does something that two have to sign: the first writes it, the second signs.
func (s *officeStage) both(action map[string]any) dispatcher.DoneView {
	s.t.Helper()
	draft := s.do(ahmetova, action)
	if draft.Draft == "" {
		s.t.Fatalf("%v needs no second person: %+v", action, draft)
	}
	done, err := s.Sign(s.t.Context(), bekov, draft.Draft)
	if err != nil {
		s.t.Fatalf("sign %v: %v", action, err)
	}
	return done
}

// refusedFor wants a refusal that has a reason.
func refusedFor(t testing.TB, err error, want string) *dispatcher.CapacityRefusal {
	t.Helper()
	var refusal *dispatcher.CapacityRefusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), want) {
		t.Fatalf("%v is no refusal that says %q", err, want)
	}
	return refusal
}

// reports lets the balancer say by which right it shares for a resident.
func (s *officeStage) reports(resident string, power metering.Power) {
	s.hear(wire.Control{At: s.clock, Acts: &wire.ControlActs{Rights: []wire.ControlRight{
		{Resident: metering.ResidentID(resident), Node: "f-" + metering.NodeID(resident), AllowedW: power}, {Resident: "other", AllowedW: 7},
	}}})
}

func (s *officeStage) theCase(id string) dispatcher.CaseView {
	s.t.Helper()
	v, err := s.Case(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *officeStage) row(resident string) dispatcher.ConditionRow {
	s.t.Helper()
	v, err := s.Conditions(s.t.Context(), usedTo, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range v.Residents {
		if r.Resident == resident {
			return r
		}
	}
	s.t.Fatalf("nothing is said of %s", resident)
	return dispatcher.ConditionRow{}
}

// The whole case of one resident: found, noticed, returned of its own accord, in register
// and contract, and in the balancer before anybody says so; then a newcomer asks for what
// has become free, and gets it.
func TestWholeCaseOfAResident(t *testing.T) {
	s := newOfficeStage(t, zoneInUse(t))
	ctx := t.Context()
	found := s.row("idle")
	if found.Class != "IDLE" || *found.ReclaimW != 1_950_000 || found.Case != "" {
		t.Fatalf("%+v", found)
	}
	opened := s.do(ahmetova, map[string]any{"kind": "case.open", "document": "№ 1 от 05.07.2026", "evidence": found.Evidence})
	id := opened.Case
	if id != "ТУ-2026-001" || s.row("idle").Case != id {
		t.Fatalf("%+v", opened)
	}
	step := func(kind string, more map[string]any) map[string]any {
		event := map[string]any{"kind": kind}
		for k, v := range more {
			event[k] = v
		}
		return map[string]any{"kind": "case.step", "case": id, "document": "№ " + kind, "legal_basis": "п. 4.2 договора", "event": event}
	}

	// The notice waits for another person than its author.
	draft := s.do(ahmetova, step("notice", nil))
	drafts, err := s.Drafts(ctx)
	if err != nil || len(drafts) != 1 || drafts[0].Step != "notice" || drafts[0].Author != "ahmetova" || drafts[0].Fault != "" {
		t.Fatalf("%+v, %v", drafts, err)
	}
	_, err = s.Sign(ctx, ahmetova, draft.Draft)
	refusedFor(t, err, "another person has to")
	if _, err := s.Sign(ctx, bekov, draft.Draft); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(ctx, bekov, draft.Draft); !errors.Is(err, dispatcher.ErrUnknown) {
		t.Errorf("signed twice: %v", err)
	}
	c := s.theCase(id)
	if c.Stage != "NOTICE" || c.Deadline == nil || len(c.Events) != 2 || c.Events[1].Approver != "bekov" || c.Evidence != found.Evidence {
		t.Errorf("%+v", c)
	}

	// It returns of its own accord.
	s.later(10)
	s.both(step("offer", map[string]any{"volume_w": 1_950_000}))
	s.reports("idle", 2000*metering.Kilowatt)
	if c = s.theCase(id); c.Stage != "RETURN" || !c.Voluntary || strings.Join(c.Lacks, " ") != "register contract limit" || *c.BalancerW != 2_000_000 {
		t.Errorf("%+v", c)
	}
	free := func() int64 {
		t.Helper()
		v, err := s.Pool(ctx, s.clock)
		if err != nil {
			t.Fatal(err)
		}
		return v.Total.FreeW
	}
	s.both(step("register", nil))
	s.both(step("contract", map[string]any{"remains_w": 50_000}))
	if _, reg, err := s.registered(ctx); err != nil || reg.Allowed("idle", s.clock.Add(time.Second)) != 50*metering.Kilowatt {
		t.Errorf("the register has %v, %v", reg.Allowed("idle", s.clock), err)
	}
	if free() != 0 {
		t.Error("something is free before the limit is set")
	}

	// The limit is not set as long as the balancer shares by another right.
	_, err = s.try(ahmetova, step("limit", map[string]any{"remains_w": 50_000}))
	refusedFor(t, err, "the balancer shares by a right of 2 MW")
	s.later(1)
	_, err = s.try(ahmetova, step("limit", map[string]any{"remains_w": 50_000}))
	refusedFor(t, err, "the balancer is silent since")
	s.reports("idle", 50*metering.Kilowatt)
	s.both(step("limit", map[string]any{"remains_w": 50_000}))
	if c = s.theCase(id); c.Stage != "RETURNED" || free() != 1_950_000 {
		t.Errorf("%s, %d W free", c.Stage, free())
	}

	// Rights still stand above the contract: more can be given out only by decision.
	young := map[string]any{"kind": "application.enter", "document": "вх. 12", "newcomer": map[string]any{"name": "Пластик-3", "resident": "young", "node": "f-young", "power_w": 500_000, "profile": "two-shifts", "jobs": 40, "flexible": 0.2}}
	application := s.do(bekov, young).Application
	reserve := map[string]any{"kind": "application.reserve", "document": "№ 5", "legal_basis": "положение о пуле", "application": application}
	_, err = s.try(ahmetova, reserve)
	refusedFor(t, err, "Sending end has room for 0 W")
	s.both(map[string]any{"kind": "pool.ceiling", "document": "решение 3", "legal_basis": "устав 5.1", "node": "src", "ceiling": map[string]any{"limit_w": 20_000_000}})
	s.both(reserve)
	pool, err := s.Pool(ctx, s.clock)
	if err != nil || pool.Total.FreeW != 1_450_000 || pool.Total.ReservedW != 500_000 || len(pool.Applications) != 1 || pool.Applications[0].Status != "reserved" || pool.Nodes[0].Node != "src" || *pool.Nodes[0].CeilingW != 20_000_000 {
		t.Errorf("%+v, %v", pool, err)
	}
	s.both(map[string]any{"kind": "application.allot", "document": "ТУ 41", "legal_basis": "положение о пуле", "application": application})
	view, err := s.Register(ctx, s.clock.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var got dispatcher.RegisterEntry
	for _, e := range view.Entries {
		if e.Document == "ТУ 41" {
			got = e
		}
	}
	if got.Resident != "young" || got.FirmW != 500_000 || got.Node != "f-young" || got.Author != "ahmetova" || got.Approver != "bekov" {
		t.Errorf("the register has %+v", got)
	}
	if pool, err = s.Pool(ctx, s.clock.Add(time.Second)); err != nil || pool.Total.FreeW != 1_450_000 || pool.Total.ReservedW != 0 || pool.Applications[0].Status != "allotted" {
		t.Errorf("%+v, %v", pool.Total, err)
	}

	// Every decision left its trace, and the evidence of the case comes out again though
	// the register says something else now.
	want := "case.open ahmetova, draft ahmetova, case.step bekov, draft ahmetova, case.step bekov"
	if got := s.history(); !strings.HasPrefix(got, want) || strings.Count(got, ",") != 17 {
		t.Errorf("the audit has %s", got)
	}
	var evidence bytes.Buffer
	if _, err := s.Paper(ctx, &evidence, id, "evidence", "txt", "ru"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "idle.evidence")
	if err := os.WriteFile(file, evidence.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := conditions(t, 0, s.process, "--verify", file); !strings.Contains(said, ": equal, sha256 "+found.Evidence) {
		t.Errorf("said %s", said)
	}

	// Whoever opens the same ledger finds the same.
	again := newOfficeStage(t, s.process)
	again.clock = s.clock
	if c := again.theCase(id); c.Stage != "RETURNED" {
		t.Errorf("%+v", c)
	}
	if v, err := again.Pool(ctx, s.clock.Add(time.Second)); err != nil || v.Total != pool.Total || len(v.Postings) != len(pool.Postings) {
		t.Errorf("%+v, %v", v.Total, err)
	}
}

// history is what the audit says of decisions, oldest first.
func (s *officeStage) history() string {
	s.t.Helper()
	list, err := s.ledger.Audit(s.t.Context(), metering.AuditQuery{Kind: metering.DeedAudit, Limit: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	var text []string
	for i := len(list) - 1; i >= 0; i-- {
		text = append(text, strings.TrimPrefix(list[i].Kind, metering.DeedAudit)+" "+list[i].Actor)
	}
	return strings.Join(text, ", ")
}
