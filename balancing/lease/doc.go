// Package lease is the balancer's side of the conversation with the agents that
// alone can move an actuator: what each actuator shall be in, what its agent says
// it is in, and which message is due.
//
// It must not know why a state is wanted, how limits are found, keys, MQTT, stores,
// goroutines or the wall clock. What agents say goes in by HearBeat and HearOutcome,
// what is wanted by Want, time by Tick, and unsigned messages come out of Tick.
//
// # One command
//
//	Want ──▶ select ──selected──▶ operate ──executing──▶ confirmed
//	           │ refused, no answer    │ no answer            │ failed
//	           ▼                       ▼                      ▼
//	         over                 unknown: the state that     over
//	                              the agent reads decides
//
// Select and operate of one command share its ID. An agent answers an ID as often
// as it hears it and acts once, so a message that may have been lost is sent again
// under the same ID. A new ID for the same actuator is made only when the outcome
// of the last one is known: the agent has said it, or its beats have told what it
// reads for longer than the message could still have been on its way. A command
// with operate on its way is never taken back.
//
// # Leading
//
// Without Lead nothing goes out; beats are heard all the same, so that a shadow
// knows what it takes over. A new term forgets what was on its way under the old
// one, and Ready tells when no word of the leader before can be carried out any more:
// agents refuse it once they have accepted the new term, and else when its time is over.
// The actual states are what is wanted then: nothing moves because a balancer has
// started.
//
// # Freshness
//
// Every message repeats boot and nonce of the agent's youngest beat, and none goes
// out on a beat older than BeatAge. A state that is in force by a command is renewed
// in time for its lease not to end, unless the actuator is muted.
package lease
