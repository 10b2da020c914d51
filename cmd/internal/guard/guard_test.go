package guard_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/guard"
	"asue/cmd/internal/keyfile"
	"asue/cmd/internal/node"
	"asue/cmd/internal/settings"
	"asue/collector/actuator/actmap"
	"asue/collector/actuator/actuatortest"
	"asue/metering"
	"asue/metering/broker"
	"asue/metering/clock"
	"asue/metering/mqtt"
	"asue/metering/wire"
	"asue/simulator/faultproxy"
)

// cabinet is a running agent with two devices, a broker, and the balancer's end of
// the conversation.
type cabinet struct {
	t        *testing.T
	site     *metering.Site
	cfg      settings.Config
	key      ed25519.PrivateKey
	setpoint *actuatortest.Slave
	relays   *actuatortest.Slave
	pub      *mqtt.Publisher
	sub      *mqtt.Subscriber
	seq      uint64
	beat     metering.AgentBeat
	role     *guard.Guard
	stop     func()
}

const patience = 20 * time.Second

func newCabinet(t *testing.T, through func(url string) string) *cabinet {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	b, err := broker.Start(ctx, broker.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Stop() })
	c := &cabinet{t: t, setpoint: actuatortest.New(t), relays: actuatortest.New(t)}
	c.setpoint.Do(func() {
		c.setpoint.Holding[1], c.setpoint.Holding[0] = 0xE360, 0x0016 // 1.5 MW
		copy(c.setpoint.Input[:2], c.setpoint.Holding[:2])
		c.setpoint.After = func([]byte) { copy(c.setpoint.Input[:2], c.setpoint.Holding[:2]) }
	})
	c.relays.Do(func() {
		for k := range 8 {
			c.relays.Coils[k], c.relays.Discrete[k] = true, true
		}
		c.relays.After = func([]byte) { copy(c.relays.Discrete[:8], c.relays.Coils[:8]) }
	})
	c.site = &metering.Site{ID: "zone", Actuators: []metering.Actuator{
		{ID: "SP-1", Kind: metering.ActuatorSetpoint, Agent: "agent-1", Address: "act-1", Unit: 1, Model: "asue-setpoint", Channel: 1, Power: 2 * metering.Megawatt,
			Mode: metering.ModeAuto, Least: 200 * metering.Kilowatt, Most: 1500 * metering.Kilowatt, FailSafe: 800 * metering.Kilowatt},
		{ID: "R-3", Kind: metering.ActuatorRelay, Agent: "agent-1", Address: through(c.relays.URL), Unit: 2, Model: "asue-relay8", Channel: 3, Mode: metering.ModeAuto},
		{ID: "other", Kind: metering.ActuatorRelay, Agent: "agent-2", Address: "tcp://10.0.0.1:502", Unit: 2, Model: "asue-relay8", Channel: 3},
	}}
	c.cfg = settings.Default()
	c.cfg.Data, c.cfg.Roles = t.TempDir(), []settings.Role{settings.RoleAgent}
	c.cfg.Broker.URL = b.URL()
	c.cfg.Agent.Lines = []settings.Line{{ID: "act-1", URL: through(c.setpoint.URL)}}
	if c.key, err = keyfile.LoadOrMake(filepath.Join(c.cfg.Data, "keys", "balancer.key")); err != nil {
		t.Fatal(err)
	}
	if c.pub, err = mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{URL: b.URL()}}); err != nil {
		t.Fatal(err)
	}
	if c.sub, err = mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options: mqtt.Options{URL: b.URL()}, CleanSession: true,
		Filters: []string{wire.Filter("zone", wire.BranchBeat), wire.Filter("zone", wire.BranchOutcome)},
	}); err != nil {
		t.Fatal(err)
	}
	both := make(chan error, 2)
	go func() { both <- c.pub.Run(ctx) }()
	go func() { both <- c.sub.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-both; <-both })
	if err := c.pub.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
	c.start()
	t.Cleanup(func() { c.stop() })
	return c
}

// start runs the role, anew after stop.
func (c *cabinet) start() {
	c.t.Helper()
	library, err := actmap.Load()
	if err != nil {
		c.t.Fatal(err)
	}
	n := node.New(c.cfg, c.site, clock.Clock{}, slog.New(slog.DiscardHandler), "test")
	if c.role, err = guard.Add(n, library); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	c.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			c.t.Error(err)
		}
		c.stop = func() {}
	}
}

// next is the next message of the agent: a beat, which is kept, or an outcome.
func (c *cabinet) next(until time.Time) (o metering.Outcome, isOutcome bool) {
	c.t.Helper()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case m := <-c.sub.Messages():
		m.Ack()
		topic, err := wire.ParseTopic(m.Topic)
		if err != nil || m.Retained {
			c.t.Fatalf("%+v, %v", m, err)
		}
		if topic.Branch == wire.BranchBeat {
			if c.beat, err = wire.DecodeBeat(m.Payload); err != nil {
				c.t.Fatal(err)
			}
			return o, false
		}
		if o, err = wire.DecodeOutcome(m.Payload); err != nil {
			c.t.Fatal(err)
		}
		return o, true
	case <-timer.C:
		c.t.Fatalf("the agent says nothing for %v", patience)
		return o, false
	}
}

// await waits for a state of an actuator in a beat.
func (c *cabinet) await(what string, ok func(metering.AgentBeat) bool) {
	c.t.Helper()
	for end := time.Now().Add(patience); ; {
		if _, isOutcome := c.next(end); !isOutcome && ok(c.beat) {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("%s does not come: %+v", what, c.beat)
		}
	}
}

func (c *cabinet) state(id metering.ActuatorID) metering.ActuatorState {
	for _, s := range c.beat.States {
		if s.Actuator == id {
			return s
		}
	}
	return metering.ActuatorState{}
}

func (c *cabinet) readable() {
	c.t.Helper()
	c.await("a state of each actuator", func(b metering.AgentBeat) bool {
		for _, s := range b.States {
			if !s.Readable {
				return false
			}
		}
		return len(b.States) == 2
	})
}

func (c *cabinet) send(m metering.Allotment, key ed25519.PrivateKey, retained bool) {
	c.t.Helper()
	c.seq++
	m.Agent, m.Term, m.Seq, m.Boot, m.Nonce, m.IssuedAt, m.TTL = "agent-1", 3, c.seq, c.beat.Boot, c.beat.Nonce, time.Now(), 30*time.Second
	payload, err := wire.SealAllotment(m, key)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.pub.Publish(ctx, wire.AllotTopic("zone", "agent-1"), payload, retained); err != nil {
		c.t.Fatal(err)
	}
}

// settled waits for an outcome of a command that is of one of some stages.
func (c *cabinet) settled(id string, stages ...metering.Stage) metering.Outcome {
	c.t.Helper()
	for end := time.Now().Add(patience); ; {
		o, ok := c.next(end)
		if !ok || o.ID != id {
			continue
		}
		for _, s := range stages {
			if o.Stage == s {
				return o
			}
		}
		if o.Stage.Final() {
			c.t.Fatalf("%+v", o)
		}
	}
}

func (c *cabinet) command(id string, actuator metering.ActuatorID, kind metering.ActuatorKind, want metering.Desired) metering.Allotment {
	return metering.Allotment{
		ID: id, Actuator: actuator, Kind: kind, Want: want, Expect: c.state(actuator).Now, Mode: metering.ModeAuto, Emergency: true, Lease: 15 * time.Minute, Reason: "a test",
	}
}

func (c *cabinet) carry(m metering.Allotment) metering.Outcome {
	c.t.Helper()
	m.Verb = metering.VerbSelect
	c.send(m, c.key, false)
	c.settled(m.ID, metering.StageSelected)
	m.Verb = metering.VerbOperate
	begun := time.Now()
	c.send(m, c.key, false)
	o := c.settled(m.ID, metering.StageConfirmed, metering.StageFailed)
	c.t.Logf("%s %s after %v", m.ID, o.Stage, time.Since(begun).Round(time.Millisecond))
	return o
}

var opened = metering.Desired{Position: metering.PositionOpen}

func same(url string) string { return url }

// From a signed command to the coil and the register and back, over a real broker
// and real connections; then the same after a restart, which knows what it has done.
func TestCommandReachesTheDevice(t *testing.T) {
	c := newCabinet(t, same)
	c.readable()
	if s := c.state("R-3"); s.Now.Position != metering.PositionClosed || s.Guarding != metering.GuardFailSafe {
		t.Fatalf("%+v", s)
	}
	low := metering.Desired{Limit: 600 * metering.Kilowatt}
	if o := c.carry(c.command("low", "SP-1", metering.ActuatorSetpoint, low)); o.Stage != metering.StageConfirmed || o.Seen != low {
		t.Fatalf("%+v", o)
	}
	shed := c.command("shed", "R-3", metering.ActuatorRelay, opened)
	if o := c.carry(shed); o.Stage != metering.StageConfirmed {
		t.Fatalf("%+v", o)
	}
	c.relays.Do(func() {
		if c.relays.Coils[2] || !c.relays.Coils[1] || !c.relays.Coils[3] || len(c.relays.Writes) != 1 {
			t.Errorf("coils %v after %d writes", c.relays.Coils[:8], len(c.relays.Writes))
		}
	})
	c.setpoint.Do(func() { // the device's own fallback is set: 180 s, 800 kW
		if h := c.setpoint.Holding; h[2] != 180 || h[3] != 0x000C || h[4] != 0x3500 || h[1] != 0x27C0 {
			t.Errorf("holding %x", h[:5])
		}
	})
	c.await("the state in force", func(metering.AgentBeat) bool {
		return c.state("SP-1").Command == "low" && c.state("SP-1").Left > 14*time.Minute
	})
	c.look(t, "shed")

	boot := c.beat.Boot
	c.stop()
	c.start()
	c.await("another boot", func(b metering.AgentBeat) bool { return b.Boot != boot && c.state("R-3").Readable })
	shed.Verb = metering.VerbOperate
	c.send(shed, c.key, false) // long done: it is known, and nothing is written
	c.settled("shed", metering.StageConfirmed)
	c.relays.Do(func() {
		if len(c.relays.Writes) != 1 {
			t.Errorf("%d writes", len(c.relays.Writes))
		}
	})
}

// look asks for what others see of the agent.
func (c *cabinet) look(t *testing.T, command string) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		w := httptest.NewRecorder()
		c.role.Handle(w, nil)
		var v guard.View
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if len(v.Actuators) == 2 && v.Actuators[1].Command == command && v.Connected && v.Term == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s", w.Body)
		}
		c.next(end)
	}
	w := httptest.NewRecorder()
	c.role.Metrics.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`asue_agent_commands_total{agent="agent-1",result="confirmed"} 2`, `asue_actuator_closed{agent="agent-1",actuator="R-3"} 0`,
		`asue_actuator_limit_watts{agent="agent-1",actuator="SP-1"} 600000`, `asue_actuator_guarding{agent="agent-1",actuator="SP-1",guarding="normal"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("no %s among the metrics", line)
		}
	}
	ready := httptest.NewRecorder()
	c.role.Health.ServeReady(ready, nil)
	if ready.Code != 200 {
		t.Errorf("not ready: %s", ready.Body)
	}
}

// A stranger's command, one that lay at the broker, and noise move nothing.
func TestNoStrangerIsObeyed(t *testing.T) {
	c := newCabinet(t, same)
	c.readable()
	stranger := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	forged := c.command("forged", "R-3", metering.ActuatorRelay, opened)
	for _, v := range []metering.Verb{metering.VerbSelect, metering.VerbOperate} {
		forged.Verb = v
		c.send(forged, stranger, false)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.pub.Publish(ctx, wire.AllotTopic("zone", "agent-1"), []byte("open all"), false); err != nil {
		t.Fatal(err)
	}
	stored := c.command("stored", "R-3", metering.ActuatorRelay, opened)
	stored.Verb = metering.VerbSelect
	c.stop()
	c.send(stored, c.key, true)
	c.start()
	c.readable()
	honest := c.command("honest", "R-3", metering.ActuatorRelay, opened)
	if o := c.carry(honest); o.Stage != metering.StageConfirmed {
		t.Fatalf("%+v", o)
	}
	c.relays.Do(func() {
		if len(c.relays.Writes) != 1 {
			t.Errorf("%d writes", len(c.relays.Writes))
		}
	})
}

// With answers that are late, cut, doubled or missing each command is carried out
// once or fails, and never twice.
func TestSpoiltLine(t *testing.T) {
	var proxies []*faultproxy.Proxy
	c := newCabinet(t, func(url string) string {
		p, err := faultproxy.Listen("127.0.0.1:0", faultproxy.MBAP, faultproxy.TCP(strings.TrimPrefix(url, "tcp://")), uint64(len(proxies)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- p.Serve(ctx) }()
		t.Cleanup(func() { cancel(); <-ended })
		proxies = append(proxies, p)
		return "tcp://" + p.Addr()
	})
	c.readable()
	for _, p := range proxies {
		if err := p.Set(faultproxy.Faults{
			Chance: map[faultproxy.Kind]float64{faultproxy.Drop: .02, faultproxy.Duplicate: .02, faultproxy.Cut: .02, faultproxy.Reset: .02, faultproxy.WrongTransaction: .02, faultproxy.Late: .02},
			LateBy: 50 * time.Millisecond,
		}); err != nil {
			t.Fatal(err)
		}
	}
	written := map[uint32]int{}
	c.setpoint.Do(func() {
		copied := c.setpoint.After
		c.setpoint.After = func(pdu []byte) {
			copied(pdu)
			if pdu[0] == 16 && pdu[2] == 0 {
				written[uint32(c.setpoint.Holding[0])<<16|uint32(c.setpoint.Holding[1])]++
			}
		}
	})
	confirmed, failed := 0, 0
	for n := range 6 {
		c.await("a state", func(metering.AgentBeat) bool {
			return c.state("SP-1").Readable && c.state("SP-1").Guarding != metering.GuardHold
		})
		want := metering.Desired{Limit: metering.Power(1400-100*n) * metering.Kilowatt}
		m := c.command("c-"+string(rune('0'+n)), "SP-1", metering.ActuatorSetpoint, want)
		m.Verb = metering.VerbSelect
		c.send(m, c.key, false)
		if c.settled(m.ID, metering.StageSelected, metering.StageRefused).Stage == metering.StageRefused {
			continue // it could not be read just then
		}
		m.Verb = metering.VerbOperate
		c.send(m, c.key, false)
		if o := c.settled(m.ID, metering.StageConfirmed, metering.StageFailed, metering.StageRefused); o.Stage == metering.StageFailed {
			failed++
			break // on hold from here on
		} else if o.Stage == metering.StageConfirmed {
			confirmed++
		}
	}
	if confirmed+failed == 0 {
		t.Error("no command came as far as the device")
	}
	c.setpoint.Do(func() {
		for limit, times := range written {
			if times > 1 {
				t.Errorf("%d W was written %d times", limit, times)
			}
		}
	})
}

// What is missing is told before anything begins.
func TestAddTellsWhatIsMissing(t *testing.T) {
	library, err := actmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	site := &metering.Site{ID: "zone", Actuators: []metering.Actuator{
		{ID: "A", Kind: metering.ActuatorRelay, Agent: "agent-1", Address: "tcp://127.0.0.1:1", Unit: 1, Model: "no-such", Channel: 1},
		{ID: "B", Kind: metering.ActuatorBreaker, Agent: "agent-1", Address: "tcp://127.0.0.1:1", Unit: 2, Model: "asue-relay8", Channel: 1},
		{ID: "C", Kind: metering.ActuatorRelay, Agent: "agent-1", Address: "tcp://127.0.0.1:1", Unit: 3, Model: "asue-relay8", Channel: 9},
		{ID: "D", Kind: metering.ActuatorRelay, Agent: "agent-1", Address: "nowhere", Unit: 4, Model: "asue-relay8", Channel: 1},
	}}
	cfg := settings.Default()
	cfg.Data = t.TempDir()
	add := func() error {
		_, err := guard.Add(node.New(cfg, site, clock.Clock{}, slog.New(slog.DiscardHandler), "test"), library)
		return err
	}
	if err := add(); err == nil || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "balancer.pub") {
		t.Errorf("no key: %v", err)
	}
	if _, err := keyfile.LoadOrMake(filepath.Join(cfg.Data, "keys", "balancer.key")); err != nil {
		t.Fatal(err)
	}
	err = add()
	for _, part := range []string{"no-such", "actuator B is a breaker", "channel 9", "D: it has no address"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not told: %v", part, err)
		}
	}
	site.Actuators = nil
	if err := add(); err == nil || !strings.Contains(err.Error(), "no actuator") {
		t.Errorf("no actuators: %v", err)
	}
}
