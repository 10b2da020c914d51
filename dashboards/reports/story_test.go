package reports_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"asue/dashboards/reports"
	"asue/metering"
	"asue/metering/alarm"
	"asue/metering/balance"
	"asue/metering/demand"
)

var aktobe = time.FixedZone("Asia/Aqtobe", 5*3600)

func head(days int) reports.Head {
	from := time.Date(2026, 10, 5, 0, 0, 0, 0, aktobe)
	return reports.Head{Zone: "ИЗ «Ақтөбе» & Co <1>", Location: aktobe, Demo: true, From: from, To: from.AddDate(0, 0, days),
		Made: from.AddDate(0, 0, days).Add(10 * time.Minute), Program: "asue test"}
}

func measured(e metering.Energy) reports.Amount {
	return reports.Amount{Energy: e, State: reports.Measured}
}

// sheet is a day of two residents, of whom the second has a name that a spreadsheet would
// take for a formula, an hour that nobody knows and one that is an estimate.
func sheet() reports.DailySheet {
	d := reports.DailySheet{Head: head(1), Zones: []string{"пик", "ночь"}}
	first := reports.DailyLine{Name: "Ввод-1 110 кВ", Serial: "00417", Factor: 132_000_000, Begin: &reports.Stand{Content: 1_234_567_000_000}, End: &reports.Stand{Content: 1_236_407_000_000},
		Total: measured(242_880_000), Zones: []reports.Amount{measured(42_880_000), measured(200_000_000)}}
	second := reports.DailyLine{Name: "=HYPERLINK(\"http://x\")", Resident: "ТОО «Құрылыс-Өнім»", Total: reports.Amount{State: reports.Unknown}, Missing: 4, Estimates: 2,
		Zones: []reports.Amount{{State: reports.Unknown}, {}}}
	for h := range 24 {
		d.Hours = append(d.Hours, d.From.Add(time.Duration(h)*time.Hour))
		first.Hours = append(first.Hours, measured(10_120_000))
		amount := measured(1_234_567)
		switch h {
		case 7:
			amount = reports.Amount{State: reports.Unknown}
		case 8:
			amount.State = reports.Estimated
		}
		second.Hours = append(second.Hours, amount)
	}
	sum := second
	sum.Sum, sum.Name = reports.SumResidents, ""
	d.Lines = []reports.DailyLine{first, second, sum}
	return d
}

// all are reports of every kind.
func all() map[reports.Kind]reports.Report {
	h := head(2)
	at := h.From.Add(9 * time.Hour)
	peak := func(w metering.Power) *demand.Peak {
		return &demand.Peak{Start: at, End: at.Add(30 * time.Minute), Power: w}
	}
	row := demand.Row{Name: "ИЗ", Import: demand.Total{Energy: 480_000_000, Known: 192}, Block: demand.Maximum{Billed: peak(24_100_500)}, Sliding: demand.Maximum{Billed: peak(24_300_000)}}
	row.LoadFactor, row.UseHours = 0.8125, 19.5
	row.PowerFactor = demand.PowerFactor{Active: 1, Tan: 0.397}
	row.Zones = []demand.ZoneTotal{{Zone: "пик", Total: demand.Total{Energy: 1000, Known: 1}}, {Zone: demand.Unzoned, Total: demand.Total{Missing: 1}}}
	resident := demand.Row{Resident: "kiln-1", Name: "Керамика-1", Import: demand.Total{Known: 190, Missing: 2}, Block: demand.Maximum{Billed: peak(4_000_000), Estimate: peak(4_100_000)}}
	together := demand.Group{Coincident: demand.Maximum{Billed: peak(23_000_000)}, Factor: 0.871, Members: []demand.Member{{Name: "kiln-1", AtPeak: 3_900_000, Share: 0.17}}}
	within := balance.Result{Intervals: 192, Expected: 192, In: 1_000_000, Out: 994_000, Imbalance: 6000, ActualPercent: 0.6, PermittedPercent: 0.72, Complete: true}
	beyond := within
	beyond.Imbalance, beyond.ActualPercent, beyond.Beyond, beyond.Alarming = -52_000, -5.2, true, true
	rise := alarm.Transition{ID: "power-limit/zone", Kind: "power-limit", Subject: "zone", Priority: "high", At: at, From: alarm.Normal, To: alarm.Unacknowledged, Announced: true}
	kinds := []alarm.Definition{{Kind: "power-limit", Texts: map[string]alarm.Text{"ru": {Title: "Лимит превышен"}, "kk": {Title: "Шектен асты"}, "en": {Title: "Limit exceeded"}}}}
	figures := alarm.Figures{Announced: 1, PerHour: 0.0208, Worst: []alarm.Count{{Alarm: rise.ID, Times: 1}}, Answered: 1}
	profile := reports.LoadProfile{Head: h, Minutes: 30, Columns: []string{"", "Керамика-1"}, Totals: []reports.Amount{measured(480_000_000), {State: reports.Unknown}}}
	for i := range 96 {
		profile.Rows = append(profile.Rows, reports.ProfileRow{Start: h.From.Add(time.Duration(i) * 30 * time.Minute), Amounts: []reports.Amount{measured(5_000_000), {Energy: 250_300, State: reports.Estimated}}})
	}
	return map[reports.Kind]reports.Report{
		reports.Daily:   sheet(),
		reports.Profile: profile,
		reports.Balance: reports.BalanceSheet{Head: h, Report: balance.Report{Balances: []balance.Entry{
			{Subject: balance.Subject{ID: balance.Zone}, Total: within, Days: []balance.Day{{From: h.From, Complete: true}, {From: h.From.AddDate(0, 0, 1)}}},
			{Subject: balance.Subject{ID: "s10-1", Name: "1 СШ 10 кВ"}, Total: beyond, Culprits: []balance.Culprit{{Point: "f-12", Channel: "A+", Score: 0.93}}},
			{Subject: balance.Subject{ID: "s10-2"}, Total: balance.Result{Expected: 192}},
		}}},
		reports.Peaks:  reports.PeakSheet{Head: h, Report: demand.Report{Minutes: 30, Zone: row, Residents: []demand.Row{resident}, Together: together}, Declared: map[metering.ResidentID]metering.Power{"kiln-1": 5_000_000}},
		reports.Alarms: reports.AlarmSheet{Head: h, Figures: figures, Transitions: []alarm.Transition{rise}, Kinds: kinds},
	}
}

func written(t testing.TB, r reports.Report, format reports.Format, lang reports.Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Write(&b, r, format, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every report can be had in every format and language, and says the same twice.
func TestEveryReport(t *testing.T) {
	list := all()
	for _, kind := range reports.Kinds() {
		for _, lang := range reports.Langs() {
			for _, format := range []reports.Format{reports.HTML, reports.CSV} {
				text := written(t, list[kind], format, lang)
				if text != written(t, list[kind], format, lang) {
					t.Errorf("%s as %s in %s: two times, two texts", kind, format, lang)
				}
				if strings.Contains(text, "{n}") || strings.Contains(text, "%!") {
					t.Errorf("%s as %s in %s has a hole", kind, format, lang)
				}
			}
			page := written(t, list[kind], reports.HTML, lang)
			for _, foreign := range []string{"<script", "http:", "https:", "src=", "url("} {
				if strings.Contains(strings.ReplaceAll(page, `=HYPERLINK(&#34;http://x&#34;)`, ""), foreign) {
					t.Errorf("%s in %s fetches or runs something: %s", kind, lang, foreign)
				}
			}
			f, err := excelize.OpenReader(strings.NewReader(written(t, list[kind], reports.XLSX, lang)))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.GetSheetList()) == 0 {
				t.Errorf("%s in %s: no sheet", kind, lang)
			}
			_ = f.Close()
		}
	}
}

// What a metrologist checks on the daily sheet as CSV.
func TestDailyCSV(t *testing.T) {
	ru := strings.Split(written(t, sheet(), reports.CSV, reports.Russian), "\r\n")
	for i, want := range []string{
		"\ufeffТочка учёта;Резидент;Счётчик №;Показание на 00:00, кВт·ч;Показание на 24:00, кВт·ч;Коэф.;Энергия, кВт·ч;пик, кВт·ч;ночь, кВт·ч;Оценок;Нет данных",
		"Ввод-1 110 кВ;;00417;1234567;1236407;132000;242880;42880;200000;0;0",
		`"'=HYPERLINK(""http://x"")";ТОО «Құрылыс-Өнім»;;;;;;;;2;4`,
		"Резиденты, всего;ТОО «Құрылыс-Өнім»;;;;;;;;2;4",
		"",
	} {
		if ru[i] != want {
			t.Errorf("line %d\n got %s\nwant %s", i+1, ru[i], want)
		}
	}
	if hours := strings.Split(ru[7], ";"); len(hours) != 25 || hours[7] != "1234,567" || hours[8] != "" || hours[9] != "1234,567" {
		t.Errorf("hours: %v", hours)
	}
	if en := written(t, sheet(), reports.CSV, reports.English); !strings.HasPrefix(en, "Metering point,Resident,") || !strings.Contains(en, ",1234.567,,1234.567,") {
		t.Errorf("English:\n%s", en)
	}
}

// In the workbook a number is a number, an estimate has its asterisk in the format, what
// is not known is an empty cell, and a formula is a text.
func TestDailyXLSX(t *testing.T) {
	f, err := excelize.OpenReader(strings.NewReader(written(t, sheet(), reports.XLSX, reports.Kazakh)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := strings.Join(f.GetSheetList(), "|"); got != "Көрсеткіштер және энергия|Сағаттар бойынша энергия, кВт·с" {
		t.Errorf("sheets: %s", got)
	}
	name := f.GetSheetList()[0]
	rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	top := 0
	for i, row := range rows {
		if len(row) > 0 && row[0] == "Есепке алу нүктесі" {
			top = i
		}
	}
	if top == 0 || rows[0][0] != "ДЕМО — деректер ойдан шығарылған" {
		t.Fatalf("no headings, or no mark: %v", rows)
	}
	if got := rows[top+1]; got[3] != "1234567" || got[5] != "132000" || got[6] != "242880" {
		t.Errorf("first line: %v", got)
	}
	at := "A" + strconv.Itoa(top+3)
	if formula, _ := f.GetCellFormula(name, at); formula != "" || rows[top+2][0] != `=HYPERLINK("http://x")` {
		t.Errorf("a name became the formula %q", formula)
	}
	if kind, _ := f.GetCellType(name, "G"+strconv.Itoa(top+2)); kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
		t.Error("an energy is a text")
	}
	hours := f.GetSheetList()[1]
	looks := func(column string) (value, format string) {
		at := column + strconv.Itoa(top+3)
		value, err := f.GetCellValue(hours, at, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		id, err := f.GetCellStyle(hours, at)
		if err != nil {
			t.Fatal(err)
		}
		if look, err := f.GetStyle(id); err == nil && look.CustomNumFmt != nil {
			format = *look.CustomNumFmt
		}
		return value, format
	}
	for column, want := range map[string][2]string{"H": {"1234.567", "#,##0.000"}, "I": {}, "J": {"1234.567", `#,##0.000"*"`}} {
		if v, format := looks(column); v != want[0] || format != want[1] {
			t.Errorf("hour in column %s: %q as %q, want %v", column, v, format, want)
		}
	}
}

// On paper an estimate has an asterisk, what is not known is a dash, numbers are rounded
// by the reader's language, and what others have written is text.
func TestPaper(t *testing.T) {
	ru := written(t, sheet(), reports.HTML, reports.Russian)
	for _, want := range []string{
		"ДЕМО — данные вымышлены", "<td class=\"n\">1\u00a0234,6*</td>", "<td class=\"n\">—</td>", "<td class=\"n\">242\u00a0880,0</td>", "<td class=\"n\">132\u00a0000</td>",
		"ИЗ «Ақтөбе» &amp; Co &lt;1&gt;", "ТОО «Құрылыс-Өнім»", "<th scope=\"col\">23:00–24:00</th>", "05.10.2026", "UTC&#43;05:00", "<html lang=\"ru\">",
	} {
		if !strings.Contains(ru, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if n := strings.Count(ru, "<table>"); n != 3 {
		t.Errorf("%d tables: want the readings, and the hours in two halves", n)
	}
	if en := written(t, sheet(), reports.HTML, reports.English); !strings.Contains(en, "1,234.6*") || !strings.Contains(en, "Residents, total") {
		t.Error("English is not English")
	}
}

func TestVerdictsAndFigures(t *testing.T) {
	list := all()
	b := written(t, list[reports.Balance], reports.CSV, reports.Russian)
	for _, want := range []string{"Зона в целом;1000;994;0;0;6;0,6;0,72;192 из 192;в допуске", "1 СШ 10 кВ;1000;994;0;0;-52;-5,2;0,72;192 из 192;ВНЕ ДОПУСКА", "s10-2;;;;;;;;0 из 192;неизвестен", "1 СШ 10 кВ;f-12;A+;0,93", "Зона в целом;06.10.2026;"} {
		if !strings.Contains(b, want) {
			t.Errorf("balance has no %q:\n%s", want, b)
		}
	}
	p := written(t, list[reports.Peaks], reports.CSV, reports.English)
	for _, want := range []string{"Керамика-1,5000,4000,05.10.2026 09:00,,4100,3900,17,,0,0,,0,2", "The whole zone,,24100.5,05.10.2026 09:00,24300,,,,480000,0.8125,19.5,0.397,0,0", "in no zone"} {
		if !strings.Contains(p, want) {
			t.Errorf("peaks have no %q:\n%s", want, p)
		}
	}
	if a := written(t, list[reports.Alarms], reports.CSV, reports.Kazakh); !strings.Contains(a, "05.10.2026 09:00;апаттық;Шектен асты;zone") {
		t.Errorf("alarms:\n%s", a)
	}
	profile := strings.Split(written(t, list[reports.Profile], reports.CSV, reports.Russian), "\r\n")
	if len(profile) != 99 || profile[0] != "\ufeffДата;Время;Зона в целом;Керамика-1" || profile[1] != "05.10.2026;00:00–00:30;10000;500,6" || profile[96] != "06.10.2026;23:30–24:00;10000;500,6" || profile[97] != "Итого;кВт·ч;480000;" {
		t.Errorf("profile: %d lines, %q, %q, %q", len(profile), profile[1], profile[96], profile[97])
	}
}

func TestWrongUse(t *testing.T) {
	for _, err := range []error{
		reports.Write(&bytes.Buffer{}, sheet(), "pdf", reports.Russian),
		reports.Write(&bytes.Buffer{}, sheet(), reports.HTML, "de"),
		reports.Write(&bytes.Buffer{}, reports.DailySheet{}, reports.HTML, reports.Russian),
	} {
		if err == nil {
			t.Error("wrong use is not refused")
		}
	}
}
