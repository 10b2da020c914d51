package balancing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"asue/balancing"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var morning = time.Date(2026, 3, 2, 5, 0, 0, 0, time.UTC)

// zone is a configuration with two inputs, two transformers and three feeders.
func zone() balancing.Config {
	c := balancing.Defaults()
	c.Location = time.FixedZone("site", 5*3600)
	c.Limit, c.Feeding = metering.LimitOf(29_700*metering.Kilowatt), "Karatagai"
	c.Residents = []balancing.Resident{{ID: "a", Name: "A", Allowed: 9 * metering.Megawatt}, {ID: "b", Name: "B", Allowed: 0}}
	at := func(id metering.PointID, level balancing.Level) balancing.Point {
		return balancing.Point{ID: id, Level: level, Poll: 5 * time.Second, InService: id == "in-1"}
	}
	c.Points = []balancing.Point{
		at("in-1", balancing.Inputs), at("in-2", balancing.Inputs), at("t1", balancing.Transformers), at("t2", balancing.Transformers),
		at("f1", balancing.Feeders), at("f2", balancing.Feeders), at("f3", balancing.Feeders), at("check", balancing.NoLevel),
	}
	c.Points[4].Resident, c.Points[4].Cap = "a", metering.LimitOf(9*metering.Megawatt)
	c.Points[5].Resident = "b"
	return c
}

func controller(t testing.TB, c balancing.Config) *balancing.Controller {
	return ok(balancing.New(c))(t)
}

// The formula against trying it out, minute by minute.
func TestSlidingAgainstBruteForce(t *testing.T) {
	breach := func(limit float64, past []float64, w float64) bool {
		all := append([]float64{}, past...)
		for range past {
			all = append(all, w)
			sum := 0.0
			for _, p := range all[len(all)-len(past):] {
				sum += p
			}
			if sum > limit*float64(len(past))*(1+1e-12)+1e-6 {
				return true
			}
		}
		return false
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Float64Range(0, 40e6).Draw(t, "limit")
		past := rapid.SliceOfN(rapid.Float64Range(0, 45e6), 1, 60).Draw(t, "minutes")
		w, h := balancing.Sliding(limit, past)
		if h < 1 || h > len(past) {
			t.Fatalf("decided in %d of %d minutes", h, len(past))
		}
		if breach(limit, past, w-1) {
			t.Fatalf("a window exceeds the limit at %v W already", w-1)
		}
		if !breach(limit, past, w+1) {
			t.Fatalf("%v W would be allowed too", w+1)
		}
		n := balancing.Compliance(limit, past)
		after := append(append([]float64{}, past...), make([]float64, n)...)
		sum := 0.0
		for _, p := range after[n:] {
			sum += p
		}
		if sum > limit*float64(len(past))+1e-3 {
			t.Fatalf("after %d idle minutes the window still has %v W", n, sum/float64(len(past)))
		}
	})
}

// What is allowed is just enough, and what must be cut is just enough.
func TestDemandHoldsTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := balancing.Demand{
			LimitW: rapid.Float64Range(0, 40e6).Draw(t, "limit"), LengthH: rapid.SampledFrom([]float64{0.25, 0.5, 1}).Draw(t, "length"),
			PowerW: rapid.Float64Range(0, 60e6).Draw(t, "power"), Margin: rapid.Float64Range(0, 0.05).Draw(t, "margin"), CeilingW: 31e6,
		}
		d.ElapsedH = d.LengthH * rapid.Float64Range(0, 0.999).Draw(t, "elapsed")
		d.EnergyWh = rapid.Float64Range(0, 60e6).Draw(t, "mean so far") * d.ElapsedH
		target := d.LimitW * (1 - d.Margin)
		ends := func(w float64) float64 { d := d; d.PowerW = w; return d.ProjectionW() }
		near := func(a, b float64) bool { return math.Abs(a-b) < 1+1e-9*math.Abs(b) }
		if got := ends(d.AllowableRawW()); !near(got, target) {
			t.Fatalf("at the allowable power the block ends at %v, not %v", got, target)
		}
		if got := ends(d.PowerW - d.CorrectionW()); got > target+1 {
			t.Fatalf("after the correction the block ends at %v, above %v", got, target)
		}
		if d.CorrectionW() > 0 && ends(d.PowerW) < target-1 {
			t.Fatal("a correction where none is needed")
		}
		if a := d.AllowableW(); a < 0 || a > d.CeilingW {
			t.Fatalf("allowable %v", a)
		}
		if d.Unavoidable() && ends(0) < d.LimitW-1 {
			t.Fatal("unavoidable, and yet it can be avoided")
		}
	})
	end := balancing.Demand{LimitW: 1, LengthH: 0.5, ElapsedH: 0.5, EnergyWh: 1, CeilingW: 2}
	if end.AllowableW() != 0 || end.CorrectionW() != math.Inf(1) {
		t.Errorf("at the end: allowable %v, correction %v", end.AllowableW(), end.CorrectionW())
	}
}

// anyReading is what a meter of a bad day may say.
func anyReading(t *rapid.T, now time.Time) balancing.Message {
	ids := []metering.PointID{"in-1", "in-2", "t1", "t2", "f1", "f2", "f3", "check", "stranger"}
	if rapid.IntRange(0, 40).Draw(t, "supply") == 0 {
		return balancing.Supply{
			At:      now.Add(time.Duration(rapid.IntRange(-600, 60).Draw(t, "since")) * time.Second),
			Feeding: rapid.SampledFrom([]string{"", "Karatagai", "Akzhar"}).Draw(t, "feeding"),
			Limit: rapid.SampledFrom([]metering.Limit{{}, metering.Unlimited(), metering.LimitOf(0), metering.LimitOf(12 * metering.Megawatt),
				metering.LimitOf(29_700 * metering.Kilowatt)}).Draw(t, "limit"),
			InService: rapid.SampledFrom([][]metering.PointID{nil, {"in-1"}, {"in-2"}, {"in-1", "in-2"}, {"stranger"}}).Draw(t, "inputs"),
		}
	}
	return balancing.Reading{
		Point: rapid.SampledFrom(ids).Draw(t, "point"), Meter: metering.MeterID(rapid.SampledFrom([]string{"m", "m", "m", "n"}).Draw(t, "meter")),
		At:       now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 3, 12, 40, 4000, -3, -60, -90000}).Draw(t, "age")) * time.Second),
		Quality:  rapid.SampledFrom([]metering.Quality{0, 0, 0, 0, 0, 0, metering.CommFail, metering.OutOfRange, metering.Stale, 99}).Draw(t, "quality"),
		HasPower: rapid.IntRange(0, 9).Draw(t, "power?") > 0,
		PowerW:   rapid.OneOf(rapid.Float64Range(-1e6, 35e6), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, 0})).Draw(t, "power"),
		Register: rapid.OneOf(rapid.Int64Range(0, 1e12), rapid.Int64()).Draw(t, "register"), Quantum: rapid.SampledFrom([]int64{0, 1000, 1000, 1e12}).Draw(t, "quantum"),
	}
}

// Whatever comes: nothing is not a number, phase and condition move one at a
// time, the state can be written, and neither the order of messages within a tick
// nor a second copy of them matters.
func TestBadDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := zone()
		cfg.Block = rapid.SampledFrom([]time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour}).Draw(t, "block")
		one, err := balancing.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		two, err := balancing.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		now := morning
		var last balancing.State
		for range rapid.IntRange(1, 40).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 5, 5, 5, 5, 5, 5, 30, 61, 700, 4000, -2, -100, -4000}).Draw(t, "step")) * time.Second)
			var messages []balancing.Message
			for range rapid.IntRange(0, 12).Draw(t, "messages") {
				messages = append(messages, anyReading(t, now))
			}
			for _, m := range messages {
				one.Step(m)
			}
			random := rand.New(rand.NewPCG(1, uint64(len(messages))))
			for _, i := range random.Perm(len(messages)) {
				two.Step(messages[i])
				if i%3 == 0 {
					two.Step(messages[i])
				}
			}
			out := one.Tick(now)
			if diff := cmp.Diff(out, two.Tick(now)); diff != "" {
				t.Fatalf("the order of messages matters:\n%s", diff)
			}
			if last.Phase != "" && out.State.Phase != last.Phase && out.State.Condition != last.Condition {
				t.Fatalf("two transitions in one tick: %s %s → %s %s", last.Phase, last.Condition, out.State.Phase, out.State.Condition)
			}
			last = out.State
			checkFinite(t, out)
		}
		again, err := balancing.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		snapshot := one.Snapshot()
		if err := again.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal(snapshot, &want), json.Unmarshal(again.Snapshot(), &got)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("a restored controller remembers something else:\n%s", diff)
		}
		checkFinite(t, again.Tick(now.Add(time.Second)))
	})
}

func checkFinite(t interface{ Fatalf(string, ...any) }, out balancing.Output) {
	if text := fmt.Sprintf("%+v", out); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Fatalf("not a number: %s", text)
	}
	data, err := json.Marshal(out.State)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var back balancing.State
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatalf("%v", err)
	}
	if diff := cmp.Diff(out.State, back); diff != "" {
		t.Fatalf("the state does not come back from JSON:\n%s", diff)
	}
	if st := out.State; st.Power.Known && st.PowerSource == "" || st.Allowable.Known && st.Allowable.Power < 0 {
		t.Fatalf("%+v", st)
	}
}

// A load that wanders, two inputs read at moments of their own: the energy of
// the block is that of the truth, whatever the phases of reading are.
func TestBlockEnergyIsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := zone()
		cfg.Points[1].InService = true
		c, err := balancing.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		period := []int{rapid.IntRange(1, 20).Draw(t, "poll 1"), rapid.IntRange(1, 20).Draw(t, "poll 2")}
		power, truth, register := []float64{12e6, 8e6}, []float64{0, 0}, []float64{5e9, 7e9}
		start := morning.Add(-2 * time.Minute)
		for sec := 1; sec <= 2*60+29*60; sec++ {
			now := start.Add(time.Duration(sec) * time.Second)
			for i := range power {
				if random.IntN(30) == 0 {
					power[i] = 15e6 * random.Float64()
				}
				register[i] += power[i] / 3600
				if now.After(morning) {
					truth[i] += power[i] / 3600
				}
				if sec%period[i] == i%period[i] {
					c.Step(balancing.Reading{
						Point: cfg.Points[i].ID, Meter: "m", At: now, HasPower: true, PowerW: power[i],
						Register: int64(register[i]) * 1000, Quantum: 1000,
					})
				}
			}
			if sec%5 != 0 {
				continue
			}
			st := c.Tick(now).State
			if !now.After(morning) {
				continue
			}
			if st.EnergySource != balancing.EnergyRegisters && now.Sub(morning) > 20*time.Second {
				t.Fatalf("%v: energy by %q", now, st.EnergySource)
			}
			// Interpolated at the start over at most 20 s, extrapolated by power over
			// at most 20 s since, of each of two inputs; and a quantum or two.
			if off := math.Abs(float64(st.Energy) - truth[0] - truth[1]); off > 2*2*15e6*20/3600+5 {
				t.Fatalf("%v: %v Wh, the truth is %v", now, int64(st.Energy), truth[0]+truth[1])
			}
		}
	})
}

// A snapshot in the middle of a block, and the block ends as if nothing had been.
func TestRestoredBlockEndsTheSame(t *testing.T) {
	play := func(restartAt time.Duration) (mean metering.Power) {
		c := controller(t, zone())
		var wh float64
		for at := time.Duration(0); at <= 62*time.Minute; at += 5 * time.Second {
			now := morning.Add(-time.Minute).Add(at)
			w := 30e6 + 2e6*math.Sin(float64(at)/3e11)
			wh += w * 5 / 3600
			if at == restartAt {
				snapshot := c.Snapshot()
				c = controller(t, zone())
				if err := c.Restore(snapshot); err != nil {
					t.Fatal(err)
				}
			}
			c.Step(balancing.Reading{Point: "in-1", Meter: "m", At: now, HasPower: true, PowerW: w, Register: int64(wh * 1000), Quantum: 1})
			for _, n := range c.Tick(now).Notices {
				if n.Kind == balancing.KindBlock {
					mean = n.Args["mean_w"].(metering.Power)
				}
			}
		}
		return mean
	}
	want := play(-1)
	if want == 0 {
		t.Fatal("no block was over the limit: this test shows nothing")
	}
	for _, at := range []time.Duration{5 * time.Second, 10 * time.Minute, 29*time.Minute + 55*time.Second, 31 * time.Minute, 45 * time.Minute} {
		if got := play(at); max(got-want, want-got) > 10 {
			t.Errorf("restarted after %v: the block ends at %v, not %v", at, got, want)
		}
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	good := string(controller(t, zone()).Snapshot())
	for _, bad := range []string{"", "{", "[]", `{"v":99}`, strings.Replace(good, `"band":"normal"`, `"band":"odd"`, 1), strings.Replace(good, `"limit_w":29700000`, `"limit_w":-1`, 1)} {
		if err := controller(t, zone()).Restore([]byte(bad)); err == nil {
			t.Errorf("%.60q was restored", bad)
		}
	}
}

func FuzzRestore(f *testing.F) {
	c := controller(f, movable())
	for i := range 100 {
		now := morning.Add(time.Duration(i) * 5 * time.Second)
		c.Step(balancing.Reading{Point: "in-1", Meter: "m", At: now, HasPower: true, PowerW: 31e6, Register: int64(i) * 40e6, Quantum: 1000})
		c.Tick(now)
	}
	f.Add(c.Snapshot())
	f.Add([]byte(`{"v":1,"band":"over"}`))
	f.Add([]byte(`{"v":2,"band":"limit","hands":{"modes":{"system":4},"book":{"term":3},"overrides":[{"order":{"Kind":"pin","Resident":"a"}}],"actuators":{"k1":{"out_since":"2026-03-02T05:00:00Z","out_w":1e6}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := controller(t, movable())
		if c.Restore(data) != nil {
			return
		}
		for i := range 3 {
			now := morning.Add(time.Duration(i) * 5 * time.Second)
			c.Step(balancing.Reading{Point: "in-1", Meter: "m", At: now, HasPower: true, PowerW: 31e6, Register: int64(i) * 40e6, Quantum: 1000})
			checkFinite(t, c.Tick(now))
		}
		c.Snapshot()
	})
}

// More messages than are kept: the state says so, and the next one does not.
func TestFloodIsBounded(t *testing.T) {
	c := controller(t, zone())
	for range 70_000 {
		c.Step(balancing.Reading{Point: "f1", At: morning, HasPower: true})
	}
	if st := c.Tick(morning).State; len(st.Reasons) == 0 || !strings.Contains(strings.Join(st.Reasons, ";"), "4464 messages") {
		t.Errorf("reasons: %v", st.Reasons)
	}
	if st := c.Tick(morning.Add(time.Second)).State; strings.Contains(strings.Join(st.Reasons, ";"), "messages") {
		t.Errorf("reasons: %v", st.Reasons)
	}
}

// The margin follows the error of past projections.
func TestMarginFollowsTheError(t *testing.T) {
	run := func(amplitude float64) float64 {
		c := controller(t, zone())
		var st balancing.State
		for at := time.Duration(0); at <= 10*time.Hour; at += 10 * time.Second {
			now := morning.Add(at)
			block := int(at / (30 * time.Minute))
			w := 20e6
			if at%(30*time.Minute) > 10*time.Minute { // the load changes after the projection was made
				w += amplitude * float64(block%5-2)
			}
			c.Step(balancing.Reading{Point: "in-1", Meter: "m", At: now, HasPower: true, PowerW: w})
			st = c.Tick(now).State
		}
		return st.Margin
	}
	if m := run(0); m != 0.01 {
		t.Errorf("a steady load has a margin of %v, want the least, 0.01", m)
	}
	if m := run(400e3); m <= 0.015 || m >= 0.05 {
		t.Errorf("an uneven load has a margin of %v", m)
	}
	if m := run(5e6); m != 0.05 {
		t.Errorf("a wild load has a margin of %v, want the most, 0.05", m)
	}
}

func TestReadingOf(t *testing.T) {
	install := metering.Install{Meter: "m1", Point: "in-1", CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 110_000, Secondary: 100}}
	power := metering.Reading{Quantity: metering.ActivePower, Value: 25e6}
	register := metering.Reading{Quantity: metering.ActiveImport, Value: 1, Count: metering.Count{Raw: 1_234_567, Step: 1000, Secondary: true}}
	export := metering.Reading{Quantity: metering.ActiveExport, Value: 1, Count: metering.Count{Raw: 67, Step: 1000, Secondary: true}}
	of := func(q metering.Quality, rs ...metering.Reading) balancing.Reading {
		return balancing.ReadingOf(metering.Snapshot{Meter: "m1", At: morning, Quality: q, Readings: rs}, install)
	}
	want := balancing.Reading{Point: "in-1", Meter: "m1", At: morning, HasPower: true, PowerW: 25e6, Register: 1_234_567 * 132_000 * 1000, Quantum: 132_000_000}
	if diff := cmp.Diff(want, of(metering.Good, power, register)); diff != "" {
		t.Error(diff)
	}
	want.Register -= 67 * 132_000 * 1000
	if diff := cmp.Diff(want, of(metering.Good, power, register, export)); diff != "" {
		t.Error("with export:", diff)
	}
	export.Quality = metering.OutOfRange
	if r := of(metering.Good, register, export); r.Quantum != 0 || r.HasPower {
		t.Errorf("a register without its other half: %+v", r)
	}
	power.Quality = metering.OutOfRange
	if r := of(metering.Good, power); r.HasPower || r.Quality != metering.OutOfRange {
		t.Errorf("power out of range: %+v", r)
	}
	if r := of(metering.CommFail); r.HasPower || r.Quantum != 0 || r.Quality != metering.CommFail {
		t.Errorf("no answer: %+v", r)
	}
	register.Count.Raw = math.MaxInt64
	if r := of(metering.Good, register); r.Quantum != 0 {
		t.Errorf("a register that does not fit: %+v", r)
	}
	register.Count = metering.Count{Raw: 90, Step: 1000, Secondary: true}
	install.CT = metering.Ratio{Primary: 100, Secondary: 3}
	install.VT = metering.Ratio{}
	if r := of(metering.Good, register); r.Register != 3_000_000 || r.Quantum != 33_333 {
		t.Errorf("an uneven ratio: %+v", r)
	}
}

// A small site: a feeder shades what hangs on it, a resident's cap is its
// condition, an input belongs to the line that feeds it.
func TestConfigOf(t *testing.T) {
	site := &metering.Site{
		Location: time.FixedZone("site", 5*3600),
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "kar"}, {ID: "akz"}, {ID: "in-k", Parent: "kar"}, {ID: "in-a", Parent: "akz"}, {ID: "t", Parent: "in-k"},
			{ID: "f1", Parent: "t"}, {ID: "f2", Parent: "t"}, {ID: "f3", Parent: "t", Limit: metering.LimitOf(5 * metering.Megawatt)}, {ID: "tp", Parent: "f1"},
		}},
		Sources: []metering.Source{
			{ID: "a", Name: "Akzhar", Node: "akz", Note: "out of use"},
			{ID: "k", Name: "Karatagai", Node: "kar", Contract: metering.LimitOf(29_700 * metering.Kilowatt), Available: true},
		},
		Residents:  []metering.Resident{{ID: "r1", Name: "Plastics"}, {ID: "r2", Name: "Chemistry"}},
		Conditions: []metering.Condition{{Resident: "r1", Node: "tp", Power: metering.Megawatt}, {Resident: "r2", Node: "f2", Power: 2 * metering.Megawatt}, {Resident: "r2", Node: "f2", Power: 3 * metering.Megawatt, From: morning.AddDate(1, 0, 0)}},
		Points: []metering.Point{
			{ID: "p-k", Node: "in-k", Role: metering.RoleInput}, {ID: "p-a", Node: "in-a", Role: metering.RoleInput}, {ID: "p-t", Node: "t", Role: metering.RoleTransformer},
			{ID: "p-f1", Node: "f1", Role: metering.RoleFeeder}, {ID: "p-r1", Node: "tp", Role: metering.RoleResident, Resident: "r1"},
			{ID: "p-r2", Node: "f2", Role: metering.RoleResident, Resident: "r2"}, {ID: "p-f2", Node: "f2", Role: metering.RoleFeeder},
			{ID: "p-own", Node: "f3", Role: metering.RoleOwnNeeds}, {ID: "p-check", Node: "in-k", Role: metering.RoleCheck},
			// Gas has no power: it is no input and loads no feeder.
			{ID: "g-in", Role: metering.RoleInput, Medium: metering.Gas}, {ID: "g-r1", Role: metering.RoleResident, Resident: "r1", Medium: metering.Gas},
		},
	}
	c := balancing.ConfigOf(site, morning, func(metering.PointID) time.Duration { return time.Second })
	var got []string
	for _, p := range c.Points {
		got = append(got, fmt.Sprintf("%s %v %v cap %v resident %q", p.ID, p.Level, p.InService, p.Cap, p.Resident))
	}
	want := []string{
		`p-k inputs true cap not stated resident ""`, `p-a inputs false cap not stated resident ""`, `p-t transformers false cap not stated resident ""`,
		`p-f1 feeders false cap 1 MW resident ""`, `p-r1 none false cap not stated resident "r1"`, `p-r2 none false cap not stated resident "r2"`,
		`p-f2 feeders false cap 2 MW resident ""`, `p-own feeders false cap 5 MW resident ""`, `p-check none false cap not stated resident ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Feeding != "Karatagai" || c.Limit != metering.LimitOf(29_700*metering.Kilowatt) {
		t.Errorf("feeding %s, limit %v", c.Feeding, c.Limit)
	}
	if diff := cmp.Diff([]balancing.Resident{{ID: "r1", Name: "Plastics", Allowed: metering.Megawatt}, {ID: "r2", Name: "Chemistry", Allowed: 2 * metering.Megawatt}}, c.Residents); diff != "" {
		t.Error(diff)
	}
	if _, err := balancing.New(c); err != nil {
		t.Error(err)
	}
	s := balancing.SupplyOf(site, morning, site.Sources[0])
	if s.Feeding != "Akzhar" || s.Limit.IsStated() || len(s.InService) != 1 || s.InService[0] != "p-a" {
		t.Errorf("%+v", s)
	}
}

func BenchmarkTick(b *testing.B) {
	cfg := zone()
	for i := range 62 {
		id := metering.ResidentID(fmt.Sprintf("r%d", i))
		cfg.Residents = append(cfg.Residents, balancing.Resident{ID: id, Allowed: metering.Megawatt})
		cfg.Points = append(cfg.Points, balancing.Point{ID: metering.PointID(id), Level: balancing.Feeders, Poll: 5 * time.Second, Resident: id, Cap: metering.LimitOf(metering.Megawatt)})
	}
	c := controller(b, cfg)
	var messages []balancing.Message
	for _, p := range cfg.Points {
		messages = append(messages, balancing.Reading{Point: p.ID, Meter: "m", HasPower: true, PowerW: 0.35e6, Quantum: 1000})
	}
	now := morning
	step := func() {
		now = now.Add(5 * time.Second)
		for i, m := range messages {
			r := m.(balancing.Reading)
			r.At = now
			r.Register = now.Sub(morning).Milliseconds() * 100
			messages[i] = r
			c.Step(messages[i])
		}
		c.Tick(now)
	}
	for range 720 {
		step()
	}
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}
