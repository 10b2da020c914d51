package victoria_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"asue/metering"
	"asue/metering/victoria"
)

// A store that runs is copied as it is at one moment, samples included that it has only
// in memory; another store begins with the copy. The snapshot is taken away afterwards.
func TestCopyOfAStoreThatRuns(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	folder, socket := filepath.Join(dir, "series"), filepath.Join(dir, "s.sock")
	child := supervise(t, play(t, "store", folder), slog.New(slog.DiscardHandler))
	ready, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := child.Ready(ready); err != nil {
		t.Fatal(err)
	}
	s := open(t, child)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- child.ServeSnapshots(ctx, socket) }()
	eventually(t, "the socket", func() bool { _, err := os.Stat(socket); return err == nil })

	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := s.Write(t.Context(), []metering.Sample{{Point: "T-1", Field: "p_w", At: at, Value: 42}}); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "copy")
	if err := victoria.CopyFolder(t.Context(), folder, socket, copied); err != nil {
		t.Fatal(err)
	}
	holds(t, copied, at, 42)
	for _, place := range []string{"snapshots", "data/small/snapshots", "indexdb/snapshots"} {
		if left, _ := os.ReadDir(filepath.Join(folder, place)); len(left) > 0 {
			t.Errorf("%s still has %v", place, left)
		}
	}
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v; it is for its user alone", info, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}

	// The socket is gone, the store is not: its folder is not touched.
	if err := victoria.CopyFolder(t.Context(), folder, socket, filepath.Join(dir, "again")); !errors.Is(err, victoria.ErrStoreRuns) {
		t.Errorf("beside a store: %v", err)
	}
}

// A store that does not run is copied as it lies.
func TestCopyOfAStoreAtRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "series")
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	run(t, folder, func(s *victoria.Series) {
		if err := s.Write(t.Context(), []metering.Sample{{Point: "T-1", Field: "p_w", At: at, Value: 7}}); err != nil {
			t.Error(err)
		}
	})
	copied := filepath.Join(dir, "copy")
	if err := victoria.CopyFolder(t.Context(), folder, filepath.Join(dir, "none.sock"), copied); err != nil {
		t.Fatal(err)
	}
	holds(t, copied, at, 7)
}

// run runs a store for as long as f takes.
func run(t *testing.T, folder string, f func(*victoria.Series)) {
	t.Helper()
	child := victoria.NewSupervisor(play(t, "store", folder), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- child.Run(ctx) }()
	ready, enough := context.WithTimeout(ctx, time.Minute)
	defer enough()
	if err := child.Ready(ready); err != nil {
		t.Error(err)
	} else {
		f(open(t, child))
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func holds(t *testing.T, folder string, at time.Time, want float64) {
	t.Helper()
	run(t, folder, func(s *victoria.Series) {
		tracks, err := s.Range(t.Context(), "asue_p_w", at, at, time.Second)
		if err != nil || len(tracks) != 1 || tracks[0].Values[0] != want {
			t.Errorf("the copy holds %v, %v; want %v", tracks, err, want)
		}
	})
}

// shortDir is a folder whose path leaves room for the name of a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
