package feeder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"asue/metering"
)

// Bulk writes history to a series store in one go, such as the thirty days that
// a demonstration begins with. It is for one goroutine.
//
// Every method may write; it waits and tries again while the store is away, and
// fails only with the context's error or for a point that the site file does not
// have. What Bulk has written is as durable as the store's Settled says: history
// that a crash of the store took away is not written again.
type Bulk struct {
	series   metering.Series
	mapper   *Mapper
	patience patience
	samples  []metering.Sample
	written  int
	bad      int
}

// NewBulk makes a bulk writer.
func NewBulk(series metering.Series, site *metering.Site, log *slog.Logger) *Bulk {
	return &Bulk{
		series: series, mapper: NewMapper(site),
		patience: patience{log: log, what: "writing history", name: string(site.ID)},
		samples:  make([]metering.Sample, 0, writeAtOnce),
	}
}

// Power writes a point's power at a time, as asue_p_w.
func (b *Bulk) Power(ctx context.Context, point metering.PointID, at time.Time, p metering.Power) error {
	return b.value(ctx, point, at, metering.ActivePower.Field(), float64(p))
}

// Register writes the state of the register that feeds a channel, such as
// asue_e_imp_wh, in the channel's unit at the primary side.
func (b *Bulk) Register(ctx context.Context, point metering.PointID, at time.Time, ch metering.Channel, e metering.Energy) error {
	return b.value(ctx, point, at, ch.Quantity().Field(), float64(e))
}

// Interval writes an interval's version as a Publisher does; one without energy
// is passed over.
func (b *Bulk) Interval(ctx context.Context, i metering.Interval) error {
	if _, ok := b.mapper.points[i.Point]; !ok {
		return fmt.Errorf("history: point %s: %w in the site file", i.Point, metering.ErrNotFound)
	}
	s, ok := b.mapper.Interval(i)
	if !ok {
		return nil
	}
	return b.Sample(ctx, s)
}

// Sample writes a sample as it is.
func (b *Bulk) Sample(ctx context.Context, s metering.Sample) error {
	b.samples = append(b.samples, s)
	if len(b.samples) < writeAtOnce {
		return nil
	}
	return b.Flush(ctx)
}

// Flush writes what is left, and must be called at the end.
func (b *Bulk) Flush(ctx context.Context) error {
	for len(b.samples) > 0 {
		err := b.series.Write(ctx, b.samples)
		var bad *metering.BadSamplesError
		switch {
		case errors.As(err, &bad):
			b.bad += len(bad.Samples)
			b.patience.log.Error("the series store refuses history for good", "samples", len(bad.Samples), "reason", bad.Reason)
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			b.patience.failed(ctx, err)
			continue
		}
		b.patience.succeeded()
		b.written += len(b.samples)
		b.samples = b.samples[:0]
	}
	return ctx.Err()
}

// Written is how many samples the store has taken, and how many it has refused.
func (b *Bulk) Written() (stored, refused int) { return b.written - b.bad, b.bad }

func (b *Bulk) value(ctx context.Context, point metering.PointID, at time.Time, field string, v float64) error {
	s, ok := b.mapper.At(point, at)
	if !ok {
		return fmt.Errorf("history: point %s: %w in the site file", point, metering.ErrNotFound)
	}
	s.Field, s.Value = field, v
	return b.Sample(ctx, s)
}
