package exchange_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/metering"
	"asue/metering/exchange"
)

func TestReadRegistersNamesBadLines(t *testing.T) {
	const src = "\xef\xbb\xbftime,point,register_wh,remark\r\n" +
		"2026-01-01T00:00:03+05:00,F-1,100,fine\n" +
		"2026-01-01 00:00,F-1,100\n" +
		"2026-01-01T00:01:03+05:00,,100\n" +
		"2026-01-01T00:02:03+05:00,F-1,1.5\n" +
		"2026-01-01T00:03:03+05:00,F-1,-1\n" +
		"2026-01-01T00:04:03+05:00,F-1,99999999999999999999\n" +
		"\n" +
		"2026-01-01T00:05:03+05:00,F-1\n" +
		"2025-12-31T19:00:03Z,F-1,100\n" +
		"2025-12-31T19:00:03Z,F-1,110\n" +
		"2026-01-01T00:06:03+05:00,F-1,105\n" +
		"2026-01-01T00:06:03+05:00,F-1,1000\n" +
		"2025-12-31T18:59:00.9999Z,F-1,90\n"
	series, faults, err := exchange.ReadRegisters(strings.NewReader(src), exchange.RegisterOptions{Quantum: 10, Modulus: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range faults.List {
		got = append(got, f.String())
	}
	want := []string{
		`row 3, column time: "2026-01-01 00:00" is no time with an offset: write RFC 3339, like 2026-01-01T00:00:03+05:00 or …Z [bad-time]`,
		`row 4, column point: the point is missing: name the point in every line [no-point]`,
		`row 5, column register_wh: "1.5" is no whole number of watt-hours: write digits only, like 4294960000 [bad-register]`,
		`row 6, column register_wh: "-1" is negative, which no register is: check the value [bad-register]`,
		`row 7, column register_wh: "99999999999999999999" does not fit a register of 63 bits: check the value [bad-register]`,
		`row 9, column register_wh: is no whole number of watt-hours: write digits only, like 4294960000 [bad-register]`,
		`row 11, column register_wh: "110" is another value than 100 in line 2, of the same point and time: leave one of them [contradiction]`,
		`row 12, column register_wh: "105" is no multiple of the quantum of 10: check the value, or --quantum [bad-register]`,
		`row 13, column register_wh: "1000" is beyond the modulus of 1000: check the value, or --modulus [bad-register]`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	readings := []metering.RegisterReading{
		{At: time.Date(2025, 12, 31, 18, 59, 0, 999_000_000, time.UTC), Count: metering.Count{Raw: 9, Step: 10_000}},
		{At: time.Date(2025, 12, 31, 19, 0, 3, 0, time.UTC), Count: metering.Count{Raw: 10, Step: 10_000}},
	}
	if len(series) != 1 || !reflect.DeepEqual(series[0].Readings, readings) {
		t.Errorf("%+v", series)
	}
	for _, src := range []string{"point,time\n", "a\n", "time;point;register_wh\n"} {
		if _, _, err := exchange.ReadRegisters(strings.NewReader(src), exchange.RegisterOptions{Quantum: 1}); err == nil {
			t.Errorf("%q is taken", src)
		}
	}
}

// TestSpansHoldWhatTheLedgerWould: packing a file at once is the same as merging
// its readings one by one.
func TestSpansHoldWhatTheLedgerWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		merged := map[time.Time]metering.RegisterSpan{}
		var starts []time.Time
		at, wh := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), int64(0)
		for range rapid.IntRange(1, 80).Draw(t, "n") {
			at = at.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second)
			wh += rapid.Int64Range(0, 3).Draw(t, "wh")
			fmt.Fprintf(&b, "%s,F-1,%d\n", at.Format(time.RFC3339), wh)
			one := metering.SpanOf("m", metering.ActiveImport, metering.RegisterReading{At: at, Count: metering.Count{Raw: wh, Step: 1000}})
			if have, ok := merged[one.Start]; ok {
				one = have.Merge(one)
			} else {
				starts = append(starts, one.Start)
			}
			merged[one.Start] = one
		}
		series, faults, err := exchange.ReadRegisters(strings.NewReader(b.String()), exchange.RegisterOptions{Quantum: 1})
		if err != nil || faults.Len() > 0 || len(series) != 1 {
			t.Fatal(err, faults.List)
		}
		spans := series[0].Spans("m", metering.ActiveImport)
		if len(spans) != len(starts) {
			t.Fatalf("%d spans, want %d", len(spans), len(starts))
		}
		for i, s := range spans {
			if !s.SameAs(merged[starts[i]]) {
				t.Fatalf("%+v\n%+v", s, merged[starts[i]])
			}
		}
	})
}
