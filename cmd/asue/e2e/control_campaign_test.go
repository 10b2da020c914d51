package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/clock"
)

// goesOn is how long control may take to go on after a fault, of the wall clock.
const goesOn = time.Minute

// perZone is how many faults a zone sees. An agent gives load back six times an hour
// and device at most: after many more faults there is nothing left to command.
const perZone = 25

// TestControlKilled kills and stops the processes of control while commands flow:
// balancers, agent, the core with its broker. Nothing is carried out that is stale,
// forged, played back, of an older term, outside the hard band, or twice; no breaker
// moves; and control goes on within a minute of the wall clock.
//
// ASUE_RUNS is how many faults there are; without it there are four, always the same,
// and three minutes to go on. One zone is played for each twenty-five of them,
// every fourth one on PostgreSQL, four at a time. ASUE_SPEED is the time warp, ASUE_SEED replays the
// faults as far as the machine lets it.
func TestControlKilled(t *testing.T) {
	runs, speed := int(setting(t, "ASUE_RUNS", 4)), setting(t, "ASUE_SPEED", 5)
	seed := seedOf(t)
	zones := (runs + perZone - 1) / perZone
	began := time.Now()
	var mu sync.Mutex
	var all []*campaign
	t.Run("zones", func(t *testing.T) {
		for i := range zones {
			t.Run(strconv.Itoa(i+1), func(t *testing.T) {
				t.Parallel()
				c := &campaign{
					zoneOfControl: newZoneOfControl(t, fmt.Sprintf("zone-%d", i+1), speed, seed%1_000_000+uint64(i), i%4 == 1),
					dice:          rand.New(rand.NewPCG(seed, uint64(i))), faults: map[string]int{}, slowest: map[string]time.Duration{},
				}
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
				c.goOn("the start", 3*goesOn)
				for mine := min(perZone, runs-perZone*i); c.runs < mine && !t.Failed(); c.runs++ {
					c.run()
				}
				c.end()
			})
		}
	})
	t.Log(total(all, seed, speed, time.Since(began)))
}

// setting is a number of the environment.
func setting(t *testing.T, name string, otherwise float64) float64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q: want a number from 1", name, text)
	}
	return n
}

// campaign is the faults of one zone.
type campaign struct {
	*zoneOfControl
	dice     *rand.Rand
	runs     int
	faults   map[string]int
	slowest  map[string]time.Duration // recovery, by fault
	ordered  time.Time                // when a person ordered last, of the wall clock
	armed    time.Time
	refusals int // orders that the page did not take
	arms     int
	sentence *sentence
}

// A fault of a run: what happens, and what must be there again before control can go
// on.
type fault struct {
	name  string
	share int // of a hundred
	play  func(c *campaign)
}

func faults() []fault {
	return []fault{
		{"leader killed", 18, func(c *campaign) { c.kill(c.balancers[c.heard.leads()]) }},
		{"shadow killed", 6, func(c *campaign) { c.kill(c.balancers[1-c.heard.leads()]) }},
		{"both balancers killed", 9, func(c *campaign) { c.kill(c.balancers[0], c.balancers[1]) }},
		{"agent killed", 18, func(c *campaign) { c.kill(c.agent) }},
		{"leader and agent killed", 7, func(c *campaign) { c.kill(c.balancers[c.heard.leads()], c.agent) }},
		{"leader stopped", 16, func(c *campaign) { c.stopFor(c.balancers[c.heard.leads()]) }},
		{"agent stopped", 11, func(c *campaign) { c.stopFor(c.agent) }},
		{"leader stopped, shadow killed", 4, func(c *campaign) {
			leads := c.heard.leads()
			c.balancers[leads].signal(syscall.SIGSTOP)
			c.kill(c.balancers[1-leads])
			c.pause(c.draw(2*time.Second, 20*time.Second))
			c.balancers[leads].signal(syscall.SIGCONT)
		}},
		{"core killed", 7, func(c *campaign) { c.kill(c.core) }},
		{"everything killed", 2, func(c *campaign) { c.kill(c.core, c.balancers[0], c.balancers[1], c.agent) }},
		{"balancers dead", 2, (*campaign).dead},
	}
}

// run plays one fault and waits until control goes on.
func (c *campaign) run() {
	f, patience := c.choose(), time.Duration(goesOn)
	if os.Getenv("ASUE_RUNS") == "" {
		f, patience = usual(c.runs), 3*goesOn // on a machine that is busy with other tests
	}
	c.faults[f.name]++
	c.aim()
	f.play(c)
	took := c.goOn(f.name, patience)
	c.slowest[f.name] = max(c.slowest[f.name], took)
	if took > goesOn/2 {
		c.t.Logf("%s, run %d: control went on %.1f s after: %s", clockText(c.clock.Now()), c.runs, took.Seconds(), f.name)
	}
}

// usual are the faults of a test that is no campaign: the leader and the agent are
// killed and stopped, one after the other.
func usual(run int) fault {
	names := []string{"leader killed", "agent killed", "leader stopped", "agent stopped"}
	list := faults()
	return list[slices.IndexFunc(list, func(f fault) bool { return f.name == names[run%len(names)] })]
}

func (c *campaign) choose() fault {
	n := c.dice.IntN(100)
	for _, f := range faults() {
		if n -= f.share; n < 0 {
			return f
		}
	}
	panic("BUG: the shares of the faults are less than a hundred")
}

// aim waits for the moment: half of the times one at which a command is on its way.
func (c *campaign) aim() {
	until := time.Now().Add(c.draw(0, 4*time.Second))
	at, begun := c.clock.Now(), c.dice.IntN(2) == 0
	for time.Now().Before(until) {
		c.press()
		if begun && c.heard.executing(at) > 0 {
			return
		}
		c.pause(50 * time.Millisecond)
	}
}

// kill ends processes without warning and starts them again.
func (c *campaign) kill(list ...*unit) {
	from := c.clock.Now()
	for _, u := range list {
		u.kill()
		u.kills++
		if u == c.core {
			c.cored = append(c.cored, c.clock.Now())
		}
	}
	c.pause(c.draw(0, 5*time.Second))
	for _, u := range list {
		if err := u.start(); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, u := range list {
		eventually(c.t, u.name+" works", upWithin, u.up)
		if u == c.agent {
			c.stopped = append(c.stopped, span{from, c.clock.Now().Sub(from)})
		}
	}
}

// stopFor stops a process for 2 to 40 s, more often for a short time.
func (c *campaign) stopFor(u *unit) {
	from := c.clock.Now()
	u.signal(syscall.SIGSTOP)
	f := c.dice.Float64()
	c.pause(2*time.Second + time.Duration(f*f*f*float64(38*time.Second)))
	u.signal(syscall.SIGCONT)
	if u == c.agent {
		c.stopped = append(c.stopped, span{from, c.clock.Now().Sub(from)})
	}
}

// dead keeps both balancers away until the agent has done what its table says: all
// limits go to their fail-safe value after two minutes, within five, those that rise
// after up to two more; and nothing else moves.
func (c *campaign) dead() {
	for _, u := range c.balancers {
		u.kill()
		u.kills++
	}
	before := c.world.Snapshot()
	c.pause(c.clock.Real(aloneFor + 2*time.Minute + rampFor + time.Minute))
	after := c.world.Snapshot()
	for _, a := range c.site.Actuators {
		was, _ := before.Actuator(a.ID)
		is, _ := after.Actuator(a.ID)
		switch {
		case a.Kind == metering.ActuatorSetpoint && (is.Limit != a.FailSafe || is.InForce != a.FailSafe):
			c.t.Errorf("%s: %s stands at %v with the balancers dead, its table says %v", clockText(after.At), a.ID, is.Limit, a.FailSafe)
		case a.Kind == metering.ActuatorRelay && is.Coil != was.Coil:
			c.t.Errorf("%s: %s has moved while the balancers were dead", clockText(after.At), a.ID)
		case a.Kind == metering.ActuatorBreaker && (!is.AuxClosed || is.AuxOpen):
			c.t.Errorf("%s: %s has moved while the balancers were dead", clockText(after.At), a.ID)
		}
	}
	for _, u := range c.balancers {
		if err := u.start(); err != nil {
			c.t.Fatal(err)
		}
	}
}

// goOn lets persons do what they have to until a new command is being carried out.
func (c *campaign) goOn(after string, within time.Duration) time.Duration {
	c.t.Helper()
	began, since := time.Now(), c.clock.Now()
	c.ordered = time.Time{}
	for c.heard.executing(since) == 0 {
		if took := time.Since(began); took > within {
			report, fresh := c.heard.now()
			c.t.Fatalf("%s: no command is carried out within %v after: %s; the report is fresh: %v: %+v", clockText(c.clock.Now()), within, after, fresh, report.Acts)
		}
		c.press()
		c.pause(50 * time.Millisecond)
	}
	return time.Since(began)
}

// press is what persons do: they arm auto when it is gone, and give orders that make
// commands necessary.
func (c *campaign) press() {
	report, fresh := c.heard.now()
	if !fresh || report.Acts.Shadow {
		return
	}
	if report.Acts.Killed {
		c.t.Fatalf("%s: somebody has killed control, and nobody has ordered it", clockText(c.clock.Now()))
	}
	if !report.Acts.Armed {
		if time.Since(c.armed) > 2*time.Second {
			c.armed = time.Now()
			if err := arm(c.persons[0], c.persons[1]); err != nil {
				c.refusals++
			} else {
				c.arms++
			}
		}
		return
	}
	if time.Since(c.ordered) < 5*time.Second {
		return
	}
	c.ordered = time.Now()
	order := c.pin()
	if c.dice.IntN(12) == 0 && report.Power != nil && c.lowers() {
		order = map[string]any{"kind": "limit", "node": "in", "power_w": int64(*report.Power) / 100 * 98, "reason": "the line is weak", "expires": c.clock.Now().Add(3 * time.Minute)}
	}
	if _, err := c.persons[c.dice.IntN(2)].order(order); err != nil {
		c.refusals++
	}
}

// lowers reports whether any of the works can be taken down by its set-point.
func (c *campaign) lowers() bool {
	now := c.world.Snapshot()
	return slices.ContainsFunc(c.site.Actuators, func(a metering.Actuator) bool {
		v, ok := now.Actuator(a.ID)
		return ok && a.Kind == metering.ActuatorSetpoint && v.Served > a.Least+200*metering.Kilowatt
	})
}

// pin fixes one of the works at another limit for some minutes: one command, and one
// or more when it is over.
func (c *campaign) pin() map[string]any {
	var at []metering.Actuator
	for _, a := range c.site.Actuators {
		if s, ok := c.heard.state(a.ID); ok && a.Kind == metering.ActuatorSetpoint && s.Readable && s.Guarding == metering.GuardNormal {
			at = append(at, a)
		}
	}
	if len(at) == 0 {
		at = slices.Clone(c.site.Actuators[:1])
	}
	c.dice.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
	// Who draws much comes down, by less than what the pace of the zone permits at once:
	// it would be quiet for minutes otherwise.
	a, limit := at[0], at[0].Least
	for _, x := range at {
		if v, ok := c.world.Snapshot().Actuator(x.ID); ok && v.Served > x.Least+200*metering.Kilowatt {
			a, limit = x, metering.Power(float64(v.Served)*(0.75+0.18*c.dice.Float64()))/metering.Kilowatt*metering.Kilowatt
			break
		}
	}
	return map[string]any{"kind": "pin", "resident": string(a.Resident), "power_w": int64(limit), "reason": "works of the shift",
		"expires": c.clock.Now().Add(2*time.Minute + time.Duration(c.dice.Int64N(int64(3*time.Minute))))}
}

// end stops everything, and lets the judge look.
func (c *campaign) end() {
	c.foe.stop()
	for _, u := range []*unit{c.balancers[0], c.balancers[1], c.agent, c.core} {
		if err := u.stop(upWithin); err != nil {
			c.t.Error(err)
		}
		if err := u.faulty(); err != nil {
			c.t.Error(err)
		}
	}
	e := c.testimony()
	c.sentence = try(e)
	if len(c.sentence.complaints) > 0 {
		c.t.Error(report(c.sentence.complaints))
	}
	if out, errs, code := run(c.t, "verify", "-c", filepath.Join(c.dir, "core.yaml")); code != 0 {
		c.t.Errorf("asue verify: exit code %d\n%s%s", code, out, errs)
	}
	if c.sentence.moved == 0 && !c.t.Failed() {
		c.t.Error("not one command has moved anything: nothing was tried")
	}
	c.t.Log(c.summary(e))
}

// testimony is everything that was seen of this zone.
func (c *campaign) testimony() testimony {
	c.t.Helper()
	l := c.heard
	l.mu.Lock()
	defer l.mu.Unlock()
	e := testimony{site: c.site, sayings: l.sayings, tellings: l.tellings, beats: l.beats, stopped: c.stopped, broken: c.cored,
		slack: c.clock.Virtual(time.Second)}
	for _, w := range c.world.Writes() {
		if w.Source != "" {
			e.writes = append(e.writes, w)
		}
	}
	ledger, err := c.open(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	for before := uint64(0); ; {
		page, err := ledger.Audit(c.t.Context(), metering.AuditQuery{Before: before, Limit: 1000})
		if err != nil {
			c.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		e.audit, before = append(e.audit, page...), page[len(page)-1].Seq
	}
	slices.Reverse(e.audit)
	if err := ledger.Close(); err != nil {
		c.t.Error(err)
	}
	return e
}

// draw is a time between two.
func (c *campaign) draw(from, to time.Duration) time.Duration {
	return from + time.Duration(c.dice.Int64N(int64(to-from)))
}

// pause lets time of the wall clock pass.
func (c *campaign) pause(d time.Duration) {
	if err := (clock.Clock{}).Sleep(c.t.Context(), d); err != nil {
		c.t.Fatal(err)
	}
}

func (c *campaign) summary(e testimony) string {
	s := c.sentence
	var b strings.Builder
	fmt.Fprintf(&b, "CONTROL %s: %d runs\n", c.name, c.runs)
	for _, f := range faults() {
		if n := c.faults[f.name]; n > 0 {
			fmt.Fprintf(&b, "  %-32s %3d times, control goes on after %.1f s at the latest\n", f.name, n, c.slowest[f.name].Seconds())
		}
	}
	fmt.Fprintf(&b, "  commands   %d carried out in %d terms, %d of them moved a device (%d known from the audit alone), the oldest %.1f s after its beat\n",
		len(s.executed), len(s.terms), s.moved, s.fromAudit, s.oldest.Seconds())
	fmt.Fprintf(&b, "  writes     %d: %d of commands, %d of the agent's ramps, %d that said a limit again\n", len(e.writes), s.moved, s.own, s.kept)
	fmt.Fprintf(&b, "  refused    %s\n", counts(s.refused))
	fmt.Fprintf(&b, "  mischief   %s\n", counts(c.foe.said))
	fmt.Fprintf(&b, "  persons    armed auto %d times; %d orders did not reach the page\n", c.arms, c.refusals)
	fmt.Fprintf(&b, "  audit      %d records", len(e.audit))
	return b.String()
}

func counts(of map[string]int) string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(of)) {
		list = append(list, fmt.Sprintf("%s %d", k, of[k]))
	}
	return strings.Join(list, ", ")
}

// total is the figures of all zones.
func total(all []*campaign, seed uint64, speed float64, took time.Duration) string {
	runs, moved, executed, violations, longest, last := 0, 0, 0, 0, time.Duration(0), ""
	for _, c := range all {
		runs += c.runs
		for name, d := range c.slowest {
			if d > longest {
				longest, last = d, name
			}
		}
		if c.sentence != nil {
			moved, executed, violations = moved+c.sentence.moved, executed+len(c.sentence.executed), violations+len(c.sentence.complaints)
		}
	}
	return fmt.Sprintf("CAMPAIGN control of real processes: ASUE_SEED=%d, %d runs in %d zones at speed %g in %v: %d commands carried out, %d moved a device, %d violations, longest recovery %.1f s (%s)",
		seed, runs, len(all), speed, took.Round(time.Second), executed, moved, violations, longest.Seconds(), last)
}
