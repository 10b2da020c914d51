package modbusd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/clock"
	"asue/simulator"
)

// Config is what a Server is made of. World, Library and Log must be given.
type Config struct {
	// World is the zone that is served. From Listen on it belongs to the server.
	World   *simulator.World
	Library *regmap.Library
	Clock   clock.Clock
	// Tick is how often the registers of all meters are written anew, in time of
	// Clock; 0 takes 20 ms of the wall clock.
	Tick time.Duration
	// Age is how old a meter's registers may be when they are asked for, in time
	// of Clock: older ones are written anew first, so the bound holds on a busy
	// machine too. 0 takes a tenth of Tick.
	Age time.Duration
	// Address says where a line listens, "host:port"; port 0 lets the kernel
	// choose. Nil puts every line on such a port of 127.0.0.1. See Ports.
	Address func(metering.LineID) string
	// RTU are the lines whose ports speak RTU frames, as behind a converter that
	// passes bytes through; all others speak Modbus/TCP.
	RTU []metering.LineID
	// Serial are the lines that get a serial port too, see Server.SerialPorts. It
	// is a pseudo terminal; Linux only.
	Serial []metering.LineID
	// Baud is the rate at which answers in RTU frames come; 0 for as fast as can be.
	Baud int
	// Journal is a file in which scenarios are kept, so that a server that is
	// started again on it goes on with the same registers; empty for none.
	Journal string
	// OnSnapshot is called with every new snapshot, also one exactly at each
	// quarter of an hour. It must return soon and must not call the server.
	OnSnapshot func(*simulator.Snapshot)
	Log        *slog.Logger
}

// Server serves a world and moves its time on.
type Server struct {
	clock      clock.Clock
	tick       time.Duration
	age        time.Duration
	lines      []*line
	archives   []*device // those of the meters that have a memory
	listeners  []net.Listener
	serial     []serialLine
	rtu        []metering.LineID
	baud       int
	onSnapshot func(*simulator.Snapshot)
	log        *slog.Logger
	seed       uint64
	site       *metering.Site
	latest     atomic.Pointer[simulator.Snapshot]
	requests   atomic.Uint64

	mu      sync.Mutex // guards what follows
	world   *simulator.World
	journal *journal
}

// Listen brings the world to the present, writes the registers and opens the
// ports; Serve answers on them. It fails on a site whose meters cannot be served
// (all faults at once), on a journal of another world and on a port that is
// taken.
func Listen(cfg Config) (*Server, error) {
	s := &Server{
		clock: cfg.Clock, tick: cfg.Tick, age: cfg.Age, onSnapshot: cfg.OnSnapshot, log: cfg.Log,
		world: cfg.World, seed: cfg.World.Seed(), site: cfg.World.Site(), rtu: cfg.RTU, baud: cfg.Baud,
	}
	if s.tick <= 0 {
		s.tick = max(s.clock.Virtual(20*time.Millisecond), time.Millisecond)
	}
	if s.age <= 0 {
		s.age = s.tick / 10
	}
	lines, faults := linesOf(cfg.World.Site(), cfg.Library, cfg.World.Origin())
	if len(faults) > 0 {
		return nil, fmt.Errorf("simulator: site %s: %w", cfg.World.Site().ID, errors.Join(faults...))
	}
	s.lines, s.archives = lines, withArchive(lines)
	if cfg.Journal != "" {
		j, err := openJournal(cfg.Journal, s.world)
		if err != nil {
			return nil, fmt.Errorf("simulator: %w", err)
		}
		s.journal = j
	}
	s.advance()
	if err := s.open(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("simulator: %w", err), s.close())
	}
	return s, nil
}

// Ports puts the lines of a site on consecutive ports, in the order of
// simulator.Lines, the first on the port of listen ("127.0.0.1:5020"); port 0
// lets the kernel choose for each. It is meant for Config.Address.
func Ports(site *metering.Site, listen string) (func(metering.LineID) string, error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: want host:port, such as 127.0.0.1:5020", listen)
	}
	lines := simulator.Lines(site)
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port > 0 && int(port)+len(lines)-1 > 65535 {
		return nil, fmt.Errorf("listen address %q: the port must leave room for %d lines below 65536", listen, len(lines))
	}
	ports := make(map[metering.LineID]string, len(lines))
	for i, l := range lines {
		at := int(port)
		if port > 0 {
			at += i
		}
		ports[l] = net.JoinHostPort(host, strconv.Itoa(at))
	}
	return func(l metering.LineID) string { return ports[l] }, nil
}

// Addresses are the lines' addresses, "127.0.0.1:5020", with the ports that the
// kernel chose.
func (s *Server) Addresses() map[metering.LineID]string {
	at := make(map[metering.LineID]string, len(s.lines))
	for i, ln := range s.listeners {
		at[s.lines[i].id] = ln.Addr().String()
	}
	return at
}

// Serve answers requests and moves the world on with the clock until ctx ends.
// It closes the ports, waits for all connections to end and returns nil then.
// It is called once.
func (s *Server) Serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, ln := range s.listeners {
		group.Go(func() error {
			if err := s.accept(ctx, ln, s.lines[i]); err != nil {
				return fmt.Errorf("simulator: line %s: %w", s.lines[i].id, err)
			}
			return nil
		})
	}
	for _, l := range s.serial {
		group.Go(func() error { return s.serveSerial(ctx, l) })
	}
	group.Go(func() error { return s.run(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		return s.close()
	})
	return group.Wait()
}

// Serve is Listen and Server.Serve in one.
func Serve(ctx context.Context, cfg Config) error {
	s, err := Listen(cfg)
	if err != nil {
		return err
	}
	return s.Serve(ctx)
}

func (s *Server) close() error {
	var faults []error
	for _, ln := range s.listeners {
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			faults = append(faults, err)
		}
	}
	for _, l := range s.serial {
		if err := l.cable.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
			faults = append(faults, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal != nil {
		faults = append(faults, s.journal.Close())
		s.journal = nil
	}
	return errors.Join(faults...)
}

// run moves the world on at every tick and at every quarter of an hour.
func (s *Server) run(ctx context.Context) error {
	for {
		now := s.Snapshot().At
		wake := now.Add(s.tick)
		if q := metering.PeriodStart(now).Add(metering.BasePeriod); q.Before(wake) {
			wake = q
		}
		if s.clock.SleepUntil(ctx, wake) != nil {
			return nil // the end was asked for
		}
		s.mu.Lock()
		s.advance()
		s.mu.Unlock()
	}
}

// advance brings world and registers to the present. The lock is held, or nobody
// else is there yet.
func (s *Server) advance() {
	s.arrive()
	s.publish()
}

// arrive brings the world to the present, by way of a quarter of an hour that
// lies between.
func (s *Server) arrive() {
	now := s.clock.Now()
	q := metering.PeriodStart(now)
	passed := s.world.Now().Before(q)
	s.remember(q)
	if s.latest.Load() != nil && passed {
		s.world.StepTo(q)
		s.publish()
	}
	s.world.StepTo(now)
}

// publish writes all registers from the world as it stands.
func (s *Server) publish() {
	snapshot := s.picture()
	for _, l := range s.lines {
		for _, d := range l.units {
			if d != nil {
				d.refresh(snapshot)
			}
		}
	}
}

// picture makes a snapshot of the world as it stands the latest one.
func (s *Server) picture() *simulator.Snapshot {
	snapshot := s.world.Snapshot()
	s.latest.Store(snapshot)
	if s.onSnapshot != nil {
		s.onSnapshot(snapshot)
	}
	return snapshot
}

// fresh writes one meter's registers anew if they are too old to be shown. One
// snapshot serves all meters that are asked within its age.
func (s *Server) fresh(d *device) {
	if d == nil || s.clock.Now().Sub(d.written()) <= s.age {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	snapshot := s.Snapshot()
	if s.clock.Now().Sub(snapshot.At) > s.age {
		s.arrive()
		snapshot = s.picture()
	}
	d.refresh(snapshot)
}

// Snapshot is the zone as the registers show it now.
func (s *Server) Snapshot() *simulator.Snapshot { return s.latest.Load() }

// Requests counts the requests that have come in on all lines.
func (s *Server) Requests() uint64 { return s.requests.Load() }

// Start starts a scenario at once, see simulator.World.Start. It may be called
// from any goroutine.
func (s *Server) Start(scenario, target string) error {
	return s.happen(simulator.Event{Scenario: scenario, Target: target})
}

// Stop ends a scenario at once, with whatever target. It may be called from any
// goroutine.
func (s *Server) Stop(scenario string) error { return s.StopAt(scenario, "") }

// StopAt ends a scenario for one actuator at once. It may be called from any goroutine.
func (s *Server) StopAt(scenario, target string) error {
	return s.happen(simulator.Event{Scenario: scenario, Target: target, Stop: true})
}

func (s *Server) happen(e simulator.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	e.At = s.world.Now()
	past := s.world.EventCount()
	if err := s.world.Schedule(e); err != nil {
		return err
	}
	s.publish()
	if err := s.keep(past); err != nil {
		return fmt.Errorf("scenario %s goes on, but a restart will not know of it: %w", e.Scenario, err)
	}
	return nil
}

// keep writes the events of the world, without the first ones, to the journal, if
// there is one. The lock is held.
func (s *Server) keep(past int) error {
	if s.journal == nil {
		return nil
	}
	for _, e := range s.world.EventsFrom(past) {
		if err := s.journal.add(e); err != nil {
			return err
		}
	}
	return nil
}
