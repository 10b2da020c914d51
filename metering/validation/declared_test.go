package validation_test

import (
	"log/slog"
	"testing"

	"asue/metering"
	"asue/metering/validation"
)

// A return that is effective from Tuesday morning is recorded on Wednesday: what was drawn
// above it in between is found, what was drawn before it is not, and an act that gives the
// power back ends what was found.
func TestChangedConditionsAreJudgedAgain(t *testing.T) {
	p := newPlant(t)
	p.site.Conditions = []metering.Condition{{ID: "tu", Resident: "r", Node: "n", Power: 2 * metering.Megawatt}}
	p.clock.set(hours(48))
	p.take(readings(hours(0), hours(48)))
	v := p.validator()
	p.settled(v)
	over := func() (list []metering.Finding) {
		t.Helper()
		list, err := p.ledger.Findings(t.Context(), metering.FindingQuery{From: hours(0), To: hours(48), Rules: []string{"over_declared"}})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := over(); len(list) > 0 {
		t.Fatalf("1.2 MW of 2 MW: %+v", list)
	}
	// The works draws 1.2 MW from 6 to 20 o'clock of each day.
	morning := hours(24 + 9)
	v.SetConditions([]metering.Condition{{ID: "tu", Resident: "r", Node: "n", Power: 2 * metering.Megawatt, To: morning}, {ID: "tu", Resident: "r", Node: "n", Power: metering.Megawatt, From: morning}})
	p.settled(v)
	list := over()
	if len(list) != 1 || !list[0].From.Equal(morning) || !list[0].To.Equal(hours(24+20)) || list[0].Point != "p-0" {
		t.Fatalf("found %+v, want the time from 9 to 20 o'clock of Tuesday", list)
	}
	// Power that may be curtailed is a right as long as it is not.
	v.SetConditions([]metering.Condition{{ID: "tu", Resident: "r", Node: "n", Power: 2 * metering.Megawatt, To: morning},
		{ID: "tu", Resident: "r", Node: "n", Power: metering.Megawatt, NonFirm: metering.Megawatt, From: morning}})
	p.settled(v)
	if list := over(); len(list) > 0 {
		t.Errorf("1.2 MW of 1 MW firm and 1 MW that may be curtailed: %+v", list)
	}
	// The same again, and what lies ahead, asks for no look at all.
	before := v.Stats().Waiting
	v.SetConditions([]metering.Condition{{ID: "tu", Resident: "r", Node: "n", Power: 2 * metering.Megawatt, To: morning},
		{ID: "tu", Resident: "r", Node: "n", Power: metering.Megawatt, NonFirm: metering.Megawatt, From: morning, To: hours(72)}})
	if after := v.Stats().Waiting; after != before {
		t.Errorf("%d stretches wait for a look at what has not changed, before %d", after, before)
	}
}

// What a simulator has made up is not judged anew, whatever the register says of that
// time: only days from the one on which measuring began.
func TestConditionsDoNotReachBeforeMeasuring(t *testing.T) {
	p := newPlant(t)
	p.site.Conditions = []metering.Condition{{ID: "tu", Resident: "r", Node: "n", Power: 2 * metering.Megawatt}}
	p.clock.set(hours(48))
	p.take(readings(hours(0), hours(48)))
	v, err := validation.New(validation.Config{Site: p.site, Ledger: p.ledger, Chains: p.chains, Clock: p.clock, Log: slog.New(slog.DiscardHandler), Since: hours(24 + 12)})
	if err != nil {
		t.Fatal(err)
	}
	p.settled(v)
	v.SetConditions([]metering.Condition{{ID: "tu", Resident: "r", Node: "n", Power: metering.Megawatt}})
	if upTo := v.Stats().UpTo; !upTo.Equal(hours(24 - 5)) {
		t.Errorf("looked at again from %v on, want the local day in which measuring began", upTo)
	}
}
