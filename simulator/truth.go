package simulator

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"asue/metering"
)

// TruthLog keeps the exact registers of all points at the quarters of an hour.
// See World.Record. It is not safe for use by several goroutines at once.
type TruthLog struct {
	points   []metering.PointID
	channels [][]metering.Channel // of each point, four at most
	index    map[metering.PointID]int
	rows     []truthRow
}

type truthRow struct {
	at     time.Time
	energy [][4]int64 // by point, by channel
}

func (w *World) recordQuarter() {
	if w.truth == nil || w.now%int64(metering.BasePeriod) != 0 {
		return
	}
	log := w.truth
	if log.points == nil {
		log.points = w.Points()
		for _, p := range log.points {
			point, _ := w.site.Point(p)
			log.channels = append(log.channels, point.Channels())
		}
		log.index = make(map[metering.PointID]int, len(log.points))
		for i, p := range log.points {
			log.index[p] = i
		}
	}
	if n := len(log.rows); n > 0 && !log.rows[n-1].at.Before(w.Now()) {
		return
	}
	row := truthRow{at: w.Now(), energy: make([][4]int64, len(log.points))}
	for i, p := range log.points {
		for k, c := range log.channels[i] {
			row.energy[i][k] = w.Truth(p, c)
		}
	}
	log.rows = append(log.rows, row)
}

// Interval is the true energy of an interval in thousandths of the channel's
// unit; false if the log does not hold both its boundaries.
func (l *TruthLog) Interval(point metering.PointID, c metering.Channel, start time.Time) (milli int64, ok bool) {
	a, okA := l.Register(point, c, start)
	b, okB := l.Register(point, c, start.Add(metering.BasePeriod))
	return b - a, okA && okB
}

// Register is the true register at a quarter of an hour in thousandths of the
// channel's unit; false if the log does not hold it.
func (l *TruthLog) Register(point metering.PointID, c metering.Channel, at time.Time) (milli int64, ok bool) {
	if len(l.rows) == 0 {
		return 0, false
	}
	n := int(at.Sub(l.rows[0].at) / metering.BasePeriod)
	if n < 0 || n >= len(l.rows) || !l.rows[n].at.Equal(at) {
		return 0, false
	}
	i, known := l.index[point]
	if !known {
		return 0, false
	}
	k := slices.Index(l.channels[i], c)
	if k < 0 {
		return 0, false
	}
	return l.rows[n].energy[i][k], true
}

// Quarters lists the times that the log holds, ascending.
func (l *TruthLog) Quarters() []time.Time {
	times := make([]time.Time, len(l.rows))
	for i, r := range l.rows {
		times[i] = r.at
	}
	return times
}

// TruthLine is one line of WriteJSON's output: a point's registers at one time,
// in thousandths of Wh, varh or L by the channel's name.
type TruthLine struct {
	At    time.Time        `json:"at"`
	Point metering.PointID `json:"point"`
	Milli map[string]int64 `json:"milli"`
}

// WriteJSON writes the log as JSON lines, by time and then by point.
func (l *TruthLog) WriteJSON(out io.Writer) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	for _, r := range l.rows {
		for i, p := range l.points {
			line := TruthLine{At: r.at, Point: p, Milli: make(map[string]int64, 4)}
			for k, c := range l.channels[i] {
				line.Milli[c.String()] = r.energy[i][k]
			}
			if err := enc.Encode(line); err != nil {
				return fmt.Errorf("truth log: %w", err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("truth log: %w", err)
	}
	return nil
}
