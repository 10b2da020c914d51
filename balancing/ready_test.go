package balancing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever the plant: the list for the loss of the line never brings anybody below its
// armour, and when the line is lost, just these devices are commanded.
func TestReadyKeepsTheArmourAndIsWhatIsDone(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		mw := func(least, most float64, what string) metering.Power {
			return metering.Power(rapid.Float64Range(least, most).Draw(t, what)*1000) * metering.Kilowatt
		}
		l := newLoop(tb, 60*metering.Megawatt)
		reserve := mw(3, 30, "reserve")
		l.cfg.Sources = []balancing.Source{
			{Name: "Karatagai", Contract: metering.LimitOf(60 * metering.Megawatt), Available: true},
			{Name: "Akzhar", Contract: metering.LimitOf(reserve), Available: true},
		}
		armour := map[metering.ResidentID]metering.Power{}
		drawn := map[metering.ResidentID]metering.Power{}
		for i := range rapid.IntRange(1, 5).Draw(t, "residents") {
			name := fmt.Sprintf("r%d", i)
			power := mw(1, 9, "power")
			armour[metering.ResidentID(name)] = metering.Power(rapid.Float64Range(0, 1).Draw(t, "armour") * float64(power))
			relays := rapid.IntRange(0, 3).Draw(t, "relays")
			base, set := float64(power), relays == 0 && rapid.Bool().Draw(t, "set-point")
			step := metering.Power(float64(power)/4) / metering.Kilowatt * metering.Kilowatt
			base -= float64(step) * float64(relays)
			l.feeder(name, power+metering.Megawatt, armour[metering.ResidentID(name)], base)
			if set {
				l.setpoint(name, metering.Power(base/4), metering.Power(base)+2*metering.Megawatt, 5*time.Second)
			}
			for n := range relays {
				l.relay(name, n, step, 2*time.Second)
			}
			drawn[metering.ResidentID(name)] = power
		}
		l.start()
		l.run(3*time.Minute, nil)
		r := l.last.Hands.Ready
		if r == nil || len(r.Backup) != 1 || r.Limit.Power != reserve {
			t.Fatalf("the list is %+v", r)
		}
		left := map[metering.ResidentID]float64{}
		for id, w := range drawn {
			left[id] = float64(w)
		}
		sum := metering.Power(0)
		var list []string
		for _, x := range r.Steps {
			left[x.Resident] -= float64(x.Drop)
			sum += x.Drop
			list = append(list, fmt.Sprint(x.Kind, " ", x.Actuator))
		}
		for _, x := range r.Calls {
			left[x.Resident] -= float64(x.Drop)
			sum += x.Drop
		}
		for id, w := range left {
			if w < float64(armour[id])-2e3 {
				t.Errorf("%s would be left %.0f W, its armour is %v: %v", id, w, armour[id], r)
			}
		}
		// What waterfill leaves of a step's quantum and of whole kilowatts is no lack.
		if lack := r.Need - sum - r.Missing; lack > 60*metering.Kilowatt {
			t.Errorf("%v of %v must go, the list brings %v, %v cannot be met: %v is forgotten", r.Need, r.Load, sum, r.Missing, lack)
		}
		l.c.Step(balancing.Supply{At: l.now, Feeding: "Akzhar", Limit: metering.LimitOf(reserve), InService: []metering.PointID{"in"}})
		var done []string
		for _, e := range l.c.Tick(l.now).Journal {
			if e.Kind == balancing.EntryShed || e.Kind == balancing.EntryCap {
				done = append(done, e.Kind+" "+e.Subject)
			}
		}
		slices.Sort(list)
		slices.Sort(done)
		if diff := cmp.Diff(list, done); diff != "" {
			t.Errorf("-list +done:\n%s\n%v", diff, r)
		}
	})
}
