package grafana

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// File is a file of deploy/grafana.
type File struct {
	Name string // in that folder, with slashes
	Text []byte
}

// Render makes all files. The same program makes the same bytes.
func Render() ([]File, error) {
	var files []File
	for _, l := range Languages() {
		for _, b := range Boards() {
			text, err := b.json(l)
			if err != nil {
				return nil, fmt.Errorf("board %s in %s: %w", b.UID, l, err)
			}
			files = append(files, File{"boards/" + string(l) + "/" + strings.TrimPrefix(b.UID, "asue-") + ".json", text})
		}
		text, err := alerting(l)
		if err != nil {
			return nil, err
		}
		files = append(files, File{"alerting/" + string(l) + ".yaml", text})
	}
	rules, err := promRules()
	if err != nil {
		return nil, err
	}
	return append(files, rules...), nil
}

// json is the board as Grafana reads it.
func (b Board) json(l Language) ([]byte, error) {
	model, err := b.model(l)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(model)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(plain, &fields); err != nil {
		return nil, err
	}
	list := []any{}
	for _, m := range b.Marks {
		list = append(list, m.annotation(l))
	}
	fields["annotations"] = map[string]any{"list": list}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(fields); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

func (b Board) model(l Language) (dashboard.Dashboard, error) {
	tag, uid, title := "asue", b.UID, "АСУЭ · "+b.Title
	if l == InfluxQL {
		tag, uid, title = "asue-influxdb", strings.Replace(uid, "asue-", "asue-influxdb-", 1), title+" (InfluxDB)"
	}
	made := dashboard.NewDashboardBuilder(title).Uid(uid).Description(b.Why).Tags([]string{tag}).
		Time("now-"+span(b.Range), "now").Refresh(span(b.Refresh)).Timezone("browser").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).Readonly().
		Link(dashboard.NewDashboardLinkBuilder("АСУЭ").Type(dashboard.DashboardLinkTypeDashboards).
			Tags([]string{tag}).KeepTime(true).IncludeVars(true).Icon("external link").Tooltip("Other boards of the zone"))
	b.variables(made, l)
	model, err := made.Build()
	if err != nil {
		return model, err
	}
	model.Panels, err = b.panels(l)
	return model, err
}

// variables offers the sources that the board asks, and the residents.
func (b Board) variables(made *dashboard.DashboardBuilder, l Language) {
	samples, figures := b.sources()
	// The sources that deploy/grafana provides are chosen first, where they are there.
	choose := func(from Source, label string) {
		made.WithVariable(dashboard.NewDatasourceVariableBuilder(variable(from)).Label(label).Type(string(l)).Current(dashboard.VariableOption{
			Text:  dashboard.StringOrArrayOfString{String: cog.ToPtr(SourceUID(l, from))},
			Value: dashboard.StringOrArrayOfString{String: cog.ToPtr(SourceUID(l, from))},
		}))
	}
	if samples {
		choose(Samples, "Показания")
	}
	if figures {
		choose(Figures, "Метрики процессов")
	}
	if !b.Resident {
		return
	}
	question := `label_values(asue_p_w{resident!=""}, resident)`
	if l == InfluxQL {
		question = `SHOW TAG VALUES FROM "asue" WITH KEY = "resident"`
	}
	choice := dashboard.NewQueryVariableBuilder("resident").Label("Резидент").Datasource(reference(l, Samples)).
		Query(dashboard.StringOrMap{String: &question}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc)
	if b.Several {
		choice.Multi(true).IncludeAll(true).AllValue(".+").Current(dashboard.VariableOption{
			Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
		})
	}
	made.WithVariable(choice)
}

// panels lays the panels out, row by row, from left to right.
func (b Board) panels(l Language) ([]dashboard.PanelOrRowPanel, error) {
	var list []dashboard.PanelOrRowPanel
	id, y := uint32(1), uint32(0)
	for _, row := range b.Rows {
		model, err := dashboard.NewRowBuilder(row.Title).Id(id).GridPos(dashboard.GridPos{X: 0, Y: y, W: columns, H: 1}).Build()
		if err != nil {
			return nil, err
		}
		list = append(list, dashboard.PanelOrRowPanel{RowPanel: &model})
		id, y = id+1, y+1
		x, tallest := uint32(0), uint32(0)
		for _, p := range row.Panels {
			if len(p.in(l)) == 0 {
				continue
			}
			w, h := p.size()
			if x+w > columns {
				x, y, tallest = 0, y+tallest, 0
			}
			drawn, err := draw(p, l, dashboard.GridPos{X: x, Y: y, W: w, H: h}, id)
			if err != nil {
				return nil, err
			}
			list = append(list, dashboard.PanelOrRowPanel{Panel: &drawn})
			id, x, tallest = id+1, x+w, max(tallest, h)
		}
		y += tallest
	}
	return list, nil
}

// columns is the width of Grafana's grid.
const columns = 24

func (p Panel) size() (w, h uint32) {
	w, h = columns/2, 9
	if p.Look == lookNumber || p.Look == lookDial {
		h = 4
	}
	if p.Wide > 0 {
		w = p.Wide
	}
	return w, h
}
