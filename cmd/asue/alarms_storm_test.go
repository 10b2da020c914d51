package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/wire"
)

// awayLedger is a ledger whose audit answers when it is let, and then keeps what it was
// given; its findings too.
type awayLedger struct {
	metering.Ledger
	let chan struct{} // closed: it answers

	mu   sync.Mutex
	kept []metering.AuditRecord
}

func (l *awayLedger) Append(ctx context.Context, r metering.AuditRecord) (metering.AuditRecord, error) {
	select {
	case <-l.let:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.kept = append(l.kept, r)
		return r, nil
	case <-ctx.Done():
		return r, ctx.Err()
	}
}

func (l *awayLedger) Findings(ctx context.Context, _ metering.FindingQuery) ([]metering.Finding, error) {
	select {
	case <-l.let:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func awayDesk(t *testing.T, ledger metering.Ledger) *alarmDesk {
	t.Helper()
	bounds := alarmBounds{meter: time.Minute, balancer: 30 * time.Second, settled: 90 * time.Second, powerFactor: 0.8}
	d, err := newAlarmDesk(&metering.Site{ID: "z", Location: time.UTC}, catalogue.BuiltIn(), alarm.DefaultSettings(), ledger,
		filepath.Join(t.TempDir(), "alarms.json"), bounds, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reported lets the balancer report for some seconds, with what it has to tell.
func reported(d *alarmDesk, seconds int, notices ...wire.ControlNotice) {
	for range seconds {
		d.senses.hearControl(wire.Control{At: time.Now(), Notices: notices})
		time.Sleep(time.Second)
		synctest.Wait()
	}
}

// TestLedgerAwayKeepsNobodyWaiting holds that while the ledger does not answer alarms go
// on, though what people do waits; and that nothing is missing from the record afterwards,
// even of a process that ends meanwhile.
func TestLedgerAwayKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &awayLedger{let: make(chan struct{})}
		d := awayDesk(t, ledger)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.run(ctx) }()
		reported(d, 2, wire.ControlNotice{ID: "1", Kind: "power_over_limit", Active: true})
		acted := make(chan error, 1)
		go func() {
			acted <- d.Act(ctx, metering.Account{Name: "a.serik", Role: metering.RoleDispatcher}, dispatcher.AlarmAct{Act: "acknowledge", Alarm: "limit-exceeded/zone"})
		}()
		reported(d, 3, wire.ControlNotice{ID: "1", Kind: "power_over_limit", Active: true}, wire.ControlNotice{ID: "2", Kind: "shortfall", Active: true})
		board := d.Board()
		if len(board.Alarms) != 2 || board.Alarms[0].ID != "nothing-left/zone" || board.Alarms[1].State != alarm.Unacknowledged {
			t.Errorf("while the ledger is away the board says %+v", board.Alarms)
		}
		close(ledger.let)
		if err := <-acted; err != nil {
			t.Error(err)
		}
		if a := d.Board().Alarms; a[1].State != alarm.Acknowledged {
			t.Errorf("recorded, and not so: %+v", a[1])
		}
		reported(d, 1, wire.ControlNotice{ID: "1", Kind: "power_over_limit", Active: true}, wire.ControlNotice{ID: "2", Kind: "shortfall", Active: true})
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		became := map[string]int{}
		for _, r := range ledger.kept {
			became[r.Kind+" "+r.Subject]++
		}
		for _, want := range []string{"alarm.changed limit-exceeded/zone", "alarm.changed nothing-left/zone", "alarm.acknowledge limit-exceeded/zone"} {
			if became[want] != 1 {
				t.Errorf("%s stands %d times in the record, want once: %v", want, became[want], became)
			}
		}
	})
}

// TestEndWhileLedgerIsAway holds that a process that is told to end ends, and leaves a
// memory from which the next one goes on.
func TestEndWhileLedgerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := awayDesk(t, &awayLedger{let: make(chan struct{})})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.run(ctx) }()
		reported(d, 2, wire.ControlNotice{ID: "1", Kind: "power_over_limit", Active: true})
		stop()
		<-ended
		again, err := newAlarmDesk(d.senses.site, d.kinds, alarm.DefaultSettings(), &awayLedger{}, d.file, d.senses.bounds, time.Now, d.log)
		if err != nil {
			t.Fatal(err)
		}
		if a := again.Board().Alarms; len(a) != 1 || a[0].ID != "limit-exceeded/zone" {
			t.Errorf("the next process knows %+v", a)
		}
	})
}

// TestRestartInventsNothing holds that what waited for its delay when the program ended,
// and is not so any more, becomes no alarm; that what happened before is not announced
// again; and that a page that was open sees another version.
func TestRestartInventsNothing(t *testing.T) {
	s := newAlarmStory(t)
	lost := wire.Control{State: "normal", Feeding: "Акжар", Notices: []wire.ControlNotice{{ID: "1", Kind: "source_changed", At: s.now.Add(time.Minute), Args: map[string]any{"source": "akzhar"}}}}
	s.pass(100, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.pass(1, lost, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.act("a.serik", dispatcher.AlarmAct{Act: "acknowledge", Alarm: "source-changed/akzhar"})
	s.stands("seen, and over")
	s.pass(70, lost, metering.Megawatt/2, "m-1", "m-2") // m-3 is silent, and its delay has begun
	s.stands("not yet")
	s.desk.keep(true)
	version := s.desk.Board().Version

	s.start()
	if v := s.desk.Board().Version; v <= version {
		t.Errorf("version %d after a restart, %d before: an open page would not look", v, version)
	}
	s.pass(300, lost, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("after a restart all meters speak, and nothing new has happened")
}

// TestSilentThoughTheClockWasSetBack holds that what speaks no more is silent in time, also
// if it was heard at a time that now lies ahead.
func TestSilentThoughTheClockWasSetBack(t *testing.T) {
	s := newAlarmStory(t)
	s.pass(100, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.now = s.now.Add(-time.Hour)
	s.pass(1, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.pass(100+140, wire.Control{}, metering.Megawatt/2, "m-1", "m-2") // a new start, silence, its delay
	s.stands("an hour back", "unacknowledged meter-silent/m-3")
}

// TestFindingsAfterARestart holds that what the ledger has found is not over because it has
// not been read yet, and not announced a second time when it is.
func TestFindingsAfterARestart(t *testing.T) {
	s := newAlarmStory(t)
	found := []metering.Finding{{Rule: "balance_day", Severity: metering.Alarm, Node: "s-10", FoundAt: s.now}}
	s.desk.senses.found(found, nil)
	s.pass(2, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.act("a.serik", dispatcher.AlarmAct{Act: "acknowledge", Alarm: "imbalance/s-10"})
	s.stands("found", "acknowledged imbalance/s-10")
	s.start()
	s.pass(3, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("not read yet", "acknowledged imbalance/s-10")
	s.desk.senses.found(nil, errors.New("the ledger is away"))
	s.pass(3, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("it cannot be read", "acknowledged imbalance/s-10")
	s.desk.senses.found(found, nil)
	s.pass(3, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("read", "acknowledged imbalance/s-10")
	s.desk.senses.found(nil, nil)
	s.pass(3, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.stands("cleared")
}

// TestSilentCollectorExplains holds that a collector that is silent is one alarm: neither
// its meters nor what the balancer does not know because of it are announced beside it.
func TestSilentCollectorExplains(t *testing.T) {
	s := newAlarmStory(t)
	s.site.Points[2].Role = metering.RoleInput // m-3, alone on its line
	s.pass(100, wire.Control{}, metering.Megawatt/2, "m-1", "m-2", "m-3")
	s.desk.senses.hearCollector("c-1", wire.State{Online: false})
	s.pass(35, wire.Control{}, metering.Megawatt/2)
	s.stands("the collector", "unacknowledged collector-silent/collector/c-1")
	unknown := wire.Control{Notices: []wire.ControlNotice{{ID: "1", Kind: "power_unknown", Active: true}, {ID: "2", Kind: "degraded", Active: true}}}
	s.pass(200, unknown, metering.Megawatt/2)
	for _, a := range s.desk.Board().Alarms {
		if a.ID != "collector-silent/collector/c-1" && a.State != alarm.Suppressed {
			t.Errorf("%s is %s beside a silent collector", a.ID, a.State)
		}
	}
}

// TestStormIsOnRecord holds that a thousand meters that fall silent at once, and a shift
// that begins over hundreds of shelves, stand in the ledger whole: neither fits into one
// record of the audit.
func TestStormIsOnRecord(t *testing.T) {
	s := newAlarmStory(t)
	s.site.Meters, s.site.Installs = nil, nil
	for i := range 1000 { // each on a line of its own
		m, p := metering.MeterID(fmt.Sprintf("m-%04d", i)), metering.PointID(fmt.Sprintf("p-%04d", i))
		s.site.Meters = append(s.site.Meters, metering.Meter{ID: m})
		s.site.Installs = append(s.site.Installs, metering.Install{Meter: m, Point: p})
	}
	for range 4 {
		s.now = s.now.Add(2 * time.Minute)
		s.pass(1, wire.Control{}, 0)
	}
	for _, a := range s.desk.book.List() {
		if _, err := s.desk.book.Shelve(a.ID, "a.serik", s.now.Add(time.Hour), false, "работы на линии связи, распоряжение № 17", s.now); err != nil {
			t.Fatal(err)
		}
	}
	s.act("b.aliya", dispatcher.AlarmAct{Act: "begin-shift"})
	s.pass(1, wire.Control{}, 0)
	f, err := s.desk.Figures(t.Context(), s.now.Add(-time.Hour), s.now.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if f.Announced != 2000 {
		t.Errorf("%d announcements on record, want 2000: a thousand silent, and again a thousand shelves that ended", f.Announced)
	}
	shift, err := s.ledger.Audit(t.Context(), metering.AuditQuery{Kind: "alarm.begin-shift", Limit: 10})
	if err != nil || len(shift) != 1 || shift[0].Actor != "b.aliya" {
		t.Errorf("who began the shift: %+v, %v", shift, err)
	}
}

// BenchmarkAlarmThought is a second of the desk while a thousand meters are silent: what
// is silent is found, told, thought about and shown; and the same when one figure changes.
func BenchmarkAlarmThought(b *testing.B) {
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	site := &metering.Site{ID: "z", Location: time.UTC}
	for i := range 1000 {
		m, p := metering.MeterID(fmt.Sprintf("m-%04d", i)), metering.PointID(fmt.Sprintf("p-%04d", i))
		site.Meters = append(site.Meters, metering.Meter{ID: m, Line: metering.LineID(fmt.Sprintf("l-%d", i/25))})
		site.Points = append(site.Points, metering.Point{ID: p})
		site.Installs = append(site.Installs, metering.Install{Meter: m, Point: p})
	}
	bounds := alarmBounds{meter: time.Minute, balancer: time.Hour, settled: 90 * time.Second}
	d, err := newAlarmDesk(site, catalogue.BuiltIn(), alarm.DefaultSettings(), &awayLedger{}, filepath.Join(b.TempDir(), "alarms.json"), bounds,
		func() time.Time { return now }, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	for range 4 { // all delays run out
		now = now.Add(2 * time.Minute)
		d.think()
	}
	if n := len(d.Board().Alarms); n < 1000 {
		b.Fatalf("%d alarms stand", n)
	}
	b.Run("stands", func(b *testing.B) {
		begun := cpuTime(b)
		for b.Loop() {
			now = now.Add(time.Millisecond)
			d.think()
		}
		perThought(b, begun)
	})
	b.Run("changes", func(b *testing.B) {
		w, begun := 0.0, cpuTime(b)
		for b.Loop() {
			now, w = now.Add(time.Millisecond), w+1
			d.senses.hearControl(wire.Control{At: now, Notices: []wire.ControlNotice{{ID: "1", Kind: "projection_warn", Active: true, Args: map[string]any{"projection_w": w}}}})
			d.think()
		}
		perThought(b, begun)
	})
}

// cpuTime is what this process has used of processors: what counts on a machine that
// others use too.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func perThought(b *testing.B, begun time.Duration) {
	b.Helper()
	b.ReportMetric(float64((cpuTime(b)-begun).Microseconds())/1000/float64(b.N), "cpu-ms/thought")
}
