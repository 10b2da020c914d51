package dispatcher_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// books is a ledger of a few intervals: all versions of them, the greatest being
// the current one.
type books struct {
	intervals   []metering.Interval
	settled     map[string][]metering.Interval
	settlements []metering.Settlement
	findings    []metering.Finding
	acts        []metering.Act
	err         error
	asked       int
	first, last time.Time             // the range of the last question for intervals
	finding     metering.FindingQuery // the last question for findings
}

func (b *books) Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error) {
	b.asked++
	b.first, b.last = q.From, q.To
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	from := b.intervals
	if q.Settlement != "" {
		pinned, ok := b.settled[q.Settlement]
		if !ok {
			return nil, fmt.Errorf("settlement %q: %w", q.Settlement, metering.ErrNotFound)
		}
		from = pinned
	}
	var found []metering.Interval
	for _, i := range from {
		if len(q.Points) > 0 && !slices.Contains(q.Points, i.Point) || len(q.Channels) > 0 && !slices.Contains(q.Channels, i.Channel) ||
			i.Start.Before(q.From) || !i.Start.Before(q.To) || !q.AsOf.IsZero() && i.RecordedAt.After(q.AsOf) {
			continue
		}
		found = append(found, i)
	}
	slices.SortFunc(found, func(a, b metering.Interval) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Channel, b.Channel), cmp.Compare(b.Version, a.Version))
	})
	found = slices.CompactFunc(found, func(a, b metering.Interval) bool {
		return a.Start.Equal(b.Start) && a.Point == b.Point && a.Channel == b.Channel
	})
	return found, b.err
}

func (b *books) History(_ context.Context, point metering.PointID, ch metering.Channel, start time.Time) ([]metering.Interval, error) {
	var found []metering.Interval
	for _, i := range b.intervals {
		if i.Point == point && i.Channel == ch && i.Start.Equal(start) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b metering.Interval) int { return cmp.Compare(a.Version, b.Version) })
	return found, b.err
}

func (b *books) Findings(_ context.Context, q metering.FindingQuery) ([]metering.Finding, error) {
	b.finding = q
	found := slices.Clone(b.findings)
	return found[:min(len(found), q.Limit)], b.err
}

func (b *books) Acts(context.Context, metering.ActQuery) ([]metering.Act, error) {
	return b.acts, b.err
}

func (b *books) Settlements(context.Context) ([]metering.Settlement, error) {
	return b.settlements, b.err
}

// midnight begins 2026-11-20 in Aktobe, the day before noon.
var midnight = time.Date(2026, 11, 19, 19, 0, 0, 0, time.UTC)

// fill puts whole quarters of a point into the books, n from start on.
func (b *books) fill(point metering.PointID, ch metering.Channel, start time.Time, n int, each metering.Energy) {
	for i := range n {
		at := start.Add(time.Duration(i) * metering.BasePeriod)
		b.intervals = append(b.intervals, metering.Interval{
			Point: point, Channel: ch, Start: at, Version: 1, Energy: each, Uncertainty: 2, Grade: metering.Actual,
			Method: metering.MethodRegister, RecordedAt: at.Add(metering.BasePeriod),
		})
	}
}

// revise gives an interval a further version.
func (b *books) revise(point metering.PointID, start time.Time, recorded time.Time, change func(*metering.Interval)) {
	var last metering.Interval
	for _, i := range b.intervals {
		if i.Point == point && i.Start.Equal(start) && i.Version > last.Version {
			last = i
		}
	}
	last.Version++
	last.RecordedAt = recorded
	change(&last)
	b.intervals = append(b.intervals, last)
}
