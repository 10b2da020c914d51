package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"asue/examples/aktobe"
	"asue/metering/alarm/catalogue"
)

// TestCheckCatalogueOfAlarms holds that a site's own catalogue is told its faults with
// their places, by itself and through the process file that names it, and once only.
func TestCheckCatalogueOfAlarms(t *testing.T) {
	printed, refuses := checked(t, "--alarms")
	if refuses || !bytes.Equal([]byte(printed), catalogue.Text()) {
		t.Error("asue check --alarms does not print the built-in catalogue")
	}
	faulty := strings.Replace(printed, "    priority: high\n", "    priority: urgent\n", 1)
	faulty = strings.Replace(faulty, "    time_to_respond: 30m\n", "", 1)
	dir := inFolder(t, "site.yaml", string(aktobe.Site()), "good.yaml", printed, "faulty.yaml", faulty,
		"few.yaml", strings.Replace(printed[:strings.Index(printed, "  - kind: limit-exceeded")], "    behind: [limit-exceeded]\n", "", 1),
		"asue.yaml", "site: site.yaml\nroles: [broker, metering, dispatcher]\nalarms:\n  catalogue: faulty.yaml\n",
		"gone.yaml", "site: site.yaml\nroles: [broker, metering, dispatcher]\nalarms:\n  catalogue: nowhere.yaml\n")
	in := func(name string) string { return filepath.Join(dir, name) }

	if out, refuses := checked(t, in("good.yaml")); refuses || !strings.Contains(out, "good.yaml: alarms file: 0 errors, 0 warnings") {
		t.Errorf("the built-in catalogue as a file: %s", out)
	}
	out, refuses := checked(t, in("asue.yaml"))
	for _, want := range []string{"faulty.yaml:", `"urgent"`, "time_to_respond", "[missing-key]"} {
		if !refuses || !strings.Contains(out, want) {
			t.Errorf("through the process file %q is not told:\n%s", want, out)
		}
	}
	if out, _ := checked(t, in("asue.yaml"), in("faulty.yaml")); strings.Count(out, `"urgent"`) != 1 {
		t.Errorf("the fault is told another number of times than once:\n%s", out)
	}
	if out, refuses := checked(t, in("gone.yaml")); !refuses || !strings.Contains(out, "nowhere.yaml: error: the catalogue of alarms cannot be read: no such file") {
		t.Errorf("a catalogue that is not there: %s", out)
	}
	if out, refuses := checked(t, in("few.yaml")); refuses || !strings.Contains(out, "limit-exceeded") || !strings.Contains(out, "[nobody-alarmed]") {
		t.Errorf("a catalogue without most kinds: %s", out)
	}
}
