package grafana

import "time"

// system is the board of whoever runs the installation: are the processes there, does
// data flow, what is piling up, who leads.
func system() Board {
	return Board{
		UID: "asue-system", Title: "Система", Range: 6 * time.Hour, Refresh: 30 * time.Second,
		Why: "The processes themselves: alarms, lines, delivery, stores, balancer, agents, memory and processor.",
		Marks: []Mark{
			{"Линия связи потеряна", last("asue_modbus_line_down").across(Most).by("line").passes(">", 0), amber, "нет связи: {line}"},
		},
		Rows: []Row{
			{"Тревоги", []Panel{
				figures("Тревоги", "Alarms that are so, by priority.", "none",
					Line{"{priority}", last("asue_alarms_active").across(Sum).by("priority")}).wide(8),
				figures("Не квитированы", "Alarms that nobody has acknowledged, by priority.", "none",
					Line{"{priority}", last("asue_alarms_unacknowledged").across(Sum).by("priority")}).wide(8).from(quiet, Threshold{1, amber}),
				figure("Скрыты", "Alarms that are shelved, suppressed or out of service.", "none", last("asue_alarms_hidden").across(Sum)).wide(4),
				figure("Процессы", "Processes that say how they are.", "none", last("asue_build_info").across(Count)).wide(4),
				curves("Тревоги по приоритету", "Alarms that are so.", "none", Line{"{priority}", last("asue_alarms_active").across(Sum).by("priority")}).stacked().every(time.Minute),
				curves("Неквитированные тревоги", "Alarms that wait for a person.", "none", Line{"{priority}", last("asue_alarms_unacknowledged").across(Sum).by("priority")}).stacked().every(time.Minute),
			}},
			{"Линии и опрос", []Panel{
				figure("Линий без связи", "Lines that have no connection now.", "none", last("asue_modbus_line_down").across(Sum)).wide(6).from(quiet, Threshold{1, red}),
				figure("Приборов не отвечает", "Meters that are only probed.", "none", last("asue_meter_breaker_open").across(Sum)).wide(6).from(quiet, Threshold{1, amber}),
				figure("Загрузка самой занятой линии", "Part of the line's time that is taken: near 1 the line has no room for another meter.", "percentunit",
					last("asue_modbus_line_load_ratio").across(Most)).wide(6).from(quiet, Threshold{0.8, amber}, Threshold{0.95, red}),
				figure("Пропущено опросов за час", "Reads left out because they were late by more than their period.", "none",
					one(Figures, "asue_collector_overruns_total", Growth).across(Sum).within(time.Hour)).wide(6).from(quiet, Threshold{1, amber}),
				curves("Загрузка линий", "Part of each line's time that is taken.", "percentunit", Line{"{line}", last("asue_modbus_line_load_ratio").by("line")}),
				curves("Запросы по результату", "Transactions of all lines per second.", "cps",
					Line{"{result}", rate("asue_modbus_requests_total").by("result")}),
				curves("Среднее время ответа", "Time of one transaction of each line, over the width of a step.", "s", Line{"{line}", meanOf("asue_modbus_response_seconds").by("line")}),
				curves("Среднее опоздание опроса", "How late reads began.", "s", Line{"{line}", meanOf("asue_collector_schedule_lag_seconds").by("line")}),
			}},
			{"Доставка и хранилища", []Panel{
				figure("Коллектор на связи", "1 while there is a connection to the broker, of all collectors the worst.", "none",
					last("asue_delivery_online").across(Least)).wide(4).yes("да", "нет"),
				figure("Приём на связи", "1 while ingest hears the broker.", "none", last("asue_ingest_connected").across(Least)).wide(4).yes("да", "нет"),
				figure("Хранилище рядов", "1 while the built-in store answers.", "none", last("asue_series_store_running").across(Least)).wide(4).yes("работает", "нет").
					orEmpty("хранилище вне программы"),
				figure("Место в очереди", "How short of room the volume of the outbox is.", "none", last("asue_outbox_pressure").across(Most)).wide(4).
					words(Word{0, "есть", quiet}, Word{1, "мало", amber}, Word{2, "нет", red}),
				figure("Карантин за сутки", "Payloads that could not be read and were put aside.", "none",
					one(Figures, "asue_ingest_quarantined_total", Growth).across(Sum).within(day)).wide(4).from(quiet, Threshold{1, amber}),
				figure("Потеряно пачек", "Batches lost because a disk took nothing for too long, since the start.", "none",
					last("asue_delivery_lost_total").across(Sum)).wide(4).from(quiet, Threshold{1, red}),
				curves("Ждут подтверждения", "Batches that the ledger does not have yet.", "none", Line{"{instance}", last("asue_outbox_backlog_batches").across(Sum).by("instance")}).fromZero(),
				curves("Приём", "Batches and intervals that the ledger took, per second.", "cps",
					Line{"пачки", rate("asue_ingest_batches_total")}, Line{"интервалы", rate("asue_ingest_intervals_total")}, Line{"неудачи", rate("asue_ingest_failures_total")}),
				curves("Запись рядов", "Samples that went to the series store, per second; those that it refused or that failed.", "cps",
					Line{"записано", rate("asue_feeder_samples_total")}, Line{"отвергнуто", rate("asue_feeder_bad_samples_total")}, Line{"неудачи", rate("asue_feeder_failures_total")}),
				curves("Копия в InfluxDB", "Samples that went to the InfluxDB that gets a copy, per second; those that it refused or that failed.", "cps",
					Line{"записано", rate("asue_copy_samples_total")}, Line{"отвергнуто", rate("asue_copy_bad_samples_total")}, Line{"неудачи", rate("asue_copy_failures_total")}).
					orEmpty("копии нет: series.influxdb не задан"),
				curves("Брокер", "Messages of the embedded broker per second.", "cps",
					Line{"принято", rate("asue_broker_messages_received_total")}, Line{"отдано", rate("asue_broker_messages_sent_total")}, Line{"не отдано", rate("asue_broker_messages_dropped_total")}).
					orEmpty("брокер вне программы"),
			}},
			{"Управление", []Panel{
				figure("Кто-то ведёт", "Balancers that hold the lease: exactly one should.", "none", last("asue_balancer_leads").across(Sum)).wide(6).from(red, Threshold{1, quiet}, Threshold{2, red}),
				figure("Молчание для агентов", "How long the worst agent has heard nothing valid of a balancer.", "s", last("asue_agent_silence_seconds").across(Most)).wide(6).
					from(quiet, Threshold{30, amber}, Threshold{120, red}).orEmpty("агентов нет"),
				figure("Журналы агентов", "1 while an agent cannot write its log and carries out no command.", "none", last("asue_agent_log_broken").across(Most)).wide(6).
					words(Word{0, "пишутся", quiet}, Word{1, "не пишутся", red}).orEmpty("агентов нет"),
				figure("Срок управления", "Term of the lease; it rises with every change of the leader.", "none", last("asue_balancer_term").across(Most)).wide(6),
				curves("Сообщения агентам", "Sent, not sent in time, and withheld because the lease was lost, per second.", "cps",
					Line{"отправлено", rate("asue_balancer_messages_sent_total")}, Line{"не отправлено", rate("asue_balancer_messages_unsent_total")}, Line{"удержано", rate("asue_balancer_messages_withheld_total")}),
				curves("Отказы агентов", "Messages and commands that agents refused, by reason, per second.", "cps",
					Line{"{code}", rate("asue_agent_refused_total").by("code")}).orEmpty("отказов не было"),
				curves("Возраст расчётов", "Age of the last forecast and of the last state of the network.", "s",
					Line{"прогноз", last("asue_forecast_age_seconds").across(Most)}, Line{"сеть", last("asue_network_age_seconds").across(Most)}),
				curves("Приводы без связи", "Actuators whose state is not known.", "none",
					Line{"приводов", last("asue_actuator_readable").keep("=", 0).across(Count)}).orEmpty("все приводы на связи"),
			}},
			{"Процессы", []Panel{
				curves("Процессор", "Cores that each process uses.", "none", Line{"{instance}", one(Figures, "process_cpu_seconds_total", Rate).across(Sum).by("instance")}),
				curves("Память", "Resident memory of each process; the built-in series store is a process of its own.", "bytes",
					Line{"{instance}", last("process_resident_memory_bytes").across(Sum).by("instance")}).fromZero(),
				curves("Горутины", "A number that only grows is a leak.", "none", Line{"{instance}", last("go_goroutines").across(Sum).by("instance")}),
				table("Версии", "What runs where.", "none", last("asue_build_info").by("instance", "version", "go")),
			}},
		},
	}
}

func last(metric string, where ...Match) Ask { return one(Figures, metric, Last, where...) }

// meanOf is the mean of a histogram over a step.
func meanOf(metric string) Ask {
	return Ask{From: Figures, Formula: ratio(name("sum"), name("count")), Values: []Value{
		{As: "sum", Field: metric + "_sum", Over: Rate, Across: Sum}, {As: "count", Field: metric + "_count", Over: Rate, Across: Sum},
	}}
}
