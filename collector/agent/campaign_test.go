package agent_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"asue/collector/agent"
	"asue/metering"
	"asue/metering/wire"
)

var (
	messages = flag.Int("messages", 20_000, "spoilt messages of the campaign; the whole one has 100,000")
	rounds   = flag.Int("rounds", 3, "kills at each step; the whole campaign has 100")
	seedFlag = flag.Uint64("seed", 0, "seed of the campaigns; 0: another one each time")
)

func seeded(t *testing.T) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d", seed)
	return rand.New(rand.NewPCG(seed, 3))
}

// envelope is a message that a balancer sealed at some time.
type envelope struct {
	m       metering.Allotment
	bytes   []byte
	made    time.Time
	foreign bool // not sealed by a trusted key
}

// wiretap lets everything through, and again, and late, and changed.
type wiretap struct {
	*plant
	dice    *rand.Rand
	heap    []envelope // all that was ever sent
	beatAt  map[uint64]time.Time
	hearing *envelope // what the agent hears now
	spoilt  bool      // and its bytes were changed
	chosen  map[string]time.Time
	highest uint64 // term that was heard
	done    map[string]int
	wrong   []string
}

func (w *wiretap) deliver(e envelope, payload []byte) {
	w.hearing, w.spoilt = &e, !bytes.Equal(e.bytes, payload)
	honest := !w.spoilt && !e.foreign
	young := w.now.Sub(w.beatAt[e.m.Nonce]) <= e.m.TTL && e.m.Boot == w.heard.Boot
	if honest && young && e.m.Term >= w.highest {
		w.highest = e.m.Term
		if _, before := w.chosen[e.m.ID]; e.m.Verb == metering.VerbSelect && !before {
			w.chosen[e.m.ID] = w.now
		}
	}
	w.do(w.agent.Receive(w.now, payload))
	w.hearing = nil
}

// watch holds each write against everything that must have come before it. It
// knows no state machine: only what was sent, when, and by whom.
func (w *wiretap) watch(x agent.Write) {
	if x.Command == "" {
		if w.devices[x.Actuator].kind != metering.ActuatorSetpoint {
			w.wrong = append(w.wrong, fmt.Sprintf("%s is moved by itself to %v", x.Actuator, x.Want))
		}
		return
	}
	complain := func(format string, args ...any) {
		w.wrong = append(w.wrong, fmt.Sprintf("%v: %s: ", w.now.Sub(dawn), x.Command)+fmt.Sprintf(format, args...))
	}
	if w.done[x.Command]++; w.done[x.Command] > 1 {
		complain("written %d times", w.done[x.Command])
	}
	e := w.hearing
	switch {
	case e == nil:
		complain("written without a message")
		return
	case w.spoilt || e.foreign:
		complain("forged")
	case e.m.Verb != metering.VerbOperate || e.m.ID != x.Command || e.m.Want != x.Want || e.m.Actuator != x.Actuator:
		complain("written for %+v", e.m)
	case e.m.Boot != w.heard.Boot || w.now.Sub(w.beatAt[e.m.Nonce]) > e.m.TTL:
		complain("stale: its beat is of %v ago", w.now.Sub(w.beatAt[e.m.Nonce]))
	case e.m.Term < w.highest:
		complain("of term %d, and %d was heard", e.m.Term, w.highest)
	case w.now.Sub(w.chosen[e.m.ID]) > 30*time.Second:
		complain("selected %v ago", w.now.Sub(w.chosen[e.m.ID]))
	}
	if l := x.Want.Limit; e.m.Kind == metering.ActuatorSetpoint && (l < 200*metering.Kilowatt || l > 1500*metering.Kilowatt) {
		complain("outside the hard band: %v", l)
	}
}

// Late, doubled, replayed, forged, changed messages and those of old terms, among
// some that are as they should be: only these are carried out, each once.
func TestOnlyValidCommandsAreCarriedOut(t *testing.T) {
	dice := seeded(t)
	p := newPlant(t, setpoint("SP-1"), setpoint("SP-2"), relay("R-1"), breaker("Q-1"))
	w := &wiretap{plant: p, dice: dice, beatAt: map[uint64]time.Time{}, chosen: map[string]time.Time{}, done: map[string]int{}}
	p.normal()
	p.beats, p.stride = false, time.Second
	p.onWrite = w.watch
	valid, spoilt := 0, 0
	pass := func(d time.Duration) {
		for end := w.now.Add(d); w.now.Before(end); {
			p.pass(min(time.Second, end.Sub(w.now)))
			w.beatAt[p.heard.Nonce] = p.heard.At
		}
	}
	pass(time.Second)
	for n := 0; spoilt < *messages; n++ {
		if dice.IntN(400) == 0 {
			p.term++ // another leader
		}
		if dice.IntN(1500) == 0 {
			p.start() // the agent's own restart
			pass(time.Second)
		}
		if n%10 == 0 {
			pass(time.Duration(1+dice.IntN(20_000)) * time.Millisecond)
			e := w.make(metering.Allotment{Verb: metering.VerbBeat}, false)
			w.deliver(e, e.bytes)
		}
		if dice.IntN(20) == 0 {
			valid += w.command(n)
		}
		for range 1 + dice.IntN(20) {
			w.spoil()
			spoilt++
		}
	}
	for _, line := range w.wrong {
		t.Error(line)
	}
	if len(w.done) < *messages/2000 || valid < *messages/1000 {
		t.Errorf("%d commands were carried out of %d: the campaign shows nothing", len(w.done), valid)
	}
	for id, n := range w.done {
		if n != 1 {
			t.Errorf("%s was carried out %d times", id, n)
		}
	}
	t.Logf("%d spoilt messages, %d commands, %d written, in %v", spoilt, valid, len(w.done), w.now.Sub(dawn))
}

func (w *wiretap) make(m metering.Allotment, foreign bool) envelope {
	m = w.filled(m)
	key := balancerKey
	if foreign {
		key = strangerKey
	}
	sealed, err := wire.SealAllotment(m, key)
	if err != nil {
		w.t.Fatal(err)
	}
	e := envelope{m: m, bytes: sealed, made: w.now, foreign: foreign}
	if w.heap = append(w.heap, e); len(w.heap) > 4000 {
		w.heap = slices.Delete(w.heap, 0, 1000)
	}
	return e
}

// command sends one as it should be, or holds its operate back for later.
func (w *wiretap) command(n int) int {
	id := w.order[w.dice.IntN(len(w.order))]
	m := w.plant.command(fmt.Sprintf("v-%d", n), id, w.any(id))
	m.Emergency = w.dice.IntN(2) == 0
	m.Verb = metering.VerbSelect
	s := w.make(m, false)
	m.Verb = metering.VerbOperate
	o := w.make(m, false)
	if w.dice.IntN(4) > 0 {
		w.deliver(s, s.bytes)
	}
	if w.dice.IntN(4) > 0 {
		w.deliver(o, o.bytes)
	}
	return 1
}

func (w *wiretap) any(id metering.ActuatorID) metering.Desired {
	if w.devices[id].kind == metering.ActuatorSetpoint {
		return metering.Desired{Limit: metering.Power(w.dice.Int64N(1600)) * metering.Kilowatt}
	}
	return []metering.Desired{closed, opened}[w.dice.IntN(2)]
}

// spoil lets the agent hear one message that it should not obey, or not again.
func (w *wiretap) spoil() {
	e := w.heap[w.dice.IntN(len(w.heap))]
	payload := e.bytes
	switch w.dice.IntN(6) {
	case 0: // a bit
		payload = bytes.Clone(payload)
		payload[w.dice.IntN(len(payload))] ^= 1 << w.dice.IntN(8)
	case 1: // some bytes, or an end that is missing
		payload = bytes.Clone(payload)
		for range 1 + w.dice.IntN(5) {
			payload[w.dice.IntN(len(payload))] = byte(w.dice.Uint32())
		}
		payload = payload[:1+w.dice.IntN(len(payload))]
	case 2: // a forger who has heard everything and has a key of his own
		m := e.m
		m.Verb = []metering.Verb{metering.VerbSelect, metering.VerbOperate, metering.VerbCancel, metering.VerbRenew}[w.dice.IntN(4)]
		if m.Actuator == "" {
			m = w.plant.command("forged", "SP-1", limit(300))
			m.Verb = metering.VerbSelect
		}
		e = w.make(m, true)
		payload = e.bytes
	case 3: // the youngest again
		e = w.heap[len(w.heap)-1]
		payload = e.bytes
	default: // an old one again
	}
	w.deliver(e, payload)
}
