// Package dashboards makes the Grafana dashboards from Go. Their JSON is
// committed in grafana/, so that Grafana needs no build of ours; a test compares
// the two, and `go test ./dashboards -rewrite` renews the files.
//
// Expressions stay in the part of PromQL that Prometheus and VictoriaMetrics
// share, so one set serves the child store, a server and a cluster. The data
// source is a variable. A test parses every expression and runs it against a
// live store.
//
// The package must not know which store answers, nor how samples come there; it
// knows the names of metrics and labels only.
package dashboards
