package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/cmd/internal/cli"
	"asue/collector/regmap"
	"asue/examples/aktobe"
	"asue/metering/clock"
)

// aloneCollector writes the files of a process with broker and collector, whose lines
// lead nowhere: it stores that its meters are silent, and nobody acknowledges it.
func aloneCollector(t *testing.T) (file string) {
	t.Helper()
	library, err := regmap.Load()
	if err != nil {
		t.Fatal(err)
	}
	plant, err := cli.ReadSite("", library)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	var text strings.Builder
	fmt.Fprintf(&text, "site: site.yaml\ndata: data\nhttp: none\nroles: [broker, collector]\nbroker: {listen: \"%s\"}\ncollector:\n  name: gate\n  reserve: 64 KiB\n  keep_free: 0\n  lines:\n", addr)
	seen := map[string]bool{}
	for _, m := range plant.Meters {
		if line := string(m.Line); !seen[line] {
			seen[line] = true
			fmt.Fprintf(&text, "    %s: tcp://127.0.0.1:%d\n", line, len(seen))
		}
	}
	file = filepath.Join(dir, "asue.yaml")
	for path, data := range map[string][]byte{file: []byte(text.String()), filepath.Join(dir, "site.yaml"): aktobe.Site()} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// An operator asks a collector that runs: it says how much it will send. Then it is
// stopped, and the operator is told that it is offline.
func TestReplayCommand(t *testing.T) {
	file := aloneCollector(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- runFile(ctx, file, "error", clock.Clock{}) }()
	ask := func(o replayOptions) (string, error) {
		var out bytes.Buffer
		o.file, o.patience = file, 20*time.Second
		err := o.run(context.Background(), &out)
		return out.String(), err
	}
	began := time.Now()
	for {
		said, err := ask(replayOptions{from: began.Add(-time.Hour).Format(time.RFC3339)})
		if err == nil && strings.Contains(said, "gate sends again") && strings.Contains(said, "numbers 1 to") {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the collector ended: %v", err)
		default:
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%q, %v", said, err)
		}
	}
	if said, err := ask(replayOptions{seq: 1 << 40}); err != nil || !strings.Contains(said, "keeps nothing of that") {
		t.Errorf("%q, %v", said, err)
	}
	if said, err := ask(replayOptions{collector: "stranger", seq: 1}); err == nil || !strings.Contains(err.Error(), "no collector stranger is known") {
		t.Errorf("%q, %v", said, err)
	}
	stop()
	if err := <-ended; err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := verifyFolder(context.Background(), filepath.Join(filepath.Dir(file), "data"), &out, quiet, false); err != nil {
		t.Fatal(err, out.String())
	}
}

func TestReplayWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{"replay"}, {"replay", "-c", "none.yaml"}, {"replay", "-c", "none.yaml", "--from", "yesterday"},
		{"replay", "-c", "none.yaml", "--from", "2026-11-01T00:00:00Z", "--seq", "5"},
		{"replay", "-c", "none.yaml", "--from", "2026-11-02T00:00:00Z", "--to", "2026-11-01T00:00:00Z"},
		{"replay", "-c", "none.yaml", "--seq", "5", "--to-seq", "4"}, {"replay", "-c", "none.yaml", "--seq", "5"},
	} {
		if got := execute(context.Background(), args); got != cli.ExitUsage {
			t.Errorf("asue %v exits with %d, want %d", args, got, cli.ExitUsage)
		}
	}
}
