package main

import (
	"fmt"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/alarm/watch"
	"asue/metering/wire"
)

// alarmSenses are what the desk has heard last, of each source. All methods are safe for
// concurrent use; those that hear may be called on nil, which hears nothing.
type alarmSenses struct {
	site  *metering.Site
	ages  alarmAges
	began time.Time
	wrong func() map[string]string // parts of the program that do not work; may be nil
	// unsaved is since when there is no backup that is young enough; false: there is one. May
	// be nil.
	unsaved func() (since time.Time, late bool)

	mu         sync.Mutex // guards all below
	heard      map[metering.MeterID]watch.Heard
	power      map[metering.PointID]pointPower
	control    *wire.Control
	network    *metering.NetworkState
	collectors map[string]bool // online
	findings   []metering.Finding
	blind      error // why the ledger could not be read
}

type pointPower struct {
	at    time.Time
	p, q  metering.Power
	knowQ bool
}

// alarmAges are those from which on something is silent, by the clock of the run.
type alarmAges struct {
	meter    time.Duration
	balancer time.Duration
	settled  time.Duration // after a start nothing is silent yet
}

func newAlarmSenses(site *metering.Site, ages alarmAges, now time.Time) *alarmSenses {
	return &alarmSenses{site: site, ages: ages, began: now, heard: map[metering.MeterID]watch.Heard{}, power: map[metering.PointID]pointPower{}, collectors: map[string]bool{}}
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
		s.findings = list
	}
}

// say is all that each source says now. A source that has never spoken says nothing, so
// that what an earlier run has left is not over by that alone.
func (s *alarmSenses) say(now time.Time) map[watch.Source][]watch.Said {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[watch.Source][]watch.Said{}
	if s.control != nil && now.Sub(s.control.At) <= s.ages.balancer {
		all[watch.Balancer] = watch.OfControl(*s.control)
	}
	if s.network != nil {
		all[watch.Network] = watch.OfNetwork(s.site, *s.network)
	}
	if s.findings != nil || s.blind == nil {
		all[watch.Rules] = watch.OfFindings(s.findings, now)
	}
	if settled := now.Sub(s.began) > s.ages.settled; settled {
		all[watch.Meters] = append(s.meters(now), s.residents(now)...)
		all[watch.Program] = s.program(now)
	}
	return all
}

func (s *alarmSenses) meters(now time.Time) []watch.Said {
	list := make([]watch.Heard, 0, len(s.site.Meters))
	for _, m := range s.site.Meters {
		h := s.heard[m.ID]
		h.Meter = m.ID
		list = append(list, h)
	}
	return watch.OfMeters(s.site, list, s.ages.meter, now)
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
			known = known && ok && now.Sub(state.at) <= s.ages.meter
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
	return watch.OfResidents(s.site, drawn, leastPowerFactor, now)
}

// leastPowerFactor is below which a resident's power factor is an alarm.
const leastPowerFactor = 0.8

// program are the parts of the system itself that do not work.
func (s *alarmSenses) program(now time.Time) []watch.Said {
	var list []watch.Said
	say := func(kind alarm.Kind, subject string, args map[string]any) {
		list = append(list, watch.Said{Condition: alarm.Condition{Kind: kind, Subject: subject, Active: true, Args: args}})
	}
	if s.control != nil && now.Sub(s.control.At) > s.ages.balancer {
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
	if s.wrong != nil {
		for part, why := range s.wrong() {
			if part == "series" || part == "outbox" {
				say("store-trouble", part, map[string]any{"reason": why})
			}
		}
	}
	if s.unsaved != nil {
		if since, late := s.unsaved(); late {
			say("backup-late", "backup", map[string]any{"since": since.Format(time.RFC3339)})
		}
	}
	return list
}
