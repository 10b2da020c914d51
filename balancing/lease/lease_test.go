package lease_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/lease"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

var (
	closed = metering.Desired{Position: metering.PositionClosed}
	open   = metering.Desired{Position: metering.PositionOpen}
)

func config() lease.Config {
	c := lease.Defaults()
	c.Actuators = []metering.Actuator{
		{ID: "k1", Kind: metering.ActuatorRelay, Agent: "a1"}, {ID: "k2", Kind: metering.ActuatorRelay, Agent: "a1"},
		{ID: "sp", Kind: metering.ActuatorSetpoint, Agent: "a2"},
	}
	return c
}

func book(t testing.TB, c lease.Config) *lease.Book {
	b, err := lease.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// beat is a sign of life of a1 with its two relays as they stand.
func beat(nonce uint64, at time.Time, k1, k2 metering.Desired) metering.AgentBeat {
	state := func(id metering.ActuatorID, now metering.Desired) metering.ActuatorState {
		return metering.ActuatorState{Actuator: id, At: at, Readable: true, Now: now, Guarding: metering.GuardNormal}
	}
	return metering.AgentBeat{Agent: "a1", Boot: 1, Nonce: nonce, At: at, States: []metering.ActuatorState{state("k1", k1), state("k2", k2)}}
}

func tell(out []metering.Allotment) []string {
	var lines []string
	for _, m := range out {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%v %s %d/%d nonce %d %s", m.Verb, m.Agent, m.Term, m.Seq, m.Nonce, m.Actuator)))
	}
	return lines
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A beat from before the agent's last start is played back to a balancer that has
// just started, while the agent speaks and while it does not: as soon as it speaks, it
// is spoken to. If its clock was set back, it is believed after a while.
func TestBeatPlayedBack(t *testing.T) {
	b, now := book(t, config()), noon
	b.Lead(4, now)
	of := func(boot, nonce uint64, at time.Time) metering.AgentBeat {
		x := beat(nonce, at, closed, closed)
		x.Boot = boot
		return x
	}
	b.HearBeat(of(2, 20, now), now)
	b.HearBeat(of(1, 10, now.Add(-time.Hour)), now)
	now = now.Add(time.Second)
	b.HearBeat(of(2, 21, now), now)
	same(t, tell(b.Tick(now)), []string{"beat a1 4/1 nonce 21"})

	now = now.Add(config().Offline + time.Second)
	b.HearBeat(of(1, 10, noon.Add(-time.Hour)), now)
	now = now.Add(time.Second)
	b.HearBeat(of(2, 22, now), now)
	same(t, tell(b.Tick(now)), []string{"beat a1 4/2 nonce 22"})

	b.HearBeat(of(3, 30, now.Add(-time.Minute)), now)
	now = now.Add(config().Offline + time.Second)
	b.HearBeat(of(3, 31, now.Add(-time.Minute)), now)
	same(t, tell(b.Tick(now)), []string{"beat a1 4/3 nonce 31"})
}

// Select, operate, confirmed; before it leads, the book says nothing.
func TestOneCommand(t *testing.T) {
	b, now := book(t, config()), noon
	b.HearBeat(beat(10, now, closed, closed), now)
	if out := b.Tick(now); out != nil {
		t.Errorf("a shadow says %v", tell(out))
	}
	if _, err := b.Want("k1", open, lease.Why{}, now); err == nil || !strings.Contains(err.Error(), "does not lead") {
		t.Errorf("a shadow wants: %v", err)
	}
	b.Lead(4, now)
	if b.Ready(now) {
		t.Error("ready before any agent was heard")
	}
	b.HearBeat(beat(11, now, closed, closed), now)
	id, err := b.Want("k1", open, lease.Why{Mode: metering.ModeAuto, Reason: "too much"}, now)
	if err != nil {
		t.Fatal(err)
	}
	same(t, tell(b.Tick(now)), []string{"beat a1 4/2 nonce 11", "select a1 4/3 nonce 11 k1"})
	if v := b.View("k1", now); v.Eligible || !v.Busy {
		t.Errorf("while selected: %+v", v)
	}
	if again, err := b.Want("k1", open, lease.Why{}, now); again != id || err != nil {
		t.Errorf("the same once more: %q %v", again, err)
	}
	now = now.Add(time.Second)
	b.HearBeat(beat(12, now, closed, closed), now)
	b.HearOutcome(metering.Outcome{ID: id, Agent: "a1", Actuator: "k1", Stage: metering.StageSelected}, now)
	same(t, tell(b.Tick(now)), []string{"operate a1 4/4 nonce 12 k1"})
	if _, err := b.Want("k1", closed, lease.Why{}, now); err == nil {
		t.Error("a command on its way was taken back")
	}
	b.HearOutcome(metering.Outcome{ID: id, Agent: "a1", Actuator: "k1", Stage: metering.StageExecuting}, now)
	b.HearOutcome(metering.Outcome{ID: id, Agent: "a1", Actuator: "k1", Stage: metering.StageConfirmed, Seen: open}, now)
	r := b.Results()
	if len(r) != 1 || r[0].Stage != metering.StageConfirmed || r[0].Want != open {
		t.Errorf("results %+v", r)
	}
	var steps []string
	for _, e := range b.Events() {
		steps = append(steps, e.Step)
	}
	same(t, steps, []string{"select", "selected", "operate", "executing", "confirmed"})
	if b.Ready(now.Add(28*time.Second)) || !b.Ready(now.Add(29*time.Second)) {
		t.Error("ready while what was said before can live, or not when it cannot")
	}
}

// What was not answered is sent again under the same ID; a select that nobody answers
// is given up and given back; an operate that nobody answers is judged by what the
// agent reads, and not before it can be on its way no more.
func TestSilence(t *testing.T) {
	b, now := book(t, config()), noon
	b.Lead(1, now)
	at := func(d time.Duration, k1 metering.Desired) []string {
		now = noon.Add(d)
		b.HearBeat(beat(uint64(d/time.Second)+1, now, k1, closed), now)
		return slices.DeleteFunc(tell(b.Tick(now)), func(s string) bool { return strings.HasPrefix(s, "beat") })
	}
	at(0, closed)
	first, _ := b.Want("k1", open, lease.Why{}, now)
	at(time.Second, closed)
	if got := at(3*time.Second, closed); len(got) != 0 {
		t.Errorf("asked again too soon: %v", got)
	}
	same(t, at(7*time.Second, closed), []string{"select a1 1/5 nonce 8 k1"})
	at(12*time.Second, closed)
	at(17*time.Second, closed)
	at(22*time.Second, closed)
	if got := at(27*time.Second, closed); len(got) != 1 || !strings.HasPrefix(got[0], "cancel") {
		t.Errorf("given up without giving back: %v", got)
	}
	if r := b.Results(); len(r) != 1 || r[0].Stage != metering.StageExpired || r[0].ID != first {
		t.Errorf("results %+v", r)
	}
	second, err := b.Want("k1", open, lease.Why{}, now)
	if err != nil || second == first {
		t.Fatalf("%q after %q: %v", second, first, err)
	}
	at(28*time.Second, closed)
	b.HearOutcome(metering.Outcome{ID: second, Agent: "a1", Actuator: "k1", Stage: metering.StageSelected}, now)
	at(29*time.Second, closed)
	for s := 30 * time.Second; s < 110*time.Second; s += time.Second {
		at(s, closed)
		if r := b.Results(); r != nil {
			t.Fatalf("after %v: %+v", s, r)
		}
		if _, err := b.Want("k1", closed, lease.Why{}, now); err == nil {
			t.Fatalf("after %v another command was begun while the outcome was not known", s)
		}
	}
	for s := 110 * time.Second; s < 130*time.Second; s += time.Second {
		at(s, closed)
	}
	if r := b.Results(); len(r) != 1 || r[0].Stage != metering.StageFailed {
		t.Errorf("results %+v", r)
	}
}

// The agent goes on in the night and comes back: an operate without an outcome is
// found out by its beats.
func TestStateTellsTheOutcome(t *testing.T) {
	b, now := book(t, config()), noon
	b.Lead(1, now)
	b.HearBeat(beat(1, now, closed, closed), now)
	id, _ := b.Want("k1", open, lease.Why{}, now)
	b.Tick(now)
	b.HearOutcome(metering.Outcome{ID: id, Agent: "a1", Actuator: "k1", Stage: metering.StageSelected}, now)
	b.Tick(now)
	now = now.Add(2 * time.Second)
	next := beat(2, now, open, closed)
	next.Boot = 2
	b.HearBeat(next, now)
	b.Tick(now)
	if r := b.Results(); len(r) != 1 || r[0].Stage != metering.StageConfirmed {
		t.Errorf("results %+v", r)
	}
	old := beat(3, now, closed, closed)
	b.HearBeat(old, now) // a beat of the boot that is over
	if v := b.View("k1", now); v.Now != open {
		t.Errorf("a beat from before the start was believed: %+v", v)
	}
}

// A state in force is renewed in time, with the state that was commanded; a muted one
// is not; nothing is renewed on an old beat.
func TestRenewal(t *testing.T) {
	b, now := book(t, config()), noon
	b.Lead(1, now)
	hold := func(left time.Duration) metering.AgentBeat {
		m := beat(uint64(now.Unix()), now, open, open)
		for i := range m.States {
			m.States[i].Command, m.States[i].Left = fmt.Sprintf("c%d", i), left
		}
		return m
	}
	renewals := func() []string {
		return slices.DeleteFunc(tell(b.Tick(now)), func(s string) bool { return !strings.HasPrefix(s, "renew") })
	}
	b.Mute("k2", true)
	b.HearBeat(hold(11*time.Minute), now)
	if got := renewals(); len(got) != 0 {
		t.Errorf("renewed too soon: %v", got)
	}
	now = now.Add(time.Minute)
	b.HearBeat(hold(10*time.Minute), now)
	if got := renewals(); len(got) != 1 || !strings.HasSuffix(got[0], "k1") {
		t.Errorf("renewals %v", got)
	}
	b.HearBeat(hold(10*time.Minute), now)
	if got := renewals(); len(got) != 0 {
		t.Errorf("renewed twice: %v", got)
	}
	now = now.Add(40 * time.Second)
	if got := b.Tick(now); len(got) != 0 {
		t.Errorf("said on an old beat: %v", tell(got))
	}
	b.HearOutcome(metering.Outcome{ID: "c0", Agent: "a1", Actuator: "k1", Stage: metering.StageReverted, Text: "its lease is over"}, now)
	if r := b.Results(); len(r) != 1 || r[0].Verb != metering.VerbRenew {
		t.Errorf("results %+v", r)
	}
}

func TestObstacles(t *testing.T) {
	b := book(t, config())
	b.Lead(1, noon)
	want := func(text string) {
		t.Helper()
		if v := b.View("k1", noon); v.Eligible || !strings.Contains(v.Why, text) {
			t.Errorf("want %q: %+v", text, v)
		}
	}
	want("never heard")
	m := beat(1, noon, closed, closed)
	m.States[0].Readable, m.States[0].Text = false, "timeout"
	b.HearBeat(m, noon)
	want("timeout")
	for guarding, text := range map[metering.Guarding]string{metering.GuardLocal: "local", metering.GuardHold: "holds it"} {
		m := beat(2, noon, closed, closed)
		m.States[0].Guarding = guarding
		b.HearBeat(m, noon)
		want(text)
	}
	b.HearBeat(beat(3, noon, metering.Desired{}, closed), noon)
	want("position")
	m = beat(4, noon, closed, closed)
	m.States[0].At = noon.Add(-time.Minute)
	b.HearBeat(m, noon)
	want("lately")
	b.HearBeat(beat(5, noon, closed, closed), noon)
	if v := b.View("k1", noon); !v.Eligible {
		t.Errorf("%+v", v)
	}
	if v := b.View("k1", noon.Add(16*time.Second)); v.Eligible || v.Online {
		t.Errorf("after 16 s: %+v", v)
	}
}

func TestConfigFaults(t *testing.T) {
	c := config()
	c.Actuators = append(c.Actuators, metering.Actuator{ID: "k1", Agent: "a"}, metering.Actuator{}, metering.Actuator{ID: "x"})
	c.Lease, c.TTL = time.Hour, time.Minute
	_, err := lease.New(c)
	for _, want := range []string{"k1 is named twice", "without an id", "no agent", "lease: 1h0m0s", "time to live: 1m0s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

// A term that goes on after a restart uses no number twice, because the agents say
// what they have heard.
func TestRestartGoesOn(t *testing.T) {
	b := book(t, config())
	b.Lead(3, noon)
	b.HearBeat(beat(1, noon, closed, closed), noon)
	b.Tick(noon)
	again := book(t, config())
	if err := again.Restore(b.Snapshot()); err != nil {
		t.Fatal(err)
	}
	m := beat(2, noon, closed, closed)
	m.Term, m.Seq = 3, 900
	again.Lead(3, noon)
	again.HearBeat(m, noon)
	same(t, tell(again.Tick(noon)), []string{"beat a1 3/901 nonce 2"})
	if err := again.Restore([]byte("{")); err == nil {
		t.Error("a damaged memory was restored")
	}
}

// The conversation over a bad network, with an agent that may die: messages and
// answers are lost, doubled and late. Whatever happens, an agent never acts twice for
// one ID, never acts unselected, is never asked for a second command while the first
// one may still act, and hears rising numbers; and when the network is good again
// everything comes to an end.
func TestBadNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
		loss := rapid.Float64Range(0, 0.6).Draw(t, "loss")
		w := newWire(random, loss)
		b, err := lease.New(config())
		if err != nil {
			t.Fatal(err)
		}
		b.Lead(1, noon)
		wants := 0
		for s := range 400 {
			now := noon.Add(time.Duration(s) * time.Second)
			if s == 250 {
				w.loss = 0
			}
			w.deliver(b, now, t.Fatalf)
			if s < 250 && random.IntN(20) == 0 {
				want := open
				if random.IntN(2) == 0 {
					want = closed
				}
				if _, err := b.Want("k1", want, lease.Why{Mode: metering.ModeAuto}, now); err == nil {
					wants++
				}
			}
			if s < 250 && random.IntN(100) == 0 {
				w.reboot()
			}
			for _, m := range b.Tick(now) {
				if m.Boot != w.boot && m.Boot != 0 && w.rebooted.IsZero() {
					t.Fatalf("a boot that never was: %+v", m)
				}
				w.send(m, now)
			}
			b.Results()
			b.Events()
		}
		if v := b.View("k1", noon.Add(400*time.Second)); v.Busy {
			t.Fatalf("after minutes of a good network a command is still on its way (%d wants)", wants)
		}
	})
}

// wire loses, doubles and delays, and ends in an agent with one relay.
type wire struct {
	random   *rand.Rand
	loss     float64
	toAgent  []late[metering.Allotment]
	toBook   []late[func(*lease.Book, time.Time)]
	boot     uint64
	rebooted time.Time
	nonce    uint64
	nonces   map[uint64]time.Time
	term     uint64
	seq      uint64
	selected string
	at       time.Time
	acted    map[string]bool
	known    map[string]metering.Outcome
	state    metering.Desired
	command  string
}

type late[T any] struct {
	at time.Time
	v  T
}

func newWire(random *rand.Rand, loss float64) *wire {
	return &wire{random: random, loss: loss, boot: 1, nonces: map[uint64]time.Time{}, acted: map[string]bool{}, known: map[string]metering.Outcome{}, state: closed}
}

func (w *wire) when(now time.Time) []time.Time {
	var at []time.Time
	for range 1 + w.random.IntN(2) {
		if w.random.Float64() >= w.loss {
			delay := time.Duration(0)
			if w.loss > 0 && w.random.IntN(3) == 0 {
				delay = time.Duration(w.random.IntN(40)) * time.Second
			}
			at = append(at, now.Add(delay))
		}
	}
	return at
}

func (w *wire) send(m metering.Allotment, now time.Time) {
	for _, at := range w.when(now) {
		w.toAgent = append(w.toAgent, late[metering.Allotment]{at, m})
	}
}

func (w *wire) say(now time.Time, f func(*lease.Book, time.Time)) {
	for _, at := range w.when(now) {
		w.toBook = append(w.toBook, late[func(*lease.Book, time.Time)]{at, f})
	}
}

func (w *wire) reboot() {
	w.boot++
	w.selected, w.nonces, w.rebooted = "", map[uint64]time.Time{}, time.Unix(1, 0)
}

func (w *wire) deliver(b *lease.Book, now time.Time, fatal func(string, ...any)) {
	w.toAgent = slices.DeleteFunc(w.toAgent, func(l late[metering.Allotment]) bool {
		if l.at.After(now) {
			return false
		}
		w.hear(l.v, now, fatal)
		return true
	})
	w.nonce++
	w.nonces[w.nonce] = now
	bt := metering.AgentBeat{Agent: "a1", Boot: w.boot, Nonce: w.nonce, At: now, Term: w.term, Seq: w.seq,
		States: []metering.ActuatorState{{Actuator: "k1", At: now, Readable: true, Now: w.state, Command: w.command, Left: 14 * time.Minute}}}
	w.say(now, func(b *lease.Book, now time.Time) { b.HearBeat(bt, now) })
	w.toBook = slices.DeleteFunc(w.toBook, func(l late[func(*lease.Book, time.Time)]) bool {
		if l.at.After(now) {
			return false
		}
		l.v(b, now)
		return true
	})
}

// hear is the agent's rule, in short.
func (w *wire) hear(m metering.Allotment, now time.Time, fatal func(string, ...any)) {
	sent, ok := w.nonces[m.Nonce]
	if m.Boot != w.boot || !ok || now.Sub(sent) > m.TTL || m.Term < w.term || (m.Term == w.term && m.Seq <= w.seq) {
		return
	}
	w.term, w.seq = m.Term, m.Seq
	answer := func(stage metering.Stage) {
		o := metering.Outcome{ID: m.ID, Agent: "a1", Actuator: "k1", Stage: stage, At: now}
		w.known[m.ID] = o
		w.say(now, func(b *lease.Book, now time.Time) { b.HearOutcome(o, now) })
	}
	if o, known := w.known[m.ID]; known && o.Stage.Final() && m.Verb != metering.VerbRenew {
		w.say(now, func(b *lease.Book, now time.Time) { b.HearOutcome(o, now) })
		return
	}
	switch m.Verb {
	case metering.VerbSelect:
		switch {
		case m.Expect != w.state:
			answer(metering.StageRefused)
		case w.selected != "" && w.selected != m.ID && now.Sub(w.at) < 30*time.Second:
			answer(metering.StageRefused)
		default:
			w.selected, w.at = m.ID, now
			answer(metering.StageSelected)
		}
	case metering.VerbOperate:
		if w.selected != m.ID || now.Sub(w.at) > 30*time.Second {
			answer(metering.StageRefused)
			return
		}
		if w.acted[m.ID] {
			fatal("%s acted twice", m.ID)
		}
		w.acted[m.ID], w.selected = true, ""
		w.state, w.command = m.Want, m.ID
		answer(metering.StageConfirmed)
	case metering.VerbCancel:
		if w.selected == m.ID {
			w.selected = ""
		}
		answer(metering.StageCancelled)
	}
}

// A new leader is ready at once when every agent has accepted its term: from then on
// they refuse what the leader before has said and is still on its way.
func TestReadyWhenTheTermIsAccepted(t *testing.T) {
	c := config()
	c.Actuators = c.Actuators[:2]
	b, now := book(t, c), noon
	b.HearBeat(beat(10, now, closed, closed), now)
	b.Lead(4, now)
	for n, term := range []uint64{3, 3, 4} {
		now = now.Add(time.Second)
		heard := beat(uint64(11+n), now, closed, closed)
		heard.Term = term
		b.HearBeat(heard, now)
		if b.Ready(now) != (term == 4) {
			t.Errorf("an agent of term %d: ready %v", term, b.Ready(now))
		}
	}
}

// What is recalled before it was operated is cancelled; what has been operated is not
// said again, and what is read tells what became of it.
func TestRecall(t *testing.T) {
	b, now := book(t, config()), noon
	b.Lead(4, now)
	b.HearBeat(beat(10, now, closed, closed), now)
	first, _ := b.Want("k1", open, lease.Why{}, now)
	second, _ := b.Want("k2", open, lease.Why{}, now)
	b.Tick(now)
	b.HearOutcome(metering.Outcome{ID: first, Agent: "a1", Actuator: "k1", Stage: metering.StageSelected}, now)
	b.HearOutcome(metering.Outcome{ID: second, Agent: "a1", Actuator: "k2", Stage: metering.StageSelected}, now)
	b.Recall("not yet", now) // k2 is selected as well, but neither was operated
	for _, r := range b.Results() {
		if r.Stage != metering.StageCancelled || r.Text != "not yet" {
			t.Errorf("%+v", r)
		}
	}
	first, _ = b.Want("k1", open, lease.Why{}, now)
	b.Tick(now)
	b.HearOutcome(metering.Outcome{ID: first, Agent: "a1", Actuator: "k1", Stage: metering.StageSelected}, now)
	b.Tick(now)
	b.Recall("the kill switch is set", now)
	if r := b.Results(); len(r) != 0 {
		t.Errorf("what is on its way is over: %+v", r)
	}
	for range 10 {
		now = now.Add(2 * time.Second)
		b.HearBeat(beat(uint64(now.Unix()), now, closed, closed), now)
		for _, m := range b.Tick(now) {
			if m.Verb != metering.VerbBeat {
				t.Errorf("%v after the recall", tell([]metering.Allotment{m}))
			}
		}
	}
	b.HearBeat(beat(99, now, open, closed), now)
	b.Tick(now)
	if r := b.Results(); len(r) != 1 || r[0].Stage != metering.StageConfirmed {
		t.Errorf("results %+v", r)
	}
}
