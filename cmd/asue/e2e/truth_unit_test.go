package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"asue/metering/clock"
)

// upWithin is how long a killed process may take until it works again.
const upWithin = 30 * time.Second

// unit is a program that is started again whenever it was killed, as a service
// manager does, and by nobody else. One goroutine owns it.
type unit struct {
	name string
	path string
	args []string
	up   func() bool // it works again
	log  string      // file of everything that it has said

	cmd  *exec.Cmd
	done chan struct{} // closed when the present process has ended

	kills, children, orphaned int           // children with the unit, and alone
	slowest                   time.Duration // from a kill until it worked again
}

// moment is when a unit is killed, and how long it stays away.
type moment struct {
	at    time.Time
	away  time.Duration
	child bool // its child is killed with it, without a chance to store anything
	only  bool // its child alone is killed; the unit starts it again itself
}

func (u *unit) start() error {
	out, err := os.OpenFile(u.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	fmt.Fprintf(out, "--- %s starts %s\n", time.Now().UTC().Format("15:04:05.000"), u.name)
	u.cmd = exec.Command(u.path, u.args...)
	u.cmd.Stdout, u.cmd.Stderr = out, out
	u.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := u.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", u.name, err)
	}
	cmd, done := u.cmd, make(chan struct{})
	u.done = done
	go func() { _ = cmd.Wait(); close(done) }()
	return nil
}

func (u *unit) kill() {
	if u.cmd != nil {
		_ = u.cmd.Process.Kill()
		<-u.done
	}
}

// stop asks the process to end and waits for it.
func (u *unit) stop(within time.Duration) error {
	_ = u.cmd.Process.Signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	select {
	case <-u.done:
	case <-ctx.Done():
		u.kill()
		return fmt.Errorf("%s did not stop within %v", u.name, within)
	}
	if code := u.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s stopped with exit code %d", u.name, code)
	}
	return nil
}

// endure kills the unit at each moment and starts it again. It fails when the
// unit ends by itself or does not work again in time.
func (u *unit) endure(ctx context.Context, moments []moment) error {
	var down time.Time // since when it has not been seen to work; zero: it works
	for _, m := range moments {
		if err := u.watch(ctx, m.at, &down); err != nil {
			return err
		}
		if m.only {
			if u.killChild() {
				u.orphaned++
			}
			continue
		}
		if down.IsZero() {
			down = time.Now()
		}
		if m.child && u.killChild() {
			u.children++
		}
		u.kill()
		u.kills++
		if err := (clock.Clock{}).Sleep(ctx, m.away); err != nil {
			return err
		}
		if m.away > time.Second {
			down = time.Now() // it was held back on purpose
		}
		if err := u.start(); err != nil {
			return err
		}
	}
	return u.watch(ctx, time.Time{}, &down)
}

// watch looks after the unit until a time, or until it works if there is none.
func (u *unit) watch(ctx context.Context, until time.Time, down *time.Time) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		now := time.Now()
		if !down.IsZero() && u.up() {
			u.slowest = max(u.slowest, now.Sub(*down))
			*down = time.Time{}
		}
		switch {
		case until.IsZero() && down.IsZero(), !until.IsZero() && !now.Before(until):
			return nil
		case !down.IsZero() && now.Sub(*down) > upWithin:
			return fmt.Errorf("%s does not work %v after it was killed", u.name, upWithin)
		}
		select {
		case <-tick.C:
		case <-u.done:
			return fmt.Errorf("%s ended by itself: %v", u.name, u.cmd.ProcessState)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// killChild kills the series store that the unit has announced last.
func (u *unit) killChild() bool {
	text, err := os.ReadFile(u.log)
	if err != nil {
		return false
	}
	pid := 0
	for line := range strings.Lines(string(text)) {
		var said struct {
			Msg string `json:"msg"`
			PID int    `json:"pid"`
		}
		switch {
		case strings.HasPrefix(line, "--- "):
			pid = 0 // a new process with a new child
		case strings.Contains(line, "series store is up") && json.Unmarshal([]byte(line), &said) == nil:
			pid = said.PID
		}
	}
	return pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil
}

// faulty lists lines of the unit's log that no fault from outside explains.
func (u *unit) faulty() error {
	text, err := os.ReadFile(u.log)
	if err != nil {
		return err
	}
	var errs []error
	for line := range strings.Lines(string(text)) {
		for _, sign := range []string{"panic:", "BUG:", "fatal error:", "DATA RACE"} {
			if strings.Contains(line, sign) {
				errs = append(errs, fmt.Errorf("%s: %s", u.name, strings.TrimSpace(line)))
			}
		}
	}
	return errors.Join(errs...)
}

// moments draws when a unit is killed: so many times within a time, at least a
// second apart, not during the pause.
func moments(dice *rand.Rand, times int, from time.Time, length time.Duration, pause span) []moment {
	const apart = time.Second
	offsets := make([]time.Duration, times)
	for i := range offsets {
		offsets[i] = time.Duration(dice.Int64N(int64(length - pause.length - time.Duration(times)*apart)))
	}
	slices.Sort(offsets)
	list := make([]moment, times)
	for i, o := range offsets {
		at := from.Add(o + time.Duration(i)*apart)
		if !at.Before(pause.from) {
			at = at.Add(pause.length)
		}
		list[i] = moment{at: at, away: shortly(dice), child: dice.IntN(2) == 0}
	}
	return list
}

// span is a stretch of time.
type span struct {
	from   time.Time
	length time.Duration
}

func (s span) holds(t time.Time) bool {
	return !t.Before(s.from) && t.Before(s.from.Add(s.length))
}

// shortly is how long a service manager takes to start a process again.
func shortly(dice *rand.Rand) time.Duration {
	return time.Duration(dice.Int64N(int64(400 * time.Millisecond)))
}

func inOrder(list []moment) []moment {
	slices.SortFunc(list, func(a, b moment) int { return a.at.Compare(b.at) })
	return list
}

// quietPorts is the first of n free ports in a row below those that the kernel
// gives to outgoing connections: one of these, made while a killed process is
// away, would take its port, or even connect to itself.
func quietPorts(t *testing.T, n int) int {
	t.Helper()
	for range 200 {
		first := 12_000 + rand.IntN(18_000)
		free := 0
		for ; free < n; free++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+free))
			if err != nil {
				break
			}
			_ = l.Close()
		}
		if free == n {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row below 30000", n)
	return 0
}

// accepts reports whether something listens.
func accepts(address string) func() bool {
	return func() bool {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	}
}

// fetch reads a page.
func fetch(url string) (string, error) {
	client := &http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// answers reports whether a page answers with success.
func answers(url string) func() bool {
	client := &http.Client{Timeout: 2 * time.Second}
	return func() bool {
		res, err := client.Get(url)
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	}
}
