package agent

import (
	"time"

	"asue/metering"
)

// nonces are those of the beats that may still be repeated.
type nonces struct {
	values []uint64
	sent   []time.Time
}

// add takes a nonce in and lets those go that nobody may repeat any more.
func (n *nonces) add(value uint64, now time.Time, life time.Duration) {
	old := 0
	for old < len(n.sent) && now.Sub(n.sent[old]) > life {
		old++
	}
	n.values = append(n.values[:0], n.values[old:]...)
	n.sent = append(n.sent[:0], n.sent[old:]...)
	n.values, n.sent = append(n.values, value), append(n.sent, now)
}

func (n *nonces) find(value uint64) (time.Time, bool) {
	for i, v := range n.values {
		if v == value {
			return n.sent[i], true
		}
	}
	return time.Time{}, false
}

// mostKnown is how many commands are remembered by their ID. An older one is
// refused because its beat is too old.
const mostKnown = 1024

// memory is what was answered to each of the last commands.
type memory struct {
	byID map[string]*knownCommand
	ids  []string // in the order of coming
}

type knownCommand struct {
	digest  [32]byte
	outcome metering.Outcome
}

func newMemory() memory { return memory{byID: map[string]*knownCommand{}} }

func (m *memory) find(id string) *knownCommand { return m.byID[id] }

func (m *memory) put(id string, digest [32]byte, o metering.Outcome) {
	if k := m.byID[id]; k != nil {
		k.outcome = o
		return
	}
	if len(m.ids) == mostKnown {
		delete(m.byID, m.ids[0])
		m.ids = append(m.ids[:0], m.ids[1:]...)
	}
	m.byID[id] = &knownCommand{digest, o}
	m.ids = append(m.ids, id)
}
