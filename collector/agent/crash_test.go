package agent_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"asue/collector/agent"
	"asue/metering"
)

// killed is thrown where the process ends.
type killed struct{}

// mortalLog ends the process before or after an append of a number.
type mortalLog struct {
	*memoryLog
	dieAt  int
	before bool
}

func (l *mortalLog) Append(r agent.Record) error {
	dies := l.appends+1 == l.dieAt
	if dies && l.before {
		panic(killed{})
	}
	if err := l.memoryLog.Append(r); err != nil {
		return err
	}
	if dies {
		panic(killed{})
	}
	return nil
}

// mortal runs something in which the process may end, and reports whether it did.
func mortal(f func()) (died bool) {
	defer func() {
		switch e := recover(); e.(type) {
		case nil:
		case killed:
			died = true
		default:
			panic(e)
		}
	}()
	f()
	return false
}

// The process ends at each record, before it and after it, and at each write,
// before it, and after it when its answer has not been heard; -rounds times each
// with other devices, commands and moments. No command is written twice, what was
// written is found by reading, and no start writes what a command wanted.
func TestKilledAtEveryStep(t *testing.T) {
	dice := seeded(t)
	deaths := 0
	for round := range *rounds {
		for step := 1; step <= 12; step++ {
			for how := range 4 { // before or after a record, before or after a write
				deaths += killOnce(t, fmt.Sprintf("round %d, step %d, way %d", round, step, how), step, how, rand.New(rand.NewPCG(dice.Uint64(), 5)))
			}
		}
	}
	if deaths < 20**rounds {
		t.Errorf("%d deaths only", deaths)
	}
	t.Logf("%d deaths", deaths)
}

func killOnce(t *testing.T, name string, step, how int, dice *rand.Rand) int {
	t.Helper()
	p := newPlant(t, setpoint("SP-1"), relay("R-1"), breaker("Q-1"))
	for _, d := range p.devices {
		d.lag = time.Duration(dice.IntN(20_000)) * time.Millisecond
	}
	p.log.large = []int{0, 25}[dice.IntN(2)] // half of them compact their log now and then
	log := &mortalLog{memoryLog: p.log, before: how == 0}
	makeAgent := func() {
		a, w, err := agent.New(p.config, log, p.now)
		if err != nil {
			t.Fatal(name, err)
		}
		p.agent = a
		p.do(w)
	}
	makeAgent()
	p.normal()
	p.pass(10 * time.Second)
	p.stride = 500 * time.Millisecond
	if how < 2 {
		log.dieAt = log.appends + step
	}
	writes := 0
	p.onWrite = func(w agent.Write) {
		if w.Command == "" {
			return
		}
		if writes++; how >= 2 && writes == step {
			if how == 3 {
				_ = p.devices[w.Actuator].write(p.now, w) // done, and nobody hears of it
			}
			panic(killed{})
		}
	}
	work := func() {
		for n := range 4 {
			for _, id := range p.order {
				want := limit(500 + 100*int64(dice.IntN(5)))
				if id != "SP-1" {
					want = []metering.Desired{opened, closed}[n%2]
				}
				p.carry(p.command(fmt.Sprintf("%s-%d", id, n), id, want))
			}
			p.pass(time.Duration(dice.IntN(40)) * time.Second)
		}
	}
	if !mortal(work) {
		return 0
	}
	log.dieAt = 0
	var after []agent.Write
	p.onWrite = func(w agent.Write) { after = append(after, w) }
	p.now = p.now.Add(time.Duration(dice.IntN(120)) * time.Second)
	makeAgent()
	p.pass(90 * time.Second)
	for _, w := range after {
		if w.Command != "" {
			t.Fatalf("%s: a start wrote command %s", name, w.Command)
		}
		if w.Actuator != "SP-1" {
			t.Fatalf("%s: a start moved %s", name, w.Actuator)
		}
	}
	for id, d := range p.devices {
		for command, n := range d.commanded {
			if n > 1 {
				t.Fatalf("%s: %s was written %d times to %s", name, command, n, id)
			}
			// Asked again, the agent knows what has become of it.
			m := p.sent[command]
			m.Verb = metering.VerbSelect
			p.outcomes = nil
			p.say(m)
			if o := p.last(command); !o.Stage.Final() {
				t.Fatalf("%s: %s was written, and is %q (%s) after all", name, command, o.Stage, o.Text)
			}
		}
	}
	return 1
}
