package exchange

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"asue/metering"
)

// File is what was read from a file. It may be written only when Faults is empty.
type File struct {
	Name   string
	Kind   string // "csv", "xlsx" or "80020"
	Notes  []string
	Faults Faults
	// Missing are the days of each point and channel on which intervals are
	// missing, up to MostMissing; MissingDays and MissingIntervals count all.
	Missing          []MissingDay
	MissingDays      int
	MissingIntervals int
	// Message is what a file of layout 80020 says of itself.
	Message *MaketHead

	sheets []string
	series []*settled
	reason string // of every interval
}

// MissingDay is a day of the local calendar that has fewer intervals than it
// lasts.
type MissingDay struct {
	Point   metering.PointID
	Channel metering.Channel
	Day     string // 2026-03-29
	Want    int    // 92, 96 or 100 quarters of an hour
	Got     int
}

// MostMissing is how many days with missing intervals a File lists.
const MostMissing = 200

// Len is how many quarters of an hour the file gives.
func (f *File) Len() int {
	n := 0
	for _, s := range f.series {
		for _, e := range s.entries {
			n += int(e.parts)
		}
	}
	return n
}

// Span is the time from the first interval's start to the last one's end; zero
// times if there is none.
func (f *File) Span() (from, to time.Time) {
	for _, s := range f.series {
		first, last := s.entries[0], s.entries[len(s.entries)-1]
		start, end := time.Unix(first.start, 0).UTC(), time.Unix(last.end(), 0).UTC()
		if from.IsZero() || start.Before(from) {
			from = start
		}
		if end.After(to) {
			to = end
		}
	}
	return from, to
}

// Points are the points of which the file has intervals, in the order of their
// first appearance.
func (f *File) Points() []metering.PointID {
	var list []metering.PointID
	seen := map[metering.PointID]bool{}
	for _, s := range f.series {
		if !seen[s.point] {
			seen[s.point] = true
			list = append(list, s.point)
		}
	}
	return list
}

// Place is where in a file an interval stands.
type Place struct {
	Sheet  string
	Row    int
	Column string
}

// String is "sheet Январь, row 12, column C".
func (p Place) String() string {
	var parts []string
	if p.Sheet != "" {
		parts = append(parts, "sheet "+p.Sheet)
	}
	parts = append(parts, fmt.Sprintf("row %d", p.Row))
	if p.Column != "" {
		parts = append(parts, "column "+p.Column)
	}
	return strings.Join(parts, ", ")
}

// Between gives the file's intervals that start in [from, to), by point and
// channel, ascending by start within each, with the place of each in the file.
// Version and RecordedAt are left to the ledger.
func (f *File) Between(from, to time.Time) iter.Seq2[Place, metering.Interval] {
	return func(yield func(Place, metering.Interval) bool) {
		for _, s := range f.series {
			if !s.between(f, from.Unix(), to.Unix(), yield) {
				return
			}
		}
	}
}
