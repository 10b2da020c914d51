package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"asue/cmd/internal/cli"
)

var rewrite = flag.Bool("rewrite", false, "renew the text-file cases")

// TestIntervalsCases reads testdata/intervals: register readings, and what asue
// intervals prints for them. Exit codes other than 0 and complaints stand there
// too.
func TestIntervalsCases(t *testing.T) {
	const file = "testdata/intervals/vectors.txt"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, text := range strings.SplitAfter(string(src), "\n=====\n") {
		text = strings.TrimSuffix(text, "=====\n")
		head, rest, ok1 := strings.Cut(text, "--- readings\n")
		readings, _, ok2 := strings.Cut(rest, "--- prints\n")
		if !ok1 || !ok2 {
			t.Fatalf("a case without its parts:\n%s", text)
		}
		if out.Len() > 0 {
			out.WriteString("=====\n")
		}
		got := head + "--- readings\n" + readings + "--- prints\n" + printed(t, head, readings)
		if got != text && !*rewrite {
			t.Errorf("want\n%s\ngot\n%s", text, got)
		}
		out.WriteString(got)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func printed(t *testing.T, head, readings string) string {
	t.Helper()
	cmd := newIntervals()
	path := filepath.Join(t.TempDir(), "readings.csv")
	if err := os.WriteFile(path, []byte(readings), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--readings", path}
	for line := range strings.Lines(head) {
		if args, ok := strings.CutPrefix(strings.TrimSpace(line), "args: "); ok {
			flags = append(flags, strings.Fields(args)...)
		}
	}
	var out, complaints bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&complaints)
	cmd.SetArgs(flags)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(&complaints, "error: %v\n", err)
	}
	return strings.ReplaceAll(complaints.String(), path, "readings.csv") + out.String()
}

// TestIntervalsAddUp: whatever the order of lines and the gaps between them, the
// energies are the difference of the registers at the first and the last
// boundary.
func TestIntervalsAddUp(t *testing.T) {
	dir := t.TempDir()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		register := rapid.Int64Range(0, 1_000_000_000).Draw(rt, "first")
		lines := []string{line(start, register)}
		first, at := register, start
		for range rapid.IntRange(1, 30).Draw(rt, "n") {
			at = at.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
			register += rapid.Int64Range(0, 50_000).Draw(rt, "wh")
			lines = append(lines, line(at, register))
		}
		if rest := at.Sub(at.Truncate(15 * time.Minute)); rest > 0 {
			at = at.Add(15*time.Minute - rest)
			register += 7
			lines = append(lines, line(at, register))
		}
		lines = append(lines, rapid.SliceOfN(rapid.SampledFrom(lines), 0, 5).Draw(rt, "again")...)
		path := filepath.Join(dir, "r.csv")
		if err := os.WriteFile(path, []byte(strings.Join(rapid.Permutation(lines).Draw(rt, "order"), "\n")), 0o600); err != nil {
			rt.Fatal(err)
		}
		var out, complaints bytes.Buffer
		o := auditOptions{readings: path, quantum: 1, format: "csv"}
		if err := o.run(&out, &complaints); err != nil {
			rt.Fatal(err, complaints.String())
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		sum := int64(0)
		for _, row := range rows[1:] {
			wh, err := strconv.ParseInt(row[1], 10, 64)
			if err != nil {
				rt.Fatal(row, err)
			}
			sum += wh
		}
		if want := int(at.Sub(start) / (15 * time.Minute)); sum != register-first || len(rows)-1 != want {
			rt.Fatalf("%d intervals of %d Wh, want %d of %d\n%s", len(rows)-1, sum, want, register-first, strings.Join(lines, "\n"))
		}
	})
}

func line(at time.Time, wh int64) string {
	return fmt.Sprintf("%s,F-1,%d", at.Format(time.RFC3339), wh)
}

func TestIntervalsWrongUse(t *testing.T) {
	file := writeText(t, "r.csv", "time,point,register_wh\n")
	for _, args := range [][]string{
		{}, {"--readings", file, "--quantum", "0"}, {"--readings", file, "--modulus", "-1"}, {"--readings", file, "--modulus", "7", "--quantum", "2"},
		{"--readings", file, "--max-power", "5"}, {"--readings", file, "--max-power", "-5 kW"}, {"--readings", file, "--format", "xml"}, {"extra"},
	} {
		asue(t, cli.ExitUsage, append([]string{"intervals"}, args...)...)
	}
	asue(t, cli.ExitFailed, "intervals", "--readings", file+".none")
	if got := execute(context.Background(), []string{"intervals", "--readings", writeText(t, "x.csv", "a,b\n1,2\n")}); got != cli.ExitFailed {
		t.Errorf("a file of something else: exit code %d", got)
	}
	if said := asue(t, 0, "intervals", "--readings", file); said != "start,energy_wh,quality,method,flags\n" {
		t.Errorf("no readings: %q", said)
	}
}
