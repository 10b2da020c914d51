package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	heartbeat  = 10 * time.Second // a comment goes out when nothing else did for so long
	retryAfter = 2 * time.Second  // how long a browser waits before it comes again
)

// serveLive is the live stream: one snapshot, then what changes, as server-sent
// events. A client that comes back with the id of its last event (header
// Last-Event-ID, or ?last= where a script cannot set the header) gets what it
// missed if the ring still has it.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) {
	if s.streams.Add(1) > int64(s.cfg.Limits.Streams) {
		s.streams.Add(-1)
		w.Header().Set("Retry-After", "30")
		problem(w, http.StatusServiceUnavailable, fmt.Sprintf("%d live streams are open, and no more are allowed: close a page", s.cfg.Limits.Streams))
		return
	}
	defer s.streams.Add(-1)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	out := &stream{w: w, control: http.NewResponseController(w), wait: s.cfg.Limits.WriteWait}
	if err := s.tell(r, out); err != nil && r.Context().Err() == nil {
		s.log.Info("live stream ended", "client", r.RemoteAddr, "error", err)
	}
}

func (s *Server) tell(r *http.Request, out *stream) error {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("last")
	}
	if err := out.send(fmt.Appendf(nil, "retry: %d\n\n", retryAfter.Milliseconds())); err != nil {
		return err
	}
	seq, resumes := s.hub.after(last)
	for lost := !resumes; ; {
		if lost {
			snap := s.snapshot()
			seq = snap.Seq
			if err := out.send(frame(s.hub.id(seq), "snapshot", mustJSON(snap))); err != nil {
				return err
			}
		}
		chunk, next, gone, err := s.nextEvents(r.Context(), seq)
		if err != nil {
			return err
		}
		if v := visitorOf(r.Context()); v.session != nil && !s.stays(r.Context(), v.session) {
			return nil // the page asks who it is, and finds the door
		}
		if seq, lost = next, gone; lost {
			continue
		}
		if err := out.send(chunk); err != nil {
			return err
		}
	}
}

// stays reports whether who opened a stream may still look.
func (s *Server) stays(ctx context.Context, known *session) bool {
	return s.sessions.lives(known, s.cfg.Wall()) && s.current(ctx, known, false)
}

// nextEvents is hub.next with a heartbeat.
func (s *Server) nextEvents(ctx context.Context, seq uint64) ([]byte, uint64, bool, error) {
	beat, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	chunk, last, lost, err := s.hub.next(beat, seq)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return []byte(": still here\n\n"), seq, false, nil
	}
	return chunk, last, lost, err
}

// stream writes to one client, with a deadline for each write.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	wait    time.Duration
}

func (s *stream) send(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(s.wait)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}
