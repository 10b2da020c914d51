package dispatcher

import (
	"context"
	"math"
	"time"

	"asue/metering"
)

// OwnNow is a resident at one moment. What is not known is absent.
type OwnNow struct {
	Time       time.Time      `json:"time" doc:"server time, UTC"`
	TimeZone   string         `json:"time_zone" doc:"zone of the site" example:"Asia/Aqtobe"`
	Demo       bool           `json:"demo" doc:"true: all data are invented"`
	Bundle     string         `json:"bundle" doc:"changes with the page's program"`
	Resident   OwnResident    `json:"resident"`
	Token      OwnToken       `json:"token"`
	PowerW     *int64         `json:"power_w,omitempty" doc:"sum of the billing points; of the known ones if partial"`
	Partial    bool           `json:"partial,omitempty" doc:"a point is missing from power_w"`
	LoadPct    *float64       `json:"load_pct,omitempty" doc:"power against the technical conditions; absent if partial"`
	At         *time.Time     `json:"at,omitempty" doc:"the oldest stamp in the sum"`
	AgeS       *float64       `json:"age_s,omitempty"`
	Quality    string         `json:"quality" doc:"the worst quality in the sum" example:"good"`
	Freshness  Freshness      `json:"freshness" enum:"fresh,suspect,stale,silent"`
	StaleS     float64        `json:"stale_after_s" doc:"age at which a number is called stale"`
	SilentS    float64        `json:"silent_after_s" doc:"age at which it is withdrawn"`
	Block      OwnBlock       `json:"block" doc:"the running quarter of an hour"`
	Quarter    *OwnInterval   `json:"quarter,omitempty" doc:"the last quarter of an hour that the ledger has"`
	AllowedW   int64          `json:"allowed_w" doc:"sum of the technical conditions in force: the maximum that may be drawn"`
	Armour     *OwnArmour     `json:"armour,omitempty" doc:"what is left when load is limited"`
	Conditions []OwnCondition `json:"conditions" doc:"technical conditions in force"`
	Points     []OwnPoint     `json:"points" doc:"billing points of every medium"`
}

// OwnResident is who the answer is about.
type OwnResident struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Trade string `json:"trade"`
}

// OwnToken is the token that was shown.
type OwnToken struct {
	ID      string     `json:"id"`
	Name    string     `json:"name,omitempty"`
	Expires *time.Time `json:"expires,omitempty" doc:"absent: never"`
}

// OwnBlock is the running quarter of an hour, from the live readings.
type OwnBlock struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	MeanW   *int64    `json:"mean_w,omitempty" doc:"mean of its known whole minutes"`
	Minutes int       `json:"minutes" doc:"whole minutes that are known"`
	Passed  int       `json:"passed" doc:"whole minutes that have passed"`
}

// OwnArmour is what a resident keeps when load is limited, in watts.
type OwnArmour struct {
	TechnologicalW int64 `json:"technological_w" doc:"технологическая броня"`
	EmergencyW     int64 `json:"emergency_w" doc:"аварийная броня"`
}

// OwnCondition is a technical condition of the resident.
type OwnCondition struct {
	PowerW   int64      `json:"power_w" doc:"firm"`
	NonFirmW int64      `json:"non_firm_w,omitempty" doc:"more, which may be curtailed"`
	Document string     `json:"document,omitempty"`
	From     *time.Time `json:"from,omitempty"`
	To       *time.Time `json:"to,omitempty" doc:"exclusive; absent: until further notice"`
}

// OwnPoint is a billing point of the resident.
type OwnPoint struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Medium    string     `json:"medium" enum:"electricity,gas,drinking-water,process-water,sewage"`
	Channels  []string   `json:"channels" doc:"to ask intervals for"`
	Meter     string     `json:"meter,omitempty" doc:"the meter that stands there now"`
	PowerW    *int64     `json:"power_w,omitempty" doc:"absent when not known, and of gas and water always"`
	At        *time.Time `json:"at,omitempty"`
	AgeS      *float64   `json:"age_s,omitempty"`
	Quality   string     `json:"quality"`
	Freshness Freshness  `json:"freshness" enum:"fresh,suspect,stale,silent"`
}

func (s *Server) getOwnNow(ctx context.Context, _ *nothing) (*answer[OwnNow], error) {
	r, err := s.own(visitorOf(ctx))
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now().UTC()
	v := s.ownNow(r, now)
	v.Quarter = s.lastQuarter(ctx, r.ID, now)
	return &answer[OwnNow]{v}, nil
}

func (s *Server) ownNow(r ownResident, now time.Time) OwnNow {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := s.residentLive(r.residentState, now)
	v := OwnNow{
		Time: now, TimeZone: s.cfg.Site.Location.String(), Demo: s.cfg.Demo, Bundle: s.page.bundle,
		Resident: OwnResident{string(r.ID), r.Name, string(r.Trade)},
		Token:    OwnToken{ID: r.token.ID, Name: r.token.Name, Expires: stated(r.token.ExpiresAt)},
		PowerW:   live.PowerW, Partial: live.Partial, LoadPct: live.LoadPct, Quality: live.Quality, Freshness: live.Freshness,
		StaleS: s.cfg.Limits.StaleAfter.Seconds(), SilentS: s.cfg.Limits.SilentAfter.Seconds(),
		Block: s.ownBlock(r.index, now), Conditions: []OwnCondition{}, Points: []OwnPoint{},
	}
	if !live.At.IsZero() {
		v.At, v.AgeS = ptr(live.At), ptr(seconds(now.Sub(live.At)))
	}
	right := s.rightOf(r.ID, now)
	if v.AllowedW = right.allowed; right.technological > 0 || right.emergency > 0 {
		v.Armour = &OwnArmour{right.technological, right.emergency}
	}
	for _, c := range s.site().Conditions {
		if c.Resident == r.ID && c.At(now) {
			v.Conditions = append(v.Conditions, OwnCondition{int64(c.Power), int64(c.NonFirm), c.Document, stated(c.From), stated(c.To)})
		}
	}
	for _, p := range s.everyPoint() {
		if p.Role == metering.RoleResident && p.Resident == r.ID {
			v.Points = append(v.Points, ownPoint(s.point(p, now)))
		}
	}
	return v
}

// ownPoint is what a resident is told of a point: not where it hangs in the network, and
// no reason in words, which may name another meter.
func ownPoint(p Point) OwnPoint {
	return OwnPoint{ID: p.ID, Name: p.Name, Medium: p.Medium, Channels: p.Channels, Meter: p.Meter,
		PowerW: p.PowerW, At: p.At, AgeS: p.AgeS, Quality: p.Quality, Freshness: p.Freshness}
}

// ownBlock is the mean of the minutes that have been shown since the quarter began; the
// caller holds s.mu.
func (s *Server) ownBlock(i int, now time.Time) OwnBlock {
	start := metering.PeriodStart(now)
	b := OwnBlock{Start: start, End: start.Add(metering.BasePeriod), Passed: int(now.Sub(start) / time.Minute)}
	var sum float64
	for m, w := range s.sparks.closed[i] {
		if at := s.sparks.start().Add(time.Duration(m) * time.Minute); w != nil && !at.Before(start) && at.Before(now) {
			sum, b.Minutes = sum+float64(*w), b.Minutes+1
		}
	}
	if b.Minutes > 0 {
		b.MeanW = ptr(int64(math.Round(sum / float64(b.Minutes))))
	}
	return b
}

// lastQuarter is the youngest quarter of the last hours that the ledger has; nil if it has
// none or does not answer: the live numbers are told all the same.
func (s *Server) lastQuarter(ctx context.Context, r metering.ResidentID, now time.Time) *OwnInterval {
	if s.cfg.Ledger == nil {
		return nil
	}
	end := metering.PeriodStart(now)
	list, err := s.intervals(ctx, &IntervalQuestion{Resident: string(r), Step: "15m", Limit: 12,
		From: end.Add(-3 * time.Hour).Format(time.RFC3339), To: end.Format(time.RFC3339)})
	if err != nil || len(list.Intervals) == 0 {
		return nil
	}
	return ptr(ownInterval(list.Intervals[len(list.Intervals)-1]))
}

// stated is a time, nil for none.
func stated(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return ptr(t.UTC())
}
