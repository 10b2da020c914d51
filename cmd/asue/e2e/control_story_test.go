package e2e

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/examples/aktobe"
	"asue/metering"
	"asue/metering/clock"
	"asue/metering/site"
	"asue/metering/wire"
	"asue/simulator"
)

// TestControlStory is a morning with the example zone, as a newcomer has it: all roles
// in one process, everything ordered through the page's API. Two persons arm auto, the
// peak comes, loads are shed and the block ends below the limit; the kill switch stops
// commands; a restart closes nothing again, and auto is gone. Time goes ten times as
// fast, the most at which commands are given.
func TestControlStory(t *testing.T) {
	t.Parallel()
	z, u := exampleOfControl(t)
	one, two := z.persons[0], z.persons[1]

	await := func(what string, within time.Duration, ok func(c wire.Control) bool) wire.Control {
		t.Helper()
		var last wire.Control
		eventually(t, what, within, func() bool {
			c, fresh := z.heard.now()
			if fresh {
				last = c
			}
			return fresh && ok(c)
		})
		return last
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	await("the balancer leads", 30*time.Second, func(c wire.Control) bool { return !c.Acts.Shadow })
	if _, err := one.approve(ordered{ID: "nothing"}); err == nil {
		t.Error("an order that nobody has given was approved")
	}
	o, err := one.order(map[string]any{"kind": "arm", "reason": "the morning peak"})
	must(err)
	if _, err := one.approve(o); err == nil {
		t.Error("one person was enough to arm auto")
	}
	if c, _ := z.heard.now(); c.Acts.Armed {
		t.Error("auto is armed by one person")
	}
	_, err = two.approve(o)
	must(err)
	await("auto is armed", 10*time.Second, func(c wire.Control) bool { return c.Acts.Armed && c.Mode == "auto" })
	must(z.world.Start(simulator.MorningPeak, ""))

	// The block.
	block := time.Date(2026, 1, 15, 6, 0, 0, 0, time.UTC)
	shed := metering.Power(0)
	last := await("the block ends", 150*time.Second, func(c wire.Control) bool {
		if c.BlockStart.Equal(block) {
			shed = max(shed, c.Acts.ShedW)
		}
		return c.BlockStart.After(block)
	})
	wanted := z.world.Snapshot().Demand()
	limit := *last.Limit
	if wanted <= limit || shed == 0 {
		t.Errorf("the zone wanted %v of %v, and at most %v was shed: nothing was to be done", wanted, limit, shed)
	}
	mean := z.mean(block)
	if mean > limit {
		t.Errorf("the block ended at %v, the limit is %v", mean, limit)
	}

	// The kill switch: the peak goes on, and nothing is commanded any more.
	_, err = two.order(map[string]any{"kind": "kill", "reason": "people work at the feeders"})
	must(err)
	await("control is killed", 10*time.Second, func(c wire.Control) bool { return c.Acts.Killed && !c.Acts.Armed })
	killed := z.clock.Now()
	z.pass(time.Minute)
	if n := z.heard.executing(killed); n > 0 {
		t.Errorf("%d commands were carried out after the kill", n)
	}
	o, err = one.order(map[string]any{"kind": "unkill", "reason": "the people have left"})
	must(err)
	_, err = two.approve(o)
	must(err)
	await("the kill is taken back", 10*time.Second, func(c wire.Control) bool { return !c.Acts.Killed })
	must(arm(one, two))
	await("auto is armed again", 10*time.Second, func(c wire.Control) bool { return c.Acts.Armed })

	// A restart, and somebody plays the order to arm back.
	must(u.stop(upWithin))
	stopped := z.clock.Now()
	open := z.openRelays()
	z.start(u)
	await("the new balancer leads", 30*time.Second, func(c wire.Control) bool { return c.At.After(stopped) && !c.Acts.Shadow })
	z.sayAgain()
	z.pass(2 * time.Minute)
	c, _ := z.heard.now()
	if c.Acts == nil || c.Acts.Armed || c.Acts.Killed {
		t.Errorf("after the restart: %+v", c.Acts)
	}
	for _, w := range z.world.Writes() {
		if w.At.After(stopped) && w.What != simulator.WriteLimit && w.What != simulator.WriteFallback && w.What != simulator.WriteTimeout {
			t.Errorf("after the restart: %s of %s to %d", w.What, w.Actuator, w.Value)
		}
	}
	if n := z.heard.executing(stopped); n > 0 {
		t.Errorf("%d commands were carried out after the restart, and nobody has armed auto", n)
	}
	must(u.stop(upWithin))
	must(u.faulty())
	if out, errs, code := run(t, "verify", "-c", filepath.Join(z.dir, "asue.yaml")); code != 0 {
		t.Errorf("asue verify: exit code %d\n%s%s", code, out, errs)
	}
	t.Logf("the zone wanted %v at the end of the block and had %v on average, limit %v; %v were shed at most; %d relays were open at the restart and stayed so",
		wanted, mean, limit, shed, open)
}

// exampleOfControl is the example zone with all roles in one process, which works.
func exampleOfControl(t *testing.T) (*zoneOfControl, *unit) {
	t.Helper()
	z := &zoneOfControl{t: t, name: "story", dir: t.TempDir()}
	library := models(t)
	var faults site.Faults
	if z.site, faults = site.Parse("site.yaml", aktobe.Site(), library.IDs()); faults.Err() != nil {
		t.Fatal(faults)
	}
	write(t, z.dir, "site.yaml", string(aktobe.Site()))
	// The morning of the example: a minute before the block begins.
	z.clock = clock.Warped(time.Now(), time.Date(2026, 1, 15, 5, 59, 0, 0, time.UTC), 10)
	z.play(1)
	first := quietPorts(t, 2)
	z.broker, z.page = fmt.Sprintf("127.0.0.1:%d", first), fmt.Sprintf("127.0.0.1:%d", first+1)
	u := z.unit("asue", program, "asue.yaml", fmt.Sprintf(
		"data: data\nhttp: %q\nroles: [broker, metering, collector, balancer, dispatcher, agent]\nbroker: {listen: %q}\ncollector: {fast: 10s, energy: 60s, slow: 60s, lines: %s}\nagent: {name: %s, lines: %s}\n",
		z.page, z.broker, z.addresses(true), cabinet, z.addresses(false)), answers("http://"+z.page+"/healthz"))
	z.core = u
	t.Cleanup(z.clear)
	z.start(u)
	for i, name := range []string{"one", "two"} {
		z.persons[i] = z.employ("asue.yaml", name)
	}
	z.keys = wire.Trust(publicKey(t, filepath.Join(z.dir, "data", "keys", "balancer.pub")))
	z.heard = listenTo(z)
	return z, u
}

// addresses are the lines with meters, or those without, as the process file names
// them.
func (z *zoneOfControl) addresses(meters bool) string {
	has := map[metering.LineID]bool{}
	for _, m := range z.site.Meters {
		has[m.Line] = true
	}
	var list []string
	for line, at := range z.world.Addresses() {
		if has[line] == meters {
			list = append(list, fmt.Sprintf("%s: \"tcp://%s\"", line, at))
		}
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// mean is the power of a block at the zone's input by the ledger's register readings.
func (z *zoneOfControl) mean(block time.Time) metering.Power {
	z.t.Helper()
	var a struct {
		Intervals []struct {
			EnergyWh *float64 `json:"energy_wh"`
		}
	}
	query := "http://" + z.page + "/api/v1/intervals?" + url.Values{"point": {"p-in-kar"}, "channel": {"A+"},
		"from": {block.Format(time.RFC3339)}, "to": {block.Add(metering.BasePeriod).Format(time.RFC3339)}}.Encode()
	eventually(z.t, "the block is in the ledger", 30*time.Second, func() bool {
		return tryJSON(query, &a) == nil && len(a.Intervals) == 1 && a.Intervals[0].EnergyWh != nil
	})
	return metering.Power(*a.Intervals[0].EnergyWh / metering.BasePeriod.Hours())
}

// pass lets time of the warped clock pass.
func (z *zoneOfControl) pass(d time.Duration) {
	z.t.Helper()
	if err := z.clock.Sleep(z.t.Context(), d); err != nil {
		z.t.Fatal(err)
	}
}

func (z *zoneOfControl) openRelays() (n int) {
	for _, a := range z.site.Actuators {
		if v, ok := z.world.Snapshot().Actuator(a.ID); ok && a.Kind == metering.ActuatorRelay && !v.Coil {
			n++
		}
	}
	return n
}

// sayAgain plays all orders back that went over the broker.
func (z *zoneOfControl) sayAgain() {
	z.t.Helper()
	p := z.publisher()
	z.heard.mu.Lock()
	orders := z.heard.orders
	z.heard.mu.Unlock()
	if len(orders) == 0 {
		z.t.Error("no order went over the broker")
	}
	ctx, cancel := context.WithTimeout(z.t.Context(), 10*time.Second)
	defer cancel()
	eventually(z.t, "the broker is there", 10*time.Second, func() bool { return p.Publish(ctx, wire.OrderTopic(z.site.ID), orders[0], false) == nil })
	for _, o := range orders {
		if err := p.Publish(ctx, wire.OrderTopic(z.site.ID), o, false); err != nil {
			z.t.Error(err)
		}
	}
}
