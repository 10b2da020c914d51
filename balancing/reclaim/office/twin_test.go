package office_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/pool"
	"asue/balancing/reclaim/register"
	"asue/metering"
)

// mark remembers what returns have taken out of the register.
func (c *crowd) mark(d metering.Deed, before *register.Register) {
	if d.Kind != string(office.StepCase) {
		return
	}
	f, ok := c.o.Case(d.Subject, c.now)
	if !ok {
		c.Fatalf("%s is not known", d.Subject)
	}
	if f.Events[len(f.Events)-1].Kind == reclaim.InRegister {
		c.returns = append(c.returns, returning{file: f.ID, before: before.Conditions(), after: c.o.Register().Conditions()})
	}
	if f.Case.Stage == reclaim.Returned || f.Case.Stage == reclaim.Closed {
		for i := range c.returns {
			if r := &c.returns[i]; r.file == f.ID && r.until.IsZero() {
				r.until = d.At.Truncate(time.Second)
			}
		}
	}
}

func firmAt(list []metering.Condition, resident metering.ResidentID, node metering.NodeID, t time.Time) (firm, nonFirm metering.Power) {
	for _, c := range list {
		if c.Resident == resident && c.Node == node && c.At(t) {
			firm += c.Power
			nonFirm += c.NonFirm
		}
	}
	return firm, nonFirm
}

// check looks at every instant at which anything changes: every balance is 0 or more, all
// add up to 0, and the books say what the register says, and what a return has taken out
// of it and not brought to its end.
func (c *crowd) check() {
	books, reg := c.o.Books(), c.o.Register()
	instants := []time.Time{day(-30), c.now.Truncate(time.Second)}
	for _, a := range books.Accounts() {
		for _, l := range books.Course(a) {
			instants = append(instants, l.From)
		}
	}
	for _, v := range reg.Versions() {
		instants = append(instants, v.From, v.To)
	}
	for _, r := range c.returns {
		instants = append(instants, r.until)
		for _, v := range slices.Concat(r.before, r.after) {
			instants = append(instants, v.From, v.To)
		}
	}
	slices.SortFunc(instants, time.Time.Compare)
	conditions, cases := reg.Conditions(), c.o.Cases(c.now)
	for _, t := range slices.CompactFunc(instants, time.Time.Equal) {
		if t.Before(day(-30)) {
			continue
		}
		var sum metering.Power
		for _, a := range books.Accounts() {
			p := books.Balance(a, t)
			if sum += p; p < 0 && a != pool.Grid() {
				c.Fatalf("%v at %v: %v", a, t, p)
			}
		}
		if sum != 0 {
			c.Fatalf("at %v all accounts add up to %v", t, sum)
		}
		for _, resident := range []metering.ResidentID{"ceramics", "plastics", "chemistry", "centre"} {
			for _, node := range []metering.NodeID{"f-1", "f-2", "f-3"} {
				c.checkPlace(t, resident, node, conditions, cases)
			}
		}
	}
	for _, n := range c.o.Applications(c.now) {
		if got := books.Balance(pool.Reserved(n.ID, n.Node), c.now); n.Status != office.Allotted && got != n.Reserved && n.Status != office.Reserved {
			c.Fatalf("%s is %s with %v reserved, the books have %v", n.ID, n.Status, n.Reserved, got)
		}
	}
}

func (c *crowd) checkPlace(t time.Time, resident metering.ResidentID, node metering.NodeID, conditions []metering.Condition, cases []office.File) {
	books := c.o.Books()
	want, wantNonFirm := firmAt(conditions, resident, node, t)
	for _, r := range c.returns {
		if r.until.IsZero() || t.Before(r.until) {
			before, _ := firmAt(r.before, resident, node, t)
			after, _ := firmAt(r.after, resident, node, t)
			want += before - after
		}
	}
	firm, held, demoted := books.Balance(pool.Firm(resident, node), t), books.Balance(pool.Held(resident, node), t), books.Balance(pool.Demoted(resident, node), t)
	if firm+held+demoted != want {
		c.Fatalf("%s at %s on %v: firm %v, held %v, demoted %v, but the register and returns under way have %v", resident, node, t, firm, held, demoted, want)
	}
	if got := books.Balance(pool.NonFirm(resident, node), t); got != wantNonFirm {
		c.Fatalf("%s at %s on %v: non-firm %v, the register has %v", resident, node, t, got, wantNonFirm)
	}
	if t.Before(c.now.Truncate(time.Second)) {
		return
	}
	// From now on, what is disputed is held and what is sanctioned is demoted, as far as it
	// is there.
	var wantHeld, wantDemoted metering.Power
	for _, f := range cases {
		if f.Resident != resident || len(f.Nodes) != 1 || f.Nodes[0] != node || f.Case.Stage == reclaim.Closed || f.Case.Stage == reclaim.Returned {
			if f.Resident == resident && len(f.Nodes) > 1 {
				return // shared out among nodes: a story tells
			}
			continue
		}
		if slices.ContainsFunc(f.Case.Pauses, func(p reclaim.Pause) bool { return p.Cause == reclaim.ByDispute && p.To.IsZero() }) {
			wantHeld = min(want, f.Case.Volume)
		} else if slices.Contains(f.Case.Measures, reclaim.NonFirm) && !f.Case.Voluntary {
			wantDemoted = min(want, f.Case.Volume)
		}
	}
	if held != wantHeld || demoted != wantDemoted {
		c.Fatalf("%s at %s on %v: held %v, want %v; demoted %v, want %v", resident, node, t, held, wantHeld, demoted, wantDemoted)
	}
}

// readAgain replays all in one go, after a journey through JSON, and in an office whose
// terms have become longer and whose ceilings are lower: it always comes to the same.
func (c *crowd) readAgain() {
	want := say(c, c.o, c.now)
	again := func(config office.Config, deeds []metering.Deed) *office.Office {
		o := opened(c, config)
		if err := o.Replay(deeds); err != nil {
			c.Fatal(err)
		}
		return o
	}
	if got := say(c, again(busy(), c.deeds), c.now); !bytes.Equal(want, got) {
		c.Fatalf("replayed in one go\n%s\none by one\n%s", got, want)
	}
	var travelled []metering.Deed
	for _, d := range c.deeds {
		var any map[string]any // keys sorted, no spaces
		if err := json.Unmarshal([]byte(d.Body), &any); err != nil {
			c.Fatal(err)
		}
		body, err := json.Marshal(any)
		if err != nil {
			c.Fatal(err)
		}
		d.Body = string(body)
		travelled = append(travelled, d)
	}
	if got := say(c, again(busy(), travelled), c.now); !bytes.Equal(want, got) {
		c.Fatalf("through JSON\n%s\nwithout\n%s", got, want)
	}
	other := busy()
	other.Terms.Notice.Days, other.Terms.Plan.Days, other.Terms.Sanction.Days, other.Terms.Missed, other.Terms.Recovered = 300, 1, 300, 9, 12
	for i := range other.Nodes {
		other.Nodes[i].Ceilings = []pool.Ceiling{{Limit: metering.LimitOf(0), Document: "lowered since"}}
	}
	o := again(other, c.deeds)
	if got, want := posted(c, o), posted(c, c.o); !bytes.Equal(want, got) {
		c.Fatalf("under other terms\n%s\nunder the same\n%s", got, want)
	}
}

// say is all that an office says, as bytes.
func say(t *crowd, o *office.Office, at time.Time) []byte {
	levels := map[string][]pool.Level{}
	for _, a := range o.Books().Accounts() {
		levels[a.String()] = o.Books().Course(a)
	}
	var usable []any
	for _, n := range []metering.NodeID{"line", "f-1", "f-2", "f-3"} {
		p, room, err := o.Books().Usable(n, at, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		usable = append(usable, p, room)
	}
	text, err := json.Marshal([]any{o.Seq(), o.Cases(at), o.Drafts(at), o.Applications(at), levels, usable, o.Register().Acts(), o.Register().Versions()})
	if err != nil {
		t.Fatal(err)
	}
	return append(text, posted(t, o)...)
}

// posted is what was decided: postings, acts, events.
func posted(t *crowd, o *office.Office) []byte {
	var events []any
	cases := o.Cases(time.Time{})
	slices.SortFunc(cases, func(a, b office.File) int { return strings.Compare(a.ID, b.ID) }) // deadlines are those of the terms
	for _, f := range cases {
		events = append(events, f.ID, f.Events, f.Approvers, f.Case)
	}
	text, err := json.Marshal([]any{o.Books().Postings(), o.Register().Versions(), events})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
