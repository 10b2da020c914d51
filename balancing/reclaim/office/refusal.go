package office

import (
	"fmt"
	"strings"
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
		*r = append(*r, err.Error())
	}
}

// refusal is nil if there is no reason.
func (r reasons) refusal() error {
	if len(r) == 0 {
		return nil
	}
	return &Refusal{r}
}
