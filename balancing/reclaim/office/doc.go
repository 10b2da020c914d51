// Package office is the office where technical conditions are kept: the register, the
// cases, the books of the pool, the applications of newcomers and the drafts that wait
// for a second signature, as they follow from deeds.
//
// It is pure: deeds and what people want in, deeds or refusals out. It must not know
// stores, HTTP, roles, the time of day, the control loop, nor how findings are made.
//
//	o, err := office.New(office.Config{Site: site, …})
//	err = o.Replay(deeds)                         // from the ledger, in their order
//	deeds, err := o.Do(person, at, action)        // what has to be recorded; nothing has happened yet
//	…the caller records them (metering.Deeds) …
//	err = o.Replay(recorded)                      // and now it has
//
// # Deeds
//
// What people want is an Action. One that binds somebody needs two signatures: Do
// makes a "draft" of it, and Sign, by another person, the deed. What follows from it, a
// step of the case, acts of the register, a posting of the pool, stands in the deed as
// Effects: a replay applies these and reckons nothing anew, so that what was decided by
// one release reads the same in the next.
//
// # What holds together
//
// A return has freed nothing until register, contract and limit say the same: only with
// the last of them kilowatts go from the resident to the pool. A limit counts as set
// when the balancer itself reports it. What is disputed is held; a sanction that makes
// power non-firm demotes it in the books; a case that closes gives both back. A dispute
// that is upheld brings back what the register has lost to the return, and nothing else.
//
// At every instant since the books began, for every resident at every node,
//
//	FIRM + HELD + DEMOTED = firm power by the register + what is owed
//	NONFIRM               = non-firm power by the register
//
// where owed is what the register's paper of a return has taken out of the register, from
// the day of that paper until the return is complete or its case is closed. Every action
// that would break this, or an account, or add to what lies above a ceiling, is refused.
package office
