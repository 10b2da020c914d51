// Package dispatcher is what a dispatcher sees: the HTTP API, the live stream
// and the page «Смена», which is embedded in the binary.
//
// It is fed by pushes (Observe, SetControl, Notice) and asks the two stores
// through interfaces of one method each. It must not know SQL, MQTT, Modbus, how
// the controller comes to its numbers, or who is plugged into it.
//
// # What it promises
//
//   - Every number carries its age and its quality. A value older than
//     Limits.StaleAfter says so; one older than Limits.SilentAfter is withdrawn. A
//     number that is not known is absent from the JSON, with a reason beside it;
//     it is never 0.
//   - A sum with a part missing is marked as partial and names the part.
//   - A slow or vanished browser costs nothing: no queue is kept for it. It
//     resumes from a ring of the last minute or gets a whole snapshot again.
//   - Every route stands in one table with the role that may use it (routes.go).
//     A route without a row is refused at start.
//
// # The page
//
// Sources are under web/, the bundle that is embedded under dist/. After a change
// to web/ run
//
//	go run ./dashboards/dispatcher/webbuild
//
// which needs nothing but Go: the runtime libraries are vendored as files. A test
// fails if the bundle is not what the sources give.
package dispatcher
