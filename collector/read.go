package collector

import (
	"context"
	"slices"
	"time"

	"asue/collector/device"
	"asue/metering"
)

// read is one request of a meter and what the meter has made of it so far.
type read struct {
	request device.Request
	worked  bool     // the meter has given it at least once
	hitches *hitches // nil: there were none
}

// hitches are what went wrong with a request. Most go well for ever.
type hitches struct {
	faulty bool // the meter refuses it, and that was said
	// A meter that refuses the joined request is asked for its parts until the
	// joined form is tried again.
	parts  []*read
	rejoin time.Time
	// A request that is refused and cannot be split rests.
	refusals int
	rest     time.Time
	said     time.Time
	// A request that never worked and gets no answer while others do rests too.
	ignored   int
	ignoredAt time.Time // the first time
}

// hitch is where to note what goes wrong.
func (r *read) hitch() *hitches {
	if r.hitches == nil {
		r.hitches = new(hitches)
	}
	return r.hitches
}

// works notes that the meter has given what was asked for.
func (r *read) works() {
	r.worked = true
	if h := r.hitches; h != nil {
		h.faulty, h.refusals, h.rest, h.parts, h.ignored = false, 0, time.Time{}, nil, 0
	}
}

func readsOf(requests []device.Request) []*read {
	list := make([]*read, len(requests))
	for i, r := range requests {
		list[i] = &read{request: r}
	}
	return list
}

// due appends the reads that stand for r at this time: itself or its parts.
func (r *read) due(now time.Time, to []*read) []*read {
	h := r.hitches
	if h != nil && h.parts != nil && now.Before(h.rejoin) {
		for _, p := range h.parts {
			to = p.due(now, to)
		}
		return to
	}
	if h != nil && now.Before(h.rest) {
		return to
	}
	return append(to, r)
}

// read runs a task's requests, after those that say who the meter is, if that is
// open. It returns how long to wait before going on with those left, when the
// meter is busy or needs a rest, or 0 when the turn is over.
func (m *meter) read(ctx context.Context, t *task) time.Duration {
	if t.pending == nil {
		own := m.line.scratch
		own.reads = m.todo(t.kind, m.line.now(), own.reads[:0])
		t.pending, t.retried = own.reads, false
	}
	for len(t.pending) > 0 && ctx.Err() == nil {
		r := t.pending[0]
		if apart := r.request.Apart(); len(apart) > 0 {
			t.pending = append(readsOf(apart), t.pending[1:]...)
			continue
		}
		if !m.who.known && t.kind != probe && r.request.Group() != device.Ident {
			m.settle() // what can be asked about it has been asked
		}
		if wait := m.rested.Sub(m.line.now()); wait > 0 {
			return wait // others of the line have their turn
		}
		start, end, err := m.ask(ctx, r)
		if ctx.Err() != nil && err != nil {
			return 0 // the process ends; that is no fault of the meter
		}
		if err == nil {
			t.pending, t.tries, t.retried = t.pending[1:], 0, false
			continue
		}
		if wait, over := m.trouble(t, r, start, end, err); wait > 0 || over {
			return wait
		}
	}
	if t.kind == ident && ctx.Err() == nil {
		m.settle()
	}
	return 0
}

// ask runs one request, and puts the answer into the stream if it came.
func (m *meter) ask(ctx context.Context, r *read) (start, end time.Time, err error) {
	h := m.line.harvestOf(r.request.Billing())
	a := &m.line.scratch.answer
	*a = device.Answer{Readings: h.slab()} // nothing of the meter before
	from := len(a.Readings)
	start = m.line.now()
	err = r.request.Ask(ctx, a)
	end = m.line.now()
	m.line.load.add(start, end)
	m.line.stats.took.observe(end.Sub(start))
	if m.pause > 0 {
		m.rested = end.Add(m.pause)
	}
	if err != nil {
		return start, end, err
	}
	m.count(resultOK)
	h.readings = a.Readings
	m.take(r, start, end, a.Readings[from:len(a.Readings):len(a.Readings)])
	a.Readings = nil // the harvest's
	return start, end, nil
}

// todo appends what a task reads at this time. A probe reads the shortest request
// that has worked, or the shortest of all.
func (m *meter) todo(k kind, now time.Time, to []*read) []*read {
	if k == probe {
		return m.shortest(now, to)
	}
	if !m.who.known && k != ident {
		to = m.dueOf(device.Ident, now, to)
	}
	return m.dueOf(k.group(), now, to)
}

// dueOf appends what the meter is asked of a group at this time.
func (m *meter) dueOf(g device.Group, now time.Time, to []*read) []*read {
	for i := range m.plan {
		if r := &m.plan[i]; r.request.Group() == g {
			to = r.due(now, to)
		}
	}
	return to
}

// shortest appends the request that costs least to find out whether the meter is
// there: one that has worked, or else one after the other.
func (m *meter) shortest(now time.Time, to []*read) []*read {
	var all []*read
	for i := range m.plan {
		candidates := m.plan[i].due(now, nil)
		if len(candidates) == 0 {
			candidates = []*read{&m.plan[i]} // resting, but any answer will do
		}
		all = append(all, candidates...)
	}
	if len(all) == 0 {
		return to
	}
	slices.SortStableFunc(all, func(a, b *read) int {
		if a.worked != b.worked {
			if a.worked {
				return -1
			}
			return 1
		}
		return a.request.Size() - b.request.Size()
	})
	if all[0].worked {
		return append(to, all[0])
	}
	probes := 0
	if m.fault != nil {
		probes = m.fault.probes
	}
	return append(to, all[probes%len(all)])
}

// take puts an answer into the stream.
func (m *meter) take(r *read, start, end time.Time, readings []metering.Reading) {
	m.answered(end)
	r.works()
	middle := start.Add(end.Sub(start) / 2)
	if r.request.Group() == device.Ident {
		m.who.said, m.who.at = m.line.scratch.answer.Identity, middle
	}
	if len(readings) == 0 || !m.who.known { // nobody knows yet whose they are
		return
	}
	m.watch(middle, readings)
	quality, why := m.who.mark(readings)
	m.put(start, end, quality, why, readings, r.request.Billing())
}
