package balancing_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected outputs anew")

// Each file of testdata is a story: commands, "----", what the controller says,
// an empty line. A line with '#' is a remark.
//
//	config limit=29.7MW block=30m smoothing=0s …     begin a configuration
//	point ID level=inputs|transformers|feeders poll=5s cap=2MW resident=ID out   out: not in service
//	resident ID allowed=2MW
//	start 10:00:00                                   make the controller; prints the faults
//	set ID=25MW … | set ID=bad                       the power that a meter sees; bad: out of range
//	silent ID … | heard ID …                         its meter stops answering, answers again
//	register ID on|off|reset|swap                    its energy register
//	run 10m tick=5s                                  time goes by; prints what changes
//	supply NAME limit=12MW|unlimited|unstated inputs=ID,ID with=NAME,NAME
//	away 5m                                          time goes by, and nobody looks
//	clock -10m                                       the clock is set
//	restart                                          snapshot, a new controller, restore
//	state                                            prints the state
//	demand … | sliding …                             the formulas alone
//
// Those in testdata/acting have actuators besides, and agents that obey; what they
// add is told in acting_test.go.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	acting, err2 := filepath.Glob("testdata/acting/*.txt")
	files, err = append(files, acting...), errors.Join(err, err2)
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(src))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(src), got); diff != "" && !*rewrite {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// play runs a story and writes it down with what was really said.
func play(t *testing.T, src string) string {
	var out strings.Builder
	s := &story{t: t, cfg: balancing.Defaults(), meters: map[metering.PointID]*meter{}}
	answers := false // between "----" and the empty line
	for line := range strings.Lines(src) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "----":
			answers = true
			out.WriteString("----\n" + s.said.String())
			s.said.Reset()
		case answers && line != "":
		default:
			answers = false
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				s.command(strings.Fields(line))
			}
		}
	}
	if s.said.Len() > 0 {
		t.Errorf("the story ends without the answer to its last command:\n%s", s.said.String())
	}
	return out.String()
}

type story struct {
	t      *testing.T
	cfg    balancing.Config
	c      *balancing.Controller
	now    time.Time
	meters map[metering.PointID]*meter
	last   balancing.State
	said   strings.Builder

	acts
}

// meter is a simulated meter: power, and a register in steps of 1 Wh that
// integrates it exactly.
type meter struct {
	poll       time.Duration
	base       metering.Power // of its load, before devices have their say
	power      metering.Power
	bad        bool
	silent     bool
	noRegister bool
	wms        int64 // W·ms
	device     int
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.said, format+"\n", args...) }

func (s *story) command(words []string) {
	opts := map[string]string{}
	var names []string
	for _, w := range words[1:] {
		if key, value, ok := strings.Cut(w, "="); ok {
			opts[key] = value
		} else {
			names = append(names, w)
		}
	}
	switch words[0] {
	case "config":
		s.config(opts)
	case "point":
		s.point(names, opts)
	case "resident":
		s.cfg.Residents = append(s.cfg.Residents, balancing.Resident{ID: metering.ResidentID(names[0]), Name: names[0], Allowed: s.power(opts["allowed"])})
	case "start":
		s.start(names[0])
	case "set":
		for id, v := range opts {
			m := s.meter(id)
			if m.bad = v == "bad"; !m.bad {
				m.base = s.power(v)
				m.power = m.base
			}
		}
	case "silent", "heard":
		for _, id := range names {
			s.meter(id).silent = words[0] == "silent"
		}
	case "register":
		m := s.meter(names[0])
		switch names[1] {
		case "on", "off":
			m.noRegister = names[1] == "off"
		case "reset":
			m.wms = 0
		case "swap":
			m.wms, m.device = 77_000*3600_000, m.device+1
		}
	case "run":
		tick := 5 * time.Second
		if opts["tick"] != "" {
			tick = s.duration(opts["tick"])
		}
		s.run(s.duration(names[0]), tick)
	case "supply":
		m := balancing.Supply{At: s.now, Limit: s.limit(opts["limit"])}
		if len(names) > 0 {
			m.Feeding = names[0]
		}
		m.With = strings.FieldsFunc(opts["with"], func(r rune) bool { return r == ',' })
		for _, id := range strings.FieldsFunc(opts["inputs"], func(r rune) bool { return r == ',' }) {
			m.InService = append(m.InService, metering.PointID(id))
		}
		s.c.Step(m)
	case "away":
		d := s.duration(names[0])
		s.now = s.now.Add(d)
		for _, m := range s.meters {
			m.wms += int64(m.power) * d.Milliseconds()
		}
	case "clock":
		s.now = s.now.Add(s.duration(names[0]))
	case "restart":
		snapshot := s.c.Snapshot()
		s.c = ok(balancing.New(s.cfg))(s.t)
		if err := s.c.Restore(snapshot); err != nil {
			s.t.Fatal(err)
		}
	case "state":
		s.state()
	case "demand":
		s.demand(opts)
	case "sliding":
		s.sliding(names, opts)
	default:
		if !s.actingCommand(words[0], names, opts) {
			s.t.Fatalf("unknown command %q", words[0])
		}
	}
}

func (s *story) config(opts map[string]string) {
	s.cfg = balancing.Defaults()
	s.meters = map[metering.PointID]*meter{}
	s.acts = acts{field: newField(), sums: map[metering.PointID][]metering.PointID{}}
	s.cfg.Location = time.FixedZone("site", 5*3600)
	for key, v := range opts {
		switch key {
		case "limit":
			s.cfg.Limit = s.limit(v)
		case "ceiling":
			s.cfg.Ceiling = s.limit(v)
		case "feeding":
			s.cfg.Feeding = v
		case "block":
			s.cfg.Block = s.duration(v)
		case "smoothing":
			s.cfg.Smoothing = s.duration(v)
		case "dead":
			s.cfg.Dead = s.duration(v)
		case "freeze":
			s.cfg.Freeze = s.duration(v)
		case "margin":
			s.cfg.MarginMin = s.number(v)
		case "trigger":
			s.cfg.Trigger = s.number(v)
		case "target":
			s.cfg.Target = s.number(v)
		case "release":
			s.cfg.Release = s.number(v)
		default:
			s.t.Fatalf("config: unknown %q", key)
		}
	}
}

func (s *story) point(names []string, opts map[string]string) {
	p := balancing.Point{ID: metering.PointID(names[0]), Poll: 5 * time.Second, InService: !slices.Contains(names, "out")}
	for key, v := range opts {
		switch key {
		case "level":
			p.Level = map[string]balancing.Level{"none": balancing.NoLevel, "inputs": balancing.Inputs, "transformers": balancing.Transformers, "feeders": balancing.Feeders}[v]
		case "poll":
			p.Poll = s.duration(v)
		case "cap":
			p.Cap = s.limit(v)
		case "resident":
			p.Resident = metering.ResidentID(v)
		case "node":
			p.Node = metering.NodeID(v)
		case "sum":
			for id := range strings.SplitSeq(v, ",") {
				s.sums[p.ID] = append(s.sums[p.ID], metering.PointID(id))
			}
		default:
			s.t.Fatalf("point: unknown %q", key)
		}
	}
	s.cfg.Points = append(s.cfg.Points, p)
	s.meters[p.ID] = &meter{poll: p.Poll, wms: 1_000_000_000 * 3600}
}

// start begins at a time of the site's clock, 5 hours ahead of UTC.
func (s *story) start(clock string) {
	var h, m, sec int
	if _, err := fmt.Sscanf(clock, "%d:%d:%d", &h, &m, &sec); err != nil {
		s.t.Fatalf("start %s: %v", clock, err)
	}
	s.now = time.Date(2026, 3, 2, h, m, sec, 0, s.cfg.Location)
	for _, b := range s.bands {
		b.band.From, b.band.To = s.now.Add(b.from), s.now.Add(b.to)
		s.cfg.Bands = append(s.cfg.Bands, b.band)
	}
	c, err := balancing.New(s.cfg)
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			s.say("%s", strings.TrimSpace(line))
		}
		return
	}
	s.c, s.last = c, balancing.State{}
}

// run lets time go by in steps of a second: meters integrate and answer at
// multiples of their poll period, the controller ticks at multiples of tick.
func (s *story) run(d, tick time.Duration) {
	for end := s.now.Add(d); s.now.Before(end); {
		s.now = s.now.Add(time.Second)
		s.move()
		for _, p := range s.cfg.Points {
			m := s.meters[p.ID]
			m.wms += int64(m.power) * 1000
			if s.now.Sub(s.now.Truncate(m.poll)) == 0 {
				s.c.Step(m.answer(p.ID, s.now))
			}
		}
		if s.now.Sub(s.now.Truncate(tick)) == 0 || s.urgent {
			s.tick()
		}
	}
}

func (m *meter) answer(id metering.PointID, now time.Time) balancing.Reading {
	r := balancing.Reading{Point: id, Meter: metering.MeterID(fmt.Sprintf("%s/%d", id, m.device)), At: now}
	switch {
	case m.silent:
		r.Quality = metering.CommFail
		return r
	case m.bad:
		r.Quality = metering.OutOfRange
	default:
		r.HasPower, r.PowerW = true, float64(m.power)
	}
	if !m.noRegister {
		r.Register, r.Quantum = m.wms/3600/1000*1000, 1000
	}
	return r
}

func (s *story) tick() {
	out := s.c.Tick(s.now)
	s.deliver(out)
	st, last := out.State, s.last
	if st.Phase != last.Phase && st.Condition != last.Condition && last.Phase != "" {
		s.t.Errorf("%v: two transitions in one tick", st.At)
	}
	for _, change := range []struct {
		what      string
		from, now any
	}{
		{"condition", last.Condition, st.Condition}, {"phase", last.Phase, st.Phase}, {"band", last.Band, st.Band}, {"source", last.PowerSource, st.PowerSource},
	} {
		if change.from != change.now {
			s.say("%s  %s %v → %v", s.clock(), change.what, change.from, change.now)
		}
	}
	for _, n := range out.Notices {
		s.notice(n)
	}
	s.journal(out)
	s.last = st
	if text := fmt.Sprintf("%+v", st); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		s.t.Errorf("%v: not a number: %s", st.At, text)
	}
}

func (s *story) clock() string { return s.now.In(s.cfg.Location).Format("15:04:05") }

func (s *story) notice(n balancing.Notice) {
	mark := "!"
	if !n.Active {
		mark = "."
	}
	s.say("%s %s %s (%s)", s.clock(), mark, n.Kind, n.Severity)
	for _, key := range slices.Sorted(maps.Keys(n.Args)) {
		switch v := n.Args[key].(type) {
		case metering.Power:
			s.say("            %s %s", key, mw(v))
		case []balancing.Share:
			for _, e := range v {
				s.say("            %s %s draws %s of %s: %s", key, e.Resident, mw(e.Power), mw(e.Share), e.Why)
			}
		case []balancing.Excess:
			for _, e := range v {
				s.say("            %s %s %s of %s: %s too much", key, e.Resident, mw(e.Power), mw(e.Allowed), mw(e.Excess))
			}
		case time.Time:
			s.say("            %s %s", key, v.In(s.cfg.Location).Format("15:04"))
		default:
			s.say("            %s %v", key, v)
		}
	}
}

func mw(p metering.Power) string { return strconv.FormatFloat(p.Megawatts(), 'f', 3, 64) + " MW" }

func value(v balancing.Value) string {
	if !v.Known {
		return "unknown"
	}
	return mw(v.Power)
}

func (s *story) state() {
	st := s.last
	s.say("%s %s %s band %s", s.clock(), st.Phase, st.Condition, st.Band)
	for _, r := range st.Reasons {
		s.say("  because    %s", r)
	}
	quiet := ""
	if st.Quiet {
		quiet = " (quiet)"
	}
	s.say("  power      %s from %s, guessed %s, suspect %v", value(st.Power), st.PowerSource, mw(st.Guessed), st.Suspect)
	s.say("  block      %s to %s%s, %.3f MWh by %s", st.Begin.In(s.cfg.Location).Format("15:04:05"), st.End.In(s.cfg.Location).Format("15:04"), quiet, float64(st.Energy)/1e6, st.EnergySource)
	s.say("  mean       %s", value(st.Mean))
	s.say("  projection %s, upper %s, headroom %s", value(st.Projection), value(st.Upper), value(st.Headroom))
	s.say("  allowable  %s, sliding %s, margin %.3f", value(st.Allowable), value(st.Sliding), st.Margin)
	s.say("  correction %s, unavoidable %v, compliance in %d min", value(st.Correction), st.Unavoidable, st.Compliance)
	s.say("  limit      %s of %q, ceiling %s", value(st.Limit), st.Feeding, value(st.Ceiling))
	s.say("  points     %d fresh, %d stale, %d silent", st.Fresh, st.Stale, st.Silent)
	for _, e := range st.Over {
		s.say("  over       %s %s of %s", e.Resident, mw(e.Power), mw(e.Allowed))
	}
}

func (s *story) demand(opts map[string]string) {
	d := balancing.Demand{
		LimitW: float64(s.power(opts["limit"])), LengthH: s.duration(opts["block"]).Hours(), ElapsedH: s.duration(opts["elapsed"]).Hours(),
		EnergyWh: float64(ok(metering.ParseEnergy(opts["energy"]))(s.t)), PowerW: float64(s.power(opts["power"])),
		Margin: s.number(opts["margin"]), CeilingW: float64(s.power(opts["ceiling"])),
	}
	f := func(w float64) string { return strconv.FormatFloat(math.Round(w/100)/1e4+0, 'f', -1, 64) }
	s.say("projection %s, allowable %s → %s, correction %s, unavoidable %v", f(d.ProjectionW()), f(d.AllowableRawW()), f(d.AllowableW()), f(d.CorrectionW()), d.Unavoidable())
}

func (s *story) sliding(names []string, opts map[string]string) {
	var means []float64
	for _, n := range names {
		count, mw, _ := strings.Cut(n, "x")
		for range int(s.number(count)) {
			means = append(means, s.number(mw)*1e6)
		}
	}
	limit := float64(s.power(opts["limit"]))
	w, h := balancing.Sliding(limit, means)
	s.say("allowable %.4g MW, decided in %d min, compliance in %d min", w/1e6, h, balancing.Compliance(limit, means))
}

func (s *story) meter(id string) *meter {
	m, known := s.meters[metering.PointID(id)]
	if !known {
		s.t.Fatalf("no point %q", id)
	}
	return m
}

func (s *story) power(v string) metering.Power { return ok(metering.ParsePower(v))(s.t) }

func (s *story) limit(v string) metering.Limit {
	switch v {
	case "unlimited":
		return metering.Unlimited()
	case "unstated", "":
		return metering.Limit{}
	}
	return metering.LimitOf(s.power(v))
}

func (s *story) duration(v string) time.Duration { return ok(time.ParseDuration(v))(s.t) }
func (s *story) number(v string) float64         { return ok(strconv.ParseFloat(v, 64))(s.t) }

// ok returns a function, so that a two-valued call fits in: ok(f(x))(t).
func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
