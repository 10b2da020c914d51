package rehearsal

import (
	"bytes"
	"time"

	"asue/metering"
)

// weather is how badly a network treats its messages, as probabilities.
type weather struct {
	drop, double, slow, flip float64
	slowFor                  time.Duration // mean of the delay of slow ones
}

// network is the broker and all ways to it. It keeps what it has carried, for those who
// replay it.
type network struct {
	*stage
	weather weather
	away    time.Time            // the broker is, until then
	cut     map[string]time.Time // ways that are, until then: "a>agent-1"
	past    []parcel             // commands and signs of life that were carried, the youngest last
	beats   map[metering.AgentID]metering.AgentBeat
	orderly bool // every message takes as long as any other: none overtakes another
}

// parcel is a message to an agent that somebody has kept.
type parcel struct {
	to    metering.AgentID
	bytes []byte
}

// keep is what somebody who listens does.
func (n *network) keep(to metering.AgentID, message []byte) {
	if len(n.past) == 2000 {
		n.past = append(n.past[:0], n.past[500:]...)
	}
	n.past = append(n.past, parcel{to, message})
}

func (n *network) hearBeat(b metering.AgentBeat) { n.beats[b.Agent] = b }

// send carries bytes along a way: perhaps late, perhaps twice, perhaps not at all.
// Bits may flip where that is asked for.
func (n *network) send(way string, payload []byte, fragile bool, arrive func([]byte)) {
	if n.now.Before(n.away) || n.now.Before(n.cut[way]) || n.chance(n.weather.drop) {
		n.count["net: lost"]++
		return
	}
	copies := 1
	if n.chance(n.weather.double) {
		n.count["net: doubled"]++
		copies = 2
	}
	for range copies {
		delay := n.between(2*time.Millisecond, 60*time.Millisecond)
		if n.orderly {
			delay = 20 * time.Millisecond
		}
		if n.chance(n.weather.slow) {
			n.count["net: delayed"]++
			delay += n.long(n.weather.slowFor)
		}
		carried := payload
		if fragile && n.chance(n.weather.flip) {
			n.count["net: bit flipped"]++
			carried = bytes.Clone(payload)
			carried[n.dice.IntN(len(carried))] ^= 1 << n.dice.IntN(8)
		}
		n.after(delay, func() { arrive(carried) })
	}
}
