package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"asue/metering"
)

// lossBook keeps what lines and transformers have lost by the model, a base interval
// at a time. It is a file of lines beside the ledger and not in it: a calculated loss is
// no measurement, follows from no register and cannot be rebuilt, and nothing is billed
// by it.
//
//	{"start":"2026-11-30T06:00:00Z","covered":0.993,"loss_wh":{"l-kar":54200,"t-1":31180,"t-2":28950}}
//
// covered is the share of the interval for which there was a state; the energies are the
// mean power of that share times the whole interval. An interval that stands there twice
// (the program was started anew in its midst) counts with both shares. A line that cannot
// be read, such as the last one after a crash, is passed over and counted.
type lossBook struct {
	path string
	out  *os.File

	// Owned by who adds.
	start time.Time // of the interval in progress
	last  time.Time // of the last state; zero: there was none
	power map[string]float64
	sum   map[string]float64 // W·h so far
	hours float64            // covered so far

	mu   sync.RWMutex
	kept map[int64]lossSpan // by the Unix time of the start
	bad  int
	torn bool // the last line has no end
}

type lossSpan struct {
	covered float64
	lossWh  map[string]float64 // mean power times the whole interval
}

type lossLine struct {
	Start   time.Time          `json:"start"`
	Covered float64            `json:"covered"`
	LossWh  map[string]float64 `json:"loss_wh"`
}

// lossesKept is how long losses are kept: two years, some 15 MB.
const lossesKept = 2 * 366 * 24 * time.Hour

// openLossBook reads the book and lets it be written on. It fails if the file cannot be
// read or opened for writing.
func openLossBook(path string, now time.Time) (*lossBook, error) {
	b := &lossBook{path: path, kept: map[int64]lossSpan{}, power: map[string]float64{}, sum: map[string]float64{}}
	if err := b.read(now); err != nil {
		return nil, fmt.Errorf("losses of the network: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("losses of the network: %w", err)
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("losses of the network: %w", err)
	}
	if b.out = out; b.torn {
		if _, err := out.WriteString("\n"); err != nil {
			return nil, fmt.Errorf("losses of the network: %w", errors.Join(err, out.Close()))
		}
	}
	return b, nil
}

func (b *lossBook) read(now time.Time) error {
	file, err := os.Open(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() // it was read only
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	lines.Split(func(data []byte, atEnd bool) (int, []byte, error) {
		advance, token, err := bufio.ScanLines(data, atEnd)
		if len(data) > 0 {
			b.torn = atEnd && data[len(data)-1] != '\n'
		}
		return advance, token, err
	})
	for lines.Scan() {
		var l lossLine
		err := json.Unmarshal(lines.Bytes(), &l)
		if err != nil || !(l.Covered > 0 && l.Covered <= 1) || !l.Start.Equal(metering.PeriodStart(l.Start)) {
			b.bad++
			continue
		}
		if now.Sub(l.Start) <= lossesKept {
			b.put(l)
		}
	}
	return lines.Err()
}

// put takes a line over; together with what is there already of the same interval.
func (b *lossBook) put(l lossLine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := l.Start.Unix()
	have := b.kept[key]
	total := have.covered + l.Covered
	next := lossSpan{covered: min(total, 1), lossWh: map[string]float64{}}
	for id, wh := range have.lossWh {
		next.lossWh[id] += wh * have.covered / total
	}
	for id, wh := range l.LossWh {
		next.lossWh[id] += wh * l.Covered / total
	}
	b.kept[key] = next
}

// add takes a state in: what was lost by the last one is taken to have been lost until
// now, if that is not longer than most.
func (b *lossBook) add(now time.Time, most time.Duration, s metering.NetworkState) {
	if !b.last.IsZero() && now.After(b.last) && now.Sub(b.last) <= most {
		for at := b.last; at.Before(now); {
			b.turn(at)
			to := b.start.Add(metering.BasePeriod)
			if to.After(now) {
				to = now
			}
			b.spend(to.Sub(at))
			at = to
		}
	}
	b.turn(now)
	b.last = now
	clear(b.power)
	if s.Problem != "" {
		b.last = time.Time{}
		return
	}
	for _, l := range s.Lines {
		if l.Live {
			b.power[string(l.ID)] = l.LossMW * 1e6
		}
	}
	for _, t := range s.Transformers {
		if t.Live {
			b.power[string(t.Node)] = t.LossMW * 1e6
		}
	}
}

func (b *lossBook) spend(d time.Duration) {
	b.hours += d.Hours()
	for id, w := range b.power {
		b.sum[id] += w * d.Hours()
	}
}

// turn ends the interval in progress if t lies behind it.
func (b *lossBook) turn(t time.Time) {
	start := metering.PeriodStart(t)
	if start.Equal(b.start) {
		return
	}
	b.write()
	b.start = start
}

// write puts the interval in progress into the book. What the disk does not take is
// known until the program ends.
func (b *lossBook) write() {
	if b.hours <= 0 {
		return
	}
	period := metering.BasePeriod.Hours()
	l := lossLine{Start: b.start, Covered: min(b.hours/period, 1), LossWh: map[string]float64{}}
	for id, wh := range b.sum {
		l.LossWh[id] = wh / b.hours * period
	}
	b.put(l)
	b.hours = 0
	clear(b.sum)
	if text, err := json.Marshal(l); err == nil {
		_, _ = b.out.Write(append(text, '\n')) // an interval less; a full disk is told by the ledger
	}
}

// close keeps what there is of the interval in progress.
func (b *lossBook) close() {
	b.write()
	_ = b.out.Close() // every line was written by itself
}

// enoughCovered is the share of a stretch that must be covered for its losses to be told.
const enoughCovered = 0.9

// lost are the losses of each element over [from, to), scaled up to all of it, and the
// share that is covered by states of the model; false if too little is.
func (b *lossBook) lost(from, to time.Time) (byElement map[string]float64, covered float64, ok bool) {
	if b == nil || !from.Before(to) {
		return nil, 0, false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	byElement = map[string]float64{}
	intervals, known, sum := 0, 0, 0.0
	for at := metering.PeriodStart(from); at.Before(to); at = at.Add(metering.BasePeriod) {
		intervals++
		span, ok := b.kept[at.Unix()]
		if !ok {
			continue
		}
		known++
		sum += span.covered
		for id, wh := range span.lossWh {
			byElement[id] += wh
		}
	}
	covered = sum / float64(intervals)
	if covered < enoughCovered {
		return nil, covered, false
	}
	for id := range byElement {
		byElement[id] *= float64(intervals) / float64(known)
	}
	return byElement, covered, true
}
