package e2e

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"asue/collector/regmap"
	"asue/metering"
	"asue/metering/vee"
	"asue/metering/wire"
	"asue/simulator"
)

// trial is what the checker knows beforehand.
type trial struct {
	site    *metering.Site
	library *regmap.Library
	world   func() *simulator.World // at its origin, to be played once more
	// from and to bound the intervals that must be there.
	from, to time.Time
	// age is how old a meter's registers may be when it answers (modbusd's Age).
	age time.Duration
}

// evidence is what a ledger holds.
type evidence struct {
	intervals []metering.Interval // current versions
	history   map[intervalKey][]metering.Interval
	batches   []wire.Batch
	marks     []metering.Mark
	poison    []metering.Poison
	cursor    int64 // up to which the series store is said to be safe
	// waiting are the numbers of batches that the collector still keeps because it
	// has no acknowledgement for them: it was stopped while they were on their way.
	waiting map[uint64]bool
}

type intervalKey struct {
	point   metering.PointID
	channel metering.Channel
	start   time.Time
}

func keyOf(i metering.Interval) intervalKey { return intervalKey{i.Point, i.Channel, i.Start.UTC()} }

// gather takes everything out of a ledger that the checker wants to see.
func gather(ctx context.Context, ledger metering.Ledger) (evidence, error) {
	e := evidence{history: map[intervalKey][]metering.Interval{}}
	var err error
	if e.intervals, err = ledger.Intervals(ctx, metering.IntervalQuery{
		From: time.UnixMilli(0), To: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}); err != nil {
		return e, err
	}
	for _, i := range e.intervals {
		if e.history[keyOf(i)], err = ledger.History(ctx, i.Point, i.Channel, i.Start); err != nil {
			return e, err
		}
	}
	streams := map[metering.BatchID]bool{}
	for after := int64(0); ; {
		stored, err := ledger.Batches(ctx, after, 1000)
		if err != nil {
			return e, err
		}
		if len(stored) == 0 {
			break
		}
		for _, s := range stored {
			batch, err := wire.DecodeBatch(s.Payload)
			if err != nil {
				return e, fmt.Errorf("batch at position %d: %w", s.Position, err)
			}
			e.batches = append(e.batches, batch)
			streams[metering.BatchID{Collector: s.ID.Collector, Epoch: s.ID.Epoch}] = true
			after = s.Position
		}
	}
	for s := range streams {
		mark, err := ledger.Mark(ctx, s.Collector, s.Epoch)
		if err != nil {
			return e, err
		}
		e.marks = append(e.marks, mark)
	}
	e.poison, _, err = ledger.Quarantined(ctx, 20)
	return e, err
}

// verdict is what the checker has found.
type verdict struct {
	complaints []string

	batches, readings, unread int // unread: counters that came without a value
	intervals, versions       int
	withinQuantum             int     // |error| of at most one count of the register
	narrow                    int     // boundaries closely read, held against the strict bound
	widened                   int     // a boundary was read late: held against the interval's own uncertainty
	flagged                   int     // of them so late that the interval says so
	late                      int     // renewed by readings that came after it was closed
	null                      int     // without energy, with the reason
	filled                    int     // shares of what the register counted over a gap
	worstQuanta               float64 // of narrow ones whose stamps are finer than a count
	worstShare                float64 // greatest |error| of narrow ones, as a share of the bound
	worstWide                 float64 // greatest |error| of widened ones, as a share of what they allow
	runs                      int     // stretches whose sum was held against the register
}

func (v *verdict) complain(format string, args ...any) {
	v.complaints = append(v.complaints, fmt.Sprintf(format, args...))
}

// register is a counter of a meter and the channel that it feeds.
type register struct {
	meter    metering.MeterID
	quantity metering.Quantity
}

// dial is a register as it was read: all usable readings in ascending order.
type dial struct {
	register
	install  metering.Install
	channel  metering.Channel
	facts    *regmap.Register
	readings []metering.RegisterReading
}

// quantum is one count at the point, in thousandths of the channel's unit.
func (d *dial) quantum() *big.Rat { return d.milli(1) }

// milli is a count at the point in thousandths of the channel's unit.
func (d *dial) milli(raw int64) *big.Rat {
	num, den := int64(1), int64(1)
	if d.facts.Secondary {
		num, den = d.install.Multiplier()
	}
	value := new(big.Rat).SetInt64(raw)
	value.Mul(value, new(big.Rat).SetInt64(d.facts.Step))
	return value.Mul(value, big.NewRat(num, den))
}

// judge holds a ledger against the truth.
func judge(v *verdict, t trial, e evidence) {
	v.batches = len(e.batches)
	dials := t.dials(v)
	judgeBatches(v, e)
	truth := &truths{world: t.world()}
	checks := t.judgeReadings(v, truth, dials, e.batches)
	checks = append(checks, t.judgeIntervals(v, truth, dials, e)...)
	truth.answer()
	for _, check := range checks {
		check()
	}
	for _, p := range e.poison {
		v.complain("quarantine: %s: %s", p.Topic, p.Reason)
	}
}

func (t trial) dials(v *verdict) map[register]*dial {
	dials := map[register]*dial{}
	for _, in := range t.site.Installs {
		meter, _ := t.site.Meter(in.Meter)
		model, ok := t.library.Model(meter.Model)
		if !ok {
			v.complain("meter %s: no model %s", meter.ID, meter.Model)
			continue
		}
		for _, ch := range metering.Channels() {
			if facts, ok := model.Of(ch.Quantity()); ok {
				key := register{meter.ID, ch.Quantity()}
				dials[key] = &dial{register: key, install: in, channel: ch, facts: facts}
			}
		}
	}
	return dials
}

// judgeBatches: every number of a collector's one epoch is there once, or waits
// at the collector.
func judgeBatches(v *verdict, e evidence) {
	seen := map[metering.BatchID]bool{}
	last := map[metering.BatchID]uint64{}
	for _, b := range e.batches {
		if seen[b.ID] {
			v.complain("batch %+v is in the ledger twice", b.ID)
		}
		seen[b.ID] = true
		if len(b.Lost) > 0 {
			v.complain("the collector has lost batches %v", b.Lost)
		}
		stream := metering.BatchID{Collector: b.ID.Collector, Epoch: b.ID.Epoch}
		last[stream] = max(last[stream], b.ID.Seq)
	}
	if len(last) != 1 {
		v.complain("want one collector with one epoch, got %v", last)
	}
	for stream, highest := range last {
		for seq := uint64(1); seq <= highest; seq++ {
			stream.Seq = seq
			if !seen[stream] && !e.waiting[seq] {
				v.complain("batch %d of %d is missing", seq, highest)
			}
		}
	}
	for _, m := range e.marks {
		for seq := m.Contiguous + 1; seq <= m.Highest; seq++ {
			missing := slices.ContainsFunc(m.Missing, func(r metering.Range) bool { return r.From <= seq && seq <= r.To })
			if missing && !e.waiting[seq] || len(m.Missing) == 0 {
				v.complain("the ledger's mark has holes: %+v", m)
				break
			}
		}
	}
}

// judgeReadings: every counter that is in the ledger shows what the register
// held at a moment within its stamp's precision, to the count. It also fills in
// the dials.
func (t trial) judgeReadings(v *verdict, truth *truths, dials map[register]*dial, batches []wire.Batch) []func() {
	var checks []func()
	for _, b := range batches {
		for _, s := range b.Snapshots {
			for _, r := range s.Readings {
				d, follows := dials[register{s.Meter, r.Quantity}]
				if !follows {
					continue
				}
				if !r.Usable() || !s.Quality.Usable() {
					v.unread++
					continue
				}
				v.readings++
				if r.Count.Step != d.facts.Step || r.Count.Secondary != d.facts.Secondary {
					v.complain("%s %v: count %+v is not the model's", s.Meter, r.Quantity, r.Count)
					continue
				}
				d.readings = append(d.readings, metering.RegisterReading{At: s.At.UTC(), Took: s.Took, Count: r.Count})
				lowest := truth.ask(s.At.Add(-s.Took/2-t.age-time.Millisecond), d.install.Point, d.channel)
				highest := truth.ask(s.At.Add(s.Took/2+2*time.Millisecond), d.install.Point, d.channel)
				raw := r.Count.Raw
				checks = append(checks, func() {
					if d.milli(raw+1).Cmp(whole(*lowest)) <= 0 || d.milli(raw).Cmp(whole(*highest)) > 0 {
						v.complain("%s %v at %s shows %d counts = %s; the register went from %d to %d thousandths while it was read",
							s.Meter, d.quantity, stamp(s.At), raw, d.milli(raw).FloatString(0), *lowest, *highest)
					}
				})
			}
		}
	}
	for _, d := range dials {
		slices.SortFunc(d.readings, func(a, b metering.RegisterReading) int { return a.Compare(b) })
	}
	return checks
}

// judgeIntervals: each interval is there once and is right, and so is the sum of
// each unbroken stretch.
func (t trial) judgeIntervals(v *verdict, truth *truths, dials map[register]*dial, e evidence) []func() {
	found := map[intervalKey]metering.Interval{}
	for _, i := range e.intervals {
		if _, twice := found[keyOf(i)]; twice {
			v.complain("%s: two current versions", name(i))
		}
		found[keyOf(i)] = i
		judgeHistory(v, i, e.history[keyOf(i)])
	}
	var checks []func()
	for _, d := range dials {
		edges := map[time.Time]*edge{}
		at := func(b time.Time) *edge {
			if edges[b] == nil {
				edges[b] = newEdge(truth, d, b)
			}
			return edges[b]
		}
		var stretch []metering.Interval
		end := func() {
			if len(stretch) > 0 {
				run, a, b := stretch, at(stretch[0].Start), at(stretch[len(stretch)-1].End())
				checks = append(checks, func() { t.judgeRun(v, d, run, a, b) })
				stretch = nil
			}
		}
		for start := t.from; start.Before(t.to); start = start.Add(metering.BasePeriod) {
			i, ok := found[intervalKey{d.install.Point, d.channel, start}]
			if !ok {
				v.complain("%s %v %s: the interval is missing", d.install.Point, d.channel, stamp(start))
				end()
				continue
			}
			v.intervals++
			judgeWords(v, i)
			a, b := at(i.Start), at(i.End())
			if i.Grade == metering.Null {
				v.null++
				end()
				if a.read && b.read && a.width() <= metering.BasePeriod && b.width() <= metering.BasePeriod {
					v.complain("%s: there are readings, but no energy: %s", name(i), i.Reason)
				}
				continue
			}
			stretch = append(stretch, i)
			checks = append(checks, func() { t.judgeInterval(v, d, i, a, b) })
		}
		end()
	}
	return checks
}

// judgeHistory: versions count up from 1 and each says something new.
func judgeHistory(v *verdict, i metering.Interval, history []metering.Interval) {
	v.versions += len(history)
	for n, h := range history {
		if h.Version != n+1 {
			v.complain("%s: version %d stands at place %d", name(i), h.Version, n+1)
		}
		if n > 0 && h.SameAs(history[n-1]) {
			v.complain("%s: version %d says the same as the one before", name(i), h.Version)
		}
	}
	if n := len(history); n == 0 || history[n-1].Version != i.Version {
		v.complain("%s: version %d is current, the history has %d", name(i), i.Version, n)
	}
}

// judgeWords: whatever is not plain says why.
func judgeWords(v *verdict, i metering.Interval) {
	if i.Flags&metering.FlagLate != 0 {
		v.late++
	}
	plain := i.Grade == metering.Actual && i.Flags == 0
	switch {
	case !plain && i.Reason == "":
		v.complain("%s: grade %v, flags %v and no reason", name(i), i.Grade, i.Flags.Names())
	case i.Grade == metering.Null && i.Energy != 0:
		v.complain("%s: energy %v without a grade", name(i), i.Energy)
	case filled(i):
	case i.Grade != metering.Null && (i.Grade != metering.Actual || i.Method != metering.MethodRegister && i.Method != metering.MethodAnchored):
		v.complain("%s: grade %v by method %v", name(i), i.Grade, i.Method)
	}
}

// filled reports whether an interval lies in a gap and has its share of what the
// register has counted over it.
func filled(i metering.Interval) bool {
	return i.Grade == metering.Substitute && i.Method == metering.MethodScaled && i.Flags&metering.FlagGap != 0
}

func (t trial) judgeInterval(v *verdict, d *dial, i metering.Interval, a, b *edge) {
	if filled(i) {
		v.judgeFilled(i, a, b)
		return
	}
	if !a.read || !b.read {
		v.complain("%s: has an energy, but no reading encloses a boundary", name(i))
		return
	}
	// Between the steps of a coarse register the power gives the shape.
	if dumb := b.units() - a.units(); int64(i.Energy) != dumb && i.Method != metering.MethodAnchored {
		v.complain("%s: %d %s, the readings make %d", name(i), i.Energy, i.Channel.Unit(), dumb)
	}
	wrong := float64(int64(i.Energy)*1000 - (*b.truth - *a.truth))
	quantum, _ := d.quantum().Float64()
	if math.Abs(wrong) <= quantum {
		v.withinQuantum++
	}
	if wide := a.width() > vee.WideBracket || b.width() > vee.WideBracket; wide != (i.Flags&metering.FlagInterpWide != 0) {
		v.complain("%s: readings around the boundaries are %v and %v apart, flags %v", name(i), a.width(), b.width(), i.Flags.Names())
	} else if wide {
		v.flagged++
	}
	if !a.narrow() || !b.narrow() {
		v.widened++
		allowed := float64(i.Uncertainty)*1000 + (a.power()+b.power())*t.age.Seconds()
		v.worstWide = max(v.worstWide, math.Abs(wrong)/allowed)
		if math.Abs(wrong) > allowed {
			v.complain("%s: off by %.0f thousandths, its uncertainty allows %.0f", name(i), wrong, allowed)
		}
		return
	}
	v.narrow++
	low, high := t.bounds(quantum, a, b)
	if wrong < low || wrong > high {
		v.complain("%s: off by %.0f thousandths, allowed are %.0f to %.0f (quantum %.0f)", name(i), wrong, low, high, quantum)
	}
	v.worstShare = max(v.worstShare, wrong/high, wrong/low)
	if max(high, -low) <= 2*quantum {
		v.worstQuanta = max(v.worstQuanta, math.Abs(wrong)/quantum)
	}
}

// judgeFilled: the shape is a guess, within what is said of it; that the gap's
// intervals add up to the register is held against the truth by judgeRun.
func (v *verdict) judgeFilled(i metering.Interval, a, b *edge) {
	v.filled++
	if !a.read || !b.read {
		v.complain("%s: scaled to a register that nobody has read on both sides", name(i))
		return
	}
	if a.width() <= metering.BasePeriod && b.width() <= metering.BasePeriod {
		v.complain("%s: substituted, though readings are %v and %v apart", name(i), a.width(), b.width())
	}
	wrong := float64(int64(i.Energy)*1000 - (*b.truth - *a.truth))
	if math.Abs(wrong) > float64(i.Uncertainty)*1000 {
		v.complain("%s: off by %.0f thousandths, its uncertainty is %d", name(i), wrong, i.Uncertainty)
	}
}

// bounds is by how much the difference of two boundaries may miss the truth: one
// count, one unit of flooring, and power times the uncertain moment. Load is flat
// for 15 s around a boundary, so interpolation has no error of its own there.
func (t trial) bounds(quantum float64, a, b *edge) (low, high float64) {
	const millisecond = 0.001
	below := func(e *edge) float64 { // the register is behind by a count, and by the age of what it shows
		return quantum + 1000 + e.power()*(t.age.Seconds()+e.took().Seconds()/2+millisecond)
	}
	above := func(e *edge) float64 { return e.power() * (e.took().Seconds()/2 + millisecond) }
	return -(below(b) + above(a)), above(b) + below(a)
}

// judgeRun: the energies of neighbours add up to the register's own difference.
func (t trial) judgeRun(v *verdict, d *dial, run []metering.Interval, a, b *edge) {
	v.runs++
	if !a.read || !b.read {
		return // said already
	}
	var sum, uncertain int64
	for _, i := range run {
		sum += int64(i.Energy)
	}
	uncertain = int64(run[0].Uncertainty + run[len(run)-1].Uncertainty)
	wrong := float64(sum*1000 - (*b.truth - *a.truth))
	quantum, _ := d.quantum().Float64()
	low, high := t.bounds(quantum, a, b)
	if !a.narrow() || !b.narrow() {
		high = float64(uncertain)*1000 + (a.power()+b.power())*t.age.Seconds()
		low = -high
	}
	if wrong < low || wrong > high {
		v.complain("%s %v: %d intervals from %s sum up to %d, off by %.0f thousandths, allowed are %.0f to %.0f",
			d.install.Point, d.channel, len(run), stamp(run[0].Start), sum, wrong, low, high)
	}
}

// edge is a boundary of intervals at one register: the readings around it and
// the truth.
type edge struct {
	d      *dial
	at     time.Time
	read   bool
	lo, hi metering.RegisterReading
	// The true register at the boundary, and flat before and after it.
	truth, before, after *int64
}

// flat is for how long around a boundary the simulated load does not change.
const flat = simulator.Slot / 2

func newEdge(truth *truths, d *dial, at time.Time) *edge {
	e := &edge{d: d, at: at}
	e.truth = truth.ask(at, d.install.Point, d.channel)
	e.before = truth.ask(at.Add(-flat), d.install.Point, d.channel)
	e.after = truth.ask(at.Add(flat), d.install.Point, d.channel)
	n, exact := slices.BinarySearchFunc(d.readings, at, func(r metering.RegisterReading, at time.Time) int { return r.At.Compare(at) })
	switch {
	case n == len(d.readings):
	case exact:
		e.lo, e.hi, e.read = d.readings[n], d.readings[n], true
	case n > 0:
		e.lo, e.hi, e.read = d.readings[n-1], d.readings[n], true
	}
	return e
}

func (e *edge) width() time.Duration { return e.hi.At.Sub(e.lo.At) }

func (e *edge) took() time.Duration { return max(e.lo.Took, e.hi.Took) }

// narrow reports whether both readings lie where the load is flat.
func (e *edge) narrow() bool {
	return !e.lo.At.Before(e.at.Add(-flat)) && !e.hi.At.After(e.at.Add(flat))
}

// power around the boundary in thousandths of the unit per second.
func (e *edge) power() float64 { return float64(*e.after-*e.before) / (2 * flat.Seconds()) }

// units is the register at the boundary in whole units: interpolated, then
// floored, the slow way.
func (e *edge) units() int64 {
	value := e.d.milli(e.lo.Count.Raw)
	if e.width() > 0 {
		share := big.NewRat(e.at.Sub(e.lo.At).Milliseconds(), e.width().Milliseconds())
		rise := new(big.Rat).Sub(e.d.milli(e.hi.Count.Raw), value)
		value.Add(value, rise.Mul(rise, share))
	}
	value.Quo(value, big.NewRat(1000, 1))
	return new(big.Int).Div(value.Num(), value.Denom()).Int64()
}

// truths plays a world once and answers on the way.
type truths struct {
	world *simulator.World
	asked []question
}

type question struct {
	at      time.Time
	point   metering.PointID
	channel metering.Channel
	milli   *int64
}

// ask returns where the true register will stand once answer has been called.
func (t *truths) ask(at time.Time, point metering.PointID, channel metering.Channel) *int64 {
	q := question{at, point, channel, new(int64)}
	t.asked = append(t.asked, q)
	return q.milli
}

func (t *truths) answer() {
	slices.SortFunc(t.asked, func(a, b question) int { return a.at.Compare(b.at) })
	for _, q := range t.asked {
		t.world.StepTo(q.at)
		*q.milli = t.world.Truth(q.point, q.channel)
	}
}

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000") }

func name(i metering.Interval) string {
	return fmt.Sprintf("%s %v %s v%d", i.Point, i.Channel, i.Start.UTC().Format("15:04"), i.Version)
}

// report puts the first complaints into words.
func report(complaints []string) string {
	slices.SortStableFunc(complaints, func(a, b string) int { return cmp.Compare(a, b) })
	text := fmt.Sprintf("%d complaints", len(complaints))
	for n, c := range complaints {
		if n == 40 {
			return text + "\n  …"
		}
		text += "\n  " + c
	}
	return text
}
