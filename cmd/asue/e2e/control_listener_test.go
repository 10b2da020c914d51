package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"asue/metering"
	"asue/metering/mqtt"
	"asue/metering/wire"
)

// saying is a command to the agent as it went over the broker for the first time.
// Copies, and what is not signed by a balancer, are only counted.
type saying struct {
	at   time.Time // of the warped clock, when it was heard
	key  wire.KeyID
	text metering.Allotment
}

// telling is an outcome, beating a beat, as they were heard.
type (
	telling struct {
		at   time.Time
		text metering.Outcome
	}
	beating struct {
		at time.Time
		metering.AgentBeat
	}
)

// listener hears everything of the control path and keeps it.
type listener struct {
	z *zoneOfControl

	mu       sync.Mutex
	sayings  []saying
	tellings []telling
	beats    []beating // without the states
	states   map[metering.ActuatorID]metering.ActuatorState
	raw      [][]byte // of sayings, for who plays them back
	orders   [][]byte
	rawBeats [][]byte
	known    map[[32]byte]bool // messages that were heard before
	copies   int
	strange  int // not signed by a balancer
	report   wire.Control
	reported time.Time // of the wall clock
}

func listenTo(z *zoneOfControl) *listener {
	z.t.Helper()
	l := &listener{z: z, known: map[[32]byte]bool{}, states: map[metering.ActuatorID]metering.ActuatorState{}}
	id := z.site.ID
	s, err := mqtt.NewSubscriber(mqtt.SubscriberOptions{
		Options:      mqtt.Options{URL: "mqtt://" + z.broker, ClientID: "listener", MinDelay: 100 * time.Millisecond, MaxDelay: 200 * time.Millisecond},
		CleanSession: true, Buffer: 8192,
		Filters: []string{wire.AllotTopic(id, cabinet), wire.OutcomeTopic(id, cabinet), wire.BeatTopic(id, cabinet), wire.OrderTopic(id), wire.ControlTopic(id)},
	})
	if err != nil {
		z.t.Fatal(err)
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
				l.hear(m)
				m.Ack()
			}
		}
	})
	z.t.Cleanup(func() { cancel(); all.Wait() })
	return l
}

func (l *listener) hear(m mqtt.Message) {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return
	}
	now := l.z.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if topic.Branch == wire.BranchControl {
		if c, err := wire.DecodeControl(m.Payload); err == nil {
			l.report, l.reported = c, time.Now()
			if m.Retained { // of who may be gone
				l.reported = time.Time{}
			}
		}
		return
	}
	digest := sha256.Sum256(m.Payload)
	if m.Retained || l.known[digest] {
		l.copies++
		return
	}
	l.known[digest] = true
	switch topic.Branch {
	case wire.BranchAllot:
		a, err := wire.OpenAllotment(m.Payload, l.z.keys)
		if err != nil {
			l.strange++
			return
		}
		_, key, _ := wire.Unsealed(m.Payload)
		l.sayings = append(l.sayings, saying{now, key, a})
		l.raw = append(l.raw, slices.Clone(m.Payload))
	case wire.BranchOutcome:
		if o, err := wire.DecodeOutcome(m.Payload); err == nil {
			l.tellings = append(l.tellings, telling{now, o})
		}
	case wire.BranchBeat:
		if b, err := wire.DecodeBeat(m.Payload); err == nil {
			for _, s := range b.States {
				l.states[s.Actuator] = s
			}
			b.States = nil
			l.beats = append(l.beats, beating{now, b})
			l.rawBeats = append(l.rawBeats, slices.Clone(m.Payload))
			l.rawBeats = l.rawBeats[max(0, len(l.rawBeats)-4000):]
		}
	case wire.BranchOrder:
		l.orders = append(l.orders, slices.Clone(m.Payload))
	}
}

// now is the balancers' present report; false if nobody has given one lately.
func (l *listener) now() (wire.Control, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.report, time.Since(l.reported) < 3*time.Second && l.report.Acts != nil
}

// leads is the balancer whose command was heard last: 0 or 1.
func (l *listener) leads() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sayings) > 0 && l.sayings[len(l.sayings)-1].key == wire.KeyIDOf(publicKey(l.z.t, l.z.dir+"/b/keys/balancer.pub")) {
		return 1
	}
	return 0
}

// executing counts the commands that the agent has begun to carry out, of those that
// were selected after a time.
func (l *listener) executing(since time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := map[string]bool{}
	for i := len(l.sayings) - 1; i >= 0 && !l.sayings[i].at.Before(since); i-- {
		fresh[l.sayings[i].text.ID] = l.sayings[i].text.Verb == metering.VerbSelect || fresh[l.sayings[i].text.ID]
	}
	n := 0
	for i := len(l.tellings) - 1; i >= 0 && !l.tellings[i].at.Before(since); i-- {
		if o := l.tellings[i].text; o.Stage == metering.StageExecuting && fresh[o.ID] {
			n++
		}
	}
	return n
}

// mischief says on the topics of control what must not be obeyed: messages played
// back, retained, changed, or signed by a key that nobody trusts.
type mischief struct {
	z    *zoneOfControl
	key  ed25519.PrivateKey
	said map[string]int // by kind; read it after stop
	stop func()
}

func newMischief(z *zoneOfControl) *mischief {
	z.t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		z.t.Fatal(err)
	}
	f := &mischief{z: z, key: key, said: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	p := z.publisher()
	all.Go(func() { f.haunt(ctx, p, mathrand.New(mathrand.NewPCG(1, uint64(len(z.name))))) })
	f.stop = func() { cancel(); all.Wait() }
	z.t.Cleanup(f.stop)
	return f
}

// publisher is a stranger at the broker.
func (z *zoneOfControl) publisher() *mqtt.Publisher {
	z.t.Helper()
	p, err := mqtt.NewPublisher(mqtt.PublisherOptions{Options: mqtt.Options{
		URL: "mqtt://" + z.broker, MinDelay: 100 * time.Millisecond, MaxDelay: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	}})
	if err != nil {
		z.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = p.Run(ctx) }) // nil by its contract
	z.t.Cleanup(func() { cancel(); all.Wait() })
	return p
}

// haunt speaks about once a second until ctx ends.
func (f *mischief) haunt(ctx context.Context, p *mqtt.Publisher, dice *mathrand.Rand) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(200+dice.IntN(1600)) * time.Millisecond):
		}
		kind, topic, payload := f.invent(dice)
		if payload == nil {
			continue
		}
		wait, cancel := context.WithTimeout(ctx, time.Second)
		retained := kind == "retained"
		if p.Publish(wait, topic, payload, retained) == nil {
			f.said[kind]++
			if retained {
				_ = p.Publish(wait, topic, nil, true) // the broker may be gone; then it has forgotten it as well
			}
		}
		cancel()
	}
}

func (f *mischief) invent(dice *mathrand.Rand) (kind, topic string, payload []byte) {
	l, id := f.z.heard, f.z.site.ID
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.raw) == 0 || len(l.rawBeats) == 0 {
		return "", "", nil
	}
	allot := wire.AllotTopic(id, cabinet)
	youngest := l.raw[len(l.raw)-1]
	switch dice.IntN(8) {
	case 0:
		return "played back", allot, l.raw[dice.IntN(len(l.raw))]
	case 1:
		return "said twice", allot, l.raw[max(0, len(l.raw)-1-dice.IntN(5))]
	case 2:
		return "retained", allot, youngest
	case 3:
		b := slices.Clone(youngest)
		b[dice.IntN(len(b))] ^= 1 << dice.IntN(8)
		return "flipped", allot, b
	case 4:
		m := l.sayings[len(l.sayings)-1].text
		if b, err := wire.SealAllotment(f.tempt(m, dice), f.key); err == nil {
			return "forged", allot, b
		}
	case 5:
		return "beat played back", wire.BeatTopic(id, cabinet), l.rawBeats[dice.IntN(len(l.rawBeats))]
	case 6:
		if len(l.orders) > 0 {
			return "order played back", wire.OrderTopic(id), l.orders[dice.IntN(len(l.orders))]
		}
	case 7:
		o := metering.Order{ID: "forged", Kind: metering.OrderKill, At: f.z.clock.Now(), Reason: "mischief", By: []metering.Approval{{User: "one", Role: metering.RoleAdmin, At: f.z.clock.Now()}}}
		if b, err := wire.SealOrder(o, f.key); err == nil {
			return "forged order", wire.OrderTopic(id), b
		}
	}
	return "", "", nil
}

// tempt makes a command of a message that would be obeyed if its signature held: of
// the present term, with the youngest nonce.
func (f *mischief) tempt(m metering.Allotment, dice *mathrand.Rand) metering.Allotment {
	beat := f.z.heard.beats[len(f.z.heard.beats)-1]
	x := f.z.site.Actuators[dice.IntN(len(f.z.site.Actuators))]
	forged := metering.Allotment{
		ID: "forged-" + m.IssuedAt.Format("150405.000"), Verb: metering.VerbSelect, Agent: cabinet, Actuator: x.ID, Kind: x.Kind, Mode: metering.ModeConfirm,
		Term: beat.Term, Seq: beat.Seq + 1, Boot: beat.Boot, Nonce: beat.Nonce, IssuedAt: f.z.clock.Now(), TTL: 30 * time.Second, Lease: 15 * time.Minute, Reason: "mischief",
		Approvals: []metering.Approval{{User: "one", Role: metering.RoleAdmin, At: m.IssuedAt}, {User: "two", Role: metering.RoleAdmin, At: m.IssuedAt}},
		Want:      metering.Desired{Position: metering.PositionOpen},
	}
	if x.Kind == metering.ActuatorSetpoint {
		forged.Want = metering.Desired{Limit: x.Least}
	}
	return forged
}

// state is what the agent said last of an actuator.
func (l *listener) state(id metering.ActuatorID) (metering.ActuatorState, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.states[id]
	return s, ok
}
