package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/doctor"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/postgres"
	"asue/metering/wire"
)

// system tells the page how this process and those that it hears of stand. It implements
// dispatcher.System. What costs a question to the disk or to another program is looked at now
// and then, so that nobody who opens the page waits for it.
type system struct {
	p        *process
	stores   *stores // nil without a ledger
	versions *versions
	began    time.Time

	mu         sync.Mutex // guards all below
	collectors map[string]heardCollector
	control    time.Time // the balancer's latest report
	reread     time.Time // when the configuration was read again
	machine    machineLook
}

type heardCollector struct {
	wire.State
	at time.Time
}

// machineLook is what was seen of the machine last.
type machineLook struct {
	clock       doctor.Finding
	free, total uint64
	room        bool
	records     uint64 // of the audit
}

// systemEvery is how often the machine is looked at.
const systemEvery = time.Minute

// addSystem makes it, keeps the configuration that runs, and lets it look.
func (p *process) addSystem(s *stores) *system {
	y := &system{p: p, stores: s, began: p.Clock.Now(), collectors: map[string]heardCollector{}}
	if s != nil {
		y.versions = &versions{folder: p.Path("versions"), audit: s.ledger}
	}
	p.system = y
	p.Add(node.StageDeciders, node.As("system", y.run))
	return y
}

func (y *system) run(ctx context.Context) error {
	y.keep(ctx)
	for {
		y.look(ctx)
		if err := (clock.Clock{}).Sleep(ctx, systemEvery); err != nil {
			return err
		}
	}
}

// keep records which configuration has been taken over. What cannot be kept is told, and does
// not hold anybody up.
func (y *system) keep(ctx context.Context) {
	if y.versions == nil {
		return
	}
	for _, src := range y.p.sources {
		if err := y.versions.keep(ctx, src, y.p.Clock.Now()); err != nil && ctx.Err() == nil {
			y.p.Log.Warn("the version of a configuration file is not kept", "file", src.path, "err", err)
		}
	}
}

func (y *system) look(ctx context.Context) {
	m := machineLook{clock: doctor.Clock(ctx, clock.Clock{}.Now())}
	m.free, m.total, m.room = doctor.Room(y.p.Config.Data)
	if y.stores != nil {
		asking, cancel := context.WithTimeout(ctx, readyPatience)
		if head, err := y.stores.ledger.Audit(asking, metering.AuditQuery{Limit: 1}); err == nil && len(head) > 0 {
			m.records = head[0].Seq
		}
		cancel()
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.machine = m
}

// hearCollector takes what a collector says of itself.
func (y *system) hearCollector(name string, state wire.State) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.collectors[name] = heardCollector{state, y.p.Clock.Now()}
}

// hearControl takes the time of the balancer's report.
func (y *system) hearControl(at time.Time) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if at.After(y.control) {
		y.control = at
	}
}

// Status implements dispatcher.System.
func (y *system) Status(context.Context) dispatcher.SystemStatus {
	y.mu.Lock()
	machine := y.machine
	y.mu.Unlock()
	return dispatcher.SystemStatus{
		Version: version, Began: y.began.UTC(), Parts: y.parts(machine), Process: y.processes(), Stores: y.storeList(machine), Backup: y.backupAge(),
	}
}

// parts are what must work, what is done without, and the clock; the worst first.
func (y *system) parts(m machineLook) []dispatcher.SystemPart {
	var list []dispatcher.SystemPart
	checks, notes := y.p.Health.Parts()
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		part := dispatcher.SystemPart{Name: name, State: "ok"}
		if why := checks[name]; why != "ok" {
			part.State, part.Text = "wrong", why
		}
		list = append(list, part)
	}
	for _, name := range slices.Sorted(maps.Keys(notes)) {
		list = append(list, dispatcher.SystemPart{Name: name, State: "note", Text: notes[name]})
	}
	if m.clock.What != "" {
		list = append(list, dispatcher.SystemPart{Name: "clock", State: stateOf(m.clock.State), Text: strings.Join(slices.DeleteFunc([]string{m.clock.What, m.clock.Remedy}, func(s string) bool { return s == "" }), ": ")})
	}
	slices.SortStableFunc(list, func(a, b dispatcher.SystemPart) int {
		rank := []string{"wrong", "note", "ok"}
		return slices.Index(rank, a.State) - slices.Index(rank, b.State)
	})
	return list
}

// stateOf is a doctor's word in those of the page: a warning is no reason not to be ready.
func stateOf(s doctor.State) string {
	switch s {
	case doctor.Wrong:
		return "wrong"
	case doctor.OK:
		return "ok"
	}
	return "note"
}

// processes are this one, the collectors that are heard, and a balancer elsewhere.
func (y *system) processes() []dispatcher.SystemProcess {
	own := dispatcher.SystemProcess{Name: "asue", Version: version, Online: pointer(true), Since: pointer(y.began.UTC()), This: true}
	for _, r := range y.p.Config.Roles {
		own.Roles = append(own.Roles, string(r))
	}
	list := []dispatcher.SystemProcess{own}
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(y.collectors)) {
		if y.p.collector != nil && name == y.p.Config.Collector.Name {
			continue // it is this process
		}
		c := y.collectors[name]
		v := dispatcher.SystemProcess{Name: name, Roles: []string{string(settings.RoleCollector)}, Version: c.Version, Online: pointer(c.Online), HeardAt: pointer(c.at.UTC())}
		if !c.Since.IsZero() {
			v.Since = pointer(c.Since.UTC())
		}
		list = append(list, v)
	}
	if !y.p.Config.Has(settings.RoleBalancer) && !y.control.IsZero() {
		list = append(list, dispatcher.SystemProcess{Name: "balancer", Roles: []string{string(settings.RoleBalancer)}, HeardAt: pointer(y.control.UTC())})
	}
	return list
}

func pointer[T any](v T) *T { return &v }

// Lines implements dispatcher.System.
func (y *system) Lines() []dispatcher.SystemLine {
	if y.p.collector == nil {
		return nil
	}
	var list []dispatcher.SystemLine
	for _, l := range y.p.collector.Look().Lines {
		v := dispatcher.SystemLine{
			ID: string(l.ID), URL: l.URL, Down: l.Down, LoadPct: pointer(float64(int(1000*l.Load)) / 10), Overruns: l.Overruns, Reconnects: l.Reconnects,
			LateAnswers: l.Late, DrainedB: l.Drained, Tracing: l.Tracing, Requests: pointer(dispatcher.LineRequests(l.Requests)),
		}
		for _, m := range l.Meters {
			its := dispatcher.SystemLineMeter{
				ID: string(m.ID), Requests: dispatcher.LineRequests(m.Requests), Answered: m.LastSuccess, Failing: m.Failing, BreakerOpen: m.BreakerOpen, Reason: m.Reason,
				Identity: m.Identity, Standing: m.Standing.String(), StandingWhy: m.StandingWhy, Exchanges: m.Exchanges, Implausible: m.Implausible, Disagrees: m.Disagrees,
			}
			if m.HasClock {
				its.ClockOffset = pointer(m.ClockOffset)
			}
			v.Meters = append(v.Meters, its)
		}
		list = append(list, v)
	}
	return list
}

func (y *system) storeList(m machineLook) []dispatcher.SystemStore {
	var list []dispatcher.SystemStore
	if y.stores != nil {
		list = append(list, y.ledgerStore(m), y.seriesStore())
	}
	if y.p.collector != nil {
		list = append(list, y.outboxStore())
	}
	if m.room {
		disk := dispatcher.SystemStore{Name: "disk", State: "ok", Facts: []dispatcher.SystemFact{size("free", float64(m.free)), size("size", float64(m.total))}}
		if doctor.Tight(m.free, m.total) {
			disk.State, disk.Text = "note", "there is little room left: telemetry is not kept any more before registers are in danger; delete old backups, or give the data folder a larger disk"
		}
		list = append(list, disk)
	}
	return list
}

// size, count and when are facts of a store.
func size(name string, bytes float64) dispatcher.SystemFact {
	return dispatcher.SystemFact{Name: name, Value: &bytes, Unit: "bytes"}
}

func count(name string, n float64) dispatcher.SystemFact {
	return dispatcher.SystemFact{Name: name, Value: &n, Unit: "1"}
}

func when(name string, at time.Time) []dispatcher.SystemFact {
	if at.IsZero() {
		return nil
	}
	return []dispatcher.SystemFact{{Name: name, At: pointer(at.UTC())}}
}

func (y *system) ledgerStore(m machineLook) dispatcher.SystemStore {
	s := dispatcher.SystemStore{Name: "ledger", Kind: "sqlite", State: "ok"}
	if l, ok := y.stores.ledger.(*postgres.Ledger); ok {
		f := l.Facts()
		s.Kind = "postgresql"
		s.Facts = append(s.Facts, dispatcher.SystemFact{Name: "release", Text: f.Release}, count("schema", float64(f.Version)))
		if len(f.Notes) > 0 {
			s.State, s.Text = "note", strings.Join(f.Notes, "; ")
		}
	} else {
		var bytes float64
		var written time.Time
		for _, name := range []string{"ledger.db", "ledger.db-wal"} {
			if info, err := os.Stat(y.p.Path(name)); err == nil {
				bytes += float64(info.Size())
				if info.ModTime().After(written) {
					written = info.ModTime()
				}
			}
		}
		s.Facts = append(s.Facts, size("bytes", bytes))
		s.Facts = append(s.Facts, when("written", written)...)
	}
	if m.records > 0 {
		s.Facts = append(s.Facts, count("audit", float64(m.records)))
	}
	return s
}

func (y *system) seriesStore() dispatcher.SystemStore {
	f := y.stores.feeder.Stats()
	s := dispatcher.SystemStore{Name: "series", Kind: "victoria", State: "ok", Facts: []dispatcher.SystemFact{count("samples", float64(f.Samples)), count("unsafe", float64(f.Sent-f.Cursor)), count("refused", float64(f.Bad))}}
	if f.LastError != "" {
		s.State, s.Text = "wrong", f.LastError
	}
	if y.stores.child == nil {
		s.Kind = "outside"
		return s
	}
	c := y.stores.child.Stats()
	s.Facts = append(s.Facts, count("starts", float64(c.Starts)))
	if !c.Running {
		s.State, s.Text = "wrong", cmp.Or(c.LastExit, "the store's process does not answer")
	}
	return s
}

func (y *system) outboxStore() dispatcher.SystemStore {
	d := y.p.collector.Look().Delivery
	o := d.Outbox
	s := dispatcher.SystemStore{Name: "outbox", State: "ok", Facts: []dispatcher.SystemFact{
		count("backlog", float64(o.Last-o.Acked)), count("kept", float64(o.BillingRows+o.TelemetryRows)), size("bytes", float64(o.Bytes)), count("dropped", float64(o.Dropped)),
	}}
	s.Facts = append(s.Facts, when("oldest", o.Oldest)...)
	switch lost := d.LostBilling + d.LostTelemetry; {
	case !d.Ready:
		s.State, s.Text = "wrong", cmp.Or(d.Problem, "it is not open yet")
	case !d.Online:
		s.State, s.Text = "note", "there is no connection to the broker: batches wait on the disk"
	case lost > 0:
		s.State, s.Text = "note", fmt.Sprintf("%d batches were lost because the disk took nothing for too long", lost)
	}
	return s
}

// backupAge is by the machine's clock; nobody misses one of what a demo has made up.
func (y *system) backupAge() dispatcher.BackupAge {
	if y.p.demo != nil {
		return dispatcher.BackupAge{}
	}
	var v dispatcher.BackupAge
	since, late := backup.Late(y.p.Config.Data, clock.Clock{}.Now())
	v.Late = late
	if !since.IsZero() {
		v.LateAt = pointer(since.Add(backup.LateAfter).UTC())
	}
	if last, ok, err := backup.Recall(y.p.Config.Data); err == nil && ok {
		v.MadeAt = pointer(last.MadeAt.UTC())
	}
	return v
}
