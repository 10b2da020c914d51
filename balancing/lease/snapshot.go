package lease

import (
	"encoding/json"
	"fmt"
	"time"
)

// Memory is what outlives a restart: that no number of a term is used twice. What
// was on its way is not kept: the actual states are read again, and are what is
// wanted then.
type Memory struct {
	Term uint64 `json:"term"`
	Seq  uint64 `json:"seq"`
}

// Snapshot is what Restore needs, as JSON.
func (b *Book) Snapshot() json.RawMessage {
	data, err := json.Marshal(Memory{Term: b.term, Seq: b.seq})
	if err != nil {
		panic("BUG: lease: snapshot: " + err.Error())
	}
	return data
}

// Restore gives a new book the memory of an earlier one.
func (b *Book) Restore(data []byte) error {
	var m Memory
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("lease: restore: damaged snapshot: %w", err)
	}
	b.term, b.seq = m.Term, m.Seq
	return nil
}

// Rewind follows a clock that was set back to now: what was stamped later counts
// as of now.
func (b *Book) Rewind(now time.Time) {
	clip := func(t *time.Time) {
		if t.After(now) {
			*t = now
		}
	}
	clip(&b.ledFrom)
	for _, a := range b.agents {
		clip(&a.heard)
		clip(&a.beaten)
	}
	for _, t := range b.tracks {
		clip(&t.heard)
		clip(&t.renewed)
		if f := t.flight; f != nil {
			for _, at := range []*time.Time{&f.begun, &f.asked, &f.sent, &f.operated} {
				clip(at)
			}
		}
	}
}
