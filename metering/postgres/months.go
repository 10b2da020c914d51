package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"asue/metering"
)

// months are the months whose partitions are known to be there.
type months struct {
	mu    sync.Mutex
	known map[time.Time]bool
}

func (m *months) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = nil
}

func (m *months) unknown(list []time.Time) []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	var fresh []time.Time
	for _, t := range list {
		if !m.known[t] {
			fresh = append(fresh, t)
		}
	}
	return fresh
}

func (m *months) learn(list []time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[time.Time]bool{}
	}
	for _, t := range list {
		m.known[t] = true
	}
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// firstYear and lastYear bound what has partitions.
const firstYear, lastYear = 1900, 9998

// checkYears refuses intervals of a year that no meter has seen.
func checkYears(c metering.Commit) error {
	check := func(iv *metering.Interval) error {
		if y := iv.Start.UTC().Year(); y < firstYear || y > lastYear {
			return fmt.Errorf("ledger: interval of point %s %v: the year %d is out of range: %w", iv.Point, iv.Channel, y, metering.ErrRefused)
		}
		return nil
	}
	for i := range c.Intervals {
		if err := check(&c.Intervals[i]); err != nil {
			return err
		}
	}
	for _, a := range c.Acts {
		for i := range a.Changes {
			if err := check(&a.Changes[i].After); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare makes the partitions of some months, in a transaction of its own before
// the one that needs them: others read and write meanwhile. An empty partition
// that nothing came into does no harm.
func (l *Ledger) prepare(ctx context.Context, list []time.Time) error {
	fresh := l.months.unknown(list)
	if len(fresh) == 0 {
		return nil
	}
	err := l.attempt(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('asue partitions of ' || current_schema(), 0))`); err != nil {
			return err
		}
		for _, month := range fresh {
			for _, table := range []string{"interval_day", "interval_old"} {
				if err := makePartition(ctx, tx, table, month); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the partitions of %s: %w", fresh[0].Format("2006-01"), err)
	}
	l.months.learn(fresh)
	return nil
}

// makePartition attaches a table of its own, which unlike CREATE … PARTITION OF
// does not wait for the queries under way.
func makePartition(ctx context.Context, tx pgx.Tx, table string, month time.Time) error {
	name := table + month.Format("_2006_01")
	var attached bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1) AND inhparent = $2::text::regclass)`, name, table).Scan(&attached)
	if err != nil || attached {
		return err
	}
	partition, parent := quoted(name), quoted(table)
	if _, err := tx.Exec(ctx, `CREATE TABLE `+partition+` (LIKE `+parent+` INCLUDING DEFAULTS INCLUDING STORAGE)`); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')`,
		parent, partition, month.Format(time.DateOnly), month.AddDate(0, 1, 0).Format(time.DateOnly)))
	return err
}
