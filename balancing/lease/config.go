package lease

import (
	"errors"
	"fmt"
	"time"

	"asue/metering"
)

// Config says with whom is talked, and how patiently. Defaults fills in the times.
type Config struct {
	Actuators []metering.Actuator

	BeatEvery time.Duration // from one sign of life to the next, to each agent
	BeatAge   time.Duration // no message goes out on an agent's beat older than this
	Offline   time.Duration // an agent that was not heard for so long is offline
	Answer    time.Duration // how long an answer is waited for before the message is sent again
	SelectFor time.Duration // how long an agent keeps a reservation
	// Settle is after how long an operate without an outcome can be on its way or in
	// the making no more: what the agent reads from then on is what became of it.
	Settle time.Duration
	// Read is how old the agent's own read of a state may be.
	Read time.Duration
	// Lease is how long a state holds, Renew how long before its end it is renewed.
	Lease, Renew time.Duration
	TTL          time.Duration // of a message
	// ReadyFor is how long a new leader waits for agents that say nothing: not less than
	// a message of the leader before may live.
	ReadyFor time.Duration
}

// Defaults are the times of a conversation without actuators.
func Defaults() Config {
	return Config{
		BeatEvery: 5 * time.Second, BeatAge: 12 * time.Second, Offline: 15 * time.Second,
		Answer: 5 * time.Second, SelectFor: 30 * time.Second, Settle: 90 * time.Second, Read: 30 * time.Second,
		Lease: 15 * time.Minute, Renew: 10 * time.Minute, TTL: 30 * time.Second, ReadyFor: 30 * time.Second,
	}
}

// check returns all faults at once.
func (c *Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	seen := map[metering.ActuatorID]bool{}
	for _, a := range c.Actuators {
		switch {
		case a.ID == "":
			fault("actuator without an id")
		case seen[a.ID]:
			fault("actuator %s is named twice", a.ID)
		case a.Agent == "":
			fault("actuator %s: no agent is named: nobody could be asked to move it", a.ID)
		}
		seen[a.ID] = true
	}
	for _, d := range []struct {
		name        string
		have, least time.Duration
		most        time.Duration
	}{
		{"beat period", c.BeatEvery, time.Second, 20 * time.Second},
		{"age of a beat", c.BeatAge, time.Second, 25 * time.Second},
		{"offline time", c.Offline, c.BeatAge, time.Hour},
		{"answer time", c.Answer, time.Second, c.SelectFor},
		{"reservation", c.SelectFor, 5 * time.Second, 30 * time.Second},
		{"settling time", c.Settle, c.TTL + c.SelectFor, time.Hour},
		{"age of a read", c.Read, time.Second, time.Hour},
		{"time to live", c.TTL, time.Second, 30 * time.Second},
		{"lease", c.Lease, time.Minute, 15 * time.Minute},
		{"renewal", c.Renew, time.Second, c.Lease},
		{"ready time", c.ReadyFor, c.TTL, time.Hour},
	} {
		if d.have < d.least || d.have > d.most {
			fault("%s: %v: want %v to %v", d.name, d.have, d.least, d.most)
		}
	}
	return errors.Join(faults...)
}
