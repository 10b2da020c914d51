package balancing_test

import (
	"strings"
	"testing"

	"asue/balancing"
	"asue/metering"
)

// One person in two spellings is one person, as agents count.
func TestOnePersonTwice(t *testing.T) {
	l := newLoop(t, 10*metering.Megawatt)
	l.feeder("works", 5*metering.Megawatt, 0, 4e6)
	l.relay("works", 0, 400*metering.Kilowatt, 0)
	l.c = ok(balancing.New(l.cfg))(t)
	l.c.Step(balancing.Order{Order: metering.Order{ID: "arm", Kind: metering.OrderArm, At: l.now, Reason: "a test",
		By: []metering.Approval{{User: "Ivanova", Role: metering.RoleDispatcher}, {User: "ivanova ", Role: metering.RoleEngineer}}}})
	out := l.c.Tick(l.now)
	if len(out.Answers) != 1 || out.Answers[0].Accepted || !strings.Contains(out.Answers[0].Text, "2 different persons") {
		t.Errorf("%+v", out.Answers)
	}
}
