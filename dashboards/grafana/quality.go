package grafana

import (
	"time"

	"asue/metering"
	"asue/metering/feeder"
)

// heard is how long a meter may be silent before its quality no longer counts: twice
// the heartbeat of the quality series, and a read.
const heard = 3 * time.Minute

// quality is the board of the metrologist and of whoever mends meters: who does not
// answer, whose data may not be billed, what is late, what was refused.
func quality() Board {
	return Board{
		UID: "asue-quality", Title: "Качество учёта", Range: day, Refresh: time.Minute,
		Why: "Quality of metering: meters that are faulty or silent, intervals, validation, clocks, identity.",
		Rows: []Row{
			{"Приборы сейчас", []Panel{
				figures("Приборы учёта", "Heard within a day, heard within three minutes, and of these with good data.", "none",
					Line{"за сутки", meters(day)}, Line{"отвечают", meters(heard)}, Line{"исправны", good(heard)}).wide(12),
				figure("Не исправны", "Meters whose last word within three minutes is not «good».", "none",
					meters(heard).keep("!=", 0)).wide(4).from(quiet, Threshold{1, amber}).orEmpty("0"),
				figure("Каналов ждут проверки", "Channels of points with intervals that the rules have not looked at yet.", "none",
					one(Figures, "asue_validation_waiting", Last).across(Sum)).wide(4),
				figure("Проверено до", "Everything before this time is validated.", "dateTimeFromNow",
					thousand("asue_validation_up_to_seconds", Last).across(Least)).wide(4).orEmpty("ещё ничего не проверено"),
				table("Неисправные приборы", "Meters whose last word is not «good»; the code says what to do (docs/metering.md).", "none",
					one(Samples, feeder.QualityField, Last).by("meter", "point", "resident").keep("!=", 0).within(heard)).words(qualityWords()...).orEmpty("неисправных приборов нет"),
				table("Замолчавшие приборы", "Meters that are only probed because they do not answer.", "none",
					one(Figures, "asue_meter_breaker_open", Last).by("meter", "line").keep("=", 1)).orEmpty("все приборы отвечают"),
				curves("Приборы по качеству данных", "How many meters have which quality.", "none", byQuality()...).stacked().every(2 * time.Minute),
				table("Последний ответ", "When each meter answered last; the oldest first.", "dateTimeFromNow",
					thousand("asue_meter_last_success_timestamp_seconds", Last).by("meter", "line")),
			}},
			{"Интервалы", []Panel{
				curves("Интервалов за 15 минут", "How many points have an interval of active import with a value.", "none",
					Line{"точек", intervals(first)}).columns(metering.BasePeriod).fromZero(),
				curves("Исправленных интервалов", "Intervals with a second version: late data, estimates, acts.", "none",
					Line{"версия 2", Ask{From: Samples, PromQL: `count(last_over_time(asue_interval_wh{rev="2"}[15m]))`,
						Why: "InfluxDB has the latest version alone"}}).columns(metering.BasePeriod).orEmpty("исправлений нет"),
				curves("Проверка интервалов", "Intervals that the rules looked at, and versions that they made, per second.", "cps",
					Line{"проверено", rate("asue_validation_intervals_total")}, Line{"изменено", rate("asue_validation_changes_total")},
					Line{"неудачно", rate("asue_validation_failures_total")}),
				curves("Показания, не вошедшие в интервалы", "Readings that were refused, by kind, per second.", "cps",
					Line{"{kind}", rate("asue_ingest_refused_readings_total").by("kind")}).orEmpty("отказов не было"),
			}},
			{"Подлинность и часы", []Panel{
				table("Кто говорит не то", "What the meter says of itself: 7 other transformer ratio, 10 another meter, 11 other settings. Its data are billed by nobody.", "none",
					one(Figures, "asue_meter_standing", Last).by("meter", "line").keep("!=", 0)).words(qualityWords()...).orEmpty("все приборы те, что в файле объекта"),
				table("Энергия и мощность расходятся", "The energy register and the integral of power disagree: wiring, ratio or a fault.", "none",
					one(Figures, "asue_meter_energy_disagrees", Last).by("meter", "line").keep("=", 1)).orEmpty("расхождений нет"),
				curves("Уход часов приборов", "The meter's clock against the collector's.", "s",
					Line{"{meter}", one(Figures, "asue_meter_clock_offset_seconds", Last).by("meter")}).from(quiet, Threshold{5, amber}).orEmpty("приборы не сообщают время"),
				curves("Замены и невозможные показания", "Since each collector began: another serial number answered; a counter could not be.", "none",
					Line{"замены", one(Figures, "asue_meter_exchanges_total", Last).across(Sum)},
					Line{"невозможные", one(Figures, "asue_meter_implausible_counters_total", Last).across(Sum)}),
			}},
			{"Опрос", []Panel{
				curves("Неудачные запросы к приборам", "Failures and time-outs of each meter, per second.", "cps",
					Line{"{meter}", one(Figures, "asue_meter_requests_total", Rate, isNot("result", "ok")).across(Sum).by("meter").passes(">", 0)}).orEmpty("все запросы удались"),
				curves("Прочитано из архивов приборов", "Records that were read back after an outage, per second.", "cps",
					Line{"записей", rate("asue_meter_archive_records_total")}),
			}},
		},
	}
}

// meters counts the meters that were heard within a time.
func meters(within time.Duration) Ask {
	return one(Samples, feeder.QualityField, Last).across(Count).within(within)
}

func good(within time.Duration) Ask { return meters(within).keep("=", float64(metering.Good)) }

// byQuality counts the meters of each quality.
func byQuality() []Line {
	var lines []Line
	for n := metering.Good; n <= metering.Misconfigured; n++ {
		lines = append(lines, Line{n.String(), one(Samples, feeder.QualityField, Last).across(Count).keep("=", float64(n)).held(2 * time.Minute)})
	}
	return lines
}

// intervals counts the points that have an interval at each start.
func intervals(where ...Match) Ask {
	return one(Samples, feeder.IntervalField, Last, append([]Match{is("channel", metering.ChannelActiveImport.String())}, where...)...).
		across(Count).held(metering.BasePeriod)
}

// rate is a counter of all processes together, per second.
func rate(metric string) Ask { return one(Figures, metric, Rate).across(Sum) }

// thousand is a time in seconds as Grafana wants it, in milliseconds.
func thousand(metric string, over Fold) Ask {
	a := one(Figures, metric, over)
	a.Values[0].As, a.Formula = "at", times(constant(1000), name("at"))
	return a
}
