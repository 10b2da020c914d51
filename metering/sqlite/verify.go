package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"asue/metering/audit"
	"asue/metering/pages"
	"asue/metering/still"
)

// Findings is what Verify found in a ledger.
type Findings struct {
	Path    string
	Size    int64 // bytes of database and log
	Schema  int64 // version of the schema
	Streams []Stream
	// Batches are the payloads that the series store has still to pass. They carry
	// no checksum of their own here.
	Batches int64
	// IntervalPages and SpanPages are days of channels and of registers; each
	// carries a CRC.
	IntervalPages, SpanPages int64
	// WitnessPages are base periods of meters; each carries a CRC too.
	WitnessPages int64
	BadPages     int64
	// OldVersions are versions of intervals that are not current any more.
	OldVersions int64
	FindingRows int64
	Acts        int64
	Settlements int64
	Poison      int64 // payloads in quarantine
	Accounts    int64
	Audit       audit.Verdict
	Deeds       audit.DeedVerdict
	Log         still.Log

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

// ErrRestless says that the file was changed so often while it was read that nothing can be
// said of it.
var ErrRestless = errors.New("the file keeps changing while it is read")

// attempts are how often Verify begins again when the running program carries its
// log into the file meanwhile.
const attempts = 8

// mostFaults bounds how many of a kind are named one by one.
const mostFaults = 20

// Verify reads every byte of a ledger and reports what is wrong with it. It takes no
// lock and changes nothing, so that it works beside the running program, whose file
// it sees at one moment. Damage is told by the findings; an error means that the file
// could not be read at all, and is ErrRestless, the context's or the system's.
//
// progress, if not nil, is called now and then with the share that is done.
func Verify(ctx context.Context, path string, progress func(share float64)) (Findings, error) {
	return VerifyWith(ctx, path, audit.Witness{}, progress)
}

// VerifyWith is Verify that holds the audit against more than the ledger's own
// checkpoints: copies that were kept elsewhere, and the keys that sign them.
func VerifyWith(ctx context.Context, path string, w audit.Witness, progress func(share float64)) (Findings, error) {
	for range attempts {
		f, moved, err := verifyOnce(ctx, path, w, progress)
		if err != nil {
			return Findings{}, fmt.Errorf("ledger %s: verify: %w", path, err)
		}
		if !moved {
			return f, nil
		}
	}
	return Findings{}, fmt.Errorf("ledger %s: verify: %w: stop the program, or copy the file with its -wal and verify the copy", path, ErrRestless)
}

func verifyOnce(ctx context.Context, path string, w audit.Witness, progress func(float64)) (_ Findings, moved bool, err error) {
	var read, total int64
	file, err := still.Open(path, still.Options{OnRead: func(n int) {
		if read += int64(n); progress != nil && total > 0 {
			progress(min(1, float64(read)/float64(total)))
		}
	}})
	if err != nil {
		return Findings{}, false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	total = 2 * file.Size // once for the structure, once for the pages
	v := verifier{Findings: Findings{Path: path, Size: file.Size, Log: file.Log}, db: file.DB, ctx: ctx, witness: w, deeds: audit.NewDeedWalker()}
	v.checkLog()
	for _, check := range []struct {
		what string
		f    func() error
	}{
		{"structure", v.checkStructure}, {"schema", v.readSchema}, {"what was received", v.readStreams},
		{"counts", v.count}, {"intervals", v.checkIntervals}, {"registers", v.checkSpans},
		{"witnesses", v.checkWitnesses}, {"findings", v.checkFindings}, {"acts", v.checkActs}, {"settlements", v.checkSettlements},
		{"accounts", v.checkAccounts}, {"audit", v.checkAudit}, {"deeds", v.checkDeeds},
	} {
		if err := check.f(); err != nil && ctx.Err() == nil {
			v.fault("%s: cannot be read: %v", check.what, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return Findings{}, false, err
	}
	moved, err = file.Moved()
	return v.Findings, moved, err
}

// verifier fills Findings.
type verifier struct {
	Findings
	db      *sql.DB
	ctx     context.Context
	witness audit.Witness
	deeds   *audit.DeedWalker
}

func (v *verifier) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

func (v *verifier) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

func (v *verifier) checkLog() {
	switch log := v.Log; {
	case log.BadHeader:
		v.fault("log: its header is damaged: what it holds is not taken")
	case log.Torn():
		v.note("log: the last frame is incomplete: the machine lost power, or the frame is damaged; the transaction never ended and does not count")
	case log.Broken > 0:
		v.fault("log: %d frames do not match their checksum, and %d sound ones lie behind them, which are lost", log.Broken, log.Behind)
	case log.Unfinished > 0:
		v.note("log: %d frames of a transaction that never ended: the process was stopped", log.Unfinished)
	}
}

func (v *verifier) checkStructure() error {
	err := v.each(fmt.Sprintf(`PRAGMA integrity_check(%d)`, mostFaults), func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		if err == nil && text != "ok" {
			v.fault("structure: %s", text)
		}
		return err
	})
	if err != nil {
		return err
	}
	orphans := 0
	err = v.each(`PRAGMA foreign_key_check`, func(*sql.Rows) error { orphans++; return nil })
	if orphans > 0 {
		v.fault("structure: %d rows refer to a name or stream that is not there", orphans)
	}
	return err
}

func (v *verifier) readSchema() error {
	return v.db.QueryRowContext(v.ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&v.Schema)
}

func (v *verifier) readStreams() error {
	err := v.each(`SELECT collector, epoch, lo, hi FROM stream JOIN received ON received.stream = stream.id ORDER BY collector, stream.id, lo`,
		func(rows *sql.Rows) error {
			var collector string
			var epoch, lo, hi int64
			if err := rows.Scan(&collector, &epoch, &lo, &hi); err != nil {
				return err
			}
			n := len(v.Streams)
			if n == 0 || v.Streams[n-1].Collector != collector || v.Streams[n-1].Epoch != uint64(epoch) {
				v.Streams = append(v.Streams, Stream{Collector: collector, Epoch: uint64(epoch)})
				n++
			}
			s := &v.Streams[n-1]
			if lo < 1 || hi < lo || uint64(lo) <= s.Highest {
				v.fault("received: %s, epoch %016x: %d..%d after %d", collector, s.Epoch, lo, hi, s.Highest)
				return nil
			}
			s.Missing += uint64(lo) - s.Highest - 1
			if s.Highest = uint64(hi); s.Missing == 0 {
				s.Contiguous = s.Highest
			}
			return nil
		})
	for _, s := range v.Streams {
		if s.Missing > 0 {
			v.note("received: %s, epoch %016x: %d numbers up to %d have not come yet: the collector sends them again or tells them lost", s.Collector, s.Epoch, s.Missing, s.Highest)
		}
	}
	return err
}

func (v *verifier) count() error {
	return v.db.QueryRowContext(v.ctx, `SELECT (SELECT count(*) FROM batch), (SELECT count(*) FROM poison)`).Scan(&v.Batches, &v.Poison)
}

func (v *verifier) checkIntervals() error {
	superseded := int64(0)
	err := v.each(`SELECT day, page, coalesce((SELECT text FROM name WHERE name.id = point), '?') || ', ' || channel FROM interval_day`,
		v.page("intervals of point", &v.IntervalPages, func(day int64, page []byte) error {
			entries, err := pages.UnpackIntervals(day, page)
			for _, e := range entries {
				superseded += int64(e.Version) - 1
			}
			return err
		}))
	if err != nil || v.BadPages > 0 {
		return err
	}
	err = v.db.QueryRowContext(v.ctx, `SELECT count(*) FROM interval_old`).Scan(&v.OldVersions)
	if err == nil && v.OldVersions != superseded {
		v.fault("intervals: %d superseded versions are kept, and the current ones say there were %d", v.OldVersions, superseded)
	}
	return err
}

func (v *verifier) checkSpans() error {
	return v.each(`SELECT day, page, coalesce((SELECT text FROM name WHERE name.id = meter), '?') || ', ' || quantity FROM span_day`,
		v.page("registers of meter", &v.SpanPages, func(day int64, page []byte) error {
			_, err := pages.UnpackSpans(day, page)
			return err
		}))
}

// page checks one row of day, page and whose it is.
func (v *verifier) page(what string, count *int64, unpack func(day int64, page []byte) error) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var day int64
		var page sql.RawBytes
		var whose string
		if err := rows.Scan(&day, &page, &whose); err != nil {
			return err
		}
		*count++
		if err := unpack(day, page); err != nil {
			if v.BadPages++; v.BadPages <= mostFaults {
				v.fault("%s %s, %s: %v", what, whose, pages.SlotStart(day, 0).Format(time.DateOnly), err)
			}
		}
		return nil
	}
}

// each calls f with every row of a query.
func (v *verifier) each(query string, f func(*sql.Rows) error) error {
	rows, err := v.db.QueryContext(v.ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
