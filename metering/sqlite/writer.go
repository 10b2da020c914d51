package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// writer is the one connection that writes. Statements inside a transaction do
// not watch the caller's context: it is looked at between them, so that a
// transaction ends as a whole in one way or the other.
type writer struct {
	l     *Ledger
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	fresh map[string]int64 // names given in the transaction under way
	ctx   context.Context  // of the transaction under way
}

func newWriter(ctx context.Context, l *Ledger) (*writer, error) {
	conn, err := l.writing.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{l: l, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (w *writer) close() error {
	if w.conn == nil {
		return nil
	}
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	errs = append(errs, w.conn.Close())
	w.conn, w.stmts = nil, map[string]*sql.Stmt{}
	return errors.Join(errs...)
}

// write runs one transaction. Others wait for their turn.
func (l *Ledger) write(ctx context.Context, what string, body func(w *writer) error) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	var w *writer
	select {
	case w = <-l.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { l.turn <- w }()
	return l.fault(ctx, what, w.transaction(ctx, body))
}

func (w *writer) transaction(ctx context.Context, body func(w *writer) error) error {
	if w.conn == nil { // lost in an earlier transaction
		again, err := newWriter(ctx, w.l)
		if err != nil {
			return err
		}
		w.conn = again.conn
	}
	w.ctx, w.fresh = ctx, map[string]int64{}
	err := w.plain("BEGIN IMMEDIATE")
	if err == nil {
		err = body(w)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = w.plain("COMMIT")
	}
	if err != nil {
		w.rollback()
		return err
	}
	w.l.names.learn(w.fresh)
	return nil
}

// rollback leaves the connection outside any transaction, or drops it.
func (w *writer) rollback() {
	if w.plain("ROLLBACK") == nil {
		return
	}
	// The engine has rolled back by itself after a full disk and the like; then
	// there was nothing to roll back, and a new transaction can begin.
	if w.plain("BEGIN") == nil && w.plain("ROLLBACK") == nil {
		return
	}
	w.discard()
}

// discard throws a connection away that is beyond help, together with what may
// be open on it; the next transaction gets a new one.
func (w *writer) discard() {
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = w.close()
}

func (w *writer) plain(statement string) error {
	_, err := w.conn.ExecContext(context.Background(), statement)
	return err
}

func (w *writer) prepared(query string) (*sql.Stmt, error) {
	if err := w.ctx.Err(); err != nil {
		return nil, err
	}
	if s, ok := w.stmts[query]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err == nil {
		w.stmts[query] = s
	}
	return s, err
}

func (w *writer) exec(query string, args ...any) error {
	s, err := w.prepared(query)
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background(), args...)
	return err
}

// row scans the single row of a query; false if there is none.
func (w *writer) row(query string, args []any, into ...any) (bool, error) {
	s, err := w.prepared(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(context.Background(), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (w *writer) rows(query string, args []any, each func(rows *sql.Rows) error) error {
	s, err := w.prepared(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	return forEach(rows, err, each)
}

// forEach walks through rows and closes them.
func forEach(rows *sql.Rows, err error, each func(rows *sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// name is the number of an identifier, given now if it has none yet.
func (w *writer) name(text string) (int64, error) {
	if id, ok := w.l.names.id(text); ok {
		return id, nil
	}
	if id, ok := w.fresh[text]; ok {
		return id, nil
	}
	var id int64
	_, err := w.row(`INSERT INTO name (text) VALUES (?) ON CONFLICT (text) DO UPDATE SET text = text RETURNING id`, []any{text}, &id)
	if err != nil {
		return 0, fmt.Errorf("name %q: %w", text, err)
	}
	w.fresh[text] = id
	return id, nil
}

// text is the identifier of a number.
func (w *writer) text(id int64) (string, error) {
	if text, ok := w.l.names.known(id); ok {
		return text, nil
	}
	var text string
	found, err := w.row(`SELECT text FROM name WHERE id = ?`, []any{id}, &text)
	if err == nil && !found {
		err = fmt.Errorf("name %d is not there: %w", id, errDamaged)
	}
	return text, err
}
