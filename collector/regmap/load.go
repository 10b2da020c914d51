package regmap

import (
	"cmp"
	"embed"
	"io/fs"
	"math/big"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"asue/metering"
)

//go:embed models/*.yaml
var embedded embed.FS

// Load reads the models that are built in. The error is a Faults with every
// mistake of every file.
func Load() (*Library, error) {
	dir, err := fs.Sub(embedded, "models")
	if err != nil {
		return nil, err
	}
	return LoadFS(dir)
}

// LoadFS reads every *.yaml at the top of a folder as a model. With a Faults
// error the library holds the models that are in order, so that one broken file
// does not stop the others; any other error is the folder's.
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
		if len(bad) == 0 {
			lib.models[m.ID] = m // unique: the id is the file's name
			lib.ids = append(lib.ids, m.ID)
		}
	}
	slices.Sort(lib.ids)
	if len(faults) > 0 {
		return lib, faults
	}
	return lib, nil
}

var (
	modelKeys = []string{"id", "revision", "vendor", "devices", "verified", "sources", "notes", "function", "order", "limits", "not_available", "registers"}
	limitKeys = []string{"max_registers", "max_hole", "even", "no_read", "min_period", "response", "gap"}
	regKeys   = []string{
		"name", "quantity", "addr", "function", "type", "length", "order", "scale", "unit", "quantum", "ratio", "modulus",
		"radix", "parts", "coding", "kind", "group", "read_alone", "not_available", "expect", "marker", "note", "unsure",
	}
)

// Parse reads one model file; file is its name, for the faults and because it
// must be the model's id. The model is to be used only when there is no fault.
func Parse(file string, src []byte) (*Model, Faults) {
	rd := &reader{file: file}
	o := rd.root(src, modelKeys)
	if o == nil {
		return nil, rd.faults
	}
	m := &Model{
		ID: o.text("id", true), Revision: int(o.integer("revision", 0, 1, 1e6)), Vendor: o.text("vendor", true),
		Devices: o.texts("devices", true), Verified: o.boolean("verified"), Sources: o.texts("sources", true), Notes: o.texts("notes", false),
	}
	if !o.has("revision") {
		o.fault("revision", "snapshots name the map by which they were read", "write revision: 1 and raise it with every change")
	}
	if want := strings.TrimSuffix(path.Base(file), ".yaml"); m.ID != "" && m.ID != want {
		o.fault("id", "a model is found by its file's name", "write id: "+want)
	}
	m.limits(o)
	defaults := registerDefaults{
		function: uint8(o.integer("function", 3, 3, 4)),
		order:    pick(o, "order", BigWords, invert(orderNames)),
		missing:  o.missingCodes(),
	}
	var places []*object // of m.Registers
	nodes := o.list("registers")
	if len(nodes) == 0 && (!o.has("registers") || isList(o.fields["registers"])) {
		o.fault("registers", "a model without registers cannot be read", "write at least one")
	}
	for i, n := range nodes {
		before := len(rd.faults)
		ro := rd.object(n, registerPath(i, n), regKeys)
		if ro == nil {
			continue
		}
		if r := readRegister(ro, defaults); len(rd.faults) == before {
			m.Registers, places = append(m.Registers, r), append(places, ro)
		}
	}
	m.check(places)
	slices.SortStableFunc(m.Registers, func(a, b Register) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Address, b.Address))
	})
	slices.SortStableFunc(rd.faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	return m, rd.faults
}

// registerPath names a register in faults: "registers[3] (u_ab)".
func registerPath(i int, n ast.Node) string {
	p := "registers[" + strconv.Itoa(i) + "]"
	if m, ok := n.(*ast.MappingNode); ok {
		for _, v := range m.Values {
			if v.Key.GetToken().Value == "name" {
				return p + " (" + scalar(v.Value) + ")"
			}
		}
	}
	return p
}

func (m *Model) limits(o *object) {
	m.MaxRegisters, m.MaxHole = 125, 60
	n, ok := o.fields["limits"]
	if !ok {
		return
	}
	l := o.rd.object(n, "limits", limitKeys)
	if l == nil {
		return
	}
	m.MaxRegisters = int(l.integer("max_registers", 125, 1, 125))
	m.MaxHole = int(l.integer("max_hole", 60, 0, 125))
	m.Even = l.boolean("even")
	m.MinPeriod, m.ResponseTime, m.MinGap = l.duration("min_period"), l.duration("response"), l.duration("gap")
	for _, n := range l.list("no_read") {
		first, last, ok := strings.Cut(scalar(n), "..")
		a, err1 := strconv.ParseUint(first, 0, 16)
		b, err2 := strconv.ParseUint(last, 0, 16)
		if !ok || err1 != nil || err2 != nil || a > b {
			o.rd.fault(n, "limits.no_read", scalar(n), "each entry is a range of addresses", "write one like 31..48")
			continue
		}
		m.NoRead = append(m.NoRead, Span{uint16(a), uint16(b)})
	}
}

// missingCodes reads the model's codes for "no value" by type.
func (o *object) missingCodes() map[Type][]uint64 {
	codes := make(map[Type][]uint64)
	n, ok := o.fields["not_available"]
	if !ok {
		return codes
	}
	keys := []string{"u16", "i16", "u32", "i32", "u64", "i64"}
	if t := o.rd.object(n, "not_available", keys); t != nil {
		types := invert(typeNames)
		for _, k := range keys {
			if t.has(k) {
				codes[types[k]] = t.codes(k, types[k])
			}
		}
	}
	return codes
}

type registerDefaults struct {
	function uint8
	order    Order
	missing  map[Type][]uint64
}

func readRegister(o *object, d registerDefaults) Register {
	r := Register{
		Name: o.text("name", true), Function: uint8(o.integer("function", int64(d.function), 3, 4)),
		Address: uint16(o.integer("addr", 0, 0, 65535)), Type: pick(o, "type", 0, invert(typeNames)),
		Length: int(o.integer("length", 0, 1, 125)), Order: pick(o, "order", d.order, invert(orderNames)),
		Radix: o.integer("radix", 0, 2, 65536), Parts: int(o.integer("parts", 0, 2, 8)),
		Kind:      pick(o, "kind", Total, map[string]Kind{"total": Total, "tariff": Tariff, "partial": Partial}),
		Coding:    pick(o, "coding", Plain, map[string]Coding{"4q-pf": FourQuadrantPF}),
		Secondary: pick(o, "ratio", false, map[string]bool{"primary": false, "secondary": true}),
		ReadAlone: o.boolean("read_alone"), Marker: o.boolean("marker"), Expect: o.integers("expect"),
		Note: o.text("note", false), Unsure: o.text("unsure", false), Unit: o.text("unit", false),
	}
	for _, key := range []string{"addr", "type"} {
		if !o.has(key) {
			o.fault(key, "a register needs it", "write it")
		}
	}
	r.NotAvailable = d.missing[r.Type]
	if o.has("not_available") {
		r.NotAvailable = o.codes("not_available", r.Type)
	}
	r.Quantity = readQuantity(o, r)
	u, known := units[r.Unit]
	if r.Unit != "" && !known && r.Quantity != 0 {
		o.fault("unit", "the unit is not known", "write one of "+strings.Join(unitNames(), ", "))
	}
	r.scale(o, u)
	r.Group = pick(o, "group", defaultGroup(r), invert(groupNames))
	return r
}

// readQuantity is the quantity named like the register, or by the field.
func readQuantity(o *object, r Register) metering.Quantity {
	q, ok := metering.QuantityOf(r.Name)
	if o.has("quantity") {
		if q, ok = metering.QuantityOf(o.text("quantity", true)); !ok {
			o.fault("quantity", "no such quantity", "write a code like p, u_ab or ea_imp")
		}
	}
	if !ok || r.Kind != Total {
		return 0
	}
	return q
}

// scale makes Scale, Step and Modulus out of the file's exact decimals.
func (r *Register) scale(o *object, u unit) {
	factor := o.decimal("scale", "1")
	size := u.size // base units in one of the file's unit
	if size == 0 {
		size = 1
	}
	base := new(big.Rat).Mul(factor, new(big.Rat).SetInt64(size))
	r.Scale, _ = base.Float64()
	counter := r.Quantity.Counter() || r.Quantity == 0 && u.energy
	if !counter {
		for _, key := range []string{"quantum", "modulus", "radix"} {
			if o.has(key) {
				o.fault(key, "only a counter has it", "delete it")
			}
		}
		return
	}
	step := base
	switch {
	case r.Type.Float() && !o.has("quantum"):
		o.fault("quantum", "a counter kept as a float is cut into counts", "write the count's size in the register's unit; the float must still tell it at the register's usual state")
	case r.Type.Float():
		step = new(big.Rat).Mul(o.decimal("quantum", ""), new(big.Rat).SetInt64(size))
	case o.has("quantum"):
		o.fault("quantum", "only a counter kept as a float has it", "delete it; one count is scale × unit")
	}
	step = new(big.Rat).Mul(step, big.NewRat(1000, 1))
	if !step.IsInt() || !step.Num().IsInt64() || step.Num().Int64() > 1e15 {
		o.fault("scale", "a count must be a whole number of thousandths of the base unit", "write scale (for floats quantum) and unit so that it is one")
		return
	}
	r.Step = step.Num().Int64()
	if r.Type == U32U16 && r.Radix == 0 {
		o.fault("radix", "a count with a residual needs it", "write how many residual counts make one main count")
	}
	r.Modulus = o.integer("modulus", naturalModulus(r), 2, 1<<62)
}

// naturalModulus is where a counter of the type rolls over if nothing else is known.
func naturalModulus(r *Register) int64 {
	switch r.Type {
	case U16:
		return 1 << 16
	case I16:
		return 1 << 15
	case U32:
		return 1 << 32
	case I32:
		return 1 << 31
	case U32U16:
		return r.Radix << 32
	}
	return 0
}

// defaultGroup follows from what a register is.
func defaultGroup(r Register) Group {
	switch {
	case r.Quantity == 0:
		return Ident
	case r.Quantity.Counter():
		return EnergyGroup
	case r.Quantity.Unit() == "1" || r.Quantity.Unit() == "%":
		return Slow
	}
	return Fast
}

func invert[T comparable](names map[T]string) map[string]T {
	m := make(map[string]T, len(names))
	for v, n := range names {
		m[n] = v
	}
	return m
}
