package cli

import (
	"fmt"
	"slices"
	"strings"

	"asue/metering/alarm"
	"asue/metering/alarm/catalogue"
	"asue/metering/alarm/watch"
	"asue/metering/form"
)

// ReadAlarms reads a site's own catalogue of alarms, or the built-in one if the path is
// empty. The definitions are nil exactly when one of the faults is an error.
func ReadAlarms(path string) ([]alarm.Definition, form.Faults) {
	if path == "" {
		return catalogue.BuiltIn(), nil
	}
	src, err := ReadInput(path)
	if err != nil {
		return nil, form.Faults{{File: path, Severity: form.Error, Code: "unreadable",
			What: "the catalogue of alarms cannot be read: " + Plainly(err), Why: "nobody would ever be alarmed", Remedy: "correct \"catalogue\" under \"alarms\", or the file's rights"}}
	}
	return ParseAlarms(path, src)
}

// ParseAlarms reads a catalogue of alarms from the bytes of its file, and warns of what
// the program says and nobody would be alarmed by.
func ParseAlarms(name string, src []byte) ([]alarm.Definition, form.Faults) {
	kinds, faults := catalogue.Parse(name, src)
	if kinds == nil {
		return nil, faults
	}
	var missing []string
	for _, k := range watch.Kinds() {
		if !slices.ContainsFunc(kinds, func(d alarm.Definition) bool { return d.Kind == k }) {
			missing = append(missing, string(k))
		}
	}
	if len(missing) > 0 {
		faults = append(faults, form.Fault{File: name, Severity: form.Warning, Code: "nobody-alarmed",
			What: fmt.Sprintf("no kind %s", strings.Join(missing, ", ")), Why: "the program watches for it, and here it alarms nobody",
			Remedy: "copy the kind from the built-in catalogue (asue check --alarms), unless that is what you want"})
	}
	return kinds, faults
}
