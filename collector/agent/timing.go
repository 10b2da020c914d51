package agent

import "time"

// Timing are the times of the fail-safe table and of the conversation.
type Timing struct {
	BeatEvery     time.Duration // between two beats of the agent
	ReadEvery     time.Duration // between two reads of an actuator
	FreshRead     time.Duration // a state that was read earlier is not known
	MostTTL       time.Duration // of a message, from the beat on that it repeats
	MostLease     time.Duration
	Reserved      time.Duration // from select to operate
	Alone         time.Duration // without a valid message
	FailSafe      time.Duration // without a valid message
	StayFailSafe  time.Duration // without a fresh command
	Ramp          time.Duration
	RampStep      time.Duration // between two writes of a ramp
	RampDelay     time.Duration // at most, at random, before the load is given back
	Send          time.Duration // a write that has not been sent by then is not sent
	Written       time.Duration // a write that has not been answered by then has failed
	Echo          time.Duration // from the write to the register's echo
	Effect        time.Duration // from the write to the effect
	Hold          time.Duration // after a failure
	BetweenShed   time.Duration // from a change to one that reduces
	BetweenReturn time.Duration // from a change to one that gives back
	PerHour       int           // changes, if the actuator states none
}

// DefaultTiming are the times of the fail-safe table.
func DefaultTiming() Timing {
	return Timing{
		BeatEvery: time.Second, ReadEvery: time.Second, FreshRead: 10 * time.Second, MostTTL: 30 * time.Second, MostLease: 15 * time.Minute,
		Reserved: 30 * time.Second, Alone: time.Minute, FailSafe: 2 * time.Minute, StayFailSafe: 2 * time.Hour,
		Ramp: 5 * time.Minute, RampStep: 10 * time.Second, RampDelay: 2 * time.Minute, Send: 2 * time.Second, Written: 10 * time.Second,
		Echo: 2 * time.Second, Effect: time.Minute, Hold: 15 * time.Minute, BetweenShed: 30 * time.Second, BetweenReturn: 5 * time.Minute, PerHour: 6,
	}
}

// whole puts the defaults where nothing is said.
func (t Timing) whole() Timing {
	d := DefaultTiming()
	for _, p := range []struct{ of, otherwise *time.Duration }{
		{&t.BeatEvery, &d.BeatEvery}, {&t.ReadEvery, &d.ReadEvery}, {&t.FreshRead, &d.FreshRead}, {&t.MostTTL, &d.MostTTL}, {&t.MostLease, &d.MostLease},
		{&t.Reserved, &d.Reserved}, {&t.Alone, &d.Alone}, {&t.FailSafe, &d.FailSafe}, {&t.StayFailSafe, &d.StayFailSafe},
		{&t.Ramp, &d.Ramp}, {&t.RampStep, &d.RampStep}, {&t.RampDelay, &d.RampDelay}, {&t.Send, &d.Send}, {&t.Written, &d.Written},
		{&t.Echo, &d.Echo}, {&t.Effect, &d.Effect}, {&t.Hold, &d.Hold}, {&t.BetweenShed, &d.BetweenShed}, {&t.BetweenReturn, &d.BetweenReturn},
	} {
		if *p.of <= 0 {
			*p.of = *p.otherwise
		}
	}
	if t.PerHour <= 0 {
		t.PerHour = d.PerHour
	}
	return t
}
