package grafana

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// The boards hold to Grafana's published schema of dashboards, from which the builders
// are made: strictly read, nothing is missing, of another type or unknown. Annotations
// are left out, because each kind of source has fields of its own there.
func TestBoardsHoldToGrafanasSchema(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for _, f := range rendered(t) {
		if !strings.HasPrefix(f.Name, "boards/") {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(f.Text, &fields); err != nil {
			t.Fatal(err)
		}
		fields["annotations"] = map[string]any{"list": []any{}}
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var model dashboard.Dashboard
		if err := model.UnmarshalJSONStrict(text); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if err := model.Validate(); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		spoilt := strings.Replace(string(text), `"gridPos"`, `"gridPosition"`, 1)
		if err := new(dashboard.Dashboard).UnmarshalJSONStrict([]byte(spoilt)); err == nil {
			t.Errorf("%s: an unknown field is not seen", f.Name)
		}
	}
}
