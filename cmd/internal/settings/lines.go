package settings

import (
	"fmt"

	"asue/metering"
	"asue/metering/form"
)

// CheckAgainst holds the lines of a collector and the actuators of an agent against
// the site. The faults have their places in the process file, if the configuration
// came from one.
func (c Config) CheckAgainst(site *metering.Site) form.Faults {
	var faults form.Faults
	if c.Has(RoleCollector) {
		faults = c.checkMeterLines(site)
	}
	if c.Has(RoleAgent) {
		faults = append(faults, c.checkActuators(site)...)
	}
	return append(faults, c.checkHomeAssistant(site)...)
}

// checkMeterLines: each line with meters has an address or is polled elsewhere, and
// each address is of a line that the site knows.
func (c Config) checkMeterLines(site *metering.Site) form.Faults {
	origin := c.origin
	if origin == nil {
		origin = c.madeUpOrigin()
	}
	r := origin.report.Again()
	lines := origin.draft.collector.V.lines
	at := origin.linesKey()
	refuseUnknownLines(r, lines.V, site)
	named := origin.draft.lineIDs()
	meters := MetersByLine(site)
	for _, line := range site.Lines {
		if n := meters[line.ID]; n > 0 && !named[line.ID] {
			r.Add(form.Error, at.At, at.Path, form.Found("line-without-address", fmt.Sprintf("the line %q (%s) has no address", line.ID, line.Name),
				fmt.Sprintf("the site file puts %s on it, which nobody would read", Counted(n, "meter")),
				fmt.Sprintf("add \"%s: tcp://HOST:502\" to the lines, or \"%s: %s\" if another collector polls it", line.ID, line.ID, elsewhere)))
		}
	}
	return r.Finish()
}

// RefuseSite tells a fault of the site file that the process file names, where it
// names it. The configuration must come from a file.
func (c Config) RefuseSite(f *form.Finding) form.Faults {
	r := c.origin.report.Again()
	at := c.origin.root
	if named := at.Get("site"); named != nil {
		at = named
	}
	r.Refuse(at, f)
	return r.Finish()
}

// Overload is a line whose planned reads take too much of its time.
type Overload struct {
	Line metering.LineID
	Sum  string // "fast 71.2 % + energy 11.0 % = 82.2 %"
}

// RefuseOverloads tells of lines that are planned for more than they can carry,
// each at its place in the file.
func (c Config) RefuseOverloads(over []Overload) form.Faults {
	origin := c.origin
	if origin == nil {
		origin = c.madeUpOrigin()
	}
	r := origin.report.Again()
	for _, o := range over {
		at := origin.root
		for _, l := range origin.draft.collector.V.lines.V {
			if l.ID.V == o.Line {
				at = l.Value.At
			}
		}
		r.Refuse(at, form.Found("overload", fmt.Sprintf("the line %q is planned for more than 80 %% of its time: %s", o.Line, o.Sum),
			"what is left is needed for repetitions and for meters that are slow", "lengthen the periods under \"collector\", put some meters on another line, or raise the baud rate; asue explain shows every read"))
	}
	return r.Finish()
}

// linesKey is the key "lines", or as near to it as the file comes.
func (o *provenance) linesKey() form.Entry {
	at := form.Entry{At: o.root.At, Path: o.root.Path}
	if collector := o.draft.collector.At; collector != nil {
		at = form.Entry{At: collector.At, Path: collector.Path}
		for _, e := range collector.Entries {
			if e.Key == "lines" {
				at = e
			}
		}
	}
	return at
}

func refuseUnknownLines(r *form.Report, lines []form.Pair[metering.LineID, string], site *metering.Site) {
	var known []string
	for _, line := range site.Lines {
		known = append(known, string(line.ID))
	}
	declared := map[metering.LineID]bool{}
	for _, line := range site.Lines {
		declared[line.ID] = true
	}
	for _, l := range lines {
		if !declared[l.ID.V] {
			r.Refuse(l.ID.At, form.Found("unknown-line", fmt.Sprintf("the site %q has no line %q", site.ID, l.ID.V),
				"which meters hang on a line stands in the site file", form.DidYouMean(string(l.ID.V), known)))
		}
	}
}

// MetersByLine counts the meters of each line.
func MetersByLine(site *metering.Site) map[metering.LineID]int {
	meters := map[metering.LineID]int{}
	for _, m := range site.Meters {
		meters[m.Line]++
	}
	return meters
}

// madeUpOrigin stands for the file of a configuration that came from none.
func (c Config) madeUpOrigin() *provenance {
	here := func(path string) *form.Node { return &form.Node{Path: path} }
	draft := &processDraft{}
	for _, l := range c.Collector.Lines {
		pair := form.Pair[metering.LineID, string]{}
		pair.ID = given[metering.LineID]{V: l.ID, At: here("collector.lines." + string(l.ID)), OK: true}
		pair.Value = given[string]{V: l.URL, At: pair.ID.At, OK: true}
		draft.collector.V.lines.V = append(draft.collector.V.lines.V, pair)
	}
	return &provenance{report: form.NewReport("configuration"), root: here("collector.lines"), draft: draft}
}

// Counted is a number of things for people: "1 meter", "3 meters".
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
