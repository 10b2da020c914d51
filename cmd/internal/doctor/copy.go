package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"asue/cmd/internal/settings"
)

// copied looks at the InfluxDB that gets a copy of the series: it holds nobody up, so that
// what is wrong with it is a warning.
func (e *examination) copied(ctx context.Context) {
	const area = "series"
	s := e.Config.Series
	if s.CopyURL == "" || !e.Config.Has(settings.RoleMetering) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	names, err := databases(ctx, s.CopyURL)
	if err != nil {
		e.warn(area, "start it, or correct \"influxdb\" under \"series\"", "the InfluxDB at %s gets no copy: %v", s.CopyURL, err)
		return
	}
	if !names[s.CopyDatabase] {
		e.warn(area, fmt.Sprintf("say CREATE DATABASE %q to it", s.CopyDatabase), "the InfluxDB at %s has no database %s", s.CopyURL, s.CopyDatabase)
		return
	}
	e.ok(area, "the InfluxDB at %s has the database %s for a copy", s.CopyURL, s.CopyDatabase)
}

func databases(ctx context.Context, address string) (map[string]bool, error) {
	answer, err := get(ctx, address+"/query?"+url.Values{"q": {"SHOW DATABASES"}}.Encode())
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", answer.Status)
	}
	var said struct {
		Results []struct {
			Series []struct{ Values [][]string }
		}
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, 1<<20)).Decode(&said); err != nil {
		return nil, fmt.Errorf("it does not speak as InfluxDB 1.8: %w", err)
	}
	names := map[string]bool{}
	for _, r := range said.Results {
		for _, s := range r.Series {
			for _, row := range s.Values {
				if len(row) > 0 {
					names[row[0]] = true
				}
			}
		}
	}
	return names, nil
}
