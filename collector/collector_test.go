package collector_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"asue/collector"
	"asue/metering"
	"asue/metering/wire"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// A quiet minute: every meter is read every second in one go, and what comes out
// is right, stamped in the middle, and of the right class.
func TestQuietLine(t *testing.T) {
	p := &plant{latency: 4 * time.Millisecond}
	stats, b := poll(t, p, 5, 59500*time.Millisecond, nil) // not to end within a burst
	l := stats.Lines[0]
	if l.Failures+l.Exceptions+l.Unreachable+l.Overruns != 0 || l.OK != uint64(len(p.calls())) {
		t.Fatalf("%+v", l)
	}
	for n := 1; n <= 5; n++ {
		var fast, energy int
		for _, s := range b.of(meterID(n)) {
			same(t, "model", s.Model, "test-meter@3")
			same(t, "took", s.Took, 4*time.Millisecond)
			if r, ok := s.Find(metering.ActivePower); ok {
				fast++
				same(t, "power", r.Value, float64(1000*n))
			}
			if r, ok := s.Find(metering.ActiveImport); ok {
				energy++
				same(t, "counter", r.Count.Raw, int64(s.At.Sub(p.noon)/time.Second))
			}
		}
		if fast < 59 || fast > 60 || energy < 1 || energy > 2 {
			t.Fatalf("meter %d: %d fast and %d energy snapshots in a minute", n, fast, energy)
		}
	}
	// A burst of five meters is one message, not five.
	if n := len(b.all()); n > 70 {
		t.Fatalf("%d batches in 60 cycles", n)
	}
	for _, batch := range b.all() {
		if batch.Site != "site" || batch.ID.Collector != "col-1" || batch.Line != "line-1" || batch.Boot == 0 {
			t.Fatalf("%+v", batch)
		}
		for _, s := range batch.Snapshots {
			_, counter := s.Find(metering.ActiveImport)
			if counter != (batch.Class == wire.Billing) {
				t.Fatalf("a snapshot of %v in a batch of class %v", s.Readings, batch.Class)
			}
			if s.At.After(batch.Sealed) || s.At.Nanosecond()%1e6 != 0 || s.Mono <= 0 {
				t.Fatalf("stamps: %v, sealed %v, mono %v", s.At, batch.Sealed, s.Mono)
			}
		}
	}
	if got := l.Meters[2].Identity; got != "serial=4703" {
		t.Fatalf("identity %q", got)
	}
	if l.Meters[0].LastSuccess.Before(p.noon.Add(58 * time.Second)) {
		t.Fatalf("last success %v", l.Meters[0].LastSuccess)
	}
}

// The schedule is absolute: the k-th read is at phase + k seconds to the
// nanosecond of the bubble's clock, and a restart finds the same grid.
func TestScheduleNeitherDriftsNorDependsOnTheStart(t *testing.T) {
	phase := func(startLate time.Duration) time.Duration {
		p := &plant{latency: 7 * time.Millisecond}
		_, _ = poll(t, p, 1, 90*time.Second, func(*collector.Config) {
			<-time.NewTimer(startLate).C
		})
		phases := map[time.Duration]int{}
		for _, c := range p.calls() {
			if c.address == 0 {
				phases[c.at.Sub(c.at.Truncate(time.Second))]++
			}
		}
		if len(phases) > 2 { // the very first cycle may stand in line behind identification
			t.Fatalf("fast reads at %v after the full second", phases)
		}
		best := time.Duration(0)
		for ph, n := range phases {
			if n > 80 {
				best = ph
			}
		}
		return best
	}
	a, b := phase(0), phase(333*time.Millisecond)
	if a != b || a%(50*time.Millisecond) != 0 {
		t.Fatalf("phases %v and %v", a, b)
	}
}

// Few lines are read together at the full second, many in two or four slots, about as
// many in each.
func TestLinesShareSlots(t *testing.T) {
	f := func(lines int, slots ...time.Duration) {
		t.Helper()
		plants := make([]*plant, lines)
		synctest.Test(t, func(t *testing.T) {
			cfg := collector.Config{Site: "site", Name: "col-1", Sink: (&basket{}).put}
			for i := range plants {
				plants[i] = &plant{noon: time.Now()}
				cfg.Lines = append(cfg.Lines, collector.LineConfig{
					ID: metering.LineID(fmt.Sprint("line-", i)), Line: plants[i],
					Meters: []collector.MeterConfig{{ID: meterID(i), Device: modbusMeter(plants[i], 1, meterModel())}},
				})
			}
			c, err := collector.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer cancel()
			if err := c.Run(ctx); err != nil {
				t.Fatal(err)
			}
		})
		in := map[time.Duration]int{}
		for _, p := range plants {
			calls := p.calls()
			in[calls[len(calls)-1].at.Sub(p.noon)%time.Second]++
		}
		for _, slot := range slots {
			if n, fair := in[slot], lines/len(slots); n < fair*2/3 || n > fair*3/2 {
				t.Errorf("%d of %d lines are read %v after the full second", n, lines, slot)
			}
		}
		same(t, "slots", len(in), len(slots))
	}
	f(1, 0)
	f(250, 0)
	f(500, 0, 500*time.Millisecond)
	f(1000, 0, 250*time.Millisecond, 500*time.Millisecond, 750*time.Millisecond)
}

// Counters are read at the very boundary of the quarter of an hour, whenever the
// process started, and before anything else that is due then.
func TestCountersAtTheBoundary(t *testing.T) {
	for _, start := range []time.Duration{0, 14*time.Minute + 59*time.Second + 800*time.Millisecond, 7 * time.Minute} {
		p := &plant{latency: 5 * time.Millisecond}
		_, b := poll(t, p, 32, 31*time.Minute, func(*collector.Config) {
			<-time.NewTimer(start).C
		})
		for n := 1; n <= 32; n++ {
			for _, at := range []time.Duration{15 * time.Minute, 30 * time.Minute} {
				best := time.Hour
				for _, s := range b.of(meterID(n)) {
					if _, ok := s.Find(metering.ActiveImport); ok {
						best = min(best, s.At.Sub(p.noon.Truncate(15*time.Minute).Add(at)).Abs())
					}
				}
				// 32 counters of 5 ms, and one read that may be under way; a meter that has
				// just been found is asked first who it is.
				if best > 2*33*5*time.Millisecond {
					t.Fatalf("start +%v: meter %d: the counter nearest to +%v was read %v off", start, n, at, best)
				}
			}
		}
	}
}

// One dead meter of 32 costs the others less than a tenth of their rate, and is
// said once, with a heartbeat each minute.
func TestOneDeadMeterOf32(t *testing.T) {
	const minutes = 10
	run := func(dead bool) ([]readCall, *basket, collector.Stats) {
		p := &plant{latency: 10 * time.Millisecond, answer: func(unit uint8, _, _ uint16) (time.Duration, error) {
			if dead && unit == 13 {
				return time.Second, errTimeout
			}
			return 0, nil
		}}
		stats, b := poll(t, p, 32, minutes*time.Minute, nil)
		return p.calls(), b, stats
	}
	healthy, _, _ := run(false)
	hurt, b, stats := run(true)
	for n := uint8(1); n <= 32; n++ {
		if n == 13 {
			continue
		}
		of := func(c readCall) bool { return c.unit == n && c.err == nil }
		if with, without := count(hurt, of), count(healthy, of); float64(with) < 0.9*float64(without) {
			t.Errorf("meter %d: %d reads beside a dead one, %d without", n, with, without)
		}
	}
	if tries := count(hurt, func(c readCall) bool { return c.unit == 13 }); tries < 10 || tries > 30 {
		t.Errorf("the dead meter was asked %d times", tries)
	}
	said := b.of(meterID(13))
	if len(said) < minutes || len(said) > minutes+1 {
		t.Errorf("%d snapshots of the dead meter in %d minutes", len(said), minutes)
	}
	for _, s := range said {
		if s.Quality != metering.CommFail || s.Reason == "" || len(s.Readings) != 0 {
			t.Errorf("%+v", s)
		}
	}
	m := stats.Lines[0].Meters[12]
	if !m.Failing || !m.BreakerOpen || !strings.Contains(m.Reason, "no answer") {
		t.Errorf("%+v", m)
	}
}

// A meter that comes back is read again within a minute, counters at once.
func TestMeterComesBack(t *testing.T) {
	var back time.Time
	p := &plant{latency: 5 * time.Millisecond}
	p.answer = func(unit uint8, _, _ uint16) (time.Duration, error) {
		if since := time.Since(p.noon); unit == 2 && since > time.Minute && since < 6*time.Minute {
			return time.Second, errTimeout
		}
		return 0, nil
	}
	stats, b := poll(t, p, 3, 8*time.Minute, nil)
	back = p.noon.Add(6 * time.Minute)
	var first, counter time.Time
	for _, s := range b.of(meterID(2)) {
		if s.At.Before(back) || s.Quality != metering.Good {
			continue
		}
		if first.IsZero() {
			first = s.At
		}
		if _, ok := s.Find(metering.ActiveImport); ok && counter.IsZero() {
			counter = s.At
		}
	}
	if first.IsZero() || first.Sub(back) > time.Minute || counter.Sub(first) > 100*time.Millisecond {
		t.Fatalf("back at %v, first value %v, first counter %v", back, first, counter)
	}
	if m := stats.Lines[0].Meters[1]; m.Failing || m.BreakerOpen {
		t.Fatalf("%+v", m)
	}
}

// TestMeterComesBackAgainAndAgain: a meter that is silent for a minute now and then is
// found again each time.
func TestMeterComesBackAgainAndAgain(t *testing.T) {
	p := &plant{latency: 20 * time.Millisecond}
	silent := func(at time.Duration) bool {
		return at >= time.Minute && at < 2*time.Minute || at >= 5*time.Minute && at < 6*time.Minute
	}
	p.answer = func(uint8, uint16, uint16) (time.Duration, error) {
		if silent(time.Since(p.noon)) {
			return time.Second, errTimeout
		}
		return 0, nil
	}
	stats, _ := poll(t, p, 1, 10*time.Minute, nil)
	for _, c := range []struct {
		name     string
		from, to time.Duration
	}{{"after the first silence", 3 * time.Minute, 5 * time.Minute}, {"after the second", 8 * time.Minute, 10 * time.Minute}} {
		if n := count(p.calls(), func(r readCall) bool {
			at := r.at.Sub(p.noon)
			return r.address == 0 && r.err == nil && at >= c.from && at < c.to
		}); n < 110 {
			t.Errorf("%s: %d reads of the power in two minutes, want 120", c.name, n)
		}
	}
	if m := stats.Lines[0].Meters[0]; m.BreakerOpen || m.Failing {
		t.Errorf("the meter is still taken for silent: %+v", m)
	}
}

// One lost answer costs one cycle of one meter and no breaker; the counter that
// was not read is made up for at once.
func TestOneTimeout(t *testing.T) {
	lost := false
	p := &plant{latency: 5 * time.Millisecond}
	p.answer = func(unit uint8, address, _ uint16) (time.Duration, error) {
		if unit == 1 && address == 100 && !lost && time.Since(p.noon) >= 15*time.Minute {
			lost = true
			return time.Second, errTimeout
		}
		return 0, nil
	}
	stats, b := poll(t, p, 2, 16*time.Minute, nil)
	boundary := p.noon.Add(15 * time.Minute)
	var next time.Time
	for _, s := range b.of(meterID(1)) {
		if _, ok := s.Find(metering.ActiveImport); ok && s.At.After(boundary) && next.IsZero() {
			next = s.At
		}
	}
	if next.Sub(boundary) > 3*time.Second {
		t.Fatalf("the counter lost at the boundary was read again after %v", next.Sub(boundary))
	}
	if l := stats.Lines[0]; l.Failures != 1 || l.Meters[0].BreakerOpen {
		t.Fatalf("%+v", l)
	}
}

// Without a connection the line is tried ever more rarely, every meter says so
// once, and all are back soon after it.
func TestLineDownAndUp(t *testing.T) {
	p := &plant{latency: 5 * time.Millisecond}
	p.answer = func(uint8, uint16, uint16) (time.Duration, error) {
		if since := time.Since(p.noon); since > 10*time.Second && since < 5*time.Minute {
			return 0, noConnection{}
		}
		return 0, nil
	}
	stats, b := poll(t, p, 4, 7*time.Minute, nil)
	if tries := count(p.calls(), func(c readCall) bool { return c.err != nil }); tries < 8 || tries > 16 {
		t.Fatalf("%d attempts to connect in 5 minutes", tries)
	}
	l := stats.Lines[0]
	if l.Down || l.Reconnects != 1 || l.Overruns != 0 {
		t.Fatalf("%+v", l)
	}
	for n := 1; n <= 4; n++ {
		silent, back := 0, time.Time{}
		for _, s := range b.of(meterID(n)) {
			switch {
			case s.Quality == metering.CommFail:
				silent++
			case back.IsZero() && s.At.After(p.noon.Add(5*time.Minute)):
				back = s.At
			}
		}
		if silent < 4 || silent > 6 || back.Sub(p.noon) > 5*time.Minute+40*time.Second {
			t.Fatalf("meter %d: %d messages of silence, back at +%v", n, silent, back.Sub(p.noon))
		}
	}
}

// A gateway that does not reach one unit speaks for that unit alone.
func TestGatewayException(t *testing.T) {
	p := &plant{latency: 5 * time.Millisecond, answer: func(unit uint8, _, _ uint16) (time.Duration, error) {
		if unit == 3 {
			return 500 * time.Millisecond, modbusError(11)
		}
		return 0, nil
	}}
	stats, b := poll(t, p, 3, 2*time.Minute, nil)
	l := stats.Lines[0]
	if l.Down || !l.Meters[2].BreakerOpen || l.Meters[0].Failing || l.Exceptions == 0 {
		t.Fatalf("%+v", l)
	}
	if s := b.of(meterID(3)); len(s) == 0 || s[0].Quality != metering.CommFail || !strings.Contains(s[0].Reason, "11") {
		t.Fatalf("%+v", s)
	}
}

// A busy meter is asked again after 100, 200, 300 ms while the others go on; it
// never counts as dead.
func TestBusyMeter(t *testing.T) {
	n := 0
	p := &plant{latency: 5 * time.Millisecond}
	p.answer = func(unit uint8, address, _ uint16) (time.Duration, error) {
		if unit == 1 && address == 0 {
			if n++; n%3 != 0 { // the third answer is a good one
				return 0, modbusError(6)
			}
		}
		return 0, nil
	}
	stats, b := poll(t, p, 2, time.Minute, nil)
	good := 0
	for _, s := range b.of(meterID(1)) {
		if _, ok := s.Find(metering.ActivePower); ok {
			good++
		}
		if s.Quality != metering.Good {
			t.Fatalf("%+v", s)
		}
	}
	if l := stats.Lines[0]; good < 58 || l.Meters[0].Failing {
		t.Fatalf("%d good cycles; %+v", good, l)
	}
	other := count(p.calls(), func(c readCall) bool { return c.unit == 2 && c.address == 0 })
	if other < 59 {
		t.Fatalf("the other meter was read %d times", other)
	}
}

// A storm of "busy" gives a device fault, once and each minute, no breaker, and
// at most four requests a cycle.
func TestBusyStorm(t *testing.T) {
	p := &plant{latency: 5 * time.Millisecond, answer: func(unit uint8, address, _ uint16) (time.Duration, error) {
		if unit == 1 && address == 0 {
			return 0, modbusError(6)
		}
		return 0, nil
	}}
	stats, b := poll(t, p, 1, 3*time.Minute, nil)
	faults := 0
	for _, s := range b.of(meterID(1)) {
		if s.Quality == metering.DeviceFault {
			faults++
		}
	}
	if l := stats.Lines[0]; faults < 3 || faults > 4 || l.Meters[0].BreakerOpen {
		t.Fatalf("%d faults reported; %+v", faults, l)
	}
	if asked := count(p.calls(), func(c readCall) bool { return c.address == 0 }); asked > 4*181 {
		t.Fatalf("asked %d times in 180 cycles", asked)
	}
}

// A meter that refuses to read over a hole is asked for the parts, in the same
// cycle, and for the joined block again a day later.
func TestSplitAndRejoin(t *testing.T) {
	p := &plant{latency: time.Millisecond}
	p.answer = func(_ uint8, address, n uint16) (time.Duration, error) {
		if address == 0 && n > 2 && time.Since(p.noon) < 10*time.Hour { // its firmware is replaced then
			return 0, modbusError(2)
		}
		return 0, nil
	}
	slowly := func(cfg *collector.Config) { cfg.Lines[0].Meters[0].Fast = 10 * time.Second }
	stats, b := poll(t, p, 1, 25*time.Hour, slowly)
	joined := func(c readCall) bool { return c.address == 0 && c.count == 21 }
	calls := p.calls()
	if refused := count(calls, func(c readCall) bool { return joined(c) && c.err != nil }); refused != 1 {
		t.Fatalf("the joined block was refused %d times in a day", refused)
	}
	if again := count(calls, func(c readCall) bool { return joined(c) && c.err == nil }); again < 300 {
		t.Fatalf("after a day the joined block was read %d times", again)
	}
	for _, s := range b.of(meterID(1)) {
		if s.Quality != metering.Good {
			t.Fatalf("%+v: the parts are well", s)
		}
	}
	if stats.Lines[0].Meters[0].Failing {
		t.Fatal("a refused join is no failure of the meter")
	}
}

// A register that has once worked is asked for again within a minute, however
// long it was refused; one that never worked, within the hour.
func TestRefusedRegisterIsNeverGivenUp(t *testing.T) {
	p := &plant{latency: time.Millisecond}
	p.answer = func(_ uint8, address, _ uint16) (time.Duration, error) {
		since := time.Since(p.noon)
		if address == 100 && since > 10*time.Minute && since < 5*time.Hour {
			return 0, modbusError(2)
		}
		if address == 60 && since < 5*time.Hour {
			return 0, modbusError(2)
		}
		return 0, nil
	}
	_, b := poll(t, p, 1, 7*time.Hour, func(cfg *collector.Config) { cfg.Lines[0].Meters[0].Fast = 10 * time.Second })
	well := p.noon.Add(5 * time.Hour)
	first := map[metering.Quantity]time.Duration{}
	for _, s := range b.of(meterID(1)) {
		for _, r := range s.Readings {
			if _, ok := first[r.Quantity]; !ok && s.At.After(well) {
				first[r.Quantity] = s.At.Sub(well)
			}
		}
	}
	if d, ok := first[metering.ActiveImport]; !ok || d > 2*time.Minute {
		t.Errorf("the counter came back after %v", d)
	}
	if d, ok := first[metering.PowerFactor]; !ok || d > 62*time.Minute {
		t.Errorf("the register that never worked came after %v", d)
	}
}

// A line that is too slow for its periods skips and counts, and treats its
// meters alike; nothing queues up.
func TestOverloadedLine(t *testing.T) {
	p := &plant{latency: 50 * time.Millisecond}
	stats, b := poll(t, p, 32, 5*time.Minute, nil)
	l := stats.Lines[0]
	if l.Overruns < 1000 {
		t.Fatalf("%d overruns; 32 reads of 50 ms do not fit into a second", l.Overruns)
	}
	least, most := 1<<30, 0
	for n := uint8(1); n <= 32; n++ {
		reads := count(p.calls(), func(c readCall) bool { return c.unit == n && c.address == 0 })
		least, most = min(least, reads), max(most, reads)
	}
	if float64(least) < 0.8*float64(most) || least < 150 {
		t.Fatalf("fast reads per meter between %d and %d", least, most)
	}
	for _, s := range b.all() {
		if age := s.Sealed.Sub(s.Snapshots[0].At); age > 250*time.Millisecond {
			t.Fatalf("a value waited %v for its batch", age)
		}
	}
	last := map[uint8]time.Time{}
	for _, c := range p.calls() {
		if c.address != 0 {
			continue
		}
		// A round takes 1.6 s, and once a minute 64 slower reads have waited long enough.
		if before, ok := last[c.unit]; ok && c.at.Sub(before) > 5500*time.Millisecond {
			t.Fatalf("unit %d was left alone for %v", c.unit, c.at.Sub(before))
		}
		last[c.unit] = c.at
	}
}

// A counter that goes back is marked until two more readings agree with it; one
// that rolls over its modulus is not.
func TestSteppedBackAndRolledOver(t *testing.T) {
	values := []uint32{100, 200, 150, 160, 161, 1<<32 - 5, 3, 4}
	turn := 0
	m := meterModel()
	p := &scripted{words: func(address uint16, n uint16) []uint16 {
		w := make([]uint16, n)
		if address == 100 {
			v := values[min(turn, len(values)-1)]
			w[0], w[1] = uint16(v>>16), uint16(v)
			turn++
		}
		return w
	}}
	b := &basket{}
	runBus(t, p, b, m, 8*time.Minute)
	var marks []string
	for _, s := range b.of("m01") {
		if r, ok := s.Find(metering.ActiveImport); ok && len(marks) < len(values) {
			marks = append(marks, r.Quality.String()+" "+r.Reason)
		}
	}
	same(t, "qualities", marks, []string{
		"good ", "good ",
		"stepped_back counter went back from 200 to 150", "stepped_back counter went back from 200 to 160",
		"stepped_back counter went back from 200 to 161; read 3 times, it is taken as it is",
		"good ", "good ", "good ",
	})
}

func TestNewNamesEveryFault(t *testing.T) {
	bus := &plant{}
	_, err := collector.New(collector.Config{Lines: []collector.LineConfig{
		{ID: "a", Line: bus, Meters: []collector.MeterConfig{
			{ID: "m1", Device: modbusMeter(bus, 1, meterModel())}, {ID: "m2", Device: modbusMeter(bus, 1, meterModel()), Fast: time.Millisecond},
		}},
		{ID: "a", Meters: []collector.MeterConfig{{ID: "m1"}}},
	}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"no sink", `line "a" is given twice`, `line "a" is not open`, `meter "m1" is on line`,
		`"m1" and "m2" have the same address: unit 1`, `meter "m1" has no device`, `meter "m2": period 1ms is shorter`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// A meter that needs a rest between two requests gets it, and the others of its
// line are read meanwhile.
func TestMeterThatNeedsARest(t *testing.T) {
	p := &plant{latency: 5 * time.Millisecond}
	stats, _ := poll(t, p, 4, time.Minute, func(cfg *collector.Config) {
		m := meterModel()
		m.MinGap, m.MaxHole = 100*time.Millisecond, 0 // two requests a cycle
		cfg.Lines[0].Meters[1].Device = modbusMeter(p, 2, m)
	})
	var last time.Time
	others := map[uint8]int{}
	for _, c := range p.calls() {
		if c.unit != 2 {
			others[c.unit]++
			continue
		}
		if !last.IsZero() && c.at.Sub(last) < 100*time.Millisecond {
			t.Fatalf("asked again after %v", c.at.Sub(last))
		}
		last = c.at.Add(5 * time.Millisecond)
	}
	if l := stats.Lines[0]; l.Overruns != 0 || l.Load > 0.1 || others[1] < 60 || others[3] < 60 {
		t.Fatalf("%d overruns, load %v, reads of the others %v", l.Overruns, l.Load, others)
	}
}
