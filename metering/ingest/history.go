package ingest

import (
	"context"
	"fmt"
	"time"

	"asue/metering"
)

// Simulated is an interval's energy as a simulator knows it.
type Simulated struct {
	Point   metering.PointID
	Channel metering.Channel
	Start   time.Time
	Energy  metering.Energy
}

// Chunk is a piece of simulated history, complete up to UpTo.
type Chunk struct {
	UpTo      time.Time
	Intervals []Simulated
	// Spans hold the registers at the intervals' boundaries, so that measuring
	// goes on from them without a seam.
	Spans []metering.RegisterSpan
}

// History writes simulated history into a ledger before measuring starts. Every
// interval is marked as simulated and says so.
type History struct {
	ledger metering.Ledger
	cursor string
}

// SimulatedReason is what every interval of a History says of itself.
const SimulatedReason = "made by the simulator, not measured"

// NewHistory is the history of a site in a ledger.
func NewHistory(ledger metering.Ledger, site metering.SiteID) *History {
	return &History{ledger: ledger, cursor: "history/" + string(site)}
}

// NewOlderHistory is a history before that of NewHistory. It is written beside the one
// and knows by itself how far it has come.
func NewOlderHistory(ledger metering.Ledger, site metering.SiteID) *History {
	return &History{ledger: ledger, cursor: "older-history/" + string(site)}
}

// Resume is where to go on with a history that should begin at from: later, if a
// part of it is in the ledger already.
func (h *History) Resume(ctx context.Context, from time.Time) (time.Time, error) {
	ms, err := h.ledger.Cursor(ctx, h.cursor)
	if err != nil {
		return time.Time{}, fmt.Errorf("history: %w", err)
	}
	if done := time.UnixMilli(ms).UTC(); ms > 0 && done.After(from) {
		return done, nil
	}
	return from, nil
}

// Add commits a chunk, recorded at now. Chunks come in ascending order; a week of
// a zone is a good size. A chunk that was committed before changes nothing.
func (h *History) Add(ctx context.Context, now time.Time, chunk Chunk) error {
	c := metering.Commit{ReceivedAt: now, Spans: chunk.Spans, Intervals: make([]metering.Interval, len(chunk.Intervals))}
	for i, s := range chunk.Intervals {
		c.Intervals[i] = metering.Interval{
			Point: s.Point, Channel: s.Channel, Start: s.Start, Energy: s.Energy,
			Grade: metering.Actual, Method: metering.MethodSimulated, Flags: metering.FlagSimulated, Reason: SimulatedReason,
		}
	}
	if err := h.ledger.Commit(ctx, c); err != nil {
		return fmt.Errorf("history up to %s: %w", chunk.UpTo.Format(time.RFC3339), err)
	}
	if err := h.ledger.SetCursor(ctx, h.cursor, chunk.UpTo.UnixMilli()); err != nil {
		return fmt.Errorf("history up to %s: %w", chunk.UpTo.Format(time.RFC3339), err)
	}
	return nil
}
