package pool

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Ceiling is the most that may be committed from a time on.
type Ceiling struct {
	From     time.Time // zero: since the beginning
	Limit    metering.Limit
	Document string // the decision
}

// noCeiling is above every sum of commitments.
const noCeiling = metering.Power(1 << 60)

// SetCeiling sets the most that may be committed at a node from a time on, until the next
// ceiling that is stated for later; one of the same time it replaces. What was posted
// before stays, also where it comes above the new ceiling. It fails for an unknown node,
// and for a ceiling without a limit or a document, or not from a whole second on; nothing
// is changed then.
func (l *Ledger) SetCeiling(node metering.NodeID, c Ceiling) error {
	n, ok := l.index[node]
	switch {
	case !ok:
		return fmt.Errorf("ceiling at node %q: it is not known", node)
	case c.Document == "":
		return fmt.Errorf("ceiling at node %s: name the document of the decision", node)
	case c.From.Nanosecond() != 0:
		return fmt.Errorf("ceiling at node %s: it begins at %v: times are whole seconds", node, c.From.UTC())
	}
	list := slices.Clone(l.nodes[n].Ceilings)
	i, same := slices.BinarySearchFunc(list, c, func(a, b Ceiling) int { return a.From.Compare(b.From) })
	if same {
		list[i] = c
	} else {
		list = slices.Insert(list, i, c)
	}
	steps, why := ceilings(list)
	if why != "" {
		return fmt.Errorf("ceiling at node %s: %s", node, why)
	}
	l.nodes[n].Ceilings, l.ceiling[n] = list, steps
	return nil
}

// CeilingAt is the most that may be committed at a node at a time, unlimited if there is
// no ceiling. False for an unknown node.
func (l *Ledger) CeilingAt(node metering.NodeID, at time.Time) (metering.Limit, bool) {
	n, ok := l.index[node]
	if !ok {
		return metering.Limit{}, false
	}
	if p := l.ceiling[n].at(instant(at.Unix())); p != noCeiling {
		return metering.LimitOf(p), true
	}
	return metering.Unlimited(), true
}

// Committed is what is committed at a node and below it at a time; 0 for an unknown node.
func (l *Ledger) Committed(node metering.NodeID, at time.Time) metering.Power {
	n, ok := l.index[node]
	if !ok {
		return 0
	}
	return l.used[n].at(instant(at.Unix()))
}

func ceilings(list []Ceiling) (line, string) {
	out := line{{ever, noCeiling}}
	for i, c := range list {
		if i > 0 && !list[i-1].From.Before(c.From) {
			return nil, fmt.Sprintf("ceiling %d: it begins at %s, not after the one before it", i+1, stamp(c.From))
		}
		p, limited := c.Limit.Power()
		switch {
		case !c.Limit.IsStated():
			return nil, fmt.Sprintf("ceiling %d: state a power, or that it is unlimited", i+1)
		case !limited:
			p = noCeiling
		}
		if s := (step{begin(c.From), p}); s.at == ever {
			out[0] = s
		} else {
			out = append(out, s)
		}
	}
	return out, ""
}

// ceilingText is how a ceiling is written: limit_w, or unlimited.
type ceilingText struct {
	From      time.Time       `json:"from,omitzero"`
	Limit     *metering.Power `json:"limit_w,omitempty"`
	Unlimited bool            `json:"unlimited,omitempty"`
	Document  string          `json:"document,omitempty"`
}

// MarshalJSON writes {"from", "limit_w" or "unlimited": true, "document"}; a limit that is
// not stated has neither.
func (c Ceiling) MarshalJSON() ([]byte, error) {
	text := ceilingText{From: c.From, Unlimited: c.Limit.IsUnlimited(), Document: c.Document}
	if p, ok := c.Limit.Power(); ok {
		text.Limit = &p
	}
	return json.Marshal(text)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Ceiling) UnmarshalJSON(data []byte) error {
	var text ceilingText
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("ceiling: %w", err)
	}
	*c = Ceiling{From: text.From, Document: text.Document}
	switch {
	case text.Limit != nil && text.Unlimited:
		return errors.New("ceiling: it has a limit and is unlimited: state one of them")
	case text.Limit != nil && *text.Limit < 0:
		return fmt.Errorf("ceiling: a limit of %v: want 0 or more", *text.Limit)
	case text.Limit != nil:
		c.Limit = metering.LimitOf(*text.Limit)
	case text.Unlimited:
		c.Limit = metering.Unlimited()
	}
	return nil
}
