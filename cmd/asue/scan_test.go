package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"asue/cmd/internal/cli"
	"asue/collector/modbus"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/site"
	"asue/simulator"
	"asue/simulator/modbusd"
)

// scannedLine answers by unit and function; who is not named is silent.
type scannedLine struct {
	timeout time.Duration
	answers map[string]error // "unit/function"
	asked   []string
	times   []time.Time
	after   func(unit uint8)
}

func (l *scannedLine) Read(_ context.Context, unit, function uint8, _, count uint16) ([]uint16, error) {
	key := fmt.Sprintf("%d/%d", unit, function)
	l.asked = append(l.asked, key)
	l.times = append(l.times, time.Now())
	if l.after != nil {
		defer l.after(unit)
	}
	err, named := l.answers[key]
	if !named {
		time.Sleep(l.timeout)
		return nil, errors.New("no answer")
	}
	if err != nil {
		return nil, err
	}
	return make([]uint16, count), nil
}

func unitsOf(r scanReport) []int {
	units := []int{}
	for _, f := range r.Found {
		units = append(units, f.Unit)
	}
	return units
}

func TestScanTellsWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &scannedLine{timeout: 300 * time.Millisecond, answers: map[string]error{
			"1/3": nil, "1/4": refusal(1), // a meter with holding registers only
			"2/3": refusal(11),                                    // the gateway has nobody
			"3/4": nil,                                            // silent to function 3
			"4/3": fmt.Errorf("closed: %w", io.EOF),               // a gateway that hangs up
			"5/3": errors.New("crc"), "5/4": errors.New("length"), // two at once
			"6/3": refusal(6), "6/4": refusal(2),
			"7/3": refusal(10),
		}}
		began := time.Now()
		report, err := scan{line: line, timeout: line.timeout, pause: 100 * time.Millisecond}.run(t.Context(), []int{1, 2, 3, 4, 5, 6, 7, 8})
		if err != nil || !report.Complete || report.Asked != 8 {
			t.Fatalf("%+v, %v", report, err)
		}
		want := []scanFound{
			{1, "answers", "exception 1", 0}, {3, "silent", "answers", 0},
			{5, "garbled: two meters with this unit id?", "garbled: two meters with this unit id?", 0}, {6, "exception 6", "exception 2", 0},
		}
		if !slices.Equal(report.Found, want) {
			t.Errorf("found %+v, want %+v", report.Found, want)
		}
		if slices.Contains(line.asked, "2/4") || slices.Contains(line.asked, "7/4") {
			t.Errorf("a unit was asked again that the gateway does not have: %v", line.asked)
		}
		for i := 1; i < len(line.times); i++ {
			if gap := line.times[i].Sub(line.times[i-1]); gap < 100*time.Millisecond {
				t.Errorf("%v between %s and %s: no rest", gap, line.asked[i-1], line.asked[i])
			}
		}
		if took, most := time.Since(began), longestScan(8, line.timeout, 100*time.Millisecond); took > most {
			t.Errorf("it took %v, said at most %v", took, most)
		}
	})
}

func TestScanInterruptedShowsWhatItFound(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	line := &scannedLine{answers: map[string]error{"1/3": nil, "1/4": nil, "2/3": nil, "2/4": nil, "3/3": nil, "3/4": nil}}
	line.after = func(unit uint8) {
		if unit == 2 {
			cancel()
		}
	}
	report, err := scan{line: line, timeout: time.Second}.run(ctx, []int{1, 2, 3})
	if err != nil || report.Complete || !slices.Equal(unitsOf(report), []int{1, 2}) || report.Asked != 2 {
		t.Errorf("%+v, %v; want units 1 and 2, not complete, no error", report, err)
	}
	var out, notes bytes.Buffer
	if err := report.write(&out, &notes, false); err != nil || !strings.Contains(notes.String(), "ended early") {
		t.Errorf("%v, notes %q", err, notes.String())
	}
}

func TestScanEndsWhenTheLineLeadsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := &scannedLine{answers: map[string]error{"1/3": nil, "1/4": nil, "2/3": unreachable{}}}
		report, err := scan{line: line, timeout: time.Second}.run(t.Context(), []int{1, 2, 3})
		if err == nil || !slices.Equal(unitsOf(report), []int{1}) || report.Complete {
			t.Errorf("%+v, %v; want unit 1 and an error", report, err)
		}
		if got := strings.Join(line.asked, " "); got != "1/3 1/4 2/3 2/3" {
			t.Errorf("asked %s: want one more attempt and no more", got)
		}
	})
}

func TestScanFindsTheSimulatorsMeters(t *testing.T) {
	library := loadLibrary(t)
	plant, faults := site.Parse("site.yaml", aktobe.Site(), library.IDs())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	world, err := simulator.New(plant, 1, tapTime)
	if err != nil {
		t.Fatal(err)
	}
	server, err := modbusd.Listen(modbusd.Config{
		World: world, Library: library, Clock: clock.Warped(time.Now(), tapTime, 1), Tick: time.Hour, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	const on = metering.LineID("gw-tp-1")
	var want []int
	for _, m := range plant.Meters {
		if m.Line == on {
			want = append(want, int(m.Unit))
		}
	}
	slices.Sort(want)
	line, err := modbus.Open("tcp://"+server.Addresses()[on], modbus.Options{Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	ids, err := parseUnits(fmt.Sprintf("1-%d", want[len(want)-1]+5))
	if err != nil {
		t.Fatal(err)
	}
	report, err := scan{line: line, timeout: 5 * time.Second}.run(ctx, ids)
	if err != nil || !report.Complete || len(want) == 0 || !slices.Equal(unitsOf(report), want) {
		t.Errorf("found %+v, %v; want units %v", report, err, want)
	}
	var out, notes bytes.Buffer
	if err := report.write(&out, &notes, true); err != nil {
		t.Fatal(err)
	}
	var back scanReport
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || !slices.Equal(back.Found, report.Found) {
		t.Errorf("JSON gives %+v, %v", back, err)
	}
}

func TestUnits(t *testing.T) {
	f := func(text string, want ...int) {
		t.Helper()
		if got, err := parseUnits(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	f("7", 7)
	f("1-3, 2,247", 1, 2, 3, 247)
	for _, text := range []string{"", "0", "248", "5-3", "1-", "a", "1,,2", "-4"} {
		if got := execute(context.Background(), []string{"scan", "tcp://127.0.0.1:1", "--units=" + text}); got != cli.ExitUsage {
			t.Errorf("--units %q exits with %d", text, got)
		}
	}
	for _, args := range [][]string{{"scan"}, {"scan", "http://127.0.0.1"}, {"scan", "tcp://127.0.0.1:1", "--timeout", "0s"}, {"scan", "tcp://127.0.0.1:1", "--pause=-1s"}} {
		if got := execute(context.Background(), args); got != cli.ExitUsage {
			t.Errorf("asue %v exits with %d", args, got)
		}
	}
}
