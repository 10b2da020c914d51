package grafana

import (
	"time"

	"asue/metering"
	"asue/metering/feeder"
)

// day is the shortest range over which a resident's habits show.
const day = 24 * time.Hour

// resident is the board of one resident: what it draws against what it may draw, its
// points, its energy, the quality of its supply and of its data.
func resident() Board {
	return Board{
		UID: "asue-resident", Title: "Резидент", Range: day, Refresh: 30 * time.Second, Resident: true,
		Why: "One resident: power against what its technical conditions permit, its points of metering, energy, voltage.",
		Marks: []Mark{
			{"Выше разрешённой мощности", Ask{From: Samples, Where: []Match{chosen}, By: []string{"resident"}, Values: loadOf(Mean).Values,
				Formula: minus(power, limit), Window: metering.BasePeriod, Held: true}.passes(">", 0), red, "{resident} выше разрешённой мощности"},
		},
		Rows: []Row{
			{"Сейчас", []Panel{
				figure("Мощность", "Sum of the resident's points.", "watt", residents("p_w", Mean, chosen)).wide(4),
				figure("Разрешено", "What its technical conditions permit now, at all its nodes together.", "watt", allowed()).wide(4),
				share("Загрузка разрешённой мощности", "Power as per cent of what is permitted.", loadOf(Mean, chosen)).wide(4),
				figure("Наибольшая за сутки", "The greatest of the last day, of the points' own greatest values: an upper bound.", "watt",
					residents("p_w", Most, chosen).within(day)).wide(4),
				figure("Коэффициент мощности", "P / √(P² + Q²) of the points together.", "none", powerFactor(Mean, chosen)).wide(4),
				figure("Энергия за сутки", "Sum of the intervals of the last 24 hours, in their first version.", "watth",
					one(Samples, feeder.IntervalField, Sum, is("channel", metering.ChannelActiveImport.String()), chosen, first).across(Sum).by("resident").within(day)).wide(4),
			}},
			{"Мощность", []Panel{
				curves("Мощность и разрешённая мощность", "Sum of the points against what the technical conditions permit.", "watt",
					Line{"мощность", residents("p_w", Mean, chosen)}, Line{"разрешено", allowed()}).limit("разрешено").fromZero().wide(24).every(time.Minute),
				curves("Мощность по точкам учёта", "Each point of the resident.", "watt",
					Line{"{point}", one(Samples, "p_w", Mean, chosen).across(Sum).by("point")}).stacked(),
				curves("Прогноз и факт", "One block ahead with its band of 80 %, against the mean of each 15 minutes.", "watt",
					Line{"факт, среднее 15 мин", residents("p_w", Mean, chosen).held(metering.BasePeriod)},
					Line{"на блок вперёд", spoken("forecast_w", chosen).by("resident")},
					Line{"нижняя граница", spoken("forecast_low_w", chosen).by("resident")},
					Line{"верхняя граница", spoken("forecast_high_w", chosen).by("resident")}).every(metering.BasePeriod),
				curves("Реактивная мощность", "Sum of the points; positive is inductive.", "voltampreact",
					Line{"реактивная", residents("q_var", Mean, chosen)}),
				curves("Коэффициент мощности", "P / √(P² + Q²) of the points together.", "none", Line{"cos φ", powerFactor(Mean, chosen)}),
			}},
			{"Энергия и объёмы", []Panel{
				energy("Энергия за 15 минут", "Active import, in the latest version of each interval.", chosen).fromZero(),
				curves("Газ, вода и стоки за 15 минут", "Volume of each interval by channel, in litres.", "litre",
					Line{"{channel}", Ask{From: Samples, Where: []Match{chosen}, By: []string{"channel"}, Versions: true, Window: metering.BasePeriod, Held: true,
						Values: []Value{{Field: feeder.VolumeField, Over: Last, Across: Sum}}}}).columns(metering.BasePeriod).
					orEmpty("у резидента нет учёта газа и воды"),
			}},
			{"Электроснабжение", []Panel{
				curves("Линейные напряжения", "From phase A to B at each point.", "volt", Line{"{point}", one(Samples, "u_ab_v", Mean, chosen).by("point")}),
				curves("Токи фаз", "Each phase at each point.", "amp",
					Line{"{point} A", one(Samples, "i_a_a", Mean, chosen).by("point")},
					Line{"{point} B", one(Samples, "i_b_a", Mean, chosen).by("point")},
					Line{"{point} C", one(Samples, "i_c_a", Mean, chosen).by("point")}),
				curves("Гармоники напряжения", "Total harmonic distortion of phase A.", "percent", Line{"{point}", one(Samples, "thd_u_a_pct", Mean, chosen).by("point")}).
					orEmpty("приборы резидента не измеряют гармоники"),
				table("Приборы учёта", "The last word of each meter about itself, within three minutes.", "none",
					one(Samples, feeder.QualityField, Last, chosen).by("point", "meter").within(3*time.Minute)).words(qualityWords()...),
			}},
		},
	}
}

// first is the first version of an interval. InfluxDB keeps no version and no label.
var first = matches("rev", "1?")

// allowed is what the chosen residents may draw.
func allowed() Ask {
	return residents("allowed_w", Last, chosen)
}
