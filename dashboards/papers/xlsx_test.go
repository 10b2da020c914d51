package papers_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"

	"asue/dashboards/papers"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func workbook(t testing.TB, d papers.Document, lang papers.Lang) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := papers.XLSX(&b, d, lang); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, raw []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// beside finds the first value to the right of a label, raw and as it is shown.
func beside(t testing.TB, f *excelize.File, sheet, label string) (raw, shown string, kind excelize.CellType) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for y, row := range rows {
		for x, cell := range row {
			if cell != label {
				continue
			}
			for next := x + 1; next < len(row); next++ {
				if row[next] == "" {
					continue
				}
				at, _ := excelize.CoordinatesToCellName(next+1, y+1)
				raw, _ = f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
				kind, _ = f.GetCellType(sheet, at)
				return raw, row[next], kind
			}
		}
	}
	t.Fatalf("sheet %s has no %q", sheet, label)
	return "", "", 0
}

// Numbers are numbers and days are dates.
func TestWorkbookHasTypes(t *testing.T) {
	d := every(t)["act"]
	f := open(t, workbook(t, d, papers.Russian))
	if raw, shown, kind := beside(t, f, "Документ", "Возвращается в общий пул"); raw != "750" || shown != "750" || kind == excelize.CellTypeSharedString {
		t.Errorf("returned: raw %q, shown %q, type %v", raw, shown, kind)
	}
	if raw, shown, _ := beside(t, f, "Документ", "Сохраняется"); raw != "2242.5" || shown != "2,242.5" {
		t.Errorf("retained: raw %q, shown %q", raw, shown)
	}
	if raw, shown, _ := beside(t, f, "Документ", "Дата"); raw != "46391" || shown != "04.01.2027" {
		t.Errorf("date: raw %q, shown %q: want the day number of 4 January 2027", raw, shown)
	}
	layout, err := f.GetPageLayout("Документ")
	if err != nil || layout.Size == nil || *layout.Size != 9 || *layout.Orientation != "portrait" {
		t.Errorf("layout %+v, %v: want A4 upright", layout, err)
	}
}

// The evidence has curve, days and its own text beside, and the curve is drawn.
func TestEvidenceWorkbook(t *testing.T) {
	y := yearOf(t)
	f := open(t, workbook(t, every(t)["evidence"], papers.Russian))
	if got := f.GetSheetList(); strings.Join(got, "|") != "Документ|Продолжительность|Суточные максимумы|Доказательства" {
		t.Errorf("sheets %q", got)
	}
	rows, err := f.GetRows("Доказательства")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, row := range rows[1:] {
		text.WriteString(strings.Join(row, "") + "\n")
	}
	if text.String() != y.evidence.Text {
		t.Error("the sheet does not hold the evidence line by line")
	}
	if rows, _ := f.GetRows("Суточные максимумы"); len(rows) != 366 {
		t.Errorf("%d rows of days", len(rows))
	}
	if parts := unzip(t, workbook(t, every(t)["evidence"], papers.Russian)); parts["xl/charts/chart1.xml"] == "" || parts["xl/charts/chart2.xml"] == "" {
		t.Error("curve and days are not drawn")
	}
}

// A name that looks like a formula stays a name.
func TestNothingIsAFormula(t *testing.T) {
	y := yearOf(t)
	for _, name := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1"} {
		s := season(t, y)
		s.Rows[1].Resident = name
		f := open(t, workbook(t, s, papers.English))
		found := false
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			for y, row := range rows {
				for x, cell := range row {
					at, _ := excelize.CoordinatesToCellName(x+1, y+1)
					if formula, _ := f.GetCellFormula(sheet, at); formula != "" {
						t.Errorf("%s!%s is the formula %q", sheet, at, formula)
					}
					if kind, _ := f.GetCellType(sheet, at); cell == name && kind == excelize.CellTypeSharedString {
						found = true
					}
				}
			}
		}
		if !found {
			t.Errorf("%q does not stand in the workbook as a text", name)
		}
	}
}

// All Kazakh letters arrive in the file itself.
func TestWorkbookHoldsKazakh(t *testing.T) {
	for name, d := range every(t) {
		all := strings.ToLower(unzip(t, workbook(t, d, papers.Kazakh))["xl/sharedStrings.xml"])
		for _, letter := range "әғқңөұүі" {
			if !strings.ContainsRune(all, letter) {
				t.Errorf("%s: no %c", name, letter)
			}
		}
		if kind, ok := d.(papers.Paper); ok && kind.Kind == papers.Notice && !strings.ContainsFunc(all, func(r rune) bool { return unicode.ToLower(r) == 'һ' }) {
			t.Error("no һ in a notice")
		}
	}
}

// The same paper is the same workbook. (The library lists the types of pictures in any
// order.)
func TestWorkbookIsTheSameAgain(t *testing.T) {
	for name, d := range every(t) {
		once, again := unzip(t, workbook(t, d, papers.Kazakh)), unzip(t, workbook(t, d, papers.Kazakh))
		delete(once, "[Content_Types].xml")
		delete(again, "[Content_Types].xml")
		if diff := cmp.Diff(once, again); diff != "" {
			t.Errorf("%s differs the second time:\n%s", name, diff)
		}
	}
}

func unzip(t testing.TB, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		parts[file.Name] = string(text)
	}
	return parts
}
