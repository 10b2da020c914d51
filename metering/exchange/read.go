package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

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
