package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"asue/metering"
)

// Colours of the dashboards: grey is normal, colour is for what is not.
const (
	quiet = "#8e8e8e"
	calm  = "#5794f2"
	amber = "#f9a825"
	red   = "#d32f2f"
)

// half is the width of a half row; Grafana's grid has 24 columns.
const half = 12

// query is one line of a panel: an expression and the name of its series.
type query struct{ expr, legend string }

// source is the data source that the person has chosen at the top of the page.
func source() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}
}

func (q query) overTime() *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Datasource(source()).Expr(q.expr).LegendFormat(q.legend).Range()
}

func (q query) now() *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Datasource(source()).Expr(q.expr).LegendFormat(q.legend).Instant()
}

// curves is a half-width panel of lines over time.
func curves(title, why, unit string, queries ...query) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().Title(title).Description(why).Datasource(source()).
		Unit(unit).Span(half).Height(9).
		LineWidth(1.5).FillOpacity(0).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().
			DisplayMode(common.LegendDisplayModeTable).Placement(common.LegendPlacementBottom).ShowLegend(true).
			Calcs([]string{"lastNotNull", "mean", "max"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	for _, q := range queries {
		p = p.WithTarget(q.overTime())
	}
	return p
}

// number is one value of now.
func number(title, why, unit string, q query) *stat.PanelBuilder {
	return stat.NewPanelBuilder().Title(title).Description(why).Datasource(source()).
		Unit(unit).Span(4).Height(4).
		ColorMode(common.BigValueColorModeValue).GraphMode(common.BigValueGraphModeNone).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)).
		Thresholds(steps(quiet)).
		WithTarget(q.now())
}

// bars ranks series by their values of now.
func bars(title, why, unit string, q query) *bargauge.PanelBuilder {
	return bargauge.NewPanelBuilder().Title(title).Description(why).Datasource(source()).
		Unit(unit).Min(0).Span(half).Height(9).
		Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeBasic).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(calm)).
		WithTarget(q.now())
}

// list is a table of series with their labels and values of now.
func list(title, why string, q query) *table.PanelBuilder {
	return table.NewPanelBuilder().Title(title).Description(why).Datasource(source()).
		Span(half).Height(9).
		NoValue("—").
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]bool{"Time": true, "__name__": true},
		}}).
		WithTarget(q.now().Format(prometheus.PromQueryFormatTable))
}

// step is a threshold: the colour from a value on.
type step struct {
	from  float64
	color string
}

// steps are thresholds over a base colour.
func steps(base string, above ...step) *dashboard.ThresholdsConfigBuilder {
	list := []dashboard.Threshold{{Color: base}}
	for _, s := range above {
		list = append(list, dashboard.Threshold{Value: cog.ToPtr(s.from), Color: s.color})
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(list)
}

// limitLine draws the series of that name as a limit: red and dashed.
func limitLine(p *timeseries.PanelBuilder, name string) *timeseries.PanelBuilder {
	return p.OverrideByName(name, []dashboard.DynamicConfigValue{
		{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": red}},
		{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{10, 6}}},
	})
}

// qualityNames shows the words of the quality numbers.
func qualityNames() []dashboard.ValueMapping {
	words := map[string]dashboard.ValueMappingResult{}
	for n := metering.Good; n <= metering.Misconfigured; n++ {
		color := amber
		if n == metering.Good {
			color = quiet
		}
		words[number10(n)] = dashboard.ValueMappingResult{
			Text: cog.ToPtr(n.String()), Color: cog.ToPtr(color), Index: cog.ToPtr(int32(n)),
		}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: words}}}
}
