package table

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"
	"asue/metering/exchange"
)

// File is what was read. It may be used only when Faults is empty.
type File struct {
	Rows   []Row
	Notes  []string // what was found out and left out, in words
	Faults []exchange.Fault

	zone *time.Location
}

// Row is what a row says, and where it stands.
type Row struct {
	Sheet string
	Line  int
	// Act is what the row would be as an act by itself: of kind Issue for a condition.
	// Resident and node are those of the site file, whether the row has id or name.
	Act register.Act

	said   map[field]int // the columns of the file, by what they are about
	stages []place       // of Act.Terms.Stages
}

// place is where a stage of growth stands.
type place struct {
	line int
	said map[field]int
}

// FaultsMost is how many faults are told of a file.
const FaultsMost = 200

// Read reads CSV or XLSX. An error is a file that cannot be read at all; what is wrong in
// it stands in its Faults.
func Read(r io.ReaderAt, size int64, site *metering.Site) (*File, error) {
	grids, notes, err := exchange.Grids(r, size)
	if err != nil {
		return nil, err
	}
	rd := reader{site: site, file: &File{Notes: notes, zone: site.Location}, conditions: map[string]int{}}
	for _, g := range grids {
		rd.sheet(g)
	}
	if !rd.found && len(rd.file.Faults) == 0 {
		rd.add(exchange.Fault{Code: "no-header", What: "no row has headings of a register",
			Remedy: "head the columns, for instance: condition; resident; node; firm, kW; from; legal_basis; document"})
	}
	return rd.file, nil
}

// reader takes sheets into a file.
type reader struct {
	site       *metering.Site
	file       *File
	found      bool           // a sheet with a table
	conditions map[string]int // where a condition stands among the rows
	lost       map[string]bool

	grid  exchange.Grid
	said  map[field]int
	units map[int]unit // of columns, by the heading
}

func (rd *reader) add(f exchange.Fault) {
	if len(rd.file.Faults) < FaultsMost {
		f.Value = short(f.Value)
		rd.file.Faults = append(rd.file.Faults, f)
	}
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// fault is one of a cell, or of the row where column is below 0.
func (rd *reader) fault(line, column int, value, code, what, remedy string) {
	f := exchange.Fault{Sheet: rd.grid.Sheet, Row: line, Value: value, Code: code, What: what, Remedy: remedy}
	if column >= 0 {
		f.Column = exchange.ColumnLetter(column)
	}
	rd.add(f)
}

// headerRows is how many rows at the top are looked through for the headings.
const headerRows = 40

func (rd *reader) sheet(g exchange.Grid) {
	rd.grid = g
	at := slices.IndexFunc(g.Rows[:min(len(g.Rows), headerRows)], func(r exchange.GridRow) bool { return isHeader(r.Cells) })
	if at < 0 {
		if g.Sheet != "" && len(g.Rows) > 0 {
			rd.file.Notes = append(rd.file.Notes, fmt.Sprintf("sheet %s was left out: it has no headings of a register", g.Sheet))
		}
		return
	}
	rd.found = true
	before := len(rd.file.Faults)
	rd.header(g.Rows[at])
	if len(rd.file.Faults) > before {
		return // rows of misread columns would be faults of that alone
	}
	for _, row := range g.Rows[at+1:] {
		rd.row(row)
	}
}

// isHeader: three known headings, one of them of the resident.
func isHeader(cells []string) bool {
	known, resident := 0, false
	for _, cell := range cells {
		f, _, ok := headingOf(cell)
		if ok && f != fIgnored {
			known++
		}
		resident = resident || f == fResident
	}
	return known >= 3 && resident
}

// headingOf finds what a heading names: the whole of it, or what stands before a unit.
func headingOf(text string) (f field, rest string, ok bool) {
	n := exchange.Heading(text)
	if f, ok = headings[n]; ok {
		return f, "", true
	}
	i := strings.IndexAny(n, ",([;")
	if i <= 0 {
		return "", "", false
	}
	f, ok = headings[exchange.Heading(n[:i])]
	return f, strings.Trim(n[i:], " ,()[];"), ok
}

func (rd *reader) header(row exchange.GridRow) {
	rd.said, rd.units = map[field]int{}, map[int]unit{}
	flowsSeen := map[string]bool{}
	for c, cell := range row.Cells {
		f, rest, ok := headingOf(cell)
		if remedy, two := unsaid[exchange.Heading(cell)]; two {
			rd.fault(row.Line, c, cell, "ambiguous-heading", "does not say whether the day itself still counts", remedy)
			continue
		}
		if !ok || f == fIgnored {
			if !ok && exchange.Heading(cell) != "" {
				rd.file.Notes = append(rd.file.Notes, fmt.Sprintf("column %s was left out: %q is no heading of a register", exchange.ColumnLetter(c), short(cell)))
			}
			continue
		}
		if all := unitsOf(f); all != nil && rest != "" {
			u, known := all[rest]
			if !known {
				rd.fault(row.Line, c, cell, "bad-unit", fmt.Sprintf("names no unit of it: %q", rest), "write "+exampleOf(f))
				continue
			}
			rd.units[c] = u
		}
		key := string(f)
		if f == fFlow { // there may be one an hour and one a day
			key += rd.units[c].per
		}
		if _, twice := rd.said[f]; twice && f != fFlow || flowsSeen[key] {
			rd.fault(row.Line, c, cell, "heading-twice", "stands over two columns", "leave one of them")
			continue
		}
		flowsSeen[key] = true
		if _, there := rd.said[f]; !there {
			rd.said[f] = c
		} else {
			rd.said[field(key)] = c
		}
	}
	if _, a := rd.said[fUntil]; a {
		if c, b := rd.said[fThrough]; b {
			rd.fault(row.Line, c, row.Cells[c], "heading-twice", "says the same as the column of the end", "leave one of them")
		}
	}
}

// row reads a row, and gives it its place.
func (rd *reader) row(g exchange.GridRow) {
	c := cells{reader: rd, line: g.Line, list: g.Cells}
	what, ok := c.record()
	if !ok {
		return
	}
	if what == rStage {
		rd.stage(&c)
		return
	}
	row := Row{Sheet: rd.grid.Sheet, Line: g.Line, said: rd.said}
	before := len(rd.file.Faults)
	row.Act = c.act(what)
	if id := row.Act.Condition; id != "" {
		if at, twice := rd.conditions[id]; twice {
			rd.fault(g.Line, rd.said[fCondition], id, "twice", fmt.Sprintf("stands in row %d already", rd.file.Rows[at].Line), "leave one row for each condition")
			return
		}
		if len(rd.file.Faults) > before {
			if rd.lost == nil {
				rd.lost = map[string]bool{}
			}
			rd.lost[id] = true
		} else {
			rd.conditions[id] = len(rd.file.Rows)
		}
	}
	if len(rd.file.Faults) == before {
		rd.file.Rows = append(rd.file.Rows, row)
	}
}

// stage adds a stage of growth to the row of its condition.
func (rd *reader) stage(c *cells) {
	id := c.text(fCondition)
	s := register.Stage{Power: c.power(fFirm), Due: c.moment(fDue), Milestones: int(c.whole(fMilestones)), Document: c.text(fDocument)}
	at, ok := rd.conditions[id]
	switch {
	case id == "":
		c.fault(fCondition, "", "empty", "a stage of growth is one of a condition", "name the condition")
	case !ok && !rd.lost[id]:
		c.fault(fCondition, id, "no-condition", "has no row above", "put the row of the condition before its stages")
	case ok && rd.file.Rows[at].Act.Kind != register.Issue:
		c.fault(fCondition, id, "no-condition", "is withdrawn in its row", "leave the stage out")
	}
	if !ok {
		return
	}
	row := &rd.file.Rows[at]
	if row.Act.Terms != nil {
		row.Act.Terms.Stages = append(row.Act.Terms.Stages, s)
		row.stages = append(row.stages, place{c.line, rd.said})
	}
}

// resident finds a resident by id or by name.
func (rd *reader) resident(text string) (metering.ResidentID, bool) {
	var found []metering.ResidentID
	for _, r := range rd.site.Residents {
		if string(r.ID) == text {
			return r.ID, true
		}
		if exchange.Heading(r.Name) == exchange.Heading(text) {
			found = append(found, r.ID)
		}
	}
	return cmp.Or(append(found, "")...), len(found) == 1
}

// node finds a node by id or by name.
func (rd *reader) node(text string) (metering.NodeID, bool) {
	var found []metering.NodeID
	for _, n := range rd.site.Topology.Nodes {
		if string(n.ID) == text {
			return n.ID, true
		}
		if exchange.Heading(n.Name) == exchange.Heading(text) {
			found = append(found, n.ID)
		}
	}
	return cmp.Or(append(found, "")...), len(found) == 1
}
