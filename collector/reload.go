package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// ErrStopped says that the collector does not run, or not any more.
var ErrStopped = errors.New("the collector does not run")

// SetLine takes a line's new configuration into service, or a new line. What
// polled the line before finishes its read, hands over what it has, and closes its
// device.Line; then the new one begins. open opens it only then: two of them on
// one port would get each other's answers. All other lines go on untouched.
//
// After an error, one of New's kind or open's, the line is out of service and
// Stats does not list it: check the configuration before.
func (c *Collector) SetLine(id metering.LineID, open func() (LineConfig, error)) error {
	stopped, err := c.stopLine(id)
	if err != nil {
		return err
	}
	lc, err := open()
	if err == nil {
		err = c.checkAgainst(lc)
	}
	if err != nil {
		return errors.Join(err, closeLine(lc))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == nil || c.ended {
		return errors.Join(ErrStopped, closeLine(lc))
	}
	l := newLine(c, lc, stopped)
	c.lines = append(c.lines, l)
	c.start(l)
	return nil
}

// RemoveLine takes a line out of service, as SetLine does with the old one.
func (c *Collector) RemoveLine(id metering.LineID) error {
	_, err := c.stopLine(id)
	return err
}

func closeLine(lc LineConfig) error {
	if lc.Line == nil {
		return nil
	}
	return lc.Line.Close()
}

// checkAgainst holds a line against those that are in service.
func (c *Collector) checkAgainst(lc LineConfig) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	meters := map[metering.MeterID]metering.LineID{}
	for _, l := range c.lines {
		for _, m := range l.meters {
			meters[m.cfg.ID] = l.id
		}
	}
	checkLine(lc, meters, func(format string, args ...any) { errs = append(errs, fmt.Errorf("collector: "+format, args...)) })
	return errors.Join(errs...)
}

// stopLine ends a line and waits for its end. It returns when the line was last
// polled; zero if there was none.
func (c *Collector) stopLine(id metering.LineID) (time.Time, error) {
	c.mu.Lock()
	if c.running == nil || c.ended {
		c.mu.Unlock()
		return time.Time{}, ErrStopped
	}
	i := slices.IndexFunc(c.lines, func(l *line) bool { return l.id == id })
	if i < 0 {
		c.mu.Unlock()
		return time.Time{}, nil
	}
	l := c.lines[i]
	c.lines = slices.Delete(slices.Clone(c.lines), i, i+1)
	c.mu.Unlock()
	ended := l.door.whenShut()
	l.stop()
	<-ended
	return c.cfg.Clock.Now(), nil
}

// Turn runs f on a line between two reads, as soon as the one under way is over:
// for a command's read back, or a person's look at a register, without a second
// master on the line. f may use the line's own bus; its context ends with the
// collector or with ctx. Three turns in a row at most come before a read that is
// due. The error is f's, the context's, or says that there is no such line.
func (c *Collector) Turn(ctx context.Context, id metering.LineID, f func(context.Context) error) error {
	c.mu.Lock()
	i := slices.IndexFunc(c.lines, func(l *line) bool { return l.id == id })
	if i < 0 || c.running == nil || c.ended {
		c.mu.Unlock()
		if i < 0 {
			return fmt.Errorf("there is no line %q", id)
		}
		return ErrStopped
	}
	l := c.lines[i]
	c.mu.Unlock()
	g := &guest{ctx: ctx, do: f, done: make(chan error, 1)}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !l.door.knock(g) {
		return ErrStopped
	}
	go l.run()
	select {
	case err := <-g.done:
		return err
	case <-ctx.Done():
		l.door.leave(g)
		return ctx.Err()
	}
}
