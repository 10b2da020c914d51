package main

import (
	"fmt"
	"strings"
)

// readMatpower reads a case file of MATPOWER, version 2 of its format (the columns are
// those of its manual, appendix B). The file is a program; here its assignments of
// plain tables to mpc.baseMVA, mpc.bus, mpc.gen and mpc.branch are read, other fields
// of mpc are passed over, and whatever computes is a fault, because leaving it out
// would give other figures than MATPOWER's.
func (c *flowCase) readMatpower() {
	r := &matpowerReader{c: c, src: c.src}
	for r.space(true); r.at < len(r.src) && !r.broken; r.space(true) {
		r.statement()
	}
	for _, name := range []string{"bus", "gen", "branch"} {
		if _, given := r.seen[name]; !given && !r.broken {
			c.fault(0, "mpc."+name, "missing", "mpc."+name+" is missing", "a case file has bus, gen and branch", "write mpc."+name+" = [ … ];")
		}
	}
	c.take(r.tables)
}

// The columns of each table by their order; "-" is not read. A row may have more
// columns, which programs add as results.
var matpowerColumns = map[string][]string{
	"bus":    {"id", "type", "pd_mw", "qd_mvar", "gs_mw", "bs_mvar", "-", "vm_start", "va_start_deg", "base_kv", "-", "-", "-"},
	"gen":    {"bus", "pg_mw", "qg_mvar", "qmax_mvar", "qmin_mvar", "vg_pu", "-", "status", "-", "-"},
	"branch": {"from_bus", "to_bus", "r_pu", "x_pu", "b_pu", "rate_a_mva", "-", "-", "tap", "shift_deg", "status"},
}

// matpowerTypes are the bus types of MATPOWER.
var matpowerTypes = map[string]string{"1": "PQ", "2": "PV", "3": "SLACK", "4": "OUT"}

const maxMatpowerRows = 200_000

type matpowerReader struct {
	c      *flowCase
	src    []byte
	at     int
	tables flowTables
	seen   map[string]int
	broken bool // it makes no sense to read on
}

// statement reads "function …", "mpc.NAME = VALUE" or "end"; anything else is a fault.
func (r *matpowerReader) statement() {
	from := r.at
	word := r.word()
	switch {
	case word == "function":
		r.line()
	case word == "end" || word == "return" || word == "" && r.peek() == ';':
		r.at = max(r.at, from)
		if r.peek() == ';' {
			r.at++
		}
	case strings.HasPrefix(word, "mpc."):
		r.assignment(from, strings.TrimPrefix(word, "mpc."))
	default:
		r.computes(from)
	}
}

// computes tells a statement that is none of plain data, and skips its line.
func (r *matpowerReader) computes(from int) {
	r.at = from
	r.line()
	text := strings.TrimSpace(string(r.src[from:min(r.at, from+60)]))
	r.c.fault(from, "", "code", fmt.Sprintf("%q is code", text), "code is not run, and without it the figures would be others",
		"load the case in MATPOWER and write it with savecase, which leaves plain tables")
}

func (r *matpowerReader) assignment(from int, name string) {
	r.space(false)
	if r.peek() != '=' || r.at+1 < len(r.src) && r.src[r.at+1] == '=' {
		r.computes(from)
		return
	}
	r.at++
	r.space(false)
	if r.seen == nil {
		r.seen = map[string]int{}
	}
	if _, twice := r.seen[name]; twice {
		r.c.fault(from, "mpc."+name, "twice", "mpc."+name+" is assigned twice", "one of the two would be left out", "leave one")
	}
	r.seen[name] = from
	start := r.at
	switch r.peek() {
	case '[':
		r.table(name)
	case '{':
		r.skipCell()
	case '\'', '"':
		text := r.quoted()
		if name == "version" && text != "2" {
			r.c.fault(start, "mpc.version", "version", fmt.Sprintf("version %q of the format is not known", text), "version 1 has other columns", "load the case in MATPOWER and write it with savecase")
		}
	default:
		v := r.number()
		if name == "baseMVA" {
			r.tables.base = v
		}
	}
	r.space(false)
	if r.broken {
		return
	}
	if p := r.peek(); p == ';' || p == ',' {
		r.at++
		return
	}
	if p := r.peek(); p != '\n' && p != 0 {
		r.computes(from)
	}
}

// table reads [ … ]: rows end with ";" or a new line.
func (r *matpowerReader) table(name string) {
	open := r.at
	r.at++
	columns, known := matpowerColumns[name]
	var rows []*located
	row := &located{kind: "object", at: -1}
	count := 0
	flush := func() {
		if count > 0 && known {
			if count < len(columns) {
				r.c.fault(row.at, fmt.Sprintf("mpc.%s[%d]", name, len(rows)), "columns", fmt.Sprintf("the row has %d columns", count), fmt.Sprintf("mpc.%s has %d at least", name, len(columns)), "write all columns")
			}
			rows = append(rows, row)
		}
		row, count = &located{kind: "object", at: -1}, 0
	}
	for {
		r.space(false)
		switch p := r.peek(); {
		case r.at >= len(r.src):
			r.c.fault(open, "mpc."+name, "not-closed", "the table does not end", "everything behind would be part of it", "write ];")
			r.broken = true
			return
		case p == ']':
			r.at++
			flush()
			r.keep(name, rows)
			return
		case p == ';' || p == '\n':
			r.at++
			flush()
		case p == ',':
			r.at++
		default:
			at := r.at
			v := r.number()
			if r.broken || len(rows) > maxMatpowerRows {
				r.broken = true
				return
			}
			if row.at < 0 {
				row.at = at
			}
			if count < len(columns) && columns[count] != "-" {
				row.members = append(row.members, member{columns[count], at, typed(columns[count], v)})
			}
			count++
		}
	}
}

// typed names the type of a bus as the other form of a case does.
func typed(column string, v *located) *located {
	if name, ok := matpowerTypes[v.text]; ok && column == "type" {
		return &located{at: v.at, kind: "text", text: name}
	}
	return v
}

func (r *matpowerReader) keep(name string, rows []*located) {
	switch name {
	case "bus":
		r.tables.bus = rows
	case "gen":
		r.tables.gen = rows
	case "branch":
		r.tables.branch = rows
	}
}
