package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/node"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/alarm/watch"
	"asue/metering/clock"
)

// alarmDesk keeps the book of alarms of the process that has the page: it hears what the
// page hears, lets the book think once a second, writes every transition into the audit
// and carries out what people do. It implements dispatcher.Alarms.
type alarmDesk struct {
	site    *metering.Site
	log     *slog.Logger
	now     func() time.Time
	audit   metering.AuditLog
	finds   func(context.Context, metering.FindingQuery) ([]metering.Finding, error)
	file    string // of the book's memory
	kinds   []alarm.Definition
	senses  *alarmSenses
	records chan []alarm.Transition

	mu      sync.Mutex // guards all below
	book    *alarm.Book
	watcher *watch.Watcher
	version uint64
	board   dispatcher.AlarmBoard
	saved   []byte
}

// alarmDepth is how many thoughts with transitions wait for a ledger that is slow.
const alarmDepth = 1024

func newAlarmDesk(site *metering.Site, ledger metering.Ledger, file string, ages alarmAges, now func() time.Time, log *slog.Logger) (*alarmDesk, error) {
	set := alarm.DefaultSettings()
	set.Groups = watch.GroupsOf(site, now())
	kinds := catalogue.BuiltIn()
	book, err := alarm.New(kinds, set)
	if err != nil {
		return nil, err
	}
	d := &alarmDesk{site: site, log: log, now: now, audit: ledger, finds: ledger.Findings, file: file, kinds: kinds, book: book,
		watcher: watch.New(), records: make(chan []alarm.Transition, alarmDepth)}
	d.senses = newAlarmSenses(site, ages, now())
	d.remember()
	d.show(now())
	return d, nil
}

// addAlarms makes the desk and lets it run. What is silent is judged by the clock of the
// run, which may be warped.
func (p *process) addAlarms(s *stores) (*alarmDesk, error) {
	ages := alarmAges{
		meter: p.pageLimits().SilentAfter, balancer: max(30*time.Second, p.Clock.Virtual(10*time.Second)), settled: p.Clock.Virtual(90 * time.Second),
	}
	d, err := newAlarmDesk(p.Site, s.ledger, p.Path("alarms.json"), ages, p.Clock.Now, p.Log.With("part", "alarms"))
	if err != nil {
		return nil, err
	}
	d.senses.wrong = p.Health.Wrong
	if p.demo == nil { // nobody misses what it has made up
		d.senses.unsaved = func() (time.Time, bool) { return backup.Late(p.Config.Data, clock.Clock{}.Now()) }
	}
	p.Metrics.Register(d.metrics)
	p.Add(node.StageDeciders, node.As("alarms", d.run))
	return d, nil
}

// remember takes up the book of the run before. Without one it begins empty, and what is
// so is announced anew.
func (d *alarmDesk) remember() {
	data, err := os.ReadFile(d.file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var gone []alarm.ID
	if err == nil {
		gone, err = d.book.Restore(data)
	}
	if err != nil {
		d.log.Warn("alarms begin without their memory", "file", d.file, "err", err)
		return
	}
	if len(gone) > 0 {
		d.log.Warn("alarms of kinds that the catalogue no longer has are gone", "alarms", gone)
	}
	info, err := os.Stat(d.file)
	upTo := d.now()
	if err == nil && info.ModTime().Before(upTo) {
		upTo = info.ModTime()
	}
	for _, s := range watch.Sources() {
		d.watcher.Remember(s, d.book.List(), upTo, watch.Of)
	}
}

// run thinks once a second of the wall clock and writes into the audit, until ctx ends.
func (d *alarmDesk) run(ctx context.Context) error {
	var writing sync.WaitGroup
	writing.Go(func() { d.write(ctx) })
	defer writing.Wait()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	look := time.NewTicker(time.Minute)
	defer look.Stop()
	d.lookUp(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			d.lookUp(ctx)
		case <-tick.C:
			d.think()
		}
	}
}

// lookUp reads the findings of the last days. A ledger that cannot be read is trouble of
// its own; what was found before stands.
func (d *alarmDesk) lookUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	now := d.now()
	list, err := d.finds(ctx, metering.FindingQuery{From: now.AddDate(0, 0, -7), To: now})
	d.senses.found(list, err)
}

// think tells the book what is so now.
func (d *alarmDesk) think() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now().UTC()
	var all []alarm.Transition
	said := d.senses.say(now)
	for _, source := range watch.Sources() {
		list, spoke := said[source]
		if !spoke {
			continue
		}
		for _, c := range d.watcher.Tell(source, list) {
			t, err := d.book.Observe(c, now)
			if err != nil {
				d.log.Error("a condition is no alarm", "kind", c.Kind, "subject", c.Subject, "err", err)
			}
			all = append(all, t...)
		}
	}
	all = append(all, d.book.Tick(now)...)
	d.settle(all, now)
}

// settle shows, keeps and records what has changed.
func (d *alarmDesk) settle(list []alarm.Transition, now time.Time) {
	d.show(now)
	d.save()
	if len(list) == 0 {
		return
	}
	select {
	case d.records <- list:
	default:
		for _, t := range list {
			d.log.Error("an alarm is not in the audit: the ledger is too slow", "alarm", t.ID, "from", t.From, "to", t.To)
		}
	}
}

// show makes the board of the page. Its version goes up when anything on it has changed.
func (d *alarmDesk) show(now time.Time) {
	respond := map[alarm.Kind]time.Duration{}
	for _, k := range d.kinds {
		respond[k.Kind] = k.Respond
	}
	b := dispatcher.AlarmBoard{Version: d.version, Time: now, Alarms: []dispatcher.AlarmView{}, Horn: d.book.Horn(now)}
	if b.Horn == nil {
		b.Horn = []alarm.Sound{}
	}
	for _, a := range d.book.List() {
		b.Alarms = append(b.Alarms, dispatcher.AlarmView{Alarm: a, State: a.State(), DueAt: a.Since.Add(respond[a.Kind])})
	}
	was, is := d.board, b
	was.Time, is.Time = time.Time{}, time.Time{}
	if string(mustJSON(was)) != string(mustJSON(is)) {
		d.version++
		b.Version = d.version
	}
	d.board = b
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("BUG: %T does not encode: %v", v, err))
	}
	return b
}

// save keeps the book beside the ledger, when it has changed.
func (d *alarmDesk) save() {
	data := d.book.Snapshot()
	if slices.Equal(data, d.saved) {
		return
	}
	next := d.file + ".new"
	err := os.MkdirAll(filepath.Dir(d.file), 0o750)
	if err == nil {
		err = os.WriteFile(next, data, 0o600)
	}
	if err == nil {
		err = os.Rename(next, d.file)
	}
	if err != nil {
		d.log.Warn("the memory of alarms cannot be kept", "file", d.file, "err", err)
		return
	}
	d.saved = data
}

// Board implements dispatcher.Alarms.
func (d *alarmDesk) Board() dispatcher.AlarmBoard {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.board
}

// Kinds implements dispatcher.Alarms.
func (d *alarmDesk) Kinds() []alarm.Definition { return d.kinds }

// Act implements dispatcher.Alarms: what a person does is tried on a copy of the book,
// recorded, and only then so.
func (d *alarmDesk) Act(ctx context.Context, who metering.Account, act dispatcher.AlarmAct) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now().UTC()
	copied, err := alarm.New(d.kinds, d.settings())
	if err != nil {
		return err
	}
	if _, err := copied.Restore(d.book.Snapshot()); err != nil {
		return err
	}
	list, err := actOn(copied, alarm.Person(who.Name), act, now)
	if err != nil {
		return err
	}
	r := metering.AuditRecord{At: now, Actor: who.Name, Role: who.Role, Kind: "alarm." + act.Act, Subject: string(act.Alarm), Text: act.Why,
		Detail: string(mustJSON(alarmRecord{Transitions: list, Until: act.Until, Seconds: act.Seconds}))}
	if _, err := d.audit.Append(ctx, r); err != nil {
		return fmt.Errorf("the audit cannot be written, and what is not written down is not done: %w", err)
	}
	d.book = copied
	d.show(now)
	d.save()
	return nil
}

func (d *alarmDesk) settings() alarm.Settings {
	set := alarm.DefaultSettings()
	set.Groups = watch.GroupsOf(d.site, d.now())
	return set
}

// actOn carries out what a person does on a book.
func actOn(b *alarm.Book, who alarm.Person, act dispatcher.AlarmAct, now time.Time) ([]alarm.Transition, error) {
	switch act.Act {
	case "acknowledge":
		return b.Acknowledge(act.Alarm, who, now)
	case "shelve", "shelve-once":
		return b.Shelve(act.Alarm, who, act.Until, act.Act == "shelve-once", act.Why, now)
	case "unshelve":
		return b.Unshelve(act.Alarm, who, now)
	case "take-out":
		return b.TakeOut(act.Alarm, who, act.Until, act.Why, now)
	case "put-back":
		return b.PutBack(act.Alarm, who, now)
	case "comment":
		return nil, b.Comment(act.Alarm, who, act.Why, now)
	case "silence":
		return nil, b.Silence(who, time.Duration(act.Seconds)*time.Second, now)
	case "begin-shift":
		return b.BeginShift(who, now), nil
	}
	return nil, fmt.Errorf("%q is nothing that is done with alarms: %w", act.Act, alarm.ErrRefused)
}

func (d *alarmDesk) metrics(e node.Emitter) {
	s := d.Board().Summary()
	for _, p := range alarm.Priorities() {
		e.Gauge("asue_alarms_active", "Alarms that are announced and still so.", float64(s.Active[p]), "priority", string(p))
		e.Gauge("asue_alarms_unacknowledged", "Alarms that nobody has acknowledged.", float64(s.Unacked[p]), "priority", string(p))
	}
	e.Gauge("asue_alarms_hidden", "Alarms that are shelved, suppressed or out of service.", float64(s.Hidden))
}
