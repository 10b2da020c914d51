package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"asue/metering"
	"asue/metering/audit"
	"asue/metering/pages"
)

// Findings is what Verify found in a ledger.
type Findings struct {
	Facts
	Size    int64 // bytes of the schema's tables and indexes
	Streams []Stream
	// Batches are the payloads that the series store has still to pass. They carry
	// no checksum of their own here.
	Batches int64
	// IntervalPages, SpanPages and WitnessPages are days of channels, days of
	// registers and base periods of meters; each carries a CRC.
	IntervalPages, SpanPages, WitnessPages int64
	BadPages                               int64
	// OldVersions are versions of intervals that are not current any more.
	OldVersions int64
	FindingRows int64
	Acts        int64
	Settlements int64
	Poison      int64 // payloads in quarantine
	Accounts    int64
	Audit       audit.Verdict
	Deeds       audit.DeedVerdict

	// Faults are damages, in plain words; a ledger without any is sound.
	Faults []string
	// Notes are things worth knowing that are no damage.
	Notes []string
}

// Stream is what has come in of one epoch of a collector.
type Stream struct {
	Collector           string
	Epoch               uint64
	Contiguous, Highest uint64
	Missing             uint64 // numbers below Highest that have not come, or been told lost, yet
}

// Damaged reports whether there are faults.
func (f *Findings) Damaged() bool { return len(f.Faults) > 0 }

// mostFaults bounds how many of a kind are named one by one.
const mostFaults = 20

// verifyTimeout bounds one statement of Verify.
const verifyTimeout = 6 * time.Hour

// Verify reads every row of a ledger and reports what is wrong with it. It sees
// the ledger at one moment, changes nothing, and runs beside the program. Damage
// is told by the findings; an error means that the ledger could not be read at
// all.
//
// progress, if not nil, is called now and then with the share that is done.
func Verify(ctx context.Context, o Options, progress func(share float64)) (Findings, error) {
	return VerifyWith(ctx, o, audit.Witness{}, progress)
}

// VerifyWith is Verify that holds the audit against more than the ledger's own
// checkpoints: copies that were kept elsewhere, and the keys that sign them.
func VerifyWith(ctx context.Context, o Options, w audit.Witness, progress func(share float64)) (Findings, error) {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if o.Timeout == 0 {
		o.Timeout = verifyTimeout
	}
	cfg, err := configure(o)
	if err != nil {
		return Findings{}, fmt.Errorf("verify ledger: %w", err)
	}
	l := &Ledger{facts: factsOf(cfg, o)}
	if l.pool, err = pgxpool.NewWithConfig(ctx, cfg); err == nil {
		defer l.pool.Close()
		err = l.look(ctx)
	}
	v := verifier{ctx: ctx, progress: progress, witness: w, deeds: audit.NewDeedWalker()}
	if err == nil {
		err = l.attempt(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			v.tx, v.Facts = tx, l.facts
			v.Notes = append(v.Notes, l.facts.Notes...)
			return v.run()
		})
	}
	if ctx.Err() != nil {
		return Findings{}, ctx.Err()
	}
	if err != nil {
		return Findings{}, fmt.Errorf("verify ledger in database %q at %s: %w", l.facts.Database, l.facts.Server, l.explain(err))
	}
	return v.Findings, nil
}

// verifier fills Findings.
type verifier struct {
	Findings
	ctx        context.Context
	tx         pgx.Tx
	progress   func(share float64)
	done, rows int64
	superseded int64
	witness    audit.Witness
	deeds      *audit.DeedWalker
}

func (v *verifier) run() error {
	var there bool
	err := v.tx.QueryRow(v.ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&there)
	if err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("schema %s holds no ledger: name the schema that asue run uses", v.Schema)
	}
	if err := v.tx.QueryRow(v.ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&v.Version); err != nil {
		return err
	}
	for _, check := range []struct {
		what string
		f    func() error
	}{
		{"counts", v.count}, {"what was received", v.checkStreams}, {"intervals", v.checkIntervals}, {"superseded versions", v.checkOld}, {"registers", v.checkSpans},
		{"witnesses", v.checkWitnesses}, {"findings", v.checkFindings}, {"acts", v.checkActs}, {"settlements", v.checkSettlements},
		{"accounts", v.checkAccounts}, {"audit", v.checkAudit}, {"deeds", v.checkDeeds},
	} {
		if err := v.guarded(check.f); err != nil {
			if v.ctx.Err() != nil {
				return err
			}
			v.fault("%s: cannot be read: %v", check.what, err)
		}
	}
	return nil
}

// guarded runs a check so that its failure does not end the transaction.
func (v *verifier) guarded(check func() error) error {
	outer := v.tx
	defer func() { v.tx = outer }()
	inner, err := outer.Begin(v.ctx) // a savepoint
	if err != nil {
		return err
	}
	v.tx = inner
	return errors.Join(check(), inner.Rollback(v.ctx))
}

func (v *verifier) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

func (v *verifier) badPage(err error) {
	if v.BadPages++; v.BadPages <= mostFaults {
		v.fault("%v", err)
	}
}

// step counts a row that was looked at.
func (v *verifier) step() {
	if v.done++; v.done%1000 == 0 && v.progress != nil && v.rows > 0 {
		v.progress(min(1, float64(v.done)/float64(v.rows)))
	}
}

func (v *verifier) count() error {
	return v.tx.QueryRow(v.ctx, `SELECT
		(SELECT count(*) FROM batch), (SELECT count(*) FROM poison),
		(SELECT count(*) FROM interval_day) + (SELECT count(*) FROM span_day) + (SELECT count(*) FROM witness),
		(SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = current_schema() AND c.relkind = 'r')`).Scan(&v.Batches, &v.Poison, &v.rows, &v.Size)
}

func (v *verifier) checkStreams() error {
	rows, err := v.tx.Query(v.ctx, `SELECT collector, epoch, lo, hi FROM stream ORDER BY collector, epoch`)
	if err != nil {
		return err
	}
	var collector string
	var epoch int64
	var lo, hi []int64
	_, err = pgx.ForEachRow(rows, []any{&collector, &epoch, &lo, &hi}, func() error {
		s := Stream{Collector: collector, Epoch: uint64(epoch)}
		for i := range lo {
			if lo[i] < 1 || i >= len(hi) || hi[i] < lo[i] || i > 0 && lo[i] <= hi[i-1]+1 {
				v.fault("received: %s, epoch %016x: %v to %v are not ascending ranges", collector, s.Epoch, lo, hi)
				return nil
			}
		}
		m := setOf(lo, hi).Mark(collector, s.Epoch)
		s.Contiguous, s.Highest = m.Contiguous, m.Highest
		for _, r := range m.Missing {
			s.Missing += r.To - r.From + 1
		}
		if s.Missing > 0 {
			v.Notes = append(v.Notes, fmt.Sprintf("received: %s, epoch %016x: %d numbers up to %d have not come yet: the collector sends them again or tells them lost", collector, s.Epoch, s.Missing, s.Highest))
		}
		v.Streams = append(v.Streams, s)
		return nil
	})
	return err
}

func (v *verifier) checkIntervals() error {
	rows, err := v.tx.Query(v.ctx, `SELECT point, channel, day, `+dayColumns+` FROM interval_day`)
	if err != nil {
		return err
	}
	var point string
	var channel int16
	var date time.Time
	var r dayRow
	_, err = pgx.ForEachRow(rows, append([]any{&point, &channel, &date}, r.fields()...), func() error {
		v.step()
		v.IntervalPages++
		k := channelDay{metering.PointID(point), metering.Channel(channel), dayOf(date)}
		entries, err := r.entries(k.day)
		if err != nil {
			v.badPage(fmt.Errorf("intervals of %w", k.wrap(err)))
			return nil
		}
		for _, e := range entries {
			v.superseded += int64(e.Version) - 1
		}
		return nil
	})
	return err
}

func (v *verifier) checkOld() error {
	err := v.tx.QueryRow(v.ctx, `SELECT count(*) FROM interval_old`).Scan(&v.OldVersions)
	if err == nil && v.BadPages == 0 && v.OldVersions != v.superseded {
		v.fault("intervals: %d superseded versions are kept, and the current ones say there were %d", v.OldVersions, v.superseded)
	}
	return err
}

func (v *verifier) checkSpans() error {
	rows, err := v.tx.Query(v.ctx, `SELECT meter, quantity, day, page FROM span_day`)
	if err != nil {
		return err
	}
	var meter string
	var quantity int16
	var date time.Time
	var page []byte
	_, err = pgx.ForEachRow(rows, []any{&meter, &quantity, &date, &page}, func() error {
		v.step()
		v.SpanPages++
		if _, err := pages.UnpackSpans(dayOf(date), page); err != nil {
			v.badPage(fmt.Errorf("registers of meter %s %v, %s: %w", meter, metering.Quantity(quantity), date.Format(time.DateOnly), err))
		}
		return nil
	})
	return err
}

func (v *verifier) checkWitnesses() error {
	rows, err := v.tx.Query(v.ctx, `SELECT meter, start, page FROM witness`)
	if err != nil {
		return err
	}
	var meter string
	var start time.Time
	var page []byte
	_, err = pgx.ForEachRow(rows, []any{&meter, &start, &page}, func() error {
		v.step()
		v.WitnessPages++
		if _, err := pages.UnpackWitness(metering.MeterID(meter), start.UnixMilli(), page); err != nil {
			v.badPage(fmt.Errorf("witness of meter %s, %v: %w", meter, start.UTC(), err))
		}
		return nil
	})
	return err
}
