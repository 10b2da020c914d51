package main

import (
	"fmt"
	"io"
	"time"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/settings"
	"asue/metering"
	"asue/metering/exchange"
)

// Outcomes of an import.
const (
	importDone    = "imported"
	importNothing = "nothing new"
	importDry     = "dry run"
	importDiffers = "differs"
	importFaulty  = "faulty"
	importFailed  = "failed"
)

// importReport is what `asue import intervals --json` prints for each file.
type importReport struct {
	File             string             `json:"file"`
	Outcome          string             `json:"outcome"`
	Error            string             `json:"error,omitempty"`
	Kind             string             `json:"kind,omitempty"`
	Notes            []string           `json:"notes"`
	Intervals        int                `json:"intervals"`
	From             *time.Time         `json:"from,omitempty"`
	To               *time.Time         `json:"to,omitempty"`
	New              int                `json:"new"`
	Filled           int                `json:"filled"` // the ledger knew no energy
	Same             int                `json:"same"`
	Differing        int                `json:"differing"`
	Differences      []reportDifference `json:"differences"` // the first ones
	Act              string             `json:"act,omitempty"`
	MissingIntervals int                `json:"missing_intervals"`
	MissingDays      int                `json:"missing_days"`
	Missing          []reportMissing    `json:"missing"` // the first ones
	FaultCount       int                `json:"fault_count"`
	FaultKinds       map[string]int     `json:"fault_kinds"`
	Faults           []reportFault      `json:"faults"` // the first of each kind
}

type reportDifference struct {
	Point       string          `json:"point"`
	Channel     string          `json:"channel"`
	Start       time.Time       `json:"start"`
	Place       string          `json:"place"`
	File        metering.Energy `json:"file"`
	FileGrade   string          `json:"file_grade"`
	Ledger      metering.Energy `json:"ledger"`
	LedgerGrade string          `json:"ledger_grade"`
	Method      string          `json:"ledger_method"`
	Unit        string          `json:"unit"`
}

type reportMissing struct {
	Point   string `json:"point"`
	Channel string `json:"channel"`
	Day     string `json:"day"`
	Want    int    `json:"want"`
	Got     int    `json:"got"`
}

type reportFault struct {
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row,omitempty"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Code   string `json:"code"`
	What   string `json:"what"`
	Remedy string `json:"remedy"`
}

// take fills in what was read.
func (r *importReport) take(f *exchange.File, zone *time.Location) {
	r.Kind, r.Notes, r.Intervals = f.Kind, listed(f.Notes), f.Len()
	if from, to := f.Span(); !from.IsZero() {
		from, to = from.In(zone), to.In(zone)
		r.From, r.To = &from, &to
	}
	r.MissingIntervals, r.MissingDays = f.MissingIntervals, f.MissingDays
	for _, m := range f.Missing {
		r.Missing = append(r.Missing, reportMissing{string(m.Point), m.Channel.String(), m.Day, m.Want, m.Got})
	}
	r.FaultCount = f.Faults.Len()
	for _, k := range f.Faults.Kinds() {
		r.FaultKinds[k.Code] = k.N
	}
	for _, fault := range f.Faults.List {
		r.Faults = append(r.Faults, reportFault(fault))
	}
	if r.FaultCount > 0 {
		r.Outcome = importFaulty
	}
}

// compare fills in how the file stands to the ledger.
func (r *importReport) compare(p *importPlan, zone *time.Location) {
	r.New, r.Filled = p.counts[exchange.New], p.counts[exchange.Filled]
	r.Same, r.Differing = p.counts[exchange.Same], p.counts[exchange.Differs]
	for _, d := range p.differ {
		r.Differences = append(r.Differences, reportDifference{
			Point: string(d.file.Point), Channel: d.file.Channel.String(), Start: d.file.Start.In(zone), Place: d.place.String(),
			File: d.file.Energy, FileGrade: d.file.Grade.String(), Ledger: d.current.Energy, LedgerGrade: d.current.Grade.String(),
			Method: d.current.Method.String(), Unit: d.file.Channel.Unit(),
		})
	}
}

func (r *importReport) exitCode() int {
	switch r.Outcome {
	case importFaulty:
		return cli.ExitUsage
	case importDiffers, importFailed:
		return cli.ExitFailed
	}
	return 0
}

// Bounds of what is printed for people; JSON has more.
const (
	mostShownFaults  = 100
	mostShownDays    = 20
	mostShownDiffers = 20
)

func (r *importReport) print(out io.Writer) {
	switch r.Outcome {
	case importFailed:
		fmt.Fprintf(out, "%s: nothing was written: %s\n", r.File, plain(r.Error))
		return
	case importFaulty:
		fmt.Fprintf(out, "%s: %s: nothing was written\n", r.File, settings.Counted(r.FaultCount, "fault"))
	default:
		fmt.Fprintf(out, "%s: %s from %s to %s\n", r.File, settings.Counted(r.Intervals, "interval"), r.From.Format(time.RFC3339), r.To.Format(time.RFC3339))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(out, "  note: %s\n", plain(n))
	}
	for i, f := range r.Faults {
		if i == mostShownFaults {
			break
		}
		fmt.Fprintf(out, "  FAULT: %s\n", plain(exchange.Fault(f).String()))
	}
	if shown := min(len(r.Faults), mostShownFaults); r.FaultCount > shown {
		fmt.Fprintf(out, "  … and %d more; of each kind: %v\n", r.FaultCount-shown, r.FaultKinds)
	}
	if r.Outcome == importFaulty {
		return
	}
	r.printMissing(out)
	fmt.Fprintf(out, "  new: %d, filled where the ledger knew none: %d, the same: %d, differing: %d\n", r.New, r.Filled, r.Same, r.Differing)
	r.printDifferences(out)
	switch r.Outcome {
	case importDry:
		fmt.Fprintf(out, "  dry run: nothing was written\n")
	case importDiffers:
		fmt.Fprintf(out, "  nothing was written: correct the file, or replace what differs with --replace --author NAME --reason WHY\n")
	case importNothing:
		fmt.Fprintf(out, "  the ledger has all of it\n")
	case importDone:
		fmt.Fprintf(out, "  imported\n")
		if r.Act != "" {
			fmt.Fprintf(out, "  replaced by act %s\n", plain(r.Act))
		}
	}
}

func (r *importReport) printMissing(out io.Writer) {
	if r.MissingDays == 0 {
		return
	}
	fmt.Fprintf(out, "  missing: %s on %s\n", settings.Counted(r.MissingIntervals, "interval"), settings.Counted(r.MissingDays, "day"))
	for i, m := range r.Missing {
		if i == mostShownDays {
			fmt.Fprintf(out, "    … and %d more days\n", r.MissingDays-i)
			break
		}
		fmt.Fprintf(out, "    %s %s %s: %d of %d\n", m.Point, m.Channel, m.Day, m.Got, m.Want)
	}
}

func (r *importReport) printDifferences(out io.Writer) {
	for i, d := range r.Differences {
		if i == mostShownDiffers {
			fmt.Fprintf(out, "    … and %d more differ\n", r.Differing-i)
			break
		}
		fmt.Fprintf(out, "    %s %s %s: the file says %d %s (%s, %s), the ledger %d %s (%s, %s)\n", d.Point, d.Channel, d.Start.Format(time.RFC3339),
			d.File, d.Unit, d.FileGrade, d.Place, d.Ledger, d.Unit, d.LedgerGrade, d.Method)
	}
}
