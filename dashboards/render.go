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
