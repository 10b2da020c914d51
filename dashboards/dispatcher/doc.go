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
//   - Every route stands in one table with who may use it (routes.go, access.go),
//     every order in another (orderrules.go). A route without a row is refused at
//     start, an order without one cannot be given.
//
// # The books
//
// What is billed is asked of the ledger: intervals with their quality, version and
// sums (intervals.go), the history of one (history.go), the count of grades by day
// and point (completeness.go), findings, settlements and their corrections, gas
// and water (media.go). Balance and demand are computed by whoever is plugged in
// as Balances and Demands. Every question is bounded in range and length, and
// tells all its faults with place and remedy.
//
// # People
//
// Who has signed in is known by a cookie that nothing but a browser holds
// (sessions.go); accounts and audit are asked and told through interfaces (config.go).
// What cannot be written into the audit is not done, but a kill. Guessing passwords is
// slowed down and nobody is locked out (throttle.go). An order that needs two persons
// waits five minutes for the second (orders.go, orderdesk.go).
//
// # Residents
//
// Whoever carries a resident's token is told that resident's numbers and nothing else
// (own.go, own_token.go): every other route refuses him. The page of residents,
// web/src/own, is a program apart: own.html, own.js, own.css.
//
// # The document
//
// openapi.go gives every operation its refusals and an example from examples/, which
// are renewed with `go test ./dashboards/dispatcher -run OpenAPI -rewrite`.
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
//
// The live page is app.js with chunk.js; the views of metering (web/src/metering)
// are metering.js, that of control (web/src/control) is control.js, that of the
// network (web/src/network) is network.js and that of technical conditions
// (web/src/capacity) is capacity.js, which are loaded when one of their views
// is opened, with views.css. Their messages stand in catalogues of their own,
// web/i18n/metering.*.json, control.*.json and so on, of which a reader is sent those
// of his language (/i18n/network.kk.json; page.kk.json of the first view). Their keys that begin with "=" are sentences of the
// programs, which web/src/said.ts shows in his language. alarms.js (web/src/alarms) has the view of alarms and the bar of
// alarms below every view, and is loaded once the first view stands; log.js (web/src/log) has the
// operator's log and the hand-over of the shift; system.js (web/src/system) has how the program
// itself stands. The list of residents and the page of one belong to metering. stream.js is a
// shared worker: one live stream for all windows of a browser. Where the reader is stands in the
// address: /?view=profile&point=p-1&day=2026-11-21.
//
// What the page shows of control comes with the balancer's report (acts.go). It
// never takes an order for carried out because the server has taken it: the
// balancer's answer and the state of the device are shown, both from the report.
package dispatcher
