package dispatcher

import (
	"reflect"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// ControlView is what the balancer does, would do and was told, as of its
// youngest report. The page shows it and derives nothing from it: an order is
// carried out when the balancer says so here.
type ControlView struct {
	ControlHead
	Actuators []ActuatorView         `json:"actuators"`
	Shares    []ShareView            `json:"shares"`
	Proposals []wire.ControlProposal `json:"proposals" doc:"what the balancer may not do without a person"`
	Advice    []wire.ControlAdvice   `json:"advice" doc:"what the balancer would do and does not, with the reasons for both"`
	Overrides []wire.ControlOverride `json:"overrides" doc:"orders that hold for a while"`
	Orders    []wire.ControlOrder    `json:"orders" doc:"the balancer's answers to the youngest orders, newest first"`
	Ready     *wire.ControlReady     `json:"ready,omitempty" doc:"what would be done if the line in service tripped now; absent where nothing is known of another one, and while a loss is being answered"`
}

// ControlHead is what counts for the whole of control.
type ControlHead struct {
	At        time.Time `json:"at" doc:"when the balancer reported"`
	Freshness Freshness `json:"freshness" enum:"fresh,stale,silent" doc:"of the report; of a silent balancer the lists are the last that was known"`
	State     string    `json:"state" doc:"of the controller"`
	Mode      string    `json:"mode" doc:"off, monitor, advisory, confirm, auto"`
	Control   string    `json:"control" enum:"advise,sbo" doc:"what the mode means: advise, people move loads; sbo, the system does, selected before it is operated"`
	Watching  bool      `json:"watching,omitempty" doc:"the balancer has nothing to act with: all below is absent"`
	Armed     bool      `json:"armed,omitempty" doc:"two persons have armed auto since the balancer's start"`
	Killed    bool      `json:"killed,omitempty" doc:"no commands, whatever the mode; what is shed stays"`
	Inhibited bool      `json:"inhibited,omitempty" doc:"no commands for a while"`
	Emergency bool      `json:"emergency,omitempty"`
	Shadow    bool      `json:"shadow,omitempty" doc:"another balancer leads, or none does: nothing is commanded"`
	Term      uint64    `json:"term,omitempty"`
	ShedW     *int64    `json:"shed_w,omitempty" doc:"taken away now in all"`
	ReserveW  *int64    `json:"reserve_w,omitempty" doc:"what commands could still take away"`
	RequiredW *int64    `json:"required_w,omitempty" doc:"what has to be found at this moment"`
}

// ActuatorView is one actuator as the balancer knows it.
type ActuatorView struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Kind     string     `json:"kind" enum:"setpoint,relay,breaker"`
	Resident string     `json:"resident,omitempty"`
	Node     string     `json:"node,omitempty"`
	NodeName string     `json:"node_name,omitempty"`
	Mode     string     `json:"mode" doc:"the one that counts: the weakest of system, feeder, arming and orders"`
	State    string     `json:"state" doc:"served, shed, limited, moving, failed, offline, local, failsafe, excluded or unknown"`
	Since    *time.Time `json:"since,omitempty"`
	LimitW   *int64     `json:"limit_w,omitempty" doc:"set-point in force"`
	WantW    *int64     `json:"want_w,omitempty" doc:"set-point that is wanted"`
	PowerW   *int64     `json:"power_w,omitempty" doc:"rated behind a relay or a breaker"`
	ShedW    *int64     `json:"shed_w,omitempty" doc:"what it takes away now"`
	LeaseEnd *time.Time `json:"lease_end,omitempty" doc:"when the state ends without renewal, to about five seconds"`
	Text     string     `json:"text,omitempty" doc:"what is wrong, or why it is as it is"`
}

// ShareView is what a resident may draw now, and why.
type ShareView struct {
	Resident    string `json:"resident"`
	AllowedW    int64  `json:"allowed_w" doc:"technical conditions"`
	DemandW     int64  `json:"demand_w" doc:"what it would draw if nothing were shed"`
	ShareW      int64  `json:"share_w"`
	ArmourW     int64  `json:"armour_w" doc:"what is protected now"`
	ShedW       int64  `json:"shed_w,omitempty"`
	Tier        string `json:"tier,omitempty"`
	Binding     string `json:"binding,omitempty" doc:"node that stands in the way of more"`
	BindingName string `json:"binding_name,omitempty"`
	Violating   bool   `json:"violating,omitempty" doc:"not even what is protected fits"`
	Why         string `json:"why,omitempty" doc:"in words, technical"`
}

// ControlChange is what has changed of a ControlView while its lists kept their
// members: the head, and the actuators and shares that differ.
type ControlChange struct {
	ControlHead
	Actuators []ActuatorView `json:"actuators,omitempty"`
	Shares    []ShareView    `json:"shares,omitempty"`
	// Ready is there if it has changed; if it is gone, the whole view comes.
	Ready *wire.ControlReady `json:"ready,omitempty"`
}

// controlView is nil until the controller has reported.
func (s *Server) controlView(now time.Time) *ControlView {
	c := s.control
	if c.At.IsZero() {
		return nil
	}
	v := &ControlView{
		ControlHead: ControlHead{At: c.At.UTC(), Freshness: s.freshness(now.Sub(c.At)), State: c.State, Mode: c.Mode, Control: string(commanding(c.Mode)), Watching: c.Acts == nil},
		Actuators:   []ActuatorView{}, Shares: []ShareView{},
		Proposals: []wire.ControlProposal{}, Advice: []wire.ControlAdvice{}, Overrides: []wire.ControlOverride{}, Orders: []wire.ControlOrder{},
	}
	if c.Acts == nil {
		return v
	}
	v.Armed, v.Killed, v.Inhibited, v.Emergency = c.Acts.Armed, c.Acts.Killed, c.Acts.Inhibited, c.Acts.Emergency
	v.Shadow, v.Term = c.Acts.Shadow, c.Acts.Term
	if v.Freshness != Silent {
		v.ShedW, v.ReserveW, v.RequiredW = ptr(int64(c.Acts.ShedW)), ptr(int64(c.Acts.ReserveW)), ptr(int64(c.Acts.RequiredW))
	}
	for _, a := range c.Acts.Actuators {
		v.Actuators = append(v.Actuators, s.actuatorView(a, c.At))
	}
	for _, h := range c.Acts.Shares {
		v.Shares = append(v.Shares, ShareView{
			Resident: string(h.Resident), AllowedW: int64(h.AllowedW), DemandW: int64(h.DemandW), ShareW: int64(h.ShareW),
			ArmourW: int64(h.ArmourW), ShedW: int64(h.ShedW), Tier: h.Tier, Binding: string(h.Binding),
			BindingName: s.nodeName(h.Binding), Violating: h.Violating, Why: h.Why,
		})
	}
	v.Proposals = append(v.Proposals, c.Acts.Proposals...)
	v.Advice = append(v.Advice, c.Acts.Advice...)
	v.Overrides = append(v.Overrides, c.Acts.Overrides...)
	v.Orders = append(v.Orders, c.Acts.Orders...)
	v.Ready = c.Acts.Ready
	return v
}

// commanding is what a mode means; one that nobody knows moves nothing.
func commanding(mode string) metering.Commanding {
	m, err := metering.ParseMode(mode)
	if err != nil {
		m = metering.ModeOff
	}
	return m.Commanding()
}

func (s *Server) freshness(age time.Duration) Freshness {
	switch {
	case age > s.cfg.Limits.SilentAfter:
		return Silent
	case age > s.cfg.Limits.StaleAfter:
		return Late
	}
	return Fresh
}

func (s *Server) actuatorView(a wire.ControlActuator, at time.Time) ActuatorView {
	v := ActuatorView{
		ID: string(a.ID), Name: a.Name, Kind: string(a.Kind), Resident: string(a.Resident),
		Node: string(a.Node), NodeName: s.nodeName(a.Node), Mode: a.Mode, State: a.State,
		LimitW: watts(a.LimitW), WantW: watts(a.WantW), PowerW: watts(a.PowerW), ShedW: watts(a.ShedW), Text: a.Text,
	}
	if !a.Since.IsZero() {
		v.Since = ptr(a.Since.UTC())
	}
	if a.LeftS > 0 {
		// A lease runs down by itself: its end stands still, so that a second changes nothing.
		v.LeaseEnd = ptr(at.Add(time.Duration(a.LeftS * float64(time.Second))).Round(5 * time.Second).UTC())
	}
	return v
}

func watts(p *metering.Power) *int64 {
	if p == nil {
		return nil
	}
	return ptr(int64(*p))
}

func (s *Server) nodeName(id metering.NodeID) string {
	for _, n := range s.cfg.Site.Topology.Nodes {
		if n.ID == id {
			return n.Name
		}
	}
	return ""
}

// since says what leads from an older view to v: nothing if they are the same, a
// change if their lists have the same members, or else v itself.
func (v *ControlView) since(old *ControlView) (whole *ControlView, change *ControlChange) {
	switch {
	case v == nil, reflect.DeepEqual(v, old):
		return nil, nil
	case old == nil, !reflect.DeepEqual(v.Proposals, old.Proposals), !reflect.DeepEqual(v.Advice, old.Advice), !reflect.DeepEqual(v.Overrides, old.Overrides), !reflect.DeepEqual(v.Orders, old.Orders), v.Ready == nil && old.Ready != nil:
		return v, nil
	}
	change = &ControlChange{ControlHead: v.ControlHead}
	if !reflect.DeepEqual(v.Ready, old.Ready) {
		change.Ready = v.Ready
	}
	var same bool
	if change.Actuators, same = changed(v.Actuators, old.Actuators, func(a ActuatorView) string { return a.ID }); !same {
		return v, nil
	}
	if change.Shares, same = changed(v.Shares, old.Shares, func(h ShareView) string { return h.Resident }); !same {
		return v, nil
	}
	return nil, change
}

// changed are the elements that differ from the old ones; false if the lists do
// not have the same members in the same order.
func changed[T any](list, old []T, id func(T) string) ([]T, bool) {
	if len(list) != len(old) {
		return nil, false
	}
	var differ []T
	for i, v := range list {
		if id(v) != id(old[i]) {
			return nil, false
		}
		if !reflect.DeepEqual(v, old[i]) {
			differ = append(differ, v)
		}
	}
	return differ, true
}
