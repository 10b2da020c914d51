package balancing

import (
	"crypto/sha256"
	"encoding/json"
	"time"
)

// Kinds of journal entries.
const (
	EntryShed     = "shed"     // a load is taken off
	EntryRestore  = "restore"  // a load is asked back
	EntryCap      = "cap"      // a set-point is told
	EntryWould    = "would"    // what would be done in a stronger mode
	EntryProposal = "proposal" // a person is asked, or a proposal has ended
	EntryOrder    = "order"    // a person has ordered, and the answer
	EntryMode     = "mode"
	EntryAlarm    = "alarm"
	EntryFailed   = "failed" // a command did not come about, or did not show
	EntryLease    = "lease"  // a step of the conversation with an agent
	EntryLead     = "lead"   // this balancer leads, or does not
)

// Entry is one decision or one step of carrying it out, for the journal. Snapshot
// is the SHA-256 of State, the canonical JSON of what the decision was taken on;
// entries of one tick share it.
type Entry struct {
	At       time.Time      `json:"t"`
	Kind     string         `json:"kind"`
	Subject  string         `json:"subject"` // an actuator, a resident, a node, an order
	Text     string         `json:"text"`
	Args     map[string]any `json:"args,omitempty"`
	Snapshot [32]byte       `json:"snapshot"`
	State    []byte         `json:"-"`
}

// write puts an entry into the journal of this tick.
func (c *Controller) write(kind, subject, text string, args map[string]any) {
	data, hash := c.basis.bytes()
	c.journal = append(c.journal, Entry{At: c.now, Kind: kind, Subject: subject, Text: text, Args: args, Snapshot: hash, State: data})
}

// basis is what the decisions of one tick are taken on. Its bytes are made when
// the first decision asks for them.
type basis struct {
	state State
	data  []byte
	hash  [32]byte
}

func (b *basis) bytes() ([]byte, [32]byte) {
	if b.data == nil {
		data, err := json.Marshal(b.state)
		if err != nil {
			panic("BUG: balancing: journal: " + err.Error())
		}
		b.data, b.hash = data, sha256.Sum256(data)
	}
	return b.data, b.hash
}
