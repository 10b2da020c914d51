package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"asue/metering"
)

const (
	attempts = 10
	// commitPatience bounds the wait for the answer to COMMIT, which is not cut
	// short by the caller, and then for what became of it.
	commitPatience = 30 * time.Second
	rollbackTime   = 5 * time.Second
)

// errAgain says that another transaction was faster and this one begins anew.
var errAgain = errors.New("another process writes the same")

// enter begins a call; leave ends it.
func (l *Ledger) enter(ctx context.Context) (leave func(), err error) {
	l.life.RLock()
	if l.closed {
		err = metering.ErrClosed
	} else {
		err = ctx.Err()
	}
	if err != nil {
		l.life.RUnlock()
		return nil, err
	}
	return l.life.RUnlock, nil
}

// read runs queries that see one state of the ledger.
func (l *Ledger) read(ctx context.Context, what string, queries func(tx pgx.Tx) error) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return l.fault(ctx, what, l.attempt(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, queries))
}

// write runs a transaction, again if it met another one. months are those of the
// intervals that it may write. The body may run several times and changes nothing
// but the database; n counts from 1.
func (l *Ledger) write(ctx context.Context, what string, months []time.Time, level pgx.TxIsoLevel, body func(tx pgx.Tx, n int) error) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for n := 1; ; n++ {
		err := l.prepare(ctx, months)
		if err == nil {
			err = l.attempt(ctx, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error { return body(tx, n) })
		}
		if n == attempts || !worthAnother(err) {
			return l.fault(ctx, what, err)
		}
		if isCode(err, noPartition) {
			l.months.forget()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(n) * time.Duration(1+rand.IntN(10)) * time.Millisecond):
		}
	}
}

func worthAnother(err error) bool {
	return errors.Is(err, errAgain) || isCode(err, serializationFailure, deadlockDetected, noPartition)
}

func (l *Ledger) attempt(ctx context.Context, o pgx.TxOptions, body func(tx pgx.Tx) error) error {
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := conn.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	var number string // of a transaction that writes
	if o.AccessMode != pgx.ReadOnly {
		err = tx.QueryRow(ctx, `SELECT pg_current_xact_id()::text`).Scan(&number)
	}
	if err == nil {
		err = body(tx)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil || number == "" {
		abandon(ctx, conn, tx)
		return err
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
	defer cancel()
	err = tx.Commit(late)
	var refused *pgconn.PgError
	if err == nil || errors.As(err, &refused) || errors.Is(err, pgx.ErrTxCommitRollback) {
		return err
	}
	return l.outcome(late, number, err)
}

// abandon ends a transaction without an effect. A connection that was interrupted
// is thrown away: a request to cancel may still be on its way to it.
func abandon(ctx context.Context, conn *pgxpool.Conn, tx pgx.Tx) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if ctx.Err() != nil {
		_ = conn.Conn().Close(late)
		return
	}
	if err := tx.Rollback(late); err != nil {
		_ = conn.Conn().Close(late)
	}
}

// outcome finds out what became of a transaction whose COMMIT was not answered,
// so that an error means that nothing was written.
func (l *Ledger) outcome(ctx context.Context, number string, lost error) error {
	for {
		var status *string
		err := l.pool.QueryRow(ctx, `SELECT pg_xact_status($1::text::xid8)`, number).Scan(&status)
		if err == nil && status != nil && *status == "committed" {
			return nil
		}
		if err == nil && status != nil && *status == "aborted" {
			return lost
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is not known whether the transaction was written: write it again: %w", lost)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
