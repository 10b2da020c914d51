package vee

import (
	"fmt"
	"time"

	"asue/metering"
)

// remark sets the flags of a measured interval and says why.
func (w *walk) remark(iv *metering.Interval, b0, b1 boundary) {
	t := w.t
	w.brackets(iv, b0, b1)
	for i := b0.lo + 1; i <= b1.hi; i++ {
		if t.knots[i].odd == 0 {
			continue
		}
		o := &t.odds[t.knots[i].odd]
		inside := o.at == 0 || b0.ms < o.at && o.at < b1.ms
		if o.flags != 0 && inside {
			iv.Flags |= o.flags
			iv.Uncertainty += metering.Energy(o.loose)
		}
		// A reading that was thrown out matters where it stood beside a boundary.
		beside := o.glitch && (i == b0.hi && b0.lo != b0.hi || i == b1.hi && b1.lo != b1.hi)
		if beside {
			iv.Flags |= metering.FlagGlitch
		}
		if o.flags != 0 && inside || beside {
			iv.Reason = joined(iv.Reason, o.reason)
		}
	}
	f := &t.frames[t.knots[b1.lo].frame]
	if most := f.quantum * 100; most > f.little && most > int64(iv.Energy) {
		iv.Flags |= metering.FlagQuantum
		iv.Reason = joined(iv.Reason, w.quantum.reason(f.quantum, w.c.Channel.Unit()))
	}
	if len(t.steps) > 0 {
		w.clocks(iv, b0.ms, b1.ms)
	}
}

// brackets remarks on boundaries between readings far apart.
func (w *walk) brackets(iv *metering.Interval, b0, b1 boundary) {
	for _, b := range [2]*boundary{&b0, &b1} {
		if width := w.t.knots[b.hi].ms - w.t.knots[b.lo].ms; width > WideBracket.Milliseconds() {
			iv.Flags |= metering.FlagInterpWide
			iv.Reason = joined(iv.Reason, fmt.Sprintf("boundary %s lies between readings %v apart",
				stamp(time.UnixMilli(b.ms)), time.Duration(width)*time.Millisecond))
		}
	}
}

// quantumText keeps the reason of a coarse register's intervals, which say the
// same.
type quantumText struct {
	quantum int64
	text    string
}

func (q *quantumText) reason(quantum int64, unit string) string {
	if q.quantum != quantum {
		*q = quantumText{quantum, fmt.Sprintf("one step of the register is %d %s", quantum, unit)}
	}
	return q.text
}
