package hosting

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"time"
)

// digest is the SHA-256 of all that a model is made of.
func digest(m *Model, loads []Load) (sum [32]byte) {
	h := sha256.New()
	fmt.Fprintf(h, "asue hosting 1\nblock %d\n", m.block)
	for _, n := range m.nodes {
		fmt.Fprintf(h, "node %q %q %d %d %v\n", n.ID, n.Parent, n.Firm, n.Armour, n.Backup)
		writeSteps(h, n.Limits)
	}
	var buf bytes.Buffer
	for _, l := range loads {
		fmt.Fprintf(h, "load %q %q %d\n", l.Name, l.Node, len(l.Weeks))
		for _, w := range l.Weeks {
			fmt.Fprintf(h, "week %d %d\n", w.Season, w.Filled)
			buf.Reset()
			for _, p := range w.Power {
				buf.Write(binary.BigEndian.AppendUint32(buf.AvailableBuffer(), math.Float32bits(p)))
			}
			h.Write(buf.Bytes())
		}
	}
	h.Sum(sum[:0])
	return sum
}

func writeSteps(h hash.Hash, steps []Step) {
	for _, s := range steps {
		fmt.Fprintf(h, "limit %s %v\n", s.From.UTC().Format(time.RFC3339Nano), s.Limit)
	}
}

// digestOf is the digest of a question to a model under a policy.
func (m *Model) digestOf(q Question, p Policy) (sum [32]byte) {
	h := sha256.New()
	h.Write(m.bytes[:])
	fmt.Fprintf(h, "policy %+v\n", p)
	fmt.Fprintf(h, "question %d %q %v %d %d %s\n", q.Power, q.Node, q.Flexible, q.Armour, q.Existing, q.At.UTC().Format(time.RFC3339Nano))
	writeProfile(h, q.Profile)
	for _, c := range q.Committed {
		fmt.Fprintf(h, "committed %q %d %s\n", c.Node, c.Power, c.From.UTC().Format(time.RFC3339Nano))
		writeProfile(h, c.Profile)
	}
	for _, s := range q.Scenarios {
		fmt.Fprintf(h, "scenario %q\n", s.Name)
		for _, c := range s.Changes {
			fmt.Fprintf(h, "change %q\n", c.Node)
			writeSteps(h, c.Limits)
		}
	}
	for _, c := range q.Candidates {
		fmt.Fprintf(h, "candidate %q %q %d\n", c.Resident, c.Node, c.Power)
	}
	h.Sum(sum[:0])
	return sum
}

func writeProfile(h hash.Hash, p Profile) {
	fmt.Fprintf(h, "profile %q %v\n", p.Name, p.parts)
}
