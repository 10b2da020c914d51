package table

import (
	"strings"

	"asue/metering"
	"asue/metering/exchange"
)

// field is what a column is about, named as in JSON.
type field string

const (
	fRecord        field = "record"
	fCondition     field = "condition"
	fResident      field = "resident"
	fNode          field = "node"
	fMedium        field = "medium"
	fFirm          field = "firm_w"
	fNonFirm       field = "non_firm_w"
	fFlow          field = "flow"
	fVoltage       field = "voltage_kv"
	fCategory      field = "category"
	fDue           field = "due"
	fMilestones    field = "milestones"
	fTechnological field = "technological_w"
	fTechFor       field = "technological_for"
	fEmergency     field = "emergency_w"
	fMonths        field = "months"
	fFrom          field = "from"
	fUntil         field = "until"   // the first moment at which it is not in force
	fThrough       field = "through" // the last day on which it is
	fBasis         field = "legal_basis"
	fDocument      field = "document"
	fIgnored       field = "-"
)

// record is what a row is about.
type record string

const (
	rCondition  record = "condition"
	rStage      record = "stage"
	rWithdraw   record = "withdraw"
	rArmour     record = "armour"
	rCommission record = "commissioned"
	rGrace      record = "grace"
)

func folded[V any](spellings map[string]V) map[string]V {
	m := map[string]V{}
	for words, v := range spellings {
		for _, w := range strings.Split(words, "|") {
			m[exchange.Heading(w)] = v
		}
	}
	return m
}

// headings by the words of the three languages. A unit behind them is read by itself.
var headings = folded(map[string]field{
	"record|вид записи|запись|жазба|жазба түрі": fRecord,
	"condition|technical condition|condition id|ту|№ ту|номер ту|технические условия|номер технических условий|тш|тш нөмірі|техникалық шарттар|техникалық шарт": fCondition,
	"resident|consumer|резидент|потребитель|абонент|тұтынушы":                                                            fResident,
	"node|feeder|узел|фидер|точка присоединения|присоединение|түйін|қосылу нүктесі":                                      fNode,
	"medium|resource|ресурс|вид ресурса|среда":                                                                           fMedium,
	"firm|firm power|power|мощность|гарантированная мощность|разрешенная мощность|қуат|кепілді қуат|рұқсат етілген қуат": fFirm,
	"non-firm|non-firm power|non_firm|негарантированная мощность|прерываемая мощность|кепілсіз қуат|үзілмелі қуат":       fNonFirm,
	"flow|расход|лимит расхода|шығын":                                                                                    fFlow,
	"voltage|напряжение|кернеу": fVoltage,
	"category|reliability category|категория|категория надежности|санат|сенімділік санаты":                                   fCategory,
	"due|due on|срок этапа|срок роста|мерзімі|кезең мерзімі":                                                                 fDue,
	"milestones|вех|вехи|число вех|кезеңдер|кезеңдер саны":                                                                   fMilestones,
	"technological armour|technological|технологическая бронь|технологическая броня|технологиялық бронь|технологиялық сауыт": fTechnological,
	"technological for|время технологической брони|технологиялық бронь уақыты":                                               fTechFor,
	"emergency armour|emergency|аварийная бронь|аварийная броня|авариялық бронь|авариялық сауыт":                             fEmergency,
	"grace|grace months|льготный срок|льготный период|жеңілдік мерзімі":                                                      fMonths,
	"from|in force from|действует с|дата начала|начало действия|қолданылады|қолданылу басы":                                  fFrom,
	"until|ends on|прекращается с|утрачивает силу с|тоқтатылады|күші жойылады":                                               fUntil,
	"valid through|through|действует по|действует по включительно|қоса алғанда дейін":                                        fThrough,
	"legal_basis|legal basis|basis|правовое основание|основание|құқықтық негіз|негіз":                                        fBasis,
	"document|paper|документ|номер и дата документа|құжат":                                                                   fDocument,
	"no|n|#|№|№ п/п|п/п|р/с|note|notes|comment|примечание|комментарий|ескерту|ескертпе|name|название|резидент название|resident name|наименование резидента|резидент атауы|node name|наименование узла|түйін атауы|author|автор|approver|подписал|қол қойды|recorded|recorded at|записано|жазылған": fIgnored,
})

// unsaid are headings that could mean two things.
var unsaid = folded(map[string]string{
	"действует до|срок действия|срок|дата окончания|окончание|valid to|valid until|to|end|жарамды|мерзімі дейін": "head it \"действует по\" (valid through) where the day itself still counts, \"прекращается с\" (ends on) where it does not",
})

var records = folded(map[string]record{
	"condition|ту|техническое условие|технические условия|техникалық шарт": rCondition,
	"stage|этап|этап роста|кезең|өсу кезеңі":                               rStage,
	"withdraw|отзыв|отозвать|прекращение|кері қайтарып алу|қайтарып алу":   rWithdraw,
	"armour|бронь|броня|сауыт":                                             rArmour,
	"commissioned|commissioning|ввод|ввод в эксплуатацию|іске қосу":        rCommission,
	"grace|льготный срок|льготный период|жеңілдік мерзімі":                 rGrace,
})

var media = folded(map[string]metering.Medium{
	"electricity|электроэнергия|электричество|электр|электр энергиясы": metering.Electricity,
	"gas|газ": metering.Gas,
	"drinking-water|drinking water|питьевая вода|ауыз су":            metering.DrinkingWater,
	"process-water|process water|техническая вода|техникалық су":     metering.ProcessWater,
	"sewage|стоки|водоотведение|канализация|кәріз|су бұру|ағынды су": metering.Sewage,
})

// unit is how a number of a column is written.
type unit struct {
	power int // of ten, from it to W, V or L
	per   string
}

var powers = folded(map[string]unit{"W|Вт": {power: 0}, "kW|кВт": {power: 3}, "MW|МВт": {power: 6}})
var voltages = folded(map[string]unit{"V|В": {power: 0}, "kV|кВ": {power: 3}})
var minutes = folded(map[string]unit{"min|мин": {}})
var flows = folded(map[string]unit{
	"m3/h|m³/h|м3/ч|м³/ч|м3/час|м³/час|м3/сағ|м³/сағ": {3, "h"}, "m3/day|m³/day|м3/сут|м³/сут|м3/сутки|м³/сутки|м3/тәул|м³/тәул|м3/тәулік|м³/тәулік": {3, "day"},
	"L/h|л/ч|л/сағ": {0, "h"}, "L/day|л/сут|л/тәул|л/тәулік": {0, "day"},
})

// unitsOf are the units of a field; none: it has no unit.
func unitsOf(f field) map[string]unit {
	switch f {
	case fFirm, fNonFirm, fTechnological, fEmergency:
		return powers
	case fVoltage:
		return voltages
	case fTechFor:
		return minutes
	case fFlow:
		return flows
	}
	return nil
}

func exampleOf(f field) string {
	switch f {
	case fVoltage:
		return "kV"
	case fTechFor:
		return "min"
	case fFlow:
		return "m3/h or m3/day"
	}
	return "kW or MW"
}
