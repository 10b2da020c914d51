package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL's errors; see annex A of its manual.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	noPartition          = "23514"
	duplicateSchema      = "42P06"
)

// ErrUnreachable says that nobody answers at the server's address, or that it is
// just starting or going down. It may pass by itself.
var ErrUnreachable = errors.New("the server cannot be reached")

func isCode(err error, codes ...string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}

// fault turns an error of the server into one for the caller.
func (l *Ledger) fault(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("ledger: %s: %w", what, l.explain(err))
}

// remedies by code, or by the code's class of two letters.
var remedies = map[string]string{
	"28":    "the server refuses the user: check the user, the password and pg_hba.conf",
	"3D000": "the database is not there: create it, owned by this user",
	"42501": "the user lacks a right: let it own the schema, or grant CREATE on the database",
	"53300": "the server has no connection left: raise max_connections, or lower pool_max_conns",
	"53100": "the server's disk is full: free space there",
	"25006": "the server is read-only: name the primary",
	"57014": "the statement took too long and was stopped",
	"55P03": "another process holds what is to be changed: see pg_locks",
	"42P01": "a table of the schema is missing: restore a backup",
	"XX001": "the server reports damaged data: stop, keep its files, and restore a backup",
	"XX002": "the server reports a damaged index: stop, keep its files, and see REINDEX",
	"58":    "the server's machine reports an error: see its log",
}

// explain adds the remedy to the server's own faults.
func (l *Ledger) explain(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		if strings.HasPrefix(e.Code, "57P") {
			return fmt.Errorf("%w: it is starting or going down: %w", ErrUnreachable, err)
		}
		for _, code := range []string{e.Code, e.Code[:min(3, len(e.Code))], e.Code[:min(2, len(e.Code))]} {
			if remedy, ok := remedies[code]; ok {
				return fmt.Errorf("%s: %w", remedy, err)
			}
		}
		return err
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) {
		return fmt.Errorf("%w: is it running, and does it listen on %s: %w", ErrUnreachable, l.facts.Server, err)
	}
	return err
}
