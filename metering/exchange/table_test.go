package exchange_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"asue/metering"
	"asue/metering/exchange"
)

func tableSite(t *testing.T) *metering.Site {
	site := testSite()
	site.Location = zoneOf(t, "Asia/Aqtobe")
	site.Points[1].Name = "=HYPERLINK(\"http://example\")"
	return site
}

// tableRows are an ordinary interval, one that is not known, and one whose point
// is called like a formula, when 02:00 came twice.
func tableRows() []metering.Interval {
	recorded := time.Date(2026, 1, 31, 12, 0, 1, 500_000_000, time.UTC)
	return []metering.Interval{
		{Point: "F-12", Channel: metering.ChannelActiveImport, Start: time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC), Version: 2, Energy: 1_234_567, Uncertainty: 12,
			Grade: metering.Substitute, Method: metering.MethodScaled, Flags: metering.FlagGap | metering.FlagLate, Reason: "нет показаний; с 00:00, «связь»", RecordedAt: recorded},
		{Point: "G-1", Channel: metering.ChannelGas, Start: time.Date(2026, 1, 30, 19, 0, 0, 0, time.UTC), Version: 1, Grade: metering.Null, Flags: metering.FlagProvisional, Reason: "no reading", RecordedAt: recorded},
		{Point: "F-2", Channel: metering.ChannelReactiveExport, Start: time.Date(2004, 10, 30, 20, 0, 0, 0, time.UTC), Version: 1, Energy: 5, Grade: metering.Actual, Method: metering.MethodRegister, RecordedAt: recorded},
	}
}

func TestGoldenTables(t *testing.T) {
	site := tableSite(t)
	for _, c := range []struct {
		name   string
		format exchange.Format
		lang   exchange.Lang
	}{
		{"intervals-ru.csv", exchange.CSV, exchange.Russian}, {"intervals-kk.csv", exchange.CSV, exchange.Kazakh}, {"intervals-en.csv", exchange.CSV, exchange.English},
		{"intervals.json", exchange.JSON, exchange.English}, {"intervals.jsonl", exchange.JSONLines, exchange.English},
	} {
		var out bytes.Buffer
		if err := exchange.Write(&out, exchange.IntervalTable(site, seqOf(tableRows())), c.format, c.lang); err != nil {
			t.Fatal(err)
		}
		golden(t, c.name, out.Bytes())
	}
	var out bytes.Buffer
	finding := metering.Finding{Rule: "spike", Severity: metering.Warning, Point: "F-1", Channel: 1, From: tableRows()[0].Start, To: tableRows()[0].End(),
		Numbers: []metering.Number{{Name: "highest", Value: 1500.5, Unit: "Wh"}, {Name: "ratio", Value: 2, Unit: "1"}}, Text: "=far above", RuleSet: "default 2026-01-01"}
	if err := exchange.Write(&out, exchange.FindingTable(site, seqOf([]metering.Finding{finding})), exchange.CSV, exchange.Russian); err != nil {
		t.Fatal(err)
	}
	golden(t, "findings-ru.csv", out.Bytes())
	out.Reset()
	reading := exchange.RegisterRow{Install: metering.Install{Point: "F-1", Meter: "m-1", CT: metering.Ratio{Primary: 600, Secondary: 5}}, Serial: "-017", Quantity: metering.ActiveImport,
		RegisterReading: metering.RegisterReading{At: time.Date(2026, 1, 30, 19, 0, 0, 123_000_000, time.UTC), Took: 12_500 * time.Microsecond, Count: metering.Count{Raw: 10_030, Step: 10_000, Secondary: true}}}
	if err := exchange.Write(&out, exchange.RegisterTable(site, seqOf([]exchange.RegisterRow{reading})), exchange.CSV, exchange.English); err != nil {
		t.Fatal(err)
	}
	golden(t, "readings-en.csv", out.Bytes())
}

func TestJSONIsJSON(t *testing.T) {
	site := tableSite(t)
	for _, rows := range [][]metering.Interval{nil, tableRows()[:1], tableRows()} {
		var out bytes.Buffer
		if err := exchange.Write(&out, exchange.IntervalTable(site, seqOf(rows)), exchange.JSON, exchange.Russian); err != nil {
			t.Fatal(err)
		}
		var list []map[string]any
		if err := json.Unmarshal(out.Bytes(), &list); err != nil || len(list) != len(rows) {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if len(rows) > 1 && (list[0]["value"] != 1234.567 || list[1]["value"] != nil || list[0]["start"] != "2026-01-31T00:00:00+05:00") {
			t.Errorf("%v", list)
		}
	}
}

// TestWorkbookIsTyped opens what was written: numbers are numbers, dates are dates,
// a text that looks like a formula is a text, and the headings stay in view.
func TestWorkbookIsTyped(t *testing.T) {
	site := tableSite(t)
	var out bytes.Buffer
	if err := exchange.Write(&out, exchange.IntervalTable(site, seqOf(tableRows())), exchange.XLSX, exchange.Kazakh); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cell := func(at string) (string, excelize.CellType) {
		v, err := f.GetCellValue("Интервалдар", at)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := f.GetCellType("Интервалдар", at)
		if err != nil {
			t.Fatal(err)
		}
		return v, kind
	}
	for at, want := range map[string]string{
		"A1": "Есепке алу нүктесі", "B2": "Қазақ өнімі, ЖШС", "C2": "A+", "D2": "31.01.2026 00:00", "F2": "1234.567", "H2": "S", "F3": "",
		"D4": "31.10.2004 02:00+06:00", "B4": "=HYPERLINK(\"http://example\")", "L2": "2",
	} {
		if got, _ := cell(at); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
	for _, at := range []string{"D2", "F2", "L2"} {
		if _, kind := cell(at); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber && kind != excelize.CellTypeDate {
			t.Errorf("%s is no number: %v", at, kind)
		}
	}
	if formula, err := f.GetCellFormula("Интервалдар", "B4"); err != nil || formula != "" {
		t.Errorf("B4 is a formula: %q %v", formula, err)
	}
	if panes, err := f.GetPanes("Интервалдар"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
}

// TestFailedRowsWriteNothingWhole: a failure of the ledger ends the file with its
// error.
func TestFailedRowsWriteNothingWhole(t *testing.T) {
	broken := errors.New("disk")
	rows := func(yield func(metering.Interval, error) bool) {
		if yield(tableRows()[0], nil) {
			yield(metering.Interval{}, broken)
		}
	}
	for _, format := range []exchange.Format{exchange.CSV, exchange.XLSX, exchange.JSON} {
		if err := exchange.Write(&strings.Builder{}, exchange.IntervalTable(tableSite(t), rows), format, exchange.English); !errors.Is(err, broken) {
			t.Errorf("%s: %v", format, err)
		}
	}
	if err := exchange.Write(&strings.Builder{}, exchange.IntervalTable(tableSite(t), rows), "pdf", exchange.English); err == nil {
		t.Error("pdf was written")
	}
}
