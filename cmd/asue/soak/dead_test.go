package soak

import (
	"testing"
	"time"

	"asue/metering"
)

// One dead unit of 32 costs the others less than a tenth of their readings, on
// every transport, from the first moment on.
func TestOneDeadUnitOf32(t *testing.T) {
	t.Parallel()
	lasts, p, seed := run(t)
	p.network, p.serial = time.Second, 2*time.Second
	for _, name := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			healthy, hurt := newZone(t, name, p, seed), newZone(t, name, p, seed)
			hurt.track.bank.dead[dead].Store(true)
			healthy.start(t)
			hurt.start(t)
			wait(t, min(lasts, 5*time.Minute))
			without, with := healthy.readings(t), hurt.readings(t)
			share := 1 - float64(with)/float64(without)
			t.Logf("%d readings of the others without a dead unit, %d with one: %.1f %% lost", without, with, 100*share)
			if share >= 0.1 || without < 31*5 {
				t.Errorf("%s: %d readings without a dead unit, %d with one", name, without, with)
			}
		})
	}
}

// dead is the unit that says nothing.
const dead = 13

// zone is 32 units on a line.
type zone struct {
	*track
	witness *witness
	stop    func()
	others  []metering.MeterID
}

func newZone(t *testing.T, name string, p pace, seed uint64) *zone {
	t.Helper()
	k := lay(t, name, p, seed)
	return &zone{track: k, witness: newWitness(k.bank.began)}
}

func (z *zone) start(t *testing.T) {
	t.Helper()
	var all []uint8
	for u := uint8(1); u <= 32; u++ {
		all = append(all, u)
		if u != dead {
			z.others = append(z.others, meterID(u))
		}
	}
	_, z.stop = poll(t, z.track, all, z.witness.take)
}

// readings ends the polling and counts the good fast readings of all but the
// dead unit.
func (z *zone) readings(t *testing.T) uint64 {
	t.Helper()
	z.stop()
	if _, _, wrong := z.witness.verdict(); len(wrong) > 0 {
		t.Errorf("%s: WRONG: %s", z.name, wrong[0])
	}
	return z.witness.counted(z.others)
}
