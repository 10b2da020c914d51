package modbus

import (
	"context"
	"time"
)

// pauser waits for moments, one after another, without garbage.
type pauser struct{ timer *time.Timer }

// until returns at t, or with the context's error when it ends before that.
func (p *pauser) until(ctx context.Context, t time.Time) error {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err()
	}
	if p.timer == nil {
		p.timer = time.NewTimer(d)
	} else {
		p.timer.Reset(d)
	}
	select {
	case <-p.timer.C:
		return nil
	case <-ctx.Done():
		p.timer.Stop()
		return ctx.Err()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
