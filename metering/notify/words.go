package notify

import (
	"fmt"
	"time"

	"asue/metering/alarm"
)

// words are what messages say beside the texts of the kinds.
type words struct {
	priority map[alarm.Priority]string // sign and letter, as on the page
	event    map[What]string           // in the subject
	head     map[What]string           // before the title

	since, until, within, late, times, cause, consequence, action, at string

	overUnseen, members, demo, test, testText, unknown string

	unit [4]string // days, hours, minutes, seconds
}

var tongues = map[Lang]words{
	Russian: {
		priority: map[alarm.Priority]string{alarm.High: "▲А", alarm.Medium: "◆П", alarm.Low: "■И"},
		event:    map[What]string{Raised: "", Returned: ", вернулась в норму", Escalated: ", не квитирована в срок"},
		head:     map[What]string{Raised: "Тревога", Returned: "Тревога вернулась в норму", Escalated: "Тревогу никто не квитировал"},
		since:    "С", until: "До", within: "Ответить в течение", late: "Срок ответа истёк; он был", times: "Возникала раз", cause: "Причина", consequence: "Последствие", action: "Что делать", at: "Время",
		overUnseen: "Причины уже нет, но её никто не видел.", members: "вместо %d", demo: "Демонстрация: данные вымышлены.",
		test: "пробное сообщение", testText: "Так приходят сообщения о тревогах. Ничего делать не нужно.", unknown: "нет данных",
		unit: [4]string{"сут", "ч", "мин", "с"},
	},
	Kazakh: {
		priority: map[alarm.Priority]string{alarm.High: "▲А", alarm.Medium: "◆Е", alarm.Low: "■Х"},
		event:    map[What]string{Raised: "", Returned: ", қалыпқа келді", Escalated: ", мерзімінде расталмады"},
		head:     map[What]string{Raised: "Дабыл", Returned: "Дабыл қалыпқа келді", Escalated: "Дабылды ешкім растаған жоқ"},
		since:    "Басталуы", until: "Аяқталуы", within: "Жауап беру мерзімі", late: "Жауап беру мерзімі өтті; ол болған", times: "Пайда болған реті", cause: "Себебі", consequence: "Салдары", action: "Не істеу керек", at: "Уақыты",
		overUnseen: "Себебі жойылды, бірақ оны ешкім көрген жоқ.", members: "%d орнына", demo: "Көрсетілім: деректер ойдан шығарылған.",
		test: "сынақ хабарламасы", testText: "Дабыл туралы хабарламалар осылай келеді. Ештеңе істеудің қажеті жоқ.", unknown: "дерек жоқ",
		unit: [4]string{"тәул", "сағ", "мин", "с"},
	},
	English: {
		priority: map[alarm.Priority]string{alarm.High: "▲E", alarm.Medium: "◆W", alarm.Low: "■N"},
		event:    map[What]string{Raised: "", Returned: ", returned to normal", Escalated: ", not acknowledged in time"},
		head:     map[What]string{Raised: "Alarm", Returned: "Alarm returned to normal", Escalated: "Nobody has acknowledged the alarm"},
		since:    "Since", until: "Until", within: "Respond within", late: "Time to respond is over; it was", times: "Times it came", cause: "Cause", consequence: "Consequence", action: "What to do", at: "Time",
		overUnseen: "It is over, but nobody has seen it.", members: "for %d", demo: "Demonstration: the data are invented.",
		test: "test message", testText: "This is how messages about alarms arrive. Nothing has to be done.", unknown: "no data",
		unit: [4]string{"d", "h", "min", "s"},
	},
}

// span is a duration in its greatest whole unit.
func (w words) span(d time.Duration) string {
	for i, unit := range [...]time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= unit && d%unit == 0 {
			return fmt.Sprintf("%d %s", d/unit, w.unit[i])
		}
	}
	return fmt.Sprintf("%d %s", d/time.Second, w.unit[3])
}
