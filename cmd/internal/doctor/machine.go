package doctor

import (
	"context"
	"time"
)

// Clock judges this machine's clock for boundaries of intervals. It may ask chrony, for five
// seconds at most.
func Clock(ctx context.Context, now time.Time) Finding {
	c, seen := kernelClock()
	if seen {
		c.offset, c.told = chronyOffset(ctx)
	}
	return judgeClock(c, seen, now)
}

// Room are the bytes of a folder's disk that are free to this user, and all of them; false
// where that cannot be seen.
func Room(dir string) (free, total uint64, ok bool) { return roomOf(dir) }

// Tight reports whether a disk has so little room that something will stop, or telemetry is
// no longer kept.
func Tight(free, total uint64) bool {
	return free < leastRoom || float64(free) < tightRoom*float64(total)
}
