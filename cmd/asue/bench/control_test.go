package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/site"
	"asue/metering/wire"
	"asue/simulator"
	"asue/simulator/modbusd"
)

// The trials of BenchmarkControl: each has a feeder of its own, whose works switch a
// line on. They are as far apart as the pauses of the controller ask for.
const (
	trials      = 30
	trialEvery  = 34 * time.Second
	trialJitter = 6 * time.Second
)

// BenchmarkControl lets the load behind a feeder step above the feeder's limit, and
// looks when the controller decides to shed a relay there, when that is written to the
// relay, and when it has been read back. Meters and relays are simulated; all roles
// run in one process at the speed of life, armed auto by two persons.
//
// From the change to the decision passes what the controller is meant to wait: the
// smoothing of the power (30 s) and the pause between plans (20 s).
func BenchmarkControl(b *testing.B) {
	program := build(b, "asue")
	z := newFeeders(b)
	dir := b.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		return path
	}
	put("site.yaml", z.text)
	at := z.world.Addresses()
	file := put("asue.yaml", fmt.Sprintf("site: site.yaml\ndata: data\nhttp: 127.0.0.1:0\nroles: [broker, metering, collector, balancer, dispatcher, agent]\nbroker: {listen: 127.0.0.1:0}\ncollector: {fast: 1s, lines: {gw-1: \"tcp://%s\"}}\nagent: {name: agent-1, lines: {cab-1: \"tcp://%s\"}}\n", at["gw-1"], at["cab-1"]))
	c := start(b, nil, program, "run", "-c", file)
	broker := "mqtt://" + c.await("mqtt://", time.Minute)
	page := "http://" + c.await("http://", time.Minute)
	ear := overhear(b, broker)
	armBy(b, program, file, page)

	dice := rand.New(rand.NewPCG(7, 8))
	time.Sleep(90 * time.Second) // all meters read, the controller has begun to act
	var changed []time.Time
	for i := range trials {
		changed = append(changed, z.switchOn(b, i))
		time.Sleep(trialEvery + time.Duration(dice.Int64N(int64(trialJitter))))
	}
	time.Sleep(time.Minute)

	took := map[string][]time.Duration{}
	note := func(what string, from, to time.Time) {
		if from.IsZero() || to.IsZero() {
			return
		}
		took[what] = append(took[what], to.Sub(from))
	}
	for i, when := range changed {
		relay := metering.ActuatorID(fmt.Sprintf("r-%d", i))
		s, write := ear.of(relay), z.written(relay)
		note("change_to_decision", when, s.selected)
		note("decision_to_write", s.selected, write)
		note("decision_to_confirmed", s.selected, s.confirmed)
		note("contacts_to_confirmed", z.opened(relay), s.confirmed)
		note("change_to_write", when, write)
		note("change_to_confirmed", when, s.confirmed)
	}
	for _, what := range []string{"change_to_decision", "decision_to_write", "decision_to_confirmed", "contacts_to_confirmed", "change_to_write", "change_to_confirmed"} {
		list := took[what]
		slices.Sort(list)
		report("control_"+what+"_missed", float64(trials-len(list)), "trials")
		if len(list) == 0 {
			b.Errorf("%s: not one trial", what)
			continue
		}
		report("control_"+what+"_p50", float64(quantileOf(list, 0.5).Milliseconds()), "ms")
		report("control_"+what+"_p99", float64(quantileOf(list, 0.99).Milliseconds()), "ms")
	}
	fmt.Println()
}

// feeders is a zone whose feeders have limits of their own. Behind each is a relay of
// the agent's, and one by which the works switch a line on, which no agent has.
type feeders struct {
	text  string
	world *modbusd.Server

	mu   sync.Mutex
	open map[metering.ActuatorID]time.Time // since when the contacts were seen open
}

// feederStep is the share of a feeder's load behind each of its two relays, and
// feederLimit the limit as a share of the load with both: without one of them the
// load is below the limit's release.
const (
	feederPeak  = 1400 * metering.Kilowatt
	feederStep  = 0.4
	feederLimit = 0.8
)

func newFeeders(b *testing.B) *feeders {
	b.Helper()
	library, err := regmap.Load()
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now().UTC()
	world := func(text string) *simulator.World {
		s, faults := site.Parse("site.yaml", []byte(text), library.IDs())
		if err := faults.Err(); err != nil {
			b.Fatalf("%v\n%s", err, faults)
		}
		w, err := simulator.New(s, 3, now.Add(-time.Hour))
		if err != nil {
			b.Fatal(err)
		}
		return w
	}
	// What they draw in the middle of the trials, with everything switched on.
	probe := world(feederSite(nil))
	probe.StepTo(now.Add(12 * time.Minute))
	var loads []metering.Power
	for i := range trials {
		m, _ := probe.Snapshot().Point(metering.PointID(fmt.Sprintf("p-%d", i)))
		loads = append(loads, metering.Power(m.P))
	}
	z := &feeders{text: feederSite(loads), open: map[metering.ActuatorID]time.Time{}}
	w := world(z.text)
	w.StepTo(now.Add(-time.Minute))
	for i := range trials {
		if err := w.Write(simulator.Write{Actuator: metering.ActuatorID(fmt.Sprintf("x-%d", i)), What: simulator.WriteCoil}); err != nil {
			b.Fatal(err)
		}
	}
	if z.world, err = modbusd.Listen(modbusd.Config{World: w, Library: library, OnSnapshot: z.watch, Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		if err := z.world.Serve(ctx); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() { cancel(); all.Wait() })
	return z
}

// feederSite writes the site file; without limits if the loads are not known.
func feederSite(loads []metering.Power) string {
	var s strings.Builder
	list := func(head string, line func(i int) string) {
		s.WriteString(head)
		for i := range trials {
			s.WriteString(line(i))
		}
	}
	list(`version: 1
site: {id: feeders, name: Feeders, time_zone: Asia/Aqtobe}
sources: [{id: main, name: Line, node: src, contract: 100 MW, available: true}]
nodes:
  - {id: src, name: Line, kind: source, voltage: 10 kV}
  - {id: in, name: Input, kind: input, parent: src, voltage: 10 kV}
  - {id: s-1, name: Section, kind: section, parent: in, voltage: 10 kV}
`, func(i int) string {
		limit := ""
		if loads != nil {
			limit = fmt.Sprintf(", limit: %d kW", int(feederLimit*float64(loads[i]/metering.Kilowatt)))
		}
		return fmt.Sprintf("  - {id: f-%d, name: Feeder, kind: feeder, parent: s-1, voltage: 10 kV%s}\n", i, limit)
	})
	list("residents:\n", func(i int) string {
		return fmt.Sprintf("  - {id: w-%d, name: Works, trade: data-centre, state: working, conditions: [{id: c-%d, node: f-%d, power: 2 MW, category: 3, document: C, from: 2025-01-01}], simulation: {peak: %d kW, power_factor: 0.95}}\n", i, i, i, feederPeak/metering.Kilowatt)
	})
	list("lines: [{id: gw-1}, {id: cab-1}, {id: works}]\npoints:\n  - {id: p-in, name: Input, node: in, role: input}\n", func(i int) string {
		return fmt.Sprintf("  - {id: p-%d, name: P, node: f-%d, role: resident, resident: w-%d}\n", i, i, i)
	})
	list("meters:\n  - {id: m-in, model: asue-reference-meter, serial: S, line: gw-1, unit: 1, accuracy: 0.5S, installs: [{point: p-in, ct: 6000/5, vt: 10000/100}]}\n", func(i int) string {
		return fmt.Sprintf("  - {id: m-%d, model: asue-reference-meter, serial: S-%d, line: gw-1, unit: %d, accuracy: 0.5S, installs: [{point: p-%d, ct: 200/5, vt: 10000/100}]}\n", i, i, i+2, i)
	})
	relay := func(id string, i int, agent, line string) string {
		return fmt.Sprintf("  - {id: %s-%d, name: Line of works, kind: relay, resident: w-%d, node: f-%d, point: p-%d, agent: %s, address: %s, unit: %d, model: asue-relay8, channel: %d, power: %d kW, importance: 2, mode: auto, min_on: 1m, min_off: 1h, per_hour: 1}\n",
			id, i, i, i, i, agent, line, 1+i/8, 1+i%8, int(feederStep*float64(feederPeak/metering.Kilowatt)))
	}
	list("agents: [{id: agent-1, name: Cabinet}, {id: agent-2, name: The works themselves}]\nactuators:\n", func(i int) string {
		return relay("r", i, "agent-1", "cab-1") + relay("x", i, "agent-2", "works")
	})
	return s.String()
}

// switchOn lets the works of a feeder switch their line on, and returns when its meter
// shows it.
func (z *feeders) switchOn(b *testing.B, i int) time.Time {
	b.Helper()
	id := metering.ActuatorID(fmt.Sprintf("x-%d", i))
	if err := z.world.Write(simulator.Write{Actuator: id, What: simulator.WriteCoil, Value: 1}); err != nil {
		b.Fatal(err)
	}
	for range 2000 {
		if v, _ := z.world.Snapshot().Actuator(id); v.Position == metering.PositionClosed {
			return time.Now()
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatalf("%s does not close", id)
	return time.Time{}
}

// written is when the first write to a relay came in.
func (z *feeders) written(id metering.ActuatorID) time.Time {
	for _, w := range z.world.Writes() {
		if w.Actuator == id && w.Source != "" {
			return w.At
		}
	}
	return time.Time{}
}

func (z *feeders) opened(id metering.ActuatorID) time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.open[id]
}

// watch notes when the contacts of each relay are seen open.
func (z *feeders) watch(s *simulator.Snapshot) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for i := range trials {
		id := metering.ActuatorID(fmt.Sprintf("r-%d", i))
		if v, ok := s.Actuator(id); ok && !v.AuxClosed && z.open[id].IsZero() {
			z.open[id] = s.At
		}
	}
}

// steps are when the messages of the first command to an actuator were heard.
type steps struct {
	id                  string
	selected, confirmed time.Time
}

// ear hears commands and outcomes.
type ear struct {
	mu    sync.Mutex
	steps map[metering.ActuatorID]*steps
}

func overhear(b *testing.B, broker string) *ear {
	b.Helper()
	e := &ear{steps: map[metering.ActuatorID]*steps{}}
	s, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options: mqtt.Options{URL: broker, ClientID: "bench"}, CleanSession: true,
		Filters: []string{wire.AllotTopic("feeders", "agent-1"), wire.OutcomeTopic("feeders", "agent-1")},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = s.Run(ctx) }) // nil by its contract
	all.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-s.Messages():
				e.hear(m)
				m.Ack()
			}
		}
	})
	b.Cleanup(func() { cancel(); all.Wait() })
	return e
}

func (e *ear) hear(m mqtt.Message) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if payload, _, err := wire.Unsealed(m.Payload); err == nil {
		a, err := wire.DecodeAllotment(payload)
		if err == nil && a.Verb == metering.VerbSelect && e.steps[a.Actuator] == nil {
			e.steps[a.Actuator] = &steps{id: a.ID, selected: a.IssuedAt}
		}
		return
	}
	o, err := wire.DecodeOutcome(m.Payload)
	if err != nil || e.steps[o.Actuator] == nil || e.steps[o.Actuator].id != o.ID {
		return
	}
	s := e.steps[o.Actuator]
	if o.Stage == metering.StageConfirmed && s.confirmed.IsZero() { // renewals say so again
		s.confirmed = now
	}
}

// of is what was heard of an actuator.
func (e *ear) of(id metering.ActuatorID) steps {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.steps[id]; s != nil {
		return *s
	}
	return steps{}
}

// armBy lets two persons arm auto through the page.
func armBy(b *testing.B, program, file, page string) {
	b.Helper()
	var id string
	for _, name := range []string{"one", "two"} {
		password := "harvest-" + name + "-2026-feeders"
		add := exec.Command(program, "user", "add", name, "--role", "dispatcher", "-c", file, "--password-stdin", "--must-change=false")
		add.Stdin = strings.NewReader(password + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			b.Fatalf("asue user add: %v\n%s", err, out)
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			b.Fatal(err)
		}
		post := func(path string, body any) (answer struct{ ID string }) {
			b.Helper()
			text, err := json.Marshal(body)
			if err != nil {
				b.Fatal(err)
			}
			res, err := (&http.Client{Jar: jar}).Post(page+path, "application/json", bytes.NewReader(text))
			if err != nil {
				b.Fatal(err)
			}
			defer res.Body.Close()
			said, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode/100 != 2 || json.Unmarshal(said, &answer) != nil {
				b.Fatalf("%s: %s: %s, %v", path, res.Status, said, err)
			}
			return answer
		}
		post("/api/v1/login", map[string]any{"name": name, "password": password})
		if name == "one" {
			id = post("/api/v1/selections", map[string]any{"kind": "arm"}).ID
			id = post("/api/v1/orders", map[string]any{"kind": "arm", "reason": "the trials", "number": "1", "from": "the bench", "select": id}).ID
			continue
		}
		post("/api/v1/orders/"+id+"/approve", map[string]any{})
	}
}
