package register_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim/register"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// scan is the dumb twin: what holds of a condition at a time is what the last act about
// it says that is effective by then.
func scan(acts []register.Act, t time.Time) map[string]register.Terms {
	last := map[string]register.Act{}
	for _, a := range acts {
		if a.Condition != "" && !a.From.After(t) {
			last[a.Condition] = a
		}
	}
	holds := map[string]register.Terms{}
	for id, a := range last {
		if a.Terms != nil && (a.Terms.Until.IsZero() || t.Before(a.Terms.Until)) {
			holds[id] = *a.Terms
		}
	}
	return holds
}

// scanArmour does so for the armour of a resident.
func scanArmour(acts []register.Act, resident metering.ResidentID, t time.Time) metering.Power {
	var power metering.Power
	for _, a := range acts {
		if a.Kind != register.Armour || a.Resident != resident || a.From.After(t) {
			continue
		}
		power = 0
		if p := a.Protected; p.Until.IsZero() || t.Before(p.Until) {
			power = max(p.Technological, p.Emergency)
		}
	}
	return power
}

// firmOf is firm power in force; granted, that of conditions which nobody has withdrawn,
// whether they have run out or not.
func firmOf(acts []register.Act, resident metering.ResidentID, node metering.NodeID, t time.Time) metering.Power {
	holders := map[string]metering.ResidentID{}
	for _, a := range acts {
		if a.Condition != "" {
			holders[a.Condition] = a.Resident
		}
	}
	var sum metering.Power
	for id, terms := range scan(acts, t) {
		if holders[id] == resident && (node == "" || terms.Node == node) {
			sum += terms.Firm
		}
	}
	return sum
}

func granted(acts []register.Act, resident metering.ResidentID, t time.Time) metering.Power {
	endless := slices.Clone(acts)
	for i, a := range endless {
		if a.Terms != nil {
			terms := *a.Terms
			terms.Until = time.Time{}
			endless[i].Terms = &terms
		}
	}
	return firmOf(endless, resident, "", t)
}

const begin = 900 // days after 2024-01-01 at which people begin to act

func dayAt(n int) time.Time { return day("2024-01-01").AddDate(0, 0, n) }

// drawAct draws what somebody could want; much of it is refused.
func drawAct(t *rapid.T, now int) register.Act {
	a := register.Act{Kind: rapid.SampledFrom(append(register.Kinds(), register.Change, register.Change, register.Issue)).Draw(t, "kind"),
		Recorded: dayAt(begin + now), Author: "Aigul", Approver: "Timur", Basis: "contract 7", Document: fmt.Sprintf("No. %d", now),
		From: dayAt(begin + now + rapid.IntRange(-20, 60).Draw(t, "from"))}
	a.Resident = rapid.SampledFrom([]metering.ResidentID{"kiln", "mill"}).Draw(t, "resident")
	until := func(often int) time.Time {
		if rapid.IntRange(0, often).Draw(t, "ends") > 0 {
			return time.Time{}
		}
		return a.From.AddDate(0, 0, rapid.IntRange(1, 90).Draw(t, "lasts"))
	}
	switch a.Kind {
	case register.Issue, register.Change, register.Withdraw:
		known := map[metering.ResidentID][]string{"kiln": {"tu-1", "k-1", "k-2", "k-3"}, "mill": {"tu-2", "m-1", "m-2", "m-3"}}
		a.Condition = rapid.SampledFrom(known[a.Resident]).Draw(t, "condition")
		if a.Kind == register.Withdraw {
			break
		}
		a.Terms = &register.Terms{Node: rapid.SampledFrom([]metering.NodeID{"f-1", "f-2"}).Draw(t, "node"), Until: until(4),
			Firm: metering.Power(rapid.IntRange(0, 12).Draw(t, "firm")) * 100 * kW, NonFirm: metering.Power(rapid.IntRange(-3, 2).Draw(t, "non-firm")) * 50 * kW}
		a.Terms.NonFirm = max(a.Terms.NonFirm, 0)
		if last := a.Condition[len(a.Condition)-1]; last == '3' {
			a.Terms = &register.Terms{Medium: metering.Gas, Until: a.Terms.Until, Flow: &register.Flow{Litres: 1000, Per: time.Hour}}
		} else if rapid.IntRange(0, 4).Draw(t, "grows") == 0 {
			a.Terms.Stages = []register.Stage{{Power: 100 * kW, Due: a.From.AddDate(1, 0, 0), Milestones: 2, Document: "No. G"}}
		}
	case register.Armour:
		a.Protected = &register.Protected{Emergency: metering.Power(rapid.IntRange(0, 7).Draw(t, "emergency")) * 100 * kW, Until: until(2)}
	case register.Grace:
		a.Months = rapid.IntRange(0, 24).Draw(t, "months")
	}
	return a
}

// grown is a register to which random people have done what they could, and what they
// did, the opening first.
func grown(t *rapid.T) *register.Register {
	r, err := register.Open(zone())
	if err != nil {
		t.Fatal(err)
	}
	now := 0
	for range rapid.IntRange(0, 25).Draw(t, "acts") {
		now += rapid.IntRange(0, 20).Draw(t, "days")
		before := picture(r)
		next, err := r.With(drawAct(t, now))
		if after := picture(r); after != before {
			t.Fatalf("a register has changed:\n%s", cmp.Diff(before, after))
		}
		if err == nil {
			r = next
		}
	}
	return r
}

// picture is everything that can be read from a register.
func picture(r *register.Register) string {
	text, err := json.Marshal([]any{r.Versions(), r.Conditions(), r.Armours(), r.Of("kiln"), r.Of("mill"), r.Acts(), r.At(dayAt(begin + 100))})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func momentsOf(acts []register.Act) []time.Time {
	list := []time.Time{dayAt(-1), dayAt(begin), dayAt(begin + 2000)}
	for _, a := range acts {
		list = append(list, a.From, a.From.Add(-time.Second))
		if a.Terms != nil && !a.Terms.Until.IsZero() {
			list = append(list, a.Terms.Until, a.Terms.Until.Add(-time.Second))
		}
		if a.Protected != nil && !a.Protected.Until.IsZero() {
			list = append(list, a.Protected.Until)
		}
	}
	return list
}

// TestAtIsAScan: what is in force at a time is what a scan of the acts finds, on
// today's knowledge and on that of any day before.
func TestAtIsAScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := grown(t)
		agrees(t, r, r.Acts())
		recorded := dayAt(begin + rapid.IntRange(0, 500).Draw(t, "known on"))
		known, err := r.AsKnown(recorded)
		if err != nil {
			t.Fatal(err)
		}
		var by []register.Act
		for _, a := range r.Acts() {
			if !a.Recorded.After(recorded) { // the opening has none
				by = append(by, a)
			}
		}
		agrees(t, known, by)
	})
}

func agrees(t *rapid.T, r *register.Register, acts []register.Act) {
	t.Helper()
	for _, at := range momentsOf(acts) {
		holds := map[string]register.Terms{}
		for _, v := range r.At(at) {
			holds[v.Condition] = v.Terms
		}
		if diff := cmp.Diff(scan(acts, at), holds); diff != "" {
			t.Fatalf("at %v (-scan +register)\n%s", at, diff)
		}
		for _, resident := range []metering.ResidentID{"kiln", "mill"} {
			if got, want := r.Allowed(resident, at), firmOf(acts, resident, "", at); got != want {
				t.Fatalf("%s may draw %v at %v, by a scan %v", resident, got, at, want)
			}
			var armour metering.Power
			for _, a := range r.Armours() {
				if a.Resident == resident && a.At(at) {
					armour += max(a.Technological, a.Emergency)
				}
			}
			if want := scanArmour(acts, resident, at); armour != want {
				t.Fatalf("armour of %s is %v at %v, by a scan %v", resident, armour, at, want)
			}
		}
	}
}

// TestConditionsDoNotOverlap: those of one id come one after the other, and none is empty.
func TestConditionsDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := grown(t)
		last := map[string]metering.Condition{}
		for _, c := range r.Conditions() {
			if !c.To.IsZero() && !c.From.Before(c.To) {
				t.Fatalf("%+v is never in force", c)
			}
			if before, ok := last[c.ID]; ok && (before.To.IsZero() || c.From.Before(before.To)) {
				t.Fatalf("%+v\noverlaps\n%+v", before, c)
			}
			last[c.ID] = c
		}
		// A site made of it opens to the same register.
		again, err := register.Open(register.Site(zone(), r))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.Conditions(), again.Conditions()); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(r.Armours(), again.Armours()); diff != "" {
			t.Fatal(diff)
		}
		for _, id := range []metering.ResidentID{"kiln", "mill"} {
			was, is := r.Of(id), again.Of(id)
			was.Armour, is.Armour = nil, nil // that of nothing is left out of a site
			if diff := cmp.Diff(was, is); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// TestTogetherOrOneByOne: acts that are taken one after the other are taken together as
// well, with the same outcome; so they are when they are replayed from their JSON.
func TestTogetherOrOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := grown(t)
		open, err := register.Open(zone())
		if err != nil {
			t.Fatal(err)
		}
		acts := r.Acts()[len(open.Acts()):]
		together, err := open.With(acts...)
		if err != nil {
			t.Fatal(err)
		}
		want := picture(r)
		if got := picture(together); got != want {
			t.Fatal(cmp.Diff(want, got))
		}
		var kept []register.Act
		text, err := json.Marshal(acts)
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range kept { // what the deed says, not the act
			kept[i].Recorded, kept[i].Author, kept[i].Approver = acts[i].Recorded, acts[i].Author, acts[i].Approver
		}
		if diff := cmp.Diff(slices.Clone(acts), kept, cmp.Comparer(time.Time.Equal)); len(acts) > 0 && diff != "" {
			t.Fatal(diff)
		}
		if got := picture(open.Replay(kept...)); got != want {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// TestArmourIsCovered: no act leaves armour above firm power where it was not before.
func TestArmourIsCovered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := grown(t)
		open, err := register.Open(zone())
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range momentsOf(r.Acts()) {
			for _, id := range []metering.ResidentID{"kiln", "mill"} {
				was := scanArmour(open.Acts(), id, at) - granted(open.Acts(), id, at)
				if is := scanArmour(r.Acts(), id, at) - granted(r.Acts(), id, at); is > 0 && is > was {
					t.Fatalf("armour of %s stands %v above firm power at %v", id, is, at)
				}
			}
		}
	})
}

// TestReduce: exactly to what should remain, at that node alone, the youngest first.
func TestReduce(t *testing.T) {
	reduced := 0
	rapid.Check(t, func(t *rapid.T) {
		r := grown(t)
		acts := r.Acts()
		resident, node := rapid.SampledFrom([]metering.ResidentID{"kiln", "mill"}).Draw(t, "whose"), rapid.SampledFrom([]metering.NodeID{"f-1", "f-2"}).Draw(t, "where")
		from := dayAt(begin + rapid.IntRange(0, 400).Draw(t, "from"))
		sum := firmOf(acts, resident, node, from)
		to := metering.Power(rapid.IntRange(0, int(sum/kW)).Draw(t, "to")) * kW
		list, err := r.Reduce(resident, node, to, from, "contract 7", "No. R")
		later := slices.ContainsFunc(acts, func(a register.Act) bool { return a.Resident == resident && a.From.After(from) })
		if err != nil {
			if !later && covered(acts, resident, from, sum-to) {
				t.Fatal(err)
			}
			return
		}
		next, err := r.With(list...)
		if err != nil {
			t.Fatal(err)
		}
		if got := firmOf(next.Acts(), resident, node, from); got != to {
			t.Fatalf("%v remain of %v, want %v", got, sum, to)
		}
		if len(list) > 0 {
			reduced++
		}
		before, after := scan(acts, from), scan(next.Acts(), from)
		issued := map[string]time.Time{}
		touched := map[string]bool{}
		for _, a := range acts {
			if _, ok := issued[a.Condition]; !ok {
				issued[a.Condition] = a.From
			}
		}
		for _, a := range list {
			touched[a.Condition] = true
			if a.Resident != resident || before[a.Condition].Node != node {
				t.Fatalf("%+v is not of %s at %s", a, resident, node)
			}
			if left := after[a.Condition]; left.NonFirm != before[a.Condition].NonFirm {
				t.Fatalf("%s has lost its non-firm power", a.Condition)
			}
		}
		for _, v := range r.At(from) {
			if v.Resident != resident || v.Node != node || touched[v.Condition] || v.Firm == 0 {
				if !touched[v.Condition] && !cmp.Equal(v.Terms, after[v.Condition]) {
					t.Fatalf("%s has changed", v.Condition)
				}
				continue
			}
			for _, a := range list {
				if issued[v.Condition].After(issued[a.Condition]) {
					t.Fatalf("%s is younger than %s and was left", v.Condition, a.Condition)
				}
			}
		}
	})
	if reduced == 0 {
		t.Error("nothing was ever reduced")
	}
}

// covered reports whether armour would stay below firm power if that were less by some
// power from a moment on.
func covered(acts []register.Act, resident metering.ResidentID, from time.Time, less metering.Power) bool {
	for _, at := range append(momentsOf(acts), from) {
		if armour := scanArmour(acts, resident, at); armour > 0 && !at.Before(from) && armour > granted(acts, resident, at)-less {
			return false
		}
	}
	return true
}

// TestTwoFromOne: two registers that begin with the same one do not know of each other.
func TestTwoFromOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := grown(t)
		issue := func(id string) register.Act {
			return register.Act{Kind: register.Issue, Resident: "mill", Condition: id, From: dayAt(begin + 1000), Basis: "contract 7", Document: "No. B",
				Terms: &register.Terms{Node: "f-1", Firm: 100 * kW}}
		}
		one, err := r.With(issue("one"))
		if err != nil {
			t.Fatal(err)
		}
		before := picture(one)
		if _, err := r.With(issue("other")); err != nil {
			t.Fatal(err)
		}
		if after := picture(one); before != after {
			t.Fatal(cmp.Diff(before, after))
		}
	})
}
