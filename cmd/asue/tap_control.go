package main

import (
	"fmt"
	"strings"
	"time"

	"asue/metering"
	"asue/metering/wire"
)

// conversation is one message between balancer, agents and people on a line. The
// seal of a command is named and not proven: a tap has no keys.
func conversation(topic wire.Topic, payload []byte, asJSON bool) (string, error) {
	switch topic.Branch {
	case wire.BranchAllot:
		inside, key, err := wire.Unsealed(payload)
		if err != nil {
			return "", err
		}
		a, err := wire.DecodeAllotment(inside)
		switch {
		case err != nil:
			return "", err
		case asJSON:
			return asText(wire.EncodeAllotmentJSON(a))
		}
		return allotmentText(topic, a) + "  key " + key.String(), nil
	case wire.BranchOrder:
		inside, key, err := wire.Unsealed(payload)
		if err != nil {
			return "", err
		}
		o, err := wire.DecodeOrder(inside)
		switch {
		case err != nil:
			return "", err
		case asJSON:
			return asText(wire.EncodeOrderJSON(o))
		}
		return orderText(topic, o) + "  key " + key.String(), nil
	case wire.BranchOutcome:
		o, err := wire.DecodeOutcome(payload)
		switch {
		case err != nil:
			return "", err
		case asJSON:
			return asText(wire.EncodeOutcomeJSON(o))
		}
		return outcomeText(topic, o), nil
	default:
		b, err := wire.DecodeBeat(payload)
		switch {
		case err != nil:
			return "", err
		case asJSON:
			return asText(wire.EncodeBeatJSON(b))
		}
		return beatText(topic, b), nil
	}
}

func allotmentText(topic wire.Topic, a metering.Allotment) string {
	parts := []string{a.IssuedAt.UTC().Format(clockTime), "allot to " + topic.Name, a.Verb.String()}
	if a.Actuator != "" {
		parts = append(parts, string(a.Actuator))
	}
	switch a.Verb {
	case metering.VerbBeat:
	case metering.VerbCommission:
		parts = append(parts, bandText(*a.Band))
	default:
		parts = append(parts, wanted(a.Kind, a.Want), "from "+wanted(a.Kind, a.Expect), a.Mode.String())
	}
	if a.Emergency {
		parts = append(parts, "emergency")
	}
	parts = append(parts, fmt.Sprintf("term %d #%d", a.Term, a.Seq))
	if a.ID != "" {
		parts = append(parts, "id "+a.ID)
	}
	if names := approvers(a.Approvals); names != "" {
		parts = append(parts, "by "+names)
	}
	if a.Reason != "" {
		parts = append(parts, "("+a.Reason+")")
	}
	return strings.Join(parts, "  ")
}

func orderText(topic wire.Topic, o metering.Order) string {
	parts := []string{o.At.UTC().Format(clockTime), "order to " + topic.Name, string(o.Kind)}
	for _, of := range []string{o.Proposal, o.Override, string(o.Actuator), string(o.Resident), string(o.Node)} {
		if of != "" {
			parts = append(parts, of)
		}
	}
	switch o.Kind {
	case metering.OrderMode:
		parts = append(parts, o.Mode.String())
	case metering.OrderPin, metering.OrderLimit:
		parts = append(parts, o.Power.String())
	}
	if o.Band != nil {
		parts = append(parts, bandText(*o.Band))
	}
	if !o.Expires.IsZero() {
		parts = append(parts, "until "+o.Expires.UTC().Format(time.RFC3339))
	}
	return strings.Join(append(parts, "id "+o.ID, "by "+approvers(o.By), "("+o.Reason+")"), "  ")
}

func outcomeText(topic wire.Topic, o metering.Outcome) string {
	parts := []string{o.At.UTC().Format(clockTime), "outcome of " + topic.Name}
	if o.Actuator != "" {
		parts = append(parts, string(o.Actuator))
	}
	stage := string(o.Stage)
	if o.Refusal != "" {
		stage += ": " + o.Refusal
	}
	parts = append(parts, stage)
	if o.Seen != (metering.Desired{}) {
		parts = append(parts, "seen "+o.Seen.String())
	}
	parts = append(parts, fmt.Sprintf("term %d", o.Term), "id "+o.ID)
	if o.Text != "" {
		parts = append(parts, "("+o.Text+")")
	}
	return strings.Join(parts, "  ")
}

func beatText(topic wire.Topic, b metering.AgentBeat) string {
	parts := []string{b.At.UTC().Format(clockTime), "beat of " + topic.Name, fmt.Sprintf("boot %016x  term %d #%d", b.Boot, b.Term, b.Seq)}
	for _, s := range b.States {
		state := string(s.Actuator) + " " + s.Now.String()
		if !s.Readable {
			state = string(s.Actuator) + " unreadable"
		}
		if s.Guarding != metering.GuardNormal {
			state += " " + string(s.Guarding)
		}
		if s.Command != "" {
			state += fmt.Sprintf(" (%s, %s left)", s.Command, s.Left.Round(time.Second))
		}
		parts = append(parts, state)
	}
	return strings.Join(parts, "  ")
}

// clockTime is the time of day of a message.
const clockTime = "15:04:05.000"

func wanted(kind metering.ActuatorKind, d metering.Desired) string {
	if kind != metering.ActuatorSetpoint && d.Position == metering.PositionUnknown {
		return "unknown"
	}
	return d.String()
}

func bandText(b metering.HardBand) string {
	return fmt.Sprintf("band %v to %v, fail-safe %v", b.Least, b.Most, b.FailSafe)
}

func approvers(list []metering.Approval) string {
	var names []string
	for _, a := range list {
		names = append(names, a.User)
	}
	return strings.Join(names, " and ")
}
