// Package alarm decides what a dispatcher has to be alarmed about, and remembers what
// became of it: who acknowledged, who put what aside for how long and why.
//
// It is pure: conditions and what people do in, transitions out, time handed in. It
// must not know stores, HTTP, languages of a page, nor how a condition is found.
//
//	book, err := alarm.New(definitions, settings)
//	transitions, err := book.Observe(condition, now) // it is so, or no longer; ObserveAll: of many
//	transitions, err := book.Acknowledge(id, who, now)
//	transitions = book.Tick(now)                     // delays, shelves that end
//	book.List()                                      // what the page shows
//
// # States
//
// Two bits are kept, active and unacknowledged (ISA-18.2; IEC 62682), and beside them
// what hides an alarm. The state that people see follows:
//
//	active  unacknowledged   state
//	no      no               Normal
//	yes     yes              Unacknowledged
//	yes     no               Acknowledged: it stays on the list, it is still so
//	no      yes              Returned, and nobody has seen it yet
//
// Out of service hides more than suppression by design, and that more than a shelf. What
// is hidden goes on being observed and counted; when it comes out and is still so, it is
// announced anew.
//
//   - A shelf is a person's: until a time (timed) or until the alarm returns to normal
//     (one shot), never longer than Settings.ShelfMost, with who and why. A timed shelf
//     hides whatever the condition does meanwhile (OPC UA Part 9, 5.8.17). When a shift
//     begins all shelves end: who comes on has not agreed to them.
//   - Suppression is the design's: while a cause is alarmed already, what follows from
//     it is counted and not announced. An open breaker keeps its own low current quiet;
//     a line on which most meters are silent is one alarm, not forty.
//   - Out of service is maintenance: a person takes an alarm out, with why and until
//     when, and it comes back by itself.
//
// # Rationalised
//
// A definition without cause, consequence, what to do and by when in every language is
// refused: an alarm that asks nothing of anybody is a line in the log.
package alarm
