package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Part is something that runs until its context ends. It returns nil or the
// context's error when it was stopped, and any other error when it cannot go on.
type Part struct {
	name string
	run  func(ctx context.Context) error
}

// As names a part.
func As(name string, run func(ctx context.Context) error) Part { return Part{name, run} }

// group is a list of parts that start and stop together.
type group []Part

// stopPatience is how long a stage may take to stop before the next one is
// stopped all the same. Nothing is lost then: every store survives a kill.
const stopPatience = 10 * time.Second

// runStages runs all parts at once. When ctx ends, or a part fails, it stops the
// stages from the last to the first and waits for each: who produces stops
// before who takes in. It returns the first failure, or nil after a clean stop.
func runStages(ctx context.Context, log *slog.Logger, stages ...group) error {
	failed := make(chan error, 1)
	var running []*runningStage
	for _, s := range stages {
		running = append(running, startStage(s, failed))
	}
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-failed:
	}
	for i := len(running) - 1; i >= 0; i-- {
		running[i].stop(log)
	}
	return failure
}

type runningStage struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	alive map[string]bool
}

// startStage detaches the parts from the caller's context on purpose: they are
// stopped stage by stage.
func startStage(s group, failed chan<- error) *runningStage {
	ctx, cancel := context.WithCancel(context.Background())
	r := &runningStage{cancel: cancel, alive: map[string]bool{}}
	for _, p := range s {
		r.alive[p.name] = true
		r.wg.Go(func() {
			err := p.run(ctx)
			r.mu.Lock()
			delete(r.alive, p.name)
			r.mu.Unlock()
			if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
				return
			}
			if err == nil {
				err = errors.New("ended by itself")
			}
			select {
			case failed <- fmt.Errorf("%s: %w", p.name, err):
			default: // the first failure counts
			}
		})
	}
	return r
}

func (r *runningStage) stop(log *slog.Logger) {
	r.cancel()
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		r.mu.Lock()
		defer r.mu.Unlock()
		for name := range r.alive {
			log.Warn("part does not stop and is left behind", "part", name, "after", stopPatience)
		}
	}
}
