package office_test

import (
	"strings"
	"testing"
	"time"

	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// Who follows the register alone comes to the same one as the office.
func TestActsOfDeedsMakeTheSameRegister(t *testing.T) {
	o := opened(t, config())
	alone, err := register.Open(zone())
	if err != nil {
		t.Fatal(err)
	}
	seq, acts := uint64(0), 0
	record := func(deeds []metering.Deed, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deeds {
			seq++
			d.Seq = seq
			if err := o.Replay([]metering.Deed{d}); err != nil {
				t.Fatal(err)
			}
			list, err := office.ActsOf(d)
			if err != nil {
				t.Fatal(err)
			}
			acts += len(list)
			alone = alone.Replay(list...)
			if diff := cmp.Diff(o.Register().Versions(), alone.Versions()); diff != "" {
				t.Fatalf("after deed %d (%s):\n%s", d.Seq, d.Kind, diff)
			}
		}
	}
	first, second := office.Person{Name: "a.author"}, office.Person{Name: "b.second"}
	less := office.Action{Kind: office.ChangeTerms, Document: "Letter 17", Basis: "clause 4", Acts: []register.Act{{Kind: register.Change, Resident: "ceramics", Condition: "tu-1",
		From: day(10), Basis: "clause 4", Document: "Letter 17", Terms: &register.Terms{Node: "f-1", Firm: 2500 * kW}}}}
	record(o.Do(first, day(0), less))
	if acts != 0 {
		t.Fatal("a draft has changed a right")
	}
	record(o.Drop(first, day(0).Add(time.Hour), "D-1", "wrong day"))
	record(o.Do(first, day(1), less))
	record(o.Sign(second, day(2), "D-3"))
	if acts != 1 || o.Register().Allowed("ceramics", day(11)) != 3500*kW {
		t.Fatalf("%d acts, %v are allowed", acts, o.Register().Allowed("ceramics", day(11)))
	}
	// What is not understood whole is no "nothing".
	for _, c := range []struct{ kind, body, want string }{
		{"case.seal", `{"action":{}}`, "does not know"}, {"register.act", `{"action":{}}`, "no effects"}, {"register.act", `{"action":{},"effects":{"rights":[]}}`, "rights"}, {"register.act", `{`, "body"},
	} {
		if _, err := office.ActsOf(metering.Deed{Seq: 9, Kind: c.kind, Body: c.body}); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "deed 9") {
			t.Errorf("%s %s: %v", c.kind, c.body, err)
		}
	}
}

// A name that fits no table and no paper is no name.
func TestANameIsBounded(t *testing.T) {
	o := opened(t, config())
	apply := func(name string) error {
		_, err := o.Do(office.Person{Name: "a.author"}, day(0), office.Action{Kind: office.Apply, Document: "Letter 1",
			Newcomer: &office.Application{Name: name, Node: "f-3", Power: 100 * kW, Profile: "flat"}})
		return err
	}
	if err := apply(strings.Repeat("я", 150)); err != nil {
		t.Error(err)
	}
	if err := apply(strings.Repeat("я", 151)); err == nil || !strings.Contains(err.Error(), "302 bytes") {
		t.Errorf("a name of 302 bytes: %v", err)
	}
}
