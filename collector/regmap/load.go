package regmap

import (
	"cmp"
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
// file; errors.As finds the Faults in it.
func Load() (*Library, error) {
	dir, err := fs.Sub(embedded, "models")
	if err != nil {
		return nil, err
	}
	return LoadFS(dir)
}

// LoadFS reads every *.yaml at the top of a folder as a model. With an error that
// holds Faults, the library holds the models that are in order, so that one
// broken file does not stop the others; any other error is the folder's.
func LoadFS(dir fs.FS) (*Library, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	lib := &Library{models: make(map[string]*Model, len(names))}
	var faults Faults
	for _, name := range names {
		src, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		m, bad := Parse(name, src)
		faults = append(faults, bad...)
		if m != nil {
			lib.models[m.ID] = m // unique: the id is the file's name
			lib.ids = append(lib.ids, m.ID)
		}
	}
	slices.Sort(lib.ids)
	if faults.Err() != nil {
		return lib, broken{faults}
	}
	return lib, nil
}

// Parse reads one model file; file is its name, for the faults and because it
// must be the model's id. The model is nil exactly when one of the faults is an
// Error. Parse never panics, whatever the bytes; it reads at most 1 MiB.
func Parse(file string, src []byte) (*Model, Faults) {
	r := form.NewReport(file)
	root, ok := r.Parse(document(), src)
	if !ok {
		return nil, r.Finish()
	}
	id := strings.TrimSuffix(path.Base(file), ".yaml")
	d, _ := modelForm(id).Read(r, root)
	if d.id.OK && d.id.V != id {
		r.Refuse(d.id.At, form.Found("wrong-id", fmt.Sprintf("the id is %q", d.id.V), "a model is found by its file's name", "write id: "+id))
	}
	d.refuseEmpty(r)
	m := d.build()
	m.take(r, &d)
	faults := r.Finish()
	if faults.Err() != nil {
		return nil, faults
	}
	return m, faults
}

// refuseEmpty tells lists that must not be empty and are.
func (d *modelDraft) refuseEmpty(r *form.Report) {
	refuse := func(at *form.Node, empty bool, why string) {
		if empty {
			r.Refuse(at, form.Found("empty-list", "an empty list", why, "write at least one entry"))
		}
	}
	refuse(d.devices.At, d.devices.OK && len(d.devices.V) == 0, "a model is of some device")
	refuse(d.sources.At, d.sources.OK && len(d.sources.V) == 0, "every fact comes from somewhere")
	refuse(d.registers.At, d.registers.OK && len(d.registers.V) == 0, "a model without registers cannot be read")
}

// build makes the model without its registers.
func (d *modelDraft) build() *Model {
	l := d.limits.V
	return &Model{
		ID: d.id.V, Revision: d.revision.V, Vendor: d.vendor.V, Verified: d.verified.V,
		Devices: values(d.devices), Sources: values(d.sources), Notes: values(d.notes),
		MaxRegisters: l.maxRegisters.Or(125), MaxHole: l.maxHole.Or(60), Even: l.even.V, NoRead: values(l.noRead),
		MinPeriod: l.minPeriod.V, ResponseTime: l.response.V, MinGap: l.gap.V, SunSpec: d.sunSpec.V,
	}
}

// values are the entries of a list that could be read.
func values[V any](list given[[]given[V]]) []V {
	var all []V
	for _, g := range list.V {
		if g.OK {
			all = append(all, g.V)
		}
	}
	return all
}

// take gives the model its registers and its archive, as far as they can be read,
// and holds them against each other.
func (m *Model) take(r *form.Report, d *modelDraft) {
	defaults := registerDefaults{function: d.function.Or(3), order: d.order.Or(BigWords), missing: make(map[Type][]uint64)}
	for _, p := range d.missing.V {
		t := types[p.ID.V]
		defaults.missing[t], _ = codesOf(r, p.Value, t)
	}
	if m.SunSpec != 0 && m.Even {
		r.Refuse(d.sunSpec.At, form.Found("even-sunspec", "limits.even for a SunSpec map", "its addresses are offsets from a place that may be odd", "delete even"))
	}
	entries := entriesOf(r, d.registers, defaults, "addr")
	m.check(entries)
	m.link(entries, len(entries) == len(d.registers.V))
	for i := range entries {
		m.Registers = append(m.Registers, entries[i].Register)
	}
	slices.SortStableFunc(m.Registers, func(a, b Register) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Address, b.Address))
	})
	if d.archive.Stated() && d.archive.At.Shape == form.Mapping {
		m.takeArchive(r, &d.archive, defaults, len(entries) == len(d.registers.V))
	}
}

// entriesOf are the registers of a list that could be read.
func entriesOf(r *form.Report, list given[[]given[registerDraft]], defaults registerDefaults, place string) []entry {
	entries := make([]entry, 0, len(list.V))
	for _, g := range list.V {
		if g.At.Shape != form.Mapping {
			continue
		}
		e := entry{report: r, at: g.At, place: place, faulty: !g.OK}
		if e.fill(&g.V, defaults); !e.faulty {
			entries = append(entries, e)
		}
	}
	return entries
}
