package waterfill_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"asue/balancing/waterfill"

	"github.com/google/go-cmp/cmp"
)

// A case as the files of testdata have it.
type vector struct {
	Name  string `json:"name"`
	Nodes []struct {
		ID     string `json:"id"`
		Parent string `json:"parent"`
		Limit  *int64 `json:"limit_kw"`
		Need   int64  `json:"need_kw"`
	} `json:"nodes"`
	Leaves []struct {
		ID     string `json:"id"`
		Node   string `json:"node"`
		Weight int64  `json:"weight"`
		Lo     int64  `json:"lo_kw"`
		Up     int64  `json:"up_kw"`
		TU     int64  `json:"tu_kw"`
		Demand int64  `json:"demand_kw"`
		Tech   int64  `json:"tech_kw"`
		Emerg  *int64 `json:"emerg_kw"`
		Class  int    `json:"class"`
	} `json:"leaves"`
	Steps []struct {
		ID         string `json:"id"`
		Node       string `json:"node"`
		KW         int64  `json:"kw"`
		Importance int    `json:"importance"`
	} `json:"steps"`
	Exact      []string              `json:"exact"`
	KW         json.RawMessage       `json:"kw"`
	Proposal   []int64               `json:"proposal"`
	Cap        int64                 `json:"cap_kw"`
	Violations []waterfill.Violation `json:"violations"`
	Shed       []string              `json:"shed"`
	Shortfalls map[string]int64      `json:"shortfalls"`
}

func vectors(t testing.TB, file string) []vector {
	t.Helper()
	src, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(src, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Vectors) == 0 {
		t.Fatalf("%s has no vectors", file)
	}
	return all.Vectors
}

func (v vector) nodes() (nodes []waterfill.Node) {
	for _, n := range v.Nodes {
		limit := waterfill.Unlimited()
		if n.Limit != nil {
			limit = waterfill.AtMost(*n.Limit)
		}
		nodes = append(nodes, waterfill.Node{ID: n.ID, Parent: n.Parent, Limit: limit, Need: n.Need})
	}
	return nodes
}

func (v vector) leaves() (leaves []waterfill.Leaf) {
	for _, l := range v.Leaves {
		leaves = append(leaves, waterfill.Leaf{ID: l.ID, Node: l.Node, Weight: l.Weight, Lo: l.Lo, Up: l.Up})
	}
	return leaves
}

func (v vector) claims() (claims []waterfill.Claim) {
	for _, l := range v.Leaves {
		emerg := l.Tech
		if l.Emerg != nil {
			emerg = *l.Emerg
		}
		claims = append(claims, waterfill.Claim{ID: l.ID, Node: l.Node, TU: l.TU, Demand: l.Demand, Tech: l.Tech, Emerg: emerg, Class: l.Class})
	}
	return claims
}

// kilowatts is what a case wants: the shares, or the proposal if it is infeasible.
func (v vector) kilowatts(t *testing.T) (kw []int64) {
	if v.Proposal != nil {
		return v.Proposal
	}
	if err := json.Unmarshal(v.KW, &kw); err != nil {
		t.Fatal(err)
	}
	return kw
}

func find(t *testing.T, file, name string) vector {
	t.Helper()
	for _, v := range vectors(t, file) {
		if strings.HasPrefix(v.Name, name+" ") {
			return v
		}
	}
	t.Fatalf("%s has no case %s", file, name)
	return vector{}
}

func TestVectorsOfOneTier(t *testing.T) {
	for _, v := range vectors(t, "allocation.json") {
		t.Run(v.Name, func(t *testing.T) {
			a, err := waterfill.Solve(v.nodes(), v.leaves())
			if err != nil {
				t.Fatal(err)
			}
			holds(t, v, a)
			for i, want := range v.Exact {
				if got := a.Shares[i].Exact().RatString(); got != want {
					t.Errorf("%s: exactly %s kW, want %s", a.Shares[i].ID, got, want)
				}
			}
		})
	}
}

func TestVectorsOfTiers(t *testing.T) {
	for _, v := range vectors(t, "tiers.json") {
		t.Run(v.Name, func(t *testing.T) {
			a, err := waterfill.Allot(v.nodes(), v.claims())
			if err != nil {
				t.Fatal(err)
			}
			holds(t, v, a)
		})
	}
}

// holds holds an answer against the case.
func holds(t *testing.T, v vector, a waterfill.Answer) {
	t.Helper()
	if a.Feasible != (len(v.Violations) == 0) || a.Cap != v.Cap {
		t.Errorf("feasible %v with %d kW, want %d", a.Feasible, a.Cap, v.Cap)
	}
	if diff := cmp.Diff(v.kilowatts(t), kilowattsOf(a)); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v.Violations, a.Violations); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	for _, s := range a.Shares {
		if s.Why() == "" {
			t.Errorf("%s has no reason", s.ID)
		}
	}
}

func kilowattsOf(a waterfill.Answer) []int64 {
	kw := make([]int64, len(a.Shares))
	for i, s := range a.Shares {
		kw[i] = s.KW
	}
	return kw
}

func TestVectorsOfSteps(t *testing.T) {
	for _, v := range vectors(t, "steps.json") {
		t.Run(v.Name, func(t *testing.T) {
			c, err := waterfill.Shed(v.nodes(), v.steps(), waterfill.ShedOptions{Quantum: 50})
			if err != nil {
				t.Fatal(err)
			}
			var kw int64
			if err := json.Unmarshal(v.KW, &kw); err != nil {
				t.Fatal(err)
			}
			short := map[string]int64{}
			for _, s := range c.Shortfalls {
				short[s.Node] = s.KW
			}
			if v.Shortfalls == nil {
				v.Shortfalls = map[string]int64{}
			}
			if diff := cmp.Diff(v.Shed, append([]string{}, c.Steps...)); diff != "" || c.KW != kw {
				t.Errorf("%d kW, want %d (-want +got):\n%s", c.KW, kw, diff)
			}
			if diff := cmp.Diff(v.Shortfalls, short); diff != "" {
				t.Errorf("shortfalls (-want +got):\n%s", diff)
			}
		})
	}
}

func (v vector) steps() (steps []waterfill.Step) {
	for _, s := range v.Steps {
		steps = append(steps, waterfill.Step{ID: s.ID, Node: s.Node, KW: s.KW, Importance: s.Importance})
	}
	return steps
}
