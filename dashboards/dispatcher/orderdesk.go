package dispatcher

import (
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// secondPerson is how long an order waits for one.
const secondPerson = 5 * time.Minute

// mostSent is how many sent orders are kept for the list.
const mostSent = 50

// pendingOrder is an order on its way.
type pendingOrder struct {
	order   metering.Order
	body    OrderBody
	rule    orderRule
	persons int
	aim     aim
	code    string    // what its second person types; empty: nothing
	until   time.Time // by the clock of people
	sent    bool
	fault   string // why it could not be sent
}

func (p pendingOrder) view() OrderView {
	v := OrderView{OrderBody: p.body, ID: p.order.ID, At: p.order.At, State: "pending", Persons: p.persons, By: []ApprovalView{}}
	for _, a := range p.order.By {
		v.By = append(v.By, ApprovalView{a.User, string(a.Role), a.At})
	}
	if p.sent {
		v.State = "sent"
	} else if p.persons > 1 {
		v.Lapses, v.ToType = ptr(p.until.UTC()), p.code
	}
	return v
}

// orderDesk holds orders that wait for a second person. One that is being dealt
// with is taken from the desk, so that nobody else can deal with it meanwhile. All
// methods are safe for concurrent use.
type orderDesk struct {
	mu      sync.Mutex // guards all below
	pending []pendingOrder
	taken   int
	sent    []pendingOrder // newest first
}

// wait puts an order on the desk; false if there is no room.
func (d *orderDesk) wait(p pendingOrder, most int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.pending)+d.taken >= most {
		return false
	}
	d.pending = append(d.pending, p)
	return true
}

// take takes an order from the desk, to be put back or done.
func (d *orderDesk) take(id string) (pendingOrder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.pending, func(p pendingOrder) bool { return p.order.ID == id })
	if i < 0 {
		return pendingOrder{}, huma.Error404NotFound(errNoOrder.Error())
	}
	p := d.pending[i]
	d.pending = slices.Delete(d.pending, i, i+1)
	d.taken++
	return p, nil
}

func (d *orderDesk) putBack(p pendingOrder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken--
	d.pending = append(d.pending, p)
	slices.SortFunc(d.pending, func(a, b pendingOrder) int { return a.until.Compare(b.until) })
}

// done ends an order that was taken or never lay on the desk.
func (d *orderDesk) done(p pendingOrder, sent bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p.persons > 1 {
		d.taken--
	}
	if sent {
		d.sent = slices.Insert(d.sent, 0, p)
		d.sent = d.sent[:min(len(d.sent), mostSent)]
	}
}

// lapse takes off the desk what waits too long.
func (d *orderDesk) lapse(now time.Time) []pendingOrder {
	d.mu.Lock()
	defer d.mu.Unlock()
	var late []pendingOrder
	d.pending = slices.DeleteFunc(d.pending, func(p pendingOrder) bool {
		over := !now.Before(p.until)
		if over {
			late = append(late, p)
		}
		return over
	})
	return late
}

func (d *orderDesk) list() (pending, sent []pendingOrder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.pending), slices.Clone(d.sent)
}
