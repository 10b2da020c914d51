package powerflow_test

import (
	"errors"
	"strings"
	"testing"

	"asue/balancing/powerflow"
)

// notConverged is the error as what it must be, with its worst bus.
func notConverged(t testing.TB, err error, bus string) *powerflow.NotConvergedError {
	t.Helper()
	var n *powerflow.NotConvergedError
	if !errors.As(err, &n) {
		t.Fatalf("%v, want not converged", err)
	}
	if n.WorstBus != bus || !strings.Contains(n.Error(), "worst at bus "+bus) || len(n.History) == 0 {
		t.Errorf("%+v", n)
	}
	return n
}
