package dispatcher

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

type hostingAsked struct {
	Strict   strict
	Accept   string  `header:"Accept"`
	Node     string  `query:"node" required:"true" minLength:"1" maxLength:"64" doc:"where somebody wants to connect" example:"s-1"`
	MW       float64 `query:"mw" required:"true" minimum:"0.001" maximum:"1000" doc:"power that is asked for" example:"2.5"`
	Profile  string  `query:"profile" default:"flat" maxLength:"64" doc:"template: how the power is drawn over a week" example:"two-shifts"`
	Annual   float64 `query:"annual_mwh" minimum:"0" maximum:"10000000" doc:"energy that is drawn in a year; by the profile if left out"`
	Flexible float64 `query:"flexible" minimum:"0" maximum:"1" doc:"part of the power that may be curtailed though the rest is firm"`
	YearAsked
}

// Resolve is called by huma.
func (in *hostingAsked) Resolve(ctx huma.Context) []error {
	j := judgeOf(ctx)
	j.node("query.node", in.Node)
	for place, v := range map[string]float64{"query.mw": in.MW, "query.annual_mwh": in.Annual, "query.flexible": in.Flexible} {
		if math.IsNaN(v) { // a number that no bound of huma's keeps out
			j.fault(place, "", "want a number")
		}
	}
	in.end(j)
	return j.faults
}

func (s *Server) hostingQuestion(in *hostingAsked) HostingQuestion {
	return HostingQuestion{
		Node: in.Node, PowerW: int64(math.Round(in.MW * float64(metering.Megawatt))), Profile: in.Profile,
		AnnualWh: int64(math.Round(in.Annual * float64(metering.MegawattHour))), Flexible: in.Flexible, AsOf: in.end(s.judge()),
	}
}

// getHosting answers a newcomer: at once with what came out, or as events with how far
// it is.
func (s *Server) getHosting(ctx context.Context, in *hostingAsked) (*huma.StreamResponse, error) {
	if strings.Contains(in.Accept, "text/event-stream") {
		if _, err := s.capacity(); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) { s.streamHosting(ctx, in) }}, nil
	}
	v, err := s.host(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "application/json")
		_ = json.NewEncoder(ctx.BodyWriter()).Encode(v) // a client that has gone needs no answer
	}}, nil
}

func (s *Server) host(ctx context.Context, in *hostingAsked, progress func(float64)) (HostingView, error) {
	return costly(ctx, s, s.hosted, "hosting", func(ctx context.Context, c Capacity) (HostingView, error) {
		return c.Hosting(ctx, s.hostingQuestion(in), progress)
	})
}

// hosted is what came out.
type hosted struct {
	view HostingView
	err  error
}

// leastStep is how much further an answer is before that is told again.
const leastStep = 0.01

// streamHosting tells how far an answer is, and then the answer. A browser that goes
// away stops the work.
func (s *Server) streamHosting(hctx huma.Context, in *hostingAsked) {
	for name, value := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"} {
		hctx.SetHeader(name, value)
	}
	w, ok := hctx.BodyWriter().(http.ResponseWriter)
	if !ok {
		panic("BUG: huma's body writer is no http.ResponseWriter")
	}
	out := &stream{w: w, control: http.NewResponseController(w), wait: s.cfg.Limits.WriteWait}
	ctx, cancel := context.WithCancel(hctx.Context())
	defer cancel()
	parts, done := make(chan float64, 1), make(chan hosted, 1)
	go func() {
		v, err := s.host(ctx, in, func(part float64) {
			select {
			case parts <- part:
			default: // one waits to be told; the next one comes soon
			}
		})
		done <- hosted{v, err}
	}()
	if err := out.tellHosting(parts, done); err != nil {
		cancel()
		<-done // nothing of it goes on when the answer has ended
	}
}

// tellHosting writes events until the answer is out.
func (s *stream) tellHosting(parts <-chan float64, done <-chan hosted) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	told := -1.0
	for {
		var event []byte
		last := false
		select {
		case part := <-parts:
			if part < told+leastStep && part < 1 {
				continue
			}
			told = part
			event = bareFrame("progress", mustJSON(map[string]float64{"part": part}))
		case h := <-done:
			event, last = h.frame(), true
		case <-beat.C:
			event = []byte(": still here\n\n")
		}
		if err := s.send(event); err != nil || last {
			return err
		}
	}
}

func (h hosted) frame() []byte {
	if h.err == nil {
		return bareFrame("answer", mustJSON(h.view))
	}
	var problem *huma.ErrorModel
	if !errors.As(h.err, &problem) {
		problem = &huma.ErrorModel{Title: http.StatusText(http.StatusInternalServerError), Status: http.StatusInternalServerError}
	}
	return bareFrame("problem", mustJSON(problem))
}

// bareFrame is an event that nobody comes back for: it has no id.
func bareFrame(name string, data []byte) []byte {
	return []byte("event: " + name + "\ndata: " + string(data) + "\n\n")
}
