package dispatcher

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
	"asue/metering/clock"
	"asue/metering/password"
)

// Server is the dispatcher's page and API. All methods are safe for concurrent
// use.
type Server struct {
	cfg      Config
	log      *slog.Logger
	hub      *hub
	words    *catalogue
	page     *page
	router   *router
	doc      *huma.OpenAPI // of /api/openapi.json
	handler  http.Handler
	trends   trendCache
	tallies  tallyCache
	figures  figuresCache
	streams  atomic.Int64 // live streams open
	rights   atomic.Pointer[metering.Site]
	supposed chan struct{} // one entry for each supposition that is being calculated
	hosted   chan struct{} // likewise for each answer to a newcomer
	judged   chan struct{} // likewise for each finding, file and season

	sessions sessions
	tokens   tokens
	throttle throttle
	failures ration
	unknown  ration // keys of wall screens that no session is known of
	desk     orderDesk
	selected selectDesk
	follows  follows
	shifting sync.Mutex // one hand-over after the other

	mu        sync.Mutex // guards all below
	meters    map[metering.MeterID]*meterState
	points    []*pointState // of electricity, in the order of the site file
	piped     []*pointState // of the other media, likewise
	residents []*residentState
	strangers map[metering.MeterID]bool // meters that the site file does not name, already logged
	control   Control
	forecast  *Forecast              // nil until one was heard
	network   *metering.NetworkState // nil until one was heard
	notices   noticeList
	sparks    *sparks
	shown     published
}

// residentState is a resident with its billing points.
type residentState struct {
	metering.Resident
	points []*pointState
}

// published is what the live stream has told so far: what a snapshot must repeat
// so that the next delta fits on it.
type published struct {
	seq       uint64
	overview  Overview
	control   *ControlView // nil before the controller's first report
	network   *NetworkView // nil before the first state of the network
	residents []ResidentLive
	notices   []NoticeView
	alarms    *AlarmSummary
	noticesAt int // version of the notices
	scenarios []Scenario
	rights    []right
}

// New makes a server. It fails on an incomplete Config, all faults at once.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Speed <= 0 {
		cfg.Speed = 1
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Wall == nil {
		cfg.Wall = clock.Clock{}.Now
	}
	if cfg.Hasher == nil {
		cfg.Hasher = password.NewHasher(password.Usual())
	}
	words, err := loadCatalogue("ru")
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, log: cfg.Log, hub: newHub(), words: words,
		meters: map[metering.MeterID]*meterState{}, strangers: map[metering.MeterID]bool{},
		notices: noticeList{max: cfg.Limits.Notices}, supposed: make(chan struct{}, mostSupposed),
		hosted: make(chan struct{}, mostHosted), judged: make(chan struct{}, mostJudged),
	}
	if s.page, err = loadPage(); err != nil {
		return nil, err
	}
	s.SetRights(cfg.Site)
	s.plant()
	s.sparks = newSparks(len(s.residents))
	if err := s.routes(); err != nil {
		return nil, err
	}
	s.Publish()
	return s, nil
}

// plant lays out meters, points and residents of the site file. The live page is
// about power: points of gas and water stand apart.
func (s *Server) plant() {
	site := s.cfg.Site
	for _, m := range site.Meters {
		s.meters[m.ID] = &meterState{id: m.ID, readings: map[metering.Quantity]stamped{}}
	}
	for _, r := range site.Residents {
		s.residents = append(s.residents, &residentState{Resident: r})
	}
	for _, p := range site.Points {
		state := &pointState{Point: p}
		if p.MediumOf() != metering.Electricity {
			s.piped = append(s.piped, state)
			continue
		}
		s.points = append(s.points, state)
		if p.Role != metering.RoleResident {
			continue
		}
		i := slices.IndexFunc(s.residents, func(r *residentState) bool { return r.ID == p.Resident })
		if i >= 0 {
			s.residents[i].points = append(s.residents[i].points, state)
		}
	}
	s.install(s.cfg.Now())
}

// install finds the meter that stands at each point now, so that a change of
// meter in the site file takes effect at its time.
func (s *Server) install(now time.Time) {
	for _, p := range s.everyPoint() {
		p.meter = nil
		if in, ok := s.cfg.Site.MeterAt(p.ID, now); ok {
			p.meter = s.meters[in.Meter]
		}
	}
}

// Run tells the open pages once a second of the wall clock what has changed,
// until the context ends. It returns nil then.
func (s *Server) Run(ctx context.Context) error {
	wall := clock.Clock{}
	var filling sync.WaitGroup
	filling.Go(func() {
		// A history that is still being written comes in parts; after two minutes
		// what is missing stays missing.
		for try := 0; try < 24 && s.fillSparks(ctx) > 0 && wall.Sleep(ctx, 5*time.Second) == nil; try++ {
		}
	})
	defer filling.Wait()
	for wall.Sleep(ctx, time.Second) == nil {
		s.Publish()
		s.FollowOrders(ctx)
	}
	return nil
}

// delta is what one event of the live stream carries.
type delta struct {
	Seq       uint64         `json:"seq"`
	Overview  Overview       `json:"overview"`
	Control   *ControlView   `json:"control,omitempty"` // in place of all that was told of control before
	Acts      *ControlChange `json:"acts,omitempty"`    // what has changed of it
	Network   *NetworkView   `json:"network,omitempty"` // in place of all that was told of the network before, but null lists
	Residents []ResidentLive `json:"residents,omitempty"`
	Notices   []NoticeView   `json:"notices,omitempty"`
	Alarms    *AlarmSummary  `json:"alarms,omitempty"`
	Scenarios []Scenario     `json:"scenarios,omitempty"`
	Minutes   *minuteDelta   `json:"minutes,omitempty"`
}

// minuteDelta tells that minutes have ended: the curves move on by Passed, and
// the first of the new places gets the value, if there is one.
type minuteDelta struct {
	Passed int               `json:"passed"`
	MeansW map[string]*int64 `json:"means_w"`
}

// Publish looks at the present state and sends what has changed to the open
// pages. Run calls it once a second; cmd may call it after an event that must not
// wait. It reports whether a minute has ended since the last call.
func (s *Server) Publish() {
	scenarios, alarms := s.scenarioList(), s.alarmSummary()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now().UTC()
	old := s.shown
	rights := s.rightsAt(now)
	if old.seq > 0 && !slices.Equal(rights, old.rights) {
		old.seq = s.hub.skip() // a delta tells no rights: the open pages come for the whole
	}
	d := delta{Seq: old.seq + 1, Overview: s.overview(now), Minutes: s.rollMinutes(now)}
	next := published{rights: rights, seq: d.Seq, overview: d.Overview, control: s.controlView(now), network: s.networkView(now).brief(), notices: old.notices, noticesAt: s.notices.version, scenarios: scenarios}
	d.Control, d.Acts = next.control.since(old.control)
	d.Network = next.network.since(old.network)
	for i, r := range s.residents {
		v := s.residentLive(r, now)
		next.residents = append(next.residents, v)
		if i >= len(old.residents) || !sameLive(v, old.residents[i]) {
			d.Residents = append(d.Residents, v)
		}
		if v.PowerW != nil && !v.Partial && v.Freshness == Fresh {
			s.sparks.add(i, *v.PowerW)
		}
	}
	if next.noticesAt != old.noticesAt || old.notices == nil {
		next.notices = s.noticeViews()
		d.Notices = next.notices
	}
	if next.alarms = alarms; !sameAlarms(alarms, old.alarms) {
		d.Alarms = alarms
	}
	if !slices.Equal(scenarios, old.scenarios) {
		d.Scenarios = scenarios
	}
	s.shown = next
	s.hub.add("delta", mustJSON(d), d.Seq)
}

func (s *Server) rollMinutes(now time.Time) *minuteDelta {
	passed := s.sparks.roll(now)
	if passed == 0 {
		return nil
	}
	s.install(now)
	m := &minuteDelta{Passed: passed, MeansW: map[string]*int64{}}
	if passed > sparkMinutes {
		return m
	}
	for i, r := range s.residents {
		m.MeansW[string(r.ID)] = s.sparks.closed[i][sparkMinutes-passed]
	}
	return m
}

func sameLive(a, b ResidentLive) bool {
	return a.At.Equal(b.At) && same(a.PowerW, b.PowerW) && a.Partial == b.Partial && a.Quality == b.Quality &&
		a.Freshness == b.Freshness && a.Reason == b.Reason && slices.Equal(a.MissingPoints, b.MissingPoints) &&
		same(a.LoadPct, b.LoadPct)
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// Snapshot is all that the page shows, as of one event of the live stream: the
// next delta fits on it.
type Snapshot struct {
	Boot      string        `json:"boot" doc:"changes with every start of the server"`
	Seq       uint64        `json:"seq" doc:"number of the last event it contains"`
	Version   string        `json:"version"`
	Bundle    string        `json:"bundle" doc:"changes with the page's program"`
	SiteName  string        `json:"site_name"`
	Speed     float64       `json:"speed" doc:"seconds of server time per second"`
	StaleS    float64       `json:"stale_after_s"`
	SilentS   float64       `json:"silent_after_s"`
	Overview  Overview      `json:"overview"`
	Control   *ControlView  `json:"control,omitempty" doc:"absent until the balancer has reported"`
	Network   *NetworkView  `json:"network,omitempty" doc:"absent until a state of the network was heard"`
	Residents []Resident    `json:"residents"`
	Notices   []NoticeView  `json:"notices"`
	Alarms    *AlarmSummary `json:"alarms,omitempty" doc:"absent where no alarms are kept"`
	Scenarios []Scenario    `json:"scenarios,omitempty"`
}

func (s *Server) snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := Snapshot{
		Boot: s.hub.boot, Seq: s.shown.seq, Version: s.cfg.Info.Version, Bundle: s.page.bundle,
		SiteName: s.cfg.Site.Name, Speed: s.cfg.Speed,
		StaleS: s.cfg.Limits.StaleAfter.Seconds(), SilentS: s.cfg.Limits.SilentAfter.Seconds(),
		Overview: s.shown.overview, Control: s.shown.control, Network: s.shown.network, Notices: s.shown.notices, Alarms: s.shown.alarms, Scenarios: s.shown.scenarios,
		Residents: []Resident{},
	}
	for i, live := range s.shown.residents {
		v.Residents = append(v.Residents, s.resident(i, live, v.Overview.Time))
	}
	return v
}

func (s *Server) scenarioList() []Scenario {
	if !s.cfg.Demo || s.cfg.Scenarios == nil {
		return nil
	}
	return s.cfg.Scenarios.List()
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("BUG: %T does not encode: %v", v, err))
	}
	return b
}
