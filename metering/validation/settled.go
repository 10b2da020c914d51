package validation

import (
	"context"
	"time"

	"asue/metering"
)

// UpTo is the moment before which everything in a ledger is validated; zero if
// nothing is.
func UpTo(ctx context.Context, ledger interface {
	Cursor(ctx context.Context, name string) (int64, error)
}) (time.Time, error) {
	position, err := ledger.Cursor(ctx, cursorName)
	if err != nil || position == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(position).UTC(), nil
}

// reader is who answers for intervals; metering.Ledger is one.
type reader interface {
	Intervals(ctx context.Context, q metering.IntervalQuery) ([]metering.Interval, error)
}

// Corrections makes the digest of a settlement's pinned versions again and lists
// what says something else today, in the order of the ledger.
func Corrections(ctx context.Context, ledger reader, s metering.Settlement) (digest string, list []metering.Correction, err error) {
	d := metering.NewDigest()
	err = eachDay(s.From, s.To, func(from, to time.Time) error {
		q := metering.IntervalQuery{From: from, To: to}
		current, err := ledger.Intervals(ctx, q)
		if err != nil {
			return err
		}
		q.Settlement = s.ID
		settled, err := ledger.Intervals(ctx, q)
		if err != nil {
			return err
		}
		for _, iv := range settled {
			d.Add(iv)
		}
		list = append(list, compare(settled, current)...)
		return nil
	})
	return d.Sum(), list, err
}

type intervalKey struct {
	channelKey
	start int64
}

func keyOf(iv metering.Interval) intervalKey {
	return intervalKey{channelKey{iv.Point, iv.Channel}, iv.Start.UnixMilli()}
}

// compare pairs what was settled with what stands and keeps what differs.
func compare(settled, current []metering.Interval) []metering.Correction {
	then := make(map[intervalKey]metering.Interval, len(settled))
	for _, iv := range settled {
		then[keyOf(iv)] = iv
	}
	var list []metering.Correction
	for _, iv := range current {
		if was := then[keyOf(iv)]; was.Version != iv.Version && !was.SameAs(iv) {
			list = append(list, metering.Correction{Settled: was, Current: iv})
		}
	}
	return list
}

// Digest is the fingerprint of the current intervals that start in [from, to):
// the same after any rebuild from the same readings.
func Digest(ctx context.Context, ledger reader, from, to time.Time) (digest string, intervals int, err error) {
	d := metering.NewDigest()
	err = eachDay(from, to, func(from, to time.Time) error {
		list, err := ledger.Intervals(ctx, metering.IntervalQuery{From: from, To: to})
		for _, iv := range list {
			d.Add(iv)
		}
		return err
	})
	return d.Sum(), d.Len(), err
}

// eachDay walks [from, to) in pieces of a day, so that a month need not be in
// memory at once.
func eachDay(from, to time.Time, do func(from, to time.Time) error) error {
	for at := metering.PeriodStart(from); at.Before(to); {
		end := earlier(at.Add(24*time.Hour), to)
		if err := do(at, end); err != nil {
			return err
		}
		at = end
	}
	return nil
}
