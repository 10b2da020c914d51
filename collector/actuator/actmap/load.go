package actmap

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"asue/metering/form"
)

//go:embed models/*.yaml
var embedded embed.FS

// Load reads the models that are built in. The error tells every mistake of every
// file.
func Load() (*Library, error) {
	dir, err := fs.Sub(embedded, "models")
	if err != nil {
		return nil, err
	}
	return LoadFS(dir)
}

// LoadFS reads every *.yaml at the top of a folder as a model. The error tells every
// mistake of every file, as form.Faults.
func LoadFS(dir fs.FS) (*Library, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	lib := &Library{models: map[string]*Model{}}
	var faults form.Faults
	for _, name := range names {
		src, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		m, bad := Parse(name, src)
		faults = append(faults, bad...)
		if m != nil {
			lib.models[m.ID] = m
			lib.ids = append(lib.ids, m.ID)
		}
	}
	slices.Sort(lib.ids)
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("models of actuators: %w", faults)
	}
	return lib, nil
}

// Parse reads one model file; file is its name, for the faults and because it must
// be the model's id. The model is nil exactly when one of the faults is an error.
func Parse(file string, src []byte) (*Model, form.Faults) {
	r := form.NewReport(file)
	root, ok := r.Parse(document(), src)
	if !ok {
		return nil, r.Finish()
	}
	id := strings.TrimSuffix(path.Base(file), ".yaml")
	d, complete := modelForm(id).Read(r, root)
	if d.id.OK && d.id.V != id {
		r.Refuse(d.id.At, form.Found("wrong-id", fmt.Sprintf("the id is %q", d.id.V), "a model is found by its file's name", "write id: "+id))
	}
	if complete && d.registers.OK && d.kind.OK {
		d.check(r)
	}
	faults := r.Finish()
	if faults.Err() != nil {
		return nil, faults
	}
	return d.build(), faults
}
