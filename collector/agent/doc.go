// Package agent decides what may be done to the actuators of one cabinet: it
// stands between the balancer and the only program that can write their registers,
// obeys what is authentic, fresh, in order and inside the hard band, and knows what
// to do when nobody speaks to it any more.
//
// It is pure: messages, readings and the time go in, outcomes and wishes for writes
// and reads come out. It must not know Modbus, MQTT, goroutines or the wall clock.
// Durations are taken between the moments that are handed in; whoever hands them in
// sees to it that steps of the wall clock do not move them.
//
// # What is obeyed
//
// A command is select, and within 30 s operate, of one ID and one content. Each of
// the two must be signed by a trusted key, name this agent, repeat the boot id and a
// nonce of a beat that is not older than the command's TTL, not be of an older term,
// and have a higher number than the last one of its term. The actuator must be of
// the kind, its mode must allow it, its state must have been read just now, be the
// one that the balancer believes in and be far enough from its last change; it must
// neither be switched to local nor on hold; a limit must lie in the hard band; a
// breaker needs two persons. Everything else is refused with a code and a text.
//
// Each ID is carried out once at most. Before the write a record of it is durable,
// and after the read-back another one. Who finds the first without the second when
// he starts reads the device, and never writes again.
//
// # When nobody speaks
//
//	event                     set-point                            relay, breaker
//	no beat for 60 s          alone: holds                         holds
//	no beat for 120 s         fail-safe: ramps to its fail-safe    holds
//	                          value and stays there until there
//	                          is a beat and a fresh command, or
//	                          a beat after 2 h
//	lease over, beats come    ramps to its contracted power in     holds, alarm; closed
//	                          5 min, after 0 to 120 s at random    again by command only
//	start of the agent        fail-safe with the last hard band,   is read only
//	                          after the device was read; moves
//	                          after a minute without a command,
//	                          unless a balancer speaks that asks
//	                          persons first (mode confirm): holds
//	a command failed          on hold for 15 min                   on hold for 15 min
//
// Nothing but a command ever moves a relay or a breaker. While its balancer only
// advises (the mode that a beat tells) the agent takes nothing from a load by itself
// either: a set-point may go up by the table, not down.
package agent
