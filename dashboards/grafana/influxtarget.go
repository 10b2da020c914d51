package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
)

// influxTarget is a query as Grafana's data source for InfluxDB keeps it: the text of
// the person ("rawQuery"), in InfluxQL.
type influxTarget struct {
	RefID        string               `json:"refId"`
	Datasource   common.DataSourceRef `json:"datasource"`
	Query        string               `json:"query"`
	RawQuery     bool                 `json:"rawQuery"`
	ResultFormat string               `json:"resultFormat"` // time_series or table
	Alias        string               `json:"alias,omitempty"`
}

// ImplementsDataqueryVariant marks it as a query.
func (influxTarget) ImplementsDataqueryVariant() {}

// DataqueryType is the kind of data source.
func (influxTarget) DataqueryType() string { return string(InfluxQL) }

// Validate finds nothing wrong.
func (influxTarget) Validate() error { return nil }

// Equals compares with another query.
func (t influxTarget) Equals(other variants.Dataquery) bool { return variants.Dataquery(t) == other }

// Build implements cog.Builder.
func (t influxTarget) Build() (variants.Dataquery, error) { return t, nil }

var _ cog.Builder[variants.Dataquery] = influxTarget{}
