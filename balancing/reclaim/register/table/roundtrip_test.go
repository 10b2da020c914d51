package table_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/register"
	"asue/balancing/reclaim/register/table"
	"asue/metering"
	"asue/metering/exchange"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// words are texts as people write them, and as those do who mean harm.
func words(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{"No. 7", "Приказ № 12; от 1 марта", `Акт "7"`, "=HYPERLINK(\"http://x\")", "+7 701", "-1", "@SUM(A1)", "'=1", "''+2", "'кавычка",
		"две\nстроки", "Ә, ө, ү, ұ, қ, ғ, ң, һ, і", "1,500", "2026-01-01"}).Draw(t, label)
}

// drawn is a register to which random acts were done.
func drawn(t *rapid.T) *register.Register {
	r, err := register.Open(zone())
	if err != nil {
		t.Fatal(err)
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "acts") {
		a := register.Act{Kind: rapid.SampledFrom([]register.Kind{register.Issue, register.Issue, register.Change, register.Armour, register.Commission, register.Grace}).Draw(t, "kind"),
			Resident: rapid.SampledFrom([]metering.ResidentID{"kiln", "mill"}).Draw(t, "resident"), Basis: words(t, "basis"), Document: words(t, "document"),
			From: day("2026-01-01").AddDate(0, 0, rapid.IntRange(0, 300).Draw(t, "from")).Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "by day")) * 37 * time.Second)}
		switch a.Kind {
		case register.Issue, register.Change:
			a.Condition = fmt.Sprintf("n-%d", i)
			if a.Kind == register.Change {
				a.Condition = map[metering.ResidentID]string{"kiln": "tu-1", "mill": "tu-2"}[a.Resident]
			}
			a.Terms = drawTerms(t, a)
		case register.Armour:
			a.Protected = &register.Protected{Emergency: metering.Power(rapid.IntRange(1, 400_000).Draw(t, "emergency"))}
			if rapid.Bool().Draw(t, "technological") {
				a.Protected.Technological, a.Protected.TechnologicalFor = a.Protected.Emergency+7, 90*time.Minute
			}
			if rapid.Bool().Draw(t, "ends") {
				a.Protected.Until = a.From.AddDate(1, 0, 0)
			}
		case register.Grace:
			a.Months = rapid.IntRange(0, 24).Draw(t, "months")
		}
		if next, err := r.With(a); err == nil {
			r = next
		}
	}
	return r
}

func drawTerms(t *rapid.T, a register.Act) *register.Terms {
	terms := &register.Terms{Node: rapid.SampledFrom([]metering.NodeID{"f-1", "f-2", "s-10"}).Draw(t, "node")}
	if rapid.Bool().Draw(t, "ends") {
		terms.Until = a.From.AddDate(2, 0, 0)
	}
	if a.Kind == register.Issue && rapid.IntRange(0, 3).Draw(t, "medium") == 0 {
		terms.Medium = rapid.SampledFrom(metering.Media()[1:]).Draw(t, "of")
		terms.Flow = &register.Flow{Litres: metering.Energy(rapid.IntRange(1, 5_000_000).Draw(t, "litres")), Per: rapid.SampledFrom([]time.Duration{time.Hour, 24 * time.Hour}).Draw(t, "per")}
		return terms
	}
	terms.Firm, terms.NonFirm = metering.Power(rapid.IntRange(600_000, 9_000_000).Draw(t, "firm")), metering.Power(rapid.IntRange(0, 3).Draw(t, "non-firm"))*100*kW
	terms.Voltage = rapid.SampledFrom([]float64{0, 0.22, 0.38, 0.4, 0.66, 6.3, 10, 10.5, 35, 110, 0.123457}).Draw(t, "voltage")
	terms.Category = metering.Category(rapid.IntRange(0, 3).Draw(t, "category"))
	for i := range rapid.IntRange(0, 2).Draw(t, "stages") {
		terms.Stages = append(terms.Stages, register.Stage{Power: metering.Power(i+1) * 50 * kW, Due: a.From.AddDate(1+i, 0, 0), Milestones: 1 + i, Document: words(t, "stage")})
	}
	return terms
}

// TestWrittenIsRead: what was written says nothing that the register does not, in every
// form and language, and nothing of it is missing.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawn(t)
		at := day("2026-01-01").AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "at"))
		format := rapid.SampledFrom([]exchange.Format{exchange.CSV, exchange.CSV, exchange.XLSX}).Draw(t, "format")
		lang := rapid.SampledFrom([]exchange.Lang{exchange.Russian, exchange.Kazakh, exchange.English}).Draw(t, "language")
		var file bytes.Buffer
		if err := table.Write(&file, zone(), r, at, format, lang); err != nil {
			t.Fatal(err)
		}
		f, err := table.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), zone())
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Faults) > 0 {
			t.Fatalf("%v\n%s", f.Faults, file.String())
		}
		p := f.Plan(r, table.Defaults{From: at, Document: "Order 7", Basis: "law 5"})
		for _, s := range p.Steps {
			t.Errorf("%+v: %+v", s.Act, s.Changes)
		}
		if len(p.Faults) > 0 {
			t.Error(p.Faults)
		}
		for _, v := range p.Missing {
			if v.Holds(at) {
				t.Errorf("%s is in force and missing", v.Condition)
			}
		}
		if t.Failed() && format == exchange.CSV {
			t.Fatal(file.String())
		}
		// A register that knows nothing yet comes to the same conditions by it. Armours are
		// left out: one may be older than what is left of the conditions.
		f.Rows = slices.DeleteFunc(f.Rows, func(row table.Row) bool { return row.Act.Kind == register.Armour })
		empty, err := register.Open(&metering.Site{Location: aqtobe, Topology: zone().Topology, Residents: zone().Residents})
		if err != nil {
			t.Fatal(err)
		}
		anew := f.Plan(empty, table.Defaults{From: at, Document: "Order 7", Basis: "law 5"})
		if len(anew.Faults) > 0 {
			t.Fatal(anew.Faults)
		}
		next, err := empty.With(anew.Acts()...)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := len(next.At(at)), len(r.At(at)); got != want {
			t.Fatalf("%d conditions of %d", got, want)
		}
		for i, v := range next.At(at) {
			is, was := v.Terms, r.At(at)[i].Terms
			if fmt.Sprint(is.Node, is.Medium, is.Firm, is.NonFirm, is.Voltage, is.Category, is.Until, len(is.Stages)) !=
				fmt.Sprint(was.Node, was.Medium, was.Firm, was.NonFirm, was.Voltage, was.Category, was.Until.Truncate(time.Second), len(was.Stages)) {
				t.Fatalf("%+v\nwas %+v", is, was)
			}
		}
	})
}

// TestNoFormula: no cell of a spreadsheet is a formula, whatever people call their papers.
func TestNoFormula(t *testing.T) {
	site := zone()
	for i, harm := range []string{"=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1"} {
		site.Conditions[i%2].Document = harm
		r, err := register.Open(site)
		if err != nil {
			t.Fatal(err)
		}
		var csv, xlsx bytes.Buffer
		if err := table.Write(&csv, site, r, day("2026-07-01"), exchange.CSV, exchange.Russian); err != nil {
			t.Fatal(err)
		}
		for _, row := range strings.Split(csv.String(), "\r\n") {
			if cells := strings.Split(row, ";"); strings.HasPrefix(strings.Trim(cells[len(cells)-1], `"`), harm[:1]) {
				t.Errorf("CSV: %q", row)
			}
		}
		if err := table.Write(&xlsx, site, r, day("2026-07-01"), exchange.XLSX, exchange.Russian); err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(&xlsx)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := book.GetRows(book.GetSheetList()[0])
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for y, row := range rows {
			for x, cell := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				formula, err := book.GetCellFormula(book.GetSheetList()[0], at)
				if err != nil || formula != "" {
					t.Errorf("%s holds the formula %q, %v", at, formula, err)
				}
				seen = seen || strings.TrimSpace(cell) == strings.TrimSpace(harm)
			}
		}
		if !seen {
			t.Errorf("%q is nowhere in the workbook", harm)
		}
	}
}
