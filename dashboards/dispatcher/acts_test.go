package dispatcher_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"asue/dashboards/dispatcher"
	"asue/metering"
	"asue/metering/wire"
)

// acting is a report of a balancer with a contactor, a set-point and a proposal.
func acting(at time.Time) dispatcher.Control {
	w := func(p metering.Power) *metering.Power { return &p }
	return dispatcher.Control{
		At: at, State: "normal", Mode: "confirm", Limit: metering.LimitOf(29_700 * metering.Kilowatt),
		Acts: &wire.ControlActs{
			Term: 7, ShedW: 400 * metering.Kilowatt, ReserveW: 1200 * metering.Kilowatt,
			Actuators: []wire.ControlActuator{
				{ID: "k1", Name: "Furnace", Kind: metering.ActuatorRelay, Resident: "r-01", Node: "in", Mode: "confirm", State: "shed", Since: noon, PowerW: w(400_000), ShedW: w(400_000)},
				{ID: "s1", Name: "Hall", Kind: metering.ActuatorSetpoint, Resident: "r-02", Node: "in", Mode: "confirm", State: "limited", LimitW: w(900_000), LeftS: 600},
			},
			Shares:    []wire.ControlShare{{Resident: "r-01", AllowedW: 2_600_000, DemandW: 1_000_000, ShareW: 600_000, Binding: "in"}},
			Proposals: []wire.ControlProposal{{ID: "p-1", At: noon, Expires: noon.Add(time.Minute), Actuator: "k1", Want: "closed", Persons: 1, Why: "there is room"}},
		},
	}
}

func TestControlIsAbsentUntilTheBalancerReports(t *testing.T) {
	s := newStage(t, nil)
	s.Publish()
	if c := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Control; c != nil {
		t.Errorf("before the first report control is %s", mustJSON(t, c))
	}
	s.SetControl(dispatcher.Control{At: s.time(), Mode: "advisory"})
	s.Publish()
	if c := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Control; c == nil || !c.Watching || c.Mode != "advisory" || c.ShedW != nil {
		t.Errorf("of a balancer that only watches control is %s", mustJSON(t, c))
	}
	s.SetControl(acting(s.time()))
	s.Publish()
	c := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Control
	if c.Watching || *c.ShedW != 400_000 || *c.ReserveW != 1_200_000 || len(c.Actuators) != 2 || len(c.Proposals) != 1 {
		t.Errorf("control is %s", mustJSON(t, c))
	}
	if got, want := *c.Actuators[1].LeaseEnd, s.time().Add(10*time.Minute); got.Sub(want).Abs() > 5*time.Second {
		t.Errorf("the lease ends at %v, want about %v", got, want)
	}
	if c.Actuators[0].LeaseEnd != nil || c.Actuators[0].LimitW != nil {
		t.Errorf("what was not told of the contactor is there: %s", mustJSON(t, c.Actuators[0]))
	}
}

// Numbers of a balancer that is not heard are withdrawn; the positions stay as
// the last that was known, and say how old they are.
func TestSumsOfASilentBalancerAreWithdrawn(t *testing.T) {
	s := newStage(t, nil)
	s.SetControl(acting(s.time()))
	f := func(after time.Duration, want dispatcher.Freshness, known bool) {
		t.Helper()
		s.pass(after)
		s.Publish()
		c := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Control
		if c.Freshness != want || (c.ShedW != nil) != known || (c.ReserveW != nil) != known || len(c.Actuators) != 2 || !c.At.Equal(noon) {
			t.Errorf("after %v more: %s", after, mustJSON(t, c))
		}
	}
	f(0, dispatcher.Fresh, true)
	f(11*time.Second, dispatcher.Late, true)
	f(50*time.Second, dispatcher.Silent, false)
}

// heldControl is what a page holds that follows the stream.
type heldControl struct{ *dispatcher.ControlView }

// take applies one event, and says what was in it.
func (h *heldControl) take(t *testing.T, data string) (whole bool, changes int) {
	t.Helper()
	var d struct {
		Control *dispatcher.ControlView
		Acts    *dispatcher.ControlChange
	}
	if err := json.Unmarshal([]byte(data), &d); err != nil {
		t.Fatal(err)
	}
	if d.Control != nil {
		h.ControlView = d.Control
	}
	if d.Acts == nil {
		return d.Control != nil, 0
	}
	h.ControlHead = d.Acts.ControlHead
	if d.Acts.Ready != nil {
		h.Ready = d.Acts.Ready
	}
	for _, a := range d.Acts.Actuators {
		for i := range h.Actuators {
			if h.Actuators[i].ID == a.ID {
				h.Actuators[i] = a
			}
		}
	}
	for _, v := range d.Acts.Shares {
		for i := range h.Shares {
			if h.Shares[i].Resident == v.Resident {
				h.Shares[i] = v
			}
		}
	}
	return d.Control != nil, len(d.Acts.Actuators) + len(d.Acts.Shares)
}

func TestChangesOfControlAddUpToTheSnapshot(t *testing.T) {
	s := newStage(t, nil)
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	live := connect(t, web.URL, "")
	var held heldControl
	held.take(t, live.next().data)

	report := acting(s.time())
	tell := func(what string, wantWhole bool, wantChanges int, change func(*wire.ControlActs)) {
		t.Helper()
		s.pass(time.Second)
		report.At = s.time()
		acts := acting(noon).Acts
		if report.Acts != nil {
			*acts = *report.Acts
		}
		change(acts)
		report.Acts = acts
		s.SetControl(report)
		s.Publish()
		whole, changes := held.take(t, live.next().data)
		if whole != wantWhole || changes != wantChanges {
			t.Errorf("%s: whole %v, %d changes; want %v, %d", what, whole, changes, wantWhole, wantChanges)
		}
		if want := get[dispatcher.Snapshot](t, s, "/api/v1/snapshot", 200).Control; mustJSON(t, held.ControlView) != mustJSON(t, want) {
			t.Errorf("%s: the stream gave %s, the snapshot says %s", what, mustJSON(t, held.ControlView), mustJSON(t, want))
		}
	}
	tell("first report", true, 0, func(*wire.ControlActs) {})
	tell("the same again", false, 0, func(*wire.ControlActs) {})
	tell("a lease runs down", false, 0, func(a *wire.ControlActs) {
		a.Actuators = append([]wire.ControlActuator(nil), a.Actuators...)
		a.Actuators[1].LeftS -= 2 // three reports of a second each, the first at 600
	})
	tell("a load comes back", false, 1, func(a *wire.ControlActs) {
		a.Actuators = append([]wire.ControlActuator(nil), a.Actuators...)
		a.Actuators[0].State, a.Actuators[0].ShedW = "served", nil
		a.ShedW = 0
	})
	tell("a share changes", false, 1, func(a *wire.ControlActs) { a.Shares = []wire.ControlShare{{Resident: "r-01", ShareW: 700_000}} })
	tell("a proposal is gone", true, 0, func(a *wire.ControlActs) { a.Proposals = nil })
	tell("an order is answered", true, 0, func(a *wire.ControlActs) {
		a.Orders = []wire.ControlOrder{{ID: "o-1", Kind: metering.OrderReject, By: []string{"omarova"}, At: noon, Accepted: true}}
	})
	tell("a resident joins", true, 0, func(a *wire.ControlActs) {
		a.Shares = append(a.Shares[:len(a.Shares):len(a.Shares)], wire.ControlShare{Resident: "r-02"})
	})
	tell("an actuator leaves", true, 0, func(a *wire.ControlActs) { a.Actuators = a.Actuators[:1] })
	tell("a list for the loss of the line", false, 0, func(a *wire.ControlActs) {
		a.Ready = &wire.ControlReady{At: noon, Lost: "Karatagai", Backup: []string{"Akzhar"}, NeedW: 7_000_000}
	})
	tell("it is gone", true, 0, func(a *wire.ControlActs) { a.Ready = nil })
	tell("killed", false, 0, func(a *wire.ControlActs) { a.Killed = true })

	s.pass(2 * time.Minute) // and the balancer is heard no more
	s.Publish()
	held.take(t, live.next().data)
	if held.Freshness != dispatcher.Silent || held.ShedW != nil {
		t.Errorf("after two silent minutes the page holds %s", mustJSON(t, held.ControlView))
	}
}
