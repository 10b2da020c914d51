package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"asue/metering"
)

var lossDay = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)

// losing is a state in which line and transformer lose so many MW.
func losing(line, transformer float64) metering.NetworkState {
	return metering.NetworkState{
		Lines:        []metering.LineState{{ID: "l-kar", Live: true, LossMW: line}, {ID: "l-akz-1", LossMW: 9}},
		Transformers: []metering.TransformerState{{Node: "t-1", Live: true, LossMW: transformer}},
	}
}

func lossBookAt(t *testing.T, path string) *lossBook {
	t.Helper()
	b, err := openLossBook(path, lossDay)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *lossBook) hold(t *testing.T, from, to time.Duration, wantLine, wantCovered float64) {
	t.Helper()
	lost, covered, ok := b.lost(lossDay.Add(from), lossDay.Add(to))
	if ok != (wantLine > 0) || math.Abs(covered-wantCovered) > 0.001 || math.Abs(lost["l-kar"]-wantLine) > 0.001*wantLine {
		t.Errorf("%v…%v: %.1f Wh, covered %.3f, %v; want %.1f and %.3f", from, to, lost["l-kar"], covered, ok, wantLine, wantCovered)
	}
}

func TestLossesOfIntervals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "network-losses.jsonl")
	b := lossBookAt(t, path)
	b.hold(t, 0, 15*time.Minute, 0, 0)
	// A quarter of an hour at 0.2 MW, one at 0.4 MW: 50 and 100 kWh.
	for at := time.Duration(0); at <= 30*time.Minute; at += 5 * time.Second {
		line := 0.2
		if at >= 15*time.Minute && at < 30*time.Minute {
			line = 0.4
		}
		b.add(lossDay.Add(at), 15*time.Second, losing(line, 0.1))
	}
	b.hold(t, 0, 15*time.Minute, 50_000, 1)
	b.hold(t, 0, 30*time.Minute, 150_000, 1)
	// In the third one nothing is known for a minute, which is taken to have been like the
	// rest; in the fourth for ten, and that is too long.
	for at := 30*time.Minute + 5*time.Second; at <= 60*time.Minute; at += 5 * time.Second {
		s := losing(0.2, 0.1)
		if at >= 31*time.Minute && at < 32*time.Minute || at >= 47*time.Minute && at < 57*time.Minute {
			s = metering.NetworkState{Problem: "no power flow is possible"}
		}
		b.add(lossDay.Add(at), 15*time.Second, s)
	}
	b.hold(t, 30*time.Minute, 45*time.Minute, 50_000, 14./15)
	b.hold(t, 45*time.Minute, 60*time.Minute, 0, 5./15)
	b.close()

	again := lossBookAt(t, path)
	again.hold(t, 0, 45*time.Minute, 200_000, (2+14./15)/3)
	again.close()
}

// A pause of the program is no stretch of steady losses, and an interval in whose midst
// it began anew counts with both of its parts.
func TestLossesOverARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "network-losses.jsonl")
	run := func(from, to time.Duration, line float64) *lossBook {
		b := lossBookAt(t, path)
		for at := from; at <= to; at += 5 * time.Second {
			b.add(lossDay.Add(at), 15*time.Second, losing(line, 0.1))
		}
		return b
	}
	run(0, 6*time.Minute, 0.1).close()
	b := run(7*time.Minute, 15*time.Minute, 0.4)
	// 6 minutes at 0.1 and 8 at 0.4 MW: 63.3 kWh in 14 minutes, 67.9 kWh in 15.
	b.hold(t, 0, 15*time.Minute, 67_857, 14./15)
	b.close()

	// A crash has torn the last line, and somebody has written another one: both are
	// passed over.
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"start":"2026-11-30T06:07:00Z","covered":1,"loss_wh":{}}` + "\n" + `{"start":"2026-11-30T06:15`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	b = lossBookAt(t, path)
	b.hold(t, 0, 15*time.Minute, 67_857, 14./15)
	if b.bad != 2 {
		t.Errorf("%d lines are passed over", b.bad)
	}
	// What comes next stands on a line of its own.
	for at := 15 * time.Minute; at <= 30*time.Minute; at += 5 * time.Second {
		b.add(lossDay.Add(at), 15*time.Second, losing(0.2, 0.1))
	}
	b.close()
	lossBookAt(t, path).hold(t, 15*time.Minute, 30*time.Minute, 50_000, 1)

	if _, err := openLossBook(t.TempDir(), lossDay); err == nil {
		t.Error("a folder is taken for the book")
	}
}

func TestElementsComeAndGo(t *testing.T) {
	origin := func(from, to time.Duration) metering.Origin {
		o := metering.Origin{}
		if from != 0 {
			o.From = lossDay.Add(from)
		}
		if to != 0 {
			o.To = lossDay.Add(to)
		}
		return o
	}
	n := metering.Network{
		Lines:    []metering.NetworkLine{{Origin: origin(-time.Hour, 0)}, {Origin: origin(0, 3*time.Hour)}},
		Switches: []metering.Switch{{Origin: origin(2*time.Hour, 0)}},
	}
	if next := nextChange(&n, lossDay); !next.Equal(lossDay.Add(2 * time.Hour)) {
		t.Errorf("the next change is at %v", next)
	}
	if next := nextChange(&n, lossDay.Add(3*time.Hour)); !next.IsZero() {
		t.Errorf("after the last one there is another at %v", next)
	}
}
