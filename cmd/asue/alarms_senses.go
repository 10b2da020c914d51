package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/watch"
	"asue/metering/wire"
)

// alarmSenses are what the desk has heard last, of each source. All methods are safe for
// concurrent use; those that hear may be called on nil, which hears nothing.
type alarmSenses struct {
	bounds alarmBounds
	began  time.Time

	mu         sync.Mutex // guards all below
	site       *metering.Site
	heard      map[metering.MeterID]watch.Heard
	power      map[metering.PointID]pointPower
	control    *wire.Control
	network    *metering.NetworkState
	collectors map[string]bool // online
	findings   []metering.Finding
	beyond     map[alarm.ID]bool     // residents beyond a bound, the last time
	read       bool                  // findings were read once
	blind      error                 // why the ledger could not be read
	wrong      map[string]string     // parts of the program that do not work, with why
	orders     map[string]watch.Said // the youngest order of each actuator of which nothing has shown
	unsaved    *time.Time            // since when there is no backup that is young enough; nil: there is one
}

type pointPower struct {
	at    time.Time
	p, q  metering.Power
	knowQ bool
}

// alarmBounds are those from which on something is an alarm; times by the clock of the
// run.
type alarmBounds struct {
	meter, balancer time.Duration // silent for longer
	settled         time.Duration // after a start nothing is silent yet
	powerFactor     float64       // of a resident, below
}

func newAlarmSenses(site *metering.Site, bounds alarmBounds, now time.Time) *alarmSenses {
	return &alarmSenses{site: site, bounds: bounds, began: now, heard: map[metering.MeterID]watch.Heard{}, power: map[metering.PointID]pointPower{}, collectors: map[string]bool{}}
}

// setSite takes the site with other technical conditions.
func (s *alarmSenses) setSite(site *metering.Site) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site = site
}

// hearBatch takes what meters said.
func (s *alarmSenses) hearBatch(b wire.Batch) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, snap := range b.Snapshots {
		if !snap.Quality.HasValue() || snap.At.Before(s.heard[snap.Meter].At) {
			continue
		}
		s.heard[snap.Meter] = watch.Heard{Meter: snap.Meter, At: snap.At, Collector: b.ID.Collector}
		install, ok := s.site.InstallOf(snap.Meter, snap.At)
		if r, has := snap.Find(metering.ActivePower); ok && has && r.Usable() {
			state := pointPower{at: snap.At, p: metering.Power(r.Value)}
			if q, has := snap.Find(metering.ReactivePower); has && q.Usable() {
				state.q, state.knowQ = metering.Power(q.Value), true
			}
			s.power[install.Point] = state
		}
	}
}

// hearControl takes what the balancer reports.
func (s *alarmSenses) hearControl(c wire.Control) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.control = &c
}

func (s *alarmSenses) hearNetwork(n metering.NetworkState) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.network = &n
}

func (s *alarmSenses) hearCollector(name string, state wire.State) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collectors[name] = state.Online
}

func (s *alarmSenses) found(list []metering.Finding, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blind = err; err == nil {
		s.findings, s.read = list, true
	}
}

// hearUnconfirmed takes an order of which nothing has shown in time.
func (s *alarmSenses) hearUnconfirmed(o dispatcher.UnconfirmedOrder) {
	subject := string(o.Actuator)
	if subject == "" {
		subject = "order/" + string(o.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orders == nil {
		s.orders = map[string]watch.Said{}
	}
	s.orders[subject] = watch.Said{At: o.At, Condition: alarm.Condition{Kind: "command-failed", Subject: subject, Active: true,
		Args: map[string]any{"actuator": string(o.Actuator), "order": o.Order, "reason": o.Text}}}
}

// works takes which parts of the program do not work, with why.
func (s *alarmSenses) works(wrong map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = wrong
}

// saved takes since when there is no backup that is young enough, if there is none.
func (s *alarmSenses) saved(since time.Time, late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsaved = nil; late {
		s.unsaved = &since
	}
}

// say is all that each source says now. A source that has never spoken says nothing, so
// that what an earlier run has left is not over by that alone.
func (s *alarmSenses) say(now time.Time) map[watch.Source][]watch.Said {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mend(now)
	all := map[watch.Source][]watch.Said{}
	if s.control != nil && now.Sub(s.control.At) <= s.bounds.balancer {
		all[watch.Balancer] = s.explained(watch.OfControl(*s.control))
	}
	if s.network != nil {
		all[watch.Network] = watch.OfNetwork(s.site, *s.network)
	}
	if s.read {
		all[watch.Rules] = watch.OfFindings(s.findings, now)
	}
	if settled := now.Sub(s.began) > s.bounds.settled; settled {
		all[watch.Meters] = append(s.meters(now), s.residents(now)...)
		all[watch.Program] = s.program(now)
		for _, said := range s.orders {
			all[watch.Program] = append(all[watch.Program], said)
		}
	}
	return all
}

// mend keeps what was heard from being later than now when the clock was set back, or that
// of another machine is ahead: what speaks no more would not be silent until then.
func (s *alarmSenses) mend(now time.Time) {
	if s.began.After(now) {
		s.began = now
	}
	if s.control != nil && s.control.At.After(now) {
		c := *s.control
		c.At, s.control = now, &c
	}
	for m, h := range s.heard {
		if h.At.After(now) {
			h.At = now
			s.heard[m] = h
		}
	}
	for p, state := range s.power {
		if state.at.After(now) {
			state.at = now
			s.power[p] = state
		}
	}
}

// explained says on which collectors it depends what the balancer knows: while one of
// them is silent, that is the alarm.
func (s *alarmSenses) explained(list []watch.Said) []watch.Said {
	for i := range list {
		switch list[i].Kind {
		case "power-unknown":
			list[i].Within = s.collectorsOf(func(p metering.Point) bool { return p.Role == metering.RoleInput })
		case "data-degraded":
			list[i].Within = s.collectorsOf(func(metering.Point) bool { return true })
		}
	}
	return list
}

// collectorsOf are those that have asked the meters of some points, as groups.
func (s *alarmSenses) collectorsOf(points func(metering.Point) bool) []string {
	var list []string
	for _, in := range s.site.Installs {
		group := "collector/" + s.heard[in.Meter].Collector
		p, known := s.site.Point(in.Point)
		if known && points(p) && group != "collector/" && !slices.Contains(list, group) {
			list = append(list, group)
		}
	}
	slices.Sort(list)
	return list
}

func (s *alarmSenses) meters(now time.Time) []watch.Said {
	list := make([]watch.Heard, 0, len(s.site.Meters))
	for _, m := range s.site.Meters {
		h := s.heard[m.ID]
		h.Meter = m.ID
		list = append(list, h)
	}
	return watch.OfMeters(s.site, list, s.bounds.meter, now)
}

// residents draw the sum of their billing points. Who has one that is not known is not
// judged.
func (s *alarmSenses) residents(now time.Time) []watch.Said {
	drawn := map[metering.ResidentID]watch.Drawn{}
	for _, r := range s.site.Residents {
		var d watch.Drawn
		var q metering.Power
		points, known, knowQ := 0, true, true
		for _, p := range s.site.Points {
			if p.Resident != r.ID || p.Role != metering.RoleResident || p.MediumOf() != metering.Electricity {
				continue
			}
			points++
			state, ok := s.power[p.ID]
			known = known && ok && now.Sub(state.at) <= s.bounds.meter
			knowQ = knowQ && state.knowQ
			d.Power, q = d.Power+state.p, q+state.q
		}
		if points == 0 || !known {
			continue
		}
		if knowQ {
			d.Reactive = &q
		}
		drawn[r.ID] = d
	}
	list := watch.OfResidents(s.site, drawn, s.bounds.powerFactor, s.beyond, now)
	s.beyond = map[alarm.ID]bool{}
	for _, said := range list {
		s.beyond[alarm.IDOf(said.Kind, said.Subject)] = true
	}
	return list
}

// program are the parts of the system itself that do not work.
func (s *alarmSenses) program(now time.Time) []watch.Said {
	var list []watch.Said
	say := func(kind alarm.Kind, subject string, args map[string]any) {
		list = append(list, watch.Said{Condition: alarm.Condition{Kind: kind, Subject: subject, Active: true, Args: args}})
	}
	if s.control != nil && now.Sub(s.control.At) > s.bounds.balancer {
		say("balancer-silent", "balancer", map[string]any{"since": s.control.At.UTC().Format(time.RFC3339)})
	}
	for name, online := range s.collectors {
		if !online {
			say("collector-silent", "collector/"+name, map[string]any{"collector": name})
		}
	}
	if s.blind != nil {
		say("store-trouble", "ledger", map[string]any{"reason": fmt.Sprint(s.blind)})
	}
	for part, why := range s.wrong {
		if part == "series" || part == "outbox" {
			say("store-trouble", part, map[string]any{"reason": why})
		}
	}
	if s.unsaved != nil {
		say("backup-late", "backup", map[string]any{"since": s.unsaved.Format(time.RFC3339)})
	}
	return list
}
