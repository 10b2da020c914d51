package outbox

import (
	"errors"
	"path/filepath"
	"time"

	"asue/metering"
)

// When room runs out, in this order:
//
//  1. The volume is nearly full, or has refused a batch: telemetry is passed on and
//     no longer kept.
//  2. The disk has none: the oldest telemetry goes, so that pages inside the file
//     become free.
//  3. It still refuses a billing batch: the reserve is given up, and from then on as
//     much of the oldest telemetry goes as registers come.
//  4. Nothing helps: Append fails with ErrFull, and goes on when there is room.
//
// It goes back in the other order by itself.

// Pressure says how short of room an outbox is.
type Pressure uint8

// Kinds of pressure, in the order in which they come.
const (
	Roomy Pressure = 0 // there is room
	Tight Pressure = 1 // the volume is nearly full: telemetry is not kept
	Full  Pressure = 2 // the disk has refused a batch within the last seconds: telemetry is not kept, the reserve may be given up
)

// String is the pressure in a word.
func (p Pressure) String() string {
	switch p {
	case Tight:
		return "tight"
	case Full:
		return "full"
	}
	return "roomy"
}

// room watches the volume. It belongs to the lock of the box.
type room struct {
	pressure Pressure
	checked  time.Time // when the volume was last asked
	refused  time.Time // when the disk last refused a batch
	alarm    int       // percent of the budget that were told of
	blind    bool      // the volume's free space cannot be asked; told once
	spent    bool      // the reserve was given up and is not back yet
}

const (
	askEvery    = time.Second      // how often the volume is asked
	forgiveFull = 10 * time.Second // how long a refusal counts
	// roomAgain is how much more than Options.KeepFree must be free, as a factor,
	// before telemetry is kept again.
	roomAgain = 1.05
)

// watchRoom asks the volume once in a while, and takes the reserve back when there is
// room for it and as much again.
func (b *Box) watchRoom() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.opts.Clock.Now()
	if now.Sub(b.room.checked).Abs() < askEvery {
		return
	}
	b.room.checked = now
	free, total, err := b.opts.Volume(filepath.Dir(b.path))
	known := err == nil && total > 0
	if !known && !b.room.blind && (b.opts.KeepFree > 0 || b.opts.Reserve > 0) {
		b.room.blind = true
		b.opts.Log.Warn("outbox: the free space of the volume cannot be asked: telemetry stops only when the disk is full", "path", b.path, "error", err)
	}
	next := Roomy
	keep := b.opts.KeepFree * float64(total)
	if b.room.pressure != Roomy {
		keep *= roomAgain
	}
	if known && float64(free) < keep {
		next = Tight
	}
	if !b.room.refused.IsZero() && now.Sub(b.room.refused).Abs() < forgiveFull {
		next = Full
	}
	if known && next != Full && b.opts.Reserve > 0 && free >= 2*b.opts.Reserve && b.reserve.held() < b.opts.Reserve {
		if err := b.reserve.fill(); err != nil {
			b.opts.Log.Warn("outbox: the reserve cannot be made; it is tried again", "path", b.path, "error", err)
		} else {
			b.room.spent = false
			b.opts.Log.Info("outbox: the reserve is made", "path", b.path, "bytes", b.opts.Reserve)
		}
	}
	b.press(next, free)
}

// press takes over a pressure and tells of its changes.
func (b *Box) press(next Pressure, free int64) {
	before := b.room.pressure
	b.room.pressure = next
	switch {
	case next == before:
	case next == Roomy:
		b.opts.Log.Info("outbox: there is room again; telemetry is kept", "path", b.path)
	case before == Roomy:
		b.opts.Log.Warn("outbox: the volume is nearly full; telemetry is passed on without being kept, registers are kept: free some space",
			"path", b.path, "free", free, "keep_free", b.opts.KeepFree)
	}
}

// refused notes that the disk took nothing, and reports whether trying again without
// keeping the group's telemetry makes sense.
func (b *Box) refused(group []request) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.room.refused = b.opts.Clock.Now()
	had := b.room.pressure
	b.press(Full, 0)
	return had == Roomy && holds(group, metering.Telemetry)
}

// giveReserve gives the reserve up for a group with billing batches, and reports
// whether there was one.
func (b *Box) giveReserve(group []request) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !holds(group, metering.Billing) {
		return false
	}
	return b.spendReserve()
}

func (b *Box) spendReserve() bool {
	had, err := b.reserve.give()
	if err != nil {
		b.opts.Log.Error("outbox: the reserve cannot be given up", "path", b.path, "error", err)
	}
	if had {
		b.room.spent = true
		b.opts.Log.Error("outbox: the disk is full; the reserve is given up for registers: free some space before it is used up", "path", b.path, "bytes", b.opts.Reserve)
	}
	return had
}

func holds(group []request, class metering.Class) bool {
	for _, r := range group {
		for _, e := range r.entries {
			if e.Class == class {
				return true
			}
		}
	}
	return false
}

// commitInOrder appends a group, and does what helps, in its order, as long as the
// disk refuses it.
func (b *Box) commitInOrder(group []request) ([]result, error) {
	b.watchRoom()
	results, err := b.appendGroup(group)
	for _, help := range []func([]request) bool{b.refused, b.makeRoom, b.giveReserve, b.makeRoom} {
		if !errors.Is(err, ErrFull) {
			break
		}
		if help(group) {
			results, err = b.appendGroup(group)
		}
	}
	return results, err
}

// makeRoom drops a tenth of the telemetry, so that pages inside the file become
// free when the disk has none. It reports whether that worked.
func (b *Box) makeRoom([]request) bool {
	var n int
	err := b.update("make room", func(t *tx) (err error) {
		n, err = t.dropTelemetry(t.telemetry.bytes / 10)
		return err
	})
	return err == nil && n > 0
}

// alarms are the shares of the budget, in percent, at which the log tells that
// batches without acknowledgement pile up.
var alarms = []int{70, 90}

// watchBudget tells when what the ledger does not have reaches a share of the budget,
// once until it has fallen five points below. The caller holds the lock.
func (b *Box) watchBudget() {
	used := int(100 * float64(b.state.unacknowledged()) / float64(b.opts.Budget))
	for b.room.alarm > 0 && used < b.room.alarm-5 {
		lower := 0
		for _, a := range alarms {
			if a < b.room.alarm {
				lower = a
			}
		}
		b.room.alarm = lower
	}
	for _, a := range alarms {
		if used >= a && a > b.room.alarm {
			b.room.alarm = a
			b.opts.Log.Warn("outbox: batches that the ledger does not have fill the budget; at its end the oldest telemetry goes: check broker and ledger, or give the outbox more",
				"path", b.path, "percent", used, "budget", b.opts.Budget)
		}
	}
}

// unacknowledged is about how many bytes wait for the ledger: those of all rows,
// times the share of numbers that have no acknowledgement.
func (s *state) unacknowledged() int64 {
	rows, bytes := s.billing.rows+s.telemetry.rows, s.billing.bytes+s.telemetry.bytes
	waiting := int64(s.last - s.acked)
	if rows == 0 || waiting >= rows {
		return bytes
	}
	return int64(float64(bytes) * float64(waiting) / float64(rows))
}
