package aktobe_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/site"
)

// The example with Akzhar is the example, but for what a restored line changes.
func TestWithAkzhar(t *testing.T) {
	plain, faults := site.Parse("site.yaml", aktobe.Site(), nil)
	restored, faults2 := site.Parse("site.yaml", aktobe.WithAkzhar(), nil)
	if plain == nil || restored == nil {
		t.Fatalf("%v, %v", faults.Err(), faults2.Err())
	}
	for i, src := range restored.Sources[1:] {
		if limit, ok := src.Contract.Power(); !src.Available || !ok || limit != 9*metering.Megawatt {
			t.Errorf("%s: available %v, %v", src.ID, src.Available, src.Contract)
		}
		restored.Sources[i+1] = plain.Sources[i+1]
	}
	if len(restored.Limits) != 0 || len(restored.Promises) != 0 || len(plain.Promises) == 0 {
		t.Errorf("limits %+v, promises %+v of %+v", restored.Limits, restored.Promises, plain.Promises)
	}
	restored.Limits, restored.Promises = plain.Limits, plain.Promises
	limit := cmp.Comparer(func(a, b metering.Limit) bool { return a == b })
	a, b := *plain, *restored
	a.Location, b.Location = nil, nil
	if diff := cmp.Diff(a, b, limit); diff != "" {
		t.Errorf("more than Akzhar differs:\n%s", diff)
	}
}
