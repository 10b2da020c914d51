package guard

import (
	"context"
	"errors"
	"time"

	"asue/collector/actuator"
	"asue/collector/actuator/actmap"
	"asue/collector/agent"
	"asue/metering"
)

// post is one address with its devices: what is asked of them goes one after
// another, in the order in which the agent wants it.
type post struct {
	url     string
	bus     *actuator.Bus
	devices map[uint8]*actuator.Device
	jobs    chan func(ctx context.Context) result
}

// outlet is one actuator at its device.
type outlet struct {
	id      metering.ActuatorID
	post    *post
	device  *actuator.Device
	channel int
	armed   *metering.Power // of the device's own fallback; nil: not since it answers
}

// result is what has become of a write, or of a read if write is 0.
type result struct {
	actuator metering.ActuatorID
	write    uint64
	reading  agent.Reading
	err      error
}

// outlet puts an actuator at its address.
func (g *Guard) outlet(x metering.Actuator, m *actmap.Model) error {
	address := g.Config.Agent.AddressOf(x)
	if address == "" {
		return errors.New("it has no address; add its line to \"lines\" under \"agent\"")
	}
	var p *post
	for _, other := range g.posts {
		if other.url == address {
			p = other
		}
	}
	if p == nil {
		bus, err := actuator.OpenBus(address, actuator.Options{})
		if err != nil {
			return err
		}
		p = &post{url: address, bus: bus, devices: map[uint8]*actuator.Device{}, jobs: make(chan func(context.Context) result, 256)}
		g.posts = append(g.posts, p)
	}
	d := p.devices[x.Unit]
	if d == nil {
		d = actuator.NewDevice(p.bus, x.Unit, m)
		p.devices[x.Unit] = d
	}
	if d.Model() != m {
		return errors.New("its unit has two models; correct the site file")
	}
	g.byID[x.ID] = &outlet{id: x.ID, post: p, device: d, channel: x.Channel}
	return nil
}

// run does what is asked of the devices of an address until ctx ends.
func (p *post) run(ctx context.Context, results chan<- result) error {
	defer func() { _ = p.bus.Close() }() // the connection is given up
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case job := <-p.jobs:
			select {
			case results <- job(ctx):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

var errCrowded = &actuator.UnsentError{Err: errors.New("too much is waiting for this device")}

// write asks for a write that is not begun after until. What finds no room is told
// to the agent as not sent.
func (o *outlet) write(g *Guard, w agent.Write, until time.Time) {
	job := func(ctx context.Context) result {
		return result{actuator: o.id, write: w.ID, err: o.device.Write(ctx, o.channel, w.Want, until)}
	}
	select {
	case o.post.jobs <- job:
	default:
		now := g.Clock.Now()
		g.do(now, g.agent.Written(now, w.ID, errCrowded))
	}
}

// read asks for a read. What finds no room is left out: the agent asks again.
func (o *outlet) read(g *Guard) {
	var fallback metering.Power
	if g.agent.Commanded() {
		fallback = g.failSafeOf(o.id)
	}
	job := func(ctx context.Context) result {
		r, err := o.device.Read(ctx, o.channel)
		if err == nil {
			err = o.arm(ctx, fallback)
		} else {
			o.armed = nil // it may be another device by then
		}
		return result{actuator: o.id, reading: r, err: err}
	}
	select {
	case o.post.jobs <- job:
	default:
	}
}

// failSafeOf is the fail-safe value of a set-point, as commissioned.
func (g *Guard) failSafeOf(id metering.ActuatorID) metering.Power {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.view.Actuators {
		if s.ID == id && s.Band != nil {
			return s.Band.FailSafe
		}
	}
	return 0
}

// arm sees to the device's own fallback when the device answers again, and when the
// fail-safe value is another one. A device that refuses is used all the same.
func (o *outlet) arm(ctx context.Context, limit metering.Power) error {
	if o.device.Model().Fallback == nil || limit == 0 || o.armed != nil && *o.armed == limit {
		return nil
	}
	err := o.device.Arm(ctx, o.channel, limit)
	var refused *actuator.RefusedError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	o.armed = &limit
	return nil
}
