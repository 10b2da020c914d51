package office

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"asue/metering"
)

// Refusal says why something cannot be done: all reasons at once.
type Refusal struct{ Reasons []string }

// Error is the reasons in one line.
func (r *Refusal) Error() string { return strings.Join(r.Reasons, "; ") }

// refuse refuses for one reason.
func refuse(format string, args ...any) error {
	return &Refusal{[]string{fmt.Sprintf(format, args...)}}
}

// reasons collects why something cannot be done.
type reasons []string

func (r *reasons) add(format string, args ...any) { *r = append(*r, fmt.Sprintf(format, args...)) }

// because takes in the reasons of an error, each one of those that it joins.
func (r *reasons) because(err error) {
	switch e := err.(type) { //nolint:errorlint // the errors themselves are walked through
	case nil:
	case *Refusal:
		*r = append(*r, e.Reasons...)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			r.because(part)
		}
	default:
		*r = append(*r, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// refusal is nil if there is no reason.
func (r reasons) refusal() error {
	if len(r) == 0 {
		return nil
	}
	return &Refusal{r}
}

// who and where are a resident and a node as people call them.
func (o *Office) who(id metering.ResidentID) string {
	r, _ := o.config.Site.Resident(id)
	return cmp.Or(r.Name, string(id))
}

func (o *Office) where(id metering.NodeID) string {
	n, _ := o.config.Site.Topology.Node(id)
	return cmp.Or(n.Name, string(id))
}

// day is a time as people here say it: "2026-07-01" for a midnight.
func (o *Office) day(t time.Time) string {
	if t = t.In(o.config.Terms.Location); t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}
