package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"asue/cmd/internal/edge"
	"asue/cmd/internal/settings"
	"asue/collector/actuator/actmap"
	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/form"
	"asue/metering/site"
	"asue/metering/vee/rules"
)

// ReadProcess reads a process file and the site file that it names. Every fault of
// both is printed before it fails.
func ReadProcess(file string, library *regmap.Library, now time.Time) (settings.Config, *metering.Site, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return settings.Config{}, nil, Usagef("process file: %v", err)
	}
	cfg, faults := settings.Parse(file, src)
	if err := Refuse(file, faults); err != nil {
		return cfg, nil, err
	}
	cfg.RelativeTo(filepath.Dir(file))
	plant, err := ReadSite(cfg.SiteFile, library)
	if err != nil {
		return cfg, nil, err
	}
	return cfg, plant, Refuse(file, append(AgainstSite(cfg, plant, library, now), Outside(cfg)...))
}

// Outside holds whom a process file tells of alarms against its kinds of alarms, whose own
// faults are told elsewhere, and against the files of secrets.
func Outside(cfg settings.Config) form.Faults {
	if !cfg.Has(settings.RoleDispatcher) {
		return nil
	}
	kinds, faults := ReadAlarms(cfg.Alarms.Catalogue)
	if faults.Err() != nil {
		return nil
	}
	return cfg.CheckOutside(kinds, ReadInput)
}

// AgainstSite holds a process file against its site: addresses, and what the lines
// can carry.
func AgainstSite(cfg settings.Config, plant *metering.Site, library *regmap.Library, now time.Time) form.Faults {
	faults := cfg.CheckAgainst(plant)
	if faults.Err() == nil && cfg.Has(settings.RoleCollector) {
		faults = append(faults, cfg.RefuseOverloads(edge.Overloads(cfg, plant, library, now))...)
	}
	return faults
}

// ReadSite reads a site file, or the built-in example if the path is empty. All
// errors of the file are printed before it fails.
func ReadSite(path string, library *regmap.Library) (*metering.Site, error) {
	name, src := "examples/aktobe/site.yaml", aktobe.Site()
	if path != "" {
		read, err := ReadInput(path)
		if err != nil {
			return nil, Usagef("site file: %v", err)
		}
		name, src = path, read
	}
	return ParseSite(name, src, library)
}

// ParseSite reads a site from the bytes of its file as ReadSite does.
func ParseSite(name string, src []byte, library *regmap.Library) (*metering.Site, error) {
	plant, faults := SiteOptions(library).Parse(name, src)
	if err := faults.Err(); err != nil {
		fmt.Fprint(os.Stderr, faults.String())
		return nil, Usagef("%s has %s", name, settings.Counted(faults.Count(form.Error), "error"))
	}
	if plant == nil {
		return nil, errors.New("BUG: site.Parse gave neither a site nor an error")
	}
	return plant, nil
}

// SiteOptions are what a site file is held against beside itself.
func SiteOptions(library *regmap.Library) site.Options {
	var o site.Options
	for _, id := range library.IDs() {
		m, _ := library.Model(id)
		o.Models = append(o.Models, site.Model{ID: id, Channels: m.Channels(), Pulses: m.Pulses()})
	}
	for _, p := range rules.Parameters() {
		o.Parameters = append(o.Parameters, site.Parameter{Name: p.Name, Unit: p.Unit, Least: p.Min, Most: p.Max})
	}
	o.Rules = rules.Names()
	devices, err := actmap.Load()
	if err != nil {
		panic("BUG: the program's own maps of actuators: " + err.Error())
	}
	for _, id := range devices.IDs() {
		m, _ := devices.Model(id)
		o.ActuatorModels = append(o.ActuatorModels, site.ActuatorModel{ID: id, Kind: m.Kind, Channels: m.Channels})
	}
	return o
}

// ReadInput reads a file that a person named. It stops soon after what form
// takes at most, so that a device or a log given by mistake fills no memory.
func ReadInput(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(f, form.MaxBytes+1))
}

// Plainly is an error of the file system without the path, which stands before it.
func Plainly(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Refuse prints the faults of a file, and fails if one of them is an error.
func Refuse(file string, faults form.Faults) error {
	fmt.Fprint(os.Stderr, faults.String())
	if faults.Err() != nil {
		return Usagef("%s: %d errors", file, faults.Count(form.Error))
	}
	return nil
}
