package exchange

import (
	"strings"
	"unicode"

	"asue/metering"
)

// role is what a column of a table is.
type role uint8

const (
	roleNone role = iota
	roleStart
	roleEnd
	roleTime   // a moment; whether start or end is not said
	rolePeriod // a stretch: "00:00-00:30", or a moment
	roleDate
	rolePoint
	roleChannel
	roleValue
	roleUnit
	roleQuality
	roleIgnored
)

// headings by the words of the three languages, normalised.
var headings = func() map[string]role {
	m := map[string]role{}
	add := func(r role, words string) {
		for _, w := range strings.Split(words, "|") {
			m[normalise(w)] = r
		}
	}
	add(roleStart, "start|from|begin|beginning|interval start|start time|start_time|period start|начало|начало интервала|начало периода|дата начала|время начала|с|басы|басталуы|интервалдың басы|кезеңнің басы|басталу уақыты")
	add(roleEnd, "end|to|until|interval end|end time|end_time|period end|конец|окончание|конец интервала|окончание интервала|конец периода|дата окончания|время окончания|по|соңы|аяқталуы|интервалдың соңы|кезеңнің соңы|аяқталу уақыты")
	add(roleTime, "time|datetime|date time|date/time|date and time|timestamp|moment|время|дата/время|дата время|дата и время|дата, время|момент|метка времени|уақыт|уақыты|күні мен уақыты|күн/уақыт|күні/уақыты")
	add(rolePeriod, "period|interval|hour|hours|период|интервал|получас|час|часы|кезең|аралық|сағат")
	add(roleDate, "date|day|дата|день|сутки|число|күні|күн|тәулік")
	add(rolePoint, "point|metering point|measuring point|feeder|point_id|meter point|точка|точка учета|точка учёта|точка измерения|тиу|тп учета|присоединение|фидер|объект|код точки|код точки учета|наименование|наименование точки|наименование точки учета|наименование присоединения|нүкте|есепке алу нүктесі|есеп нүктесі|атауы|объектісі|қосылым")
	add(roleChannel, "channel|measuring channel|direction|kind|канал|канал учета|измерительный канал|направление|вид энергии|вид|арна|бағыт|энергия түрі|бағыты")
	add(roleValue, "value|energy|consumption|amount|volume|power|mean power|значение|энергия|расход|потребление|показатель|объем|электроэнергия|количество|мощность|средняя мощность|расход энергии|мәні|мән|энергиясы|тұтыну|шығын|көлемі|қуат|орташа қуат|электр энергиясы")
	add(roleUnit, "unit|units|unit of measure|ед|единица|ед. изм|ед. измерения|единица измерения|единицы|бірлік|бірлігі|өлшем бірлігі|өлш. бірл")
	add(roleQuality, "quality|grade|status|качество|статус|достоверность|признак|признак качества|сапа|сапасы|күйі|мәртебе|мәртебесі")
	add(roleIgnored, "no|n|#|№|№ п/п|п/п|номер|р/с|total|sum|итого|всего|сумма|барлығы|жиыны|note|notes|comment|примечание|комментарий|ескерту|ескертпе|method|метод|метод расчета|әдіс|әдісі|flags|признаки|белгілер|белгілері|reason|причина|себеп|себебі|version|версия|нұсқа|нұсқасы|uncertainty|неопределенность|белгісіздік|белгісіздігі|recorded|recorded at|записано|жазылған|name|point name|название|point_name")
	return m
}()

// normalise folds what people write differently: case, ё, width of spaces, line
// breaks, signs around.
func normalise(s string) string {
	s = strings.ToLower(s)
	s = strings.NewReplacer("ё", "е", "\u00a0", " ", "\u202f", " ", "\u2009", " ", "\r", " ", "\n", " ", "\t", " ", "−", "-", "–", "-", "—", "-", "‑", "-").Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	return strings.Trim(s, " .:;,*\"'«»")
}

// headingRole is what a heading names, if it names a role: the whole of it, or
// what stands before a unit, a zone or an explanation. A time that is explained as
// one of starts or of ends is one: «Дата и время (начало)».
func headingRole(text string) role {
	n := normalise(text)
	r, ok := headings[n]
	if ok {
		return r
	}
	i := strings.IndexAny(n, ",([;")
	if i <= 0 {
		return roleNone
	}
	if r = headings[normalise(n[:i])]; r != roleTime && r != rolePeriod {
		return r
	}
	for _, word := range strings.FieldsFunc(n[i:], func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch {
		case hasPrefixIn(word, "нач", "start", "begin", "бас"):
			return roleStart
		case hasPrefixIn(word, "кон", "оконч", "end", "соң", "аяқ"):
			return roleEnd
		}
	}
	return r
}

func hasPrefixIn(word string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(word, p) {
			return true
		}
	}
	return false
}

// unitIn finds a unit in a heading: behind a comma, in brackets, or as a word.
func unitIn(text string) (unit, bool) {
	if u, ok := unitOf(text); ok {
		return u, true
	}
	parts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(",()[];:\n\r\t", r) })
	for i := len(parts) - 1; i >= 0; i-- {
		if u, ok := unitOf(parts[i]); ok {
			return u, true
		}
	}
	words := strings.Fields(normalise(strings.Join(parts, " ")))
	for i := len(words) - 1; i >= 0; i-- {
		if i > 0 {
			if u, ok := unitOf(words[i-1] + words[i]); ok {
				return u, true
			}
		}
		if u, ok := unitOf(words[i]); ok && len([]rune(words[i])) > 1 {
			return u, true
		}
	}
	return unit{}, false
}

// channelTokens are names of channels that stand for themselves.
var channelTokens = map[string]metering.Channel{
	"a+": 1, "а+": 1, "ap+": 1, "wp+": 1, "1.8.0": 1, "01": 1,
	"a-": 2, "а-": 2, "ap-": 2, "wp-": 2, "2.8.0": 2, "02": 2,
	"r+": 3, "wq+": 3, "q+": 3, "3.8.0": 3, "03": 3,
	"r-": 4, "wq-": 4, "q-": 4, "4.8.0": 4, "04": 4,
	"gas": 5, "газ": 5, "drinking-water": 6, "process-water": 7, "sewage": 8, "стоки": 8, "кәріз": 8,
}

// channelOf finds the channel that a cell names, which holds nothing else.
func channelOf(text string) (metering.Channel, bool) {
	n := normalise(text)
	if ch, ok := channelTokens[n]; ok {
		return ch, true
	}
	if n = strings.TrimLeft(n, "0"); len(n) == 1 && n[0] >= '1' && n[0] <= '8' {
		return metering.Channel(n[0] - '0'), true
	}
	return channelIn(text)
}

// channelIn finds a channel in a heading that may name more.
func channelIn(text string) (metering.Channel, bool) {
	n := normalise(text)
	tokens := strings.FieldsFunc(n, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",()[];:/_", r) })
	for _, electric := range []bool{true, false} { // «Газ Сервис, A+» is about A+
		for _, token := range tokens {
			ch, ok := channelTokens[token]
			if ok && token[0] != '0' && electric == (ch <= metering.ChannelReactiveExport) {
				return ch, true
			}
		}
	}
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(n, w) {
				return true
			}
		}
		return false
	}
	out := has("отдач", "обратн", "генерац", "export", "deliver", "выдач", "беру", "кері")
	switch {
	case has("питьев", "drinking", "ауыз су"):
		return metering.ChannelDrinkingWater, true
	case has("техническая вода", "технической воды", "process water", "техникалық су"):
		return metering.ChannelProcessWater, true
	case has("водоотвед", "канализ", "sewage", "кәріз"):
		return metering.ChannelSewage, true
	case has("реактив", "reactive"):
		if out {
			return metering.ChannelReactiveExport, true
		}
		return metering.ChannelReactiveImport, true
	case has("актив", "active", "белсенді"):
		if out {
			return metering.ChannelActiveExport, true
		}
		return metering.ChannelActiveImport, true
	}
	return 0, false
}

// gradeOf reads a quality: the letter of an interval, or the status of layout
// 80020, or a word.
func gradeOf(text string) (metering.Grade, bool) {
	switch normalise(text) {
	case "a", "0", "actual", "valid", "ok", "good", "коммерческий", "достоверно", "достоверный", "измерено", "өлшенген", "жарамды", "сенімді":
		return metering.Actual, true
	case "f", "final", "окончательный", "окончательно", "түпкілікті":
		return metering.FinalGrade, true
	case "s", "1", "substitute", "substituted", "замещено", "замещенный", "некоммерческий", "недостоверно", "недостоверный", "алмастырылған", "сенімсіз":
		return metering.Substitute, true
	case "e", "estimated", "estimate", "оценка", "расчетный", "расчет", "бағаланған", "есептік":
		return metering.Estimated, true
	case "n", "null", "missing", "нет данных", "отсутствует", "деректер жоқ", "жоқ":
		return metering.Null, true
	}
	return 0, false
}

// isAbsent reports whether a cell says that there is no value.
func isAbsent(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "-", "–", "—", "−", "н/д", "нд", "нет", "нет данных", "n/a", "na", "null", "none", "nan", "#n/a", "#н/д", "жоқ", "ж/д", "x", "х":
		return true
	}
	return false
}
