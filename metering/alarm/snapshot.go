package alarm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// snapshotForm is the version of a snapshot.
const snapshotForm = 1

type snapshot struct {
	Form    int      `json:"form"`
	Entries []*entry `json:"entries"`
}

// Snapshot is the book as bytes, JSON, alarms by id. The same book gives the same bytes.
func (b *Book) Snapshot() []byte {
	s := snapshot{Form: snapshotForm, Entries: b.sorted}
	if s.Entries == nil {
		s.Entries = []*entry{}
	}
	bytes, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("BUG: a book that cannot be written: %v", err))
	}
	return bytes
}

// Clone is another book that holds the same, to try something on.
func (b *Book) Clone() *Book {
	c := *b
	c.entries, c.sorted = make(map[ID]*entry, len(b.entries)), make([]*entry, len(b.sorted))
	for i, e := range b.sorted {
		twin := *e
		twin.Alarm = e.copy()
		c.entries[e.ID], c.sorted[i] = &twin, &twin
	}
	return &c
}

// Restore puts a snapshot in place of what the book holds. Alarms of kinds that the
// catalogue no longer has are left out and returned. It fails on what is no snapshot, or
// one of a later version; the book is then as it was.
func (b *Book) Restore(bytes []byte) (gone []ID, err error) {
	var s snapshot
	if err := json.Unmarshal(bytes, &s); err != nil {
		return nil, fmt.Errorf("alarms: the snapshot cannot be read: %w", err)
	}
	if s.Form != snapshotForm {
		return nil, fmt.Errorf("alarms: a snapshot of form %d: this release reads form %d", s.Form, snapshotForm)
	}
	entries := map[ID]*entry{}
	for i, e := range s.Entries {
		switch {
		case e == nil || e.ID != IDOf(e.Kind, e.Subject):
			return nil, fmt.Errorf("alarms: element %d of the snapshot names another alarm than it is", i+1)
		case b.defs[e.Kind].Kind == "":
			gone = append(gone, e.ID)
		default:
			e.Priority = b.defs[e.Kind].Priority
			if e.Rolled && b.height(e.Kind) == 0 { // nothing is rolled up into it any more
				e.Rolled, e.Raw, e.Members = false, e.Observed, 0
			}
			entries[e.ID] = e
		}
	}
	b.entries, b.sorted = entries, slices.Collect(maps.Values(entries))
	slices.SortFunc(b.sorted, func(x, y *entry) int { return strings.Compare(string(x.ID), string(y.ID)) })
	b.version++
	return gone, nil
}
