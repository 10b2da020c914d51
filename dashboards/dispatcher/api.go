package dispatcher

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"asue/metering"
)

type answer[T any] struct{ Body T }

// strict refuses query parameters that the operation does not know: a misspelt
// one must not pass for an absent one. (huma's own check would hide all other
// faults of the request.)
type strict struct{}

// Resolve is called by huma.
func (strict) Resolve(ctx huma.Context) []error {
	url := ctx.URL()
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(url.Query())) {
		if !slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			faults = append(faults, &huma.ErrorDetail{Message: "unknown query parameter", Location: "query." + name})
		}
	}
	return faults
}

// nothing is the input of an operation without parameters.
type nothing struct {
	Strict strict
}

// openAPI registers /api/v1. huma checks parameters against the types, tells all
// faults of a request in one RFC 9457 problem, and writes the OpenAPI document.
func (s *Server) openAPI() {
	cfg := huma.DefaultConfig("asue dispatcher", cmp.Or(s.cfg.Info.Version, "dev"))
	cfg.Info.Description = "Live state, notices and history of one site. Powers are watts, energies watt-hours, times UTC. " +
		"A field that is not known is absent, with the reason beside it; it is never 0."
	cfg.OpenAPIPath, cfg.SchemasPath, cfg.DocsPath = "/api/openapi", "/api/schemas", ""
	cfg.CreateHooks = nil // no $schema links in the answers
	api := humago.New(s.router, cfg)
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithValue(huma.WithValue(ctx, siteKey{}, s.cfg.Site), clockKey{}, s.cfg.Now().UTC()))
	})

	s.openPeople(api)
	s.openOwn(api)
	get(api, "snapshot", "All that the page shows, as of one event of the live stream", s.getSnapshot)
	get(api, "overview", "The zone at this moment", s.getOverview)
	get(api, "residents", "Load of every resident", s.getResidents)
	get(api, "points", "Metering points with their latest power", s.getPoints)
	get(api, "points/{id}", "One metering point with all readings", s.getPoint)
	s.openBooks(api)
	get(api, "trend", "Zone power for drawing: buckets with least, greatest, mean and coverage", s.getTrend)
	get(api, "forecast", "What the zone or a resident will draw, block by block, with a band", s.getForecast)
	s.openNetwork(api)
	s.openCapacity(api)
	s.openAlarms(api)
	s.openLog(api)
	s.openReports(api)
	s.openResidents(api)
	s.openSystem(api)
	get(api, "notices", "Events for the dispatcher, newest first", s.getNotices)
	get(api, "scenarios", "Plays of the simulated zone (demo only)", s.getScenarios)
	huma.Register(api, huma.Operation{
		OperationID: "start-scenario", Method: http.MethodPost, Path: "/api/v1/scenarios",
		Summary: "Start a scenario (demo only)", MaxBodyBytes: 4 << 10, Tags: []string{"demo"},
	}, s.postScenario)
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "live", Method: http.MethodGet, Path: "/api/v1/live",
		Summary:     "Live stream of server-sent events: one snapshot, then a delta every second",
		Description: "Event `snapshot` has the body of /api/v1/snapshot. Come back with Last-Event-ID to get what was missed within the last minute.",
		Parameters: []*huma.Param{
			{Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: "string"}},
			{Name: "last", In: "query", Description: "the same, for scripts that cannot set the header", Schema: &huma.Schema{Type: "string"}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "the stream", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}},
			"503": {Description: "too many streams are open"},
		},
	})
	document(api.OpenAPI(), "GET /own")
	s.doc = api.OpenAPI()
	if err := s.describe(s.doc); err != nil {
		s.router.faults = append(s.router.faults, err)
	}
}

// operationIDs are those that the path alone does not give nicely.
var operationIDs = map[string]string{
	"points/{id}": "get-point",
	"intervals/{point}/{channel}/{start}/history": "get-interval-history",
	"settlements/{id}/corrections":                "get-corrections",
	"conditions/{resident}/{node}":                "get-use",
	"cases/{id}":                                  "get-case",
	"alarms/kinds":                                "get-alarm-kinds",
	"alarms/figures":                              "get-alarm-figures",
	"network/diagram":                             "get-network-diagram",
	"network/whatif":                              "get-network-whatif",
	"residents/figures":                           "get-resident-figures",
	"system/meters":                               "get-system-meters",
	"system/lines":                                "get-system-lines",
	"system/configuration":                        "get-configuration",
	"system/configuration/difference":             "get-configuration-difference",
	"system/backup":                               "get-backup",
	"system/users":                                "get-users",
}

func get[I, O any](api huma.API, path, summary string, handler func(context.Context, *I) (*answer[O], error)) {
	huma.Register(api, huma.Operation{
		OperationID: cmp.Or(operationIDs[path], "get-"+path), Method: http.MethodGet, Path: "/api/v1/" + path, Summary: summary,
	}, handler)
}

func (s *Server) getSnapshot(context.Context, *nothing) (*answer[Snapshot], error) {
	return &answer[Snapshot]{s.snapshot()}, nil
}

func (s *Server) getOverview(context.Context, *nothing) (*answer[Overview], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &answer[Overview]{s.overview(s.cfg.Now().UTC())}, nil
}

// ResidentList is the answer of /api/v1/residents.
type ResidentList struct {
	Time      time.Time  `json:"time"`
	Residents []Resident `json:"residents"`
}

func (s *Server) getResidents(context.Context, *nothing) (*answer[ResidentList], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now().UTC()
	list := ResidentList{Time: now, Residents: []Resident{}}
	for i, r := range s.residents {
		list.Residents = append(list.Residents, s.resident(i, s.residentLive(r, now), now))
	}
	return &answer[ResidentList]{list}, nil
}

// PointList is the answer of /api/v1/points.
type PointList struct {
	Time   time.Time `json:"time"`
	Points []Point   `json:"points"`
}

func (s *Server) getPoints(_ context.Context, in *struct {
	Strict   strict
	Resident string `query:"resident" doc:"only the points of this resident" maxLength:"64"`
	Role     string `query:"role" doc:"only points of this role" enum:"input,transformer,section,feeder,resident,own-needs,technical,check"`
}) (*answer[PointList], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now().UTC()
	list := PointList{Time: now, Points: []Point{}}
	wanted := func(p metering.Point) bool {
		return (in.Resident == "" || in.Resident == string(p.Resident)) && (in.Role == "" || in.Role == string(p.Role))
	}
	for _, p := range s.everyPoint() {
		if wanted(p.Point) {
			list.Points = append(list.Points, s.point(p, now))
		}
	}
	for _, p := range s.cfg.Site.Virtual {
		if wanted(p.Point) {
			list.Points = append(list.Points, virtualPoint(p))
		}
	}
	return &answer[PointList]{list}, nil
}

func (s *Server) getPoint(_ context.Context, in *struct {
	Strict strict
	ID     string `path:"id" maxLength:"64"`
}) (*answer[PointDetail], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	points := s.everyPoint()
	i := slices.IndexFunc(points, func(p *pointState) bool { return string(p.ID) == in.ID })
	if i < 0 {
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no metering point %q: /api/v1/points lists them", in.ID))
	}
	return &answer[PointDetail]{s.pointDetail(points[i], s.cfg.Now().UTC())}, nil
}

// NoticeList is the answer of /api/v1/notices.
type NoticeList struct {
	Time    time.Time    `json:"time"`
	Notices []NoticeView `json:"notices"`
}

func (s *Server) getNotices(_ context.Context, in *struct {
	Strict strict
	Active bool `query:"active" doc:"only those whose cause is still there"`
}) (*answer[NoticeList], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := NoticeList{Time: s.cfg.Now().UTC(), Notices: s.noticeViews()}
	if in.Active {
		list.Notices = slices.DeleteFunc(list.Notices, func(n NoticeView) bool { return !n.Active })
	}
	return &answer[NoticeList]{list}, nil
}

// ScenarioList is the answer of /api/v1/scenarios.
type ScenarioList struct {
	Scenarios []Scenario `json:"scenarios"`
}

func (s *Server) getScenarios(context.Context, *nothing) (*answer[ScenarioList], error) {
	return &answer[ScenarioList]{ScenarioList{append([]Scenario{}, s.scenarioList()...)}}, nil
}

func (s *Server) postScenario(ctx context.Context, in *struct {
	Strict strict
	Body   struct {
		ID string `json:"id" minLength:"1" maxLength:"64" example:"morning-peak"`
	}
}) (*answer[ScenarioList], error) {
	if s.cfg.Scenarios == nil {
		return nil, huma.Error503ServiceUnavailable("no simulated zone is connected to this page")
	}
	err := s.cfg.Scenarios.Start(ctx, in.Body.ID)
	switch {
	case errors.Is(err, metering.ErrNotFound):
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{
			Message: "there is no such scenario: GET /api/v1/scenarios lists them", Location: "body.id", Value: in.Body.ID,
		})
	case err != nil:
		s.log.Error("scenario did not start", "scenario", in.Body.ID, "error", err)
		return nil, huma.Error500InternalServerError("the scenario did not start: the log says why")
	}
	s.Publish()
	return &answer[ScenarioList]{ScenarioList{s.scenarioList()}}, nil
}

// storeError turns a store's error into a problem; what is internal goes to the
// log and not to the client.
func (s *Server) storeError(what string, err error) error {
	if errors.Is(err, context.Canceled) {
		return huma.NewError(499, "the client has gone")
	}
	s.log.Error("store did not answer", "asked", what, "error", err)
	if errors.Is(err, context.DeadlineExceeded) {
		return huma.Error504GatewayTimeout(what + ": the store took too long: ask for a shorter range")
	}
	return huma.Error503ServiceUnavailable(what + ": the store cannot answer now: the log says why")
}
