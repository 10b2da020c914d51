package collector

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/collector/regmap"
	"asue/metering"
)

// read is one block of a meter's plan and what the meter has made of it so far.
type read struct {
	block   regmap.Block
	billing bool // it holds counters
	worked  bool // the meter has given it at least once
	// A meter that refuses the joined block is asked for its parts until the
	// joined form is tried again.
	parts  []*read
	rejoin time.Time
	// A block that is refused and cannot be split rests.
	refusals int
	rest     time.Time
	said     time.Time
	faulty   bool
}

// How long a split lasts, and how rarely a refused block is asked for at most: a
// block that has worked once is asked for more often.
const (
	rejoinAfter    = 24 * time.Hour
	longestRest    = time.Hour
	longestOfKnown = time.Minute
	busyRetries    = 3
	busyPause      = 100 * time.Millisecond
)

func newRead(b regmap.Block) *read {
	return &read{block: b, billing: slices.ContainsFunc(b.Registers, func(r *regmap.Register) bool {
		return r.Quantity != 0 && r.Counter()
	})}
}

// due appends the reads that stand for r at this time: itself or its parts.
func (r *read) due(now time.Time, to []*read) []*read {
	if r.parts != nil && now.Before(r.rejoin) {
		for _, p := range r.parts {
			to = p.due(now, to)
		}
		return to
	}
	if now.Before(r.rest) {
		return to
	}
	return append(to, r)
}

// read runs a task's blocks. It returns how long to wait before going on with
// those left, when the meter is busy, or 0 when the turn is over.
func (m *meter) read(ctx context.Context, t *task) time.Duration {
	if t.pending == nil {
		t.blocks = m.blocks(t.kind, m.line.clock.Now(), t.blocks[:0])
		t.pending = t.blocks
	}
	for len(t.pending) > 0 && ctx.Err() == nil {
		r := t.pending[0]
		start := m.line.clock.Now()
		words, err := m.line.bus.Read(ctx, m.cfg.Unit, r.block.Function, r.block.Address, r.block.Count)
		end := m.line.clock.Now()
		if ctx.Err() != nil && err != nil {
			return 0 // the process ends; that is no fault of the meter
		}
		m.line.stats.took.observe(end.Sub(start))
		if err == nil {
			err = m.take(r, start, end, words)
		}
		if err == nil {
			m.line.stats.count(resultOK)
			t.pending, t.tries = t.pending[1:], 0
			continue
		}
		if wait, over := m.trouble(t, r, start, end, err); wait > 0 || over {
			return wait
		}
	}
	return 0
}

// blocks appends what a task reads at this time. A probe reads the shortest block
// that has worked, or the shortest of all.
func (m *meter) blocks(k kind, now time.Time, to []*read) []*read {
	if k != probe {
		for _, r := range m.plan[k.group()] {
			to = r.due(now, to)
		}
		return to
	}
	var best *read
	for _, g := range regmap.Groups() {
		for _, planned := range m.plan[g] {
			candidates := planned.due(now, nil)
			if len(candidates) == 0 {
				candidates = []*read{planned} // resting, but any answer will do
			}
			for _, r := range candidates {
				if best == nil || (r.worked && !best.worked) || (r.worked == best.worked && r.block.Count < best.block.Count) {
					best = r
				}
			}
		}
	}
	if best == nil {
		return to
	}
	return append(to, best)
}

// take decodes an answer and puts it into the stream.
func (m *meter) take(r *read, start, end time.Time, words []uint16) error {
	readings, err := m.line.decode(r.block, words, m.cfg.CT, m.cfg.VT, r.billing)
	if err != nil {
		return err
	}
	m.answered(end)
	r.worked, r.faulty, r.refusals, r.rest, r.parts = true, false, 0, time.Time{}, nil
	if r.block.Group == regmap.Ident {
		m.identify(r, words)
	}
	if len(readings) == 0 {
		return nil
	}
	if r.billing {
		m.watchCounters(readings)
	}
	m.put(start, end, metering.Good, "", readings, r.billing)
	return nil
}

// trouble decides what an error means. It returns how long to wait before the
// task goes on, or that its turn is over.
func (m *meter) trouble(t *task, r *read, start, end time.Time, err error) (wait time.Duration, over bool) {
	code, isException := exception(err)
	switch {
	case unreachable(err):
		m.line.stats.count(resultUnreachable)
		m.line.lost(end, err)
		m.owe(t.kind)
		m.rest(end, metering.CommFail, err.Error())
		if m.open {
			m.tryAt(end)
		}
		return 0, true
	case !isException || code == 10 || code == 11: // a gateway that does not reach the unit speaks for itself only
		m.line.stats.count(resultOf(isException))
		m.line.found()
		m.owe(t.kind)
		m.failed(end, metering.CommFail, err.Error())
		return 0, true
	case code == 4:
		m.line.stats.count(resultException)
		m.owe(t.kind)
		m.failed(end, metering.DeviceFault, err.Error())
		return 0, true
	}
	m.line.stats.count(resultException)
	m.answered(end)
	if (code == 5 || code == 6) && t.tries < busyRetries {
		t.tries++
		return time.Duration(t.tries) * busyPause, false
	}
	if code == 2 || code == 3 {
		if parts := r.block.Split(); len(parts) > 1 {
			m.split(t, r, parts, end, err)
			return 0, false
		}
	}
	m.refused(r, start, end, err, code)
	t.pending, t.tries = t.pending[1:], 0
	return 0, false
}

// split replaces a refused block by its parts, in this cycle and for a day.
func (m *meter) split(t *task, r *read, parts []regmap.Block, now time.Time, err error) {
	if r.rejoin.IsZero() {
		m.line.log.Info("collector: the meter refuses a joined read; it is split at its holes", "meter", m.cfg.ID, "block", r.block.String(), "parts", len(parts), "reason", err)
	}
	r.rejoin = now.Add(rejoinAfter)
	if r.parts == nil {
		for _, b := range parts {
			r.parts = append(r.parts, newRead(b))
		}
	}
	t.pending = append(r.due(now, nil), t.pending[1:]...)
}

// refused notes that the meter answers but will not give a block: it is asked
// for ever more rarely, and said so once a minute.
func (m *meter) refused(r *read, start, end time.Time, err error, code byte) {
	if code == 1 || code == 2 || code == 3 {
		longest := longestRest
		if r.worked {
			longest = longestOfKnown
		}
		r.rest = end.Add(min(time.Second<<min(r.refusals, 12), longest))
		r.refusals++
	}
	if r.faulty && end.Sub(r.said) < heartbeat {
		return
	}
	r.faulty, r.said = true, end
	m.put(start, end, metering.DeviceFault, err.Error(), nil, true)
}

// watchCounters marks a counter that is lower than before, unless it has passed
// its modulus.
func (m *meter) watchCounters(readings []metering.Reading) {
	for i := range readings {
		r := &readings[i]
		if r.Count.Step == 0 || !r.Quality.HasValue() {
			continue
		}
		before, known := m.counters[r.Quantity]
		m.counters[r.Quantity] = r.Count.Raw
		if known && r.Count.Raw < before && !m.rolledOver(r.Quantity, before, r.Count.Raw) {
			r.Quality = metering.SteppedBack
			r.Reason = fmt.Sprintf("counter went back from %d to %d", before, r.Count.Raw)
		}
	}
}

// rolledOver reports whether a counter went over its modulus: it was in the last
// tenth and is in the first one.
func (m *meter) rolledOver(q metering.Quantity, before, now int64) bool {
	reg, ok := m.cfg.Model.Of(q)
	return ok && reg.Modulus > 0 && before >= reg.Modulus-reg.Modulus/10 && now < reg.Modulus/10
}

// identify keeps what the meter says of itself for the statistics.
func (m *meter) identify(r *read, words []uint16) {
	values, err := regmap.Raw(r.block, words)
	if err != nil {
		return // Decode has taken the same words
	}
	var said []string
	for name, v := range values {
		said = append(said, name+"="+v.String())
	}
	slices.Sort(said)
	text := strings.Join(said, " ")
	m.stats.identity.Store(&text)
}
