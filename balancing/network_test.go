package balancing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/balancing"
	"asue/metering"
)

func TestReadinessInTheControllersWords(t *testing.T) {
	site := &metering.Site{Sources: []metering.Source{{ID: "k", Name: "Каратагай"}, {ID: "a1", Name: "Акжар, цепь 1"}, {ID: "a2", Name: "Акжар, цепь 2"}}}
	at := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	f := func(r metering.Readiness, want balancing.Network) {
		t.Helper()
		want.At = at
		have, ok := balancing.NetworkOf(site, metering.NetworkState{At: at, Readiness: &r})
		if diff := cmp.Diff(want, have); diff != "" || !ok {
			t.Errorf("%+v: -want +have:\n%s", r, diff)
		}
	}
	f(metering.Readiness{Lost: "k", Backup: []string{"a1", "a2"}, LimitMW: 17.9, Binds: "contract a1"}, balancing.Network{Lost: "Каратагай", Backup: []string{"Акжар, цепь 1", "Акжар, цепь 2"},
		Limits: []balancing.ModelLimit{{Sources: []string{"Акжар, цепь 1", "Акжар, цепь 2"}, Limit: 17_900 * metering.Kilowatt, Binds: "contract a1"}}})
	f(metering.Readiness{Lost: "a2+a1", LimitMW: 5}, balancing.Network{Lost: "Акжар, цепь 1"}) // of what nobody could feed no limit is told
	f(metering.Readiness{Lost: "k", Backup: []string{"x"}, LimitMW: -1}, balancing.Network{Lost: "Каратагай", Backup: []string{"x"}})
	for _, s := range []metering.NetworkState{{At: at}, {At: at, Supposed: "B", Readiness: &metering.Readiness{}}, {At: at, Problem: "no source", Readiness: &metering.Readiness{}}} {
		if m, ok := balancing.NetworkOf(site, s); ok {
			t.Errorf("%+v says %+v", s, m)
		}
	}
}
