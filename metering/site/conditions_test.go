package site_test

import (
	"testing"
	"time"

	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

// TestConditionInFull reads a technical condition that says all that one can say.
func TestConditionInFull(t *testing.T) {
	s, faults := around.Parse("site.yaml", []byte(caseText(t, "199-all-of-a-condition")))
	if s == nil {
		t.Fatal(faults.String())
	}
	want := metering.Condition{
		ID: "tu-1", Resident: "works", Node: "f1", Power: 2 * metering.Megawatt, NonFirm: 500 * metering.Kilowatt, VoltageKV: 10, Category: 2,
		Document: "No. 1", Basis: "Contract 7, clause 3.2", From: midnight(t, s, "2024-01-01"),
		Stages: []metering.GrowthStage{
			{Power: 500 * metering.Kilowatt, Due: midnight(t, s, "2027-06-01"), Milestones: 3, Document: "No. 8"},
			{Power: metering.Megawatt, Due: midnight(t, s, "2028-06-01"), Milestones: 5, Document: "No. 8"},
		},
	}
	if diff := cmp.Diff([]metering.Condition{want}, s.Conditions); diff != "" {
		t.Errorf("conditions (-want +got)\n%s", diff)
	}
	if at := midnight(t, s, "2024-03-01"); !s.Residents[0].Commissioned.Equal(at) {
		t.Errorf("commissioned %v, want %v", s.Residents[0].Commissioned, at)
	}
}

// TestPromises: the promises of a scenario stand together, whatever the order of the
// file, and "unlimited" is not the same as nothing said.
func TestPromises(t *testing.T) {
	s, faults := around.Parse("site.yaml", []byte(caseText(t, "199-all-of-a-condition")))
	if s == nil {
		t.Fatal(faults.String())
	}
	six := metering.LimitOf(6 * metering.Megawatt)
	want := []metering.Promise{
		{Scenario: "base", Node: "f1", Limit: six, From: midnight(t, s, "2028-01-01"), Document: "Letter 5"},
		{Scenario: "late", Node: "f1", Limit: six, From: midnight(t, s, "2029-01-01"), Document: "Letter 5"},
		{Scenario: "late", Node: "f1", Limit: metering.Unlimited(), From: midnight(t, s, "2030-01-01"), Document: "Letter 5"},
	}
	if len(s.Promises) != len(want) {
		t.Fatalf("%d promises, want %d", len(s.Promises), len(want))
	}
	for i, p := range s.Promises {
		if p != want[i] {
			t.Errorf("promise %d: %+v, want %+v", i, p, want[i])
		}
	}
}

func midnight(t *testing.T, s *metering.Site, day string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateOnly, day, s.Location)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}
