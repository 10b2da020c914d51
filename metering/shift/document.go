package shift

import (
	"fmt"
	"slices"
	"time"

	"asue/metering"
)

// Document is what one shift hands over to the next. It says nothing that changes by
// itself from second to second: what was read is what is signed.
type Document struct {
	Who   string    `json:"who,omitempty"` // hands over; empty where nobody had the shift
	Since time.Time `json:"since,omitzero"`

	Alarms    []Item `json:"alarms,omitempty"`         // announced, and not normal
	Shelved   []Item `json:"shelved,omitempty"`        // with their end
	Out       []Item `json:"out_of_service,omitempty"` // with their end
	Silent    []Item `json:"silent,omitempty"`         // meters
	Switches  []Item `json:"switches,omitempty"`       // not in the normal position
	Overrides []Item `json:"overrides,omitempty"`      // orders to the balancer that hold for a while, and limits
	Pending   []Item `json:"pending,omitempty"`        // orders that wait for a second person
	// Unfinished are entries of the log whose action goes on, from earlier shifts too.
	Unfinished []Item `json:"unfinished,omitempty"`
	Notes      []Item `json:"notes,omitempty"` // of the shift
	// Left is how many of a list did not fit into the document, by the list's name.
	Left map[string]int `json:"left,omitempty"`
}

// Item is a line of a document.
type Item struct {
	ID    string    `json:"id,omitempty"`
	Seq   uint64    `json:"seq,omitempty"`   // of the record
	State string    `json:"state,omitempty"` // a word of the list
	At    time.Time `json:"at,omitzero"`
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
	Text  string    `json:"text,omitempty"`
}

// How much a document may hold, so that its record holds it.
const (
	mostItems    = 200
	documentRoom = 44 << 10 // bytes of JSON
	lineMost     = 200      // letters of a text
)

// Bounded is a document that a record can hold: what does not fit is counted in Left.
// Unfinished entries all stay: the next shift learns of them from the document alone.
func (d Document) Bounded() Document {
	lists := []struct {
		name string
		list *[]Item
	}{
		{"notes", &d.Notes}, {"silent", &d.Silent}, {"alarms", &d.Alarms}, {"out_of_service", &d.Out}, {"shelved", &d.Shelved},
		{"overrides", &d.Overrides}, {"switches", &d.Switches}, {"pending", &d.Pending},
	}
	left := map[string]int{}
	for name, n := range d.Left {
		left[name] = n
	}
	shorten := func(i, to int) {
		if n := len(*lists[i].list) - to; n > 0 {
			*lists[i].list = slices.Clone((*lists[i].list)[:to])
			left[lists[i].name] += n
		}
	}
	for i, l := range lists {
		*l.list = cut(*l.list)
		shorten(i, mostItems)
	}
	d.Unfinished = cut(d.Unfinished)
	for {
		if d.Left = left; len(left) == 0 {
			d.Left = nil
		}
		longest := 0
		for i, l := range lists {
			if len(*l.list) > len(*lists[longest].list) {
				longest = i
			}
		}
		if n := len(*lists[longest].list); n == 0 || len(encode(d)) <= documentRoom {
			return d
		} else {
			shorten(longest, n-1-n/20)
		}
	}
}

// cut shortens the texts of items, and brings their times into the form in which they
// are kept.
func cut(list []Item) []Item {
	list = slices.Clone(list)
	for i := range list {
		it := &list[i]
		if letters := []rune(it.Text); len(letters) > lineMost {
			it.Text = string(letters[:lineMost-1]) + "…"
		}
		it.At, it.Until = it.At.UTC().Truncate(time.Second), it.Until.UTC().Truncate(time.Second)
	}
	return list
}

// Gather reads from the records of a shift what the log itself hands over: carried is what
// was unfinished when it began, records are those since, in any order.
func Gather(carried []Item, records []metering.AuditRecord) (unfinished, notes []Item) {
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b metering.AuditRecord) int { return compare(a.Seq, b.Seq) })
	ended := map[uint64]bool{}
	unfinished = slices.Clone(carried)
	for _, r := range records {
		e, ok := Read(r)
		if !ok {
			continue
		}
		it := Item{ID: e.Object, Seq: r.Seq, State: string(e.Template), At: r.At, By: r.Actor, Text: r.Text}
		if !e.Start.IsZero() {
			it.At = e.Start
		}
		switch {
		case e.Template == Correction:
			ended[e.Corrects] = ended[e.Corrects] || !e.End.IsZero()
			correct(unfinished, r.Seq, e)
			correct(notes, r.Seq, e)
		case e.Template == Note:
			notes = append(notes, it)
		case rules[e.Template].lasts && e.End.IsZero():
			unfinished = append(unfinished, it)
		}
	}
	return slices.DeleteFunc(unfinished, func(it Item) bool { return ended[it.Seq] }), notes
}

// correct puts into the line of an entry what a correction says otherwise, with its number.
func correct(list []Item, seq uint64, c Entry) {
	for i := range list {
		it := &list[i]
		if it.Seq != c.Corrects {
			continue
		}
		if c.Object != "" {
			it.ID = c.Object
		}
		if !c.Start.IsZero() {
			it.At = c.Start
		}
		it.Text += fmt.Sprintf(" → № %d: %s", seq, c.Text)
	}
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
