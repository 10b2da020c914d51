package vee_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/vee"
)

var morning = time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)

// spansOf merges readings the way a ledger does.
func spansOf(readings ...metering.RegisterReading) []metering.RegisterSpan {
	byPeriod := map[time.Time]int{}
	var spans []metering.RegisterSpan
	for _, r := range readings {
		s := metering.SpanOf("m", metering.ActiveImport, r)
		if i, ok := byPeriod[s.Start]; ok {
			spans[i] = spans[i].Merge(s)
			continue
		}
		byPeriod[s.Start] = len(spans)
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b metering.RegisterSpan) int { return a.Start.Compare(b.Start) })
	return spans
}

// show prints a derivation: intervals with start, grade, method, energy ±
// uncertainty, flags and reason; then gaps, what is known of the intervals that
// touch them, and events.
func show(d vee.Derivation) string {
	var b strings.Builder
	for _, iv := range d.Intervals {
		fmt.Fprintf(&b, "%s %v", iv.Start.Format("15:04"), iv.Grade)
		if iv.Grade != metering.Null {
			fmt.Fprintf(&b, " %d ±%d %v", int64(iv.Energy), int64(iv.Uncertainty), iv.Method)
		}
		if names := iv.Flags.Names(); len(names) > 0 {
			fmt.Fprintf(&b, " %s", strings.Join(names, ","))
		}
		if iv.Reason != "" {
			fmt.Fprintf(&b, ": %s", iv.Reason)
		}
		b.WriteByte('\n')
	}
	for _, g := range d.Gaps {
		fmt.Fprintf(&b, "gap %s … %s", g.From.Format("15:04:05"), g.To.Format("15:04:05"))
		switch {
		case g.Bounded:
			fmt.Fprintf(&b, " %d ±%d", int64(g.Energy), int64(g.Uncertainty))
		case g.Least > 0:
			fmt.Fprintf(&b, " at least %d", int64(g.Least))
		default:
			b.WriteString(" unknown")
		}
		fmt.Fprintf(&b, " %s\n", strings.Join(g.Flags.Names(), ","))
	}
	for _, p := range d.Partials {
		fmt.Fprintf(&b, "known of %s: %d in %v\n", p.Start.Format("15:04"), int64(p.Known), p.Measured)
	}
	for _, e := range d.Events {
		fmt.Fprintf(&b, "event %s %s … %s: %s\n", e.Kind, e.From.Format("15:04:05"), e.To.Format("15:04:05"), e.Text)
	}
	return b.String()
}
