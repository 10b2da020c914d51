package soak

import (
	"fmt"
	"testing"
	"time"

	"asue/simulator/faultproxy"
)

func TestLater(t *testing.T) {
	t.Parallel()
	for _, chance := range []float64{0.1, 0.03} {
		for _, kind := range []faultproxy.Kind{faultproxy.Late, faultproxy.Drop} {
			t.Run(fmt.Sprint(chance, kind), func(t *testing.T) {
				t.Parallel()
				_, p, seed := run(t)
				p.serial = 500 * time.Millisecond
				k := lay(t, "rtu", p, seed)
				w := newWitness(k.bank.began)
				polling, stop := poll(t, k.url, []uint8{1, 2, 3}, k.period, w.take)
				k.set(t, faultproxy.Faults{Chance: even(chance, []faultproxy.Kind{kind}), LateBy: p.hold + timeout, LateSpread: 3 * time.Second}, faultproxy.Faults{})
				wait(t, 120*time.Second)
				stop()
				good, _, wrong := w.verdict()
				spoilt, _ := k.spoilt()
				t.Log(good, spoilt, len(wrong), polling.guards())
				for _, x := range wrong[:min(5, len(wrong))] {
					t.Log(x)
				}
			})
		}
	}
}
