package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"asue/collector"
	"asue/collector/modbus"
	"asue/metering"
)

// Route is a request that Handle serves, by the pattern of http.ServeMux.
type Route struct {
	Pattern string
	Handler http.HandlerFunc
}

// Routes let whoever runs a line look into it: what its meters say of themselves,
// the frames on the wire, and single registers, read between two polls.
func (c *Collector) Routes() []Route {
	return []Route{
		{"GET /api/v1/lines", c.serveLines},
		{"GET /api/v1/lines/{line}/trace", c.serveTrace},
		{"PUT /api/v1/lines/{line}/trace", c.switchTrace},
		{"DELETE /api/v1/lines/{line}/trace", c.switchTrace},
		{"GET /api/v1/lines/{line}/registers", c.serveRegisters},
	}
}

// Mount adds the routes to a mux.
func (c *Collector) Mount(mux *http.ServeMux) {
	for _, r := range c.Routes() {
		mux.HandleFunc(r.Pattern, r.Handler)
	}
}

// LineView is a line as GET /api/v1/lines gives it.
type LineView struct {
	ID          metering.LineID `json:"id"`
	URL         string          `json:"url"`
	Down        bool            `json:"down"`
	LoadPercent float64         `json:"load_percent"`
	Overruns    uint64          `json:"overruns"`
	Late        uint64          `json:"late_answers"`
	Drained     uint64          `json:"drained_bytes"`
	Tracing     bool            `json:"tracing"`
	Meters      []MeterView     `json:"meters"`
}

// MeterView is a meter of a line.
type MeterView struct {
	ID          metering.MeterID `json:"id"`
	Address     string           `json:"address"`
	LastSuccess *time.Time       `json:"last_success,omitempty"`
	Failing     bool             `json:"failing"`
	BreakerOpen bool             `json:"breaker_open"`
	Reason      string           `json:"reason,omitempty"`
	Identity    string           `json:"identity,omitempty"`
	Standing    string           `json:"standing"`
	StandingWhy string           `json:"standing_why,omitempty"`
	ClockOffset *float64         `json:"clock_offset_seconds,omitempty"`
	Disagrees   string           `json:"energy_against_power,omitempty"`
	Implausible uint64           `json:"implausible_counters"`
	Exchanges   uint64           `json:"exchanges"`
	Recalled    uint64           `json:"archive_records"`
}

func (c *Collector) serveLines(w http.ResponseWriter, _ *http.Request) {
	views := []LineView{}
	for _, l := range c.poller.Stats().Lines {
		v := LineView{ID: l.ID, Down: l.Down, LoadPercent: 100 * l.Load, Overruns: l.Overruns, Meters: []MeterView{}}
		if bus, ok := c.lines.bus(l.ID); ok {
			n := bus.Counters()
			v.URL = bus.URL()
			v.Late, v.Drained, v.Tracing = n.Late, n.Drained, bus.Frames() != nil
		}
		for _, m := range l.Meters {
			v.Meters = append(v.Meters, viewOf(m))
		}
		views = append(views, v)
	}
	writeJSON(w, http.StatusOK, views)
}

func viewOf(m collector.MeterStats) MeterView {
	v := MeterView{
		ID: m.ID, Address: m.Address, Failing: m.Failing, BreakerOpen: m.BreakerOpen, Identity: m.Identity,
		Standing: m.Standing.String(), StandingWhy: m.StandingWhy, Disagrees: m.Disagrees,
		Implausible: m.Implausible, Exchanges: m.Exchanges, Recalled: m.Recalled,
	}
	if m.Failing {
		v.Reason = m.Reason
	}
	if !m.LastSuccess.IsZero() {
		v.LastSuccess = &m.LastSuccess
	}
	if m.HasClock {
		s := m.ClockOffset.Seconds()
		v.ClockOffset = &s
	}
	return v
}

// find is the bus of the line that a request names; it answers itself if there is
// none.
func (c *Collector) find(w http.ResponseWriter, r *http.Request) (metering.LineID, *modbus.Line, bool) {
	id := metering.LineID(r.PathValue("line"))
	bus, ok := c.lines.bus(id)
	if !ok {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no line %q in service; GET /api/v1/lines lists them", id))
	}
	return id, bus, ok
}

// FrameView is a frame as GET /api/v1/lines/{line}/trace gives it.
type FrameView struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"` // the whole frame on a line for people
}

func (c *Collector) serveTrace(w http.ResponseWriter, r *http.Request) {
	_, bus, ok := c.find(w, r)
	if !ok {
		return
	}
	frames := bus.Frames()
	if frames == nil {
		refuse(w, http.StatusConflict, "the line is not traced; PUT this address with ?frames=500 to begin")
		return
	}
	views := make([]FrameView, len(frames))
	for i, f := range frames {
		views[i] = FrameView{f.Time, f.String()}
	}
	writeJSON(w, http.StatusOK, views)
}

// mostFrames is the longest trace, some megabytes.
const mostFrames = 10_000

func (c *Collector) switchTrace(w http.ResponseWriter, r *http.Request) {
	id, bus, ok := c.find(w, r)
	if !ok {
		return
	}
	frames := 0
	if r.Method == http.MethodPut {
		if frames, ok = number(r, "frames", 1, mostFrames); !ok {
			refuse(w, http.StatusUnprocessableEntity, fmt.Sprintf("write ?frames=N with N from 1 to %d: the number of frames to keep", mostFrames))
			return
		}
	}
	bus.Trace(frames)
	c.Log.Info("trace of a line is switched", "line", id, "frames", frames)
	writeJSON(w, http.StatusOK, map[string]any{"line": id, "frames": frames})
}

// WordsView is what GET /api/v1/lines/{line}/registers gives.
type WordsView struct {
	Unit     int      `json:"unit"`
	Function int      `json:"function"`
	Address  int      `json:"address"`
	Words    []uint16 `json:"words"`
}

// registersPatience is how long a person waits for a register of a busy line.
const registersPatience = 10 * time.Second

func (c *Collector) serveRegisters(w http.ResponseWriter, r *http.Request) {
	id, bus, ok := c.find(w, r)
	if !ok {
		return
	}
	unit, ok1 := number(r, "unit", 0, 255)
	function, ok2 := number(r, "function", 3, 4)
	address, ok3 := number(r, "address", 0, 65535)
	count, ok4 := number(r, "count", 1, 125)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		refuse(w, http.StatusUnprocessableEntity, "write ?unit=1&function=3&address=3000&count=10: a unit id of 0 to 255, function 3 or 4, an address from 0 and 1 to 125 registers")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), registersPatience)
	defer cancel()
	words := make([]uint16, count)
	err := c.poller.Turn(ctx, id, func(ctx context.Context) error {
		return bus.ReadInto(ctx, uint8(unit), uint8(function), uint16(address), words)
	})
	if err != nil {
		refuse(w, http.StatusBadGateway, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, WordsView{unit, function, address, words})
}

// number is a whole number of the query within bounds, decimal or 0x….
func number(r *http.Request, name string, least, most int64) (int, bool) {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 0, 32)
	return int(n), err == nil && n >= least && n <= most
}

// refuse answers with a problem as of RFC 9457.
func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	writeBody(w, status, map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, status, v)
}

func writeBody(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody to tell
}
