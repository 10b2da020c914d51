package hosting_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"asue/balancing/reclaim/hosting"
	"asue/metering"
)

// BenchmarkAsk answers for 47 residents on a network of 12 nodes, path of 5, with a year
// of half hours, 2,000 years, three scenarios of another line and some who are to come.
func BenchmarkAsk(b *testing.B) {
	limit := func(kilowatts metering.Power) []hosting.Step {
		return []hosting.Step{{Limit: metering.LimitOf(kilowatts * kW)}}
	}
	nodes := []hosting.Node{{ID: "line", Limits: limit(29_700), Firm: 38_000 * kW, Armour: 7000 * kW}, {ID: "input", Parent: "line", Limits: limit(29_700), Firm: 38_000 * kW},
		{ID: "t-1", Parent: "input", Limits: limit(63_000)}, {ID: "s-1", Parent: "t-1", Limits: limit(25_000)}}
	for _, id := range []metering.NodeID{"f-1", "f-2", "f-3", "f-4", "f-5", "f-6", "f-7", "f-8"} {
		nodes = append(nodes, hosting.Node{ID: id, Parent: "s-1", Limits: limit(6000)})
	}
	var loads []hosting.Load
	for i := range 47 {
		loads = append(loads, play("r", nodes[4+i%8].ID, 450, 52, uint64(i)))
	}
	at := time.Date(2026, 7, 10, 0, 0, 0, 0, time.UTC)
	q := hosting.Question{Node: "f-3", Power: 2000 * kW, At: at, Profile: hosting.Flat(30 * time.Minute)}
	for i := range 3 {
		q.Committed = append(q.Committed, hosting.Committed{Node: "f-5", Power: 300 * kW, Profile: hosting.Flat(30 * time.Minute), From: at.AddDate(0, 6*i, 0)})
		q.Scenarios = append(q.Scenarios, hosting.Scenario{Name: string(rune('a' + i)), Changes: []hosting.Change{
			{Node: "line", Limits: append(limit(29_700), hosting.Step{From: at.AddDate(1+i, 0, 0), Limit: metering.LimitOf(41_700 * kW)})},
			{Node: "input", Limits: append(limit(29_700), hosting.Step{From: at.AddDate(1+i, 0, 0), Limit: metering.LimitOf(41_700 * kW)})}}})
	}
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		m, err := hosting.New(nodes, loads, 30*time.Minute)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := m.Ask(q, hosting.DefaultPolicy()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took) // on a busy machine the mean is that of its neighbours
	fmt.Printf("BENCH hosting_answer_47 %.2f s\n", took[len(took)/2].Seconds())
}
