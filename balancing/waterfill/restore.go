package waterfill

import (
	"cmp"
	"slices"
)

// Dark is a load that was shed and waits.
type Dark struct {
	ID         string
	Node       string
	MaxKW      int64 // the most that it may draw when it comes back, not what it drew before
	Importance int   // 1 to MaxImportance; the most important comes back first
}

// Restore picks the one load to bring back next; the limit of a node is here the
// room that is left there, in kW. dark lists the loads in the order in which they
// were shed: of equal importance the first that went is the first to come. A load
// needs its greatest power and a fifth more for its start at every node on its
// way.
//
// A load that does not fit keeps its place: where it lacks room, nothing behind it
// takes what there is, so that a large one is not waited past for ever. The empty
// id says that nothing fits now. It fails with all Faults of its input.
func Restore(nodes []Node, dark []Dark) (string, error) {
	var faults Faults
	f := newForest(nodes, &faults)
	in := inspector{"dark", &faults}
	in.ids(len(dark), func(i int) string { return dark[i].ID })
	for i, d := range dark {
		if d.MaxKW > maxStepKW || d.MaxKW < 0 {
			in.add(i, d.ID, "MaxKW", "write 0 to 1000000000", "%d kW is out of range for one load", d.MaxKW)
		}
		if d.Importance < 1 || d.Importance > MaxImportance {
			in.add(i, d.ID, "Importance", "write 1 to 1000", "importance %d is out of range", d.Importance)
		}
	}
	at := in.places(f, len(dark), func(i int) (string, string) { return dark[i].ID, dark[i].Node })
	if err := faults.err(); err != nil {
		return "", err
	}
	line := make([]int, len(dark))
	for i := range line {
		line[i] = i
	}
	slices.SortStableFunc(line, func(a, b int) int { return cmp.Compare(dark[b].Importance, dark[a].Importance) })
	kept := make([]bool, len(nodes)) // room there is kept for one that waits
	for _, i := range line {
		fits := true
		for v := at[i]; v >= 0; v = f.parent[v] {
			fits = fits && !kept[v] && !tooLittle(f.limit[v], dark[i].MaxKW)
		}
		if fits {
			return dark[i].ID, nil
		}
		for v := at[i]; v >= 0; v = f.parent[v] {
			kept[v] = kept[v] || tooLittle(f.limit[v], dark[i].MaxKW)
		}
	}
	return "", nil
}

// tooLittle reports whether room is less than a load's greatest power and a fifth.
func tooLittle(room, kw int64) bool { return room < kw+(kw+4)/5 }
