package dispatcher

import (
	"cmp"
	"context"
	"slices"
	"time"

	"asue/metering"
)

// SystemMeter is a meter: what the site file says of it, and how it does.
type SystemMeter struct {
	ID         string     `json:"id"`
	Model      string     `json:"model" doc:"register map"`
	Serial     string     `json:"serial,omitempty" doc:"of the site file"`
	Line       string     `json:"line"`
	Unit       uint8      `json:"unit" doc:"on the line"`
	Class      string     `json:"accuracy_class,omitempty"`
	VerifiedTo *time.Time `json:"verified_to,omitempty" doc:"exclusive"`
	Overdue    bool       `json:"verification_over,omitempty"`
	Point      string     `json:"point,omitempty" doc:"where it stands now; absent: nowhere"`
	PointName  string     `json:"point_name,omitempty"`
	Role       string     `json:"role,omitempty" doc:"of the point"`
	Medium     string     `json:"medium,omitempty"`
	Resident   string     `json:"resident,omitempty"`
	At         *time.Time `json:"at,omitempty" doc:"stamp of the youngest reading heard by this page"`
	AgeS       *float64   `json:"age_s,omitempty"`
	Quality    string     `json:"quality" doc:"of the reading that the meter is judged by"`
	Freshness  Freshness  `json:"freshness" enum:"fresh,suspect,stale,silent"`
	Reason     string     `json:"reason,omitempty" doc:"why the quality is not good, technical"`
	Polled     *PolledBy  `json:"polled,omitempty" doc:"as the line knows it; absent where another process polls it"`
}

// PolledBy is a meter as the line that asks it knows it.
type PolledBy struct {
	Requests    LineRequests `json:"requests" doc:"since the line was taken into service"`
	Answered    *time.Time   `json:"answered,omitempty" doc:"the last time"`
	Failing     bool         `json:"failing,omitempty"`
	BreakerOpen bool         `json:"breaker_open,omitempty" doc:"it is only tried now and then"`
	Reason      string       `json:"reason,omitempty" doc:"of the last failure"`
	Identity    string       `json:"identity,omitempty" doc:"what it says of itself"`
	Standing    string       `json:"standing,omitempty" doc:"quality that follows from the identity"`
	StandingWhy string       `json:"standing_why,omitempty"`
	ClockOffset *float64     `json:"clock_offset_s,omitempty" doc:"of its clock against the collector's"`
	Exchanges   uint64       `json:"exchanges,omitempty" doc:"times that another serial number answered"`
	Implausible uint64       `json:"implausible,omitempty" doc:"counter readings that could not be"`
	Disagrees   string       `json:"disagrees,omitempty" doc:"how energy and power differ"`
}

// SystemMeterList is the answer of /api/v1/system/meters.
type SystemMeterList struct {
	Time   time.Time     `json:"time"`
	Meters []SystemMeter `json:"meters" doc:"in the order of the site file"`
}

// SystemLineList is the answer of /api/v1/system/lines.
type SystemLineList struct {
	Time  time.Time    `json:"time"`
	Lines []SystemLine `json:"lines" doc:"in the order of the site file"`
}

func (s *Server) getSystemMeters(_ context.Context, in *struct {
	Strict   strict
	Resident string `query:"resident" maxLength:"64" doc:"only the meters at this resident's points"`
	Line     string `query:"line" maxLength:"64" doc:"only the meters on this line"`
}) (*answer[SystemMeterList], error) {
	polled := map[string]*PolledBy{}
	for _, l := range s.polledLines() {
		for _, m := range l.Meters {
			polled[m.ID] = m.view()
		}
	}
	now := s.cfg.Now().UTC()
	list := SystemMeterList{Time: now, Meters: []SystemMeter{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.cfg.Site.Meters {
		v := s.systemMeter(m, now)
		if in.Resident != "" && in.Resident != v.Resident || in.Line != "" && in.Line != v.Line {
			continue
		}
		v.Polled = polled[v.ID]
		list.Meters = append(list.Meters, v)
	}
	return &answer[SystemMeterList]{list}, nil
}

// systemMeter judges a meter by its active power, one of another medium by its youngest
// reading. s.mu is held.
func (s *Server) systemMeter(m metering.Meter, now time.Time) SystemMeter {
	v := SystemMeter{ID: string(m.ID), Model: m.Model, Serial: m.Serial, Line: string(m.Line), Unit: m.Unit, Class: m.AccuracyClass}
	if !m.VerifiedTo.IsZero() {
		v.VerifiedTo, v.Overdue = ptr(m.VerifiedTo.UTC()), !now.Before(m.VerifiedTo)
	}
	if in, ok := s.cfg.Site.InstallOf(m.ID, now); ok {
		if p, ok := s.cfg.Site.Point(in.Point); ok {
			v.Point, v.PointName, v.Role, v.Resident, v.Medium = string(p.ID), p.Name, string(p.Role), string(p.Resident), string(p.MediumOf())
		}
	}
	state := s.meters[m.ID]
	by, youngest := metering.ActivePower, time.Time{}
	_, powered := state.readings[metering.ActivePower]
	for q, r := range state.readings {
		if r.at.After(youngest) {
			youngest = r.at
			if !powered {
				by = q
			}
		}
	}
	limits := s.cfg.Limits
	if by != metering.ActivePower {
		limits.StaleAfter, limits.SilentAfter = max(limits.StaleAfter, countersStale), max(limits.SilentAfter, countersSilent)
	}
	l := state.live(by, now, limits)
	v.Quality, v.Freshness, v.Reason = l.quality.String(), l.freshness, l.reason
	if v.Point == "" { // nobody asks it
		v.Quality, v.Freshness, v.Reason = metering.NotAvailable.String(), Silent, "the meter stands at no point now"
	}
	if !youngest.IsZero() {
		v.At, v.AgeS = ptr(youngest.UTC()), ptr(seconds(now.Sub(youngest)))
	}
	return v
}

// Meters that tell no power, of gas and water, are read for their counters alone: once a
// minute, as a rule.
const (
	countersStale  = 150 * time.Second
	countersSilent = 5 * time.Minute
)

func (m SystemLineMeter) view() *PolledBy {
	v := &PolledBy{
		Requests: m.Requests, Failing: m.Failing, BreakerOpen: m.BreakerOpen, Identity: m.Identity, Standing: m.Standing, StandingWhy: m.StandingWhy,
		Exchanges: m.Exchanges, Implausible: m.Implausible, Disagrees: m.Disagrees,
	}
	if m.Failing {
		v.Reason = m.Reason
	}
	if !m.Answered.IsZero() {
		v.Answered = ptr(m.Answered.UTC())
	}
	if m.ClockOffset != nil {
		v.ClockOffset = ptr(seconds(*m.ClockOffset))
	}
	return v
}

func (s *Server) polledLines() []SystemLine {
	if s.cfg.System == nil {
		return nil
	}
	return s.cfg.System.Lines()
}

func (s *Server) getSystemLines(ctx context.Context, _ *nothing) (*answer[SystemLineList], error) {
	list := SystemLineList{Time: s.cfg.Now().UTC(), Lines: []SystemLine{}}
	polled := map[string]SystemLine{}
	for _, l := range s.polledLines() {
		polled[l.ID] = l
	}
	named := map[string]string{}
	var order []string
	for _, l := range s.cfg.Site.Lines {
		named[string(l.ID)] = l.Name
		order = append(order, string(l.ID))
	}
	meters := map[string]int{}
	for _, m := range s.cfg.Site.Meters {
		if meters[string(m.Line)]++; !slices.Contains(order, string(m.Line)) {
			order = append(order, string(m.Line))
		}
	}
	details := Keeping.allows(visitorOf(ctx))
	for _, id := range order {
		if meters[id] == 0 {
			continue // of actuators: the agent's
		}
		l, ok := polled[id]
		l.ID, l.Name, l.MeterCount, l.Polled = id, cmp.Or(named[id], l.Name), meters[id], ok
		if !details {
			l.URL = ""
		}
		list.Lines = append(list.Lines, l)
	}
	return &answer[SystemLineList]{list}, nil
}
