package table_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"asue/balancing/reclaim/register"
	"asue/balancing/reclaim/register/table"
	"asue/metering"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of the cases anew")

const kW = metering.Kilowatt

var aqtobe = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Aqtobe")
	if err != nil {
		panic(err)
	}
	return zone
}()

func day(text string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, aqtobe)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// zone is a plant of two residents, two feeders and what they may.
func zone() *metering.Site {
	return &metering.Site{
		ID: "zone", Location: aqtobe,
		Topology: metering.Topology{Nodes: []metering.Node{
			{ID: "s-10", Name: "Секция 10 кВ", Kind: metering.NodeSection}, {ID: "f-1", Name: "Ф-1", Kind: metering.NodeFeeder, Parent: "s-10"},
			{ID: "f-2", Name: "Ф-2", Kind: metering.NodeFeeder, Parent: "s-10"},
		}},
		Residents: []metering.Resident{{ID: "kiln", Name: "Керамика-1", Commissioned: day("2024-03-01")}, {ID: "mill", Name: "Металл-1"}},
		Conditions: []metering.Condition{
			{ID: "tu-1", Resident: "kiln", Node: "f-1", Power: 2000 * kW, VoltageKV: 10, Category: 2, Document: "No. 1", Basis: "contract 1", From: day("2024-01-01")},
			{ID: "tu-2", Resident: "mill", Node: "f-2", Power: 500 * kW, Category: 3, Document: "No. 2", From: day("2025-01-01"), To: day("2029-01-01")},
		},
		Armours: []metering.Armour{{Resident: "kiln", Technological: 600 * kW, TechnologicalFor: 40 * time.Minute, Emergency: 100 * kW, Act: "No. 3"}},
	}
}

func opened(t testing.TB) *register.Register {
	r, err := register.Open(zone())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRead runs the stories of testdata/read.txt: a file, and what it would change in the
// register from 1 January 2027 by «Order 7».
func TestRead(t *testing.T) {
	const path = "testdata/read.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i, block := range strings.Split(string(text), "====\n") {
		told, _, ok := strings.Cut(block, "----\n")
		if !ok {
			t.Fatalf("block %d has no answer", i+1)
		}
		if i > 0 {
			out.WriteString("====\n")
		}
		_, file, _ := strings.Cut(told, "\n") // after a line about it
		out.WriteString(told + "----\n" + answer(t, []byte(file)))
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), out.String()); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

func answer(t *testing.T, src []byte) string {
	t.Helper()
	f, err := table.Read(bytes.NewReader(src), int64(len(src)), zone())
	if err != nil {
		return err.Error() + "\n"
	}
	var out strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	for _, n := range f.Notes {
		say("note: %s", n)
	}
	for _, fault := range f.Faults {
		say("%v", fault)
	}
	if len(f.Faults) > 0 {
		return out.String()
	}
	p := f.Plan(opened(t), table.Defaults{From: day("2027-01-01"), Document: "Order 7", Basis: "law 5"})
	for _, n := range p.Notes {
		say("note: %s", n)
	}
	for _, fault := range p.Faults {
		say("%v", fault)
	}
	for _, s := range p.Steps {
		a := s.Act
		text := fmt.Sprintf("%s %s of %s from %s by %s, %s:", a.Kind, a.Condition, a.Resident, a.From.In(aqtobe).Format("2006-01-02"), a.Document, a.Basis)
		for i, c := range s.Changes {
			if i > 0 {
				text += ";"
			}
			text += fmt.Sprintf(" %s %q → %q", c.What, c.Was, c.Is)
		}
		say("%s", text)
	}
	for _, v := range p.Missing {
		say("missing: %s", v.Condition)
	}
	return out.String()
}
