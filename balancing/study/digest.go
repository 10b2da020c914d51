package study

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"asue/metering"
)

// digestData is the digest of everything that a model is made of.
func digestData(site *metering.Site, at time.Time) [32]byte {
	h := sha256.New()
	text, err := json.Marshal(site.Network)
	if err != nil {
		panic(fmt.Sprintf("BUG: the network of a site cannot be written: %v", err))
	}
	h.Write(text)
	for _, n := range site.Topology.Nodes {
		fmt.Fprintf(h, "\nnode %q %q %v", n.ID, n.Parent, n.VoltageKV)
	}
	for _, s := range site.Sources {
		fmt.Fprintf(h, "\nsource %q %q %v %v", s.ID, s.Node, s.Contract, s.Available)
	}
	for _, c := range site.Conditions {
		fmt.Fprintf(h, "\ncondition %q %q %v %v %v %v", c.Resident, c.Node, c.Power, c.Category, c.From.Unix(), c.To.Unix())
	}
	fmt.Fprintf(h, "\nat %v", at.UTC().Format(time.RFC3339Nano))
	return [32]byte(h.Sum(nil))
}

// digest names all that a result follows from: the model's data, how the network
// stands, what is drawn, where tap changers begin, the ratings asked for. The first 16
// of the 64 digits of SHA-256.
func (m *Model) digest(q question) string {
	b := make([]byte, 0, 256+24*len(q.loads))
	b = append(b, m.data[:]...)
	b = append(b, q.at.key()...)
	number := func(v float64) { b = binary.BigEndian.AppendUint64(b, math.Float64bits(v)) }
	for i, l := range q.loads {
		number(l.mw)
		number(l.mvar)
		b = append(b, bit(l.stale), byte(i))
	}
	for i, tap := range q.taps {
		b = append(b, byte(tap), bit(q.held[i]))
	}
	number(q.setting.ambient())
	number(q.recovery)
	for i := range m.stations {
		number(m.heldBy(&m.stations[i], q.setting))
	}
	b = append(b, bit(q.setting.Emergency), bit(q.planned))
	b = append(b, q.setting.Scenario...)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func bit(on bool) byte {
	if on {
		return 1
	}
	return 0
}
