package dispatcher_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// selects is the first step, and wants an answer of a status.
func (b *browser) selects(order map[string]any, want int) dispatcher.SelectionView {
	b.t.Helper()
	w := b.do("POST", "/api/v1/selections", selected(order))
	var v dispatcher.SelectionView
	if w.Code != want || w.Code == 200 && json.Unmarshal(w.Body.Bytes(), &v) != nil {
		b.t.Fatalf("selecting %v answers %d, want %d: %s", order, w.Code, want, w.Body)
	}
	return v
}

// executes is the second step.
func (b *browser) executes(order map[string]any, sel dispatcher.SelectionView, code string, want int) map[string]any {
	b.t.Helper()
	body := map[string]any{"select": sel.ID, "code": code}
	for k, v := range order {
		body[k] = v
	}
	return b.ask("POST", "/api/v1/orders", body, want)
}

// What is selected says what would happen, and can be executed for 30 s, once, by the
// same browser, as it was selected, with its number typed.
func TestSelectBeforeOperate(t *testing.T) {
	o := newOffice(t, nil)
	o.SetControl(o.report())
	b := o.as(t, "dispatcher")
	order := orderOf(o, "confirm")
	b.ask("POST", "/api/v1/orders", order, 409) // one step is not enough
	sel := b.selects(order, 200)
	if sel.LeftS != 30 || !sel.Until.Equal(noon.Add(30*time.Second)) || sel.Object != "actuator/relay-7" || sel.Code != "relay-7" || sel.Persons != 1 ||
		sel.Now != "served" || sel.Want != "open" || *sel.EffectW != 300_000 || *sel.DrawsW != 1_000_000 || *sel.FloorW != 400_000 || *sel.LeavesW != 700_000 {
		t.Errorf("selected: %s", mustJSON(t, sel))
	}
	for _, i := range sel.Interlocks {
		if i.State != dispatcher.Clear {
			t.Errorf("interlock %+v", i)
		}
	}
	b.executes(order, sel, "relay-8", 422)
	other := orderOf(o, "confirm")
	other["proposal"] = "p-breaker"
	b.executes(other, sel, "relay-7", 409) // not what was selected
	o.as(t, "dispatcher").executes(order, sel, "relay-7", 409)
	o.later(30*time.Second - time.Millisecond)
	v := b.executes(order, sel, " Relay-7 ", 200)
	if v["state"] != "sent" || v["id"] != sel.ID || v["number"] != "21" || v["from"] != "Ким А." || v["code"] != nil || v["select"] != nil {
		t.Errorf("executed: %v", v)
	}
	b.executes(order, sel, "relay-7", 409) // it was for once
	if l := o.out.all(); len(l) != 1 || l[0].ID != sel.ID || l[0].Reason != "№ 21, Ким А.: так решено" {
		t.Errorf("sent %+v", l)
	}
	if got := o.books.kinds(); !strings.HasSuffix(got, "order.selected login order.given order.sent") {
		t.Errorf("audit %q", got)
	}
}

func TestSelectionIsOverAfterHalfAMinute(t *testing.T) {
	o := newOffice(t, nil)
	o.SetControl(o.report())
	b := o.as(t, "dispatcher")
	order := orderOf(o, "confirm")
	sel := b.selects(order, 200)
	o.later(30 * time.Second)
	b.executes(order, sel, sel.Code, 409)
	if got := o.books.kinds(); !strings.HasSuffix(got, "order.selected order.deselected") || len(o.out.all()) != 0 {
		t.Errorf("audit %q, sent %+v", got, o.out.all())
	}
	if last := o.books.records[len(o.books.records)-1]; last.Actor != "system" || last.Subject != sel.ID || last.Text != "confirm: actuator/relay-7: open" {
		t.Errorf("record %+v", last)
	}
}

// While somebody has an object selected nobody else can select it, in whatever order, and
// everybody sees who has it. Another object is free.
func TestSelectedObjectIsLockedForOthers(t *testing.T) {
	o := newOffice(t, nil)
	o.SetControl(o.report())
	first, second := o.as(t, "dispatcher"), o.as(t, "second")
	sel := first.selects(orderOf(o, "confirm"), 200)
	if w := second.do("POST", "/api/v1/selections", selected(orderOf(o, "exclude"))); w.Code != 409 || !strings.Contains(w.Body.String(), "selected by dispatcher for 30 s") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	o.as(t, "dispatcher").selects(orderOf(o, "restore"), 409) // the same person in another browser
	second.selects(orderOf(o, "inhibit"), 200)
	first.selects(orderOf(o, "restore"), 200) // one's own is selected anew
	first.executes(orderOf(o, "confirm"), sel, sel.Code, 409)
	list := o.as(t, "viewer").ask("GET", "/api/v1/orders", nil, 200)["selected"].([]any)
	if len(list) != 2 || list[0].(map[string]any)["object"] != "actuator/relay-7" || list[0].(map[string]any)["by"] != "dispatcher" || list[1].(map[string]any)["object"] != "system" {
		t.Errorf("selected %v", list)
	}
	again := first.selects(orderOf(o, "restore"), 200)
	second.ask("POST", "/api/v1/selections/"+again.ID+"/cancel", nobody, 404)
	first.ask("POST", "/api/v1/selections/"+again.ID+"/cancel", nobody, 200)
	second.selects(orderOf(o, "restore"), 200)
	o.later(30 * time.Second)
	first.ask("POST", "/api/v1/me/confirm", map[string]string{"password": secret}, 200)
	o.SetControl(o.report())
	first.selects(orderOf(o, "restore"), 200)
}

// What blocks is told with all that was looked at, and nothing is selected then.
func TestInterlocks(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "engineer")
	w := func(p metering.Power) *metering.Power { return &p }
	f := func(kind, want string, change func(*dispatcher.Control)) {
		t.Helper()
		report := o.report()
		change(&report)
		o.later(time.Millisecond) // a report takes the place of an older one
		report.At = o.time()
		o.SetControl(report)
		v := b.selects(orderOf(o, kind), 200)
		var not []string
		for _, i := range v.Interlocks {
			if i.State != dispatcher.Clear {
				not = append(not, fmt.Sprintf("%s %s", i.Name, i.State))
				if i.Text == "" {
					t.Errorf("%s %s says not why", i.Name, i.State)
				}
			}
		}
		if got := strings.Join(not, ", "); got != want || (v.ID == "") != strings.Contains(want, "blocks") {
			t.Errorf("%s: %q, id %q; want %q", kind, got, v.ID, want)
		}
		if v.ID != "" {
			b.ask("POST", "/api/v1/selections/"+v.ID+"/cancel", nobody, 200)
		}
	}
	relay := func(change func(*wire.ControlActuator)) func(*dispatcher.Control) {
		return func(c *dispatcher.Control) { change(&c.Acts.Actuators[0]) }
	}
	f("confirm", "", func(*dispatcher.Control) {})
	f("confirm", "stopped blocks", func(c *dispatcher.Control) { c.Acts.Killed, c.Acts.Inhibited = true, true })
	f("confirm", "inhibited blocks", func(c *dispatcher.Control) { c.Acts.Inhibited = true })
	f("confirm", "leads blocks", func(c *dispatcher.Control) { c.Acts.Shadow = true })
	f("confirm", "proposal blocks", func(c *dispatcher.Control) { c.Acts.Proposals = nil })
	f("confirm", "proposal blocks", func(c *dispatcher.Control) { c.Acts.Proposals[0].Expires = noon })
	f("confirm", "armour blocks", func(c *dispatcher.Control) { c.Acts.Proposals[0].EffectW = w(600_001) })
	f("confirm", "device blocks", func(c *dispatcher.Control) { c.Acts.Actuators = nil })
	for _, mode := range []string{"off", "monitor", "advisory"} {
		f("restore", "mode blocks", relay(func(a *wire.ControlActuator) { a.Mode = mode }))
	}
	f("restore", "", relay(func(a *wire.ControlActuator) { a.Mode = "auto" }))
	for _, state := range []string{"failed", "offline", "local", "excluded", "moving", "unknown"} {
		f("restore", "device blocks", relay(func(a *wire.ControlActuator) { a.State, a.Text = state, "look at it" }))
	}
	f("restore", "", relay(func(a *wire.ControlActuator) { a.State, a.ShedW = "shed", w(300_000) }))
	f("release", "override blocks", func(c *dispatcher.Control) { c.Acts.Overrides = nil })
	f("pin", "armour warns", func(c *dispatcher.Control) { c.Acts.Shares[0].ArmourW = 600_000 })
	f("exclude", "", relay(func(a *wire.ControlActuator) { a.State = "failed" })) // what is out may be left alone
	f("mode", "", func(c *dispatcher.Control) { c.Acts.Killed = true })

	o.later(11 * time.Second)
	if v := b.selects(orderOf(o, "pin"), 200); v.ID == "" || v.Interlocks[0].State != dispatcher.Warns {
		t.Errorf("by an old report: %s", mustJSON(t, v))
	}
	o.later(time.Minute)
	if v := b.selects(orderOf(o, "pin"), 200); v.ID != "" || v.Interlocks[0].State != dispatcher.Blocks {
		t.Errorf("by the report of a silent balancer: %s", mustJSON(t, v))
	}
	b.selects(orderOf(o, "kill"), 422)
}

// The feeder's number is typed as people write it.
func TestNumberOfTheFeeder(t *testing.T) {
	o := newOffice(t, func(c *dispatcher.Config) {
		c.Site.Topology.Nodes = append(c.Site.Topology.Nodes, metering.Node{ID: "f10-103", Name: "Ф-10-103 Химия-2", Kind: metering.NodeFeeder})
		c.Site.Actuators[0].Node = "f10-103"
	})
	b := o.as(t, "dispatcher")
	for _, typed := range []string{"Ф-10-103", "ф10-103", " 10-103 ", "F10-103"} {
		o.SetControl(o.report())
		sel := b.selects(orderOf(o, "confirm"), 200)
		if sel.Code != "Ф-10-103" {
			t.Fatalf("to be typed: %q", sel.Code)
		}
		for _, wrong := range []string{"", "10-104", "103", "Ф", "0-103"} {
			b.executes(orderOf(o, "confirm"), sel, wrong, 422)
		}
		b.executes(orderOf(o, "confirm"), sel, typed, 200)
	}
}
