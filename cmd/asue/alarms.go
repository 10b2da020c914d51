package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"asue/cmd/internal/backup"
	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/watch"
	"asue/metering/clock"
	"asue/metering/notify"
)

// alarmDesk keeps the book of alarms of the process that has the page: it hears what the
// page hears, lets the book think once a second, writes every transition into the audit
// and carries out what people do. It implements dispatcher.Alarms.
//
// Nobody who waits for a store or a disk holds mu: a ledger that is away keeps neither
// the page nor the book waiting.
type alarmDesk struct {
	log     *slog.Logger
	now     func() time.Time
	audit   metering.AuditLog
	finds   func(context.Context, metering.FindingQuery) ([]metering.Finding, error)
	wrong   func() map[string]string            // parts of the program that do not work; nil: nobody asks
	unsaved func() (since time.Time, late bool) // since when there is no backup that is young enough; nil: nobody asks
	file    string                              // of the desk's memory
	kinds   []alarm.Definition
	respond map[alarm.Kind]time.Duration
	senses  *alarmSenses
	records chan []alarm.Transition
	acting  sync.Mutex // one act after the other
	// outside hears every transition with the alarm as it is then, and never waits; nil:
	// nobody does. It is set before run.
	outside func([]notify.Change)

	mu      sync.Mutex // guards all below
	book    *alarm.Book
	watcher *watch.Watcher
	shown   uint64 // version of the book that the board shows
	board   dispatcher.AlarmBoard

	keeping sync.Mutex // guards all below, and the file
	saved   uint64     // version of the book that the file has
	savedAt time.Time  // by the wall clock
}

// alarmDepth is how many thoughts with transitions wait for a ledger that is slow.
const alarmDepth = 1024

func newAlarmDesk(site *metering.Site, kinds []alarm.Definition, set alarm.Settings, ledger metering.Ledger, file string, bounds alarmBounds, now func() time.Time, log *slog.Logger) (*alarmDesk, error) {
	set.Groups = watch.GroupsOf(site, now())
	book, err := alarm.New(kinds, set)
	if err != nil {
		return nil, err
	}
	d := &alarmDesk{log: log, now: now, audit: ledger, finds: ledger.Findings, file: file, kinds: kinds, respond: map[alarm.Kind]time.Duration{}, book: book,
		watcher: watch.New(), records: make(chan []alarm.Transition, alarmDepth)}
	for _, k := range kinds {
		d.respond[k.Kind] = k.Respond
	}
	// A page that was open before a restart has to see that it is another board.
	d.board.Version = uint64(time.Now().UnixMilli())
	d.senses = newAlarmSenses(site, bounds, now())
	d.remember()
	d.show(now())
	return d, nil
}

// addAlarms makes the desk and lets it run. What is silent is judged by the clock of the
// run, which may be warped.
func (p *process) addAlarms(s *stores) (*alarmDesk, error) {
	kinds, faults := cli.ReadAlarms(p.Config.Alarms.Catalogue)
	if err := cli.Refuse(p.Config.Alarms.Catalogue, faults); err != nil {
		return nil, err
	}
	set := alarm.DefaultSettings()
	set.ShelfMost = p.Config.Alarms.ShelfMost
	bounds := alarmBounds{
		meter: p.Config.Alarms.MeterSilent, balancer: p.Config.Alarms.BalancerSilent,
		settled: p.Clock.Virtual(90 * time.Second), powerFactor: p.Config.Alarms.PowerFactor,
	}
	if bounds.meter == 0 {
		bounds.meter = p.pageLimits().SilentAfter
	}
	// In a run that is warped, what comes with a second's delay is not silent.
	bounds.meter, bounds.balancer = max(bounds.meter, p.Clock.Virtual(5*time.Second)), max(bounds.balancer, p.Clock.Virtual(10*time.Second))
	d, err := newAlarmDesk(p.register.site(p), kinds, set, s.ledger, p.Path("alarms.json"), bounds, p.Clock.Now, p.Log.With("part", "alarms"))
	if err != nil {
		return nil, err
	}
	d.wrong = p.Health.Wrong
	if p.demo == nil { // nobody misses what it has made up
		d.unsaved = func() (time.Time, bool) { return backup.Late(p.Config.Data, clock.Clock{}.Now()) }
	}
	p.Metrics.Register(d.metrics)
	p.Add(node.StageDeciders, node.As("alarms", d.run), node.As("alarms' register", p.register.follow(d.senses.setSite)))
	return d, nil
}

// run thinks once a second of the wall clock, asks the stores and writes into the audit,
// until ctx ends; what was thought by then is written too.
func (d *alarmDesk) run(ctx context.Context) error {
	writing, written := context.WithCancel(context.WithoutCancel(ctx))
	var others sync.WaitGroup
	others.Go(func() { d.write(writing) })
	others.Go(func() { d.ask(ctx) })
	defer others.Wait()
	defer written()
	defer d.keep(true)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			d.think()
		}
	}
}

// healthEvery is how often parts of the program are asked whether they work, and alarmFindingsEvery
// how often findings are read.
const (
	healthEvery        = 10 * time.Second
	alarmFindingsEvery = time.Minute
)

// ask looks for what nobody tells by himself: findings of the last days, and what of the
// program does not work. Either may take its time.
func (d *alarmDesk) ask(ctx context.Context) {
	var looked time.Time
	for tick := time.NewTicker(healthEvery); ; {
		if now := time.Now(); now.Sub(looked) >= alarmFindingsEvery {
			looked = now
			d.lookUp(ctx)
		}
		if d.wrong != nil {
			d.senses.works(d.wrong())
		}
		if d.unsaved != nil {
			d.senses.saved(d.unsaved())
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// lookUp reads the findings of the last days. A ledger that cannot be read is trouble of
// its own; what was found before stands.
func (d *alarmDesk) lookUp(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	now := d.now()
	list, err := d.finds(asking, metering.FindingQuery{From: now.AddDate(0, 0, -7), To: now})
	if ctx.Err() == nil {
		d.senses.found(list, err)
	}
}

// think tells the book what is so now.
func (d *alarmDesk) think() {
	now := d.now().UTC()
	said := d.senses.say(now)
	d.mu.Lock()
	var changes []alarm.Condition
	for _, source := range watch.Sources() {
		if list, spoke := said[source]; spoke {
			changes = append(changes, d.watcher.Tell(source, d.known(list))...)
		}
	}
	list, err := d.book.ObserveAll(changes, now)
	if len(changes) == 0 {
		list = d.book.Tick(now)
	}
	d.show(now)
	d.tellOutside(list)
	d.mu.Unlock()
	if err != nil {
		d.log.Error("a condition is no alarm", "err", err)
	}
	d.tell(list)
	d.keep(len(list) > 0)
}

// tellOutside hands on what alarms did, by themselves or by a person. d.mu is held.
func (d *alarmDesk) tellOutside(list []alarm.Transition) {
	if d.outside == nil || len(list) == 0 {
		return
	}
	changes := make([]notify.Change, len(list))
	for i, t := range list {
		a, _ := d.book.Alarm(t.ID) // not there any more: normal
		changes[i] = notify.Change{Transition: t, Alarm: a}
	}
	d.outside(changes)
}

// standing are all alarms that are not normal.
func (d *alarmDesk) standing() []alarm.Alarm {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.book.List()
}

// known leaves out what the site's own catalogue has no kind for: there it alarms nobody.
func (d *alarmDesk) known(list []watch.Said) []watch.Said {
	return slices.DeleteFunc(list, func(s watch.Said) bool {
		_, known := d.respond[s.Kind]
		return !known
	})
}

// show makes the board of the page, if anything on it has changed. d.mu is held.
func (d *alarmDesk) show(now time.Time) {
	horn := d.book.Horn(now)
	d.board.Time = now
	if d.board.Alarms != nil && d.shown == d.book.Version() && slices.Equal(horn, d.board.Horn) {
		return
	}
	if d.shown = d.book.Version(); horn == nil {
		horn = []alarm.Sound{}
	}
	list := d.book.List()
	views := make([]dispatcher.AlarmView, len(list))
	for i, a := range list {
		views[i] = dispatcher.AlarmView{Alarm: a, State: a.State(), DueAt: a.Since.Add(d.respond[a.Kind])}
	}
	d.board = dispatcher.AlarmBoard{Version: d.board.Version + 1, Time: now, Alarms: views, Horn: horn}
}

// Board implements dispatcher.Alarms.
func (d *alarmDesk) Board() dispatcher.AlarmBoard {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.board
}

// Kinds implements dispatcher.Alarms.
func (d *alarmDesk) Kinds() []alarm.Definition { return d.kinds }

func (d *alarmDesk) metrics(e node.Emitter) {
	s := d.Board().Summary()
	for _, p := range alarm.Priorities() {
		e.Gauge("asue_alarms_active", "Alarms that are announced and still so.", float64(s.Active[p]), "priority", string(p))
		e.Gauge("asue_alarms_unacknowledged", "Alarms that nobody has acknowledged.", float64(s.Unacked[p]), "priority", string(p))
	}
	e.Gauge("asue_alarms_hidden", "Alarms that are shelved, suppressed or out of service.", float64(s.Hidden))
}
