package grafana

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// sourceFile is the form of Grafana's provisioning files for data sources, version 1.
type sourceFile struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name, UID, Type, Access, URL string
		IsDefault                    bool           `yaml:"isDefault"`
		Editable                     bool           `yaml:"editable"`
		JSONData                     map[string]any `yaml:"jsonData"`
	}
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}

// provisioning is the folder for a language.
func provisioning(l Language) string {
	if l == InfluxQL {
		return filepath.Join(deploy, "provisioning-influxdb")
	}
	return filepath.Join(deploy, "provisioning")
}

// providedSources are the uids of the data sources of a language.
func providedSources(t *testing.T, l Language) []string {
	t.Helper()
	var f sourceFile
	readYAML(t, filepath.Join(provisioning(l), "datasources/asue.yaml"), &f)
	var list []string
	for _, s := range f.Datasources {
		list = append(list, s.UID)
		if f.APIVersion != 1 || s.Type != string(l) || s.Access != "proxy" || s.Editable || !strings.HasPrefix(s.URL, "http://127.0.0.1:") {
			t.Errorf("%s: data source %+v", l, s)
		}
		if l == PromQL && s.JSONData["timeInterval"] != "15s" {
			t.Errorf("%s: $__rate_interval is four times timeInterval, which is %v", s.UID, s.JSONData["timeInterval"])
		}
	}
	return list
}

// A Grafana that is pointed at a provisioning folder has the sources that boards and
// rules ask, and finds the boards.
func TestProvisioningNamesWhatIsThere(t *testing.T) {
	for _, l := range Languages() {
		provided := providedSources(t, l)
		for _, from := range []Source{Samples, Figures} {
			if !slices.Contains(provided, SourceUID(l, from)) {
				t.Errorf("%s: the source %s of %s is not among %v", l, SourceUID(l, from), from, provided)
			}
		}
		var providers struct {
			APIVersion int `yaml:"apiVersion"`
			Providers  []struct {
				Name, Type, Folder    string
				DisableDeletion       bool `yaml:"disableDeletion"`
				AllowUIUpdates        bool `yaml:"allowUiUpdates"`
				UpdateIntervalSeconds int  `yaml:"updateIntervalSeconds"`
				Options               struct{ Path string }
			}
		}
		readYAML(t, filepath.Join(provisioning(l), "dashboards/asue.yaml"), &providers)
		if len(providers.Providers) != 1 || providers.APIVersion != 1 {
			t.Fatalf("%s: providers %+v", l, providers)
		}
		p := providers.Providers[0]
		if p.Type != "file" || p.Folder != Folder || p.Options.Path != "${ASUE_HOME}/deploy/grafana/boards/"+string(l) {
			t.Errorf("%s: provider %+v", l, p)
		}
		// Rules of files cannot be edited in Grafana: whoever wants them puts them there.
		if found, _ := filepath.Glob(filepath.Join(provisioning(l), "alerting/*")); len(found) > 0 {
			t.Errorf("%s: %v would be taken over unasked", l, found)
		}
	}
}

// The containers have the same boards and uids.
func TestComposeProvidesTheSameSources(t *testing.T) {
	var compose sourceFile
	readYAML(t, "../../deploy/compose/grafana-datasource.yaml", &compose)
	var uids []string
	for _, s := range compose.Datasources {
		uids = append(uids, s.UID)
	}
	if want := providedSources(t, PromQL); !slices.Equal(uids, want) {
		t.Errorf("compose provides %v, want %v", uids, want)
	}
	text, err := os.ReadFile("../../deploy/compose/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, mount := range []string{
		"../grafana/provisioning/dashboards:/etc/grafana/provisioning/dashboards:ro",
		"../grafana/boards:/usr/share/asue/deploy/grafana/boards:ro",
		"./victoriametrics-scrape.yaml:/etc/victoriametrics/scrape.yaml:ro",
	} {
		if !strings.Contains(string(text), mount) {
			t.Errorf("compose.yaml does not mount %s", mount)
		}
	}
}
