package dispatcher

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"asue/metering"
)

// personsOf is how many persons an order needs. An actuator that is not known
// counts as a breaker.
func (s *Server) personsOf(o metering.Order) int {
	kind := metering.ActuatorBreaker
	switch a, known := s.cfg.Site.Actuator(o.Actuator); {
	case known:
		kind = a.Kind
	case o.Proposal != "" && s.cfg.Moves != nil:
		if moved, ok := s.cfg.Moves(o.Proposal); ok {
			kind = moved
		}
	}
	return o.Kind.Persons(kind)
}

// longestOverride is one shift.
const longestOverride = 12 * time.Hour

// read turns the body into an order, or tells all its faults at once. Its reason begins
// with the ground, so that it goes wherever the reason goes.
func (s *Server) read(b OrderBody) (metering.Order, orderRule, error) {
	o, rule, faults := s.readContent(b.OrderContent)
	fault := func(field, format string, args ...any) {
		faults = append(faults, &huma.ErrorDetail{Message: fmt.Sprintf(format, args...), Location: "body." + field})
	}
	o.Reason = strings.TrimSpace(b.Reason)
	if o.Reason == "" {
		fault("reason", "say why: it is kept for years")
	}
	number, from := strings.TrimSpace(b.Number), strings.TrimSpace(b.From)
	if rule.selects() {
		if number == "" {
			fault("number", "an order %q rests on an instruction: name its number", b.Kind)
		}
		if from == "" {
			fault("from", "an order %q rests on an instruction: say who gave it", b.Kind)
		}
	}
	switch {
	case number != "" && from != "":
		o.Reason = fmt.Sprintf("№ %s, %s: %s", number, from, o.Reason)
	case number != "":
		o.Reason = fmt.Sprintf("№ %s: %s", number, o.Reason)
	case from != "":
		o.Reason = fmt.Sprintf("%s: %s", from, o.Reason)
	}
	if len(faults) > 0 {
		return o, rule, huma.Error422UnprocessableEntity("validation failed", faults...)
	}
	return o, rule, nil
}

// readContent turns the content into an order without a ground, and tells all its faults.
func (s *Server) readContent(b OrderContent) (metering.Order, orderRule, []error) {
	now := s.cfg.Now().UTC()
	o := metering.Order{
		ID: rand.Text(), Kind: metering.OrderKind(b.Kind), At: now, Expires: b.Expires.UTC(), Proposal: b.Proposal, Override: b.Override,
		Actuator: metering.ActuatorID(b.Actuator), Resident: metering.ResidentID(b.Resident), Node: metering.NodeID(b.Node),
	}
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, &huma.ErrorDetail{Message: fmt.Sprintf(format, args...), Location: "body." + field})
	}
	rule, known := orderRuleOf(o.Kind)
	if !known {
		var kinds []string
		for _, r := range orderRules() {
			kinds = append(kinds, string(r.kind))
		}
		fault("kind", "%q cannot be ordered: want one of %s", b.Kind, strings.Join(kinds, ", "))
	}
	site := s.cfg.Site
	for field, given := range map[string]bool{
		"expires": !b.Expires.IsZero(), "proposal": b.Proposal != "", "override": b.Override != "", "actuator": b.Actuator != "",
		"resident": b.Resident != "", "node": b.Node != "", "mode": b.Mode != "", "power_w": b.PowerW != nil, "band": b.Band != nil,
	} {
		needed := slices.Contains(rule.needs, field)
		switch {
		case needed && !given:
			fault(field, "an order %q needs it", b.Kind)
		case known && given && !needed && !slices.Contains(rule.may, field):
			fault(field, "an order %q has no such field", b.Kind)
		}
	}
	if b.Expires.IsZero() {
		o.Expires = time.Time{}
	} else if !o.Expires.After(now) || o.Expires.After(now.Add(longestOverride)) {
		fault("expires", "an override ends within %v from now, which is %s", longestOverride, now.Format(time.RFC3339))
	}
	actuator, there := site.Actuator(o.Actuator)
	if o.Actuator != "" && !there {
		fault("actuator", "there is no actuator %q in the site", o.Actuator)
	}
	if _, ok := site.Resident(o.Resident); o.Resident != "" && !ok {
		fault("resident", "there is no resident %q: /api/v1/residents lists them", o.Resident)
	}
	if !slices.ContainsFunc(site.Topology.Nodes, func(n metering.Node) bool { return n.ID == o.Node }) && o.Node != "" {
		fault("node", "there is no node %q in the site", o.Node)
	}
	if b.Mode != "" {
		mode, err := metering.ParseMode(b.Mode)
		if err != nil {
			fault("mode", "%v", err)
		}
		o.Mode = mode
	}
	if b.PowerW != nil {
		o.Power = metering.Power(*b.PowerW)
	}
	if b.Band != nil {
		o.Band = &metering.HardBand{Least: metering.Power(b.Band.LeastW), Most: metering.Power(b.Band.MostW), FailSafe: metering.Power(b.Band.FailSafeW)}
		if o.Band.Least > o.Band.FailSafe || o.Band.FailSafe > o.Band.Most {
			fault("band", "the fail-safe value lies in the band: least_w ≤ failsafe_w ≤ most_w")
		}
		if there && actuator.Kind != metering.ActuatorSetpoint {
			fault("actuator", "%s is a %s: only set-points have a band", actuator.ID, actuator.Kind)
		}
	}
	return o, rule, faults
}
