package collector_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/collector"
	"asue/collector/device"
	"asue/metering"
	"asue/metering/clock"
)

// meterKit is a meter that is no Modbus one: what it answers is up to the test.
type meterKit struct {
	requests []device.Request
	archive  device.Archive
	modulus  int64
	place    string // "№ 1" if empty
}

func (k *meterKit) Model() string                   { return "kit@1" }
func (k *meterKit) Address() string                 { return cmp.Or(k.place, "№ 1") }
func (k *meterKit) Requests() []device.Request      { return k.requests }
func (k *meterKit) Modulus(metering.Quantity) int64 { return k.modulus }
func (k *meterKit) Archive() device.Archive         { return k.archive }
func (k *meterKit) Pause() time.Duration            { return 0 }

// asked is a request whose answer is a function.
type asked struct {
	group device.Group
	do    func(a *device.Answer) error
}

func (r *asked) Group() device.Group     { return r.group }
func (r *asked) Billing() bool           { return r.group == device.Energy }
func (r *asked) Size() int               { return int(r.group) }
func (r *asked) Split() []device.Request { return nil }
func (r *asked) Apart() []device.Request { return nil }
func (r *asked) String() string          { return r.group.String() }
func (r *asked) Ask(ctx context.Context, a *device.Answer) error {
	if err := (clock.Clock{}).Sleep(ctx, 2*time.Millisecond); err != nil {
		return err
	}
	return r.do(a)
}

// kit has a power of 36 MW, an energy register of 10 kWh a count that follows it,
// a power factor, and says of itself what says gives.
func kit(noon *time.Time, says func() (device.Identity, error)) *meterKit {
	one := func(q metering.Quantity, v float64) metering.Reading { return metering.Reading{Quantity: q, Value: v} }
	return &meterKit{requests: []device.Request{
		&asked{device.Fast, func(a *device.Answer) error {
			a.Readings = append(a.Readings, one(metering.ActivePower, 36e6), one(metering.PowerFactor, 0.9))
			return nil
		}},
		&asked{device.Energy, func(a *device.Answer) error {
			count := int64(time.Since(*noon) / time.Second)
			a.Readings = append(a.Readings, metering.Reading{
				Quantity: metering.ActiveImport, Value: float64(count) * 10e3, Count: metering.Count{Raw: count, Step: 10_000_000},
			})
			return nil
		}},
		&asked{device.Ident, func(a *device.Answer) (err error) {
			a.Identity, err = says()
			return err
		}},
	}}
}

// pollKit polls one such meter on the line of a plant.
func pollKit(t *testing.T, d time.Duration, says func(since time.Duration) (device.Identity, error), change func(*collector.MeterConfig, *meterKit)) (collector.Stats, []metering.Snapshot) {
	t.Helper()
	p := &plant{}
	stats, b := poll(t, p, 1, d, func(cfg *collector.Config) {
		k := kit(&p.noon, func() (device.Identity, error) { return says(time.Since(p.noon)) })
		m := collector.MeterConfig{ID: "m01", Device: k}
		if change != nil {
			change(&m, k)
		}
		cfg.Lines[0].Meters = []collector.MeterConfig{m}
	})
	return stats, b.of("m01")
}

func told(id device.Identity) func(time.Duration) (device.Identity, error) {
	return func(time.Duration) (device.Identity, error) { return id, nil }
}

// Nothing of a meter comes before it has said who it is, and what a stranger says
// is marked until the right one stands there again.
func TestStrangerIsRefused(t *testing.T) {
	says := func(since time.Duration) (device.Identity, error) {
		serial := "4711"
		if since > 10*time.Minute && since < 100*time.Minute {
			serial = "0815"
		}
		return device.Identity{Serial: serial, Said: "serial=" + serial}, nil
	}
	stats, snaps := pollKit(t, 3*time.Hour, says, func(m *collector.MeterConfig, _ *meterKit) { m.Serial = "SN-4711" })
	before, during, after := 0, 0, 0
	for _, s := range snaps {
		at := s.At.Sub(snaps[0].At)
		switch wrong := s.Quality == metering.WrongMeter; {
		case at < 9*time.Minute && !wrong:
			before++
		case at > 71*time.Minute && at < 99*time.Minute && wrong: // it is asked again within an hour
			if !strings.Contains(s.Reason, "0815") || !strings.Contains(s.Reason, "SN-4711") {
				t.Fatalf("reason %q", s.Reason)
			}
			during++
		case at > 161*time.Minute && !wrong:
			after++
		case at < 9*time.Minute || at > 71*time.Minute && at < 99*time.Minute || at > 161*time.Minute:
			t.Fatalf("+%v: %v %s", at, s.Quality, s.Reason)
		}
	}
	if before < 500 || during < 1500 || after < 1000 {
		t.Fatalf("%d, %d, %d snapshots", before, during, after)
	}
	m := stats.Lines[0].Meters[0]
	if m.Exchanges != 2 || m.Standing != metering.Good || m.Identity != "serial=4711" {
		t.Fatalf("%+v", m)
	}
}

// A meter that was changed while nobody could ask is found out before its first
// value.
func TestExchangedWhileSilent(t *testing.T) {
	away := func(since time.Duration) bool { return since > 10*time.Minute && since < 20*time.Minute }
	says := func(since time.Duration) (device.Identity, error) {
		switch {
		case away(since):
			return device.Identity{}, errTimeout
		case since < 15*time.Minute:
			return device.Identity{Serial: "1"}, nil
		}
		return device.Identity{Serial: "2"}, nil
	}
	var noon time.Time
	stats, snaps := pollKit(t, 30*time.Minute, says, func(m *collector.MeterConfig, k *meterKit) {
		m.Serial, noon = "1", time.Now()
		for _, r := range k.requests {
			a, inner := r.(*asked), r.(*asked).do
			a.do = func(answer *device.Answer) error {
				if away(time.Since(noon)) {
					return errTimeout
				}
				return inner(answer)
			}
		}
	})
	for _, s := range snaps {
		if at := s.At.Sub(noon); at > 20*time.Minute && s.Quality != metering.WrongMeter && s.Quality.HasValue() {
			t.Fatalf("+%v: a value of the stranger: %+v", at, s)
		}
	}
	if m := stats.Lines[0].Meters[0]; m.Standing != metering.WrongMeter || m.Failing || m.Exchanges != 1 {
		t.Fatalf("%+v", m)
	}
}

// What a wrong transformer setting or another setting changes is marked, and
// nothing else.
func TestSettingsMarkWhatTheyChange(t *testing.T) {
	f := func(what string, id device.Identity, ct metering.Ratio, want ...string) {
		t.Helper()
		stats, snaps := pollKit(t, 10*time.Second, told(id), func(m *collector.MeterConfig, _ *meterKit) { m.CT = ct })
		got := map[string]bool{}
		for _, s := range snaps {
			for _, r := range s.Readings {
				got[r.Quantity.String()+" "+r.Quality.String()] = true
			}
		}
		var list []string
		for g := range got {
			list = append(list, g)
		}
		slices.Sort(list)
		same(t, what, list, want)
		if good := strings.Contains(want[0], "good") && strings.Contains(want[1], "good"); good != (stats.Lines[0].Meters[0].Standing == metering.Good) {
			t.Errorf("%s: standing %v: %s", what, stats.Lines[0].Meters[0].Standing, stats.Lines[0].Meters[0].StandingWhy)
		}
	}
	ct := metering.Ratio{Primary: 600, Secondary: 5}
	f("the same ratio", device.Identity{CT: metering.Ratio{Primary: 120, Secondary: 1}}, ct, "ea_imp good", "p good", "pf good")
	f("another ratio", device.Identity{CT: metering.Ratio{Primary: 100, Secondary: 5}}, ct, "ea_imp ratio_mismatch", "p ratio_mismatch", "pf good")
	f("a ratio at a direct meter", device.Identity{VT: metering.Ratio{Primary: 100, Secondary: 1}}, metering.Direct, "ea_imp ratio_mismatch", "p ratio_mismatch", "pf good")
	f("a setting for the counters", device.Identity{Unset: []device.Mismatch{{
		Register: "measurement_mode", Got: "0", Want: "1", Why: "export counts as import", Quantities: []metering.Quantity{metering.ActiveImport},
	}}}, ct, "ea_imp misconfigured", "p good", "pf good")
	f("a setting for everything", device.Identity{Unset: []device.Mismatch{{Register: "word_order", Got: "1", Want: "0"}}}, ct,
		"ea_imp misconfigured", "p misconfigured", "pf misconfigured")
}

func TestSameSerial(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		if got := collector.SameSerial(a, b); got != want || collector.SameSerial(b, a) != want {
			t.Errorf("SameSerial(%q, %q) = %v", a, b, got)
		}
	}
	f("4711", "4711", true)
	f("0004711", "4711", true)
	f("SN-4711", "4711", true)
	f("sn 4711", "SN4711", true)
	f("4711", "4712", false)
	f("A4711", "B4711", false)
	f("ДЕМО-PM-0017", "-PM-0017", true)
	f("ДЕМО-PM-0017", "17", true)
	f("47110", "4711", false)
}

// A meter that does not answer the question who it is, but all others, is read all
// the same; the question is put again later.
func TestMeterThatDoesNotTell(t *testing.T) {
	says := func(time.Duration) (device.Identity, error) { return device.Identity{}, errTimeout }
	stats, snaps := pollKit(t, 10*time.Minute, says, nil)
	good := 0
	for _, s := range snaps {
		if s.Quality == metering.Good && len(s.Readings) > 0 {
			good++
		}
	}
	if m := stats.Lines[0].Meters[0]; good < 590 || m.Requests.Failures > 4 || m.BreakerOpen {
		t.Fatalf("%d good snapshots, %+v", good, m)
	}
}

// The clock of a meter is looked at, told, and never taken for ours.
func TestClockOfTheMeter(t *testing.T) {
	off := func(d time.Duration) func(time.Duration) (device.Identity, error) {
		return func(time.Duration) (device.Identity, error) {
			return device.Identity{Clock: time.Now().UTC().Add(d)}, nil
		}
	}
	stats, snaps := pollKit(t, time.Minute, off(-40*time.Second), nil)
	m := stats.Lines[0].Meters[0]
	if !m.HasClock || m.ClockOffset < -41*time.Second || m.ClockOffset > -39*time.Second || m.Standing != metering.Good {
		t.Fatalf("%+v", m)
	}
	clocks := 0
	for _, s := range snaps {
		if !s.Clock.IsZero() {
			clocks++
		}
		if len(s.Readings) > 0 && s.Quality != metering.Good {
			t.Fatalf("stamped by the collector's clock, and yet %v", s.Quality)
		}
	}
	if clocks != 1 {
		t.Fatalf("the clock was told %d times", clocks)
	}
}

// Energy and power of a meter that disagree are told after three quarters of an
// hour; a meter whose figures agree is never suspected.
func TestEnergyAgainstPower(t *testing.T) {
	run := func(power float64) string {
		stats, _ := pollKit(t, 2*time.Hour, told(device.Identity{}), func(_ *collector.MeterConfig, k *meterKit) {
			k.requests[0].(*asked).do = func(a *device.Answer) error {
				a.Readings = append(a.Readings, metering.Reading{Quantity: metering.ActivePower, Value: power})
				return nil
			}
		})
		return stats.Lines[0].Meters[0].Disagrees
	}
	if why := run(36e6); why != "" {
		t.Errorf("36 MW against 36 MW: %s", why)
	}
	if why := run(37e6); why != "" {
		t.Errorf("37 MW against 36 MW is within the tolerance: %s", why)
	}
	for _, power := range []float64{3.6e6, -36e6, 360e6, 0} {
		if why := run(power); !strings.Contains(why, "kWh") {
			t.Errorf("%g W against 36 MW: %q", power, why)
		}
	}
}

// A meter that says nothing of itself is not taken for its neighbour on the line.
func TestNobodySpeaksForTheNeighbour(t *testing.T) {
	p := &plant{}
	stats, b := poll(t, p, 1, 10*time.Second, func(cfg *collector.Config) {
		talker := kit(&p.noon, func() (device.Identity, error) { return device.Identity{Serial: "1", Said: "serial=1"}, nil })
		mute := kit(&p.noon, nil)
		mute.place = "№ 2"
		mute.requests[2] = &asked{device.Ident, func(*device.Answer) error { return nil }}
		cfg.Lines[0].Meters = []collector.MeterConfig{{ID: "m01", Device: talker, Serial: "1"}, {ID: "m02", Device: mute, Serial: "2"}}
	})
	for _, s := range b.of("m02") {
		if s.Quality != metering.Good {
			t.Fatalf("%v: %s", s.Quality, s.Reason)
		}
	}
	m := stats.Lines[0].Meters
	if m[0].Identity != "serial=1" || m[1].Identity != "" || m[1].Standing != metering.Good {
		t.Fatalf("%+v", m)
	}
}
