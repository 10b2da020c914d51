package exchange_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/exchange"

	"github.com/google/go-cmp/cmp"
)

// carried is what came out of a file of versions.
type carried struct {
	head      exchange.VersionsHead
	intervals [][]metering.Interval
	held      []metering.AuditRecord
}

func carry(file string) (c carried, err error) {
	err = exchange.ReadVersions(strings.NewReader(file), exchange.VersionsTaker{
		Head:      func(h exchange.VersionsHead) error { c.head = h; return nil },
		Intervals: func(l [][]metering.Interval) error { c.intervals = append(c.intervals, l...); return nil },
		Held:      func(r metering.AuditRecord) error { c.held = append(c.held, r); return nil },
	})
	return c, err
}

// An interval that an act changed, one of which nothing is known, and a record of the
// audit.
func versionsFile(t testing.TB) (string, carried) {
	t.Helper()
	start := time.Date(2026, 1, 31, 19, 0, 0, 0, time.UTC)
	first := metering.Interval{Point: "F-12", Channel: metering.ChannelActiveImport, Start: start, Version: 1, Energy: 12_500, Uncertainty: 2, Grade: metering.Actual,
		Method: metering.MethodRegister, Flags: metering.FlagLate | metering.FlagUnverified, RecordedAt: start.Add(16*time.Minute + 31*time.Millisecond)}
	second := first
	second.Version, second.Energy, second.Grade, second.Flags, second.Reason = 2, 12_600, metering.Substitute, first.Flags|metering.FlagManual, "акт 7: «предохранитель»\nфаза B"
	second.RecordedAt = start.AddDate(0, 0, 9)
	dark := metering.Interval{Point: "F-12", Channel: metering.ChannelActiveImport, Start: start.Add(metering.BasePeriod), Version: 1, Grade: metering.Null,
		Flags: metering.FlagOutage, Reason: "no voltage", RecordedAt: start.Add(time.Hour)}
	want := carried{
		head:      exchange.VersionsHead{Format: "asue versions 1", Site: "zone", From: start, To: start.AddDate(1, 0, 0)},
		intervals: [][]metering.Interval{{first, second}, {dark}},
		held:      []metering.AuditRecord{{At: start.Add(2 * time.Hour), Subject: "r-07", Text: "held back", Detail: `{"args":{"from_at":"x"}}`}},
	}
	var buf bytes.Buffer
	w, err := exchange.NewVersionsWriter(&buf, want.head)
	if err == nil {
		err = errors.Join(w.Intervals(want.intervals), w.Held(want.held[0]), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.String(), want
}

func TestVersionsAreCarriedWhole(t *testing.T) {
	file, want := versionsFile(t)
	got, err := carry(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(carried{})); d != "" {
		t.Errorf("%s", d)
	}
}

// One sign more or less anywhere, and a file that ends early, are found.
func TestVersionsThatWereChanged(t *testing.T) {
	file, _ := versionsFile(t)
	f := func(changed, want string) {
		t.Helper()
		if _, err := carry(changed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	lines := strings.SplitAfter(file, "\n")
	f("", "not whole")
	f(strings.Join(lines[:len(lines)-2], ""), "not whole")
	f(strings.Replace(file, "12600", "12601", 1), "not whole")
	f(strings.Replace(file, "r-07", "r-08", 1), "not whole")
	f(strings.Join(append(lines[:1:1], lines[2:]...), ""), "not whole")
	f(file+lines[1], "not whole")
	f(lines[1], "want a head")
	f(strings.Replace(file, "versions 1", "versions 2", 1), "want a head")
	f(strings.Replace(file, `"register"`, `"guess"`, 1), "not known here")
	f(strings.Replace(file, `"late"`, `"later"`, 1), "not known here")
	f(strings.Replace(file, `"channel":"A+"`, `"channel":"B+"`, 1), "want a point, a channel")
	f(strings.Replace(file, `"point"`, `"places"`, 1), "line 2")
}

// Versions that are not all there cannot be written.
func TestVersionsOutOfOrder(t *testing.T) {
	_, want := versionsFile(t)
	w, err := exchange.NewVersionsWriter(&bytes.Buffer{}, want.head)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Intervals([][]metering.Interval{want.intervals[0][1:]}); err == nil || !strings.Contains(err.Error(), "version 2 stands in place 1") {
		t.Errorf("%v", err)
	}
}

func FuzzVersions(f *testing.F) {
	file, _ := versionsFile(f)
	lines := strings.SplitAfter(file, "\n")
	f.Add(strings.Join(lines[:len(lines)-2], ""))
	f.Add(lines[0])
	f.Fuzz(func(t *testing.T, body string) { // what a sum at the end would keep out
		sum := sha256.Sum256([]byte(body))
		c, err := carry(fmt.Sprintf("%s{\"end\":%d,\"sha256\":\"%x\"}\n", body, strings.Count(body, "\n"), sum))
		if err != nil {
			return
		}
		var buf bytes.Buffer
		w, err := exchange.NewVersionsWriter(&buf, c.head)
		if err != nil {
			t.Fatal(err)
		}
		for _, iv := range c.intervals {
			if err := w.Intervals([][]metering.Interval{iv}); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range c.held {
			if err := w.Held(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := carry(buf.String())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, again, cmp.AllowUnexported(carried{})); d != "" {
			t.Errorf("%s", d)
		}
	})
}
