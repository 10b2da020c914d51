// Package notify says what of alarms somebody outside has to hear, and in which words.
//
// It is pure: transitions of the book of alarms in, events out, time handed in. It must
// not know sockets, files, the time of day, nor how a message travels or whether it
// arrives.
//
//	f := notify.NewFollower(definitions, notify.DefaultQuiet)
//	events := f.Follow(changes, now)        // what alarms have done
//	events = append(events, f.Tick(now)...) // nobody has answered in time; a quiet time is over
//	m := notify.Write(event, place, notify.Russian)
//
// # One message for each announcement
//
// The book decides what is announced: delays, shelves, causes and service are its affair,
// and what it hides is told to nobody. Of each announcement outside hears at most three
// things: that it is so, that nobody has acknowledged it within its time to respond, and
// that it is over. An alarm that comes and goes is told once in a quiet time; if it is
// still so at the end of that time, it is told again, with how often it came.
package notify
