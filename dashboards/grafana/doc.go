// Package grafana makes the boards and alert rules for Grafana, and the rule file for
// Prometheus, from one description in Go, in two query languages: PromQL, in the part
// that Prometheus and VictoriaMetrics share, and InfluxQL for an InfluxDB 1.8.
//
// A panel or a rule asks (Ask) in words of neither language: which field, of whom, how
// values become one over time, how series become one. Two writers turn that into
// queries. What is made is committed in deploy/grafana, so that Grafana needs no build
// of ours; a test compares the two, and `make grafana` renews the files.
//
// Two kinds of source answer. The samples are what meters, balancer and network model
// say: the series store has them, or an InfluxDB that is fed with a copy. The figures
// are what the processes say of themselves under /metrics: whoever collects that has
// them. A board names both by variables, never by a uid.
//
// The package must not know which store answers, nor how samples come there; it knows
// the names of fields and labels only.
package grafana

//go:generate go test . -rewrite
