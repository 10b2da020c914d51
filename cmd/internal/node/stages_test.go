package node

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestStagesStopFromLastToFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var stopped []string
		waits := func(name string, takes time.Duration) Part {
			return Part{name, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(takes)
				mu.Lock()
				defer mu.Unlock()
				stopped = append(stopped, name)
				return ctx.Err()
			}}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		err := runStages(ctx, slog.New(slog.DiscardHandler),
			group{waits("broker", 0)},
			group{waits("ingest", time.Second)},
			group{waits("collector", 3*time.Second)})
		if err != nil {
			t.Errorf("a clean stop gave %v", err)
		}
		if got := strings.Join(stopped, " "); got != "collector ingest broker" {
			t.Errorf("stopped in the order %q", got)
		}
	})
}

func TestFailureOfOnePartStopsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		err := runStages(context.Background(), slog.New(slog.DiscardHandler),
			group{{"broker", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}},
			group{{"ledger", func(context.Context) error { time.Sleep(time.Minute); return full }}})
		if !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "ledger: ") {
			t.Errorf("runStages = %v, want the ledger's failure", err)
		}
	})
}

func TestPartThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		hang := make(chan struct{})
		begin := time.Now()
		err := runStages(ctx, slog.New(slog.DiscardHandler), group{{"stuck", func(context.Context) error { <-hang; return nil }}})
		if err != nil || time.Since(begin) != stopPatience {
			t.Errorf("runStages = %v after %v", err, time.Since(begin))
		}
		close(hang)
	})
}
