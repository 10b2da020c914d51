package exchange

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// Columns that several tables have.
var (
	colPoint    = Column{"point", Words{"Точка учёта", "Есепке алу нүктесі", "Point"}, TextKind, 0}
	colName     = Column{"name", Words{"Название", "Атауы", "Name"}, TextKind, 0}
	colChannel  = Column{"channel", Words{"Канал", "Арна", "Channel"}, TextKind, 0}
	colStart    = Column{"start", Words{"Начало", "Басталуы", "Start"}, MomentKind, 0}
	colEnd      = Column{"end", Words{"Конец", "Аяқталуы", "End"}, MomentKind, 0}
	colUnit     = Column{"unit", Words{"Единица", "Бірлік", "Unit"}, TextKind, 0}
	colRecorded = Column{"recorded_at", Words{"Записано", "Жазылған", "Recorded at"}, MomentKind, 0}
)

// IntervalTable is the table of intervals. Energies are in kWh, kvarh or m3, exact
// to the watt-hour or litre; Read takes the file back in.
func IntervalTable(site *metering.Site, rows iter.Seq2[metering.Interval, error]) Table {
	name := pointNames(site)
	return Table{
		Name: "intervals", Title: Words{"Интервалы", "Интервалдар", "Intervals"}, Zone: site.Location,
		Columns: []Column{
			colPoint, colName, colChannel, colStart, colEnd,
			{"value", Words{"Значение", "Мәні", "Value"}, DecimalKind, 3}, colUnit,
			{"quality", Words{"Качество", "Сапа", "Quality"}, TextKind, 0},
			{"method", Words{"Метод", "Әдіс", "Method"}, TextKind, 0},
			{"flags", Words{"Признаки", "Белгілер", "Flags"}, TextKind, 0},
			{"uncertainty", Words{"Неопределённость", "Белгісіздік", "Uncertainty"}, DecimalKind, 3},
			{"version", Words{"Версия", "Нұсқа", "Version"}, WholeKind, 0},
			{"reason", Words{"Причина", "Себебі", "Reason"}, TextKind, 0}, colRecorded,
		},
		Rows: mapRows(rows, func(iv metering.Interval) []Value {
			unit, _ := unitFor(iv.Channel)
			energy, uncertainty := Decimal(int64(iv.Energy)), Decimal(int64(iv.Uncertainty))
			if iv.Grade == metering.Null {
				energy, uncertainty = Value{}, Value{}
			}
			return []Value{
				Text(string(iv.Point)), Text(name(iv.Point)), Text(iv.Channel.String()), Moment(iv.Start), Moment(iv.End()),
				energy, Text(unit), Text(iv.Grade.String()), Text(iv.Method.String()), Text(strings.Join(iv.Flags.Names(), " ")),
				uncertainty, Whole(int64(iv.Version)), Text(iv.Reason), Moment(iv.RecordedAt),
			}
		}),
	}
}

// RegisterRow is one reading of a register with where it was taken.
type RegisterRow struct {
	Install  metering.Install
	Serial   string
	Quantity metering.Quantity
	metering.RegisterReading
}

// RegisterTable is the table of the register readings on which intervals stand.
func RegisterTable(site *metering.Site, rows iter.Seq2[RegisterRow, error]) Table {
	return Table{
		Name: "readings", Title: Words{"Показания", "Көрсеткіштер", "Readings"}, Zone: site.Location,
		Columns: []Column{
			colPoint, {"meter", Words{"Прибор учёта", "Есептеу құралы", "Meter"}, TextKind, 0},
			{"serial", Words{"Заводской номер", "Зауыттық нөмірі", "Serial number"}, TextKind, 0},
			{"register", Words{"Регистр", "Регистр", "Register"}, TextKind, 0},
			{"time", Words{"Время", "Уақыты", "Time"}, MomentKind, 0},
			{"count", Words{"Содержимое регистра", "Регистр мазмұны", "Count"}, WholeKind, 0},
			{"step", Words{"Единиц на отсчёт", "Бір санақтағы бірлік", "Units per count"}, DecimalKind, 3}, colUnit,
			{"secondary", Words{"На вторичной стороне", "Екінші жағында", "At the secondary side"}, TextKind, 0},
			{"ct", Words{"ТТ", "ТТ", "CT"}, TextKind, 0}, {"vt", Words{"ТН", "КТ", "VT"}, TextKind, 0},
			{"took_ms", Words{"Длительность чтения, мс", "Оқу ұзақтығы, мс", "Took, ms"}, DecimalKind, 3},
		},
		Rows: mapRows(rows, func(r RegisterRow) []Value {
			return []Value{
				Text(string(r.Install.Point)), Text(string(r.Install.Meter)), Text(r.Serial), Text(r.Quantity.String()), Moment(r.At),
				Whole(r.Count.Raw), Decimal(r.Count.Step), Text(r.Quantity.Unit()), Text(yesNo(r.Count.Secondary)),
				Text(r.Install.CT.String()), Text(r.Install.VT.String()), Decimal(int64(r.Took / time.Microsecond)),
			}
		}),
	}
}

// FindingTable is the table of findings.
func FindingTable(site *metering.Site, rows iter.Seq2[metering.Finding, error]) Table {
	return Table{
		Name: "findings", Title: Words{"Замечания", "Ескертулер", "Findings"}, Zone: site.Location,
		Columns: []Column{
			{"rule", Words{"Правило", "Ереже", "Rule"}, TextKind, 0},
			{"severity", Words{"Важность", "Маңыздылығы", "Severity"}, TextKind, 0}, colPoint,
			{"node", Words{"Узел", "Түйін", "Node"}, TextKind, 0}, colChannel, colStart, colEnd,
			{"text", Words{"Описание", "Сипаттамасы", "Text"}, TextKind, 0},
			{"numbers", Words{"Числа", "Сандар", "Numbers"}, TextKind, 0},
			{"rule_set", Words{"Набор правил", "Ережелер жинағы", "Rule set"}, TextKind, 0},
			{"found_at", Words{"Найдено", "Табылған", "Found at"}, MomentKind, 0},
			{"cleared_at", Words{"Снято", "Алынған", "Cleared at"}, MomentKind, 0},
		},
		Rows: mapRows(rows, func(f metering.Finding) []Value {
			channel := Value{}
			if f.Channel != 0 {
				channel = Text(f.Channel.String())
			}
			return []Value{
				Text(f.Rule), Text(f.Severity.String()), Text(string(f.Point)), Text(string(f.Node)), channel, Moment(f.From), Moment(f.To),
				Text(f.Text), Text(numbersText(f.Numbers)), Text(f.RuleSet), Moment(f.FoundAt), Moment(f.ClearedAt),
			}
		}),
	}
}

func mapRows[T any](rows iter.Seq2[T, error], row func(T) []Value) iter.Seq2[[]Value, error] {
	return func(yield func([]Value, error) bool) {
		for v, err := range rows {
			var values []Value
			if err == nil {
				values = row(v)
			}
			if !yield(values, err) {
				return
			}
		}
	}
}

func pointNames(site *metering.Site) func(metering.PointID) string {
	names := map[metering.PointID]string{}
	for _, p := range site.Virtual {
		names[p.ID] = p.Name
	}
	for _, p := range site.Points {
		names[p.ID] = p.Name
	}
	return func(id metering.PointID) string { return names[id] }
}

func numbersText(numbers []metering.Number) string {
	var parts []string
	for _, n := range numbers {
		text := n.Name + "=" + strconv.FormatFloat(n.Value, 'g', -1, 64)
		if n.Unit != "1" && n.Unit != "" {
			text += " " + n.Unit
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// BalanceRow is the balance of one part of the network over a stretch of time.
// Energies are in Wh, percentages of what came in.
type BalanceRow struct {
	Subject, Name                        string
	From, To                             time.Time
	In, Out, OwnNeeds, Losses, Imbalance metering.Energy
	Actual, Permitted, Estimated         float64 // %
	Intervals, Expected                  int     // in the balance, and in the stretch
	Complete, Beyond                     bool
	Reason                               string
}

// BalanceTable is the table of balances. Without a complete interval there are no
// energies in a row.
func BalanceTable(zone *time.Location, rows iter.Seq2[BalanceRow, error]) Table {
	energy := func(name, ru, kk, en string) Column {
		return Column{name, Words{ru + ", кВт·ч", kk + ", кВт·сағ", en + ", kWh"}, DecimalKind, 3}
	}
	percent := func(name, ru, kk, en string) Column {
		return Column{name, Words{ru + ", %", kk + ", %", en + ", %"}, NumberKind, 3}
	}
	return Table{
		Name: "balance", Title: Words{"Баланс", "Баланс", "Balance"}, Zone: zone,
		Columns: []Column{
			{"node", Words{"Узел", "Түйін", "Node"}, TextKind, 0}, colName, colStart, colEnd,
			energy("in_kwh", "Приём", "Қабылдау", "In"), energy("out_kwh", "Отпуск", "Босату", "Out"),
			energy("own_needs_kwh", "Собственные нужды", "Өз қажеттіліктері", "Own needs"), energy("losses_kwh", "Потери", "Шығындар", "Losses"),
			energy("imbalance_kwh", "Небаланс", "Теңгерімсіздік", "Imbalance"),
			percent("actual_percent", "Небаланс фактический", "Нақты теңгерімсіздік", "Actual imbalance"),
			percent("permitted_percent", "Небаланс допустимый", "Рұқсат етілген теңгерімсіздік", "Permitted imbalance"),
			percent("estimated_percent", "Доля замещённых", "Алмастырылғандар үлесі", "Share of estimates"),
			{"intervals", Words{"Интервалов", "Интервалдар", "Intervals"}, WholeKind, 0},
			{"expected", Words{"Из них должно быть", "Болуы тиіс", "Expected"}, WholeKind, 0},
			{"complete", Words{"Полный", "Толық", "Complete"}, TextKind, 0}, {"beyond", Words{"Сверх допустимого", "Рұқсаттан тыс", "Beyond"}, TextKind, 0},
			{"reason", Words{"Причина", "Себебі", "Reason"}, TextKind, 0},
		},
		Rows: mapRows(rows, func(b BalanceRow) []Value {
			values := []Value{Text(b.Subject), Text(b.Name), Moment(b.From), Moment(b.To)}
			for _, e := range []metering.Energy{b.In, b.Out, b.OwnNeeds, b.Losses, b.Imbalance} {
				values = append(values, Decimal(int64(e)))
			}
			for _, p := range []float64{b.Actual, b.Permitted, b.Estimated} {
				values = append(values, Number(p))
			}
			if b.Intervals == 0 {
				clear(values[4:])
			}
			return append(values, Whole(int64(b.Intervals)), Whole(int64(b.Expected)), Text(yesNo(b.Complete)), Text(yesNo(b.Beyond)), Text(b.Reason))
		}),
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
