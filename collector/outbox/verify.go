package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/still"
)

// Findings is what Verify found in an outbox. Nothing is assumed of the file: on a
// damaged one, whatever could not be read is zero, and Faults say so.
type Findings struct {
	Path               string
	Size               int64 // bytes of database and log
	Epoch, Last, Acked uint64
	Billing, Telemetry Tally
	// Gaps are the numbers lost for good that the ledger has not acknowledged yet.
	Gaps []Gap
	// Bad are rows that do not match their CRC, by number.
	Bad Ranges
	// Missing are numbers that were given and are neither acknowledged, kept, nor
	// known as lost.
	Missing    Ranges
	Quarantine []Quarantined
	// Mark is what the mark beside the file says; zero if there is none.
	MarkEpoch, MarkLast uint64
	Log                 still.Log

	// Faults are damages, in plain words; an outbox without any is sound.
	Faults []string
	// Notes are things worth knowing that are no damage.
	Notes []string
}

// Tally counts batches of one class; Bytes are those of their payloads.
type Tally struct{ Rows, Bytes int64 }

// Gap are numbers lost for good.
type Gap struct {
	From, To uint64
	At       time.Time
	Reason   string
}

// Quarantined is a row that was found damaged and put aside.
type Quarantined struct {
	Seq    int64
	Found  time.Time
	Reason string
}

// Damaged reports whether there are faults.
func (f *Findings) Damaged() bool { return len(f.Faults) > 0 }

// ErrRestless says that the file was changed so often while it was read that nothing can be
// said of it.
var ErrRestless = errors.New("the file keeps changing while it is read")

// attempts are how often Verify begins again when a running collector carries its
// log into the file meanwhile. That happens about once a minute.
const attempts = 8

// Verify reads every byte of an outbox and reports what is wrong with it. It takes
// no lock and changes nothing, so that it works beside a running collector, whose
// file it sees at one moment. Damage is told by the findings; an error means that
// the file could not be read at all, and is ErrRestless, the context's or the
// system's.
//
// progress, if not nil, is called now and then with the share that is done.
func Verify(ctx context.Context, path string, progress func(share float64)) (Findings, error) {
	for range attempts {
		f, moved, err := verifyOnce(ctx, path, progress)
		if err != nil {
			return Findings{}, fmt.Errorf("outbox %s: verify: %w", path, err)
		}
		if !moved {
			return f, nil
		}
	}
	return Findings{}, fmt.Errorf("outbox %s: verify: %w: stop the collector, or copy the file with its -wal and .mark and verify the copy", path, ErrRestless)
}

func verifyOnce(ctx context.Context, path string, progress func(float64)) (_ Findings, moved bool, err error) {
	var read, total int64
	// The mark is written after the database: read before it, it cannot be ahead.
	mark, err := os.ReadFile(path + ".mark")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Findings{}, false, err
	}
	file, err := still.Open(path, still.Options{OnRead: func(n int) {
		if read += int64(n); progress != nil && total > 0 {
			progress(min(1, float64(read)/float64(total)))
		}
	}})
	if err != nil {
		return Findings{}, false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	total = 2 * file.Size // once for the structure, once for the rows
	v := verifier{Findings: Findings{Path: path, Size: file.Size, Log: file.Log}, db: file.DB, ctx: ctx}
	v.checkLog()
	v.checkHeader(file.Header)
	v.checkContent()
	v.checkMark(mark)
	if err := ctx.Err(); err != nil {
		return Findings{}, false, err
	}
	moved, err = file.Moved()
	return v.Findings, moved, err
}

// verifier fills Findings.
type verifier struct {
	Findings
	db  *sql.DB
	ctx context.Context
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
		v.fault("log: %d frames do not match their checksum, and %d sound ones lie behind them; a start carries over what of them is sound", log.Broken, log.Behind)
	case log.Unfinished > 0:
		v.note("log: %d frames of a transaction that never ended: the process was stopped", log.Unfinished)
	}
}

// checkHeader looks at those fields of the database's header that the engine
// itself takes as they are, https://www.sqlite.org/fileformat2.html#the_database_header.
// An outbox leaves the options at their defaults.
func (v *verifier) checkHeader(h []byte) {
	if len(h) < 100 {
		v.fault("database: %d bytes are too few for a header", len(h))
		return
	}
	for _, field := range []struct {
		at   int
		want []byte
		what string
	}{
		{0, []byte("SQLite format 3\x00"), "the first words"},
		{18, []byte{2, 2}, "the kind of journal"},
		{20, []byte{0, 64, 32, 32}, "the constants of pages"},
		{44, []byte{0, 0, 0, 4}, "the schema's format"},
		{48, make([]byte, 8), "the cache's size or the vacuum's setting"},
		{56, []byte{0, 0, 0, 1}, "the encoding of texts"},
		{60, make([]byte, 32), "the user's version or what is reserved"},
	} {
		if !slices.Equal(h[field.at:field.at+len(field.want)], field.want) {
			v.fault("database: header: %s: not as an outbox has it", field.what)
		}
	}
}

// checkContent reads structure and rows. What cannot be read is a fault and does not
// keep the rest from being looked at.
func (v *verifier) checkContent() {
	for _, check := range []struct {
		what string
		f    func() error
	}{
		{"structure", v.checkStructure}, {"tables", v.checkSchema}, {"numbers given", v.readMeta},
		{"gaps", v.readGaps}, {"batches", v.readBatches}, {"quarantine", v.readQuarantine},
	} {
		if err := check.f(); err != nil && v.ctx.Err() == nil {
			v.fault("%s: cannot be read: %v", check.what, err)
		}
	}
}

// mostComplaints bounds what the engine says of one file.
const mostComplaints = 20

func (v *verifier) checkStructure() error {
	return v.each(fmt.Sprintf(`PRAGMA integrity_check(%d)`, mostComplaints), func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			v.fault("structure: %s", text)
		}
		return nil
	})
}

func (v *verifier) checkSchema() error {
	got := map[string]bool{}
	err := v.each(`SELECT type, name, tbl_name, sql FROM sqlite_schema`, func(rows *sql.Rows) error {
		var what, name, table, text sql.NullString
		err := rows.Scan(&what, &name, &table, &text)
		if what.String == "table" && name == table && strings.HasPrefix(text.String, "CREATE TABLE "+name.String+" ") {
			got[text.String] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, want := range strings.Split(strings.Trim(schema, ";\n"), ";\n") {
		if old := strings.Replace(want, ", crc INTEGER)", ")", 1); !got[want] && !got[old] {
			v.fault("tables: not those of an outbox of format %d", version)
			return nil
		}
	}
	return nil
}

func (v *verifier) readMeta() error {
	conn, err := v.db.Conn(v.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	m, err := readMeta(conn)
	if err != nil {
		return err
	}
	if !m.sound {
		v.fault("numbers given: the record does not match its CRC")
		return nil
	}
	v.Epoch, v.Last, v.Acked = m.epoch, m.last, m.acked
	return nil
}

func (v *verifier) readGaps() error {
	var summed int
	if err := v.db.QueryRowContext(v.ctx, `SELECT count(*) FROM pragma_table_info('gap') WHERE name = 'crc'`).Scan(&summed); err != nil {
		return err
	}
	crc := "crc"
	if summed == 0 { // written by a program before 0.2
		crc = "NULL"
	}
	return v.each(`SELECT from_seq, to_seq, at, reason, `+crc+` FROM gap ORDER BY from_seq`, func(rows *sql.Rows) error {
		var from int64
		var toAny, atAny, reasonAny, crc any // whatever damage has made of them
		if err := rows.Scan(&from, &toAny, &atAny, &reasonAny, &crc); err != nil {
			return err
		}
		to, ok1 := toAny.(int64)
		at, ok2 := atAny.(int64)
		reason, ok3 := reasonAny.(string)
		sum, summed := crc.(int64)
		if !ok1 || !ok2 || !ok3 || from < 1 || to < from || (crc != nil && !summed) ||
			(summed && sum != int64(gapChecksum(v.Epoch, uint64(from), uint64(to), at, reason))) {
			v.fault("gap from %d: the record is damaged", from)
			return nil
		}
		v.Gaps = append(v.Gaps, Gap{uint64(from), uint64(to), time.UnixMilli(at).UTC(), reason})
		return nil
	})
}

func (v *verifier) readBatches() error {
	conn, err := v.db.Conn(v.ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var kept Ranges
	t := &tx{conn: conn, epoch: v.Epoch}
	rows, err := conn.QueryContext(v.ctx, `SELECT seq, class, at, crc, payload FROM batch ORDER BY seq`)
	err = t.walk(rows, err, func(r Row, ok bool) bool {
		if !ok {
			v.Bad.Add(r.Seq, r.Seq)
			return true
		}
		kept.Add(r.Seq, r.Seq)
		n := &v.Billing
		if r.Class == metering.Telemetry {
			n = &v.Telemetry
		}
		n.Rows++
		n.Bytes += int64(len(r.Payload))
		return true
	})
	if n := v.Bad.Count(); n > 0 {
		v.fault("batches: %d do not match their CRC: %s", n, v.Bad)
	}
	if err != nil || v.Epoch == 0 {
		return err
	}
	v.Missing.Add(v.Acked+1, v.Last)
	for _, r := range kept {
		v.Missing.Remove(r.From, r.To)
	}
	for _, r := range v.Bad {
		v.Missing.Remove(r.From, r.To)
	}
	for _, g := range v.Gaps {
		v.Missing.Remove(g.From, g.To)
	}
	if n := v.Missing.Count(); n > 0 {
		v.fault("batches: %d are missing: %s", n, v.Missing)
	}
	if len(kept) > 0 && kept[len(kept)-1].To > v.Last {
		v.fault("batches: number %d is kept, but only %d were given", kept[len(kept)-1].To, v.Last)
	}
	return nil
}

func (v *verifier) readQuarantine() error {
	return v.each(`SELECT seq, found, reason FROM quarantine ORDER BY seq`, func(rows *sql.Rows) error {
		var seq int64
		var found, reason any // whatever damage has made of them
		if err := rows.Scan(&seq, &found, &reason); err != nil {
			return err
		}
		q := Quarantined{Seq: seq, Reason: fmt.Sprint(reason)}
		if ms, ok := found.(int64); ok {
			q.Found = time.UnixMilli(ms).UTC()
		}
		v.Quarantine = append(v.Quarantine, q)
		return nil
	})
}

// checkMark holds the mark beside the file against the database: it may be behind,
// as nobody waits for it to reach the disk, but never ahead.
func (v *verifier) checkMark(data []byte) {
	newest, damaged := readSlots(data)
	v.MarkEpoch, v.MarkLast = newest.epoch, newest.last
	if damaged > 0 {
		v.fault("mark: a slot does not match its CRC")
	}
	switch {
	case newest.epoch == 0:
		v.note("mark: there is none beside the file: a database that was put back to an older state would not be noticed")
	case v.Epoch == 0: // told already
	case newest.epoch != v.Epoch:
		v.fault("mark: it belongs to epoch %016x, the database to %016x", newest.epoch, v.Epoch)
	case newest.last > v.Last:
		v.fault("mark: numbers were given up to %d, the database knows of %d only: it is older than the mark, or its log was lost", newest.last, v.Last)
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
