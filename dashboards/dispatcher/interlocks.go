package dispatcher

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"asue/metering"
	"asue/metering/wire"
)

// Survey is what a person has to know of an order before executing it, as of the
// balancer's youngest report.
type Survey struct {
	Kind     string `json:"kind" doc:"of the order"`
	Now      string `json:"now,omitempty" doc:"state of the actuator: served, shed, limited, …"`
	Want     string `json:"want,omitempty" doc:"where it is to go: open, closed, at most 1.2 MW, or the mode"`
	EffectW  *int64 `json:"effect_w,omitempty" doc:"by how much the load should fall; negative: may rise"`
	DrawsW   *int64 `json:"draws_w,omitempty" doc:"what the resident draws now"`
	FloorW   *int64 `json:"floor_w,omitempty" doc:"armour of the resident: nothing goes below it"`
	LeavesW  *int64 `json:"leaves_w,omitempty" doc:"what would be left to the resident"`
	Resident string `json:"resident,omitempty"`
	// Interlocks are all that were looked at, also those that are clear.
	Interlocks []Interlock `json:"interlocks"`
}

// Interlock is one thing that may stand in the way of a command.
type Interlock struct {
	Name  string         `json:"name" doc:"report, stopped, inhibited, leads, mode, proposal, override, device, armour"`
	State InterlockState `json:"state" enum:"clear,warns,blocks"`
	Text  string         `json:"text,omitempty" doc:"why it is not clear, technical"`
}

// InterlockState says whether an interlock lets a command pass.
type InterlockState string

// States of an interlock.
const (
	Clear  InterlockState = "clear"
	Warns  InterlockState = "warns"  // look twice
	Blocks InterlockState = "blocks" // nothing can be selected
)

// aim is what shows in telemetry when an order has been carried out.
type aim struct {
	actuator metering.ActuatorID // empty: nothing shows but the balancer's answer
	want     string              // "open", "closed", "at most 1.2 MW"; or the mode, for people
}

// survey looks at what an order would do, by what the balancer reports. It does not
// replace the balancer's own judgement: that one looks again. s.mu is held.
func (s *Server) survey(o metering.Order) (Survey, aim) {
	v := Survey{Kind: string(o.Kind), Resident: string(o.Resident), Interlocks: []Interlock{s.reportLock()}}
	add := func(name string, state InterlockState, format string, args ...any) {
		i := Interlock{Name: name, State: state}
		if state != Clear {
			i.Text = fmt.Sprintf(format, args...)
		}
		v.Interlocks = append(v.Interlocks, i)
	}
	locked := func(name string, locks bool, format string, args ...any) {
		add(name, map[bool]InterlockState{false: Clear, true: Blocks}[locks], format, args...)
	}
	acts := s.control.Acts
	if acts == nil {
		acts = &wire.ControlActs{}
	}
	target := aim{actuator: o.Actuator}
	switch o.Kind {
	case metering.OrderConfirm:
		i := slices.IndexFunc(acts.Proposals, func(p wire.ControlProposal) bool { return p.ID == o.Proposal })
		locked("proposal", i < 0 || !s.cfg.Now().Before(acts.Proposals[max(i, 0)].Expires), "proposal %q does not stand any more: it expired, was decided, or is not needed", o.Proposal)
		if i < 0 {
			return v, aim{}
		}
		p := acts.Proposals[i]
		target = aim{p.Actuator, p.Want}
		v.EffectW = watts(p.EffectW)
	case metering.OrderRestore:
		target.want = "closed"
	case metering.OrderRelease:
		locked("override", !slices.ContainsFunc(acts.Overrides, func(x wire.ControlOverride) bool { return x.ID == o.Override }), "override %q is not in force any more", o.Override)
	case metering.OrderMode:
		target = aim{want: o.Mode.String()}
	case metering.OrderPin, metering.OrderLimit:
		target = aim{want: o.Power.String()}
	}
	v.Want = target.want
	i := slices.IndexFunc(acts.Actuators, func(a wire.ControlActuator) bool { return a.ID == target.actuator })
	if i >= 0 {
		a := acts.Actuators[i]
		v.Now, v.Resident = a.State, string(a.Resident)
		if o.Kind == metering.OrderRestore {
			v.EffectW = negative(a.ShedW)
		}
	}
	s.share(&v, acts, o)
	if o.Kind != metering.OrderConfirm && o.Kind != metering.OrderRestore {
		return v, aim{want: target.want}
	}
	locked("stopped", acts.Killed, "commands are stopped: take the stop back first")
	locked("inhibited", acts.Inhibited && !acts.Killed, "commands are inhibited for a while: release that first")
	locked("leads", acts.Shadow, "no balancer leads now: none commands")
	if i < 0 {
		add("device", Blocks, "the balancer does not report %s", target.actuator)
		return v, target
	}
	a := acts.Actuators[i]
	locked("mode", commanding(a.Mode) != metering.SBO, "%s is in mode %q, which only advises: order another mode first", a.ID, a.Mode)
	deviceLock(a, locked)
	if v.LeavesW != nil && v.FloorW != nil && v.EffectW != nil && *v.EffectW > 0 {
		locked("armour", *v.LeavesW < *v.FloorW, "%v would be left to %s, %v is its armour", metering.Power(*v.LeavesW), a.Resident, metering.Power(*v.FloorW))
	}
	return v, target
}

// reportLock is about the report that all else rests on. s.mu is held.
func (s *Server) reportLock() Interlock {
	at := s.control.At
	if at.IsZero() {
		return Interlock{"report", Blocks, "the balancer has not reported yet"}
	}
	age := s.cfg.Now().Sub(at)
	switch s.freshness(age) {
	case Silent:
		return Interlock{"report", Blocks, fmt.Sprintf("the balancer's report is %d s old", wholeSeconds(age))}
	case Late:
		return Interlock{"report", Warns, fmt.Sprintf("the balancer's report is %d s old", wholeSeconds(age))}
	}
	return Interlock{Name: "report", State: Clear}
}

// deviceLock is about the device itself.
func deviceLock(a wire.ControlActuator, locked func(string, bool, string, ...any)) {
	bad := slices.Contains([]string{"failed", "offline", "local", "excluded", "moving", "unknown"}, a.State)
	text := a.Text
	if text != "" {
		text = ": " + text
	}
	locked("device", bad, "%s is %s%s", a.ID, a.State, text)
}

// share fills in what is known of the resident.
func (s *Server) share(v *Survey, acts *wire.ControlActs, o metering.Order) {
	var draws, floor, shed metering.Power
	known := false
	for _, h := range acts.Shares {
		if v.Resident != "" && string(h.Resident) == v.Resident {
			draws, floor, shed, known = draws+h.DemandW, floor+h.ArmourW, shed+h.ShedW, true
		}
	}
	if !known {
		return
	}
	v.DrawsW, v.FloorW = ptr(int64(draws-shed)), ptr(int64(floor))
	switch {
	case o.Kind == metering.OrderPin:
		v.LeavesW = ptr(int64(o.Power))
		if o.Power < floor {
			v.Interlocks = append(v.Interlocks, Interlock{"armour", Warns, fmt.Sprintf("%v is below the armour of %v", o.Power, floor)})
		} else {
			v.Interlocks = append(v.Interlocks, Interlock{Name: "armour", State: Clear})
		}
	case v.EffectW != nil:
		v.LeavesW = ptr(max(0, *v.DrawsW-*v.EffectW))
	}
}

func negative(p *metering.Power) *int64 {
	if p == nil {
		return nil
	}
	return ptr(-int64(*p))
}

// objectOf is what an order takes hold of, and the number that has to be typed for it.
// s.mu is held.
func (s *Server) objectOf(o metering.Order) (object, code string) {
	actuator := o.Actuator
	if o.Proposal != "" && s.control.Acts != nil {
		for _, p := range s.control.Acts.Proposals {
			if p.ID == o.Proposal {
				actuator = p.Actuator
			}
		}
	}
	switch {
	case actuator != "":
		if o.Kind == metering.OrderConfirm || o.Kind == metering.OrderRestore || o.Kind == metering.OrderBand {
			code = s.feederNumber(actuator)
		}
		return "actuator/" + string(actuator), code
	case o.Resident != "":
		return "resident/" + string(o.Resident), ""
	case o.Node != "":
		return "node/" + string(o.Node), ""
	case o.Override != "":
		return "override/" + o.Override, ""
	case o.Proposal != "":
		return "proposal/" + o.Proposal, ""
	}
	return "system", ""
}

// feederNumber is how people call the feeder of an actuator: the first word of its name,
// as «Ф-10-103»; of what hangs at no feeder, the actuator's own id.
func (s *Server) feederNumber(id metering.ActuatorID) string {
	a, ok := s.cfg.Site.Actuator(id)
	if !ok {
		return string(id)
	}
	for _, n := range s.cfg.Site.Topology.Nodes {
		if n.ID != a.Node || n.Kind != metering.NodeFeeder {
			continue
		}
		if words := strings.Fields(n.Name); len(words) > 0 && strings.ContainsFunc(words[0], unicode.IsDigit) {
			return words[0]
		}
		return string(n.ID)
	}
	return string(id)
}

// sameNumber compares numbers of feeders as people write them: one letter before the first
// digit, with a dash or without, does not count, as in «Ф-10-103» and «10-103».
func sameNumber(a, b string) bool { return bareNumber(a) == bareNumber(b) }

func bareNumber(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	r, n := utf8.DecodeRuneInString(s)
	if rest := strings.TrimPrefix(s[n:], "-"); unicode.IsLetter(r) && strings.IndexFunc(rest, unicode.IsDigit) == 0 {
		return rest
	}
	return s
}
