package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"asue/dashboards/dispatcher/internal/fakezone"
	"asue/metering"
)

// approvalWait is how long an order waits for its second person.
const approvalWait = 5 * time.Minute

// desk stands in for persons and their orders: who sits at the page is whoever
// the cookie "desk" names. It is for browser tests on one machine alone.
type desk struct {
	zone *fakezone.Zone
	now  func() time.Time

	mu      sync.Mutex
	count   int
	pending []pendingOrder
	sent    []pendingOrder
	acts    []actRecord
}

type orderRequest struct {
	Kind     string    `json:"kind"`
	Reason   string    `json:"reason"`
	Expires  time.Time `json:"expires,omitzero"`
	Proposal string    `json:"proposal,omitempty"`
	Override string    `json:"override,omitempty"`
	Actuator string    `json:"actuator,omitempty"`
	Resident string    `json:"resident,omitempty"`
	Node     string    `json:"node,omitempty"`
	Mode     string    `json:"mode,omitempty"`
	PowerW   int64     `json:"power_w,omitempty"`
}

type pendingOrder struct {
	orderRequest
	ID      string     `json:"id"`
	At      time.Time  `json:"at"`
	State   string     `json:"state"`
	Lapses  time.Time  `json:"lapses,omitzero"`
	Persons int        `json:"persons"`
	By      []approval `json:"by"`
}

type approval struct {
	User string    `json:"user"`
	Role string    `json:"role"`
	At   time.Time `json:"at"`
}

type actRecord struct {
	Seq     int       `json:"seq"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Role    string    `json:"role"`
	Kind    string    `json:"kind"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
}

// newDesk serves the routes of persons and orders in front of the page.
func newDesk(zone *fakezone.Zone, now func() time.Time, page http.Handler) http.Handler {
	d := &desk{zone: zone, now: now}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("GET /api/v1/me", d.me)
	mux.HandleFunc("GET /api/v1/orders", d.list)
	mux.HandleFunc("POST /api/v1/orders", d.order)
	mux.HandleFunc("POST /api/v1/orders/{id}/approve", d.approve)
	mux.HandleFunc("GET /api/v1/audit", d.audit)
	mux.HandleFunc("POST /dev/silence", func(_ http.ResponseWriter, r *http.Request) { zone.Silence(r.FormValue("on") == "true") })
	return mux
}

var roles = map[string]metering.Role{
	"dispatcher-1": metering.RoleDispatcher, "dispatcher-2": metering.RoleDispatcher,
	"engineer": metering.RoleEngineer, "admin": metering.RoleAdmin,
}

func person(r *http.Request) (string, metering.Role) {
	if c, err := r.Cookie("desk"); err == nil && roles[c.Value] != "" {
		return c.Value, roles[c.Value]
	}
	return "", metering.RoleViewer
}

func (d *desk) me(w http.ResponseWriter, r *http.Request) {
	name, role := person(r)
	v := map[string]any{"role": role}
	if name != "" {
		v["name"] = name
		v["orders"] = []string{"arm", "disarm", "mode", "kill", "unkill", "confirm", "reject", "pin", "exclude", "limit", "inhibit", "release", "restore"}
	}
	answer(w, http.StatusOK, v)
}

func (d *desk) list(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	d.pending = slices.DeleteFunc(d.pending, func(p pendingOrder) bool { return !now.Before(p.Lapses) })
	answer(w, http.StatusOK, map[string]any{"pending": append([]pendingOrder{}, d.pending...), "sent": append([]pendingOrder{}, d.sent...)})
}

func (d *desk) order(w http.ResponseWriter, r *http.Request) {
	name, role := person(r)
	var req orderRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&req); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	switch {
	case name == "":
		refuse(w, http.StatusUnauthorized, "sign in first")
		return
	case req.Reason == "":
		refuse(w, http.StatusUnprocessableEntity, "an order needs a reason")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	p := pendingOrder{
		orderRequest: req, ID: fmt.Sprintf("o-%d", d.count), At: d.now(), State: "pending",
		Persons: metering.OrderKind(req.Kind).Persons(d.zone.KindOf(metering.ActuatorID(req.Actuator), req.Proposal)),
		By:      []approval{{name, string(role), d.now()}},
	}
	d.note("order.given", p, name, role)
	if p.Persons > 1 {
		p.Lapses = d.now().Add(approvalWait)
		d.pending = append(d.pending, p)
	} else {
		p = d.send(p)
	}
	answer(w, http.StatusOK, p)
}

func (d *desk) approve(w http.ResponseWriter, r *http.Request) {
	name, role := person(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.pending, func(p pendingOrder) bool { return p.ID == r.PathValue("id") })
	switch {
	case name == "":
		refuse(w, http.StatusUnauthorized, "sign in first")
		return
	case i < 0:
		refuse(w, http.StatusNotFound, "the order is not waiting any more")
		return
	case slices.ContainsFunc(d.pending[i].By, func(a approval) bool { return a.User == name }):
		refuse(w, http.StatusForbidden, "another person has to approve this")
		return
	}
	p := d.pending[i]
	p.By = append(slices.Clone(p.By), approval{name, string(role), d.now()})
	d.pending = slices.Delete(d.pending, i, i+1)
	d.note("order.approved", p, name, role)
	answer(w, http.StatusOK, d.send(p))
}

// send hands an order to the balancer; d.mu is held.
func (d *desk) send(p pendingOrder) pendingOrder {
	mode, _ := metering.ParseMode(p.Mode)
	o := metering.Order{
		ID: p.ID, Kind: metering.OrderKind(p.Kind), At: d.now(), Expires: p.Expires, Reason: p.Reason, Proposal: p.Proposal, Override: p.Override,
		Actuator: metering.ActuatorID(p.Actuator), Resident: metering.ResidentID(p.Resident), Node: metering.NodeID(p.Node), Mode: mode, Power: metering.Power(p.PowerW),
	}
	for _, a := range p.By {
		o.By = append(o.By, metering.Approval{User: a.User, Role: metering.Role(a.Role), At: a.At})
	}
	d.zone.Order(o)
	p.State = "sent"
	d.sent = slices.Insert(d.sent, 0, p)
	return p
}

func (d *desk) note(kind string, p pendingOrder, name string, role metering.Role) {
	d.acts = append(d.acts, actRecord{len(d.acts) + 1, d.now(), name, string(role), kind, p.ID, p.Kind + ": " + p.Reason})
}

func (d *desk) audit(w http.ResponseWriter, r *http.Request) {
	if name, _ := person(r); name == "" {
		refuse(w, http.StatusForbidden, "the audit is not for everybody")
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	newest := slices.DeleteFunc(append([]actRecord{}, d.acts...), func(a actRecord) bool { return !strings.HasPrefix(a.Kind, r.FormValue("kind")) })
	slices.Reverse(newest)
	answer(w, http.StatusOK, map[string]any{"records": newest})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, detail string) {
	answer(w, status, map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}
