package exchange_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"asue/metering"
	"asue/metering/exchange"
)

// russianWorkbook is a workbook as Excel on a Russian computer has it: a title,
// merged headings, date cells, numbers with binary remainders, numbers typed as
// text with a comma and a wide space, a formula with its value, an error, a hidden
// sheet, a sheet that is no data, and a sheet named after its point.
func russianWorkbook(t testing.TB) *excelize.File {
	f := excelize.NewFile()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetSheetName("Sheet1", "Январь"))
	moment := "dd.mm.yyyy hh:mm"
	date, err := f.NewStyle(&excelize.Style{CustomNumFmt: &moment})
	must(err)
	set := func(sheet, at string, v any) { must(f.SetCellValue(sheet, at, v)) }
	set("Январь", "A1", "Отчёт по фидерам за январь 2026 г.")
	set("Январь", "B3", "F-1")
	must(f.MergeCell("Январь", "B3", "C3"))
	set("Январь", "D3", "Фидер 2")
	must(f.MergeCell("Январь", "D3", "E3"))
	for at, v := range map[string]string{"A4": "Дата и время (начало)", "B4": "А+, кВт·ч", "C4": "R+, квар·ч", "D4": "А+, кВт·ч", "E4": "R+, квар·ч", "F4": "Итого"} {
		set("Январь", at, v)
	}
	start := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for i := range 96 {
		row := i + 5
		at := fmt.Sprintf("A%d", row)
		set("Январь", at, start.Add(time.Duration(i)*15*time.Minute))
		must(f.SetCellStyle("Январь", at, at, date))
		set("Январь", fmt.Sprintf("B%d", row), float64(i)/10) // 0.1, 0.2, 0.30000000000000004 …
		set("Январь", fmt.Sprintf("C%d", row), 1)
		set("Январь", fmt.Sprintf("D%d", row), fmt.Sprintf("1\u00a0%03d,5", i))
		set("Январь", fmt.Sprintf("E%d", row), 0.001)
	}
	set("Январь", "A101", "Итого")
	set("Январь", "B101", 456)
	set("Январь", "C101", 96)

	_, err = f.NewSheet("F-12")
	must(err)
	for at, v := range map[string]any{"A1": "Дата", "B1": "Время", "C1": "Активная энергия, приём, МВт*ч", "A2": "31.01.2026", "B2": 0.0, "C2": 1.5, "A3": "31.01.2026", "B3": 15.0 / 1440, "C3": "#Н/Д", "A4": "31.01.2026", "B4": 0.5, "C4": 2} {
		set("F-12", at, v)
	}
	_, err = f.NewSheet("Справка")
	must(err)
	set("Справка", "A1", "Составил: Ахметова А. К.")
	_, err = f.NewSheet("Черновик")
	must(err)
	must(f.SetSheetVisible("Черновик", false))
	return f
}

const russianXLSX = "testdata/russian.xlsx"

// TestRussianWorkbook reads the fixture that -rewrite makes.
func TestRussianWorkbook(t *testing.T) {
	if *rewrite {
		f := russianWorkbook(t)
		defer f.Close()
		if err := f.SaveAs(russianXLSX); err != nil {
			t.Fatal(err)
		}
	}
	src, err := os.ReadFile(russianXLSX)
	if err != nil {
		t.Fatal(err)
	}
	options := exchange.Options{Points: exchange.PointsOf(testSite(), nil), Zone: zoneOf(t, "Asia/Aqtobe")}
	f := readBytes(t, "russian.xlsx", src, options)
	if f.Faults.Len() > 0 {
		t.Fatal(f.Faults.List)
	}
	sums := map[string]metering.Energy{}
	from, to := f.Span()
	for place, iv := range f.Between(from, to) {
		sums[fmt.Sprintf("%s %v", iv.Point, iv.Channel)] += iv.Energy
		if iv.Point == "F-12" && iv.Energy == 2_000_000 && (place.Sheet != "F-12" || place.Row != 4 || place.Column != "C" || !iv.Start.Equal(time.Date(2026, 1, 31, 7, 0, 0, 0, time.UTC))) {
			t.Errorf("%v at %v", iv, place)
		}
	}
	for key, want := range map[string]metering.Energy{"F-1 A+": 456_000, "F-1 R+": 96_000, "F-2 A+": 96*1_000_500 + 95*96/2*1000, "F-2 R+": 96, "F-12 A+": 3_500_000} {
		if sums[key] != want {
			t.Errorf("%s: %d, want %d", key, sums[key], want)
		}
	}
	said := strings.Join(f.Notes, "\n")
	for _, want := range []string{"Черновик is hidden", "Справка was left out", "not read: Итого", "labels name the start of intervals: the heading says so", "1 cells say that there is no value"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
}

// TestBombsAreRefused: what unpacks to far more than it is, what is no workbook,
// and old ones.
func TestBombsAreRefused(t *testing.T) {
	options := exchange.Options{Points: exchange.PointsOf(testSite(), nil), Zone: time.UTC}
	bomb := func(name string, n int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		zeros := make([]byte, 1<<20)
		for range n {
			if _, err := w.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	truncated, err := os.ReadFile(russianXLSX)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		src  []byte
		want string
	}{
		{bomb("xl/worksheets/sheet1.xml", 64), "unpacks to"}, {bomb("xl/styles.xml", 2), "unpacks to"},
		{[]byte("PK\x03\x04 and nothing more"), "damaged"}, {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"), ".xls"}, {nil, "empty"},
		{bomb("hello.txt", 0), "workbook"}, {truncated[:len(truncated)/2], "damaged"},
		{[]byte(strings.Repeat("a", 2<<20)), "longer than"}, {[]byte("time;\"a\n" + strings.Repeat("b;c\n", 100)), "quotation mark"}, {[]byte(strings.Repeat("a;", 3000)), "columns"},
	} {
		f, err := exchange.Read(context.Background(), "bomb", bytes.NewReader(c.src), int64(len(c.src)), options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %+v: want %q", err, f, c.want)
		}
	}
}

// TestCancelled: nobody waits any more, so nothing is read on.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var src strings.Builder
	src.WriteString("point;start;end;kWh\n")
	for range 10_000 {
		src.WriteString("F-1;31.01.2026 00:00;31.01.2026 00:15;1\n")
	}
	rows := 0
	options := exchange.Options{Points: exchange.PointsOf(testSite(), nil), Zone: time.UTC, Progress: func(n int, share float64) {
		if rows = n; share < 0 || share > 1 {
			t.Errorf("share %v", share)
		}
		cancel()
	}}
	r := strings.NewReader(src.String())
	if _, err := exchange.Read(ctx, "x", r, r.Size(), options); !errors.Is(err, context.Canceled) || rows > 5000 {
		t.Errorf("%v after %d rows", err, rows)
	}
}

// TestFaultsAreBounded: a file of faults is told in a few words and exact counts.
func TestFaultsAreBounded(t *testing.T) {
	var src strings.Builder
	src.WriteString("point;start;end;kWh\n")
	for range 5000 {
		src.WriteString("F-1;31.01.2026 00:00;31.01.2026 00:15;one\nF-9;31.01.2026 00:00;31.01.2026 00:15;1\n")
	}
	f := readBytes(t, filepath.Base("x.csv"), []byte(src.String()), exchange.Options{Points: exchange.PointsOf(testSite(), nil), Zone: time.UTC})
	if f.Faults.Len() != 10_000 || len(f.Faults.List) != 2*exchange.MostFaults || f.Faults.Counts["bad-number"] != 5000 || f.Len() != 0 {
		t.Errorf("%d faults, %d listed, %v", f.Faults.Len(), len(f.Faults.List), f.Faults.Kinds())
	}
}
