package reports

import (
	"strconv"
	"time"
)

// DailySheet is the daily sheet (суточная ведомость): what each point took in on one
// local day, with the readings of its meter at both midnights.
type DailySheet struct {
	Head
	Zones []string    // of the tariff, in the columns' order; none without a tariff
	Hours []time.Time // starts of the day's hours: 24 as a rule, 23 or 25 when the clock is shifted
	Lines []DailyLine // in order: what came in, then the residents
}

// DailyLine is one point of a daily sheet, or a sum of points.
type DailyLine struct {
	Name, Resident string
	Serial         string // of the meter at the day's beginning
	// Factor is what the readings' difference is multiplied by, in thousandths; 0 where
	// there is no reading.
	Factor int64
	// Begin and End are the readings at both midnights; nil if there is none close enough.
	Begin, End *Stand
	Total      Amount
	Missing    int      // base intervals without an energy
	Estimates  int      // base intervals that are estimates
	Zones      []Amount // one for each of DailySheet.Zones
	Hours      []Amount // one for each of DailySheet.Hours
	Sum        Sum      // a line that adds up the ones before it has no name of its own
}

// Sum is what a line adds up.
type Sum string

// Sums. The empty Sum is that of a line of one point.
const (
	SumInputs    Sum = "daily.in"
	SumResidents Sum = "daily.residents"
)

// Stand is what a register showed.
type Stand struct {
	Content int64 // in thousandths of a Wh, as the meter counts
}

func (s *Stand) value() value {
	if s == nil {
		return unknown()
	}
	return value{kind: number, n: s.Content, exp: 6}
}

func (d DailySheet) compose(w *words) page {
	return page{
		Title:  w.say("daily.title"),
		Tables: []table{d.readings(w), d.hours(w)},
		Notes:  []string{w.say("note.estimate"), w.say("note.unknown"), w.say("note.stand")},
	}
}

// readings is what an office signs: stands, energies, tariff zones, quality.
func (d DailySheet) readings(w *words) table {
	t := table{Name: w.say("daily.readings"), Strong: map[int]bool{}, Fixed: 1, Columns: []column{
		{w.say("col.point"), 34, 0}, {w.say("col.resident"), 22, 0}, {w.say("col.meter"), 16, 0}, {w.say("col.begin"), 15, 2}, {w.say("col.end"), 15, 2}, {w.say("col.factor"), 9, whatThereIs},
		{w.say("col.energy"), 15, 1},
	}}
	for _, zone := range d.Zones {
		t.Columns = append(t.Columns, column{w.say("col.zone", "zone", w.named("zone."+zone, zone)), 14, 1})
	}
	t.Columns = append(t.Columns, column{w.say("col.estimates"), 10, 0}, column{w.say("col.missing"), 10, 0})
	for i, l := range d.Lines {
		factor, begin, end := textOf(""), textOf(""), textOf("")
		if l.Sum == "" {
			begin, end = l.Begin.value(), l.End.value()
			if l.Factor > 0 {
				factor = value{kind: number, n: l.Factor, exp: 3}
			}
		}
		row := []value{textOf(l.name(w)), textOf(l.Resident), textOf(l.Serial), begin, end, factor, of(l.Total)}
		for _, z := range l.Zones {
			row = append(row, of(z))
		}
		t.Rows = append(t.Rows, append(row, whole(l.Estimates), whole(l.Missing)))
		t.Strong[i] = l.Sum != ""
	}
	return t
}

func (l DailyLine) name(w *words) string {
	if l.Sum != "" {
		return w.say(string(l.Sum))
	}
	return l.Name
}

func (d DailySheet) hours(w *words) table {
	t := table{Name: w.say("daily.hours"), Strong: map[int]bool{}, Fixed: 1, PerPage: 12, Columns: []column{{w.say("col.point"), 38, 0}}}
	for _, start := range d.Hours {
		t.Columns = append(t.Columns, column{span(start, time.Hour, d.Location), 14, 1})
	}
	for i, l := range d.Lines {
		row := []value{textOf(l.name(w))}
		for _, h := range l.Hours {
			row = append(row, of(h))
		}
		t.Rows = append(t.Rows, row)
		t.Strong[i] = l.Sum != ""
	}
	return t
}

// span is a stretch of the wall clock: "23:00–24:00".
func span(start time.Time, length time.Duration, loc *time.Location) string {
	end := start.Add(length).In(loc).Format("15:04")
	if end == "00:00" {
		end = "24:00"
	}
	return start.In(loc).Format("15:04") + "–" + end
}

// LoadProfile is the mean power of each column over each stretch of the wall clock.
type LoadProfile struct {
	Head
	Minutes int      // 15, 30 or 60
	Columns []string // the zone, whose name is empty, then the residents
	Rows    []ProfileRow
	Totals  []Amount // energy of each column over the whole time
}

// ProfileRow is one stretch of time; its amounts are energies, one for each column.
type ProfileRow struct {
	Start   time.Time
	Amounts []Amount
}

func (p LoadProfile) compose(w *words) page {
	minutes := strconv.Itoa(p.Minutes)
	length := time.Duration(p.Minutes) * time.Minute
	t := table{Name: w.say("profile.table", "n", minutes), Strong: map[int]bool{}, Fixed: 2, PerPage: 10,
		Columns: []column{{w.say("col.day"), 16, 0}, {w.say("col.time"), 18, 0}}}
	for _, name := range p.Columns {
		if name == "" {
			name = w.say("balance.zone")
		}
		t.Columns = append(t.Columns, column{name, 20, 1})
	}
	for _, r := range p.Rows {
		row := []value{dayOf(r.Start), textOf(span(r.Start, length, p.Location))}
		for _, a := range r.Amounts {
			row = append(row, a.value(int64(time.Hour/length)))
		}
		t.Rows = append(t.Rows, row)
	}
	total := []value{textOf(w.say("total")), textOf(w.say("unit.kWh"))}
	for _, a := range p.Totals {
		total = append(total, of(a))
	}
	t.Strong[len(t.Rows)] = true
	t.Rows = append(t.Rows, total)
	return page{
		Title: w.say("profile.title", "n", minutes), Tables: []table{t},
		Notes: []string{w.say("note.estimate"), w.say("note.unknown"), w.say("note.mean", "n", minutes)},
	}
}
