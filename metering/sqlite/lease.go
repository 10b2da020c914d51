package sqlite

import (
	"context"
	"time"

	"asue/metering"
	"asue/metering/pages"
)

// Lease asks for a lease; see metering.Leases. The transaction has the file's write
// lock from its beginning, so that whoever asks, in whatever process, asks after
// the one before him was answered.
func (l *Ledger) Lease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (metering.Lease, error) {
	if err := metering.CheckLease(name, holder, ttl); err != nil {
		return metering.Lease{}, err
	}
	var answer metering.Lease
	err := l.write(ctx, "lease "+name, func(w *writer) error {
		if now.IsZero() {
			var ms int64
			if _, err := w.row(`SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)`, nil, &ms); err != nil {
				return err
			}
			now = pages.Instant(ms)
		}
		is, err := w.lease(name)
		if err != nil {
			return err
		}
		now := pages.Instant(now.UnixMilli())
		if answer = is.Ask(holder, max(ttl.Truncate(time.Millisecond), time.Millisecond), now); !answer.Held {
			return nil
		}
		return w.exec(`INSERT INTO lease (name, holder, term, until_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = excluded.term, until_at = excluded.until_at`,
			name, holder, int64(answer.Term), answer.Until.UnixMilli())
	})
	if err != nil {
		return metering.Lease{}, err
	}
	return answer, nil
}

func (w *writer) lease(name string) (metering.Lease, error) {
	is := metering.Lease{Name: name}
	var term, until int64
	found, err := w.row(`SELECT holder, term, until_at FROM lease WHERE name = ?`, []any{name}, &is.Holder, &term, &until)
	if found {
		is.Term, is.Until = uint64(term), pages.Instant(until)
	}
	return is, err
}

// Release gives a lease back; see metering.Leases.
func (l *Ledger) Release(ctx context.Context, name, holder string, term uint64) error {
	return l.write(ctx, "release "+name, func(w *writer) error {
		return w.exec(`UPDATE lease SET holder = '' WHERE name = ? AND holder = ? AND term = ?`, name, holder, int64(term))
	})
}
