package grafana

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"asue/metering/victoria"
	"asue/metering/victoria/engine"
)

const (
	partVariable = "ASUE_TEST_PART"
	dirVariable  = "ASUE_TEST_DIR"
)

// TestMain lets the test binary play the store's process.
func TestMain(m *testing.M) {
	if os.Getenv(partVariable) != "store" {
		os.Exit(m.Run())
	}
	err := engine.Run(context.Background(), engine.Options{
		Dir: os.Getenv(dirVariable), MemoryBytes: 64 << 20,
		Token: os.Getenv(victoria.TokenVariable), Announce: os.Stdout, Parent: os.Stdin,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// store starts a live series store that ends with the test, and returns the client that
// reaches it at base.
func store(t *testing.T) (series *victoria.Series, client *http.Client, base string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "series")
	s := victoria.NewSupervisor([]string{"/usr/bin/env", partVariable + "=store", dirVariable + "=" + dir, self}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	up, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	if err := s.Ready(up); err != nil {
		t.Fatal(err)
	}
	series, err = victoria.New(victoria.Options{URL: s.BaseURL(), Transport: s.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return series, &http.Client{Transport: s.Transport()}, s.BaseURL()
}
