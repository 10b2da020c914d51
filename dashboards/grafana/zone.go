package grafana

import (
	"time"

	"asue/metering"
	"asue/metering/feeder"
)

// ofZone are the samples of the zone as a whole.
var ofZone = is("point", string(feeder.ZonePoint))

func zoneNow(field string) Ask { return one(Samples, field, Last, ofZone) }

// zoneCurve is what the balancer says every second or so.
func zoneCurve(field string) Ask { return one(Samples, field, Mean, ofZone) }

// spoken is what is said about each block of 15 minutes, stamped with its start.
func spoken(field string, where ...Match) Ask {
	return one(Samples, field, Last, where...).held(4 * metering.BasePeriod)
}

// ofLimit is the zone's limit and another field of the zone, by a formula of both.
func ofLimit(field string, over Fold, f Formula) Ask {
	return Ask{From: Samples, Where: []Match{ofZone}, Formula: f, Values: []Value{
		{As: "limit", Field: "limit_w", Over: over}, {As: "power", Field: field, Over: over},
	}}
}

var (
	limit = name("limit")
	power = name("power")
)

// chosen are the residents that are chosen at the top of the board.
var chosen = matches("resident", "$resident")

// residents is a field of the points of residents, summed by resident.
func residents(field string, over Fold, where ...Match) Ask {
	return one(Samples, field, over, where...).across(Sum).by("resident")
}

// zone is the board of the zone as a whole: is it under its limit, what is ahead, how
// does the network stand, who draws how much.
func zone() Board {
	return Board{
		UID: "asue-zone", Title: "Зона", Range: 6 * time.Hour, Refresh: 10 * time.Second, Resident: true, Several: true,
		Why: "The zone as a whole: power against the limit, what is ahead, the network, who draws how much.",
		Marks: []Mark{
			{"Прогноз выше предела", ofLimit("projection_w", Last, minus(power, limit)).passes(">", 0), red, "прогноз блока выше предела"},
			{"Неквитированные тревоги", one(Figures, "asue_alarms_unacknowledged", Last).across(Sum).by("priority").passes(">", 0), amber, "не квитировано: {priority}"},
		},
		Rows: []Row{
			{"Предел", []Panel{
				figure("Сейчас", "Power of the zone at its inputs.", "watt", zoneNow("zone_w")).wide(4),
				figure("Среднее блока", "Mean power since the block of 15 minutes began.", "watt", zoneNow("block_mean_w")).wide(4),
				figure("Прогноз блока", "Mean of the whole block if the load stays.", "watt", zoneNow("projection_w")).wide(4),
				figure("Предел", "Declared power of the feeding line, or a lower one that is in force.", "watt", zoneNow("limit_w")).wide(4),
				figure("Запас", "Limit less projection; negative is an excess.", "watt", ofLimit("projection_w", Last, minus(limit, power))).wide(4).
					from(red, Threshold{0, amber}, Threshold{1e6, quiet}),
				share("Загрузка предела", "Projection as per cent of the limit.", ofLimit("projection_w", Last, percentOf(power, limit))).wide(4),
				curves("Мощность зоны и предел", "Now, block mean and projection against the limit.", "watt",
					Line{"мощность", zoneCurve("zone_w")}, Line{"среднее блока", zoneCurve("block_mean_w")},
					Line{"прогноз блока", zoneCurve("projection_w")}, Line{"предел", zoneCurve("limit_w")}).
					limit("предел").fromZero().wide(24),
			}},
			{"Прогноз", []Panel{
				curves("Прогноз и факт", "One block ahead with its band of 80 %, and a day ahead, against the power at the inputs.", "watt",
					Line{"факт, среднее 15 мин", one(Samples, "zone_w", Mean, ofZone).held(metering.BasePeriod)},
					Line{"на блок вперёд", spoken("forecast_w", ofZone)},
					Line{"нижняя граница", spoken("forecast_low_w", ofZone)},
					Line{"верхняя граница", spoken("forecast_high_w", ofZone)},
					Line{"за сутки", spoken("forecast_day_w", ofZone)}).every(metering.BasePeriod),
				curves("Прогноз по резидентам", "One block ahead.", "watt",
					Line{"{resident}", spoken("forecast_w", chosen).across(Sum).by("resident")}).every(metering.BasePeriod),
			}},
			{"Сеть по модели", []Panel{
				figure("Готовность резерва", "2: the reserve carries the technological armour of all; 1: the emergency one only; 0: not even that, or there is none.", "none",
					zoneNow("network_ready").within(5*time.Minute)).wide(6).
					words(Word{0, "не несёт", red}, Word{1, "аварийная броня", amber}, Word{2, "технологическая броня", quiet}),
				figure("Предел резерва", "What the reserve could carry if the line in service tripped now.", "watt", zoneNow("network_backup_w").within(5*time.Minute)).wide(6),
				figure("Снять при потере линии", "Load that would have to go then.", "watt", zoneNow("network_shed_w").within(5*time.Minute)).wide(6),
				figure("Потери сейчас", "In lines and transformers of the model.", "watt", zoneNow("network_loss_w").within(5*time.Minute)).wide(6),
				curves("Загрузка линий и трансформаторов", "Current over what is permitted at the temperature of the air; of transformers the worst winding over its rated current.", "percent",
					Line{"{node}", one(Samples, "network_loading_pct", Mean).by("node")}).from(quiet, Threshold{100, red}).every(time.Minute),
				curves("Напряжения по модели", "Live buses, phase to phase.", "kvolt", Line{"{node}", one(Samples, "network_kv", Mean).by("node")}).every(time.Minute),
				curves("Готовность к потере линии", "Load, limit of the reserve, and what would have to go.", "watt",
					Line{"нагрузка", zoneCurve("zone_w")}, Line{"предел резерва", zoneCurve("network_backup_w")}, Line{"снять", zoneCurve("network_shed_w")}).
					limit("предел резерва").every(time.Minute),
				curves("Технические потери", "By the model, in lines and transformers.", "watt", Line{"потери", zoneCurve("network_loss_w")}).every(time.Minute).fromZero(),
			}},
			{"Резиденты", []Panel{
				ranks("Самые нагруженные", "The fifteen residents that draw most now.", "watt", "{resident}",
					residents("p_w", Mean, isNot("resident", "")).top(15)),
				ranks("Ближе всех к разрешённой мощности", "Power of now as per cent of what the technical conditions permit.", "percent", "{resident}",
					loadOf(Mean, isNot("resident", "")).top(15)).from(calm, Threshold{95, amber}, Threshold{100, red}),
				curves("Мощность резидентов", "Sum of a resident's points.", "watt", Line{"{resident}", residents("p_w", Mean, chosen)}),
				energy("Энергия за 15 минут", "Active import by resident, in the latest version of each interval.", chosen).stacked(),
				curves("Коэффициент мощности", "P / √(P² + Q²) of a resident's points together.", "none",
					Line{"{resident}", powerFactor(Mean, chosen)}),
				curves("Напряжения секций", "From phase A to B, at points of no resident.", "volt",
					Line{"{node}", one(Samples, "u_ab_v", Mean, is("resident", "")).across(Mean).by("node")}),
			}},
		},
	}
}

// loadOf is the power of residents as per cent of what they may draw.
func loadOf(over Fold, where ...Match) Ask {
	return Ask{From: Samples, Where: where, By: []string{"resident"}, Formula: percentOf(power, limit), Values: []Value{
		{As: "power", Field: "p_w", Over: over, Across: Sum}, {As: "limit", Field: "allowed_w", Over: Last, Across: Sum},
	}}
}

func powerFactor(over Fold, where ...Match) Ask {
	p, q := name("p"), name("q")
	return Ask{From: Samples, Where: where, By: []string{"resident"}, Formula: ratio(p, call{"sqrt", plus(times(p, p), times(q, q))}), Values: []Value{
		{As: "p", Field: "p_w", Over: over, Across: Sum}, {As: "q", Field: "q_var", Over: over, Across: Sum},
	}}
}

// energy is the energy of each interval of 15 minutes. InfluxDB has the latest version
// of an interval alone, the series store each as a series of its own.
func energy(title, why string, where ...Match) Panel {
	a := one(Samples, feeder.IntervalField, Last, append([]Match{is("channel", metering.ChannelActiveImport.String())}, where...)...).
		across(Sum).by("resident").held(metering.BasePeriod)
	a.Versions = true
	return curves(title, why, "watth", Line{"{resident}", a}).columns(metering.BasePeriod)
}
