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

// NetworkOf takes from the state of a network what the controller needs: its readiness,
// with lines by their names, of several that are lost together the one that the site
// names first. False for a state that is supposed, could not be calculated or tells no
// readiness.
func NetworkOf(site *metering.Site, s metering.NetworkState) (Network, bool) {
	r := s.Readiness
	if s.Supposed != "" || s.Problem != "" || r == nil {
		return Network{}, false
	}
	name := func(id string) string {
		for _, src := range site.Sources {
			if src.ID == id {
				return src.Name
			}
		}
		return id
	}
	n := Network{At: s.At}
	lost := strings.Split(r.Lost, "+")
	for _, src := range site.Sources {
		if n.Lost == "" && slices.Contains(lost, src.ID) {
			n.Lost = src.Name
		}
	}
	for _, id := range r.Backup {
		n.Backup = append(n.Backup, name(id))
	}
	if w := r.LimitMW * 1e6; len(n.Backup) > 0 && w >= 0 && w < 1e12 {
		n.Limits = []ModelLimit{{Sources: n.Backup, Limit: rough(w), Binds: r.Binds}}
	}
	return n, true
}

// networkFor is how long the model's word counts: flows have changed since, and who
// speaks of them may be dead.
const networkFor = 5 * time.Minute

// EntrySupply says what limit another supply brings, and by what.
const EntrySupply = "supply"

// modelled is what the controller makes of the network's model.
type modelled struct {
	word Network // the youngest
	// said are the limits that it has told, of each set of lines the youngest: after a
	// loss the model speaks of other supplies than before.
	said []saidLimit
	// force is the limit of the line in service by the model, while it feeds.
	force *ModelLimit
}

type saidLimit struct {
	ModelLimit
	at time.Time
}

// saidMost bounds the limits that are remembered; the oldest go first.
const saidMost = 100

// hearNetwork takes the model's word. What it says of the supply in service counts at
// once; of others when they feed.
func (c *Controller) hearNetwork(m Network, now time.Time) {
	if m.At.Before(c.model.word.At) || m.At.After(now.Add(tolerance)) || len(m.Limits) > saidMost || len(m.Backup) > saidMost {
		return
	}
	c.model.word = m
	for _, l := range m.Limits {
		c.model.said = slices.DeleteFunc(c.model.said, func(old saidLimit) bool { return slices.Equal(old.Sources, l.Sources) })
		if l.Limit >= 0 && len(l.Sources) > 0 {
			c.model.said = append(c.model.said, saidLimit{l, m.At})
		}
	}
	c.model.said = c.model.said[max(0, len(c.model.said)-saidMost):]
	if said, ok := of(c.supplyLines(), m.Limits); ok && c.feeding != "" {
		c.model.force = &said
	}
}

// stillCounts reports whether what was said at a time counts at now.
func stillCounts(at, now time.Time) bool { return !at.IsZero() && now.Sub(at) <= networkFor }

// limit is what the model has said of lines that feed together, and how long ago. What
// counts at now goes before what does not; of it the lowest, else the youngest.
func (m *modelled) limit(lines []string, now time.Time) (said ModelLimit, age time.Duration, ok bool) {
	var counts []ModelLimit
	var at time.Time
	for _, s := range m.said {
		if _, covers := of(lines, []ModelLimit{s.ModelLimit}); !covers {
			continue
		}
		if stillCounts(s.at, now) {
			counts = append(counts, s.ModelLimit)
		}
		if !ok || s.at.After(at) {
			said, at, ok = s.ModelLimit, s.at, true
		}
	}
	if lowest, some := of(lines, counts); some {
		return lowest, 0, true
	}
	return said, now.Sub(at), ok
}

// of is the lowest limit of lines that feed together: fewer of them carry no more than
// all of which the model speaks. False if it says nothing of them.
func of(lines []string, limits []ModelLimit) (least ModelLimit, ok bool) {
	for _, l := range limits {
		covered := len(lines) > 0 && l.Limit >= 0
		for _, line := range lines {
			covered = covered && slices.Contains(l.Sources, line)
		}
		if covered && (!ok || l.Limit < least.Limit) {
			least, ok = l, true
		}
	}
	return least, ok
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
	said, age, ok := m.limit(lines, now)
	var counting []ModelLimit
	if ok && age <= networkFor {
		counting = append(counting, said)
	}
	if before != nil { // fewer circuits than before carry no more
		counting = append(counting, *before)
	}
	stated := "its contract states no limit, " + c.supplied.String() + " is kept"
	if !kept {
		stated = "its contract allows " + c.supplied.String()
	}
	text := fmt.Sprintf("%s feeds: %s", strings.Join(lines, " with "), stated)
	switch lowest, some := of(lines, counting); {
	case some:
		m.force = &lowest
		counts := "the contract counts"
		if isLower(metering.LimitOf(lowest.Limit), c.supplied) {
			counts = "the model counts"
		}
		text += fmt.Sprintf("; the model of the network permits %v (%s): %s", lowest.Limit, lowest.Binds, counts)
	case ok:
		text += fmt.Sprintf("; what the model of the network says is %v old, more than %v: it is not used", age.Round(time.Second), networkFor)
	default:
		text += "; the model of the network says nothing of it"
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
