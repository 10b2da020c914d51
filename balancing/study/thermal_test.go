package study

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCooling(t *testing.T) {
	if c := cooling(t, ""); c.Name != "ONAF" {
		t.Errorf("nothing stated: %s, want ONAF", c.Name)
	}
	if _, err := CoolingOf("водяное"); err == nil {
		t.Error("an unknown cooling is taken")
	}
	for _, c := range coolings {
		oil, hot := c.Lasting(20, 1)
		if oil != 20+c.OilK || hot != oil+c.GradientK {
			t.Errorf("%s at rated load: oil %v °C, hot spot %v °C", c.Name, oil, hot)
		}
		if hot != 98 {
			t.Errorf("%s at rated load and 20 °C: hot spot %v °C, which is not normal ageing", c.Name, hot)
		}
	}
}

// TestHotSpotOvershoots: the winding is hottest long before the oil has settled, and
// what only looks at the end would permit too much.
func TestHotSpotOvershoots(t *testing.T) {
	c := cooling(t, "ONAF")
	s := Step{AmbientC: -20, Before: 0.2, After: 1.5}
	gradient := func(d time.Duration) float64 { oil, hot := c.At(s, d); return hot - oil }
	if g, end := gradient(30*time.Minute), gradient(12*time.Hour); g < 1.2*end {
		t.Errorf("winding over oil: %.1f K after 30 min, %.1f K in the end", g, end)
	}
}

// TestStandsNothing: what has passed a limit already has no time left.
func TestStandsNothing(t *testing.T) {
	c := cooling(t, "ONAF")
	if d, passes := c.Stands(Step{40, 1.6, 1.0}, Continuous); d != 0 || !passes {
		t.Errorf("after 1.6 at 40 °C: %v, %v", d, passes)
	}
	if d, passes := c.Stands(Step{20, 0.5, 1.51}, LongEmergency); d != 0 || !passes {
		t.Errorf("a load above 1.5: %v, %v", d, passes)
	}
	if k := c.Permitted(40, 1.6, time.Hour, Continuous); k != 0 {
		t.Errorf("after 1.6 at 40 °C: %v is permitted", k)
	}
	if d, passes := c.Stands(Step{20, 0.5, 0.9}, Continuous); passes {
		t.Errorf("0.9 at 20 °C passes a limit after %v", d)
	}
}

// integrate is the dumb twin: oil and the two parts of the winding's gradient as
// differential equations, in steps of a second.
func integrate(c Cooling, s Step, d time.Duration) (oilC, hotSpotC, highest float64) {
	rise := func(k float64) float64 {
		return c.OilK * math.Pow((1+c.LossRatio*k*k)/(1+c.LossRatio), c.StepOil)
	}
	hg := func(k float64) float64 { return c.GradientK * math.Pow(k, c.StepWind) }
	oil := s.AmbientC + rise(s.Before)
	fast, slow := c.K21*hg(s.Before), (c.K21-1)*hg(s.Before)
	highest = oil + fast - slow
	const dt = 1.0 / 60 // minutes
	for range int(d.Minutes()/dt + 0.5) {
		oil += dt * (s.AmbientC + rise(s.After) - oil) / (c.K11 * c.OilMinutes)
		fast += dt * (c.K21*hg(s.After) - fast) / (c.K22 * c.WindMinutes)
		slow += dt * ((c.K21-1)*hg(s.After) - slow) / (c.OilMinutes / c.K22)
		highest = max(highest, oil+fast-slow)
	}
	return oil, oil + fast - slow, highest
}

func drawCooling(t *rapid.T) Cooling { return rapid.SampledFrom(coolings).Draw(t, "cooling") }

func drawStep(t *rapid.T) Step {
	return Step{
		AmbientC: rapid.Float64Range(-40, 45).Draw(t, "°C"),
		Before:   rapid.Float64Range(0, 1.2).Draw(t, "before"),
		After:    rapid.Float64Range(0, 1.5).Draw(t, "after"),
	}
}

func TestStepAgreesWithIntegration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCooling(t), drawStep(t)
		d := time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute
		oil, hot := c.At(s, d)
		oilTwin, hotTwin, _ := integrate(c, s, d)
		if math.Abs(oil-oilTwin) > 0.2 || math.Abs(hot-hotTwin) > 0.2 {
			t.Fatalf("oil %.3f °C and hot spot %.3f °C, integrated %.3f and %.3f", oil, hot, oilTwin, hotTwin)
		}
	})
}

// TestPermittedIsTight: what is permitted stays within the limits by the integration
// too, and a hundredth more does not, unless the limit of the load itself binds.
func TestPermittedIsTight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCooling(t), drawStep(t)
		d := time.Duration(rapid.IntRange(10, 480).Draw(t, "minutes")) * time.Minute
		r := rapid.SampledFrom([]Regime{Continuous, NormalCyclic, LongEmergency}).Draw(t, "regime")
		hottest := func(k float64) (over float64) {
			s := s
			s.After = k
			oil, _, hot := integrate(c, s, d)
			oil = max(oil, s.AmbientC+c.oil(s.Before, c.StepOil))
			return max(oil-r.OilC, hot-r.HotSpotC)
		}
		k := c.Permitted(s.AmbientC, s.Before, d, r)
		if k == 0 {
			if over := hottest(0); over < -0.3 {
				t.Fatalf("nothing is permitted, but without load it is %.1f K below the limit", -over)
			}
			return
		}
		if over := hottest(k); over > 0.3 {
			t.Fatalf("%.3f is permitted, but passes a limit by %.2f K", k, over)
		}
		if over := hottest(k + 0.01); k < r.Load-0.01 && over < -0.3 {
			t.Fatalf("%.3f is the greatest, but with 0.01 more the limit is %.2f K away", k, -over)
		}
	})
}

// TestStandsIsTight: to the end of the time nothing is passed, a minute later it is.
func TestStandsIsTight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCooling(t), drawStep(t)
		d, passes := c.Stands(s, LongEmergency)
		_, _, hot := integrate(c, s, d)
		if _, start := c.At(s, 0); start > LongEmergency.HotSpotC && d == 0 {
			return // the load before has passed it
		}
		if hot > LongEmergency.HotSpotC+0.3 {
			t.Fatalf("within %v the hot spot comes to %.2f °C", d, hot)
		}
		if !passes {
			return
		}
		oil, hot := c.At(s, d+time.Minute)
		if oil < LongEmergency.OilC && hot < LongEmergency.HotSpotC {
			t.Fatalf("a minute after %v nothing is passed: oil %.2f °C, hot spot %.2f °C", d, oil, hot)
		}
	})
}

// TestWarmerLongerAndLoadedBefore permit less; more load is stood for less long. A load
// before below 0.2 is left out: there the cold winding overshoots more than the warm one.
func TestWarmerLongerAndLoadedBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, s := drawCooling(t), drawStep(t)
		s.Before = max(s.Before, 0.2)
		d := time.Duration(rapid.IntRange(1, 480).Draw(t, "minutes")) * time.Minute
		k := c.Permitted(s.AmbientC, s.Before, d, LongEmergency)
		less := func(what string, other float64) {
			if other > k+1e-3 {
				t.Fatalf("%s permits %.4f, more than %.4f", what, other, k)
			}
		}
		less("warmer", c.Permitted(s.AmbientC+rapid.Float64Range(0, 20).Draw(t, "warmer by"), s.Before, d, LongEmergency))
		less("longer", c.Permitted(s.AmbientC, s.Before, d+time.Duration(rapid.IntRange(0, 300).Draw(t, "longer by"))*time.Minute, LongEmergency))
		less("loaded before", c.Permitted(s.AmbientC, s.Before+rapid.Float64Range(0, 0.3).Draw(t, "more before"), d, LongEmergency))

		short, _ := c.Stands(s, LongEmergency)
		s.After *= rapid.Float64Range(0.5, 1).Draw(t, "less after")
		if long, _ := c.Stands(s, LongEmergency); long+time.Second < short {
			t.Fatalf("less load is stood for %v, more for %v", long, short)
		}
		if warm := c.Factor(s.AmbientC+5, Continuous); warm > c.Factor(s.AmbientC, Continuous) {
			t.Fatalf("warmer air permits %v for good", warm)
		}
	})
}

func cooling(t testing.TB, name string) Cooling {
	t.Helper()
	c, err := CoolingOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
