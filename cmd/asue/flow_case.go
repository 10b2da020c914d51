package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"asue/balancing/powerflow"
	"asue/metering/form"
)

// flowCase is a network read from a file, and where each part of it stands.
type flowCase struct {
	file    string
	src     []byte
	faults  form.Faults
	told    map[string]bool // paths that have a fault
	places  map[string]int  // of elements and their fields, by path
	prefix  string          // of paths: "input." in JSON, "mpc." in a case file of MATPOWER
	numbers map[string]bool // ids that are written as numbers
	network powerflow.Network
}

// What the rows of each table hold.
var (
	flowBusFields    = []string{"id", "type", "pd_mw", "qd_mvar", "gs_mw", "bs_mvar", "base_kv", "vm_start", "va_start_deg"}
	flowGenFields    = []string{"bus", "pg_mw", "qg_mvar", "qmax_mvar", "qmin_mvar", "vg_pu", "status"}
	flowBranchFields = []string{"from_bus", "to_bus", "r_pu", "x_pu", "b_pu", "rate_a_mva", "tap", "shift_deg", "status"}
)

// parseFlow reads a network in JSON or as a case file of MATPOWER and checks it.
func parseFlow(file string, src []byte) *flowCase {
	c := &flowCase{file: file, src: src, told: map[string]bool{}, places: map[string]int{}, numbers: map[string]bool{}, prefix: "input."}
	if first := bytes.TrimLeft(src, " \t\r\n\ufeff"); strings.HasSuffix(file, ".json") || len(first) == 0 || first[0] == '{' || first[0] == '[' {
		c.readJSON()
	} else {
		c.prefix = "mpc."
		c.readMatpower()
	}
	if c.faults.Err() == nil {
		c.check()
	}
	slices.SortStableFunc(c.faults, func(a, b form.Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return c
}

func (c *flowCase) readJSON() {
	document, at, trouble := locate(c.src)
	if trouble != "" {
		c.fault(at, "", "not-json", trouble, "a case is one JSON object", "correct the place")
		return
	}
	if document.kind != "object" {
		c.fault(document.at, "", "not-an-object", fmt.Sprintf("%s stands where an object is expected", document), "a case is one JSON object", "write { … }")
		return
	}
	input := document.member("input")
	if input == nil || input.kind != "object" {
		c.fault(document.at, "input", "missing", "input is missing", "the network stands there", `write "input": {"bus": [ … ], "gen": [ … ], "branch": [ … ]}`)
		input = &located{kind: "object", at: document.at}
	}
	tables := flowTables{base: document.member("base_mva"), at: document.at}
	for _, table := range []struct {
		name string
		rows *[]*located
	}{{"bus", &tables.bus}, {"gen", &tables.gen}, {"branch", &tables.branch}} {
		v := input.member(table.name)
		switch {
		case v == nil && table.name == "branch": // one bus needs none
		case v == nil:
			c.fault(input.at, "input."+table.name, "missing", table.name+" is missing", "a network has buses, generators and branches", fmt.Sprintf("write %q: [ … ]", table.name))
		case v.kind != "list":
			c.fault(v.at, "input."+table.name, "not-a-list", fmt.Sprintf("%s stands where a list is expected", v), table.name+" is a list", "write [ … ]")
		default:
			*table.rows = v.items
		}
	}
	c.take(tables)
}

// flowTables are the rows of a file of either form.
type flowTables struct {
	base             *located
	bus, gen, branch []*located
	at               int // of the whole
}

// take makes a network of the rows.
func (c *flowCase) take(t flowTables) {
	if t.base == nil {
		c.fault(t.at, "base_mva", "missing", "the base power is missing", "impedances per unit mean nothing without it", "write base_mva, 100 as a rule")
	} else {
		c.network.BaseMVA = c.number(map[string]*located{"base_mva": t.base}, "", "base_mva", 0)
	}
	for i, row := range t.bus {
		c.bus(row, fmt.Sprintf("%sbus[%d]", c.prefix, i))
	}
	for i, row := range t.gen {
		c.gen(row, fmt.Sprintf("%sgen[%d]", c.prefix, i))
	}
	for i, row := range t.branch {
		c.branch(row, fmt.Sprintf("%sbranch[%d]", c.prefix, i))
	}
}

func (c *flowCase) bus(row *located, path string) {
	f := c.fields(row, path, flowBusFields, "name", "area", "zone", "vmax_pu", "vmin_pu")
	b := powerflow.Bus{ID: c.name(row, f, path, "id")}
	kinds := map[string]powerflow.Kind{"PQ": powerflow.PQ, "PV": powerflow.PV, "SLACK": powerflow.Slack, "OUT": powerflow.PQ}
	switch kind := f["type"]; {
	case f == nil:
	case kind == nil:
		c.fault(row.at, path+".type", "missing", "type is missing", "what is held at a bus has to be said", "write PQ, PV, SLACK or OUT")
	default:
		known := false
		if b.Kind, known = kinds[kind.text]; !known || kind.kind != "text" {
			c.fault(kind.at, path+".type", "bad-type", fmt.Sprintf("type %s is none", kind), "what is held at a bus has to be said", "write PQ, PV, SLACK or OUT (1, 2, 3 or 4 in a file of MATPOWER)")
		}
		b.Out = kind.text == "OUT"
	}
	b.LoadMW, b.LoadMvar = c.number(f, path, "pd_mw", 0), c.number(f, path, "qd_mvar", 0)
	b.ShuntMW, b.ShuntMvar = c.number(f, path, "gs_mw", 0), c.number(f, path, "bs_mvar", 0)
	b.BaseKV = c.number(f, path, "base_kv", 0)
	b.StartPU, b.StartDeg = c.number(f, path, "vm_start", 0), c.number(f, path, "va_start_deg", 0)
	c.network.Buses = append(c.network.Buses, b)
}

func (c *flowCase) gen(row *located, path string) {
	f := c.fields(row, path, flowGenFields, "name", "mbase_mva", "pmax_mw", "pmin_mw")
	g := powerflow.Generator{Bus: c.name(row, f, path, "bus"), Out: !c.inService(f, path)}
	g.MW, g.Mvar = c.number(f, path, "pg_mw", 0), c.number(f, path, "qg_mvar", 0)
	g.MinMvar, g.MaxMvar = c.number(f, path, "qmin_mvar", math.Inf(-1)), c.number(f, path, "qmax_mvar", math.Inf(1))
	g.PU = c.needed(row, f, path, "vg_pu")
	c.network.Generators = append(c.network.Generators, g)
}

func (c *flowCase) branch(row *located, path string) {
	f := c.fields(row, path, flowBranchFields, "name", "rate_b_mva", "rate_c_mva", "angmin_deg", "angmax_deg")
	b := powerflow.Branch{From: c.name(row, f, path, "from_bus"), To: c.name(row, f, path, "to_bus"), Out: !c.inService(f, path)}
	b.R, b.X, b.B = c.needed(row, f, path, "r_pu"), c.needed(row, f, path, "x_pu"), c.number(f, path, "b_pu", 0)
	b.RateMVA, b.ShiftDeg = c.number(f, path, "rate_a_mva", 0), c.number(f, path, "shift_deg", 0)
	// Both forms write 0 for a line, which has no transformer; the solver wants the 1 that is meant.
	if b.Ratio = c.number(f, path, "tap", 0); b.Ratio == 0 {
		b.Ratio = 1
	}
	c.network.Branches = append(c.network.Branches, b)
}

// check tells what the solver finds wrong beside the faults of the file.
func (c *flowCase) check() {
	faults := c.network.Check()
	if faults == nil {
		_, err := powerflow.New(c.network)
		errors.As(err, &faults)
	}
	for _, f := range faults {
		list := map[string]string{"buses": "bus", "generators": "gen", "branches": "branch"}[f.List]
		element := strings.TrimSuffix(c.prefix, ".")
		if list != "" {
			element = fmt.Sprintf("%s%s[%d]", c.prefix, list, f.Index)
		}
		path := strings.TrimSuffix(element+"."+flowFields[list+f.Field], ".")
		if f.Field == "BaseMVA" {
			path = "base_mva"
		}
		at, known := c.places[path]
		if !known {
			at = c.places[element]
		}
		c.fault(at, path, "bad-network", f.What, "the network cannot be calculated as it stands", f.Remedy)
	}
}

// flowFields are the file's names of the solver's fields.
var flowFields = map[string]string{"busID": "id", "busKind": "type", "busLoadMW": "pd_mw", "busLoadMvar": "qd_mvar", "busShuntMW": "gs_mw", "busShuntMvar": "bs_mvar",
	"busBaseKV": "base_kv", "busStartPU": "vm_start", "busStartDeg": "va_start_deg", "genBus": "bus", "genMW": "pg_mw", "genMvar": "qg_mvar", "genMinMvar": "qmin_mvar",
	"genPU": "vg_pu", "branchFrom": "from_bus", "branchTo": "to_bus", "branchR": "r_pu", "branchX": "x_pu", "branchB": "b_pu", "branchRateMVA": "rate_a_mva",
	"branchRatio": "tap", "branchShiftDeg": "shift_deg", "Buses": "bus"}

// number is a field that is a number, or what it is if it is not there.
func (c *flowCase) number(f map[string]*located, path, key string, otherwise float64) float64 {
	v := f[key]
	if v == nil || v.kind == "null" {
		return otherwise
	}
	if v.kind == "number" {
		if n, err := strconv.ParseFloat(v.text, 64); err == nil && !math.IsNaN(n) {
			return n
		}
	}
	c.fault(v.at, strings.TrimPrefix(path+"."+key, "."), "not-a-number", fmt.Sprintf("%s is not a number in range", v), key+" is a number", "write a number without quotes")
	return otherwise
}
