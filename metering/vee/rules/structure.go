package rules

import (
	"fmt"
	"time"

	"asue/metering"
)

// Record is one row of an imported batch, before it is believed to be an interval.
type Record struct {
	Point      metering.PointID
	Channel    metering.Channel
	Start, End time.Time
	Energy     metering.Energy
}

// Defect is a record of a batch that cannot stand.
type Defect struct {
	Record int // index in the batch
	Other  int // index of the record that it contradicts; -1 if there is none
	// Finding is of rule alignment (V02) or duplicate (V03).
	Finding metering.Finding
}

// Structure applies V02 and V03 to a batch whose intervals are to be of a length
// that divides the hour: each covers one length, aligned to UTC, and none comes
// twice with different energies. A duplicate that says the same is silent: say it
// once. Defects come in the order of the records.
func Structure(batch []Record, length time.Duration) []Defect {
	type key struct {
		point   metering.PointID
		channel metering.Channel
		start   int64
	}
	var defects []Defect
	first := make(map[key]int, len(batch))
	for i, r := range batch {
		if text := misaligned(r.Start, r.End, length); text != "" {
			defects = append(defects, Defect{i, -1, r.finding("alignment", metering.Termination, text,
				metering.Number{Name: "length", Value: r.End.Sub(r.Start).Seconds(), Unit: "s"})})
			continue
		}
		k := key{r.Point, r.Channel, r.Start.UnixMilli()}
		j, known := first[k]
		switch {
		case !known:
			first[k] = i
		case batch[j].Energy != r.Energy:
			u := r.Channel.Unit()
			defects = append(defects, Defect{i, j, r.finding("duplicate", metering.Failure,
				fmt.Sprintf("the same interval comes twice: %d %s and %d %s", batch[j].Energy, u, r.Energy, u),
				metering.Number{Name: "first", Value: float64(batch[j].Energy), Unit: u},
				metering.Number{Name: "second", Value: float64(r.Energy), Unit: u})})
		}
	}
	return defects
}

// misaligned says what is wrong with the ends of an interval, or nothing.
func misaligned(start, end time.Time, length time.Duration) string {
	switch {
	case end.Sub(start) != length:
		return fmt.Sprintf("the interval lasts %v instead of %v", end.Sub(start), length)
	case !start.Equal(start.Truncate(length)):
		return fmt.Sprintf("the interval begins at %s, which is not a multiple of %v", stamp(start), length)
	}
	return ""
}

func (r Record) finding(rule string, s metering.Severity, text string, numbers ...metering.Number) metering.Finding {
	return metering.Finding{
		Rule: rule, Severity: s, Point: r.Point, Channel: r.Channel, From: r.Start, To: r.End,
		Text: text, Numbers: numbers,
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
