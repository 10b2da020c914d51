package dispatcher

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// selectedFor is how long an object stays selected: what was checked may not be so any
// more (IEC 60870-5-101, 7.2.6.26: select before execute, with a time-out).
const selectedFor = 30 * time.Second

// mostSelected bounds what is selected at once.
const mostSelected = 64

// selected is the first step of a command: its content, and the object that it keeps
// for one browser.
type selected struct {
	id      string
	session *session // the browser that may execute it
	user    string
	order   metering.Order // without time and ground
	content OrderContent
	object  string // "actuator/r-7", "resident/r-01", "system"
	aim     aim
	code    string // what has to be typed to execute it; empty: nothing
	until   time.Time
}

// selectDesk holds what is selected. An object is selected by one browser at a time. All
// methods are safe for concurrent use.
type selectDesk struct {
	mu   sync.Mutex // guards all below
	list []selected
}

// put selects. The same browser may select anew what it has selected already; another one
// is refused until the selection is over.
func (d *selectDesk) put(sel selected, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.list, func(x selected) bool { return x.object == sel.object && now.Before(x.until) })
	switch {
	case i >= 0 && d.list[i].session != sel.session:
		x := d.list[i]
		return huma.Error409Conflict(fmt.Sprintf("%s is selected by %s for %d s more: wait, or ask them to let it go", x.object, x.user, wholeSeconds(x.until.Sub(now))))
	case i >= 0:
		d.list[i] = sel
		return nil
	case len(d.list) >= mostSelected:
		return huma.Error503ServiceUnavailable(fmt.Sprintf("%d objects are selected at once, and no more are taken", mostSelected))
	}
	d.list = append(d.list, sel)
	return nil
}

// take ends a selection by carrying it out: in the same browser, within its time, with the
// same content and with the number of the object typed.
func (d *selectDesk) take(id string, who *session, content OrderContent, code string, now time.Time) (selected, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.list, func(x selected) bool { return x.id == id && x.session == who })
	if i < 0 || !now.Before(d.list[i].until) {
		return selected{}, huma.Error409Conflict(fmt.Sprintf("nothing is selected by that, or the %v in which it could be executed are over: select again, POST /api/v1/selections", selectedFor))
	}
	sel := d.list[i]
	if !sel.content.same(content) {
		return selected{}, huma.Error409Conflict("what is to be executed is not what was selected: select again, POST /api/v1/selections")
	}
	if err := typed(sel.code, code); err != nil {
		return selected{}, err
	}
	d.list = slices.Delete(d.list, i, i+1)
	return sel, nil
}

// typed refuses a number that is not that of the object.
func typed(want, have string) error {
	if want == "" || sameNumber(want, have) {
		return nil
	}
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.code", Value: have,
		Message: fmt.Sprintf("type the number of the feeder, %s: it proves that you mean this one", want)})
}

// drop lets a selection of one's own go.
func (d *selectDesk) drop(id string, who *session) (selected, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.list, func(x selected) bool { return x.id == id && x.session == who })
	if i < 0 {
		return selected{}, false
	}
	sel := d.list[i]
	d.list = slices.Delete(d.list, i, i+1)
	return sel, true
}

// lapse takes off what was not executed in time.
func (d *selectDesk) lapse(now time.Time) (late []selected) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = slices.DeleteFunc(d.list, func(x selected) bool {
		over := !now.Before(x.until)
		if over {
			late = append(late, x)
		}
		return over
	})
	return late
}

func (d *selectDesk) all() []selected {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.list)
}

// wholeSeconds of a time, rounded up.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
