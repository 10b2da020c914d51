package collector

import (
	"context"
	"slices"
	"sync"
)

// door is where a line's guests wait for their turn between two reads. It costs
// nothing while nobody does. All may come at once; who has knocked calls run.
type door struct {
	mu      sync.Mutex    // guards all below
	guests  []*guest      // in the order in which they came
	isShut  bool          // the line has ended
	watched chan struct{} // closed when it is shut; nil: nobody waits for that
}

// guest is one call of Turn.
type guest struct {
	ctx  context.Context
	do   func(context.Context) error
	done chan error // takes one error without a reader
}

// knock has a guest wait. It returns false if the line has ended.
func (d *door) knock(g *guest) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isShut {
		d.guests = append(d.guests, g)
	}
	return !d.isShut
}

// leave lets a guest go who waits no longer.
func (d *door) leave(g *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.guests = slices.DeleteFunc(d.guests, func(o *guest) bool { return o == g })
}

// next is the guest whose turn it is, if one waits.
func (d *door) next() (*guest, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.guests) == 0 {
		d.guests = nil
		return nil, false
	}
	g := d.guests[0]
	d.guests = slices.Delete(d.guests, 0, 1)
	return g, true
}

// shut sends all guests away: the line has ended.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.isShut = true
	for _, g := range d.guests {
		g.done <- ErrStopped
	}
	d.guests = nil
	if d.watched != nil {
		close(d.watched)
	}
}

// whenShut is closed when the line has ended.
func (d *door) whenShut() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watched == nil {
		d.watched = make(chan struct{})
		if d.isShut {
			close(d.watched)
		}
	}
	return d.watched
}
