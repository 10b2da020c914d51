package victoria

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// However the output is cut into writes, the lines are the same; what is longer
// than the bound is cut off, never kept.
func TestLinesDoNotDependOnTheWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text string
		for _, n := range rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(longestLine-3, longestLine+3)), 0, 6).Draw(t, "lengths") {
			text += strings.Repeat("x", n) + "\n"
		}
		text += rapid.StringMatching(`[a-c]{0,3}`).Draw(t, "unfinished")
		var want []string
		for _, line := range strings.SplitAfter(text, "\n") {
			if cut, whole := strings.CutSuffix(line, "\n"); whole {
				want = append(want, cut[:min(len(cut), longestLine)])
			}
		}
		var got []string
		l := &lines{each: func(line []byte) { got = append(got, string(line)) }}
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if m, err := l.Write([]byte(rest[:n])); m != n || err != nil {
				t.Fatalf("Write = %d, %v", m, err)
			}
			rest = rest[n:]
		}
		if !slices.Equal(got, want) || cap(l.rest) > 2*longestLine {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestDiaryKnowsWhyTheStoreEnded(t *testing.T) {
	var log bytes.Buffer
	d := &diary{log: slog.New(slog.NewTextHandler(&log, nil))}
	if d.reason() != "" {
		t.Errorf("a reason before anything was said: %q", d.reason())
	}
	d.line([]byte(`{"ts":"x","level":"info","caller":"a.go:1","msg":"opened"}`))
	d.line([]byte(`{"ts":"x","level":"warn","caller":"a.go:1","msg":"slow query"}`))
	d.line([]byte("panic: assertion failed"))
	for range 100 {
		d.line([]byte("goroutine 1 [running]:"))
		d.line(nil)
	}
	if d.reason() != "panic: assertion failed" {
		t.Errorf("reason %q", d.reason())
	}
	text := log.String()
	if n := strings.Count(text, "level=ERROR"); n != mostTraces {
		t.Errorf("%d lines of the trace are at full voice, want %d", n, mostTraces)
	}
	if strings.Contains(text, "opened") || !strings.Contains(text, "level=WARN") {
		t.Errorf("log:\n%s", text)
	}
}
