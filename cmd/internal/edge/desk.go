package edge

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"asue/cmd/internal/settings"
	"asue/collector"
	"asue/collector/modbus"
	"asue/metering"
)

// desk knows how each line in service was set up, and its bus.
type desk struct {
	mu    sync.Mutex // guards lines
	lines map[metering.LineID]inService
}

// inService is a line in service. Of its setup there is what tells it from another.
type inService struct {
	bus   *modbus.Line
	setup fingerprint
}

func (d *desk) put(s lineSetup, bus *modbus.Line) {
	l := inService{bus, s.fingerprint()}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lines == nil {
		d.lines = map[metering.LineID]inService{}
	}
	d.lines[s.ID] = l
}

func (d *desk) remove(id metering.LineID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.lines, id)
}

func (d *desk) line(id metering.LineID) (inService, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.lines[id]
	return l, ok
}

func (d *desk) bus(id metering.LineID) (*modbus.Line, bool) {
	l, ok := d.line(id)
	return l.bus, ok
}

func (d *desk) ids() []metering.LineID {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []metering.LineID
	for id := range d.lines {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// openAll opens the lines of the configuration.
func (c *Collector) openAll() ([]collector.LineConfig, error) {
	var lines []collector.LineConfig
	for _, l := range c.Config.Collector.Lines {
		line, err := c.openLine(c.setupOf(c.Config, c.Site, l))
		if err != nil {
			for _, open := range lines {
				err = errors.Join(err, open.Line.Close())
			}
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// Reload takes over how lines are polled from a new configuration and site, which
// must be in order. Lines that are polled as before keep their connections. It
// returns what it has done, for the log.
func (c *Collector) Reload(cfg settings.Config, site *metering.Site) (done []string, err error) {
	var errs []error
	wanted := map[metering.LineID]bool{}
	for _, l := range cfg.Collector.Lines {
		wanted[l.ID] = true
		next := c.setupOf(cfg, site, l)
		before, known := c.lines.line(l.ID)
		if known && before.setup == next.fingerprint() {
			continue
		}
		err := c.poller.SetLine(l.ID, func() (collector.LineConfig, error) { return c.openLine(next) })
		switch {
		case err != nil:
			c.lines.remove(l.ID)
			errs = append(errs, fmt.Errorf("line %s is out of service: %w", l.ID, err))
		case known:
			done = append(done, fmt.Sprintf("line %s set anew", l.ID))
		default:
			done = append(done, fmt.Sprintf("line %s taken into service", l.ID))
		}
	}
	for _, id := range c.lines.ids() {
		if wanted[id] {
			continue
		}
		c.lines.remove(id)
		if err := c.poller.RemoveLine(id); err != nil {
			errs = append(errs, err)
			continue
		}
		done = append(done, fmt.Sprintf("line %s taken out of service", id))
	}
	return done, errors.Join(errs...)
}

func (c *Collector) outboxPath() string { return c.Path("outbox-" + c.Config.Collector.Name + ".db") }
