package postgres_test

import (
	"strings"
	"testing"

	"asue/metering"
	"asue/metering/postgres"
	"asue/metering/postgres/pgtest"
)

// evidence is a ledger with a bill, a correction of it, an act and what else a
// bill stands on.
func evidence(t *testing.T) (dsn string) {
	dsn = pgtest.Database(t)
	l := mustOpen(t, dsn)
	defer l.Close()
	commit := func(c metering.Commit) {
		t.Helper()
		if err := l.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	c := metering.Commit{
		ReceivedAt: period(200), Spans: []metering.RegisterSpan{reading(0, 5)},
		Batches: []metering.StoredBatch{{ID: metering.BatchID{Collector: "c", Epoch: 7, Seq: 3}, ReceivedAt: day}},
	}
	for n := range 96 {
		c.Intervals = append(c.Intervals, measured("p", n, 100), measured("q", n, 200))
	}
	commit(c)
	if _, err := l.Settle(t.Context(), metering.Settlement{ID: "2026-01", From: day, To: period(96), Author: "a"}, period(201)); err != nil {
		t.Fatal(err)
	}
	after := measured("p", 0, 7)
	after.Grade, after.Flags = metering.Substitute, metering.FlagManual
	w := metering.Witness{Meter: "m", Start: day, Powers: []metering.PowerSample{{At: day, Power: 5}}}
	f := metering.Finding{Rule: "spike", Severity: metering.Warning, Point: "p", From: day, To: day, Numbers: []metering.Number{{Name: "ratio", Value: 2}}}
	commit(metering.Commit{
		ReceivedAt: period(202), Acts: []metering.Act{{ID: "a-1", Author: "a", Reason: "r", Changes: []metering.ActChange{{After: after}}}},
		Witnesses: []metering.Witness{w}, Findings: []metering.Findings{{Point: "p", From: day, To: period(96), List: []metering.Finding{f}}},
	})
	return dsn
}

func verify(t *testing.T, dsn string) postgres.Findings {
	t.Helper()
	f, err := postgres.Verify(t.Context(), postgres.Options{DSN: dsn}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestVerify(t *testing.T) {
	f := verify(t, evidence(t))
	if f.Damaged() || f.IntervalPages != 2 || f.SpanPages != 1 || f.WitnessPages != 1 || f.FindingRows != 1 || f.Acts != 1 || f.Settlements != 1 || f.OldVersions != 1 || f.Batches != 1 || f.Size == 0 {
		t.Errorf("%+v", f)
	}
	if len(f.Streams) != 1 || f.Streams[0] != (postgres.Stream{Collector: "c", Epoch: 7, Highest: 3, Missing: 2}) || !strings.Contains(strings.Join(f.Notes, "\n"), "2 numbers up to 3 have not come yet") {
		t.Errorf("%+v, %q", f.Streams, f.Notes)
	}
}

// Each damage is found and named.
func TestVerifyTellsDamage(t *testing.T) {
	dsn := evidence(t)
	for what, c := range map[string]struct{ statement, want, undo string }{
		"an energy":             {`UPDATE interval_day SET energy[3] = energy[3] + 1 WHERE point = 'q'`, "intervals of point q A+, day 2026-01-15: damaged page", `UPDATE interval_day SET energy[3] = energy[3] - 1 WHERE point = 'q'`},
		"a grade":               {`UPDATE interval_day SET run_grade[1] = 'A' WHERE point = 'p'`, "intervals of point p A+, day 2026-01-15: damaged page", `UPDATE interval_day SET run_grade[1] = 'S' WHERE point = 'p'`},
		"runs":                  {`UPDATE interval_day SET run_slot = run_slot || 200::smallint WHERE point = 'p'`, "intervals of point p A+, day 2026-01-15: damaged page", `UPDATE interval_day SET run_slot = trim_array(run_slot, 1) WHERE point = 'p'`},
		"registers":             {`UPDATE span_day SET page = set_byte(page, 4, get_byte(page, 4) # 1)`, "registers of meter m", `UPDATE span_day SET page = set_byte(page, 4, get_byte(page, 4) # 1)`},
		"a witness":             {`UPDATE witness SET page = set_byte(page, 4, get_byte(page, 4) # 1)`, "witness of meter m, 2026-01-15", `UPDATE witness SET page = set_byte(page, 4, get_byte(page, 4) # 1)`},
		"figures of a finding":  {`UPDATE finding SET numbers = '7'`, `"spike" of p`, `UPDATE finding SET numbers = '[]'`},
		"what an act has made":  {`UPDATE act_change SET energy = 8 WHERE side = 1`, "act a-1, change 1: version 2 of point p", `UPDATE act_change SET energy = 7 WHERE side = 1`},
		"what an act has found": {`UPDATE interval_old SET energy = 8`, "act a-1, change 1: version 1 of point p", `UPDATE interval_old SET energy = 100`},
		"a billed version":      {`UPDATE interval_old SET energy = 8`, "settlement 2026-01: its 192 intervals give the digest", `UPDATE interval_old SET energy = 100`},
		"a version's number":    {`UPDATE interval_old SET version = 9`, "settlement 2026-01: cannot be made again", `UPDATE interval_old SET version = 1`},
		"a digest":              {`UPDATE settlement SET note = digest, digest = 'x'`, "x of 192 was settled", `UPDATE settlement SET digest = note`},
		"a pin":                 {`UPDATE pin_day SET run_version[1] = 2 WHERE point = 'q'`, "settlement 2026-01: cannot be made again", `UPDATE pin_day SET run_version[1] = 1 WHERE point = 'q'`},
		"what was received":     {`UPDATE stream SET lo = '{5}'`, "not ascending ranges", `UPDATE stream SET lo = '{3}'`},
	} {
		execute(t, dsn, c.statement)
		if text := strings.Join(verify(t, dsn).Faults, "\n"); !strings.Contains(text, c.want) {
			t.Errorf("%s: %q; want %q", what, text, c.want)
		}
		execute(t, dsn, c.undo)
	}
	if f := verify(t, dsn); f.Damaged() {
		t.Fatalf("the cases do not undo what they do: %q", f.Faults)
	}
	// These cannot be undone.
	execute(t, dsn, `DELETE FROM interval_old`)
	if text := strings.Join(verify(t, dsn).Faults, "\n"); !strings.Contains(text, "0 superseded versions are kept, and the current ones say there were 1") {
		t.Errorf("a version gone: %q", text)
	}
	execute(t, dsn, `DROP TABLE finding`)
	if text := strings.Join(verify(t, dsn).Faults, "\n"); !strings.Contains(text, "findings: cannot be read") {
		t.Errorf("a table gone: %q", text)
	}
}

// A damaged day is told when it is read, and is not written over.
func TestDamagedDayIsNotTaken(t *testing.T) {
	dsn := evidence(t)
	execute(t, dsn, `UPDATE interval_day SET uncertainty[3] = 0 WHERE point = 'q'`)
	l := mustOpen(t, dsn)
	defer l.Close()
	_, err := l.Intervals(t.Context(), metering.IntervalQuery{From: day, To: period(96)})
	if err == nil || !strings.Contains(err.Error(), "damaged page") || !strings.Contains(err.Error(), "point q A+, day 2026-01-15") {
		t.Errorf("Intervals = %v", err)
	}
	if err := l.Commit(t.Context(), metering.Commit{ReceivedAt: day, Intervals: []metering.Interval{measured("q", 5, 1)}}); err == nil || !strings.Contains(err.Error(), "damaged page") {
		t.Errorf("Commit = %v", err)
	}
}

func TestVerifyNeedsALedger(t *testing.T) {
	_, err := postgres.Verify(t.Context(), postgres.Options{DSN: pgtest.Database(t)}, nil)
	if err == nil || !strings.Contains(err.Error(), "holds no ledger") {
		t.Errorf("an empty database: %v", err)
	}
}
