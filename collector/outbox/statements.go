package outbox

import (
	"database/sql"
	"errors"
)

// statements are those that are needed all the time, prepared: parsing them costs
// more than running them.
type statements struct {
	begin, insert, meta, commit *sql.Stmt
	// Of tidying, once a second.
	keepFrom, lowest, forget, gaps *sql.Stmt
}

const (
	insertBatch = `INSERT INTO batch (seq, class, at, crc, payload) VALUES (?, ?, ?, ?, ?)`
	updateMeta  = `UPDATE meta SET version = ?, epoch = ?, last = ?, acked = ?, crc = ?`
	keepFrom    = `SELECT seq FROM batch WHERE seq <= ? AND at >= ? ORDER BY seq LIMIT 1`
	lowestBatch = `SELECT min(seq) FROM batch`
	forgetBatch = `DELETE FROM batch WHERE seq <= ? RETURNING class, length(payload)`
	forgetGap   = `DELETE FROM gap WHERE to_seq <= ?`
)

func prepare(conn *sql.Conn) (*statements, error) {
	s := &statements{}
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&s.begin, "BEGIN IMMEDIATE"}, {&s.insert, insertBatch}, {&s.meta, updateMeta}, {&s.commit, "COMMIT"},
		{&s.keepFrom, keepFrom}, {&s.lowest, lowestBatch}, {&s.forget, forgetBatch}, {&s.gaps, forgetGap},
	} {
		stmt, err := conn.PrepareContext(background, p.query)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.to = stmt
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.begin, s.insert, s.meta, s.commit, s.keepFrom, s.lowest, s.forget, s.gaps} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
