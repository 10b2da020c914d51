package exchange

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Limits of workbooks. The archive is held in memory, its large parts are not:
// they are unpacked into temporary files.
const (
	maxWorkbook = 128 << 20 // bytes of the archive
	maxUnpacked = 2 << 30   // bytes of all parts
	maxPart     = 1 << 20   // bytes of a part that is kept in memory
	maxOthers   = 64 << 20  // bytes of parts that are neither sheets nor strings
	maxRatio    = 200       // a part that was packed better is a bomb, not a table
	maxSheets   = 64
)

// workbook is an open XLSX file.
type workbook struct {
	file     *excelize.File
	sheets   []string // those that are shown
	hidden   []string
	date1904 bool
}

func openWorkbook(r io.ReaderAt, size int64) (*workbook, error) {
	if err := checkArchive(r, size); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(io.NewSectionReader(r, 0, size),
		excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxPart})
	if err != nil {
		return nil, fmt.Errorf("the workbook cannot be opened: save it again as .xlsx: %w", err)
	}
	w := &workbook{file: f}
	for _, name := range f.GetSheetList() {
		if shown, err := f.GetSheetVisible(name); err == nil && !shown {
			w.hidden = append(w.hidden, name)
			continue
		}
		w.sheets = append(w.sheets, name)
	}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.date1904 = *props.Date1904
	}
	return w, nil
}

// checkArchive refuses, before anything is unpacked, what would fill the memory
// or the disk. What a part claims of its size is held by archive/zip when it is
// read.
func checkArchive(r io.ReaderAt, size int64) error {
	if size > maxWorkbook {
		return fmt.Errorf("the workbook has %d MB, at most %d are read: split it, or save it as CSV", size>>20, maxWorkbook>>20)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("the workbook is damaged: copy it again: %w", err)
	}
	var sheets, strangers int
	var total, others uint64
	for _, part := range z.File {
		name := strings.ToLower(strings.ReplaceAll(part.Name, "\\", "/"))
		large := part.UncompressedSize64
		total += large
		switch {
		case strings.HasPrefix(name, "xl/worksheets/sheet"):
			sheets++
		case name == "xl/sharedstrings.xml":
		default:
			strangers++
			others += large
		}
		if large > maxPart && large/max(part.CompressedSize64, 1) > maxRatio {
			return fmt.Errorf("part %s of the workbook unpacks to %d times its size: no table does", cut(part.Name, 60), large/max(part.CompressedSize64, 1))
		}
	}
	switch {
	case total > maxUnpacked || others > maxOthers || strangers > 10_000:
		return fmt.Errorf("the workbook unpacks to %d MB: remove pictures and sheets that are no data, or save it as CSV", total>>20)
	case sheets > maxSheets:
		return fmt.Errorf("the workbook has %d sheets, at most %d are read: split it", sheets, maxSheets)
	}
	return nil
}

// open begins to read a sheet; close it before the next one.
func (w *workbook) open(name string) (*sheet, io.Closer, error) {
	rows, err := w.file.Rows(name)
	if err != nil {
		return nil, nil, fmt.Errorf("sheet %s: %w", name, err)
	}
	row := 0
	next := func() ([]string, int, error) {
		if rows.Next() {
			row++
			cells, err := rows.Columns()
			switch {
			case err != nil:
				return nil, row, fmt.Errorf("sheet %s, row %d: %w", name, row, err)
			case len(cells) > maxColumns:
				return nil, row, fmt.Errorf("sheet %s: %w", name, errColumns)
			}
			return cells, row, nil
		}
		if err := rows.Error(); err != nil {
			return nil, row, fmt.Errorf("sheet %s, row %d: %w", name, row, err)
		}
		return nil, row, io.EOF
	}
	return &sheet{name: name, next: next, workbook: true, date1904: w.date1904}, rows, nil
}

// close removes the temporary files.
func (w *workbook) close() error { return w.file.Close() }

// errOldWorkbook is said of the binary files of Excel 97 to 2003, and of
// encrypted ones, which begin alike.
var errOldWorkbook = errors.New("this is an .xls file or one with a password: save it as .xlsx without a password, or as CSV")

var announced = regexp.MustCompile(`<dimension ref="[A-Z]+[0-9]+:[A-Z]+([0-9]+)"`)

// rowsAnnounced is how many rows the sheets say that they have, 0 if they do not:
// for progress only.
func rowsAnnounced(r io.ReaderAt, size int64) int {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return 0
	}
	total := 0
	for _, part := range z.File {
		if !strings.HasPrefix(part.Name, "xl/worksheets/sheet") {
			continue
		}
		rc, err := part.Open()
		if err != nil {
			return 0
		}
		head, _ := io.ReadAll(io.LimitReader(rc, 4096)) // what cannot be read is told when it is read in earnest
		_ = rc.Close()
		m := announced.FindSubmatch(head)
		if m == nil {
			return 0
		}
		n, _ := strconv.Atoi(string(m[1]))
		total += n
	}
	return total
}
