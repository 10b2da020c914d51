package balancing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"asue/metering"
)

// Network is what the model of the electrical network says beforehand of supplies that
// do not feed now. A younger one takes the place of an older one.
type Network struct {
	At time.Time
	// Backup names the lines that would feed the site if Lost, the line in service,
	// tripped now; empty: none could.
	Lost   string
	Backup []string
	Limits []ModelLimit
}

// ModelLimit is what some lines could carry together of the load, as it is spread.
type ModelLimit struct {
	Sources []string       `json:"sources"` // names, as in Supply.Feeding and With
	Limit   metering.Power `json:"limit_w"`
	Binds   string         `json:"binds"` // what ends it there, for people
}

func (Network) message() {}

// networkFor is how long the model's word counts: flows have changed since, and who
// speaks of them may be dead.
const networkFor = 5 * time.Minute

// EntrySupply says what limit another supply brings, and by what.
const EntrySupply = "supply"

// modelled is what the controller makes of the network's model.
type modelled struct {
	word Network
	// force is the limit of the line in service by the model, while it feeds.
	force *ModelLimit
}

// hearNetwork takes the model's word. What it says of the supply in service counts at
// once; of others when they feed.
func (c *Controller) hearNetwork(m Network, now time.Time) {
	if m.At.Before(c.model.word.At) || m.At.After(now.Add(tolerance)) || len(m.Limits) > 1000 || len(m.Backup) > 1000 {
		return
	}
	c.model.word = m
	if l := m.of(c.supplyLines()); l != nil && c.feeding != "" {
		c.model.force = l
	}
}

// fresh reports whether the model's word counts at now.
func (m *modelled) fresh(now time.Time) bool {
	return !m.word.At.IsZero() && now.Sub(m.word.At) <= networkFor
}

// of is the limit of lines that feed together: fewer of them carry no more than all of
// which the model speaks. Nil: it says nothing of them.
func (m Network) of(lines []string) *ModelLimit {
	var least *ModelLimit
	for i := range m.Limits {
		l := &m.Limits[i]
		covered := len(lines) > 0 && l.Limit >= 0
		for _, line := range lines {
			covered = covered && slices.Contains(l.Sources, line)
		}
		if covered && (least == nil || l.Limit < least.Limit) {
			one := *l
			least = &one
		}
	}
	return least
}

// supplyLines are the lines that feed the site, or did last.
func (c *Controller) supplyLines() []string { return append([]string{c.contract}, c.with...) }

// adopt finds the model's limit of a supply that has just taken over, and writes down
// which limit it is that counts.
func (c *Controller) adopt(s Supply, kept bool, now time.Time) {
	m := &c.model
	before := m.force
	m.force = nil
	if m.word.At.IsZero() {
		return // nobody models this network
	}
	lines := append([]string{s.Feeding}, s.With...)
	said := m.word.of(lines)
	if said == nil && before != nil { // fewer circuits than before
		said = Network{Limits: []ModelLimit{*before}}.of(lines)
	}
	stated := "its contract states no limit, " + c.supplied.String() + " is kept"
	if !kept {
		stated = "its contract allows " + c.supplied.String()
	}
	text := fmt.Sprintf("%s feeds: %s", strings.Join(lines, " with "), stated)
	switch age := now.Sub(m.word.At); {
	case !m.fresh(now):
		text += fmt.Sprintf("; what the model of the network says is %v old, more than %v: it is not used", age.Round(time.Second), networkFor)
	case said == nil:
		text += "; the model of the network says nothing of it"
	default:
		m.force = said
		counts := "the contract counts"
		if isLower(metering.LimitOf(said.Limit), c.supplied) {
			counts = "the model counts"
		}
		text += fmt.Sprintf("; the model of the network permits %v (%s): %s", said.Limit, said.Binds, counts)
	}
	c.later(EntrySupply, s.Feeding, text)
}

// byModel lowers a limit to what the model permits the line in service.
func (c *Controller) byModel(limit metering.Limit, why string) (metering.Limit, string) {
	l := c.model.force
	if l == nil || !isLower(metering.LimitOf(l.Limit), limit) {
		return limit, why
	}
	return metering.LimitOf(l.Limit), "model of the network: " + l.Binds
}
