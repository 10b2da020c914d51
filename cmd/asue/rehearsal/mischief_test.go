package rehearsal

import (
	"bytes"
	"encoding/json"
	"fmt"

	"asue/metering"
	"asue/metering/wire"
)

// mischief lets agents and balancers hear, again and again, what they should not obey.
// Whoever does it hears everything that is said, and has every key but the right ones.
func (z *zone) mischief() {
	if z.temper.mischief == 0 {
		return
	}
	z.after(z.long(z.temper.mischief), func() {
		z.trick()
		z.mischief()
	})
}

func (z *zone) trick() {
	c := pick(z.stage, z.cabinets)
	if z.chance(0.15) {
		z.trickDesks()
		return
	}
	if len(z.net.past) == 0 {
		return
	}
	old := pick(z.stage, z.net.past)
	if z.chance(0.4) { // of the last minute or so
		old = z.net.past[max(0, len(z.net.past)-1-z.dice.IntN(30))]
	}
	switch z.dice.IntN(6) {
	case 0, 1:
		z.count["false: replayed"]++
		c.of(old.to).hear(old.bytes)
	case 2:
		z.count["false: sent to another agent"]++
		c.hear(old.bytes)
	case 3:
		z.count["false: signed by a stranger"]++
		c.hear(z.forged(c, old.bytes))
	case 4:
		z.count["false: content changed"]++
		c.of(old.to).hear(z.changed(c.of(old.to), old.bytes))
	case 5:
		z.count["false: lain at the broker"]++ // marked as retained, it is dropped before the agent; here the mark is lost
		c.of(old.to).hear(old.bytes)
	}
}

func (c *cabinet) of(id metering.AgentID) *cabinet {
	for _, other := range c.cabinets {
		if other.id == id {
			return other
		}
	}
	return c
}

// forged is a command that would fit in all but its signature: it repeats the agent's
// youngest beat.
func (z *zone) forged(c *cabinet, old []byte) []byte {
	m := z.tempting(c, old)
	sealed, err := wire.SealAllotment(m, keyStranger)
	if err != nil {
		panic(err)
	}
	return sealed
}

// tempting is a message of the past made fit for now.
func (z *zone) tempting(c *cabinet, old []byte) metering.Allotment {
	payload, _, err := wire.Unsealed(old)
	if err != nil {
		panic(err)
	}
	m, err := wire.DecodeAllotment(payload)
	if err != nil {
		panic(err)
	}
	beat := z.net.beats[c.id]
	m.Agent, m.Boot, m.Nonce, m.IssuedAt = c.id, beat.Boot, beat.Nonce, z.now
	m.Term, m.Seq = beat.Term+uint64(z.dice.IntN(2)), beat.Seq+1+uint64(z.dice.IntN(3))
	if m.Actuator != "" && m.Kind == metering.ActuatorSetpoint && m.Band == nil {
		m.Want.Limit = metering.Power(z.dice.IntN(4000)) * metering.Kilowatt
	}
	return m
}

// changed is a message of the past with another content under its old signature.
func (z *zone) changed(c *cabinet, old []byte) []byte {
	payload, err := wire.EncodeAllotment(z.tempting(c, old))
	if err != nil {
		panic(err)
	}
	text, err := wire.SealedJSON(old)
	if err != nil {
		panic(err)
	}
	var seal map[string]any
	if err := json.Unmarshal(text, &seal); err != nil {
		panic(err)
	}
	seal["payload"] = payload
	spoilt, err := json.Marshal(seal)
	if err != nil {
		panic(err)
	}
	return spoilt
}

// trickDesks tries the balancers: orders of strangers and old orders, and signs of life
// and outcomes of the past, which nobody signs.
func (z *zone) trickDesks() {
	d := pick(z.stage, z.desks)
	switch z.dice.IntN(3) {
	case 0:
		z.count["false: order of a stranger"]++
		o := metering.Order{ID: fmt.Sprintf("x-%d", z.dice.IntN(1000)), Kind: metering.OrderArm, At: z.now, Reason: "none", By: signedAt(staff[:2], z.now)}
		sealed, err := wire.SealOrder(o, keyStranger)
		if err != nil {
			panic(err)
		}
		d.hearOrder(sealed)
	case 1:
		if n := len(z.persons.past); n > 0 {
			z.count["false: order replayed"]++
			d.hearOrder(pick(z.stage, z.persons.past))
		}
	case 2:
		if n := len(z.persons.past); n > 0 {
			z.count["false: order changed"]++
			o := bytes.Clone(pick(z.stage, z.persons.past))
			o[z.dice.IntN(len(o))] ^= byte(1 + z.dice.IntN(255))
			d.hearOrder(o)
		}
	}
}
