// Package clock is the one clock of a process tree. At speed 1 it is the wall
// clock in UTC; at a higher speed it runs ahead from a common origin, so that a
// simulator, a collector and an ingest in different processes agree on the time
// of a warped run. Every role gets its clock handed in and reads no other.
//
// The package must not know who uses it or for what.
package clock

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Clock tells the time of a run. The zero Clock is the wall clock. A Clock is
// immutable and safe for concurrent use.
type Clock struct {
	wall    time.Time // with a monotonic reading; zero for the wall clock
	virtual time.Time
	speed   float64
}

// Warped is a clock that showed virtual when the wall clock showed wall, and
// runs speed times as fast since. Speed must be positive and finite.
func Warped(wall, virtual time.Time, speed float64) Clock {
	if !(speed > 0) || math.IsInf(speed, 0) {
		panic(fmt.Sprintf("BUG: clock speed %v", speed))
	}
	// Anchor to this process's monotonic clock, so that a step of the wall clock
	// later on does not move the run.
	now := time.Now()
	return Clock{wall: now, virtual: virtual.UTC().Add(scale(now.Sub(wall), speed)), speed: speed}
}

// Now is the present time in UTC.
func (c Clock) Now() time.Time {
	if c.speed == 0 {
		return time.Now().UTC()
	}
	return c.virtual.Add(scale(time.Since(c.wall), c.speed))
}

// Speed is how many seconds of this clock pass in one second of the wall clock.
func (c Clock) Speed() float64 {
	if c.speed == 0 {
		return 1
	}
	return c.speed
}

// Real converts a duration of this clock into one of the wall clock, for timers
// and network deadlines.
func (c Clock) Real(d time.Duration) time.Duration { return scale(d, 1/c.Speed()) }

// Virtual converts a duration of the wall clock into one of this clock.
func (c Clock) Virtual(d time.Duration) time.Duration { return scale(d, c.Speed()) }

// SleepUntil waits until the clock shows t. It returns the context's error if
// that ends first, and nil at once if t has passed.
func (c Clock) SleepUntil(ctx context.Context, t time.Time) error {
	return c.Sleep(ctx, t.Sub(c.Now()))
}

// Sleep waits for a duration of this clock, or until the context ends, whose
// error it then returns.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(c.Real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// String writes a warped clock so that Parse in another process gets the same
// one: "wall@virtual*speed" in Unix nanoseconds. The wall clock is "wall".
func (c Clock) String() string {
	if c.speed == 0 {
		return "wall"
	}
	return fmt.Sprintf("%d@%d*%s", c.wall.UnixNano(), c.virtual.UnixNano(), strconv.FormatFloat(c.speed, 'g', -1, 64))
}

// Parse reads what String wrote. The empty string is the wall clock.
func Parse(s string) (Clock, error) {
	if s == "" || s == "wall" {
		return Clock{}, nil
	}
	fail := func() (Clock, error) {
		return Clock{}, fmt.Errorf("clock %q: want %q or WALL_NS@VIRTUAL_NS*SPEED", s, "wall")
	}
	wallText, rest, ok := strings.Cut(s, "@")
	virtualText, speedText, ok2 := strings.Cut(rest, "*")
	if !ok || !ok2 {
		return fail()
	}
	wall, err1 := strconv.ParseInt(wallText, 10, 64)
	virtual, err2 := strconv.ParseInt(virtualText, 10, 64)
	speed, err3 := strconv.ParseFloat(speedText, 64)
	if err1 != nil || err2 != nil || err3 != nil || !(speed > 0) || math.IsInf(speed, 0) {
		return fail()
	}
	return Warped(time.Unix(0, wall), time.Unix(0, virtual), speed), nil
}

func scale(d time.Duration, by float64) time.Duration {
	if by == 1 {
		return d
	}
	return time.Duration(float64(d) * by)
}
