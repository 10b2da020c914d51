package dashboards

import (
	"fmt"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"asue/metering"
)

// zone is the dashboard of the zone as a whole: is it under its limit, who draws
// how much, which meters are silent.
func zone() *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder("Зона / Zone").
		Uid("asue-zone").
		Description("АСУЭ: мощность зоны и предел, резиденты, энергия за 15 минут, качество данных / Zone power and limit, residents, energy, data quality").
		Tags([]string{"asue"}).
		Time("now-6h", "now").Refresh("10s").Timezone("browser").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Readonly().
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Источник / Source").Type("prometheus")).
		WithVariable(dashboard.NewQueryVariableBuilder("resident").Label("Резидент / Resident").
			Datasource(source()).Query(dashboard.StringOrMap{String: cog.ToPtr(`label_values(asue_p_w{resident!=""}, resident)`)}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).
			Multi(true).IncludeAll(true).AllValue(".+").
			Current(dashboard.VariableOption{
				Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
				Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
			})).
		WithRow(dashboard.NewRowBuilder("Предел / Limit")).
		WithPanel(number("Сейчас / Now", "Мощность зоны по вводам / Power of the zone at its inputs", "watt",
			query{`asue_zone_w{point="zone"}`, ""})).
		WithPanel(number("Среднее блока / Block mean", "Средняя мощность с начала 15-минутного блока / Mean power since the block began", "watt",
			query{`asue_block_mean_w{point="zone"}`, ""})).
		WithPanel(number("Прогноз блока / Projection", "Средняя за блок, если нагрузка останется прежней / Block mean if the load stays", "watt",
			query{`asue_projection_w{point="zone"}`, ""})).
		WithPanel(number("Предел / Limit", "Разрешённая мощность питающей линии / Declared power of the feeding line", "watt",
			query{`asue_limit_w{point="zone"}`, ""})).
		WithPanel(number("Запас / Headroom", "Предел минус прогноз; отрицательный — превышение / Limit less projection; negative is an excess", "watt",
			query{`asue_limit_w{point="zone"} - on(point) asue_projection_w{point="zone"}`, ""}).
			Thresholds(steps(red, step{0, amber}, step{1e6, quiet}))).
		WithPanel(number("Счётчики без данных / Meters without data", "Отвечают с ошибкой или замолчали за последние сутки / Faulty, or silent within a day", "none",
			query{`count(last_over_time(asue_quality[1d]) unless (last_over_time(asue_quality[3m]) == 0)) or vector(0)`, ""}).
			Thresholds(steps(quiet, step{1, amber}))).
		WithPanel(limitLine(curves("Мощность зоны и предел / Zone power and limit",
			"Мгновенная, средняя блока и прогноз против предела / Now, block mean and projection against the limit", "watt",
			query{`asue_zone_w{point="zone"}`, "мощность / power"},
			query{`asue_block_mean_w{point="zone"}`, "среднее блока / block mean"},
			query{`asue_projection_w{point="zone"}`, "прогноз / projection"},
			query{`asue_limit_w{point="zone"}`, limitName},
		), limitName).Span(24).AxisSoftMin(0)).
		WithRow(dashboard.NewRowBuilder("Прогноз / Forecast")).
		WithPanel(curves("Прогноз и факт / Forecast and fact",
			"Прогноз на блок вперёд с полосой 80 % и прогноз за сутки против мощности по вводам / One block ahead with its band of 80 %, and a day ahead, against the power at the inputs", "watt",
			query{`avg_over_time(asue_zone_w{point="zone"}[15m])`, "факт, среднее 15 мин / fact, mean of 15 min"},
			query{`last_over_time(asue_forecast_w{point="zone"}[1h])`, "на блок вперёд / one block ahead"},
			query{`last_over_time(asue_forecast_low_w{point="zone"}[1h])`, "нижняя граница / low"},
			query{`last_over_time(asue_forecast_high_w{point="zone"}[1h])`, "верхняя граница / high"},
			query{`last_over_time(asue_forecast_day_w{point="zone"}[1h])`, "за сутки / a day ahead"})).
		WithPanel(curves("Прогноз по резидентам / Forecast by resident", "На блок вперёд / One block ahead", "watt",
			query{`sum by (resident) (last_over_time(asue_forecast_w{resident=~"$resident"}[1h]))`, "{{resident}}"})).
		WithRow(dashboard.NewRowBuilder("Сеть по модели / Network by the model")).
		WithPanel(number("Готовность / Readiness", "2 — резерв несёт технологическую броню всех, 1 — только аварийную, 0 — и её не несёт или резерва нет / 2: the reserve carries the technological armour of all, 1: the emergency one only, 0: not even that, or there is none", "none",
			query{`last_over_time(asue_network_ready{point="zone"}[5m])`, ""}).
			Thresholds(steps(red, step{1, amber}, step{2, quiet}))).
		WithPanel(number("Предел резерва / Limit of the reserve", "Сколько понесёт резерв, если питающая линия отключится сейчас / What the reserve could carry if the line in service tripped now", "watt",
			query{`last_over_time(asue_network_backup_w{point="zone"}[5m])`, ""})).
		WithPanel(number("Снять при потере линии / To be shed then", "Сколько нагрузки придётся снять / Load that would have to go", "watt",
			query{`last_over_time(asue_network_shed_w{point="zone"}[5m])`, ""})).
		WithPanel(number("Потери сейчас / Losses now", "В линиях и трансформаторах модели / In lines and transformers of the model", "watt",
			query{`last_over_time(asue_network_loss_w{point="zone"}[5m])`, ""})).
		WithPanel(curves("Напряжения по модели / Voltages by the model", "Шины под напряжением, линейные / Live buses, phase to phase", "kvolt",
			query{`asue_network_kv`, "{{node}}"})).
		WithPanel(curves("Загрузка линий и трансформаторов / Loading of lines and transformers", "Ток к допустимому при температуре воздуха, у трансформаторов — худшая обмотка к номинальному / Current over what is permitted at the temperature of the air; of transformers the worst winding over its rated one", "percent",
			query{`asue_network_loading_pct`, "{{node}}"})).
		WithPanel(curves("Технические потери / Technical losses", "По модели, в линиях и трансформаторах / By the model, in lines and transformers", "watt",
			query{`asue_network_loss_w{point="zone"}`, "потери / losses"})).
		WithPanel(curves("Готовность к потере линии / Readiness for the loss of the line", "Нагрузка, предел резерва и сколько снять / Load, limit of the reserve, and what would have to go", "watt",
			query{`asue_zone_w{point="zone"}`, "нагрузка / load"},
			query{`asue_network_backup_w{point="zone"}`, "предел резерва / limit of the reserve"},
			query{`asue_network_shed_w{point="zone"}`, "снять / to be shed"})).
		WithRow(dashboard.NewRowBuilder("Резиденты / Residents")).
		WithPanel(bars("Самые нагруженные / Top load", "Пятнадцать резидентов с наибольшей мощностью сейчас / The fifteen largest now", "watt",
			query{`topk(15, sum by (resident) (avg_over_time(asue_p_w{resident!=""}[1m])))`, "{{resident}}"})).
		WithPanel(curves("Мощность резидентов / Power by resident", "Сумма точек учёта резидента / Sum of a resident's points", "watt",
			query{`sum by (resident) (asue_p_w{resident=~"$resident"})`, "{{resident}}"})).
		WithPanel(curves("Энергия за 15 минут / Energy per 15 minutes", "Принятая активная, последняя версия интервала / Active import, latest version", "watth",
			query{latestInterval(metering.ChannelActiveImport), "{{resident}}"}).
			Interval("15m").DrawStyle(common.GraphDrawStyleBars).FillOpacity(70).LineWidth(0).
			Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))).
		WithPanel(curves("Коэффициент мощности / Power factor", "P / √(P² + Q²) по сумме точек резидента / Of a resident's points together", "none",
			query{powerFactor(`{resident=~"$resident"}`), "{{resident}}"}).Max(1)).
		WithRow(dashboard.NewRowBuilder("Данные и сеть / Data and network")).
		WithPanel(curves("Качество данных / Data quality", "Сколько счётчиков с каким кодом качества / Meters by quality code", "none",
			query{`count_values("quality", last_over_time(asue_quality[2m]))`, "{{quality}}"}).
			Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A")).FillOpacity(40)).
		WithPanel(list("Неисправные счётчики / Faulty meters", "Последнее качество не «good» / Last quality is not good",
			query{`last_over_time(asue_quality[3m]) != 0`, ""}).Mappings(qualityNames())).
		WithPanel(list("Замолчавшие счётчики / Silent meters", "За сутки были, за три минуты ничего / Seen within a day, nothing for three minutes",
			query{`last_over_time(asue_quality[1d]) unless last_over_time(asue_quality[3m])`, ""}).Mappings(qualityNames())).
		WithPanel(curves("Напряжения секций / Section voltages", "Линейные, точки вне резидентов / Line to line, points of no resident", "volt",
			query{`avg by (node) (asue_u_ll_v{resident=""} or asue_u_ab_v{resident=""})`, "{{node}}"}))
}

const limitName = "предел / limit"

// latestInterval is the energy of each resident's intervals in their latest
// version: revisions are series of their own, the later one stands in front. The
// window is one interval wide and each step ends at an interval's start.
func latestInterval(ch metering.Channel) string {
	const newest = 4
	expr := ""
	for rev := newest; rev >= 1; rev-- {
		if expr != "" {
			expr += " or ignoring(rev) "
		}
		expr += fmt.Sprintf(`last_over_time(asue_interval_wh{channel=%q,rev="%d",resident=~"$resident"}[15m])`, ch.String(), rev)
	}
	return "sum by (resident) (" + expr + ")"
}

func powerFactor(selector string) string {
	p := "sum by (resident) (asue_p_w" + selector + ")"
	q := "sum by (resident) (asue_q_var" + selector + ")"
	return fmt.Sprintf("%s / sqrt(%s ^ 2 + %s ^ 2)", p, p, q)
}

func number10(q metering.Quality) string { return strconv.Itoa(int(q)) }
