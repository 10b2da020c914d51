package vee_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

var morning = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

// at is a moment of the morning: "8:00:05".
func at(t testing.TB, clock string) time.Time {
	t.Helper()
	tm, err := time.Parse("15:04:05", clock)
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 1, 15, tm.Hour(), tm.Minute(), tm.Second(), 0, time.UTC)
}

// wattHours is a register that counts whole Wh at the primary side.
func wattHours(raw int64) metering.Count { return metering.Count{Raw: raw, Step: 1000} }

func reading(at time.Time, c metering.Count) metering.RegisterReading {
	return metering.RegisterReading{At: at, Count: c}
}

// spansOf merges readings the way a ledger does.
func spansOf(readings ...metering.RegisterReading) []metering.RegisterSpan {
	byPeriod := map[time.Time]metering.RegisterSpan{}
	var starts []time.Time
	for _, r := range readings {
		s := metering.SpanOf("m", metering.ActiveImport, r)
		if have, ok := byPeriod[s.Start]; ok {
			s = have.Merge(s)
		} else {
			starts = append(starts, s.Start)
		}
		byPeriod[s.Start] = s
	}
	spans := make([]metering.RegisterSpan, 0, len(starts))
	for _, s := range starts {
		spans = append(spans, byPeriod[s])
	}
	sortSpans(spans)
	return spans
}

func plain() vee.Register {
	return vee.Register{
		Channel:  metering.ChannelActiveImport,
		Installs: []metering.Install{{Meter: "m", Point: "p"}},
		MaxPower: 100 * metering.Megawatt,
	}
}

func (c story) derive(t testing.TB) []metering.Interval {
	t.Helper()
	var readings []metering.RegisterReading
	for line := range strings.Lines(c.readings) {
		var clock string
		var raw int64
		if n, _ := fmt.Sscan(line, &clock, &raw); n == 2 {
			readings = append(readings, reading(at(t, clock), metering.Count{Raw: raw, Step: c.step, Secondary: c.secondary}))
		}
	}
	var closed time.Time
	if c.closed != "" {
		closed = at(t, c.closed)
	}
	return c.register.Derive(spansOf(readings...), at(t, c.from), at(t, c.to), closed)
}

type story struct {
	name      string
	register  vee.Register
	step      int64
	secondary bool
	readings  string // clock and raw count, one a line
	from, to  string
	closed    string
	want      string // one interval a line: start, grade, energy ± uncertainty, flags: reason
}

func show(list []metering.Interval) string {
	var b strings.Builder
	for _, iv := range list {
		fmt.Fprintf(&b, "%s %v", iv.Start.Format("15:04"), iv.Grade)
		if iv.Grade != metering.Null {
			fmt.Fprintf(&b, " %d ±%d", int64(iv.Energy), int64(iv.Uncertainty))
		}
		if names := iv.Flags.Names(); len(names) > 0 {
			fmt.Fprintf(&b, " %s", strings.Join(names, ","))
		}
		if iv.Reason != "" {
			fmt.Fprintf(&b, ": %s", iv.Reason)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func withRatios(ct, vt metering.Ratio) vee.Register {
	r := plain()
	r.Installs[0].CT, r.Installs[0].VT = ct, vt
	return r
}

func withModulus(m int64) vee.Register {
	r := plain()
	r.Modulus = m
	return r
}

func installedFrom(from time.Time) vee.Register {
	r := plain()
	r.Installs[0].From = from
	return r
}

func stories() []story {
	return []story{
		{
			name: "readings on the boundaries are exact", register: plain(), step: 1000,
			readings: "8:00:00 1000\n8:15:00 1250\n8:30:00 1600",
			from:     "8:00:00", to: "9:00:00",
			want: "08:00 A 250 ±1\n08:15 A 350 ±1\n",
		},
		{
			name: "a boundary between two readings is interpolated", register: plain(), step: 1000,
			readings: "7:59:55 1000\n8:00:05 1010\n8:14:55 2000\n8:15:05 2020",
			from:     "8:00:00", to: "9:00:00",
			want: "08:00 A 1005 ±16\n", // 2010 - 1005; ±1 count, ±5, ±10
		},
		{
			name: "counts at the secondary side are multiplied: K = 12000, one count is 120 kWh", register: withRatios(metering.Ratio{Primary: 600, Secondary: 5}, metering.Ratio{Primary: 10000, Secondary: 100}),
			step: 10_000, secondary: true,
			readings: "8:00:00 100\n8:15:00 102",
			from:     "8:00:00", to: "8:15:00",
			want: "08:00 A 240000 ±120000\n",
		},
		{
			name: "counts at the primary side are not", register: withRatios(metering.Ratio{Primary: 600, Secondary: 5}, metering.Direct), step: 10_000,
			readings: "8:00:00 100\n8:15:00 102",
			from:     "8:00:00", to: "8:15:00",
			want: "08:00 A 20 ±10\n",
		},
		{
			name: "a bracket of more than five minutes is flagged", register: plain(), step: 1000,
			readings: "8:00:00 0\n8:12:00 120\n8:18:30 185\n8:30:00 300",
			from:     "8:00:00", to: "8:30:00",
			want: "08:00 A 150 ±36 interp_wide: boundary 2026-01-15T08:15:00Z lies between readings 6m30s apart\n" +
				"08:15 A 150 ±36 interp_wide: boundary 2026-01-15T08:15:00Z lies between readings 6m30s apart\n",
		},
		{
			name: "a gap loses the shape, and names its energy", register: plain(), step: 1000,
			readings: "8:00:00 0\n8:14:00 140\n9:16:00 760\n9:30:00 900",
			from:     "8:00:00", to: "9:30:00",
			want: "08:00 N gap: no readings from 2026-01-15T08:14:00Z to 2026-01-15T09:16:00Z, 620 Wh in that time\n" +
				"08:15 N gap: no readings from 2026-01-15T08:14:00Z to 2026-01-15T09:16:00Z, 620 Wh in that time\n" +
				"08:30 N gap: no readings from 2026-01-15T08:14:00Z to 2026-01-15T09:16:00Z, 620 Wh in that time\n" +
				"08:45 N gap: no readings from 2026-01-15T08:14:00Z to 2026-01-15T09:16:00Z, 620 Wh in that time\n" +
				"09:00 N gap: no readings from 2026-01-15T08:14:00Z to 2026-01-15T09:16:00Z, 620 Wh in that time\n" +
				"09:15 N gap: no readings from 2026-01-15T08:14:00Z to 2026-01-15T09:16:00Z, 620 Wh in that time\n",
		},
		{
			name: "a register without a known modulus must not go back", register: plain(), step: 1000,
			readings: "8:00:00 4294960000\n8:15:00 5000\n8:30:00 6000",
			from:     "8:00:00", to: "8:30:00",
			want: "08:00 N: the register went back from 4294960000 to 5000 counts between 2026-01-15T08:00:00Z and 2026-01-15T08:15:00Z\n" +
				"08:15 A 1000 ±1\n",
		},
		{
			name: "a rollover within capacity is followed", register: withModulus(1 << 32), step: 1000,
			readings: "8:00:00 4294960000\n8:15:00 5000\n8:30:00 6000",
			from:     "8:00:00", to: "8:30:00",
			want: "08:00 A 12296 ±1 rollover: the register rolled over from 4294960000 to 5000 at 4294967296 counts before 2026-01-15T08:15:00Z\n" +
				"08:15 A 1000 ±1\n",
		},
		{
			name: "a decrease beyond capacity is no rollover", register: withModulus(1 << 32), step: 1000,
			readings: "8:00:00 1000000000\n8:15:00 5000",
			from:     "8:00:00", to: "8:30:00",
			want: "08:00 N: the register went back from 1000000000 to 5000 counts between 2026-01-15T08:00:00Z and 2026-01-15T08:15:00Z\n",
		},
		{
			name: "before the first reading nothing is known", register: plain(), step: 1000,
			readings: "8:05:00 100\n8:15:00 200\n8:30:00 300",
			from:     "7:45:00", to: "8:30:00",
			want: "07:45 N: no reading at or before its start; the first one is of 2026-01-15T08:05:00Z\n" +
				"08:00 N: no reading at or before its start; the first one is of 2026-01-15T08:05:00Z\n" +
				"08:15 A 100 ±1\n",
		},
		{
			name: "an interval whose end nobody has seen waits for the clock", register: plain(), step: 1000,
			readings: "8:00:00 100\n8:14:50 200",
			from:     "8:00:00", to: "9:00:00", closed: "8:14:59",
			want: "",
		},
		{
			name: "the clock closes what nobody reads", register: plain(), step: 1000,
			readings: "8:00:00 100\n8:14:50 200",
			from:     "8:00:00", to: "9:00:00", closed: "8:31:00",
			want: "08:00 N provisional: no reading since 2026-01-15T08:14:50Z\n" +
				"08:15 N provisional: no reading since 2026-01-15T08:14:50Z\n",
		},
		{
			name: "a register that never answered", register: plain(), step: 1000,
			from: "8:00:00", to: "9:00:00", closed: "8:15:00",
			want: "08:00 N provisional: no reading of the register so far\n",
		},
		{
			name: "a meter put in during the interval", register: installedFrom(morning.Add(5 * time.Minute)), step: 1000,
			readings: "8:00:00 100\n8:15:00 200\n8:30:00 300",
			from:     "7:45:00", to: "8:30:00",
			want: "08:00 N swap: the meter was put in, taken out or changed inside the interval\n" +
				"08:15 A 100 ±1\n",
		},
		{
			name: "a multiplier beyond reason", register: withRatios(metering.Ratio{Primary: 1 << 40, Secondary: 1}, metering.Direct), step: 1000, secondary: true,
			readings: "8:00:00 100\n8:15:00 200",
			from:     "8:00:00", to: "8:15:00",
			want: "08:00 N: the ratios CT 1099511627776/1 and VT direct make no usable multiplier\n",
		},
		{
			name: "a register too large for an energy", register: plain(), step: 1 << 40,
			readings: "8:00:00 9223372036854775000\n8:15:00 9223372036854775001",
			from:     "8:00:00", to: "8:15:00",
			want: "08:00 N: the register's content is out of range around 2026-01-15T08:00:00Z\n",
		},
	}
}

func TestStories(t *testing.T) {
	for _, c := range stories() {
		t.Run(c.name, func(t *testing.T) {
			if got := show(c.derive(t)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestScaleChangeIsNotEnergy(t *testing.T) {
	spans := spansOf(
		reading(morning, metering.Count{Raw: 1000, Step: 1000}),
		reading(morning.Add(15*time.Minute), metering.Count{Raw: 200, Step: 10_000}),
		reading(morning.Add(30*time.Minute), metering.Count{Raw: 201, Step: 10_000}),
	)
	got := show(plain().Derive(spans, morning, morning.Add(time.Hour), time.Time{}))
	want := "08:00 N: the register's scale changed between 2026-01-15T08:00:00Z and 2026-01-15T08:15:00Z: 1000 and then 10000 thousandths of a Wh per count\n" +
		"08:15 A 10 ±10\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// K changes with the act, and each part is multiplied with its own: 100.00,
// 100.10 and 100.30 kWh with 12000 and then 16000 are 1200 + 3200 kWh.
func TestRatioChangeOnABoundary(t *testing.T) {
	change := morning.Add(15 * time.Minute)
	r := plain()
	r.Installs = []metering.Install{
		{Point: "p", To: change, CT: metering.Ratio{Primary: 600, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100}},
		{Point: "p", From: change, CT: metering.Ratio{Primary: 800, Secondary: 5}, VT: metering.Ratio{Primary: 10000, Secondary: 100}},
	}
	count := func(raw int64) metering.Count { return metering.Count{Raw: raw, Step: 10_000, Secondary: true} }
	spans := spansOf(reading(morning, count(10000)), reading(change, count(10010)), reading(change.Add(15*time.Minute), count(10030)))
	got := show(r.Derive(spans, morning, morning.Add(time.Hour), time.Time{}))
	if want := "08:00 A 1200000 ±120000\n08:15 A 3200000 ±160000\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A read that took two seconds may be a second early or late: at 3600 Wh/s that
// is 3600 Wh at each end.
func TestSlowReadWidensTheUncertainty(t *testing.T) {
	slow := func(minute int) metering.RegisterReading {
		r := reading(morning.Add(time.Duration(minute)*time.Minute), wattHours(int64(minute)*60*3600))
		r.Took = 2 * time.Second
		return r
	}
	got := show(plain().Derive(spansOf(slow(0), slow(15), slow(30)), morning, morning.Add(15*time.Minute), time.Time{}))
	if want := "08:00 A 3240000 ±7201\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
