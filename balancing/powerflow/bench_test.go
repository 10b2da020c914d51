package powerflow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing/powerflow"
)

// perCall is the median time of one call: on a busy machine the mean is that of its
// neighbours.
func perCall(b *testing.B, f func() error) time.Duration {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// BenchmarkFlow prints the figures of docs/benchmarks.md.
func BenchmarkFlow(b *testing.B) {
	figure := func(name, unit string, per time.Duration, call func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			fmt.Printf("BENCH flow_%s %.1f %s\n", name, float64(perCall(b, call))/float64(per), unit)
		})
	}
	solver := func(n powerflow.Network) *powerflow.Solver {
		s, err := powerflow.New(n)
		if err == nil {
			err = s.Solve(powerflow.Options{})
		}
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	for _, one := range append(own(b), published(b)...) {
		if one.c.Want.Bus == nil {
			continue // the same network with other limits or voltages
		}
		name, n := one.name, one.n
		s := solver(n)
		figure(name, "us", time.Microsecond, func() error { return s.Solve(powerflow.Options{Direct: true}) })
		figure(name+"_from_data", "us", time.Microsecond, func() error {
			s, err := powerflow.New(n)
			if err == nil {
				err = s.Solve(powerflow.Options{Direct: true})
			}
			return err
		})
	}
	sw := zoneSwitching{Akz: [2]int{1, 1}, T: [2]int{1, 1}, Bridge: 1}
	n := zone(b, sw, 29.7)
	s := solver(n)
	k := 0
	figure("zone_warm", "us", time.Microsecond, func() error {
		k++
		for i, bus := range n.Buses {
			part := 1 + float64(k%7-3)/100
			s.SetLoad(i, bus.LoadMW*part, bus.LoadMvar*part)
		}
		return s.Solve(powerflow.Options{Warm: true, Direct: true})
	})
	figure("zone_with_taps", "us", time.Microsecond, func() error {
		s, err := powerflow.New(n)
		if err == nil {
			err = s.SolveWithTaps(powerflow.Options{})
		}
		return err
	})
	out := []func(*powerflow.Network){
		func(n *powerflow.Network) { n.Branches[1].Out = true },
		func(n *powerflow.Network) { n.Branches[2].Out = true },
		func(n *powerflow.Network) { without(n, 3); closeSections(n) },
		func(n *powerflow.Network) { without(n, 6); closeSections(n) },
	}
	figure("zone_n1", "us", time.Microsecond, func() error {
		for _, o := range out {
			lost := n
			lost.Branches, lost.Switches = slices.Clone(n.Branches), slices.Clone(n.Switches)
			o(&lost)
			s, err := powerflow.New(lost)
			if err == nil {
				err = s.SolveWithTaps(powerflow.Options{})
			}
			if err != nil {
				return err
			}
			s.Result()
		}
		return nil
	})
	for _, buses := range []int{60, 250, 1000, 2000} {
		n := meshed(buses)
		s := solver(n)
		figure(fmt.Sprintf("meshed_%d", buses), "us", time.Microsecond, func() error { return s.Solve(powerflow.Options{Direct: true}) })
	}
	big := meshed(2000)
	figure("meshed_2000_from_data", "ms", time.Millisecond, func() error {
		s, err := powerflow.New(big)
		if err == nil {
			err = s.Solve(powerflow.Options{Direct: true})
		}
		return err
	})
}

func without(n *powerflow.Network, hv int) {
	for k := hv; k < hv+3; k++ {
		n.Branches[k].Out = true
	}
}

func closeSections(n *powerflow.Network) { n.Switches[1].Closed, n.Switches[2].Closed = true, true }
