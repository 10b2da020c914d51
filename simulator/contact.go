package simulator

import (
	"time"

	"asue/metering"
)

// A relay's contacts follow its coil after their travel, and its aux contact follows
// them. The contactors that shed are closed without current: a module that loses its
// supply lets go and the load is served.
//
// A breaker is operated within operateWithin of its select; while it travels both of
// its aux contacts are open. Its spring is charged again some time after a closing,
// and before that it does not close. It keeps its position without supply.
const (
	operateWithin = 10 * time.Second
	springCharges = 15 * time.Second
)

// sendTo sends the contacts somewhere.
func (o *output) sendTo(closed bool, now int64) {
	if o.want == closed {
		return
	}
	o.want = closed
	if o.is(wayStuck) {
		return
	}
	o.moving = true
	o.arrives = now + int64(o.delay(o.travel))
	if o.Kind == metering.ActuatorBreaker {
		o.shown = shownPosition{}
	}
}

// travelOn moves contacts on to now, a whole second, and reports whether those of the
// load have switched.
func (o *output) travelOn(now int64) bool {
	if o.selected != selectNone && now-o.selectAt > int64(operateWithin) {
		o.selected = selectNone
	}
	if o.charged > 0 && now >= o.charged {
		o.charged = 0
	}
	if !o.moving || now < o.arrives || o.is(wayStuck) {
		return false
	}
	o.moving = false
	o.shown = shownPosition{closed: o.want, open: !o.want}
	if o.Kind == metering.ActuatorBreaker && o.want {
		o.charged = now + int64(springCharges)
	}
	if o.is(wayLies) || o.closed == o.want {
		return false
	}
	o.closed = o.want
	return true
}

// freed is a device that is stuck no more: its contacts go where they were sent.
func (o *output) freed(now int64) {
	if o.Kind == metering.ActuatorSetpoint || o.closed == o.want && o.shown == (shownPosition{closed: o.want, open: !o.want}) {
		return
	}
	o.moving, o.arrives = true, now+int64(o.delay(o.travel))
}

// loseSupply is a relay or breaker whose supply goes away.
func (o *output) loseSupply(now int64) {
	o.selected = selectNone
	if o.Kind == metering.ActuatorRelay {
		o.coil = true
		o.sendTo(true, now)
	}
}
