package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"asue/metering"
)

// Label says what a time beside a value names.
type Label uint8

// Labels.
const (
	LabelUnknown Label = iota // find out
	LabelStart
	LabelEnd
)

// String is "start" or "end".
func (l Label) String() string {
	switch l {
	case LabelStart:
		return "start"
	case LabelEnd:
		return "end"
	}
	return "start or end"
}

// LabelNamed finds a label by its name; the second result is false for an unknown
// one.
func LabelNamed(name string) (Label, bool) {
	for _, l := range []Label{LabelStart, LabelEnd} {
		if l.String() == name {
			return l, true
		}
	}
	return LabelUnknown, false
}

// Options are what a file is held against, and what it does not say itself.
type Options struct {
	Points *Points        // needed
	Zone   *time.Location // of times without an offset; needed
	Label  Label
	// Unit of values whose heading names none; see UnitNames.
	Unit string
	// Point and Channel of values for which the file names none.
	Point   metering.PointID
	Channel metering.Channel
	// Length of intervals of which the file gives one label each: 15, 30 or 60
	// minutes; 0: what most labels lie apart.
	Length time.Duration
	// Spread allows intervals of 30 and 60 minutes: their energy is spread evenly
	// over quarters of an hour, which are graded Substitute.
	Spread bool
	// Progress, if set, hears of every few thousand rows; share is 0..1, or
	// negative when the end is not known.
	Progress func(rows int, share float64)

	unit unit
}

// File is what was read from a file. It may be written only when Faults is empty.
type File struct {
	Name   string
	Kind   string // "csv", "xlsx" or "80020"
	Notes  []string
	Faults Faults
	// Missing are the days of each point and channel on which intervals are
	// missing, up to MostMissing; MissingDays and MissingIntervals count all.
	Missing          []MissingDay
	MissingDays      int
	MissingIntervals int
	// Message is what a file of layout 80020 says of itself.
	Message *MaketHead

	sheets []string
	series []*settled
	reason string // of every interval
}

// MissingDay is a day of the local calendar that has fewer intervals than it
// lasts.
type MissingDay struct {
	Point   metering.PointID
	Channel metering.Channel
	Day     string // 2026-03-29
	Want    int    // 92, 96 or 100 quarters of an hour
	Got     int
}

// MostMissing is how many days with missing intervals a File lists.
const MostMissing = 200

// Read reads interval data from CSV, XLSX or layout 80020, whichever it is; name
// is the file's name as reasons and messages show it. What is wrong with the
// content is in File.Faults; an error is a file that cannot be read at all, or a
// context that has ended.
func Read(ctx context.Context, name string, r io.ReaderAt, size int64, o Options) (*File, error) {
	if o.Points == nil || o.Zone == nil {
		panic("BUG: exchange.Read without points or zone")
	}
	if o.Unit != "" {
		u, ok := unitOf(o.Unit)
		if !ok {
			return nil, fmt.Errorf("unit %q is not known: use %s", o.Unit, UnitNames)
		}
		o.unit = u
	}
	switch o.Length {
	case 0, 15 * time.Minute, 30 * time.Minute, time.Hour:
	default:
		return nil, fmt.Errorf("length %v: intervals of 15, 30 or 60 minutes are taken", o.Length)
	}
	f := &File{Name: name}
	n := &notes{}
	c := newCollector(&o, &f.Faults, n)
	p := &pacer{ctx: ctx, tell: o.Progress}
	var err error
	switch f.Kind, err = kindOf(r, size); {
	case err != nil:
	case f.Kind == "xlsx":
		err = readWorkbook(c, p, r, size)
	case f.Kind == "80020" && size > maxMaket:
		err = fmt.Errorf("the file has %d MB, a day of layout 80020 has few: check whether it is one", size>>20)
	case f.Kind == "80020":
		f.Message, err = readMaket(c, p, io.NewSectionReader(r, 0, size))
	default:
		err = readCSV(c, p, r, size)
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.sheets, f.reason = c.sheets, f.origin()
	f.settle(c)
	if c.absent > 0 {
		n.say("%d cells say that there is no value", c.absent)
	}
	f.Notes = n.all()
	return f, nil
}

// kindOf looks at the first bytes.
func kindOf(r io.ReaderAt, size int64) (string, error) {
	head := make([]byte, min(size, 512))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	text := strings.TrimLeft(string(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))), " \r\n\t")
	switch {
	case size == 0:
		return "", errors.New("the file is empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "xlsx", nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return "", errOldWorkbook
	case strings.HasPrefix(text, "<?xml"), strings.HasPrefix(text, "<message"):
		return "80020", nil
	}
	return "csv", nil
}

// pacer tells how far a file is, and looks whether anybody still waits for it.
type pacer struct {
	ctx   context.Context
	tell  func(rows int, share float64)
	rows  int
	share func() float64
}

func (p *pacer) step() error {
	p.rows++
	if p.rows%2048 != 0 {
		return nil
	}
	if p.tell != nil {
		share := -1.0
		if p.share != nil {
			share = p.share()
		}
		p.tell(p.rows, share)
	}
	return p.ctx.Err()
}

func readCSV(c *collector, p *pacer, r io.ReaderAt, size int64) error {
	set, err := detectCharset(r, size)
	if err != nil {
		return err
	}
	counted := &countingReader{r: r}
	rows, separator, err := openCSV(set.text(counted, size))
	if err != nil {
		return err
	}
	c.notes.say("text in %s, cells separated by %s", set.name, separator)
	p.share = func() float64 { return float64(counted.n) / float64(size) }
	read, err := readSheet(c, p, &sheet{next: rows.next, comma: rows.sep == ','})
	if err == nil && !read && c.faults.Len() == 0 {
		c.faults.add(noHeader(""))
	}
	return err
}

// countingReader counts the bytes that were read.
type countingReader struct {
	r io.ReaderAt
	n int64
}

func (c *countingReader) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(b, off)
	c.n += int64(n)
	return n, err
}

func readWorkbook(c *collector, p *pacer, r io.ReaderAt, size int64) (err error) {
	w, err := openWorkbook(r, size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if total := rowsAnnounced(r, size); total > 0 {
		p.share = func() float64 { return min(1, float64(p.rows)/float64(total)) }
	}
	found := false
	for _, name := range w.sheets {
		s, closer, err := w.open(name)
		if err != nil {
			return err
		}
		read, err := readSheet(c, p, s)
		if err := errors.Join(err, closer.Close()); err != nil {
			return err
		}
		if !read {
			c.notes.say("sheet %s was left out: it has no headings that name a time", name)
		}
		found = found || read
	}
	for _, name := range w.hidden {
		c.notes.say("sheet %s is hidden and was left out", name)
	}
	if !found && c.faults.Len() == 0 {
		c.faults.add(noHeader(strings.Join(w.sheets, ", ")))
	}
	return nil
}

func noHeader(sheet string) Fault {
	return Fault{Sheet: sheet, Code: "no-header", What: fmt.Sprintf("none of the first %d rows has headings that name a time and values", headerRows),
		Remedy: "head the columns, for instance: point; channel; start; energy, kWh"}
}

// readSheet takes a sheet in; false if it holds no table of intervals.
func readSheet(c *collector, p *pacer, s *sheet) (bool, error) {
	var rows [][]string
	var lines []int
	var l *layout
	for {
		cells, line, err := s.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		end := err != nil
		if l == nil {
			if !end {
				kept := make([]string, len(cells))
				for i, cell := range cells {
					kept[i] = strings.Clone(cell)
				}
				rows, lines = append(rows, kept), append(lines, line)
			}
			if !end && len(rows) < headerRows {
				continue
			}
			var ok bool
			if l, ok = recognise(c.o, s, rows, lines, c.faults); !ok {
				return l != nil, nil
			}
			if err := c.begin(s, l); err != nil {
				return false, err
			}
			c.notes.say("%s", l.describe(s))
			for i := l.first; i < len(rows); i++ {
				if err := c.row(rows[i], lines[i]); err != nil {
					return false, err
				}
			}
			rows = nil
		} else if !end {
			if err := c.row(cells, line); err != nil {
				return false, err
			}
		}
		if end {
			return true, nil
		}
		if err := p.step(); err != nil {
			return false, err
		}
	}
}

// Len is how many quarters of an hour the file gives.
func (f *File) Len() int {
	n := 0
	for _, s := range f.series {
		for _, e := range s.entries {
			n += int(e.parts)
		}
	}
	return n
}

// Span is the time from the first interval's start to the last one's end; zero
// times if there is none.
func (f *File) Span() (from, to time.Time) {
	for _, s := range f.series {
		first, last := s.entries[0], s.entries[len(s.entries)-1]
		start, end := time.Unix(first.start, 0).UTC(), time.Unix(last.end(), 0).UTC()
		if from.IsZero() || start.Before(from) {
			from = start
		}
		if end.After(to) {
			to = end
		}
	}
	return from, to
}

// Points are the points of which the file has intervals, in the order of their
// first appearance.
func (f *File) Points() []metering.PointID {
	var list []metering.PointID
	seen := map[metering.PointID]bool{}
	for _, s := range f.series {
		if !seen[s.point] {
			seen[s.point] = true
			list = append(list, s.point)
		}
	}
	return list
}

// Place is where in a file an interval stands.
type Place struct {
	Sheet  string
	Row    int
	Column string
}

// String is "sheet Январь, row 12, column C".
func (p Place) String() string {
	var parts []string
	if p.Sheet != "" {
		parts = append(parts, "sheet "+p.Sheet)
	}
	parts = append(parts, fmt.Sprintf("row %d", p.Row))
	if p.Column != "" {
		parts = append(parts, "column "+p.Column)
	}
	return strings.Join(parts, ", ")
}

// Between gives the file's intervals that start in [from, to), by point and
// channel, ascending by start within each, with the place of each in the file.
// Version and RecordedAt are left to the ledger.
func (f *File) Between(from, to time.Time) iter.Seq2[Place, metering.Interval] {
	return func(yield func(Place, metering.Interval) bool) {
		for _, s := range f.series {
			if !s.between(f, from.Unix(), to.Unix(), yield) {
				return
			}
		}
	}
}
