package outbox

import (
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const version = 1

const schema = `
CREATE TABLE meta (version INTEGER NOT NULL, epoch INTEGER NOT NULL, last INTEGER NOT NULL, acked INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE batch (seq INTEGER PRIMARY KEY, class INTEGER NOT NULL, at INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE gap (from_seq INTEGER PRIMARY KEY, to_seq INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL, crc INTEGER);
CREATE TABLE quarantine (seq INTEGER PRIMARY KEY, class, at, crc, payload, found INTEGER NOT NULL, reason TEXT NOT NULL);`

// skipped is how many numbers are passed over when it is not sure how far they
// were given: more than were ever in doubt at once.
const skipped = 1 << 20

// errBroken: the file's structure turned out to be broken while it was in use.
var errBroken = errors.New("broken structure")

// isDamage reports whether an error of opening tells of a damaged file. The
// engine calls it a logic error when the damage is in the names of columns.
func isDamage(err error) bool {
	switch code(err) {
	case codeCorrupt, codeNotADB, codeConstraint, codeError:
		return true
	}
	return errors.Is(err, errBroken)
}

// errUnusable: the file cannot serve as an outbox and is to be moved aside.
var errUnusable = errors.New("not an outbox")

// load opens the file, verifies it, and mends what can be mended. The caller
// holds the lock or is the only one to know the box.
func (b *Box) load() error {
	mark, markEpoch, markLast, err := openMark(b.path + ".mark")
	if err != nil {
		return fmt.Errorf("outbox %s: open its mark: %w: its folder must exist and be writable (%w)", b.path, ErrReadOnly, err)
	}
	b.mark = mark
	b.rescue()
	if b.broken {
		err = errBroken
	} else {
		err = b.open(markEpoch, markLast)
	}
	switch {
	case errors.Is(err, errUnusable):
		err = b.startAnew(err)
	case isDamage(err):
		err = b.salvage(markEpoch, markLast)
	}
	if err != nil {
		return explain(b.path, "open", err)
	}
	if b.stmts, err = prepare(b.conn); err != nil {
		return explain(b.path, "open", err)
	}
	b.broken, b.rescued = false, nil
	b.report.LastAt = lastAt(b.conn)
	b.show()
	return b.mark.set(b.epoch, b.state.last)
}

// lastAt is when the newest batch was appended; zero if there is none.
func lastAt(conn *sql.Conn) time.Time {
	var at sql.NullInt64
	if err := conn.QueryRowContext(background, `SELECT at FROM batch ORDER BY seq DESC LIMIT 1`).Scan(&at); err != nil || !at.Valid {
		return time.Time{}
	}
	return time.UnixMilli(at.Int64).UTC()
}

func (b *Box) unload() error {
	var errs []error
	if b.stmts != nil {
		errs = append(errs, b.stmts.close())
	}
	if b.conn != nil {
		errs = append(errs, b.conn.Close())
	}
	if b.db != nil {
		errs = append(errs, b.db.Close())
	}
	if b.mark != nil {
		errs = append(errs, b.mark.close())
	}
	b.stmts, b.conn, b.db, b.mark = nil, nil, nil, nil
	return errors.Join(errs...)
}

// open opens the database, makes its tables if it is empty, and brings the
// state into memory.
func (b *Box) open(markEpoch, markLast uint64) error {
	if err := b.connect(b.path); err != nil {
		return err
	}
	var tables, ours int
	err := b.conn.QueryRowContext(background,
		`SELECT count(*), count(CASE WHEN name IN ('meta', 'batch', 'gap', 'quarantine') THEN 1 END) FROM sqlite_schema WHERE type = 'table'`).Scan(&tables, &ours)
	if err != nil {
		return err
	}
	switch {
	case tables == 0 && markEpoch != 0:
		b.opts.Log.Error("outbox: damage: the file is empty or gone, but its mark is not; some numbers are passed over", "path", b.path)
		return b.carryOver(nil, meta{epoch: markEpoch, last: markLast + skipped})
	case tables == 0:
		return b.create(newEpoch())
	case ours != 4:
		return fmt.Errorf("%w: its tables are another program's", errUnusable)
	}
	if err := b.upgrade(); err != nil {
		return err
	}
	return b.verify(markEpoch, markLast)
}

// upgrade adds what files of older programs do not have. Older programs can still
// read and write the file.
func (b *Box) upgrade() error {
	var n int
	err := b.conn.QueryRowContext(background, `SELECT count(*) FROM pragma_table_info('gap') WHERE name = 'crc'`).Scan(&n)
	if err != nil || n > 0 {
		return err
	}
	_, err = b.conn.ExecContext(background, `ALTER TABLE gap ADD COLUMN crc INTEGER`)
	return err
}

func (b *Box) connect(path string) error {
	// url.PathEscape would escape slashes too, which SQLite takes either way.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(500)&_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-512)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(background)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	b.db, b.conn = db, conn
	return nil
}

// newEpoch is random and fits a signed integer of SQL.
func newEpoch() uint64 {
	var r [8]byte
	_, _ = rand.Read(r[:]) // never fails: crypto/rand
	return max(1, binary.BigEndian.Uint64(r[:])&math.MaxInt64)
}

// create makes the tables in an empty database.
func (b *Box) create(epoch uint64) error {
	b.epoch, b.state = epoch, state{}
	b.report.New = true
	t := &tx{conn: b.conn, opts: b.opts, epoch: epoch}
	return t.run(func(t *tx) error {
		if err := t.exec(schema); err != nil {
			return err
		}
		return t.exec(`INSERT INTO meta (version, epoch, last, acked, crc) VALUES (?, 0, 0, 0, 0)`, version)
	})
}

// meta is the row that says how far the outbox has come.
type meta struct {
	epoch, last, acked uint64
	sound              bool // its CRC matches
}

func readMeta(conn *sql.Conn) (meta, error) {
	var v, epoch, last, acked, crc any
	err := conn.QueryRowContext(background, `SELECT version, epoch, last, acked, crc FROM meta`).Scan(&v, &epoch, &last, &acked, &crc)
	if errors.Is(err, sql.ErrNoRows) {
		return meta{}, nil
	}
	if err != nil {
		return meta{}, err
	}
	var n [5]int64
	for i, field := range []any{v, epoch, last, acked, crc} {
		value, ok := field.(int64)
		if !ok {
			return meta{}, nil
		}
		n[i] = value
	}
	if int64(checksum(uint64(n[1]), uint64(n[2]), uint8(n[0]), n[3], nil)) != n[4] {
		return meta{}, nil
	}
	if n[0] != version {
		return meta{}, fmt.Errorf("the file is of format %d, this program knows %d: use the program that wrote it, or move the file away", n[0], version)
	}
	return meta{uint64(n[1]), uint64(n[2]), uint64(n[3]), true}, nil
}

// verify checks every row and every number, and mends what can be mended in
// place.
func (b *Box) verify(markEpoch, markLast uint64) error {
	m, err := readMeta(b.conn)
	if err != nil {
		return err
	}
	if !m.sound {
		if markEpoch == 0 {
			return fmt.Errorf("%w: its epoch is damaged and no mark lies beside it", errUnusable)
		}
		b.opts.Log.Error("outbox: damage: the record of numbers given does not match its CRC; some are passed over", "path", b.path)
		m = meta{epoch: markEpoch, last: markLast + skipped}
	}
	b.epoch = m.epoch
	t := &tx{conn: b.conn, opts: b.opts, epoch: m.epoch, state: state{last: m.last, acked: m.acked}}
	err = t.run(func(t *tx) error { return b.mend(t, m, markEpoch, markLast) })
	if err != nil {
		return err
	}
	b.state = t.state
	return nil
}

// mend finds damaged and missing rows, takes the first out of the queue and
// makes gaps of both.
func (b *Box) mend(t *tx, m meta, markEpoch, markLast uint64) error {
	if err := b.takeRescued(t); err != nil {
		return err
	}
	var highest uint64
	if err := t.conn.QueryRowContext(background, `SELECT coalesce(max(seq), 0) FROM batch`).Scan(&highest); err != nil {
		return err
	}
	t.last = max(t.last, highest)
	if markEpoch == t.epoch {
		t.last = max(t.last, markLast)
	}
	if err := t.loadGaps(); err != nil {
		return err
	}
	var bad, missing Ranges
	next := t.acked + 1
	err := t.scan(0, t.last, func(r Row, ok bool) bool {
		if r.Seq > next {
			missing.Add(next, r.Seq-1)
		}
		if !ok {
			bad.Add(r.Seq, r.Seq)
		} else if len(t.gaps) > 0 {
			t.gaps.Remove(r.Seq, r.Seq) // what is here is not lost, whatever the table says
		}
		next = max(next, r.Seq+1)
		return true
	})
	if err != nil {
		return err
	}
	missing.Add(next, t.last)
	t.untold = slices.Clone(t.gaps)
	for _, r := range t.gaps {
		missing.Remove(r.From, r.To)
	}
	for _, r := range bad {
		if err := t.quarantine(r.From, r.To); err != nil {
			return err
		}
	}
	if err := t.loseUnknown(missing, "the batch is missing from a damaged outbox"); err != nil {
		return err
	}
	if !m.sound {
		if err := t.exec(`DELETE FROM meta`); err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO meta (version, epoch, last, acked, crc) VALUES (?, 0, 0, 0, 0)`, version); err != nil {
			return err
		}
	}
	b.report.Quarantined += int(bad.Count())
	if len(bad) > 0 {
		b.damaged("batches do not match their CRC and were put into quarantine", bad)
	}
	if len(missing) > 0 {
		b.damaged("batches are missing", missing)
	}
	return t.count()
}

// startAnew moves an unusable file aside and begins a new epoch.
func (b *Box) startAnew(cause error) error {
	aside, err := b.moveAside()
	if err != nil {
		return err
	}
	b.opts.Log.Error("outbox: the file cannot be used and was moved aside; a new epoch begins, and batches in the old file that the ledger does not have are lost to it",
		"path", b.path, "moved_to", aside, "cause", cause)
	if err := b.connect(b.path); err != nil {
		return err
	}
	return b.create(newEpoch())
}

// moveAside renames the database and its log to NAME.damaged-TIME.
func (b *Box) moveAside() (string, error) {
	if b.conn != nil {
		_ = b.conn.Close() // of a file that is broken anyway
		_ = b.db.Close()
	}
	b.conn, b.db = nil, nil
	stamp := b.opts.Clock.Now().Format("20060102T150405.000Z")
	aside := b.path + ".damaged-" + stamp
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.damaged-%s-%d", b.path, stamp, n)
	}
	if err := os.Rename(b.path, aside); err != nil {
		return "", err
	}
	if exists(b.path + "-wal") {
		if err := os.Rename(b.path+"-wal", aside+"-wal"); err != nil {
			return "", err
		}
	}
	b.report.MovedAside = aside
	return aside, syncFolder(filepath.Dir(b.path))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
