package balancing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"asue/metering"
)

// Controller holds one site under its limit. It is not safe for concurrent use:
// one goroutine owns it.
type Controller struct {
	cfg    Config
	points []*point // in the order of the configuration
	byID   map[metering.PointID]*point
	level  [Feeders + 1][]*point

	// The supply in force.
	feeding    string
	with       []string       // further circuits of contract that feed with it
	tripped    string         // the line that was lost, until it feeds again
	contract   string         // the line whose limit is in force: feeding, or the last one that did
	supplied   metering.Limit // of the supply
	suppliedAt time.Time      // since when, if it has changed in this tick
	limit      metering.Limit // in force: the supply's, or a lower one
	limitKept  bool           // the supply did not state one
	limitSince time.Time
	supplyAt   time.Time
	inService  map[metering.PointID]bool

	pending []Message
	dropped int // messages that did not fit between two ticks

	begun, now time.Time
	timeline   timeline
	minutes    []float64 // means of the past minutes in W, newest last, without a gap
	minuteEnd  time.Time
	smoothW    float64
	smoothAt   time.Time
	block      Demand    // in progress; LengthH is 0 if nothing is known of it
	seenAt     time.Time // when the site's power was last known
	differsAt  time.Time // since when two sources do not agree; zero if they do
	steppedAt  time.Time // when the clock was last set back
	steppedBy  time.Duration

	blockStart time.Time
	expected   float64   // projection at the end of the dead time; NaN if there was none
	errors     []float64 // block mean less expected, of past blocks

	phase     Phase
	condition Condition
	betterAt  time.Time // since when the condition could be better
	valid     int       // ticks with a projection since the start
	band      int
	calmAt    time.Time // since when the projection is at or below release
	hotAt     time.Time // since when the power is above the ceiling
	coolAt    time.Time // since when it is not any more
	aboveAt   time.Time // since when the power is above the limit
	standing  map[string]Notice
	out       []Notice

	acting
}

// maxPending bounds what may come between two ticks.
const maxPending = 1 << 16

// New makes a controller that has heard nothing yet. The error names every fault
// of the configuration.
func New(cfg Config) (*Controller, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("balancing: configuration: %w", err)
	}
	c := &Controller{
		cfg:       cfg,
		byID:      map[metering.PointID]*point{},
		inService: map[metering.PointID]bool{},
		feeding:   cfg.Feeding,
		contract:  cfg.Feeding,
		limit:     cfg.Limit,
		expected:  math.NaN(),
		phase:     Init,
		condition: Good,
		standing:  map[string]Notice{},
	}
	c.supplied = cfg.Limit
	c.cfg.Residents = slices.Clone(cfg.Residents)
	c.rights = rights{word: cfg.Rights, inForce: cfg.standing()}
	for _, pc := range cfg.Points {
		p := &point{cfg: pc}
		c.points = append(c.points, p)
		c.byID[pc.ID] = p
		c.level[pc.Level] = append(c.level[pc.Level], p)
		if pc.Level == Inputs && pc.InService {
			c.inService[pc.ID] = true
		}
	}
	if err := c.prepare(); err != nil {
		return nil, fmt.Errorf("balancing: configuration: %w", err)
	}
	return c, nil
}

// Step takes in a message; it counts from the next tick on. Messages may come in
// any order and more than once. Readings of unknown points are ignored. At most
// 65,536 messages are kept between two ticks, and a state says so if there were
// more.
func (c *Controller) Step(m Message) {
	if len(c.pending) >= maxPending {
		c.dropped++
		return
	}
	c.pending = append(c.pending, m)
}

// Tick lets time go on to now and says what there is to say. A step of the clock
// back by up to five seconds is waited out; after a greater one the block is
// judged from what can be known of it, and the state says so for a while.
func (c *Controller) Tick(now time.Time) Output {
	now = now.Round(0).UTC()
	if c.begun.IsZero() {
		c.begun, c.seenAt = now, now
	}
	switch back := c.now.Sub(now); {
	case back <= 0:
	case back <= tolerance:
		now = c.now
	default:
		c.rewind(now, back)
	}
	c.now, c.out = now, nil
	c.takeIn(now)
	c.grant(now)
	c.limits(now)

	z := c.look(now)
	c.watchDifference(z, now)
	if z.known {
		c.seenAt = now
		c.smooth(z.w, now)
	}
	c.timeline.add(now, z.w, z.known)
	c.rollBlock(now)
	c.rollMinutes(now)
	st := c.think(z, now)
	c.trim()
	return Output{State: st, Notices: c.out, Allotments: c.letters, Journal: c.journal, Answers: c.answers}
}

// takeIn works off the messages in an order of their own, so that the order of
// arrival does not matter.
func (c *Controller) takeIn(now time.Time) {
	slices.SortStableFunc(c.pending, compareMessages)
	c.pending = slices.CompactFunc(c.pending, func(a, b Message) bool { // a second copy says nothing
		_, reading := a.(Reading)
		return !reading && compareMessages(a, b) == 0
	})
	var early []Message
	for _, m := range c.pending {
		switch m := m.(type) {
		case Supply:
			if m.At.After(now) {
				early = append(early, m)
				continue
			}
			c.supply(m, now)
		case Rights:
			c.hearRights(m, now)
		case Reading:
			p, ok := c.byID[m.Point]
			switch {
			case !ok:
			case m.At.After(now.Add(tolerance)):
				// Stamped in the future: the device's clock is wrong.
				p.take(Reading{At: now, Quality: metering.ClockBad})
			default:
				p.take(m)
			}
		case Forecast:
			c.forecast.take(m, now)
		case Network:
			c.hearNetwork(m, now)
		case Leadership:
			c.leadership(m)
		case Beat:
			c.book.HearBeat(m.AgentBeat, now)
		case Outcome:
			c.book.HearOutcome(m.Outcome, now)
		case Order:
			c.orders = append(c.orders, m.Order)
		}
	}
	c.pending = append(c.pending[:0], early...)
}

// rank is the order in which messages of one tick are worked off: what decides
// about others comes first.
func rank(m Message) (kind int, at time.Time) {
	switch m := m.(type) {
	case Leadership:
		return 0, m.At
	case Supply:
		return 1, m.At
	case Rights:
		return 2, m.At
	case Forecast:
		return 3, m.At
	case Network:
		return 4, m.At
	case Reading:
		return 5, m.At
	case Beat:
		return 6, m.At
	case Outcome:
		return 7, m.At
	case Order:
		return 8, m.At
	}
	panic(fmt.Sprintf("BUG: balancing: message %T", m))
}

func compareMessages(a, b Message) int {
	ka, ta := rank(a)
	kb, tb := rank(b)
	if ka != kb || !ta.Equal(tb) {
		return cmp.Or(cmp.Compare(ka, kb), ta.Compare(tb))
	}
	order := 0
	switch a := a.(type) {
	case Reading:
		b := b.(Reading)
		return cmp.Or(cmp.Compare(a.Point, b.Point), cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.Quality, b.Quality),
			cmp.Compare(a.PowerW, b.PowerW), cmp.Compare(a.ReactiveVar, b.ReactiveVar), cmp.Compare(a.Register, b.Register))
	case Beat:
		b := b.(Beat)
		order = cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Boot, b.Boot), cmp.Compare(a.Nonce, b.Nonce))
	case Outcome:
		b := b.(Outcome)
		order = cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Stage, b.Stage))
	case Order:
		order = cmp.Compare(a.ID, b.(Order).ID)
	}
	if order != 0 {
		return order
	}
	return cmp.Compare(fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b))
}

// supply puts a change of supply into force.
func (c *Controller) supply(s Supply, now time.Time) {
	if s.At.Before(c.supplyAt) {
		return
	}
	c.supplyAt = s.At
	limit, kept := s.Limit, false
	if !limit.IsStated() {
		limit, kept = lower(c.supplied, c.cfg.Limit), s.Feeding != ""
	}
	changed := s.Feeding != "" && (s.Feeding != c.contract || !slices.Equal(s.With, c.with))
	switch {
	case s.Feeding == "":
		c.tripped = c.feeding
	case s.Feeding == c.tripped:
		c.tripped = ""
	}
	if s.Feeding != "" {
		c.with = slices.Clone(s.With)
	}
	if s.Feeding != "" && (s.Feeding != c.contract || limit != c.supplied) {
		if s.Feeding != c.contract {
			c.limitSince = s.At
			c.minutes = nil // the window was drawn under another limit
		}
		c.contract, c.suppliedAt = s.Feeding, s.At
	}
	if s.Feeding != c.feeding {
		c.tellSource(s.Feeding, limit, now)
		c.smoothAt, c.trails = time.Time{}, nil // the load may jump; what has shown is in what is measured now
	}
	c.supplied, c.limitKept, c.feeding = limit, kept, s.Feeding
	if changed {
		c.adopt(s, kept, now)
	}
	clear(c.inService)
	for _, id := range s.InService {
		if p, ok := c.byID[id]; ok && p.cfg.Level == Inputs {
			c.inService[id] = true
		}
	}
}

func lower(a, b metering.Limit) metering.Limit {
	pa, oka := a.Power()
	pb, okb := b.Power()
	if oka && (!okb || pa <= pb) {
		return a
	}
	return b
}

// rewind forgets what is now in the future.
func (c *Controller) rewind(now time.Time, by time.Duration) {
	c.steppedAt, c.steppedBy = now, by
	for _, p := range c.points {
		p.forget(now.Add(tolerance))
	}
	// What was stamped before the step lies on another axis of time.
	c.timeline, c.minutes, c.expected = nil, nil, math.NaN()
	for _, t := range []*time.Time{&c.begun, &c.smoothAt, &c.seenAt, &c.differsAt, &c.betterAt, &c.calmAt, &c.hotAt, &c.coolAt, &c.aboveAt, &c.limitSince, &c.supplyAt} {
		if t.After(now) {
			*t = now
		}
	}
	c.blockStart = c.startOf(now)
	c.rewindActing(now)
}

// startOf is the start of the block that contains t, on the site's clock.
func (c *Controller) startOf(t time.Time) time.Time {
	_, offset := t.In(c.cfg.Location).Zone()
	local := t.Unix() + int64(offset)
	length := int64(c.cfg.Block / time.Second)
	into := ((local % length) + length) % length
	return time.Unix(t.Unix()-into, 0).UTC()
}

// begin is from when the block in progress counts: its start, or the last change
// of the limit within it.
func (c *Controller) begin() time.Time { return later(c.blockStart, c.limitSince) }

// rollBlock closes the block that has ended.
func (c *Controller) rollBlock(now time.Time) {
	start := c.startOf(now)
	if start.Equal(c.blockStart) {
		return
	}
	if !c.blockStart.IsZero() && start.Sub(c.blockStart) == c.cfg.Block {
		c.closeBlock(start)
	}
	c.blockStart, c.expected = start, math.NaN()
}

func (c *Controller) closeBlock(end time.Time) {
	begin := c.begin()
	d := c.drawn(begin, end)
	if length := end.Sub(begin); length <= 0 || d.source == "" || d.guess > length/5 {
		return
	}
	mean := d.wh / end.Sub(begin).Hours()
	if d.source != EnergyEstimated && begin.Equal(c.blockStart) && !math.IsNaN(c.expected) {
		c.errors = append(c.errors, mean-c.expected)
		c.errors = c.errors[max(0, len(c.errors)-96):]
	}
	c.tellBlock(begin, end, mean, d.source)
}

// rollMinutes closes the minutes that have ended.
func (c *Controller) rollMinutes(now time.Time) {
	end := now.Truncate(time.Minute)
	if len(c.minutes) == 0 || end.Before(c.minuteEnd) || end.Sub(c.minuteEnd) > c.cfg.Block {
		c.minutes, c.minuteEnd = nil, later(end.Add(-time.Minute), ceilMinute(c.limitSince))
	}
	for c.minuteEnd.Before(end) {
		from := c.minuteEnd
		c.minuteEnd = from.Add(time.Minute)
		wh, guess, ok := c.timeline.between(from, c.minuteEnd)
		if !ok || guess > time.Minute/2 {
			c.minutes = nil
			continue
		}
		c.minutes = append(c.minutes, wh*60)
	}
	c.minutes = c.minutes[max(0, len(c.minutes)-c.window()):]
}

func ceilMinute(t time.Time) time.Time {
	if m := t.Truncate(time.Minute); !m.Equal(t) {
		return m.Add(time.Minute)
	}
	return t
}

// window is the length of the sliding window in minutes.
func (c *Controller) window() int { return int(c.cfg.Block / time.Minute) }

func (c *Controller) smooth(w float64, now time.Time) {
	share := 1.0
	if !c.smoothAt.IsZero() && c.cfg.Smoothing > 0 {
		share = -math.Expm1(-float64(now.Sub(c.smoothAt)) / float64(c.cfg.Smoothing))
	}
	c.smoothW += share * (w - c.smoothW)
	c.smoothAt = now
}

// trim forgets what no later tick will ask for: a whole window is kept.
func (c *Controller) trim() {
	begin := c.begin()
	for _, p := range c.points {
		p.registers.trim(begin)
	}
	c.timeline.trim(earlier(begin, c.now.Add(-2*time.Minute)))
}
