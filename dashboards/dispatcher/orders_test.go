package dispatcher_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

func contextWithCancel(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// orderOf is a whole order of a kind, but for what proves its second step.
func orderOf(o *office, kind string) map[string]any {
	expires := o.time().Add(time.Hour)
	m := map[string]any{"kind": kind, "reason": "так решено", "number": "21", "from": "Ким А."}
	for k, v := range map[string]map[string]any{
		"mode": {"mode": "confirm"}, "confirm": {"proposal": "p-relay"}, "reject": {"proposal": "p-relay"},
		"pin": {"resident": "r-01", "power_w": 500_000, "expires": expires}, "exclude": {"actuator": "relay-7", "expires": expires},
		"limit": {"node": "in", "power_w": 0, "expires": expires}, "inhibit": {"expires": expires}, "release": {"override": "x"},
		"restore": {"actuator": "relay-7"}, "commission": {"actuator": "set-2", "band": map[string]int{"least_w": 1, "most_w": 3, "failsafe_w": 2}},
	}[kind] {
		m[k] = v
	}
	return m
}

// report is what the balancer says of all that orderOf is about.
func (o *office) report() dispatcher.Control {
	at := o.time()
	w := func(p metering.Power) *metering.Power { return &p }
	proposal := func(id string, a metering.ActuatorID, persons int) wire.ControlProposal {
		return wire.ControlProposal{ID: id, At: at, Expires: at.Add(time.Minute), Actuator: a, Want: "open", EffectW: w(300_000), Persons: persons, Why: "the block heads for 30 MW"}
	}
	return dispatcher.Control{At: at, State: "limit", Mode: "confirm", Acts: &wire.ControlActs{
		Actuators: []wire.ControlActuator{
			{ID: "relay-7", Kind: metering.ActuatorRelay, Resident: "r-01", Mode: "confirm", State: "served", PowerW: w(300_000)},
			{ID: "breaker-1", Kind: metering.ActuatorBreaker, Resident: "r-01", Mode: "confirm", State: "served"},
			{ID: "set-2", Kind: metering.ActuatorSetpoint, Mode: "confirm", State: "served"},
		},
		Shares:    []wire.ControlShare{{Resident: "r-01", AllowedW: 2_000_000, DemandW: 1_000_000, ShareW: 700_000, ArmourW: 400_000}},
		Proposals: []wire.ControlProposal{proposal("p-relay", "relay-7", 1), proposal("p-breaker", "breaker-1", 2)},
		Overrides: []wire.ControlOverride{{ID: "x", Kind: metering.OrderInhibit, At: at}},
	}}
}

// selected is what a selection says of an order.
func selected(order map[string]any) map[string]any {
	c := maps.Clone(order)
	for _, ground := range []string{"reason", "number", "from", "select", "code"} {
		delete(c, ground)
	}
	return c
}

// order goes through both steps of an order; what moves nothing has one.
func (b *browser) order(order map[string]any) *httptest.ResponseRecorder {
	b.t.Helper()
	order = maps.Clone(order)
	if kind := order["kind"]; kind != "kill" && kind != "disarm" && kind != "reject" {
		b.o.SetControl(b.o.report())
		w := b.do("POST", "/api/v1/selections", selected(order))
		if w.Code != 200 {
			return w
		}
		var sel struct{ ID, Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &sel); err != nil {
			b.t.Fatal(err)
		}
		order["select"], order["code"] = sel.ID, sel.Code
	}
	return b.do("POST", "/api/v1/orders", order)
}

// give is order, and wants an answer of a status.
func (b *browser) give(order map[string]any, want int) map[string]any {
	b.t.Helper()
	w := b.order(order)
	if w.Code != want {
		b.t.Fatalf("%v answers %d, want %d: %s", order, w.Code, want, w.Body)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		b.t.Fatal(err)
	}
	return answer
}

func idOf(t testing.TB, body []byte) string {
	t.Helper()
	var v struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &v); err != nil || v.ID == "" {
		t.Fatalf("%s: %v", body, err)
	}
	return v.ID
}

func TestOrderOfOnePersonGoesOutAtOnce(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "dispatcher")
	v := b.give(orderOf(o, "pin"), 200)
	if v["state"] != "sent" || v["persons"] != 1.0 {
		t.Errorf("%v", v)
	}
	sent := o.out.all()
	if len(sent) != 1 {
		t.Fatalf("orders %+v", sent)
	}
	x := sent[0]
	if x.ID != v["id"] || x.Kind != metering.OrderPin || x.Resident != "r-01" || x.Power != 500*metering.Kilowatt || !x.At.Equal(noon) ||
		!x.Expires.Equal(noon.Add(time.Hour)) || x.Reason != "№ 21, Ким А.: так решено" || len(x.By) != 1 || x.By[0] != (metering.Approval{User: "dispatcher", Role: metering.RoleDispatcher, At: x.At}) {
		t.Errorf("%+v", x)
	}
	if got := o.books.kinds(); got != "login order.selected order.given order.sent" {
		t.Errorf("audit %q", got)
	}
	last := o.books.records[3]
	if last.Actor != "dispatcher" || last.Subject != x.ID || !strings.Contains(last.Detail, `"resident":"r-01"`) || !strings.Contains(last.Text, "так решено") {
		t.Errorf("record %+v", last)
	}
}

// Two persons open a breaker: the first cannot be the second, nor can somebody
// without the role, and it goes out once.
func TestOrderOfTwoPersons(t *testing.T) {
	o := newOffice(t, nil)
	first, second, viewer, admin := o.as(t, "dispatcher"), o.as(t, "second"), o.as(t, "viewer"), o.as(t, "admin")
	order := orderOf(o, "confirm")
	order["proposal"] = "p-breaker"
	v := first.give(order, 200)
	path := fmt.Sprint("/api/v1/orders/", v["id"])
	if v["state"] != "pending" || v["persons"] != 2.0 || v["lapses"] == nil || len(o.out.all()) != 0 {
		t.Fatalf("%v, %+v", v, o.out.all())
	}
	first.ask("POST", path+"/approve", nobody, 403)
	o.as(t, "dispatcher").ask("POST", path+"/approve", nobody, 403) // the same person in another browser
	viewer.ask("POST", path+"/approve", nobody, 403)
	admin.ask("POST", path+"/approve", nobody, 403)
	if list := viewer.ask("GET", "/api/v1/orders", nil, 200); len(list["pending"].([]any)) != 1 {
		t.Errorf("%v", list)
	}
	second.ask("POST", path+"/approve", nobody, 422) // the number of the breaker is not typed
	done := second.ask("POST", path+"/approve", map[string]string{"code": "breaker-1"}, 200)
	if done["state"] != "sent" || len(done["by"].([]any)) != 2 {
		t.Errorf("%v", done)
	}
	second.ask("POST", path+"/approve", nobody, 404)
	sent := o.out.all()
	if len(sent) != 1 || len(sent[0].By) != 2 || sent[0].By[0].User == sent[0].By[1].User {
		t.Errorf("%+v", sent)
	}
	if list := viewer.ask("GET", "/api/v1/orders", nil, 200); len(list["pending"].([]any)) != 0 || len(list["sent"].([]any)) != 1 {
		t.Errorf("%v", list)
	}
	if got := o.books.kinds(); !strings.HasSuffix(got, "order.given login order.approved order.sent") {
		t.Errorf("audit %q", got)
	}
}

func TestPersonsByWhatIsMoved(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "engineer")
	f := func(kind string, change map[string]any, want float64) {
		t.Helper()
		order := orderOf(o, kind)
		for k, v := range change {
			order[k] = v
		}
		if v := b.give(order, 200); v["persons"] != want {
			t.Errorf("%v needs %v persons, want %v", order, v["persons"], want)
		}
	}
	f("confirm", nil, 1)
	f("confirm", map[string]any{"proposal": "p-breaker"}, 2)
	f("reject", map[string]any{"proposal": "p-unknown"}, 1)
	f("restore", nil, 1)
	f("restore", map[string]any{"actuator": "breaker-1"}, 2)
	f("commission", nil, 2)
	f("kill", nil, 1)
}

// After five minutes it is too late for a second person, and the password must be
// given again.
func TestOrdersLapse(t *testing.T) {
	o := newOffice(t, nil)
	first := o.as(t, "dispatcher")
	v := first.give(orderOf(o, "arm"), 200)
	o.later(5*time.Minute - time.Second)
	o.as(t, "viewer").ask("GET", "/api/v1/orders", nil, 200)
	second := o.as(t, "second")
	o.later(time.Second)
	second.ask("POST", fmt.Sprint("/api/v1/orders/", v["id"], "/approve"), nobody, 404)
	if got := o.books.kinds(); !strings.HasSuffix(got, "order.lapsed") || len(o.out.all()) != 0 {
		t.Errorf("audit %q, %+v", got, o.out.all())
	}
	first.give(orderOf(o, "pin"), 428)
	first.give(orderOf(o, "kill"), 200) // what only stops something waits for nothing
	first.give(orderOf(o, "disarm"), 200)
	first.ask("POST", "/api/v1/me/confirm", map[string]string{"password": "wrong"}, 401)
	first.give(orderOf(o, "pin"), 428)
	first.ask("POST", "/api/v1/me/confirm", map[string]string{"password": secret}, 200)
	first.give(orderOf(o, "pin"), 200)
}

// Who has lost his role since he gave an order has not given it.
func TestFirstPersonMustStillBeOne(t *testing.T) {
	o := newOffice(t, nil)
	v := o.as(t, "dispatcher").give(orderOf(o, "arm"), 200)
	path := fmt.Sprint("/api/v1/orders/", v["id"])
	o.books.change("dispatcher", func(a *metering.Account) { a.Enabled = false })
	second := o.as(t, "second")
	second.ask("POST", path+"/approve", nobody, 409)
	second.ask("POST", path+"/withdraw", nobody, 200)
	if len(o.out.all()) != 0 {
		t.Errorf("%+v", o.out.all())
	}
}

// Of many second persons at once one is heard.
func TestApprovedOnce(t *testing.T) {
	o := newOffice(t, nil)
	v := o.as(t, "dispatcher").give(orderOf(o, "arm"), 200)
	var wg sync.WaitGroup
	var heard atomic.Int32
	for _, name := range []string{"second", "engineer", "admin", "second", "engineer", "admin"} {
		b := o.as(t, name)
		wg.Go(func() {
			switch w := b.do("POST", fmt.Sprint("/api/v1/orders/", v["id"], "/approve"), nobody); w.Code {
			case 200:
				heard.Add(1)
			case 404:
			default:
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if heard.Load() != 1 || len(o.out.all()) != 1 {
		t.Errorf("%d were heard, %d went out", heard.Load(), len(o.out.all()))
	}
}

// An order that could not be handed over waits on, as it was.
func TestBalancerOutOfReach(t *testing.T) {
	o := newOffice(t, nil)
	o.out.err = errDown
	b, second := o.as(t, "dispatcher"), o.as(t, "second")
	b.give(orderOf(o, "pin"), 503)
	v := b.give(orderOf(o, "arm"), 200)
	path := fmt.Sprint("/api/v1/orders/", v["id"], "/approve")
	second.ask("POST", path, nobody, 503)
	o.out.mu.Lock()
	o.out.err = nil
	o.out.mu.Unlock()
	second.ask("POST", path, nobody, 200)
	if l := o.out.all(); len(l) != 1 || len(l[0].By) != 2 {
		t.Errorf("%+v", l)
	}
	if got := o.books.kinds(); strings.Count(got, "order.failed") != 2 || strings.Count(got, "order.sent") != 1 {
		t.Errorf("audit %q", got)
	}
}

func TestDeskIsBounded(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "dispatcher")
	for range 32 {
		b.give(orderOf(o, "arm"), 200)
	}
	b.give(orderOf(o, "arm"), 503)
	b.give(orderOf(o, "kill"), 200)
}

// All faults of an order are told at once, with their place.
func TestOrderFaults(t *testing.T) {
	o := newOffice(t, nil)
	b := o.as(t, "engineer")
	f := func(order map[string]any, want ...string) {
		t.Helper()
		if order["number"] == nil {
			order["number"], order["from"] = "21", "Ким"
		}
		w := b.do("POST", "/api/v1/orders", order)
		for _, place := range want {
			if w.Code != 422 || !strings.Contains(w.Body.String(), `"body.`+place) {
				t.Errorf("%v: %d %s does not name %s", order, w.Code, w.Body, place)
			}
		}
	}
	late := o.time().Add(13 * time.Hour)
	f(map[string]any{"kind": "open sesame", "reason": "x"}, "kind")
	f(map[string]any{"kind": "kill", "reason": "  "}, "reason")
	f(map[string]any{"kind": "kill", "reason": "x", "unknown": 1}, "unknown")
	f(map[string]any{"kind": "kill", "reason": "x", "actuator": "relay-7"}, "actuator")
	f(map[string]any{"kind": "pin", "reason": "x", "resident": "nobody", "expires": late}, "resident", "power_w", "expires")
	f(map[string]any{"kind": "inhibit", "reason": "x", "expires": o.time()}, "expires")
	f(map[string]any{"kind": "limit", "reason": "x", "node": "nowhere", "power_w": -5, "expires": late}, "power_w")
	f(map[string]any{"kind": "limit", "reason": "x", "node": "nowhere", "power_w": 5, "expires": late}, "node", "expires")
	f(map[string]any{"kind": "mode", "reason": "x", "mode": "turbo"}, "mode")
	f(map[string]any{"kind": "exclude", "reason": "x", "actuator": "nothing"}, "actuator", "expires")
	f(map[string]any{"kind": "commission", "reason": "x", "actuator": "relay-7", "band": map[string]int{"least_w": 5, "most_w": 3, "failsafe_w": 2}}, "band", "actuator")
	f(map[string]any{"kind": "confirm", "reason": "x"}, "proposal")
	f(map[string]any{"kind": "restore", "reason": " ", "actuator": "relay-7", "number": " ", "from": ""}, "reason", "number", "from")
	if len(o.out.all()) != 0 || strings.Contains(o.books.kinds(), "order") {
		t.Errorf("%+v, audit %q", o.out.all(), o.books.kinds())
	}
}

// The audit is read by those who may, newest first, page by page.
func TestAuditIsRead(t *testing.T) {
	o := newOffice(t, nil)
	d := o.as(t, "dispatcher")
	for range 5 {
		d.give(orderOf(o, "kill"), 200)
	}
	b := o.as(t, "auditor")
	list := b.ask("GET", "/api/v1/audit?limit=3", nil, 200)
	records := list["records"].([]any)
	if len(records) != 3 || list["before"] != 10.0 || records[0].(map[string]any)["kind"] != "login" || records[0].(map[string]any)["actor"] != "auditor" {
		t.Errorf("%v", list)
	}
	rest := b.ask("GET", "/api/v1/audit?before=10", nil, 200)
	if records := rest["records"].([]any); len(records) != 9 || rest["before"] != nil {
		t.Errorf("%v", rest)
	}
	if list := b.ask("GET", "/api/v1/audit?kind=order.sent&subject=&actor=dispatcher", nil, 200); len(list["records"].([]any)) != 5 {
		t.Errorf("%v", list)
	}
	b.ask("GET", "/api/v1/audit?from=yesterday&limit=0", nil, 422)

	// Who runs the shift reads of it what was decided and ordered, and nothing else.
	shift := o.as(t, "dispatcher")
	if list := shift.ask("GET", "/api/v1/journal?kind=order.sent", nil, 200); len(list["records"].([]any)) == 0 {
		t.Error("the journal is empty")
	}
	for _, kind := range []string{"login", "account.added", "", "ordering"} {
		shift.ask("GET", "/api/v1/journal?kind="+kind, nil, 422)
	}
}
