package grafana

import "time"

// Rule is one alert, in words of neither language: while its question has an answer
// that passes, longer than For, somebody is told.
type Rule struct {
	// UID is unique; Name is its form in Prometheus: letters alone.
	UID, Name string
	Title     string // Russian; {label} stands for a label's value
	Todo      string // Russian: what to do
	Why       string // English: what it means
	Ask       Ask
	When      Test
	For       time.Duration
	Priority  string // high, medium or low, as those of the alarms
	// Missed says that no answer at all is as bad as one that passes.
	Missed bool
}

// Group is rules that are looked at together.
type Group struct {
	Name, Title string
	From        Source
	Every       time.Duration
	Rules       []Rule
}

// Groups are all rules: of the samples, and of the figures of the processes. The alarms
// of asue itself (docs/alarms.md) know causes, shelves and hysteresis and go first; these
// are for whoever watches many things in one Grafana, and for the case that asue itself
// does not speak.
func Groups() []Group {
	return []Group{
		{"asue-zone", "Зона", Samples, 30 * time.Second, zoneRules()},
		{"asue-metering", "Учёт", Figures, time.Minute, meteringRules()},
		{"asue-system", "Система", Figures, time.Minute, systemRules()},
	}
}

func zoneRules() []Rule {
	return []Rule{
		{UID: "asue-limit-forecast", Name: "AsueLimitForecast", Title: "Прогноз блока выше предела", Priority: "high",
			Todo: "Открыть страницу «Смена», выбрать из предложений, что снять.",
			Why:  "The mean of the block will be above the limit if the load stays.",
			Ask:  ofLimit("projection_w", Last, percentOf(power, limit)), When: Test{">", 100}, For: time.Minute, Missed: true},
		{UID: "asue-limit-now", Name: "AsueLimitNow", Title: "Мощность зоны выше предела", Priority: "high",
			Todo: "Снять нагрузку по очереди ограничения.",
			Why:  "The power at the inputs is above the limit of the line in service.",
			Ask:  ofLimit("zone_w", Mean, percentOf(power, limit)), When: Test{">", 100}, For: 2 * time.Minute},
		{UID: "asue-limit-near", Name: "AsueLimitNear", Title: "Прогноз блока близок к пределу", Priority: "medium",
			Todo: "Предупредить резидентов с наибольшим ростом.",
			Why:  "The projection is above 95 % of the limit.",
			Ask:  ofLimit("projection_w", Last, percentOf(power, limit)), When: Test{">", 95}, For: 5 * time.Minute},
		{UID: "asue-reserve-not-ready", Name: "AsueReserveNotReady", Title: "Резерв не несёт аварийную броню", Priority: "medium",
			Todo: "Проверить состояние резервной линии; договориться, что снимать при потере питания.",
			Why:  "If the line in service tripped now, the reserve could not carry even the emergency armour, or there is none.",
			Ask:  zoneNow("network_ready").within(5 * time.Minute), When: Test{"<", 1}, For: 10 * time.Minute},
		{UID: "asue-overload", Name: "AsueOverload", Title: "Перегрузка {node}", Priority: "high",
			Todo: "Разгрузить линию или трансформатор, сверить с током по прибору.",
			Why:  "A line or transformer of the model carries more than it may at the temperature of the air.",
			Ask:  one(Samples, "network_loading_pct", Last).by("node").within(5 * time.Minute), When: Test{">", 100}, For: 5 * time.Minute},
		{UID: "asue-resident-above", Name: "AsueResidentAbove", Title: "{resident} выше разрешённой мощности", Priority: "medium",
			Todo: "Позвонить резиденту; записать в журнал.",
			Why:  "A resident draws more than its technical conditions permit, on the mean of fifteen minutes.",
			Ask:  loadOf(Mean, isNot("resident", "")).within(15 * time.Minute), When: Test{">", 100}, For: 15 * time.Minute},
		{UID: "asue-meter-faulty", Name: "AsueMeterFaulty", Title: "Прибор {meter}: данные негодны", Priority: "low",
			Todo: "Открыть доску «Качество учёта»; код качества говорит, что делать.",
			Why:  "The last word of a meter is not «good».",
			Ask:  one(Samples, "quality", Last).by("meter", "point").within(heard), When: Test{">", 0}, For: 15 * time.Minute},
	}
}

func meteringRules() []Rule {
	return []Rule{
		{UID: "asue-meter-silent", Name: "AsueMeterSilent", Title: "Прибор {meter} не отвечает", Priority: "low",
			Todo: "Проверить питание и линию связи прибора.", Why: "The meter is only probed because it does not answer.",
			Ask: last("asue_meter_breaker_open").by("meter", "line"), When: Test{">", 0}, For: 10 * time.Minute},
		{UID: "asue-meter-stranger", Name: "AsueMeterStranger", Title: "Прибор {meter} не тот, что в файле объекта", Priority: "medium",
			Todo: "Сверить номер, коэффициент и настройки с файлом объекта. До этого его данные в расчёт не идут.",
			Why:  "The meter says that it is another one, or has other ratios or settings.",
			Ask:  last("asue_meter_standing").by("meter", "line"), When: Test{">", 0}, For: 5 * time.Minute},
		{UID: "asue-meter-disagrees", Name: "AsueMeterDisagrees", Title: "Прибор {meter}: энергия и мощность расходятся", Priority: "low",
			Todo: "Проверить схему включения и коэффициент трансформации.", Why: "The energy register and the integral of power disagree.",
			Ask: last("asue_meter_energy_disagrees").by("meter", "line"), When: Test{">", 0}, For: time.Hour},
		{UID: "asue-meter-clock", Name: "AsueMeterClock", Title: "Прибор {meter}: уход часов", Priority: "low",
			Todo: "Перевести часы прибора.", Why: "The meter's clock is more than five seconds off the collector's.",
			Ask: Ask{From: Figures, By: []string{"meter", "line"}, Formula: call{"abs", name("offset")},
				Values: []Value{{As: "offset", Field: "asue_meter_clock_offset_seconds", Over: Last}}}, When: Test{">", 5}, For: 30 * time.Minute},
		{UID: "asue-line-down", Name: "AsueLineDown", Title: "Линия {line}: нет связи", Priority: "medium",
			Todo: "Проверить преобразователь и кабель линии.", Why: "A line of meters has no connection.",
			Ask: last("asue_modbus_line_down").by("line"), When: Test{">", 0}, For: 2 * time.Minute},
		{UID: "asue-line-full", Name: "AsueLineFull", Title: "Линия {line} занята почти полностью", Priority: "low",
			Todo: "Развести приборы по линиям или опрашивать реже.", Why: "More than 95 % of the line's time is taken.",
			Ask: last("asue_modbus_line_load_ratio").by("line"), When: Test{">", 0.95}, For: 15 * time.Minute},
		{UID: "asue-validation-fails", Name: "AsueValidationFails", Title: "Проверка интервалов не удаётся", Priority: "medium",
			Todo: "Посмотреть журнал программы, место на диске и реестр.", Why: "Looks at points fail and are tried again.",
			Ask: one(Figures, "asue_validation_failures_total", Growth).across(Sum).within(15 * time.Minute), When: Test{">", 0}, For: 15 * time.Minute},
		{UID: "asue-quarantine", Name: "AsueQuarantine", Title: "Пачки данных в карантине", Priority: "medium",
			Todo: "Посмотреть причину в журнале: чужой отправитель или испорченные данные.", Why: "Payloads could not be read and were put aside.",
			Ask: one(Figures, "asue_ingest_quarantined_total", Growth).across(Sum).within(time.Hour), When: Test{">", 0}},
	}
}

func systemRules() []Rule {
	return []Rule{
		{UID: "asue-silent", Name: "AsueSilent", Title: "АСУЭ не отвечает", Priority: "high",
			Todo: "Проверить службы: systemctl status 'asue*'.", Why: "No process of asue says how it is.",
			Ask: last("asue_build_info").across(Count), When: Test{"<", 1}, For: 2 * time.Minute, Missed: true},
		{UID: "asue-alarms-waiting", Name: "AsueAlarmsWaiting", Title: "Важные тревоги не квитированы", Priority: "high",
			Todo: "Открыть страницу «Тревоги».", Why: "Alarms of high priority wait for a person.",
			Ask: last("asue_alarms_unacknowledged", is("priority", "high")).across(Sum), When: Test{">", 0}, For: 5 * time.Minute},
		{UID: "asue-ingest-deaf", Name: "AsueIngestDeaf", Title: "Приём не слышит брокера", Priority: "high",
			Todo: "Проверить брокер и сеть до него. Данные ждут у коллекторов.", Why: "Ingest is not connected to the broker.",
			Ask: last("asue_ingest_connected").by("instance"), When: Test{"<", 1}, For: 2 * time.Minute},
		{UID: "asue-ingest-fails", Name: "AsueIngestFails", Title: "Реестр не принимает данные", Priority: "high",
			Todo: "Проверить место на диске и базу данных реестра.", Why: "Groups could not be committed and came again.",
			Ask: one(Figures, "asue_ingest_failures_total", Growth).across(Sum).within(10 * time.Minute), When: Test{">", 0}, For: 10 * time.Minute},
		{UID: "asue-collector-offline", Name: "AsueCollectorOffline", Title: "Коллектор {instance} без брокера", Priority: "medium",
			Todo: "Проверить связь коллектора с брокером; данные копятся у него.", Why: "A collector has no connection to the broker.",
			Ask: last("asue_delivery_online").by("instance"), When: Test{"<", 1}, For: 5 * time.Minute},
		{UID: "asue-outbox-full", Name: "AsueOutboxFull", Title: "Очередь коллектора {instance}: мало места", Priority: "high",
			Todo: "Освободить место на диске коллектора.", Why: "The volume of the outbox is short of room; telemetry may be dropped.",
			Ask: last("asue_outbox_pressure").by("instance"), When: Test{">", 0}, For: 5 * time.Minute},
		{UID: "asue-data-lost", Name: "AsueDataLost", Title: "Потеряны данные: {class}", Priority: "high",
			Todo: "Проверить диск коллектора; отметить пробел в журнале.", Why: "Batches were lost because a disk took nothing for too long.",
			Ask: one(Figures, "asue_delivery_lost_total", Growth).across(Sum).by("class").within(time.Hour), When: Test{">", 0}},
		{UID: "asue-series-failing", Name: "AsueSeriesFailing", Title: "Хранилище рядов не пишется", Priority: "medium",
			Todo: "Проверить хранилище рядов. Учёт идёт, графики отстают.", Why: "The series store cannot be written.",
			Ask: last("asue_feeder_failing").by("instance"), When: Test{">", 0}, For: 5 * time.Minute},
		{UID: "asue-series-refused", Name: "AsueSeriesRefused", Title: "Хранилище рядов отвергает значения", Priority: "low",
			Todo: "Посмотреть в журнале, какие.", Why: "The series store refuses samples for good.",
			Ask: one(Figures, "asue_feeder_bad_samples_total", Growth).across(Sum).within(time.Hour), When: Test{">", 0}},
		{UID: "asue-copy-failing", Name: "AsueCopyFailing", Title: "Копия в InfluxDB не пишется", Priority: "low",
			Todo: "Проверить InfluxDB. Через series.keep пропущенное в копию уже не попадёт.", Why: "The InfluxDB that gets a copy cannot be written.",
			Ask: last("asue_copy_failing").by("instance"), When: Test{">", 0}, For: 10 * time.Minute},
		{UID: "asue-nobody-leads", Name: "AsueNobodyLeads", Title: "Никто не ведёт баланс", Priority: "high",
			Todo: "Проверить процессы с ролью balancer и реестр.", Why: "No balancer holds the lease; nothing is proposed or commanded.",
			Ask: last("asue_balancer_leads").across(Sum), When: Test{"<", 1}, For: 2 * time.Minute},
		{UID: "asue-decisions-lost", Name: "AsueDecisionsLost", Title: "Решения не попали в аудит", Priority: "medium",
			Todo: "Проверить реестр; решения есть в журнале программы.", Why: "Entries of the balancer's journal are in its log only.",
			Ask: one(Figures, "asue_balancer_decisions_lost_total", Growth).across(Sum).within(time.Hour), When: Test{">", 0}},
		{UID: "asue-agent-deaf", Name: "AsueAgentDeaf", Title: "Агент {agent} не слышит балансировщика", Priority: "medium",
			Todo: "Проверить связь агента с брокером. Приводы держат безопасное состояние.", Why: "An agent has heard nothing valid for two minutes: limits fall back.",
			Ask: last("asue_agent_silence_seconds").by("agent"), When: Test{">", 120}, For: time.Minute},
		{UID: "asue-agent-log", Name: "AsueAgentLog", Title: "Агент {agent} не пишет журнал", Priority: "high",
			Todo: "Освободить место на диске агента: команды не исполняются.", Why: "The agent's log cannot be written, so that it carries out no command.",
			Ask: last("asue_agent_log_broken").by("agent"), When: Test{">", 0}, For: time.Minute},
		{UID: "asue-register-unreadable", Name: "AsueRegisterUnreadable", Title: "Реестр технических условий не читается", Priority: "medium",
			Todo: "Запустить asue verify.", Why: "The register cannot be read; the rights known before go on to hold.",
			Ask: last("asue_register_readable").by("instance"), When: Test{"<", 1}, For: 10 * time.Minute},
		{UID: "asue-forecast-old", Name: "AsueForecastOld", Title: "Прогноз устарел", Priority: "low",
			Todo: "Посмотреть журнал программы.", Why: "The last forecast is older than an hour; one is made each block.",
			Ask: last("asue_forecast_age_seconds").across(Most), When: Test{">", 3600}, For: 5 * time.Minute},
		{UID: "asue-network-unsolved", Name: "AsueNetworkUnsolved", Title: "Режим сети не рассчитывается", Priority: "medium",
			Todo: "Открыть страницу «Сеть»: там сказано, чего не хватает.", Why: "No power flow can be calculated.",
			Ask: last("asue_network_problem").by("instance"), When: Test{">", 0}, For: 10 * time.Minute},
	}
}
