package victoria_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"asue/metering"
)

// A disk that ran full leaves parts without their last file: in a month that has
// no list of parts yet, and listed ones. The store must start all the same, with
// what is whole.
func TestUnfinishedPartsAreMovedAside(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "series")
	child := supervise(t, play(t, "store", dir), slog.New(slog.DiscardHandler))
	ctx := context.Background()
	if err := child.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	s := open(t, child)
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := s.Write(ctx, []metering.Sample{{Point: "T-1", Field: "p_w", At: at, Value: 42}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the sample on disk", func() bool { return onDisk(t, child) })

	const fresh, listed = "00000000000000F1", "00000000000000F2"
	month := filepath.Join(dir, "data", "small", at.UTC().Format("2006_01"))
	unfinished(t, filepath.Join(dir, "data", "small", "2020_01", fresh))
	unfinished(t, filepath.Join(dir, "data", "big", "2020_01", fresh))
	unfinished(t, filepath.Join(month, listed))
	list := filepath.Join(month, "parts.json")
	var parts struct{ Small, Big []string }
	data, err := os.ReadFile(list)
	if err == nil {
		err = json.Unmarshal(data, &parts)
	}
	if err != nil {
		t.Fatal(err)
	}
	parts.Small = append(parts.Small, listed)
	data, _ = json.Marshal(parts)
	if err := os.WriteFile(list, data, 0o600); err != nil {
		t.Fatal(err)
	}

	pid := child.Stats().PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another child", func() bool { st := child.Stats(); return st.Running && st.PID != pid })
	if tracks, err := s.Range(ctx, "asue_p_w", at, at, time.Second); err != nil || len(tracks) != 1 || tracks[0].Values[0] != 42 {
		t.Errorf("after the restart: %v, %v", tracks, err)
	}
	aside, err := os.ReadDir(filepath.Join(dir, "incomplete"))
	if err != nil || len(aside) != 3 {
		t.Errorf("moved aside: %v, %v; want three parts", aside, err)
	}
}

// unfinished makes a part as a full disk leaves it.
func unfinished(t *testing.T, part string) {
	t.Helper()
	if err := os.MkdirAll(part, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(part, "index.bin"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
}
