package victoria

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"time"

	"asue/metering/clock"
)

// Patience of a Supervisor with its child.
const (
	firstPause  = 500 * time.Millisecond // before the first restart; doubled each time
	longestWait = 30 * time.Second
	steadyAfter = time.Minute      // a child that lived as long begins anew with firstPause
	stopTime    = 15 * time.Second // for a clean stop, then it is killed
)

// ErrNotRunning says that the child is not there at the moment; it will be started again.
var ErrNotRunning = errors.New("the series store is not running; it is being started again")

// Supervisor keeps the store process running. Make one with NewSupervisor, let
// Run have a goroutine. All methods may be called from any goroutine.
type Supervisor struct {
	command   []string
	log       *slog.Logger
	wall      clock.Clock
	transport http.RoundTripper
	idle      *http.Transport

	mu    sync.Mutex
	now   child         // the running one; zero if there is none
	ready chan struct{} // closed while one is running
	stats SupervisorStats
}

type child struct {
	address string
	token   string
	pid     int
}

// SupervisorStats are for /metrics.
type SupervisorStats struct {
	Starts   int    // of the child, the first one included
	Running  bool   // the child has announced its address
	PID      int    // of the running child
	LastExit string // why the last one ended; empty if none has
}

// NewSupervisor makes a supervisor of the store that command starts: this very
// program with the arguments of `asue store`. The child hears of its parent's
// end on stdin, tells its address on stdout, logs as JSON on stderr, and finds
// its token in TokenVariable; engine.Run does the child's part.
func NewSupervisor(command []string, log *slog.Logger) *Supervisor {
	if len(command) == 0 {
		panic("BUG: no command for the series store")
	}
	s := &Supervisor{command: command, log: log, ready: make(chan struct{})}
	s.idle = &http.Transport{DialContext: s.dial, MaxIdleConnsPerHost: 8, DisableCompression: true, WriteBufferSize: 64 << 10}
	s.transport = roundTripper(s.roundTrip)
	return s
}

// Run starts the child and starts it again whenever it ends, after 0.5 s at
// first, up to 30 s if it does not live for a minute. When ctx ends, the child
// is stopped cleanly, killed after 15 s, and Run returns nil.
func (s *Supervisor) Run(ctx context.Context) error {
	pause := firstPause
	for {
		began := s.wall.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			s.ended(nil)
			return nil
		}
		s.ended(err)
		if s.wall.Now().Sub(began) >= steadyAfter {
			pause = firstPause
		}
		s.log.Error("series store ended, starting it again", "reason", err, "pause", pause)
		if s.wall.Sleep(ctx, pause) != nil {
			return nil
		}
		pause = min(2*pause, longestWait)
	}
}

func (s *Supervisor) runOnce(ctx context.Context) error {
	token := rand.Text()
	cmd := exec.CommandContext(ctx, s.command[0], s.command[1:]...)
	cmd.Env = append(os.Environ(), TokenVariable+"="+token)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	diary := &diary{log: s.log}
	cmd.Stderr = &lines{each: diary.line}
	cmd.Stdout = &lines{each: func(line []byte) { s.announced(line, token, cmd.Process) }}
	// The end of its stdin is what the child stops at, by our wish as by our death.
	cmd.Cancel = stdin.Close
	cmd.WaitDelay = stopTime
	cmd.SysProcAttr = apart()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.command[0], err)
	}
	s.mu.Lock()
	s.stats.Starts++
	s.mu.Unlock()
	if err = cmd.Wait(); err == nil {
		err = errors.New("it stopped by itself")
	}
	if reason := diary.reason(); reason != "" {
		return fmt.Errorf("%s (%w)", reason, err)
	}
	return err
}

func (s *Supervisor) announced(line []byte, token string, p *os.Process) {
	var a Announcement
	if err := json.Unmarshal(line, &a); err != nil || a.Listening == "" {
		s.log.Warn("series store says on stdout", "line", string(line))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.Running {
		return
	}
	s.now = child{address: a.Listening, token: token, pid: p.Pid}
	s.stats.Running, s.stats.PID = true, p.Pid
	close(s.ready)
	s.log.Info("series store is up", "address", a.Listening, "pid", p.Pid)
}

func (s *Supervisor) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.Running {
		s.ready = make(chan struct{})
	}
	s.now = child{}
	s.stats.Running, s.stats.PID = false, 0
	if err != nil {
		s.stats.LastExit = err.Error()
	}
	s.idle.CloseIdleConnections()
}

// Ready waits until the child answers, or for the end of ctx, whose error it
// then returns together with the reason why the last child ended, if one did.
func (s *Supervisor) Ready(ctx context.Context) error {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		if last := s.Stats().LastExit; last != "" {
			return fmt.Errorf("series store: %w; the last one ended: %s", ctx.Err(), last)
		}
		return fmt.Errorf("series store: %w", ctx.Err())
	}
}

// URL is the child's present address, for people; empty while it is not
// running. It changes with every start: programs use BaseURL and Transport.
func (s *Supervisor) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.address == "" {
		return ""
	}
	return "http://" + s.now.address
}

// BaseURL is the address to give to New together with Transport. It never
// changes and means nothing to anybody else.
func (s *Supervisor) BaseURL() string { return "http://asue-store" }

// Transport carries requests to BaseURL to the child wherever it listens at the
// moment, with its token. While there is none, requests fail with ErrNotRunning.
func (s *Supervisor) Transport() http.RoundTripper { return s.transport }

// Stats says how the child is doing.
func (s *Supervisor) Stats() SupervisorStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (s *Supervisor) roundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	token := s.now.token
	s.mu.Unlock()
	if token == "" {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, ErrNotRunning
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Token "+token)
	return s.idle.RoundTrip(r)
}

func (s *Supervisor) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	s.mu.Lock()
	address := s.now.address
	s.mu.Unlock()
	if address == "" {
		return nil, ErrNotRunning
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}
