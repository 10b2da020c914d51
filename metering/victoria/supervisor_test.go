package victoria_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/victoria"
	"asue/metering/victoria/engine"
)

// eventually looks every few milliseconds until ok, for a minute at most.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited a minute: %s", what)
		case <-tick.C:
		}
	}
}

// What was written is on disk well before Settled has passed, and then survives
// the child's sudden end.
func TestKilledChildIsStartedAgainWithItsData(t *testing.T) {
	t.Parallel()
	child, s := start(t)
	ctx := context.Background()
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := s.Write(ctx, []metering.Sample{{Point: "T-1", Field: "p_w", At: at, Value: 42}}); err != nil {
		t.Fatal(err)
	}
	written := time.Now()
	eventually(t, "the sample on disk", func() bool { return onDisk(t, child) })
	if took := time.Since(written); took > s.Settled() {
		t.Errorf("on disk after %v, but Settled promises %v", took, s.Settled())
	}
	before, err := s.Incarnation(ctx)
	if err != nil || before == "" {
		t.Fatalf("Incarnation = %q, %v", before, err)
	}
	if again, err := s.Incarnation(ctx); again != before || err != nil {
		t.Errorf("Incarnation changed from %q to %q, %v", before, again, err)
	}
	pid := child.Stats().PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another child", func() bool { st := child.Stats(); return st.Running && st.PID != pid })

	tracks, err := s.Range(ctx, "asue_p_w", at, at, time.Second)
	if err != nil || len(tracks) != 1 || tracks[0].Values[0] != 42 {
		t.Errorf("after the restart: %v, %v", tracks, err)
	}
	if after, err := s.Incarnation(ctx); err != nil || after == before || after == "" {
		t.Errorf("Incarnation after the restart = %q, %v; before %q", after, err, before)
	}
	if st := child.Stats(); st.Starts != 2 || !strings.Contains(st.LastExit, "killed") {
		t.Errorf("stats %+v", st)
	}
}

// onDisk reports whether the store holds rows in files and none in memory.
func onDisk(t *testing.T, child *victoria.Supervisor) bool {
	t.Helper()
	client := http.Client{Transport: child.Transport()}
	resp, err := client.Get(child.BaseURL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rows := map[string]string{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok {
			rows[name] = value
		}
	}
	return rows[`vm_rows{type="storage/small"}`] != "0" && rows[`vm_rows{type="storage/small"}`] != "" &&
		rows[`vm_rows{type="storage/inmemory"}`] == "0" && rows[`vm_pending_rows{type="storage"}`] == "0" &&
		rows[`vm_rows{type="indexdb/inmemory"}`] == "0" && rows[`vm_pending_rows{type="indexdb"}`] == "0"
}

func TestChildStopsCleanlyWithItsSupervisor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "series")
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	log := slog.New(slog.DiscardHandler)
	ctx := context.Background()

	first := victoria.NewSupervisor(play(t, "store", dir), log)
	running, stop := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- first.Run(running) }()
	if err := first.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	pid := first.Stats().PID
	if err := open(t, first).Write(ctx, []metering.Sample{{Point: "T-1", Field: "p_w", At: at, Value: 42}}); err != nil {
		t.Fatal(err)
	}
	stop() // at once: the sample is in memory only
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child %d is still there: %v", pid, err)
	}
	if first.URL() != "" || first.Stats().Running {
		t.Errorf("stopped, but %q, %+v", first.URL(), first.Stats())
	}
	if err := open(t, first).Ready(ctx); !errors.Is(err, victoria.ErrNotRunning) {
		t.Errorf("Ready of a stopped store = %v", err)
	}

	second := supervise(t, play(t, "store", dir), log)
	if err := second.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	tracks, err := open(t, second).Range(ctx, "asue_p_w", at, at, time.Second)
	if err != nil || len(tracks) != 1 {
		t.Errorf("what was written just before the stop: %v, %v", tracks, err)
	}
}

func TestChildDoesNotOutliveAKilledParent(t *testing.T) {
	command := play(t, "parent", filepath.Join(t.TempDir(), "series"))
	cmd := exec.Command(command[0], command[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the parent says nothing")
	}
	pid, err := strconv.Atoi(lines.Text())
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the child %d is not there: %v", pid, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	eventually(t, "the orphan's end", func() bool { return gone(pid) })
}

// gone reports whether a process has ended; an orphan that nobody has waited
// for yet is a zombie, and has.
func gone(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

func TestChildThatDoesNotStart(t *testing.T) {
	var log record
	s := supervise(t, play(t, "broken", ""), slog.New(slog.NewTextHandler(&log, nil)))
	eventually(t, "the reason", func() bool { return strings.Contains(s.Stats().LastExit, "part is corrupt") })
	eventually(t, "a second try", func() bool { return s.Stats().Starts >= 2 })
	if text := log.String(); !strings.Contains(text, "level=ERROR") || strings.Contains(text, "opening") {
		t.Errorf("log:\n%s", text)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := s.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "part is corrupt") {
		t.Errorf("Ready = %v", err)
	}

	absent := supervise(t, []string{filepath.Join(t.TempDir(), "no-such-program")}, slog.New(slog.DiscardHandler))
	eventually(t, "the reason", func() bool { return strings.Contains(absent.Stats().LastExit, "no-such-program") })
}

// A second store on the same folder must not touch the first one's data.
func TestFolderInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "series")
	first := supervise(t, play(t, "store", dir), slog.New(slog.DiscardHandler))
	if err := first.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	second := supervise(t, play(t, "store", dir), slog.New(slog.DiscardHandler))
	eventually(t, "the reason", func() bool { return strings.Contains(second.Stats().LastExit, "flock") })
	if err := open(t, first).Ready(context.Background()); err != nil {
		t.Errorf("the first store: %v", err)
	}
}

func TestStoreAnswersToItsParentOnly(t *testing.T) {
	child, _ := start(t)
	for path, want := range map[string]int{
		"/ping": 204, "/health": 200, "/api/v2/write": 401, "/api/v1/query?query=1": 401,
		"/api/v1/admin/tsdb/delete_series": 401, "/metrics": 401, "/": 401,
	} {
		resp, err := http.Get(child.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("GET %s without a token: %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestEngineRefusesOptions(t *testing.T) {
	f := func(o engine.Options, part string) {
		t.Helper()
		if err := engine.Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Run(%+v) = %v, want an error with %q", o, err, part)
		}
	}
	f(engine.Options{}, "folder")
	f(engine.Options{Dir: "x", Listen: "0.0.0.0:0"}, "loopback")
	f(engine.Options{Dir: "x", Listen: ":8428"}, "loopback")
	f(engine.Options{Dir: "x", Listen: "8428"}, "listen address")
	f(engine.Options{Dir: "x", Retention: time.Hour}, "day")
	f(engine.Options{Dir: "x", MemoryBytes: 1}, "32 MiB")
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f(engine.Options{Dir: filepath.Join(blocked, "series")}, "data folder")
}

// A program that links the engine and does not use it prints nothing of its own
// at start.
func TestLinkingTheEngineIsSilent(t *testing.T) {
	command := play(t, "mute", "")
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.TrimSpace(string(out)); strings.Contains(text, "\n") || !strings.HasSuffix(text, "the logger speaks again") {
		t.Errorf("output:\n%s", text)
	}
}

// record is a log that may be read while it is written.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}
