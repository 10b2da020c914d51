package node

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestManagerOf(t *testing.T) {
	f := func(socket, usec, pid string, want manager) {
		t.Helper()
		env := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}
		if got := managerOf(func(name string) string { return env[name] }, 42); got != want {
			t.Errorf("%q %q %q: %+v, want %+v", socket, usec, pid, got, want)
		}
	}
	f("", "30000000", "", manager{})
	f("/run/systemd/notify", "", "", manager{socket: "/run/systemd/notify"})
	f("@abstract", "30000000", "42", manager{"@abstract", 30 * time.Second})
	f("/run/n", "30000000", "43", manager{socket: "/run/n"}) // meant for a parent
	f("/run/n", "soon", "42", manager{socket: "/run/n"})
	f("vsock:2:1", "30000000", "42", manager{}) // of virtual machines; not spoken here
}

// What systemd would receive, over a real socket.
func TestSayIsOneDatagram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := (manager{socket: path}).say("READY=1", "STATUS=runs"); err != nil {
		t.Fatal(err)
	}
	if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var text [1024]byte
	n, err := socket.Read(text[:])
	if got := string(text[:n]); err != nil || got != "READY=1\nSTATUS=runs" {
		t.Errorf("%q, %v", got, err)
	}
	err = (manager{socket: path + "-gone"}).say("READY=1")
	if err == nil || !strings.Contains(err.Error(), path+"-gone") {
		t.Errorf("a socket that is not there: %v", err)
	}
}

// ear is the manager's: what was said to it, and when.
type ear struct {
	mu   sync.Mutex
	said []string
	fed  time.Time
}

func (e *ear) hear(lines ...string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range lines {
		if l == "WATCHDOG=1" {
			e.fed = time.Now()
			continue
		}
		e.said = append(e.said, l)
	}
	return nil
}

func (e *ear) hungry() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Since(e.fed)
}

// The watchdog is fed while the loop beats and while it has nothing to do. A loop that
// stops is told by its name, and the food ends.
func TestWatchdogIsFedWhileLoopsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Node{Log: slog.New(slog.DiscardHandler)}
		var polls, messages atomic.Uint64
		var waiting atomic.Bool
		n.Watch(Pulse{Name: "polling", Within: time.Minute, Look: func() (uint64, bool) { return polls.Load(), false }})
		n.Watch(Pulse{Name: "ingest", Within: time.Minute, Look: func() (uint64, bool) { return messages.Load(), !waiting.Load() }})
		var systemd ear
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- n.reportTo(manager{"/run/n", 30 * time.Second}, systemd.hear).run(ctx) }()
		live := func(d time.Duration, polling bool) {
			for range int(d / time.Second) {
				time.Sleep(time.Second)
				if polling {
					polls.Add(1)
				}
			}
		}

		live(time.Hour, true)
		if h := systemd.hungry(); h > 10*time.Second {
			t.Errorf("not fed for %v while all is well and ingest has nothing to do", h)
		}
		live(2*time.Minute, false)
		if h := systemd.hungry(); h < 30*time.Second {
			t.Errorf("fed %v ago, although nothing was polled for two minutes", h)
		}
		if !slices.Contains(systemd.said, "STATUS=does not go on: polling") {
			t.Errorf("said %q, want the loop that stopped", systemd.said)
		}
		live(30*time.Second, true) // it was only slow
		if h := systemd.hungry(); h > 10*time.Second {
			t.Errorf("not fed for %v after polling went on", h)
		}
		waiting.Store(true) // a message, and ingest does not take it
		live(2*time.Minute, true)
		if h := systemd.hungry(); h < 30*time.Second {
			t.Errorf("fed %v ago, although ingest has left a message lying for two minutes", h)
		}
		cancel()
		<-done
		want := []string{"READY=1", "STATUS=runs", "STATUS=does not go on: polling", "STATUS=runs", "STATUS=does not go on: ingest", "STOPPING=1", "STATUS=stops"}
		if !slices.Equal(systemd.said, want) {
			t.Errorf("said\n%q, want\n%q", systemd.said, want)
		}
	})
}

// A loop that hangs while it is looked at has stopped, too.
func TestWatchdogStarvesOnALookThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Node{Log: slog.New(slog.DiscardHandler)}
		held := make(chan struct{})
		n.Watch(Pulse{Name: "ingest", Within: time.Minute, Look: func() (uint64, bool) { <-held; return 0, true }})
		var systemd ear
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- n.reportTo(manager{"/run/n", 30 * time.Second}, systemd.hear).run(ctx) }()
		time.Sleep(5 * time.Minute)
		if h := systemd.hungry(); h < 3*time.Minute {
			t.Errorf("fed %v ago", h)
		}
		cancel()
		<-done
		close(held)
	})
}

// Without a watchdog the manager hears when the process is ready and when it stops.
func TestManagerHearsReadyAndStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Node{Log: slog.New(slog.DiscardHandler)}
		var systemd ear
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		n.Add(StagePage, n.reportTo(manager{socket: "/run/n"}, systemd.hear))
		if err := n.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if want := []string{"READY=1", "STATUS=runs", "STOPPING=1", "STATUS=stops"}; !slices.Equal(systemd.said, want) || !systemd.fed.IsZero() {
			t.Errorf("said %q, fed %v", systemd.said, systemd.fed)
		}
	})
}
