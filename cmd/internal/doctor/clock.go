package doctor

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// clockState is what is known of this machine's clock.
type clockState struct {
	kept    bool          // by NTP, PTP or GPS, as the kernel is told
	mostOff time.Duration // bound of the error, as the kernel counts it
	offset  time.Duration // as chrony measures it
	told    bool          // chrony has told the offset
}

// Bounds of the clock: the boundaries of an interval are read within a second, and what is
// more than five off is flagged.
const (
	clockFine   = time.Second
	clockAtMost = 5 * time.Second
)

// programIsOf is when this program was certainly not yet there: a clock before it is wrong.
var programIsOf = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (e *examination) clock(ctx context.Context) {
	e.found = append(e.found, Clock(ctx, e.Now))
}

// judgeClock says what a clock is worth for boundaries of intervals.
func judgeClock(c clockState, seen bool, now time.Time) Finding {
	f := Finding{Area: "clock", State: OK}
	const setUp = "let chrony or systemd-timesyncd keep it (apt install chrony), with a server of the site or a GPS receiver where there is no internet"
	switch {
	case now.Before(programIsOf):
		f.State, f.What, f.Remedy = Wrong, fmt.Sprintf("it is %s by this machine, which is long past: its clock was never set", now.UTC().Format(time.DateOnly)), setUp
	case !seen:
		f.State, f.What = Note, "whether somebody keeps the clock cannot be seen here"
	case !c.kept:
		f.State, f.Remedy = Warning, setUp
		f.What = "nobody keeps this machine's clock, as far as the kernel knows: it drifts by a second or two a day as a rule, and intervals with it"
	case c.told && c.offset.Abs() > clockAtMost:
		f.State, f.What, f.Remedy = Wrong, fmt.Sprintf("the clock is off by %v", c.offset), "chronyc makestep, while nothing is billed"
	case c.told && c.offset.Abs() > clockFine:
		f.State, f.What, f.Remedy = Warning, fmt.Sprintf("the clock is off by %v", c.offset), "wait until chrony has slewed it; see chronyc tracking"
	case c.told:
		f.What = fmt.Sprintf("the clock is kept, and off by %v as chrony measures it", c.offset.Round(time.Microsecond))
	case c.mostOff > clockAtMost:
		f.State, f.Remedy = Warning, "see timedatectl timesync-status: is a server reached?"
		f.What = fmt.Sprintf("the clock was kept once, and may be off by %v by now", c.mostOff.Round(time.Millisecond))
	default:
		f.What = fmt.Sprintf("the clock is kept, and off by %v at most as the kernel counts it; the offset itself is not known without chrony", c.mostOff.Round(time.Millisecond))
	}
	return f
}

// chronyOffset asks chrony, if it is there.
func chronyOffset(ctx context.Context) (time.Duration, bool) {
	path, err := exec.LookPath("chronyc")
	if err != nil {
		return 0, false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, "-c", "-n", "tracking").Output()
	if err != nil {
		return 0, false
	}
	return readTracking(string(text))
}

// readTracking reads `chronyc -c tracking`: the fifth field is the offset of the system's
// clock in seconds, positive where it is fast.
func readTracking(text string) (time.Duration, bool) {
	fields := strings.Split(strings.TrimSpace(text), ",")
	if len(fields) < 14 || fields[0] == "00000000" || fields[len(fields)-1] == "Not synchronised" {
		return 0, false
	}
	s, err := strconv.ParseFloat(fields[4], 64)
	if err != nil {
		return 0, false
	}
	return time.Duration(s * float64(time.Second)), true
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
