package shift

import (
	"slices"
	"strings"

	"asue/metering"
)

// streamKinds are what the kinds of records begin with that stand in the log: what people
// wrote, and what alarms, orders and the balancer did.
var streamKinds = []string{Prefix, "alarm.", "order.", "control.", "config."}

// Kinds are the beginnings of kinds that the log has; all end with a dot.
func Kinds() []string { return slices.Clone(streamKinds) }

// InLog reports whether a kind stands in the log.
func InLog(kind string) bool {
	return slices.ContainsFunc(streamKinds, func(p string) bool { return strings.HasPrefix(kind, p) })
}

// Has reports whether a record says a word, in capitals or not: who, about what, in which
// words, and every text that a person has filled in. Everything has an empty word.
func Has(r metering.AuditRecord, word string) bool {
	word = strings.ToLower(strings.TrimSpace(word))
	if word == "" {
		return true
	}
	texts := []string{r.Actor, r.Kind, r.Subject, r.Text}
	if e, ok := Read(r); ok {
		texts = append(texts, e.From, e.Number)
	}
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(strings.ToLower(t), word) })
}
