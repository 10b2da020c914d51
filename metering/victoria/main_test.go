package victoria_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"asue/metering/victoria"
	"asue/metering/victoria/engine"
)

// The test binary plays the child and, in one test, its parent too: this
// variable says which part, the data folder comes with it.
const (
	partVariable = "ASUE_TEST_PART"
	dirVariable  = "ASUE_TEST_DIR"
)

func TestMain(m *testing.M) {
	switch os.Getenv(partVariable) {
	case "store":
		exit(engine.Run(context.Background(), engine.Options{
			Dir: os.Getenv(dirVariable), Retention: testRetention, MemoryBytes: 64 << 20,
			Token: os.Getenv(victoria.TokenVariable), Announce: os.Stdout, Parent: os.Stdin,
		}))
	case "parent":
		exit(parent())
	case "mute":
		log.Print("the logger speaks again")
		os.Exit(0)
	case "broken":
		fmt.Fprintln(os.Stderr, `{"level":"info","caller":"a.go:1","msg":"opening"}`)
		fmt.Fprintln(os.Stderr, `{"level":"fatal","caller":"a.go:2","msg":"part is corrupt"}`)
		os.Exit(255)
	default:
		os.Exit(m.Run())
	}
}

const testRetention = 10 * 366 * 24 * time.Hour

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// play makes the command that runs this binary in a part.
func play(t testing.TB, part, dir string) []string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/usr/bin/env", partVariable + "=" + part, dirVariable + "=" + dir, self}
}

// supervise starts a real store and ends it with the test.
func supervise(t testing.TB, command []string, log *slog.Logger) *victoria.Supervisor {
	s := victoria.NewSupervisor(command, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("supervisor: %v", err)
		}
	})
	return s
}

// start is supervise for a good store that is up.
func start(t testing.TB) (*victoria.Supervisor, *victoria.Series) {
	s := supervise(t, play(t, "store", filepath.Join(t.TempDir(), "series")), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return s, open(t, s)
}

func open(t testing.TB, s *victoria.Supervisor) *victoria.Series {
	series, err := victoria.New(victoria.Options{URL: s.BaseURL(), Transport: s.Transport(), Retention: testRetention})
	if err != nil {
		t.Fatal(err)
	}
	return series
}

// parent is a program that starts a store, says its pid, and waits to be killed.
func parent() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s := victoria.NewSupervisor([]string{"/usr/bin/env", partVariable + "=store", self}, slog.New(slog.DiscardHandler))
	go func() {
		if s.Ready(context.Background()) == nil {
			fmt.Println(s.Stats().PID)
		}
	}()
	return s.Run(context.Background())
}
