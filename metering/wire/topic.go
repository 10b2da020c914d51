package wire

import (
	"fmt"
	"strings"

	"asue/metering"
)

// Root opens every topic: the name of the system and the version of its tree.
const Root = "asue/v1"

// Branch says what a topic carries.
type Branch string

// Branches of a site's tree. The retained ones are State, LivePoint, Control,
// Forecast, Network and Presence; nothing that commands ever is.
const (
	BranchLive    Branch = "d"     // batches as they are taken: …/d/<collector>
	BranchHistory Branch = "h"     // batches sent again: …/h/<collector>
	BranchAck     Branch = "ack"   // to a collector: …/ack/<collector>
	BranchState   Branch = "state" // of a collector, retained, will = offline: …/state/<collector>
	// To a collector, never retained, and its answer: …/replay/<collector>, …/replaying/<collector>
	BranchReplay       Branch = "replay"
	BranchReplayAnswer Branch = "replaying"
	BranchLivePoint    Branch = "live"    // for people, plain JSON, retained: …/live/<point>
	BranchControl      Branch = "control" // the balancer's state, plain JSON, retained: …/control
	// Of the conversation between balancer and agents, never retained: sealed
	// commands to an agent, what it says of each, its signs of life, and the sealed
	// orders of people to the balancer: …/allot/<agent>, …/order/<balancer>.
	BranchAllot   Branch = "allot"
	BranchOutcome Branch = "outcome"
	BranchBeat    Branch = "beat"
	BranchOrder   Branch = "order"
	// What zone and residents will draw, plain JSON, retained: …/forecast
	BranchForecast Branch = "forecast"
	// What flows in the network and at what voltage, plain JSON, retained: …/network
	BranchNetwork Branch = "network"
	// Whether live points are told: the words online and offline as plain text, retained,
	// will = offline: …/presence
	BranchPresence Branch = "presence"
)

// Topic is a topic taken apart.
type Topic struct {
	Site   metering.SiteID
	Branch Branch
	Name   string // collector, point, agent or balancer; empty for the branches that have one topic: control, forecast, network, presence
}

// String puts the topic together again.
func (t Topic) String() string {
	s := Root + "/" + string(t.Site) + "/" + string(t.Branch)
	if t.Name != "" {
		s += "/" + t.Name
	}
	return s
}

// LiveTopic is where a collector publishes batches as it takes them.
func LiveTopic(site metering.SiteID, collector string) string {
	return Topic{site, BranchLive, collector}.String()
}

// HistoryTopic is where a collector publishes batches again, so that history
// never delays what is live.
func HistoryTopic(site metering.SiteID, collector string) string {
	return Topic{site, BranchHistory, collector}.String()
}

// AckTopic is where a collector hears what the ledger has committed.
func AckTopic(site metering.SiteID, collector string) string {
	return Topic{site, BranchAck, collector}.String()
}

// StateTopic is where a collector's State is retained.
func StateTopic(site metering.SiteID, collector string) string {
	return Topic{site, BranchState, collector}.String()
}

// LivePointTopic is where a point's LivePoint is retained.
func LivePointTopic(site metering.SiteID, point metering.PointID) string {
	return Topic{site, BranchLivePoint, string(point)}.String()
}

// ControlTopic is where the balancer's state is retained.
func ControlTopic(site metering.SiteID) string {
	return Topic{Site: site, Branch: BranchControl}.String()
}

// PresenceTopic is where it is retained whether live points are told.
func PresenceTopic(site metering.SiteID) string {
	return Topic{Site: site, Branch: BranchPresence}.String()
}

// What is said on PresenceTopic.
const (
	Online  = online
	Offline = offline
)

// AllotTopic is where an agent hears the balancer.
func AllotTopic(site metering.SiteID, agent metering.AgentID) string {
	return Topic{site, BranchAllot, string(agent)}.String()
}

// OutcomeTopic is where an agent says how far a command has come.
func OutcomeTopic(site metering.SiteID, agent metering.AgentID) string {
	return Topic{site, BranchOutcome, string(agent)}.String()
}

// BeatTopic is where an agent shows that it lives, and its actuators.
func BeatTopic(site metering.SiteID, agent metering.AgentID) string {
	return Topic{site, BranchBeat, string(agent)}.String()
}

// Balancer is the name by which people's orders reach the balancer.
const Balancer = "balancer"

// OrderTopic is where the balancer hears people.
func OrderTopic(site metering.SiteID) string {
	return Topic{site, BranchOrder, Balancer}.String()
}

// Filter subscribes to one branch of one site, for all collectors, points or
// agents; of every site if site is empty.
func Filter(site metering.SiteID, branch Branch) string {
	if site == "" {
		site = "+"
	}
	if branch == BranchControl || branch == BranchForecast || branch == BranchNetwork || branch == BranchPresence {
		return Topic{Site: site, Branch: branch}.String()
	}
	return Topic{site, branch, "+"}.String()
}

// ParseTopic takes a topic apart. It fails with ErrMalformed on one that is not
// of this tree.
func ParseTopic(topic string) (Topic, error) {
	rest, ok := strings.CutPrefix(topic, Root+"/")
	site, rest, ok2 := strings.Cut(rest, "/")
	branch, name, named := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return Topic{}, fmt.Errorf("topic %q: %w: want %s/<site>/<branch>/<name>", clip(topic), ErrMalformed, Root)
	}
	t := Topic{Site: metering.SiteID(site), Branch: Branch(branch), Name: name}
	if err := checkName("site", site); err != nil {
		return Topic{}, fmt.Errorf("topic %q: %w", clip(topic), err)
	}
	switch t.Branch {
	case BranchLive, BranchHistory, BranchAck, BranchState, BranchLivePoint, BranchReplay, BranchReplayAnswer,
		BranchAllot, BranchOutcome, BranchBeat, BranchOrder:
		if err := checkName("name", name); err != nil {
			return Topic{}, fmt.Errorf("topic %q: %w", clip(topic), err)
		}
	case BranchControl, BranchForecast, BranchNetwork, BranchPresence:
		if named {
			return Topic{}, fmt.Errorf("topic %q: %w: nothing follows %q", clip(topic), ErrMalformed, branch)
		}
	default:
		return Topic{}, fmt.Errorf("topic %q: %w: unknown branch %q", clip(topic), ErrMalformed, clip(branch))
	}
	return t, nil
}

// clip keeps an error short whatever a stranger sends.
func clip(s string) string {
	if len(s) <= MaxText {
		return s
	}
	return s[:MaxText] + "…"
}
