package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/validation"
)

// fedZone has two days of a point's readings in its ledger, with three hours in
// which nothing came, and nothing derived from them yet.
func fedZone(t *testing.T) (process string, point metering.PointID) {
	t.Helper()
	process = zoneFolder(t)
	point, _ = examplePoints(t, process)
	cfg, site, _, err := readZone(process)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := openLedger(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	from := time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC) // midnight of the site
	install, _ := site.MeterAt(point, from)
	c := metering.Commit{ReceivedAt: from.Add(49 * time.Hour)}
	for k := range 2*96 + 1 {
		start := from.Add(time.Duration(k) * metering.BasePeriod)
		if k >= 40 && k < 52 {
			continue
		}
		span := metering.SpanOf(install.Meter, metering.ActiveImport, metering.RegisterReading{
			At: start, Count: metering.Count{Raw: int64(1_000_000 + 250*k), Step: 1000},
		})
		c.Spans = append(c.Spans, span)
	}
	if err := ledger.Commit(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	// Everything is said to be validated, as after days of running.
	if err := ledger.SetCursor(context.Background(), "validated", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if upTo, err := validation.UpTo(context.Background(), ledger); err != nil || upTo.IsZero() {
		t.Fatalf("%v, %v", upTo, err)
	}
	return process, point
}

func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return v
}

// From readings to a settled month and its correction, by the commands of the
// metrologist.
func TestBillingStory(t *testing.T) {
	process, point := fedZone(t)
	month := []string{"-c", process, "--from", "2026-01", "--to", "2026-02-01"}
	with := func(args ...string) []string { return append(args, month...) }

	dry := decoded[rebuildReport](t, asue(t, 0, with("rebuild", "--dry-run", "--json")...))
	if dry.Changed < 192 || dry.Before != dry.After {
		t.Errorf("dry: %+v", dry)
	}
	if said := asue(t, 0, with("rebuild")...); !strings.Contains(said, "intervals made again") {
		t.Errorf("rebuild said %s", said)
	}
	again := decoded[rebuildReport](t, asue(t, 0, with("rebuild", "--json")...))
	if again.Changed != 0 || again.Before != again.After || again.After == dry.After {
		t.Errorf("again: %+v", again)
	}
	total := func(grade metering.Grade) (n int, sum metering.Energy) {
		for _, iv := range inLedger(t, process, point) {
			if iv.Grade == grade && iv.Channel == metering.ChannelActiveImport {
				n++
				sum += iv.Energy
			}
		}
		return n, sum
	}
	measured, actual := total(metering.Actual) // on the last day of January
	filled, estimated := total(metering.Substitute)
	if filled != 13 || actual+estimated != 250*96 {
		t.Errorf("%d measured with %d Wh, %d filled with %d Wh", measured, actual, filled, estimated)
	}

	settled := decoded[settlementFacts](t, asue(t, 0, "settle", "2026-01", "-c", process, "--author", "Metrologist", "--json"))
	if settled.Intervals < 90 || len(settled.Digest) != 64 {
		t.Errorf("settled: %+v", settled)
	}
	if said := asue(t, 1, "settle", "2026-01", "-c", process, "--author", "Metrologist"); said != "" {
		t.Errorf("a second settlement said %s", said)
	}
	act := with("amend", "--point", string(point), "--total", "1200Wh", "--author", "Metrologist", "--reason", "fuse", "--act", "act-1")
	act = append(act[:len(act)-4], "--from", "2026-01-31T10:00:00+05:00", "--to", "2026-01-31T11:00:00+05:00")
	if said := asue(t, 0, act...); !strings.Contains(said, "nothing was changed: 4 intervals would be") {
		t.Errorf("amend without --yes said %s", said)
	}
	if said := asue(t, 0, append(act, "--yes")...); !strings.Contains(said, "act act-1 is done") {
		t.Errorf("amend said %s", said)
	}
	list := decoded[[]settlementFacts](t, asue(t, 0, "settlements", "2026-01", "-c", process, "--json"))
	if len(list) != 1 || list[0].Intact == nil || !*list[0].Intact || len(list[0].Corrections) != 13 {
		t.Errorf("settlements: %+v", list)
	}
	// Four by the act, nine by what the register leaves for the rest of the gap.
	if _, now := total(metering.Substitute); now != 3250 {
		t.Errorf("after the act the gap holds %d Wh, the register says 3250", now)
	}
	after := decoded[rebuildReport](t, asue(t, 0, with("rebuild", "--json")...))
	if after.Before != after.After {
		t.Error("a rebuild undoes the act")
	}
}

func TestBooksOfAZone(t *testing.T) {
	process, point := fedZone(t)
	day := []string{"-c", process, "--from", "2026-01-31"}
	asue(t, 0, "rebuild", "-c", process, "--from", "2026-01", "--to", "2026-02-01")
	if said := asue(t, 0, append([]string{"balance", "--nodes", "@zone"}, day...)...); !strings.Contains(said, "@zone: not known") {
		t.Errorf("balance said %s", said)
	}
	if said := asue(t, 0, append([]string{"demand", "--block", "1h"}, day...)...); !strings.Contains(said, "max kW (60 min)") {
		t.Errorf("demand said %s", said)
	}
	findings := decoded[[]findingFacts](t, asue(t, 0, append([]string{"findings", "--severity", "info", "--json", "--points", string(point)}, day...)...))
	for _, f := range findings {
		if f.Rule == "" || f.Text == "" || f.Point != string(point) {
			t.Errorf("%+v", f)
		}
	}
	if said := asue(t, 0, "rules"); !strings.Contains(said, "frozen_steps") || !strings.Contains(said, "V13") {
		t.Errorf("rules said %s", said)
	}
}

// Wrong use is told with what to write instead, and exits with 2.
func TestBillingWrongUse(t *testing.T) {
	process, point := fedZone(t)
	for _, args := range [][]string{
		{"rebuild", "-c", process},
		{"rebuild", "--from", "2026-01"},
		{"rebuild", "-c", process, "--from", "January"},
		{"balance", "-c", process, "--from", "2026-02", "--to", "2026-01"},
		{"findings", "-c", process, "--from", "2026-01", "--severity", "bad"},
		{"findings", "-c", process, "--from", "2026-01", "--points", "nobody"},
		{"settle", "2026-01", "-c", process},
		{"amend", "-c", process, "--point", "nobody", "--from", "2026-01-31"},
		{"amend", "-c", process, "--point", string(point), "--from", "2026-01-31", "--zero", "--final", "--author", "M", "--reason", "r"},
		{"amend", "-c", process, "--point", string(point), "--from", "2026-01-31", "--zero"},
	} {
		if said := asue(t, 2, args...); said != "" {
			t.Errorf("%v said %s", args, said)
		}
	}
	asue(t, 1, "settle", "2999-01", "-c", process, "--author", "M")
}
