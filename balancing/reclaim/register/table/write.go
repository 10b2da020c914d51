package table

import (
	"io"
	"iter"
	"math"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"
	"asue/metering/exchange"
)

// Columns of the register as it is written. Read takes them back in.
var columns = func() []exchange.Column {
	words := func(ru, kk, en string) exchange.Words { return exchange.Words{RU: ru, KK: kk, EN: en} }
	text := func(name, ru, kk, en string) exchange.Column {
		return exchange.Column{Name: name, Title: words(ru, kk, en), Kind: exchange.TextKind}
	}
	decimal := func(name string, places int, ru, kk, en string) exchange.Column {
		return exchange.Column{Name: name, Title: words(ru, kk, en), Kind: exchange.DecimalKind, Places: places}
	}
	whole := func(name, ru, kk, en string) exchange.Column {
		return exchange.Column{Name: name, Title: words(ru, kk, en), Kind: exchange.WholeKind}
	}
	when := func(name, ru, kk, en string) exchange.Column {
		return exchange.Column{Name: name, Title: words(ru, kk, en), Kind: exchange.MomentKind}
	}
	return []exchange.Column{
		text("record", "Вид записи", "Жазба түрі", "Record"), text("condition", "Номер ТУ", "ТШ нөмірі", "Condition"),
		text("resident", "Резидент", "Тұтынушы", "Resident"), text("resident name", "Наименование резидента", "Резидент атауы", "Resident name"),
		text("node", "Узел", "Түйін", "Node"), text("node name", "Наименование узла", "Түйін атауы", "Node name"),
		text("medium", "Ресурс", "Ресурс", "Medium"),
		decimal("firm, kW", 3, "Мощность, кВт", "Қуат, кВт", "Firm, kW"),
		decimal("non-firm, kW", 3, "Негарантированная мощность, кВт", "Кепілсіз қуат, кВт", "Non-firm, kW"),
		decimal("flow, m3/h", 3, "Расход, м³/ч", "Шығын, м³/сағ", "Flow, m3/h"), decimal("flow, m3/day", 3, "Расход, м³/сут", "Шығын, м³/тәул", "Flow, m3/day"),
		decimal("voltage, kV", 6, "Напряжение, кВ", "Кернеу, кВ", "Voltage, kV"), whole("category", "Категория", "Санат", "Category"),
		when("due", "Срок этапа", "Кезең мерзімі", "Due"), whole("milestones", "Вехи", "Кезеңдер саны", "Milestones"),
		decimal("technological, kW", 3, "Технологическая бронь, кВт", "Технологиялық бронь, кВт", "Technological armour, kW"),
		whole("technological for, min", "Время технологической брони, мин", "Технологиялық бронь уақыты, мин", "Technological for, min"),
		decimal("emergency, kW", 3, "Аварийная бронь, кВт", "Авариялық бронь, кВт", "Emergency armour, kW"),
		whole("grace", "Льготный срок", "Жеңілдік мерзімі", "Grace months"),
		when("from", "Действует с", "Қолданылу басы", "From"), when("until", "Прекращается с", "Тоқтатылады", "Ends on"),
		text("legal_basis", "Правовое основание", "Құқықтық негіз", "Legal basis"), text("document", "Документ", "Құжат", "Document"),
	}
}()

// Write writes what is in force at a time: the conditions with their stages, the
// armours, and of all residents since when they draw and their grace. Read and Plan find
// nothing in it that the register does not say, except of what is finer than a second or
// a thousandth of a volt.
func Write(w io.Writer, site *metering.Site, r *register.Register, at time.Time, format exchange.Format, lang exchange.Lang) error {
	return exchange.Write(w, exchange.Table{
		Name: "register", Title: exchange.Words{RU: "Технические условия", KK: "Техникалық шарттар", EN: "Technical conditions"},
		Columns: columns, Zone: site.Location, Rows: writer{site, r, lang}.rows(at),
	}, format, lang)
}

type writer struct {
	site *metering.Site
	r    *register.Register
	lang exchange.Lang
}

// What records and media are called. Read knows these words, too.
var (
	recordWords = map[record]exchange.Words{
		rCondition: {RU: "ТУ", KK: "техникалық шарт", EN: string(rCondition)}, rStage: {RU: "этап роста", KK: "өсу кезеңі", EN: string(rStage)},
		rArmour: {RU: "бронь", KK: "бронь", EN: string(rArmour)}, rCommission: {RU: "ввод", KK: "іске қосу", EN: string(rCommission)},
		rGrace: {RU: "льготный срок", KK: "жеңілдік мерзімі", EN: string(rGrace)},
	}
	mediumWords = map[metering.Medium]exchange.Words{
		metering.Electricity: {RU: "электроэнергия", KK: "электр энергиясы", EN: string(metering.Electricity)}, metering.Gas: {RU: "газ", KK: "газ", EN: string(metering.Gas)},
		metering.DrinkingWater: {RU: "питьевая вода", KK: "ауыз су", EN: string(metering.DrinkingWater)},
		metering.ProcessWater:  {RU: "техническая вода", KK: "техникалық су", EN: string(metering.ProcessWater)},
		metering.Sewage:        {RU: "водоотведение", KK: "су бұру", EN: string(metering.Sewage)},
	}
)

// line is a row that is written, by the names of the columns.
type line map[string]exchange.Value

func (w writer) rows(at time.Time) iter.Seq2[[]exchange.Value, error] {
	return func(yield func([]exchange.Value, error) bool) {
		for _, l := range w.lines(at) {
			values := make([]exchange.Value, len(columns))
			for i, c := range columns {
				values[i] = l[c.Name]
			}
			if !yield(values, nil) {
				return
			}
		}
	}
}

func (w writer) lines(at time.Time) []line {
	var list []line
	for _, v := range w.r.At(at) {
		list = append(list, w.condition(v))
		for _, s := range v.Stages {
			l := w.begin(rStage, v.Resident)
			l["condition"], l["firm, kW"] = exchange.Text(v.Condition), kilo(s.Power)
			l["due"], l["milestones"], l["document"] = exchange.Moment(s.Due), exchange.Whole(int64(s.Milestones)), exchange.Text(s.Document)
			list = append(list, l)
		}
	}
	for _, a := range w.r.Armours() {
		if !a.At(at) {
			continue
		}
		l := w.begin(rArmour, a.Resident)
		l["technological, kW"], l["emergency, kW"] = kilo(a.Technological), kilo(a.Emergency)
		if a.TechnologicalFor > 0 {
			l["technological for, min"] = exchange.Whole(int64(a.TechnologicalFor / time.Minute))
		}
		l["from"], l["until"], l["document"] = exchange.Moment(a.From), exchange.Moment(a.ValidTo), exchange.Text(a.Act)
		list = append(list, l)
	}
	for _, res := range w.site.Residents {
		of := w.r.Of(res.ID)
		if !of.Commissioned.IsZero() {
			l := w.begin(rCommission, res.ID)
			l["from"] = exchange.Moment(of.Commissioned)
			list = append(list, l)
		}
		if of.GraceMonths != nil {
			l := w.begin(rGrace, res.ID)
			l["grace"], l["document"] = exchange.Whole(int64(*of.GraceMonths)), exchange.Text(of.GraceBy)
			list = append(list, l)
		}
	}
	return list
}

func (w writer) begin(what record, resident metering.ResidentID) line {
	l := line{"record": exchange.Text(recordWords[what].In(w.lang)), "resident": exchange.Text(string(resident))}
	if res, ok := w.site.Resident(resident); ok {
		l["resident name"] = exchange.Text(res.Name)
	}
	return l
}

func (w writer) condition(v register.Version) line {
	l := w.begin(rCondition, v.Resident)
	l["condition"], l["node"], l["medium"] = exchange.Text(v.Condition), exchange.Text(string(v.Node)), exchange.Text(mediumWords[v.MediumOf()].In(w.lang))
	if n, ok := w.site.Topology.Node(v.Node); ok {
		l["node name"] = exchange.Text(n.Name)
	}
	if v.MediumOf() == metering.Electricity {
		l["firm, kW"] = kilo(v.Firm)
	}
	if v.NonFirm > 0 {
		l["non-firm, kW"] = kilo(v.NonFirm)
	}
	if v.Flow != nil {
		name := map[time.Duration]string{time.Hour: "flow, m3/h", 24 * time.Hour: "flow, m3/day"}[v.Flow.Per]
		l[name] = exchange.Decimal(int64(v.Flow.Litres))
	}
	if v.Voltage != 0 {
		l["voltage, kV"] = exchange.Decimal(int64(math.Round(v.Voltage * 1e6)))
	}
	if v.Category != 0 {
		l["category"] = exchange.Whole(int64(v.Category))
	}
	l["from"], l["until"] = exchange.Moment(v.From), exchange.Moment(v.Until)
	l["legal_basis"], l["document"] = exchange.Text(v.Basis), exchange.Text(v.Document)
	return l
}

// kilo is a power in the thousandths of a kilowatt that the columns have.
func kilo(p metering.Power) exchange.Value { return exchange.Decimal(int64(p)) }
