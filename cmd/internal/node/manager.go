package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// manager is the service manager that started this process, systemd for instance.
// What it is told is one datagram each: sd_notify(3).
type manager struct {
	socket string        // path, or @name for an abstract one; empty: nobody wants to know
	within time.Duration // how often it must hear that the process works; 0: not at all
}

// managerOf reads what a service manager has put into the environment:
// NOTIFY_SOCKET, and of the watchdog WATCHDOG_USEC (µs) and WATCHDOG_PID, whom it
// is meant for. What cannot be read is as if it were not there.
func managerOf(getenv func(string) string, pid int) manager {
	m := manager{socket: getenv("NOTIFY_SOCKET")}
	if m.socket == "" || m.socket[0] != '/' && m.socket[0] != '@' {
		return manager{}
	}
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if whose := getenv("WATCHDOG_PID"); err == nil && usec > 0 && (whose == "" || whose == strconv.Itoa(pid)) {
		m.within = time.Duration(usec) * time.Microsecond
	}
	return m
}

// say sends assignments, one a line.
func (m manager) say(lines ...string) error {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell the service manager at %s: %w", m.socket, err)
	}
	defer func() { _ = c.Close() }() // a datagram is away or not
	if _, err := c.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		return fmt.Errorf("tell the service manager at %s: %w", m.socket, err)
	}
	return nil
}

// reportTo is the part that speaks with the service manager: READY when all parts
// have started, WATCHDOG as long as all pulses beat, STOPPING before anything stops.
// It belongs into the last stage, which starts last and stops first.
func (n *Node) reportTo(m manager, say func(lines ...string) error) Part {
	tell := func(lines ...string) {
		if err := say(lines...); err != nil {
			n.Log.Warn("the service manager does not hear", "err", err)
		}
	}
	return As("service manager", func(ctx context.Context) error {
		tell("READY=1", "STATUS=runs")
		defer tell("STOPPING=1", "STATUS=stops")
		if m.within == 0 {
			<-ctx.Done()
			return ctx.Err()
		}
		n.feedWatchdog(ctx, m.within, tell)
		return ctx.Err()
	})
}

// feedWatchdog tells three times in the watchdog's time that the process works. If a
// pulse has stopped it says which, and no more: the manager then ends the process, which
// prints what every goroutine was at, and starts it anew.
func (n *Node) feedWatchdog(ctx context.Context, within time.Duration, tell func(lines ...string)) {
	for _, p := range n.pulses {
		go p.follow(ctx, within/6) // not waited for: it may hang with the loop that it looks at
	}
	ticks := time.NewTicker(within / 3)
	defer ticks.Stop()
	still := false
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticks.C:
			stopped := stoppedPulses(n.pulses, now)
			switch {
			case len(stopped) == 0:
				tell("WATCHDOG=1")
				if still { // a process that was paused looks as if all had stopped
					still = false
					tell("STATUS=runs")
				}
			case !still:
				still = true
				what := strings.Join(stopped, ", ")
				n.Log.Error("a part does not go on: the service manager's watchdog is not fed any more", "parts", what, "watchdog", within)
				tell("STATUS=does not go on: " + what)
			}
		}
	}
}

// listenedTo is the manager of this process. Children shall not speak with it.
func listenedTo() manager {
	m := managerOf(os.Getenv, os.Getpid())
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(name) // fails for names that are none
	}
	return m
}
