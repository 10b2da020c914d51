package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// File is a dashboard as Grafana reads it.
type File struct {
	Name string // in the folder grafana/
	JSON []byte
}

// Render makes all dashboards, in the order of their names. The same program
// makes the same bytes.
func Render() ([]File, error) {
	var files []File
	for _, d := range []struct {
		name string
		make func() *dashboard.DashboardBuilder
	}{
		{"zone.json", zone},
	} {
		model, err := d.make().Build()
		if err != nil {
			return nil, fmt.Errorf("dashboard %s: %w", d.name, err)
		}
		enumerate(model.Panels)
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(model); err != nil {
			return nil, fmt.Errorf("dashboard %s: %w", d.name, err)
		}
		files = append(files, File{Name: d.name, JSON: text.Bytes()})
	}
	return files, nil
}

// enumerate gives every panel an id of its own, in the order of the page.
func enumerate(panels []dashboard.PanelOrRowPanel) {
	next := uint32(1)
	take := func() *uint32 { id := next; next++; return &id }
	for i := range panels {
		if p := panels[i].Panel; p != nil {
			p.Id = take()
		}
		if r := panels[i].RowPanel; r != nil {
			r.Id = *take()
			for j := range r.Panels {
				r.Panels[j].Id = take()
			}
		}
	}
}
