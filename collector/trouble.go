package collector

import (
	"slices"
	"time"

	"asue/collector/device"
	"asue/metering"
)

// How long a split lasts, and how rarely a refused request is made at most: one
// that has worked once is made more often.
const (
	rejoinAfter    = 24 * time.Hour
	longestRest    = time.Hour
	longestOfKnown = time.Minute
	busyRetries    = 3
	busyPause      = 100 * time.Millisecond
)

// trouble decides what an error means. It returns how long to wait before the
// task goes on, or that its turn is over.
func (m *meter) trouble(t *task, r *read, start, end time.Time, err error) (wait time.Duration, over bool) {
	refusal, refused := device.RefusalOf(err)
	switch {
	case device.Unreachable(err):
		m.count(resultUnreachable)
		m.line.lost(end, err)
		m.owe(t.kind)
		m.rest(end, metering.CommFail, err.Error())
		if m.open() {
			m.tryAt(end)
		}
		return 0, true
	case !refused:
		m.count(resultFailure)
		m.line.found()
		if m.anotherTry(t, r, end) {
			return 0, false
		}
		m.owe(t.kind)
		m.failed(end, metering.CommFail, err.Error())
		return 0, true
	case refusal == device.Absent: // a gateway that does not reach the meter speaks for itself only
		m.count(resultException)
		m.line.found()
		m.owe(t.kind)
		m.failed(end, metering.CommFail, err.Error())
		return 0, true
	case refusal == device.Faulty:
		m.count(resultException)
		m.owe(t.kind)
		m.failed(end, metering.DeviceFault, err.Error())
		return 0, true
	}
	m.count(resultException)
	m.answered(end)
	if refusal == device.Busy && t.tries < busyRetries {
		t.tries++
		return time.Duration(t.tries) * busyPause, false
	}
	if refusal == device.Unknown {
		if parts := r.request.Split(); len(parts) > 1 {
			m.split(t, r, parts, end, err)
			return 0, false
		}
	}
	m.refused(r, start, end, err, refusal)
	t.pending, t.tries = t.pending[1:], 0
	return 0, false
}

// anotherTry reports whether the cycle goes on after a read without an answer:
// once more if the line has time for it and the meter was well until now.
//
// Some meters do not answer what they do not know. So a question about the
// meter's identity that never worked is given up for an hour when another one is
// answered between two tries.
func (m *meter) anotherTry(t *task, r *read, now time.Time) bool {
	if t.kind == probe {
		return false
	}
	if r.request.Group() == device.Ident && !r.worked {
		h := r.hitch()
		if h.ignored++; h.ignored == 1 {
			h.ignoredAt = now
		}
		if h.ignored > 1 && m.stats.success.Load() > h.ignoredAt.UnixMilli() {
			h.ignored, h.rest = 0, now.Add(longestRest)
			t.pending = t.pending[1:]
			return true
		}
		if other := m.other(); other != nil && !t.retried && m.fault == nil {
			t.retried = true
			t.pending = slices.Insert(slices.Clone(t.pending), 0, other)
			return true
		}
		return false
	}
	if t.retried || m.fault != nil || m.line.load.now() >= RoomyLoad {
		return false
	}
	t.retried = true
	return true
}

// other is the shortest request that is not about the meter's identity.
func (m *meter) other() *read {
	var best *read
	for i := range m.plan {
		r := &m.plan[i]
		if r.request.Group() != device.Ident && (best == nil || r.request.Size() < best.request.Size()) {
			best = r
		}
	}
	return best
}

// split replaces a refused request by its parts, in this cycle and for a day.
func (m *meter) split(t *task, r *read, parts []device.Request, now time.Time, err error) {
	h := r.hitch()
	if h.rejoin.IsZero() {
		m.line.log().Info("collector: the meter refuses a joined read; it is split at its holes", "meter", m.cfg.ID, "block", r.request.String(), "parts", len(parts), "reason", err)
	}
	h.rejoin = now.Add(rejoinAfter)
	if h.parts == nil {
		h.parts = readsOf(parts)
	}
	t.pending = append(r.due(now, nil), t.pending[1:]...)
}

// refused notes that the meter answers but will not give a block: it is asked
// for ever more rarely, and said so once a minute.
func (m *meter) refused(r *read, start, end time.Time, err error, refusal device.Refusal) {
	h := r.hitch()
	if refusal == device.Unknown {
		longest := longestRest
		if r.worked {
			longest = longestOfKnown
		}
		h.rest = end.Add(min(time.Second<<min(h.refusals, 12), longest))
		h.refusals++
	}
	if h.faulty && end.Sub(h.said) < heartbeat {
		return
	}
	h.faulty, h.said = true, end
	m.put(start, end, metering.DeviceFault, err.Error(), nil, true)
}
