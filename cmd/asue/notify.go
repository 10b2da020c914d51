package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/metering/alarm"
	"asue/metering/notify"
	"asue/metering/notify/mail"
	"asue/metering/notify/post"
)

// outside tells people who are not at the page of alarms, and sends them reports: by
// webhooks and by mail, as the process file says. The book of alarms never waits for it.
type outside struct {
	log    *slog.Logger
	now    func() time.Time // of the run: times to respond are counted by it
	place  notify.Place
	quiet  time.Duration
	ways   []way
	mailer *mail.Mailer // nil without a mail server

	changes chan []notify.Change
	missed  atomic.Int64 // transitions that did not fit
	spool   *post.Spool
	post    *post.Post
}

// way is where messages about alarms go, in which language.
type way struct {
	destination post.Destination
	route       notify.Route
	lang        notify.Lang
}

// outsideDepth is how many thoughts with transitions wait for a disk that is slow.
const outsideDepth = 1024

// newOutside reads secrets and makes the ways; it sends nothing. nil: the file names
// nobody.
func newOutside(cfg settings.Config, place notify.Place, now func() time.Time, log *slog.Logger) (*outside, error) {
	n := cfg.Notify
	if !n.Stated() {
		return nil, nil
	}
	o := &outside{log: log, now: now, place: place, quiet: n.Quiet, changes: make(chan []notify.Change, outsideDepth)}
	for _, w := range n.Webhooks {
		if err := o.addWebhook(w); err != nil {
			return nil, err
		}
	}
	if n.Mail.Server == "" {
		return o, nil
	}
	return o, o.addMail(n.Mail)
}

// addOutside opens what waits for delivery and lets it run; nil without anybody outside.
// The desk tells it what alarms do.
func (p *process) addOutside(d *alarmDesk) (*outside, error) {
	o, err := newOutside(p.Config, notify.Place{Site: p.Site, Kinds: d.kinds, Demo: p.demo != nil}, p.Clock.Now, p.Log.With("part", "notify"))
	if o == nil || err != nil {
		return nil, err
	}
	if err := o.open(p.Path("letters"), p.Config.Reports); err != nil {
		return nil, err
	}
	d.outside = o.hear
	p.Metrics.Register(o.metrics)
	for _, s := range o.post.Stats() {
		p.Health.Note("notify "+s.Name, func() error { return o.trouble(s.Name) })
	}
	p.Add(node.StageDeciders, node.As("notify", func(ctx context.Context) error { return o.run(ctx, d) }))
	return o, nil
}

// open opens the letters that wait.
func (o *outside) open(file string, reports []settings.Report) error {
	spool, damaged, err := post.Open(file)
	if err != nil {
		return fmt.Errorf("%w; free some space, or move %s away", err, file)
	}
	if damaged > 0 {
		o.log.Warn("lines of the messages that wait are damaged and passed over: one after a crash is usual", "file", file, "lines", damaged)
	}
	o.spool = spool
	var all []post.Destination
	for _, w := range o.ways {
		all = append(all, w.destination)
	}
	o.post = post.New(spool, append(all, o.reportWays(reports)...), o.log)
	return nil
}

// hear takes what alarms have done. It never waits: what does not fit is made up for by
// what is standing when the process starts the next time.
func (o *outside) hear(changes []notify.Change) {
	select {
	case o.changes <- changes:
	default:
		o.missed.Add(int64(len(changes)))
		o.log.Error("messages about alarms are not sent: the disk is too slow", "transitions", len(changes))
	}
}

// run follows the alarms and delivers until ctx ends.
func (o *outside) run(ctx context.Context, d *alarmDesk) error {
	delivered := make(chan error, 1)
	go func() { delivered <- o.post.Run(ctx) }()
	err := o.follow(ctx, d)
	<-delivered
	if fault := o.spool.Close(); fault != nil {
		o.log.Error("the messages that wait cannot be closed", "err", fault)
	}
	return err
}

// follow turns what alarms do into letters, until ctx ends.
func (o *outside) follow(ctx context.Context, d *alarmDesk) error {
	follower := notify.NewFollower(d.kinds, o.quiet)
	kept := o.post.State()
	if kept != nil {
		if err := follower.Restore(kept); err != nil {
			o.log.Warn("what was told before is forgotten", "err", err)
		}
	}
	put := func(events []notify.Event) {
		state := follower.Snapshot()
		if len(events) > 0 || !bytes.Equal(state, kept) {
			kept = state
			o.post.Put(o.letters(events, time.Now()), state)
		}
	}
	put(follower.Reconcile(d.standing(), o.now()))
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			for len(o.changes) > 0 {
				put(follower.Follow(<-o.changes, o.now()))
			}
			return ctx.Err()
		case changes := <-o.changes:
			put(follower.Follow(changes, o.now()))
		case <-tick.C:
			put(follower.Tick(o.now()))
		}
	}
}

// letters are what events say to each of those who hear of them.
func (o *outside) letters(events []notify.Event, at time.Time) []post.Letter {
	var list []post.Letter
	for _, e := range events {
		for _, w := range o.ways {
			if w.route.Takes(e) {
				list = append(list, post.Letter{To: w.destination.Name, Key: e.Key(), At: at, Urgent: e.Alarm.Priority == alarm.High && e.What != notify.Returned,
					Body: mustJSON(notify.Write(e, o.place, w.lang))})
			}
		}
	}
	return list
}

// mailAlarms puts messages into one mail, the most urgent one as its subject.
func (o *outside) mailAlarms(ctx context.Context, to string, letters []post.Letter) error {
	m := mail.Mail{To: to}
	for i, l := range letters {
		var said notify.Message
		if err := json.Unmarshal(l.Body, &said); err != nil {
			return fmt.Errorf("%w: a message that cannot be read: %w", post.ErrRefused, err)
		}
		if m.Subject == "" || l.Urgent && !m.Urgent {
			m.Subject, m.Lang = said.Subject, string(said.Language)
		}
		m.Urgent = m.Urgent || l.Urgent
		m.Key += l.Key + "\n"
		if len(letters) > 1 {
			m.Text = append(m.Text, mail.Paragraph{Heading: true, Text: fmt.Sprintf("%d. %s", i+1, said.Subject)})
		}
		for _, line := range said.Text {
			m.Text = append(m.Text, mail.Paragraph{Name: line.Name, Text: line.Text})
		}
	}
	if len(letters) > 1 {
		m.Subject += fmt.Sprintf(" (+%d)", len(letters)-1)
	}
	return o.mailer.Send(ctx, m)
}

// trouble is what keeps a destination from its messages.
func (o *outside) trouble(name string) error {
	for _, s := range o.post.Stats() {
		if s.Name == name && s.Wrong != "" {
			return fmt.Errorf("%d messages wait, the oldest since %s: %s", s.Waiting, s.Oldest.UTC().Format(time.RFC3339), s.Wrong)
		}
	}
	return nil
}

func (o *outside) metrics(e node.Emitter) {
	for _, s := range o.post.Stats() {
		e.Gauge("asue_notify_waiting", "Messages that wait for a destination.", float64(s.Waiting), "to", s.Name)
		oldest := 0.0
		if !s.Oldest.IsZero() {
			oldest = time.Since(s.Oldest).Seconds()
		}
		e.Gauge("asue_notify_oldest_seconds", "Age of the oldest message that waits; 0 if none does.", oldest, "to", s.Name)
		e.Counter("asue_notify_delivered_total", "Messages that were delivered.", float64(s.Delivered), "to", s.Name)
		e.Counter("asue_notify_failed_attempts_total", "Attempts that failed and are made again.", float64(s.Attempts), "to", s.Name)
		e.Counter("asue_notify_lost_total", "Messages that were not delivered: refused, too old, or too many.", float64(s.Lost), "to", s.Name)
	}
	e.Counter("asue_notify_missed_total", "Transitions of alarms that did not fit into the queue.", float64(o.missed.Load()))
}
