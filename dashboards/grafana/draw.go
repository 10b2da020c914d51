package grafana

import (
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/gauge"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	gridtable "github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// variable is the name of the variable by which a board names a source.
func variable(from Source) string {
	if from == Figures {
		return "metrics"
	}
	return "datasource"
}

func reference(l Language, from Source) common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr(string(l)), Uid: cog.ToPtr("${" + variable(from) + "}")}
}

// draw makes Grafana's panel of the lines that the language has words for.
func draw(p Panel, l Language, at dashboard.GridPos, id uint32) (dashboard.Panel, error) {
	made, err := frame(p).Build()
	if err != nil {
		return made, fmt.Errorf("panel %s: %w", p.Title, err)
	}
	lines := p.in(l)
	source := reference(l, lines[0].Ask.From)
	made.Id, made.GridPos, made.Datasource = &id, &at, &source
	made.Title, made.Description = &p.Title, &p.Why
	if p.Every > 0 {
		made.Interval = cog.ToPtr(span(p.Every))
	}
	for i, line := range lines {
		made.Targets = append(made.Targets, target(p, line, l, string(rune('A'+i))))
	}
	field := dashboard.NewFieldConfig()
	field.Unit = &p.Unit
	field.Thresholds = thresholds(p)
	field.Mappings = mappings(p.Words)
	if p.Empty != "" {
		field.NoValue = &p.Empty
	}
	if p.Look == lookDial {
		field.Min, field.Max = cog.ToPtr(0.0), cog.ToPtr(120.0)
	}
	if p.Look == lookBars {
		field.Min = cog.ToPtr(0.0)
	}
	field.Color, field.Custom = made.FieldConfig.Defaults.Color, made.FieldConfig.Defaults.Custom
	made.FieldConfig.Defaults = *field
	return made, nil
}

// frame is a panel of the look, without questions.
func frame(p Panel) cog.Builder[dashboard.Panel] {
	byThreshold := dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)
	switch p.Look {
	case lookNumber:
		return stat.NewPanelBuilder().ColorScheme(byThreshold).ColorMode(common.BigValueColorModeValue).
			GraphMode(common.BigValueGraphModeNone).ReduceOptions(present())
	case lookDial:
		return gauge.NewPanelBuilder().ColorScheme(byThreshold).ShowThresholdMarkers(true).ReduceOptions(present())
	case lookBars:
		color := byThreshold
		if len(p.Thresholds) == 0 {
			color = dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(calm)
		}
		return bargauge.NewPanelBuilder().ColorScheme(color).ReduceOptions(present()).
			Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeBasic)
	case lookTable:
		return gridtable.NewPanelBuilder().ColorScheme(byThreshold).Filterable(true).
			WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
				"excludeByName": map[string]bool{"Time": true, "__name__": true, "job": true},
			}})
	}
	return curveFrame(p)
}

// present reduces what a question about now brings to its last value.
func present() *common.ReduceDataOptionsBuilder {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})
}

func curveFrame(p Panel) cog.Builder[dashboard.Panel] {
	made := timeseries.NewPanelBuilder().LineWidth(1.5).FillOpacity(0).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).
			Placement(common.LegendPlacementBottom).Calcs([]string{"lastNotNull", "mean", "max"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	if p.Columns {
		made.DrawStyle(common.GraphDrawStyleBars).LineWidth(0).FillOpacity(70)
	}
	if p.Stack {
		made.Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A")).FillOpacity(60)
	}
	if p.FromZero {
		made.AxisSoftMin(0)
	}
	if len(p.Thresholds) > 0 {
		made.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	if p.Limit != "" {
		made.OverrideByName(p.Limit, []dashboard.DynamicConfigValue{
			{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": red}},
			{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{10, 6}}},
			{Id: "custom.fillOpacity", Value: 0},
		})
	}
	return made
}

// target is the query of a line.
func target(p Panel, line Line, l Language, ref string) variants.Dataquery {
	overTime := p.Look == lookCurves
	if l == InfluxQL {
		t := influxTarget{RefID: ref, Datasource: reference(l, line.Ask.From), RawQuery: true, ResultFormat: "time_series",
			Query: influxNow(line.Ask), Alias: tags(line.Name)}
		if overTime {
			t.Query = influxOverTime(line.Ask)
		}
		if p.Look == lookTable {
			t.ResultFormat = "table"
		}
		return t
	}
	t := prometheus.NewDataquery()
	t.RefId, t.Datasource = &ref, cog.ToPtr(reference(l, line.Ask.From))
	t.Expr, t.LegendFormat = promNow(line.Ask), cog.ToPtr(labels(line.Name))
	t.Instant, t.Range = cog.ToPtr(!overTime), cog.ToPtr(overTime)
	if overTime {
		t.Expr = promOverTime(line.Ask)
	}
	if p.Look == lookTable {
		t.Format = cog.ToPtr(prometheus.PromQueryFormatTable)
	}
	return *t
}

// labels and tags write {label} as the two data sources do.
func labels(name string) string { return strings.NewReplacer("{", "{{", "}", "}}").Replace(name) }

func tags(name string) string { return strings.NewReplacer("{", "$tag_", "}", "").Replace(name) }

func thresholds(p Panel) *dashboard.ThresholdsConfig {
	base := p.Base
	if base == "" {
		base = quiet
	}
	list := []dashboard.Threshold{{Color: base}}
	for _, t := range p.Thresholds {
		list = append(list, dashboard.Threshold{Value: cog.ToPtr(t.From), Color: t.Color})
	}
	return &dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute, Steps: list}
}

func mappings(words []Word) []dashboard.ValueMapping {
	if len(words) == 0 {
		return nil
	}
	options := map[string]dashboard.ValueMappingResult{}
	for i, w := range words {
		options[fmt.Sprint(w.Value)] = dashboard.ValueMappingResult{Text: cog.ToPtr(w.Text), Color: cog.ToPtr(w.Color), Index: cog.ToPtr(int32(i))}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}
